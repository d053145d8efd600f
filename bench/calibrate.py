"""Fits how sure a value is, and from where on it is used unseen: `python -m bench.calibrate TRAIN... [--write]`.

One logistic sum for all fields, with a bias of its own for each group of fields; pulled towards the weights that
stand in rules/documents/calibration.yaml, so that a small training set moves only what it has evidence for. The first
engine's reading alone is fitted as well, for installations without the second.

Thresholds are set on confidences that each fax was given by a fit without any fax of its layout: what counts is how
sure one may be on a form that was never seen. Per group of fields it is the one at which wrong values and needless
questions cost least together, a wrong value a hundred questions where the aim is 0.1 %; the upper bound of the share of
wrong values stands beside it, because few faxes prove little.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from bench.fax import SUFFIXES, engine_version, reading_of, truth_of
from bench.fax_score import same

ROOT = Path(__file__).resolve().parent.parent
THRESHOLDS = ROOT / "rules" / "documents" / "thresholds.yaml"
RULES = ROOT / "rules" / "documents" / "calibration.yaml"
GROUPS = {
    "identifier": ("clinician_npi", "member_id", "group_no", "equipment_serial"),
    "phone": ("contact_phone", "practice_phone", "practice_fax"),
    "name": ("member_name", "clinician_name"),
    "date": ("dob", "service_start", "service_end", "signature_date", "discharge_deadline"),
    "code": ("icd10", "order_lines", "frequency"),
    "text": ("payer", "ship_address", "equipment_brand", "equipment_model"),
    "mark": ("signature_present", "access_barriers"),
}
GROUP_OF = {field: group for group, fields in GROUPS.items() for field in fields}
PULL = 0.3
"""How firmly the fit holds to what was there before (inverse variance of each weight)."""
TARGETS = {
    "identifier": 0.001,
    "name": 0.001,
    "date": 0.001,
    "code": 0.001,
    "phone": 0.005,
    "text": 0.005,
    "mark": 0.005,
}
"""The share of wrong values among those used unseen that we aim at."""
GRID = tuple(round(0.80 + 0.005 * step, 3) for step in range(40))
HIGHEST = 0.985
"""No threshold lies higher: beyond it nothing would be used, and the faults left are none that a confidence can see."""
WORTH = 0.1
"""Times one through the target: so many needless questions are as bad as one wrong value (100 and 20)."""
BOUND_Z = 1.645
FOLDS = 8
SIGNS = {
    "differ": -1,
    "noise": -1,
    "thin": -1,
    "unsure": -1,
    "unsure_best": -1,
    "poor": -1,
    "folded": -1,
    "alone": -1,
    "agree": 1,
    "echo": 1,
}
"""More of such evidence may never count the other way, however small the training set."""
Floats = NDArray[np.float64]
Row = tuple[str, dict[str, float], bool, str]
"""A field, the evidence for its value, whether that was right, and its layout (empty: of no use for thresholds)."""


def rows_of(path: Path, readings: str) -> Iterator[Row]:
    """Yield each value extracted from one fax that nothing bars."""
    from handlers.extract.assemble import lacking, settled_fields
    from handlers.extract.leftover import left_over
    from handlers.extract.plausible import doubt_about
    from schemas.codec import CodecError
    from schemas.document import DocumentClass

    truth = truth_of(path) or {}
    if not truth.get("fields") or truth.get("outcome") not in {"scheduled", "incomplete"}:
        return
    try:
        reading, _ = reading_of(path, readings)
    except CodecError:
        return
    alone = reading.model_copy(update={"pages": tuple(p.model_copy(update={"second": ()}) for p in reading.pages)})
    for one in (reading, alone):
        settled, views, main = settled_fields(one, DocumentClass(truth["document_class"]))
        for field, found in settled.items():
            value = found.opinion.value
            if value is None or found.conflict or doubt_about(field, value):
                continue
            if lacking(field, value, found.validators) or left_over(field, value, views, main):
                continue
            wanted = (truth["fields"].get(field), *truth.get("accept", {}).get(field, ()))
            layout = str(truth.get("layout")) if one is reading else ""
            yield field, found.features, any(same(field, said, value) for said in wanted), layout


def fit(rows: Sequence[Row], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new weights: Newton's steps on the penalised likelihood."""
    names = [*before["shared"], *(f"bias:{group}" for group in GROUPS)]
    prior = np.array([before["shared"].get(n, before["biases"].get(n.removeprefix("bias:"), 0.0)) for n in names])
    table = np.array(
        [
            [
                1.0 if n == "bias" else float(n == f"bias:{GROUP_OF.get(f, 'text')}") if ":" in n else e.get(n, 0.0)
                for n in names
            ]
            for f, e, _, _ in rows
        ]
    )
    right = np.array([float(r) for _, _, r, _ in rows])
    free = np.ones(len(names), bool)
    weights = prior.copy()
    while True:
        weights = _newton(table, right, prior, np.where(free, weights, 0.0), free)
        against = [n in SIGNS and weights[place] * SIGNS[n] < 0 for place, n in enumerate(names)]
        if not any(against):
            break
        free &= ~np.array(against)
    fitted = dict(zip(names, (round(float(w), 3) for w in weights), strict=True))
    return {
        "shared": {n: w for n, w in fitted.items() if ":" not in n},
        "biases": {n.removeprefix("bias:"): w for n, w in fitted.items() if ":" in n},
    }


