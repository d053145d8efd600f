"""Cases are found by order numbers and by who the member is, and never by half of it."""

from __future__ import annotations

from handlers.finding import by_number, cancelled_before, cancelled_token
from handlers.identity import placer_tokens
from tests.factories import order, referral
from tests.handlers.memory import MemoryHub

NUMBERED = order(more={"placer_number": "ORD1"})


def test_a_case_is_found_by_the_senders_own_number_only() -> None:
    hub = MemoryHub()
    hub.send(referral(NUMBERED))
    found = by_number(referral(NUMBERED), hub.unit)
    assert found == hub.only_case()
    other = referral(NUMBERED).model_copy(update={"reply_to": None})
    assert by_number(other, hub.unit) is None


def test_a_cancellation_that_came_first_is_remembered() -> None:
    hub = MemoryHub()
    data = referral(NUMBERED)
    assert not cancelled_before(data, hub.unit)
    for token in placer_tokens(data.order, data.reply_to):
        hub.unit.mark(cancelled_token(token))
    assert cancelled_before(data, hub.unit)
