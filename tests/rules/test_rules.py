"""The rules files themselves: whole, dated, cited, and a network that can serve the sample people."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from doorstep.rules import rules_dir
from schemas.clock_rules import Clocks
from schemas.desk_rules import Desk
from schemas.fields import FIELD_NAMES
from schemas.identifiers import npi_ok
from schemas.network import Directory
from schemas.rules import Effective, Ruleset, covers, resolve
from tests.factories import order

REQUIRED = [
    *("member_name", "dob", "payer", "member_id", "clinician_name", "clinician_npi", "signature_present", "icd10"),
    *("order_lines", "service_start", "ship_address", "contact_phone"),
]
ELEMENTS = sorted(path for path in (rules_dir() / "elements").glob("*.yaml") if path.stem != "order_types")


def parsed(path: Path) -> object:
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("path", ELEMENTS, ids=lambda path: path.stem)
def test_every_element_is_dated_cited_and_named_after_its_field(path: Path) -> None:
    ruleset = Ruleset.model_validate(parsed(path))
    assert ruleset.ruleset == path.stem
    assert ruleset.elements
    for element in ruleset.elements:
        assert element.id in FIELD_NAMES or element.gate != "intake"
        assert element.cite
        assert element.ask.endswith(".")


def test_every_ruleset_is_reached_from_a_kind_of_order_and_names_only_files_that_are_there() -> None:
    files = {path.stem: Ruleset.model_validate(parsed(path)) for path in ELEMENTS}
    reached, todo = set(), ["dme", "home_health", "infusion"]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [*files[name].extends, *files[name].narrowed_by]
    assert reached == set(files)


def test_intake_requires_exactly_the_seed_list() -> None:
    common = Ruleset.model_validate(parsed(rules_dir() / "elements" / "common.intake.yaml"))
    assert [e.id for e in common.elements if e.severity == "required" and e.gate == "intake"] == REQUIRED


def test_the_sample_network_has_valid_numbers_once_each_and_mail_that_reaches_nobody() -> None:
    network = Directory.model_validate(parsed(rules_dir() / "network" / "sample.yaml"))
    npis = [provider.npi for provider in network.providers]
    assert all(map(npi_ok, npis))
    assert len(set(npis)) == len(npis)
    assert all(provider.email.endswith(".example") for provider in network.providers)


def test_the_desk_and_the_clocks_are_whole() -> None:
    desk = Desk.model_validate(parsed(rules_dir() / "desk.yaml"))
    assert len({manager.extension for manager in desk.managers}) == len(desk.managers)
    Clocks.model_validate(parsed(rules_dir() / "clocks.yaml"))


@pytest.mark.parametrize(
    "change",
    [{"effective": None}, {"elements": [{"id": "x"}]}, {"surprise": 1}, {"applies": {"hcpcs": ["E1"]}}],
)
def test_a_ruleset_that_is_not_whole_is_refused(change: dict[str, object]) -> None:
    good = parsed(ELEMENTS[0])
    assert isinstance(good, dict)
    Ruleset.model_validate(good)
    with pytest.raises(ValidationError):
        Ruleset.model_validate(good | change)


def test_a_provider_with_a_wrong_npi_is_refused() -> None:
    raw = parsed(rules_dir() / "network" / "sample.yaml")
    assert isinstance(raw, dict)
    broken = raw | {"providers": [raw["providers"][0] | {"npi": "1234567890"}]}
    with pytest.raises(ValidationError, match="NPI check digit"):
        Directory.model_validate(broken)


@pytest.mark.parametrize(
    ("code", "inside"),
    [
        ("E0424", True),
        ("E1390", True),
        ("E1406", True),
        ("E1407", False),
        ("K0500", False),
        ("E13900", False),
        ("", False),
    ],
)
def test_a_code_range_holds_its_ends_and_never_crosses_its_letter(code: str, inside: bool) -> None:
    assert covers(["E0424-E1406"], code) is inside


def test_a_rule_is_in_force_from_its_first_day_to_its_last() -> None:
    effective = Effective.model_validate({"from": "2026-04-13", "until": "2026-12-31"})
    days = (date(2026, 4, 12), date(2026, 4, 13), date(2026, 12, 31), date(2027, 1, 1))
    assert [effective.on(day) for day in days] == [False, True, True, False]


def test_a_path_walks_through_lists_and_leaves_out_what_is_absent() -> None:
    made = order(icd10=["J44.9", "I10"])
    assert resolve(made, "diagnoses.code") == ["J44.9", "I10"]
    assert resolve(made, "member.phone") == []
    assert resolve(made, "no.such.path") == []
