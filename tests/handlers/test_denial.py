"""Denials: reasons, windows (the notice wins), whom to call, and what the appeal will need."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from handlers.denial import checklist, denial_of, end_of, peer_contact_in
from schemas.case import CaseState
from schemas.outbound import ConfirmationKind
from schemas.payer import AppealPrepared, DenialRecorded, Reason
from tests.factories import NOW, case, order
from tests.handlers.memory import MemoryUnit
from tests.handlers.payer import denied_case, reasons, requests, sample_order

TODAY = NOW.date()


def test_a_denial_is_recorded_with_its_reason_its_window_and_whom_to_call() -> None:
    hub = denied_case()
    (told,) = hub.seen(DenialRecorded)
    assert [(one.system, one.code) for one in told.denial.reasons] == [("X12-886", "0V")]
    assert (told.denial.notice_date, told.denial.appeal_until) == (TODAY, TODAY + timedelta(days=45))
    assert (told.denial.window_by, told.denial.peer_contact) == ("rules", "Peer to peer: 800 555 0100")
    assert hub.only_case().state is CaseState.DENIED
    assert len(reasons(hub)) == 1


def test_the_clinician_is_asked_for_what_the_appeal_needs() -> None:
    hub = denied_case()
    (prepared,) = hub.seen(AppealPrepared)
    assert [item.item for item in prepared.items] == ["rationale", "progress_notes", "mobility_measures"]
    (asked,) = requests(hub, ConfirmationKind.INFORMATION_REQUESTED)
    assert len(asked.asks) == 3


@pytest.mark.parametrize(
    ("order_type", "items", "measures"),
    [
        ("dme", [{"code": "E1390", "quantity": 1}], "oxygen_measures"),
        ("dme", [{"code": "A6212", "quantity": 10}], "wound_measures"),
        ("dme", [{"code": "E0601", "quantity": 1}], "sleep_measures"),
        ("home_health", [{"code": "G0299", "quantity": 9}], "function_measures"),
        ("infusion", [{"code": "J1569", "quantity": 1}], "infusion_measures"),
    ],
)
def test_the_objective_measures_are_those_of_the_item(order_type: str, items: Any, measures: str) -> None:
    wanted = [item.item for item in checklist(order(order_type=order_type, order_lines=items), MemoryUnit())]
    assert wanted == ["rationale", "progress_notes", measures]


@pytest.mark.parametrize(
    ("payer", "days"), [("Medicare", 120), ("Medicaid", 60), ("Sample Health Plan", 45), ("Aetna", 30)]
)
def test_the_window_is_the_payers(payer: str, days: int) -> None:
    found = denial_of(
        case(order(payer=payer)),
        MemoryUnit(),
        reasons=(Reason(system="text", text="no"),),
        notice_date=TODAY,
        source="desk",
        recorded_by="Marta Lindgren",
    )
    assert (found.appeal_until, found.window_by) == (TODAY + timedelta(days=days), "rules")


def test_the_notice_wins_over_the_rules() -> None:
    found = denial_of(
        case(sample_order()),
        MemoryUnit(),
        reasons=(Reason(system="CARC", code="50"),),
        notice_date=TODAY,
        appeal_until=date(2027, 5, 22),
        source="letter",
        recorded_by="Marta Lindgren",
    )
    assert (found.appeal_until, found.window_by) == (date(2027, 5, 22), "notice")


def test_a_person_is_told_ten_five_and_two_days_before_the_last_day_and_when_it_is_over() -> None:
    hub = denied_case()
    last = end_of(TODAY + timedelta(days=45))
    told: list[int] = []
    for day in range(30, 47):
        before = len(reasons(hub))
        hub.pass_time(last - timedelta(days=45 - day, minutes=-1))
        if any("appeal" in reason for reason in reasons(hub)[before:]):
            told.append(45 - day)
    assert told == [10, 5, 2, 0]


def test_the_time_for_a_peer_to_peer_review_is_watched() -> None:
    hub = denied_case()
    hub.pass_time(NOW + timedelta(days=13))
    assert any("peer-to-peer" in reason for reason in reasons(hub))


@pytest.mark.parametrize(
    ("note", "contact"),
    [
        ("Not medically necessary. Call 800 555 0100 for a peer review. Ref 7.", "Call 800 555 0100 for a peer review"),
        ("Denied; peer to peer: desk@payer.example", "peer to peer: desk@payer.example"),
        ("Not medically necessary. Questions: 800 555 0199.", None),
        ("A peer review is not offered for this plan.", None),
        (None, None),
    ],
)
def test_of_a_payers_note_the_peer_contact_is_what_says_whom_to_call(note: str | None, contact: str | None) -> None:
    assert peer_contact_in(note) == contact
