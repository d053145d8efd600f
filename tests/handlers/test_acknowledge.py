"""Every sender is answered once for each thing it sent; where there is no address, a person is told instead."""

from __future__ import annotations

import pytest

from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo
from tests.factories import HOSPITAL, order, referral
from tests.handlers.memory import MemoryHub


def answers(hub: MemoryHub) -> list[ConfirmationRequested]:
    return [told for told in hub.seen(ConfirmationRequested) if told.kind is not ConfirmationKind.OFFER]


def test_a_complete_order_is_acknowledged_with_case_manager_and_extension() -> None:
    hub = MemoryHub()
    hub.send(referral())
    (told,) = answers(hub)
    case = hub.only_case()
    assert (told.kind, told.recipient, told.reference) == (ConfirmationKind.ACKNOWLEDGED, HOSPITAL, case.case_id)
    assert told.manager == case.manager
    assert told.asks == ()


def test_an_incomplete_order_is_answered_with_what_is_missing() -> None:
    hub = MemoryHub()
    hub.send(referral(order(without=("contact_phone",))))
    (told,) = answers(hub)
    assert told.kind is ConfirmationKind.INFORMATION_REQUESTED
    assert told.asks == tuple(element.ask for element in hub.only_case().unmet)


def test_the_same_order_in_another_document_is_answered_again_with_the_same_number() -> None:
    hub = MemoryHub()
    hub.send(referral())
    hub.send(referral(order(document_id="doc-2")))
    assert [told.document_id for told in answers(hub)] == ["doc-1", "doc-2"]
    assert len({told.reference for told in answers(hub)}) == 1


@pytest.mark.parametrize("reply_to", [None, ReplyTo(channel="fax", address="")])
def test_where_no_address_was_left_a_person_is_told_and_nothing_is_sent(reply_to: ReplyTo | None) -> None:
    hub = MemoryHub()
    hub.send(referral(reply_to=reply_to))
    assert answers(hub) == []
    (review,) = hub.seen(ReviewRequested)
    assert (review.case_id, review.reason) == (hub.only_case().case_id, "the sender left no address to answer")