def _newton(table: Floats, right: Floats, prior: Floats, start: Floats, free: NDArray[np.bool_]) -> Floats:
    """Return the weights of the greatest penalised likelihood; those that are not free stay as they are.

    A step that makes it worse is halved: from a start far off, Newton's own would run away.
    """
    weights, own = start.copy(), np.flatnonzero(free)

    def cost(at: Floats) -> float:
        points = table @ at
        return float(np.logaddexp(0, points).sum() - right @ points + PULL / 2 * ((at - prior) ** 2).sum())

    here = cost(weights)
    for _ in range(100):
        sure = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (right - sure) - PULL * (weights - prior)
        curve = (table * (sure * (1 - sure))[:, None]).T @ table + PULL * np.eye(len(weights))
        step = np.zeros(len(weights))
        step[own] = np.linalg.solve(curve[np.ix_(own, own)], slope[own])
        while (there := cost(weights + step)) > here and float(np.abs(step).max()) > 1e-6:
            step /= 2
        weights, here = weights + step, min(here, there)
        if float(np.abs(step).max()) < 1e-5:
            break
    return weights


def confidence(row: Row, weights: Mapping[str, Any]) -> float:
    """Return the probability that a value is right, by these weights."""
    field, evidence, _, _ = row
    value = weights["shared"]["bias"] + weights["biases"].get(GROUP_OF.get(field, "text"), 0.0)
    value += sum(weights["shared"].get(n, 0.0) * x for n, x in evidence.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def loss(rows: Sequence[Row], weights: Mapping[str, Any]) -> float:
    """Return the mean surprise of the rows."""
    sure = ((confidence(row, weights), row[2]) for row in rows)
    return -sum(math.log(max(1e-9, p if right else 1 - p)) for p, right in sure) / max(1, len(rows))


def unseen(rows: Sequence[Row], before: Mapping[str, Any]) -> list[tuple[str, float, bool]]:
    """Return (group, confidence, right) of each value, by a fit to the faxes of other layouts."""
    layouts = sorted({layout for _, _, _, layout in rows if layout})
    found = []
    for fold in range(FOLDS):
        apart = set(layouts[fold::FOLDS])
        weights = fit([row for row in rows if row[3] not in apart], before)
        found += [(GROUP_OF.get(r[0], "text"), confidence(r, weights), r[2]) for r in rows if r[3] in apart]
    return found


def upper_bound(wrong: int, count: int) -> float:
    """Return the share of wrong values that is not exceeded in nineteen of twenty such samples (Wilson)."""
    if not count:
        return 1.0
    share, z = wrong / count, BOUND_Z
    middle = share + z * z / (2 * count)
    return (middle + z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))) / (1 + z * z / count)


