"""Authorizations: a yes opens the way, a pended one is asked about, anything else goes to a person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from schemas.case import CaseState, OfferState
from schemas.outbound import ConfirmationKind
from schemas.payer import AuthorizationInquiryDue, Decision, PayerFailed
from schemas.service import Proof, ServiceCompleted
from tests.factories import NOW, referral
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import BED, OXYGEN, at_the_payer, breaches, covers, decides, reasons, requests, sample_order

INQUIRY = ConfirmationKind.AUTHORIZATION_INQUIRY


def submitted(items: list[dict[str, Any]] | None = None, **deviations: Any) -> MemoryHub:
    hub = at_the_payer(items or BED, **deviations)
    covers(hub)
    return hub


def accept(hub: MemoryHub, start: datetime) -> None:
    offer = next(iter(hub.unit.offers.values()))
    hub.say("dispatch", "yes", {"offer_id": offer.offer_id, "answer": "accept", "start": start.isoformat()})


def test_an_approval_opens_the_way_to_the_providers() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1", valid_to=date(2027, 2, 1))
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    assert case.authorization is not None
    assert (case.authorization.number, case.authorization.valid_to) == ("AUTH1", date(2027, 2, 1))
    assert hub.unit.offers


@pytest.mark.parametrize("decision", [Decision.PARTIAL, Decision.MODIFIED, Decision.UNCLEAR, Decision.CANCELLED])
def test_what_is_not_a_plain_yes_waits_for_a_person(decision: Decision) -> None:
    hub = submitted()
    decides(hub, decision, number="AUTH1")
    assert hub.only_case().state is CaseState.AUTH_PENDING
    assert len(reasons(hub)) == 1
    assert not hub.unit.offers


def test_a_pended_one_is_asked_about_ever_more_slowly_until_it_is_decided() -> None:
    hub = submitted()
    decides(hub, Decision.PENDED)
    assert hub.only_case().state is CaseState.AUTH_PENDING
    hub.pass_time(NOW + timedelta(hours=1))
    asked = requests(hub, INQUIRY)
    assert 3 <= len(asked) <= 12
    assert len({one.confirmation_id for one in asked}) == len(asked)
    enquiry = asked[0].enquiry
    assert enquiry is not None
    case = hub.only_case()
    assert case.authorization is not None
    assert enquiry.submitted == case.authorization.trace
    decides(hub, Decision.PENDED)
    decides(hub, Decision.APPROVED, number="AUTH1")
    hub.pass_time(NOW + timedelta(days=3))
    assert len(requests(hub, INQUIRY)) == len(asked)


def test_the_same_decision_again_changes_nothing() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1")
    before = hub.only_case()
    decides(hub, Decision.APPROVED, number="AUTH1")
    assert hub.only_case() == before


def test_a_pended_word_that_comes_after_the_decision_is_too_late() -> None:
    hub = submitted()
    decides(hub, Decision.DENIED)
    decides(hub, Decision.PENDED)
    assert hub.only_case().state is CaseState.DENIED


def test_a_decision_on_an_earlier_request_does_not_count() -> None:
    hub = submitted(more={"placer_number": "A1"})
    known = hub.only_case().authorization
    assert known is not None
    other = [{"code": "E0260", "quantity": 3}]
    hub.send(referral(sample_order(other, document_id="doc-2", more={"placer_number": "A1", "action": "update"})))
    current = hub.only_case().authorization
    assert current is not None
    assert current.trace != known.trace
    decides(hub, Decision.APPROVED, trace=known.trace, number="AUTH1")
    assert hub.only_case().state is CaseState.AUTH_PENDING


def test_urgent_oxygen_goes_on_while_the_payer_decides_and_a_denial_recalls_it() -> None:
    hub = submitted(OXYGEN, more={"priority": "urgent"})
    assert hub.only_case().state is CaseState.DISPATCHING
    decides(hub, Decision.DENIED)
    assert hub.only_case().state is CaseState.DENIED
    assert {offer.state for offer in hub.unit.offers.values()} == {OfferState.RECALLED}


def test_a_denial_after_a_provider_accepted_leaves_the_service_to_a_person() -> None:
    hub = submitted(OXYGEN, more={"priority": "urgent"})
    accept(hub, NOW + timedelta(days=20))
    decides(hub, Decision.DENIED)
    assert hub.only_case().state is CaseState.SCHEDULED
    assert len(hub.only_case().denials) == 1
    assert any(reason.startswith("denied") for reason in reasons(hub))


def test_a_payer_that_does_not_decide_in_time_is_a_breach_with_an_owner() -> None:
    hub = submitted()
    hub.pass_time(NOW + timedelta(days=6))
    assert reasons(hub) == []
    hub.pass_time(NOW + timedelta(days=7, minutes=1))
    assert any("The payer's decision on the authorization" in reason for reason in reasons(hub))


def test_a_request_that_does_not_reach_the_payer_goes_to_a_person() -> None:
    hub = submitted()
    known = hub.only_case().authorization
    assert known is not None
    hub.send(PayerFailed(case_id="DS-000001-0", trace=known.trace, ask="authorization", reason="it is away"))
    assert reasons(hub) == ["it is away"]
    assert hub.only_case().state is CaseState.AUTH_PENDING


def test_an_authorization_that_ends_before_a_start_is_committed_is_warned_of() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1", valid_to=date(2026, 12, 20))
    hub.pass_time(NOW + timedelta(days=18))
    assert any("last day is near" in reason for reason in reasons(hub))


def test_a_start_after_the_authorizations_last_day_goes_to_a_person() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1", valid_to=date(2026, 12, 1))
    accept(hub, NOW + timedelta(days=20))
    assert any("the start is after the authorization's last day" in reason for reason in reasons(hub))


def test_a_claim_that_is_not_filed_is_warned_of_before_its_last_day() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1")
    accept(hub, NOW + timedelta(days=20))
    hub.pass_time(NOW + timedelta(days=30))
    assert not any("claim" in reason for reason in reasons(hub))
    hub.pass_time(NOW + timedelta(days=38))
    assert any(reason.startswith("The claim's last day is near") for reason in reasons(hub))


def test_the_claims_days_count_from_the_service_as_it_was_done() -> None:
    hub = submitted()
    decides(hub, Decision.APPROVED, number="AUTH1", valid_to=date(2026, 12, 20))
    accept(hub, NOW + timedelta(days=20))
    offer = next(o for o in hub.unit.offers.values() if o.state is OfferState.ACCEPTED)
    done = Proof(completed_at=NOW + timedelta(days=25), signed_by="Pip Brightwater", recorded_by="provider")
    completed = ServiceCompleted(
        case_id="DS-000001-0", offer_id=offer.offer_id, npi=offer.npi, provider_name=offer.provider_name, proof=done,
        committed_start=None, late=False,
    )  # fmt: skip
    hub.send(completed)
    hub.pass_time(NOW + timedelta(days=40))
    assert not any("claim" in reason for reason in reasons(hub))
    hub.pass_time(NOW + timedelta(days=60))
    assert [reason.partition(":")[0] for reason in reasons(hub) if "claim" in reason] == [
        "The claim's last day is near",
        "The claim's last day is over",
    ]
    assert breaches(hub) == ["claim"]


def test_a_cancelled_case_is_not_asked_about_any_more() -> None:
    hub = submitted(more={"placer_number": "A1"})
    decides(hub, Decision.PENDED)
    cancel = sample_order(
        document_id="doc-9", without=("order_lines",), more={"placer_number": "A1", "action": "cancel"}
    )
    hub.send(referral(cancel))
    hub.pass_time(NOW + timedelta(days=2))
    assert requests(hub, INQUIRY) == []
    assert len(hub.seen(AuthorizationInquiryDue)) == 1
