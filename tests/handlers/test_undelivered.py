"""An answer that could not be delivered goes another way once, then before a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from handlers.undelivered import undelivered
from schemas.document import ReviewRequested
from schemas.event import Event, Payload
from schemas.outbound import ConfirmationFailed, ConfirmationKind, ConfirmationRequested, FailureClass
from schemas.transmission import ReplyTo
from tests.factories import NOW, order, referral
from tests.handlers.memory import MemoryHub

CALLER = ReplyTo(channel="fax", address="9375550177", context={"gateway": "phaxio"})


def told(hub: MemoryHub, **changes: Any) -> ConfirmationRequested:
    made = order(practice_fax="6145550133", channel="fax")
    hub.send(referral(made, reply_to=CALLER))
    [asked] = [c for c in hub.seen(ConfirmationRequested) if c.recipient == CALLER]
    return asked.model_copy(update=changes)


def failing(hub: MemoryHub, asked: ConfirmationRequested, why: FailureClass) -> list[Payload]:
    hub.unit.newest[(asked.topic, asked.confirmation_id)] = Event("e-1", "test", NOW, asked)
    failed = ConfirmationFailed(
        confirmation_id=asked.confirmation_id,
        case_id=asked.case_id,
        kind=asked.kind,
        channel="fax",
        provider_status="failed",
        provider_id="77",
        attempt=3,
        failure_class=why,
        final=True,
    )
    events: Iterable[Payload] = undelivered(Event("e-2", "test", NOW, failed), hub.unit)
    return list(events)


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


def test_the_number_on_the_order_is_tried_through_the_same_gateway(hub: MemoryHub) -> None:
    asked = told(hub)
    [again] = failing(hub, asked, FailureClass.BUSY)
    assert isinstance(again, ConfirmationRequested)
    assert (again.recipient.address, again.recipient.context) == ("6145550133", CALLER.context)
    assert again.confirmation_id != asked.confirmation_id


def test_when_that_fails_too_a_person_is_asked_once(hub: MemoryHub) -> None:
    [again] = failing(hub, told(hub), FailureClass.NO_ANSWER)
    assert isinstance(again, ConfirmationRequested)
    [review] = failing(hub, again, FailureClass.NO_ANSWER)
    assert isinstance(review, ReviewRequested)
    assert "could not be delivered: no-answer" in review.reason
    assert failing(hub, again, FailureClass.NO_ANSWER) == []


@pytest.mark.parametrize("why", [FailureClass.ACCOUNT, FailureClass.DOCUMENT, FailureClass.DECLINED])
def test_what_no_other_number_cures_goes_to_a_person(hub: MemoryHub, why: FailureClass) -> None:
    [review] = failing(hub, told(hub), why)
    assert isinstance(review, ReviewRequested)


def test_a_providers_fax_is_never_sent_to_the_clinician(hub: MemoryHub) -> None:
    provider = ReplyTo(channel="fax", address="9375550999")
    asked = told(hub).model_copy(update={"recipient": provider, "kind": ConfirmationKind.OFFER})
    [review] = failing(hub, asked, FailureClass.BUSY)
    assert isinstance(review, ReviewRequested)