def thresholds(values: Sequence[tuple[str, float, bool]]) -> dict[str, dict[str, float]]:
    """Return for each group the threshold, and what was accepted and wrong from there on."""
    found = {}
    for group, target in TARGETS.items():
        mine = [(sure, right) for name, sure, right in values if name == group]
        tried = []
        for limit in (g for g in GRID if g <= HIGHEST):
            taken = [right for sure, right in mine if sure >= limit]
            wrong = len(taken) - sum(taken)
            tried.append((limit, len(taken), wrong, upper_bound(wrong, len(taken))))
        right = sum(said for _, said in mine)
        worth = WORTH / target
        limit, count, wrong, bound = min(tried, key=lambda row: (worth * row[2] + right - (row[1] - row[2]), row[0]))
        found[group] = {
            "threshold": limit,
            "values": len(mine),
            "accepted": count,
            "wrong": wrong,
            "bound": round(bound, 4),
        }
    return found


def _write(weights: Mapping[str, Any], limits: Mapping[str, Any], day: str, fitted: Mapping[str, int]) -> None:
    """Put both results into rules/documents."""
    text = {"version": day, "fitted": dict(fitted), "groups": GROUP_OF, **weights}
    head = "# How the evidence for a value adds up (a logistic sum), with a bias for each group of fields.\n"
    head += "# Fitted by python -m bench.calibrate on faxes of python -m bench.faxes --set train.\n"
    RULES.write_text(head + yaml.safe_dump(text, sort_keys=False, width=120), encoding="utf-8")
    by_field = {field: limits[group]["threshold"] for field, group in GROUP_OF.items()}
    told = {"version": day, "default": max(by_field.values()), "fields": by_field, "measured": dict(limits)}
    head = "# The least confidence at which the hub uses a value with no person looking; the rest goes to a person.\n"
    head += "# Set by python -m bench.calibrate from confidences on layouts that the fit had not seen. Aim: 0.1 %\n"
    head += "# wrong for identifiers, names, dates, codes and doses, 0.5 % for the rest; `bound` is what is proven.\n"
    THRESHOLDS.write_text(head + yaml.safe_dump(told, sort_keys=False, width=120), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--readings", default="")
    parser.add_argument("--write", action="store_true", help="put the result into rules/documents/calibration.yaml")
    parser.add_argument("--date", default="", help="the day that the file shall bear")
    options = parser.parse_args()
    paths = [p for folder in options.folders for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES]
    rows = [row for path in paths for row in rows_of(path, options.readings or engine_version())]
    before = yaml.safe_load(RULES.read_text("utf-8"))
    after = fit(rows, before)
    wrong = sum(not row[2] for row in rows)
    print(f"{len(paths)} faxes, {len(rows)} values, {wrong} wrong")
    print(f"mean surprise before {loss(rows, before):.4f}, after {loss(rows, after):.4f}")
    for name, weight in after["shared"].items():
        print(f"  {name:12} {before['shared'][name]:8.3f} -> {weight:8.3f}")
    print("  groups", after["biases"])
    limits = thresholds(unseen(rows, before))
    for group, row in limits.items():
        print(
            f"  {group:12} from {row['threshold']:.3f}: {row['accepted']} of {row['values']} accepted, "
            f"{row['wrong']} wrong, at most {100 * row['bound']:.2f} % (aim {100 * TARGETS[group]:.1f} %)"
        )
    if options.write:
        _write(
            after,
            limits,
            options.date or str(before["version"]),
            {"faxes": len(paths), "values": len(rows), "wrong": wrong},
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
