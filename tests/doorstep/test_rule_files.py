"""Every kind of file under rules/ is known, and a fault is told by its line, its place and what is allowed there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from doorstep import rule_files, rule_links
from doorstep.errors import Refused
from doorstep.rules import rules_dir

FILES = sorted(rules_dir().rglob("*.yaml"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the whole folder, as an operator has one."""
    return Path(shutil.copytree(rules_dir(), tmp_path_factory.mktemp("own") / "rules"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(rules_dir())))
def test_each_file_of_ours_is_known_and_names_only_what_there_is(path: Path) -> None:
    found = rule_files.read(path)
    assert found.kind.lies_at(path)
    assert rule_links.faults(found) == []
    assert rule_links.notes(found) == []


def told(folder: Path, name: str, old: str, new: str) -> str:
    """Return what is said of a file of ours with one thing changed; the file is put back."""
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1))
    try:
        found = rule_files.read(path)
        wrong = rule_links.faults(found)
        return str(rule_files.refused(path, found.node, found.raw, wrong).message) if wrong else ""
    except Refused as refusal:
        return refusal.message
    finally:
        path.write_text(text)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("payers/medicare.yaml", "way: person", "way: pigeon", r"yaml:\d: authorization.way: .*'pas', 'x12' or"),
        (
            "payers/medicare.yaml",
            "payer: Medicare",
            "payer: Medicore",
            "no payer is called Medicore .* there are M",
        ),
        (
            "payers/index.yaml",
            "Medicaid: medicaid",
            "Medicaid: medicade",
            r"no file payers/medicade\.yaml; there are",
        ),
        ("payers/sample.yaml", "K0800-K0898", "X0800-X0898", "there is no code X0800-X0898"),
        ("documents/facts.yaml", "words: '[A-Za-z]{3}'", "words: '[A-Za-z{3}'", r"wants.4.words: .*regular expression"),
        ("network/papers.yaml", "payers: [Medicare]", "payers: [Medicore]", "paper accreditation.payers.0: no payer"),
        ("network/papers.yaml", "paper: ein", "paper: tin", "paper tin.paper: .*'npi', 'ein'"),
        ("network/reasons.yaml", "then: redispatch", "then: shrug", r"reasons.yaml:\d+: withdraw no-staff.then"),
        ("network/reasons.yaml", "code: no-capacity", "code: other", "each code once"),
        ("network/sample.yaml", "capacity:", "capacitee:", r"capacitee: no such word here; allowed are accreditation"),
        (
            "appeals.yaml",
            "label: Rationale",
            "lable: Rationale",
            "element rationale.lable: no such word .*cite, id",
        ),
        ("denials.yaml", "elements: [icd10]", "elements: [icd11]", "there is no element icd11; besides"),
        ("denials.yaml", "system: CARC", "system: CARK", "preventable 16.system"),
        ("escalations.yaml", "level: 2", "level: 1", "levels: the levels stand once each"),
        ("desk.yaml", 'extension: "4102"', 'extension: "4101"', "managers Pedro Quimby.extension: 4101 stands twice"),
        ("desk.yaml", "America/New_York", "America/Newark", "desk.yaml:3: zone: is no IANA time zone"),
        ("tasks.yaml", "on-hold: received", "on-hand: received", "never say on-hand; they say accepted"),
        ("clocks.yaml", "clock: discharge", "clock: discharged", "there is no clock discharge"),
        ("codes/payers.yaml", "payers:", "payer_names:", "payer_names: no such word here; allowed are kinds"),
        ("documents/thresholds.yaml", "default: 0.985", "default: 98.5", "default: Input should be less"),
        ("elements/dme.swo.yaml", "payers: [Medicare]", "payers: [Medicre]", "applies.payers.0: no payer is called"),
        ("elements/dme.pap.yaml", "[G47.33]", "[G47.ZZ]", "there is no code G47.ZZ in ICD-10-CM"),
        ("elements/dme.yaml", "dme.oxygen", "dme.oxigen", "narrowed_by.3: there is no ruleset dme.oxigen"),
        ("elements/dme.beds.yaml", "gate: claim", "gait: claim", "element bed_reason.gate: gate is missing"),
        ("elements/dme.beds.yaml", "ruleset: dme.beds", "ruleset: dme.bed", "is called dme.bed.yaml"),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_is_allowed(
    folder: Path, name: str, old: str, new: str, words: str
) -> None:
    assert re.search(words, told(folder, name, old, new), re.DOTALL)


def test_a_file_is_known_by_what_it_holds_wherever_it_lies_and_by_its_place_where_a_word_is_missing(
    tmp_path: Path,
) -> None:
    for path in FILES:
        if rule_files.read(path).kind.signs:
            copy = Path(shutil.copy(path, tmp_path / "mine.yaml"))
            if path.parent.name != "documents" or path.stem != "thresholds":
                assert rule_files.read(copy).kind == rule_files.read(path).kind
    (tmp_path / "payers").mkdir()
    lacking = tmp_path / "payers" / "acme.yaml"
    lacking.write_text("version: 2026-11-29\n")
    with pytest.raises(Refused, match=r"acme\.yaml:1: payer: payer is missing"):
        rule_files.read(lacking)


def test_what_is_no_file_of_rules_is_told_which_there_are(tmp_path: Path) -> None:
    path = tmp_path / "menu.yaml"
    path.write_text("soup: tomato\n")
    with pytest.raises(Refused, match=r"It has: soup\. Known are: elements/\*\.yaml \(ruleset\); .*tasks\.yaml"):
        rule_files.read(path)


def test_a_ruleset_that_nothing_names_is_said_to_reach_nobody(folder: Path) -> None:
    text = (folder / "elements" / "dme.beds.yaml").read_text("utf-8")
    path = folder / "elements" / "dme.shoes.yaml"
    path.write_text(text.replace("dme.beds", "dme.shoes"))
    try:
        (note,) = rule_links.notes(rule_files.read(path))
        assert "no ruleset names dme.shoes" in note
        assert "elements/dme.yaml" in note
    finally:
        path.unlink()
