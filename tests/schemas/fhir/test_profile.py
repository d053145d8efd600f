"""Tasks in the words of the guides that partners follow."""

from __future__ import annotations

import pytest

from connectors.fhir.settings import FhirSettings, task_profiles
from schemas.case import CaseState
from schemas.fhir import TASK_STATUS, task_of, validate
from schemas.fhir.profile import profiled
from tests.schemas.fhir.test_task import case


@pytest.mark.parametrize("name", sorted(task_profiles()))
@pytest.mark.parametrize("state", list(CaseState))
def test_every_state_in_every_guide_is_a_valid_task_with_our_own_word(name: str, state: CaseState) -> None:
    shown = profiled(task_of(case(state)), task_profiles()[name])
    assert validate(shown) == []
    assert shown["businessStatus"]["coding"][-1]["system"] == "urn:doorstep:business-status"
    if name == "gravity":
        assert shown["status"] not in {"received", "ready"}


@pytest.mark.parametrize(
    ("name", "state", "status", "code"),
    [
        ("bser", CaseState.INCOMPLETE, "requested", "2.0"),
        ("bser", CaseState.SCHEDULED, "in-progress", "5.1.1"),
        ("bser", CaseState.CANCELLED, "cancelled", "6.0"),
        ("bser", CaseState.FULFILLED, "completed", "7.0"),
        ("360x", CaseState.INCOMPLETE, "received", "information-needed"),
        ("gravity", CaseState.OPEN, "requested", "under-review"),
        ("post-acute-orders", CaseState.INCOMPLETE, "on-hold", "information-needed"),
    ],
)
def test_a_guide_has_its_own_words(name: str, state: CaseState, status: str, code: str) -> None:
    shown = profiled(task_of(case(state)), task_profiles()[name])
    assert (shown["status"], shown["businessStatus"]["coding"][0]["code"]) == (status, code)


def test_a_profile_changes_statuses_that_the_hub_has() -> None:
    for profile in task_profiles().values():
        assert set(profile.status) <= set(TASK_STATUS.values()) | {"rejected"}


def test_a_profile_that_nobody_knows_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="there is no profile"):
        FhirSettings(task_profiles={"clinic": "none"})
