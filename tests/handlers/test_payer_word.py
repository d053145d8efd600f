"""What a person learnt from a payer counts like the payer's own word, with the person's name on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.case import CaseState, OfferState
from schemas.desk import ClaimNoted
from schemas.payer import CoverageStatus, Decision
from tests.factories import NOW, order, referral, transmission
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import BED, WALKER, at_the_payer, covers, decides, denied_case, reasons

CASE = "DS-000001-0"
TODAY = NOW.date()


def refusal(hub: MemoryHub, command: str, **said: Any) -> str | None:
    return hub.unit.receipts[hub.command(command, CASE, **said)][1]


def chair() -> MemoryHub:
    """A power chair under Original Medicare: a person asks the payer."""
    hub = MemoryHub()
    hub.send(referral(order(payer="Medicare", order_lines=[{"code": "K0823", "quantity": 1}])))
    assert hub.only_case().state is CaseState.AUTH_PENDING
    return hub


def test_an_authorization_by_telephone_opens_the_way_with_its_number_its_days_and_who_heard_it() -> None:
    hub = chair()
    said = {
        "decision": "approved", "number": "UTN0001", "valid_from": "2026-11-23", "valid_to": "2027-05-22",
        "items": [{"code": "K0823", "units": 1}],
    }  # fmt: skip
    assert refusal(hub, "authorization", **said) is None
    case = hub.only_case()
    assert case.authorization is not None
    assert (case.authorization.number, case.authorization.decided_by) == ("UTN0001", "Marta Lindgren")
    assert (case.authorization.valid_to, case.authorization.lines[0].code) == (date(2027, 5, 22), "K0823")
    assert case.authorization.decision is Decision.APPROVED
    assert any(event.data.topic == "dispatch.cleared" for event in hub.unit.events)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"decision": "approved"}, "the command is not right at authorization"),
        ({"decision": "denied"}, "the command is not right at authorization"),
        ({"decision": "approved", "number": "N", "valid_to": "2026-11-01"}, "the authorization has expired"),
        (
            {"decision": "approved", "number": "N", "valid_from": "2027-02-01", "valid_to": "2027-01-01"},
            "the command is not right at authorization",
        ),
        (
            {"decision": "approved", "number": "N", "items": [{"code": "E0143"}]},
            "approved means every item that was asked for: say partial",
        ),
    ],
)
def test_half_an_authorization_is_refused(said: dict[str, Any], why: str) -> None:
    hub = chair()
    assert refusal(hub, "authorization", **said) == why
    assert hub.only_case().state is CaseState.AUTH_PENDING


def test_a_partial_one_is_dispatched_only_where_the_person_says_so() -> None:
    hub = at_the_payer(BED)
    covers(hub)
    decides(hub, Decision.PARTIAL, number="AUTH1")
    said = {"decision": "partial", "number": "AUTH1", "items": [{"code": "E0260", "units": 1}]}
    refusal(hub, "authorization", **said)
    assert hub.only_case().state is CaseState.AUTH_PENDING
    refusal(hub, "authorization", **said, accept=True)
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_denial_by_telephone_has_the_windows_that_were_named() -> None:
    hub = chair()
    said = {
        "decision": "denied", "reasons": [{"system": "CARC", "code": "50"}], "notice_date": "2026-11-20",
        "appeal_until": "2027-01-31", "peer_contact": "Dr. Osgood 800 555 0100", "peer_until": "2026-12-04",
    }  # fmt: skip
    assert refusal(hub, "authorization", **said) is None
    (denial,) = hub.only_case().denials
    assert (denial.appeal_until, denial.window_by, denial.source) == (date(2027, 1, 31), "notice", "desk")
    assert (denial.peer_contact, denial.recorded_by) == ("Dr. Osgood 800 555 0100", "Marta Lindgren")


def test_a_notice_cannot_be_dated_ahead() -> None:
    hub = chair()
    said = {"decision": "denied", "reasons": [{"text": "no"}], "notice_date": "2026-12-20"}
    assert refusal(hub, "authorization", **said) == "a notice cannot be dated ahead"
    assert hub.only_case().denials == ()


def test_a_denial_by_letter_while_offers_are_out_recalls_them() -> None:
    hub = at_the_payer(BED)
    covers(hub)
    decides(hub, Decision.APPROVED, number="AUTH1")
    said = {"reasons": [{"system": "CARC", "code": "197"}], "document_id": "letter-1"}
    assert refusal(hub, "denial", **said) == "there is no such document"
    hub.send(transmission("email", document_id="letter-1"))
    assert refusal(hub, "denial", **said) is None
    case = hub.only_case()
    assert (case.state, len(case.denials)) == (CaseState.DENIED, 1)
    assert {offer.state for offer in hub.unit.offers.values()} == {OfferState.RECALLED}
    assert "letter-1" in case.document_ids
    assert case.authorization is not None
    assert case.authorization.decision is Decision.DENIED


def test_a_denial_before_the_order_is_complete_holds_it_when_it_is() -> None:
    hub = MemoryHub()
    chair = [{"code": "K0823", "quantity": 1}]
    hub.send(referral(order(payer="Medicare", order_lines=chair, without=("clinician_npi",))))
    assert refusal(hub, "authorization", decision="denied", reasons=[{"text": "no"}]) is None
    assert hub.only_case().state is CaseState.INCOMPLETE
    hub.send(referral(order(payer="Medicare", order_lines=chair, document_id="doc-2")))
    case = hub.only_case()
    assert (case.state, len(case.denials)) == (CaseState.DENIED, 1)
    assert not hub.unit.offers


def test_an_authorization_that_runs_out_between_two_waves_sends_the_case_back_to_its_payer() -> None:
    hub = at_the_payer(BED)
    covers(hub)
    hub.pass_time(NOW + timedelta(hours=7, minutes=30))  # half past five: the offers' two hours end tomorrow
    decides(hub, Decision.APPROVED, number="AUTH1", valid_to=TODAY)
    assert hub.only_case().state is CaseState.DISPATCHING
    hub.pass_time(NOW + timedelta(days=1))
    case = hub.only_case()
    assert case.state is CaseState.BENEFITS
    assert "the authorization has expired" in reasons(hub)
    assert not any(offer.state is OfferState.SENT for offer in hub.unit.offers.values())
    refusal(hub, "authorization", decision="approved", number="AUTH2", valid_to="2027-03-01")
    assert hub.only_case().state in {CaseState.DISPATCHING, CaseState.UNDISPATCHABLE}


def test_a_denied_claim_of_a_payer_without_authorization_is_kept_too() -> None:
    hub = MemoryHub()
    hub.send(referral(order(payer="Aetna")))
    assert refusal(hub, "denial", reasons=[{"system": "CARC", "code": "50"}]) is None
    assert hub.only_case().state is CaseState.DENIED


def test_coverage_that_a_person_confirmed_goes_on() -> None:
    hub = at_the_payer(WALKER)
    covers(hub, CoverageStatus.INACTIVE)
    assert refusal(hub, "coverage", status="active", plan="Gold", note="portal: active since May") is None
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    assert case.eligibility is not None
    assert (case.eligibility.checked_by, case.eligibility.plan) == ("Marta Lindgren", "Gold")


def test_inactive_coverage_by_a_person_holds_even_a_payer_that_no_rule_asks() -> None:
    hub = MemoryHub()
    hub.send(referral(order(payer="Aetna")))
    assert refusal(hub, "coverage", status="inactive", note="terminated in October") is None
    assert hub.only_case().state is CaseState.BENEFITS
    assert {offer.state for offer in hub.unit.offers.values()} == {OfferState.RECALLED}


def test_a_member_who_pays_goes_on_after_a_denial() -> None:
    hub = denied_case()
    assert refusal(hub, "coverage", status="self-pay", note="the daughter pays") is None
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_case_that_nobody_covers_is_closed() -> None:
    hub = at_the_payer(WALKER)
    covers(hub, CoverageStatus.INACTIVE)
    assert refusal(hub, "coverage", status="close", note="no other coverage") is None
    assert hub.only_case().state is CaseState.NOT_COVERED
    assert refusal(hub, "coverage", status="active", note="x") == "the case is closed"


def test_a_claim_that_was_filed_stops_its_clock() -> None:
    hub = at_the_payer(WALKER)
    covers(hub)
    offer = next(iter(hub.unit.offers.values()))
    start = (NOW + timedelta(days=20)).isoformat()
    hub.say("dispatch", "yes", {"offer_id": offer.offer_id, "answer": "accept", "start": start})
    assert refusal(hub, "claim", filed_on="2026-12-20") == "a claim cannot be filed ahead"
    hub.pass_time(NOW + timedelta(days=22))
    assert refusal(hub, "claim", filed_on="2026-12-14", reference="C1") is None
    assert len(hub.seen(ClaimNoted)) == 1
    hub.pass_time(NOW + timedelta(days=90))
    assert not any("claim" in reason for reason in reasons(hub))


def test_a_denial_that_two_people_write_down_counts_once() -> None:
    hub = chair()
    said = {"reasons": [{"text": "not needed"}], "notice_date": "2026-11-23"}
    assert refusal(hub, "denial", **said) is None
    assert refusal(hub, "denial", **said) == "this denial is recorded already"
    case = hub.only_case()
    assert (len(case.denials), len(case.appeals)) == (1, 1)


def test_a_refused_word_leaves_nothing_behind() -> None:
    """An authorization that nobody asked for must not stand at the gate because of a word that was refused."""
    hub = MemoryHub()
    hub.send(
        referral(order(payer="Medicare", order_lines=[{"code": "K0823", "quantity": 1}], without=("clinician_npi",)))
    )
    before = dict(hub.unit.cases)
    other = [{"code": "E0260"}]
    assert refusal(hub, "authorization", decision="approved", number="A1", items=other) == (
        "approved means every item that was asked for: say partial"
    )
    said = {"decision": "denied", "reasons": [{"text": "no"}], "notice_date": "2026-12-20"}
    assert refusal(hub, "authorization", **said) == "a notice cannot be dated ahead"
    assert hub.unit.cases == before


def test_while_an_appeal_runs_self_pay_is_refused_and_not_taken_without_effect() -> None:
    hub = denied_case()
    filed = {"filed_at": hub.unit.now.isoformat(), "filed_to": "Appeals", "without": "the last day is near"}
    assert refusal(hub, "appeal", **filed) is None
    said = {"status": "self-pay", "note": "the member pays"}
    assert refusal(hub, "coverage", **said) == "an appeal is under way: enter its decision first"
    assert refusal(hub, "appeal-decision", outcome="upheld") is None
    assert refusal(hub, "coverage", **said) is None
    assert hub.only_case().state is CaseState.DISPATCHING
