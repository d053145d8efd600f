"""What the packet says of the payer: each denial, appeal and call with what is needed to judge it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from doorstep.packet.payer import desk_lines, payer_lines
from schemas.case import Escalation
from schemas.desk import CallLogged, CaseEscalated, EscalationResolved
from schemas.event import Event, Payload
from schemas.payer import (
    Appeal,
    AppealFiled,
    AppealItem,
    Authorization,
    AuthorizationDecided,
    Decision,
    Denial,
    DenialRecorded,
    Reason,
    RegulatorAsked,
)
from tests.factories import NOW

CASE = "DS-000001-8"


def event(payload: Payload) -> Event[Any]:
    return Event(id="e", source="test", time=NOW, data=payload)


def denied() -> DenialRecorded:
    denial = Denial(
        reasons=(Reason(system="CARC", code="50"),), notice_date=date(2026, 11, 20), appeal_until=date(2027, 1, 4),
        window_by="notice", peer_contact="Dr. Osgood 800 555 0100", peer_until=date(2026, 12, 4), source="letter",
        recorded_by="Marta Lindgren", recorded_at=NOW, document_id="letter-1",
    )  # fmt: skip
    return DenialRecorded(case_id=CASE, denial=denial)


def test_a_denial_stands_with_its_reason_its_window_and_whom_to_call() -> None:
    ((_, what, says),) = payer_lines([event(denied())])
    assert what == "Denial"
    assert says == (
        "denied on 2026-11-20: CARC 50; appeal until 2027-01-04 by the notice; "
        "peer review: Dr. Osgood 800 555 0100, until 2026-12-04. Recorded by Marta Lindgren"
    )


def test_an_appeal_says_what_it_held_and_what_it_lacked() -> None:
    items = (
        AppealItem(item="rationale", label="Rationale", ask="?", document_id="d"),
        AppealItem(item="notes", label="Progress notes", ask="?"),
    )
    appeal = Appeal(
        level=1, items=items, until=date(2027, 1, 4), filed_at=NOW, filed_by="Marta Lindgren", filed_to="Appeals unit",
        reference="AP1", exhibits=("a", "b"),
    )  # fmt: skip
    ((_, what, says),) = payer_lines([event(AppealFiled(case_id=CASE, appeal=appeal))])
    assert (what, says) == (
        "Appeal, level 1",
        "filed to Appeals unit by Marta Lindgren, reference AP1, with Rationale; without Progress notes; 2 exhibits",
    )


def test_a_regulator_reads_every_attempt_before() -> None:
    asked = RegulatorAsked(case_id=CASE, body="State ombudsman", reference=None, attempts=("denial 1",), by="M")
    ((_, _, says),) = payer_lines([event(asked)])
    assert says == "State ombudsman asked by M. Before: denial 1"


def test_an_authorization_stands_with_its_number() -> None:
    known = Authorization(
        trace="t", way="pas", decision=Decision.APPROVED, codes=("E0260",), number="AUTH1", submitted_at=NOW, note="ok"
    )
    ((_, what, says),) = payer_lines([event(AuthorizationDecided(case_id=CASE, authorization=known, document_id="d"))])
    assert (what, says) == ("Authorization", "authorization AUTH1 is approved. ok")


def test_what_was_said_in_a_call_stays_out_of_the_regulators_edition() -> None:
    call = CallLogged(
        case_id=CASE, agent="M", direction="in", with_whom="the clinic", at=NOW, minutes=4, reason="status",
        outcome="names her diagnosis",
    )  # fmt: skip
    ((_, what, full),) = desk_lines([event(call)], full=True)
    ((_, _, least),) = desk_lines([event(call)], full=False)
    assert (what, full) == ("Call from the clinic", "by M, 4 minutes: status. names her diagnosis")
    assert least == "by M, 4 minutes: status"


def test_an_escalation_has_its_manager_and_its_promise() -> None:
    raised = Escalation(
        level=2, reason="no date", supervisor="S", manager_name="Iris Falk", manager_contact="extension 1",
        committed_eta=datetime.fromisoformat("2026-11-24T15:00:00+00:00"), opened_by="M", opened_at=NOW,
    )  # fmt: skip
    resolved = EscalationResolved(case_id=CASE, level=2, outcome="delivered", agent="M")
    lines = list(desk_lines([event(CaseEscalated(case_id=CASE, escalation=raised)), event(resolved)], full=True))
    assert [says for _, _, says in lines] == [
        "Iris Falk, extension 1; promised for 2026-11-24 15:00 UTC; by M: no date",
        "resolved by M: delivered",
    ]
