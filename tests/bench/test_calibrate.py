"""The calibration finds what was put in, weighs wrong values against needless questions, says how little is proven."""

from __future__ import annotations

import math
import random

import pytest
import yaml

from bench.calibrate import (
    GROUP_OF,
    HIGHEST,
    RULES,
    THRESHOLDS,
    Row,
    confidence,
    fit,
    loss,
    thresholds,
    unseen,
    upper_bound,
)

BEFORE = yaml.safe_load(RULES.read_text("utf-8"))


def made_up(count: int, layouts: int = 12) -> list[Row]:
    """Values of which those read unsurely on noisy pages are wrong more often, by a known rule."""
    rng = random.Random(5)
    rows: list[Row] = []
    for number in range(count):
        evidence = {
            "agree": float(rng.random() < 0.8),
            "unsure": rng.random() / 2,
            "noise": rng.random() / 2,
            "thin": 0.0,
        }
        sure = 1 / (1 + math.exp(-(2 + 2 * evidence["agree"] - 5 * evidence["unsure"] - 4 * evidence["noise"])))
        rows.append((rng.choice(tuple(GROUP_OF)), evidence, rng.random() < sure, f"layout-{number % layouts}"))
    return rows


def test_a_fit_surprises_less_than_what_stood_before_and_keeps_the_signs() -> None:
    rows = made_up(3000)
    after = fit(rows, BEFORE)
    assert loss(rows, after) < loss(rows, BEFORE)
    assert after["shared"]["noise"] < -2
    assert after["shared"]["unsure"] < -3
    assert after["shared"]["agree"] > 1


def test_evidence_against_a_value_never_comes_to_count_for_it() -> None:
    turned: list[Row] = [(f, {**e, "noise": 0.5 - e["noise"]}, right, layout) for f, e, right, layout in made_up(2000)]
    assert fit(turned, BEFORE)["shared"]["noise"] == 0.0


def test_no_fax_is_judged_by_a_fit_that_saw_its_layout() -> None:
    rows = made_up(400, layouts=3)
    found = unseen(rows, BEFORE)
    whole = fit(rows, BEFORE)
    assert len(found) == len(rows)
    assert sorted(round(sure, 6) for _, sure, _ in found) != sorted(round(confidence(row, whole), 6) for row in rows)


def test_a_threshold_gives_up_right_values_for_a_wrong_one_at_its_worth() -> None:
    values = [("name", 0.97, True)] * 50 + [("name", 0.90, True)] * 150 + [("name", 0.90, False)]
    assert thresholds(values)["name"]["threshold"] <= 0.90
    values = [("name", 0.97, True)] * 150 + [("name", 0.90, True)] * 50 + [("name", 0.90, False)]
    strict = thresholds(values)["name"]
    assert 0.90 < strict["threshold"] <= 0.97
    assert (strict["accepted"], strict["wrong"]) == (150, 0)
    loose = thresholds([("text", sure, right) for _, sure, right in values])["text"]
    assert loose["threshold"] <= 0.90


@pytest.mark.parametrize(("wrong", "count", "bound"), [(0, 0, 1.0), (0, 2700, 0.001), (2, 250, 0.024)])
def test_few_values_prove_little(wrong: int, count: int, bound: float) -> None:
    assert upper_bound(wrong, count) == pytest.approx(bound, rel=0.05)


def test_what_stands_in_the_rules_was_measured() -> None:
    told = yaml.safe_load(THRESHOLDS.read_text("utf-8"))
    for field, limit in told["fields"].items():
        measured = told["measured"][GROUP_OF[field]]
        assert limit == measured["threshold"] <= HIGHEST
        assert measured["wrong"] / measured["accepted"] <= measured["bound"]
