"""`doorstep rules`: faults with their places, and what a new file would change for the cases of before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from doorstep.cli.rulesets import Change, RuleFiles, changed, check, read
from doorstep.errors import Refused
from doorstep.rules import rules_dir
from schemas.clock_rules import Clocks
from tests.factories import case, order

OXYGEN = rules_dir() / "elements" / "dme.oxygen.yaml"


def rewritten(folder: Path, old: str, new: str) -> Path:
    file = folder / "dme.oxygen.yaml"
    text = OXYGEN.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new))
    return file


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "line 1, column"),
        ("- a\n", "a rules file is a mapping"),
        (yaml.safe_dump({"ruleset": "x"}), r"x\.yaml:1: version: version is missing"),
        ("\x00", "not YAML"),
    ],
)
def test_a_file_that_is_no_ruleset_is_refused_with_the_place(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(Refused, match=words):
        read(file)


def test_a_fault_in_an_element_names_the_element(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"element oxygen_route\.gate"):
        read(rewritten(tmp_path, "gate: dispatch", "gate: sometime"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "path: frequency.value",
            "path: frequencyy.value",
            r"element frequency\.path\.0: .*no place frequencyy\.value",
        ),
        ("path: frequency.value", "path: frequency.valeu", r"no place frequency\.valeu"),
        ("path: frequency.value", "path: [authored_on, lines.qty]", r"path\.1: .*no place lines\.qty"),
        ("path: frequency.value", "path: frequency.value.more", r"no place frequency\.value\.more"),
        ("E0424-E0447", "E0447-E0424", "the range E0447-E0424 holds no code"),
        ("E0424-E0447", "A0424-E0447", "the range A0424-E0447 holds no code"),
    ],
)
def test_a_rule_that_could_never_be_met_or_never_count_is_refused(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=words):
        read(rewritten(tmp_path, old, new))


def test_a_path_may_go_through_lists_choices_and_what_a_sender_calls_its_own(tmp_path: Path) -> None:
    for path in ("lines.quantity", "[authored_on, member.name.text]", "unmapped.ward", "delivery_address.postal_code"):
        read(rewritten(tmp_path, "path: frequency.value", f"path: {path}"))


def test_trying_a_file_shows_whose_verdict_would_be_another_and_changes_nothing(tmp_path: Path) -> None:
    stricter = read(rewritten(tmp_path, "severity: advise", "severity: required"))
    made = order(order_lines=[{"code": "E1390", "quantity": 1}])
    found = list(changed(case(made), RuleFiles().unit, RuleFiles(stricter).unit))
    assert found == [Change("DS-000001-8", "oxygen_route", "dispatch", "missing", "missing (holds the order)")]
    other = order(order_lines=[{"code": "E0601", "quantity": 1}], frequency=None, without=("frequency",))
    assert list(changed(case(other), RuleFiles().unit, RuleFiles(stricter).unit)) == []
    assert list(changed(case(made), RuleFiles().unit, RuleFiles(read(OXYGEN)).unit)) == []


def test_the_clocks_are_checked_like_rulesets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = rules_dir() / "clocks.yaml"
    check(whole)
    clocks = Clocks.model_validate(yaml.safe_load(whole.read_text("utf-8")))
    assert f"{len(clocks.case)} clocks, " in (said := capsys.readouterr().out)
    assert f"pause for {len(clocks.pauses)} causes" in said
    wrong = tmp_path / "clocks.yaml"
    wrong.write_text(whole.read_text("utf-8").replace("most_days: 30", "most_days: 0"))
    with pytest.raises(Refused, match=r"cause on-hold\.most_days"):
        check(wrong)


def test_a_new_category_is_tried_together_with_the_ruleset_that_names_it(tmp_path: Path) -> None:
    own = shutil.copytree(rules_dir(), tmp_path / "rules") / "elements"
    parent, shoes = own / "dme.yaml", own / "dme.shoes.yaml"
    parent.write_text(parent.read_text("utf-8").replace("dme.glucose]", "dme.glucose, dme.shoes]"))
    made = yaml.safe_load((own / "dme.beds.yaml").read_text("utf-8"))
    made |= {"ruleset": "dme.shoes", "applies": {"hcpcs": ["A5500-A5514"]}, "elements": made["elements"][:1]}
    shoes.write_text(yaml.safe_dump(made))
    new = RuleFiles(read(parent), read(shoes)).unit
    asked = case(order(order_lines=[{"code": "A5500", "quantity": 1}]))
    other = case(order(order_lines=[{"code": "E0143", "quantity": 1}]))
    assert [(c.element, c.before, c.after) for c in changed(asked, RuleFiles().unit, new)] == [
        ("bed_reason", "not asked", "missing")
    ]
    assert list(changed(other, RuleFiles().unit, new)) == []
