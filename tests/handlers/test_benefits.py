"""Coverage before dispatch: asked once, kept on the case; nothing is blocked or lost in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.case import CaseState, OfferState
from schemas.outbound import ConfirmationKind
from schemas.payer import (
    AuthorizationSubmitted,
    CoverageStatus,
    DispatchCleared,
    EligibilityRequested,
    PayerFailed,
)
from tests.factories import NOW, order, referral
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import BED, WALKER, at_the_payer, covers, reasons, requests, sample_order

ELIGIBILITY, AUTHORIZATION = ConfirmationKind.ELIGIBILITY, ConfirmationKind.AUTHORIZATION


def test_a_payer_that_is_not_to_be_asked_costs_no_time() -> None:
    hub = MemoryHub()
    hub.send(referral(order(payer="Aetna")))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert hub.seen(EligibilityRequested) == []


def test_a_complete_order_waits_until_the_payer_has_answered() -> None:
    hub = at_the_payer(WALKER)
    (asked,) = requests(hub, ELIGIBILITY)
    assert hub.only_case().state is CaseState.BENEFITS
    assert not hub.unit.offers
    assert asked.enquiry is not None
    assert (asked.recipient.channel, asked.recipient.address) == ("payer", "sample")
    assert (asked.enquiry.trace, asked.enquiry.service_types) == (asked.confirmation_id, ("12", "18"))


def test_active_coverage_goes_on_to_the_providers() -> None:
    hub = at_the_payer(WALKER)
    covers(hub, plan="Gold")
    assert hub.only_case().state is CaseState.DISPATCHING
    assert len(hub.seen(DispatchCleared)) == 1
    eligibility = hub.only_case().eligibility
    assert eligibility is not None
    assert (eligibility.status, eligibility.plan) == (CoverageStatus.ACTIVE, "Gold")


def test_inactive_coverage_stops_dispatch_and_asks_a_person() -> None:
    hub = at_the_payer(WALKER)
    covers(hub, CoverageStatus.INACTIVE)
    assert hub.only_case().state is CaseState.BENEFITS
    assert reasons(hub) == ["the coverage is not active"]
    assert not hub.unit.offers


def test_an_answer_that_comes_twice_has_one_effect() -> None:
    hub = at_the_payer(WALKER)
    covers(hub)
    offers = dict(hub.unit.offers)
    covers(hub)
    assert hub.unit.offers == offers
    assert len(hub.seen(DispatchCleared)) == 1


def test_a_payer_that_cannot_be_reached_does_not_stop_the_order_and_a_person_knows() -> None:
    hub = at_the_payer(WALKER)
    (asked,) = requests(hub, ELIGIBILITY)
    failed = PayerFailed(case_id="DS-000001-0", trace=asked.confirmation_id, ask="eligibility", reason="it is away")
    hub.send(failed)
    assert hub.only_case().state is CaseState.DISPATCHING
    assert reasons(hub) == ["the coverage could not be confirmed; the order goes on without"]
    hub.send(failed)
    assert len(reasons(hub)) == 1


def test_a_late_answer_still_counts_and_inactive_coverage_recalls_the_offers() -> None:
    hub = at_the_payer(WALKER)
    (asked,) = requests(hub, ELIGIBILITY)
    hub.send(PayerFailed(case_id="DS-000001-0", trace=asked.confirmation_id, ask="eligibility", reason="it is away"))
    covers(hub, CoverageStatus.INACTIVE)
    assert hub.only_case().state is CaseState.BENEFITS
    assert {offer.state for offer in hub.unit.offers.values()} == {OfferState.RECALLED}
    assert "the coverage is not active" in reasons(hub)


def test_other_facts_are_asked_anew_and_the_old_answer_no_longer_counts() -> None:
    hub = at_the_payer(WALKER, more={"placer_number": "A1"})
    news = sample_order(WALKER, document_id="doc-2", member_id="W222", more={"placer_number": "A1", "action": "update"})
    (first,) = requests(hub, ELIGIBILITY)
    known = hub.only_case().eligibility
    assert known is not None
    hub.send(referral(news))
    assert len(requests(hub, ELIGIBILITY)) == 2
    assert requests(hub, ELIGIBILITY)[0] == first
    current = hub.only_case().eligibility
    assert current is not None
    assert current.trace != known.trace


def test_the_same_order_again_asks_nothing() -> None:
    hub = at_the_payer(WALKER)
    hub.send(referral(sample_order(WALKER, document_id="doc-2")))
    assert len(requests(hub, ELIGIBILITY)) == 1


def test_an_item_that_needs_an_authorization_is_submitted_after_the_coverage() -> None:
    hub = at_the_payer(BED)
    assert requests(hub, AUTHORIZATION) == []
    covers(hub)
    (asked,) = requests(hub, AUTHORIZATION)
    assert hub.only_case().state is CaseState.AUTH_PENDING
    assert asked.enquiry is not None
    assert [line.code for line in asked.enquiry.lines] == ["E0260"]
    (submitted,) = hub.seen(AuthorizationSubmitted)
    assert submitted.due_at == NOW + timedelta(days=7)
    assert not hub.unit.offers


def test_where_a_person_asks_the_payer_the_case_waits_with_an_owner_and_a_clock() -> None:
    hub = MemoryHub()
    hub.send(referral(order(payer="Medicare", order_lines=[{"code": "K0823", "quantity": 1}])))
    assert hub.only_case().state is CaseState.AUTH_PENDING
    assert reasons(hub) == ["an authorization for K0823 must be asked of Medicare"]
    assert any("authorization decision" in name for name in hub.unit.timers)


@pytest.mark.parametrize("items", [WALKER, BED])
def test_a_cancelled_order_is_not_brought_back_by_the_payer(items: list[dict[str, object]]) -> None:
    hub = at_the_payer(items, more={"placer_number": "A1"})
    stop = sample_order(document_id="doc-2", without=("order_lines",), more={"placer_number": "A1", "action": "cancel"})
    hub.send(referral(stop))
    covers(hub)
    assert hub.only_case().state is CaseState.CANCELLED
    assert not hub.unit.offers
