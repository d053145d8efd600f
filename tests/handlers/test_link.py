"""Which case an order belongs to: a new one, the one its number opened, or none until a person has looked."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.case import CaseState, IdentityResolved
from schemas.document import ReviewRequested
from schemas.order import Order
from schemas.transmission import ReceiptState
from tests.factories import order, referral
from tests.handlers.memory import MemoryHub


def numbered(document_id: str, action: str, **deviations: Any) -> Order:
    return order(document_id=document_id, more={"placer_number": "ORD1", "action": action}, **deviations)


def test_a_new_order_opens_a_case_and_its_receipt_names_it() -> None:
    hub = MemoryHub()
    hub.send(referral())
    (linked,) = hub.seen(IdentityResolved)
    assert linked.is_new
    assert not linked.duplicate
    assert hub.unit.receipts["doc-1"] == (ReceiptState.ACCEPTED, None, hub.only_case().case_id)


def test_the_same_event_again_links_nothing_twice() -> None:
    hub = MemoryHub()
    hub.send(referral())
    before = hub.unit.state()
    hub.send(referral())
    assert hub.unit.state() == before


@pytest.mark.parametrize(("action", "state"), [("cancel", CaseState.CANCELLED), ("update", CaseState.DISPATCHING)])
def test_the_senders_number_finds_the_case_of_a_change(action: str, state: CaseState) -> None:
    hub = MemoryHub()
    hub.send(referral(numbered("doc-1", "new")))
    hub.send(referral(numbered("doc-2", action)))
    assert hub.only_case().state is state


def test_a_number_under_which_another_member_stands_is_left_to_a_person() -> None:
    hub = MemoryHub()
    hub.send(referral(numbered("doc-1", "new")))
    hub.send(referral(order(7, document_id="doc-2", more={"placer_number": "ORD1"})))
    assert len(hub.unit.cases) == 1
    assert any("another member" in review.reason for review in hub.seen(ReviewRequested))
