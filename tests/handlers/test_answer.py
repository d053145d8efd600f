from datetime import timedelta
from typing import Any

import pytest

from schemas.case import CaseState, OfferAccepted, OfferDeclined, OfferRecalled, OfferSent, OfferState
from schemas.document import ReviewRequested
from schemas.transmission import ReceiptState
from tests.factories import NOW, order, referral
from tests.handlers.memory import MemoryHub

START = (NOW + timedelta(days=1)).isoformat()


@pytest.fixture
def hub() -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral())
    return hub


def offers(hub: MemoryHub) -> list[str]:
    return [offer.offer_id for offer in hub.unit.offers_of(hub.only_case().case_id)]


def test_the_first_acceptance_wins_and_the_others_are_recalled(hub: MemoryHub) -> None:
    first, second, *rest = offers(hub)
    hub.say("dispatch", "a1", {"offer_id": second, "answer": "accept", "start": START})
    hub.say("dispatch", "a2", {"offer_id": first, "answer": "accept", "start": START})
    assert len(hub.seen(OfferAccepted)) == 1
    assert hub.unit.offers[second].state is OfferState.ACCEPTED
    assert {recalled.offer_id for recalled in hub.seen(OfferRecalled)} == {first, *rest}
    assert hub.unit.receipts["a1"][0] is ReceiptState.ACCEPTED
    assert hub.unit.receipts["a2"] == (ReceiptState.REJECTED, "the offer was recalled before", hub.only_case().case_id)


@pytest.mark.parametrize(
    "start",
    [
        None,
        "",
        "tomorrow",
        20261124,
        "2026-11-24T10:00",
        "2026-11-24",
        "2026-11-20T10:00:00+00:00",
        "2027-11-24T10:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        ["2026-11-24T10:00:00Z"],
    ],
)
def test_an_acceptance_without_a_sane_start_is_refused_and_the_offer_stays_open(hub: MemoryHub, start: Any) -> None:
    offer_id = offers(hub)[0]
    hub.say("dispatch", "a1", {"offer_id": offer_id, "answer": "accept", "start": start})
    assert hub.unit.receipts["a1"][0] is ReceiptState.REJECTED
    assert not hub.seen(OfferAccepted)
    assert hub.seen(ReviewRequested)[-1].case_id == hub.only_case().case_id
    hub.say("dispatch", "a2", {"offer_id": offer_id, "answer": "accept", "start": START})
    assert hub.only_case().state is CaseState.SCHEDULED


def test_when_the_last_offer_is_declined_the_next_providers_are_asked_until_none_is_left(hub: MemoryHub) -> None:
    waves = 0
    for number in range(100):
        live = [o for o in hub.unit.offers.values() if o.state is OfferState.SENT]
        if not live:
            break
        waves = max(waves, live[0].wave)
        hub.say("dispatch", f"d{number}", {"offer_id": live[0].offer_id, "answer": "decline", "reason": "full"})
    assert waves >= 2
    assert hub.only_case().state is CaseState.UNDISPATCHABLE
    npis = [sent.npi for sent in hub.seen(OfferSent)]
    assert len(npis) == len(set(npis))
    assert len(hub.seen(ReviewRequested)) == 1


def test_a_decline_keeps_its_reason_and_counts_once(hub: MemoryHub) -> None:
    offer_id = offers(hub)[0]
    for number in range(2):
        hub.say("dispatch", f"d{number}", {"offer_id": offer_id, "answer": "decline", "reason": " no \n staff "})
    assert [declined.reason for declined in hub.seen(OfferDeclined)] == ["no staff"]
    hub.say("dispatch", "a1", {"offer_id": offer_id, "answer": "accept", "start": START})
    assert hub.unit.receipts["a1"][:2] == (ReceiptState.REJECTED, "the offer was declined before")


@pytest.mark.parametrize(
    "body",
    [[], None, "x", {"offer_id": "other", "answer": "accept", "start": START}, {"offer_id": 3}, {"answer": "accept"}],
)
def test_an_answer_to_nothing_is_refused(hub: MemoryHub, body: Any) -> None:
    hub.say("dispatch", "a1", body)
    assert hub.unit.receipts["a1"] == (ReceiptState.REJECTED, "there is no such offer", None)


@pytest.mark.parametrize("answer", [None, "", "perhaps", 1])
def test_an_answer_that_is_neither_is_refused(hub: MemoryHub, answer: Any) -> None:
    hub.say("dispatch", "a1", {"offer_id": offers(hub)[0], "answer": answer})
    assert hub.unit.receipts["a1"][0] is ReceiptState.REJECTED
    assert hub.only_case().state is CaseState.DISPATCHING


@pytest.mark.parametrize(
    ("start", "early"),
    [
        ("2026-11-25T23:30:00-05:00", True),
        ("2026-11-26T04:30:00Z", True),  # still the evening before at the address
        ("2026-11-26T00:00:00-05:00", False),
        ("2026-11-26T05:00:00Z", False),
        ("2026-11-30T09:00:00-05:00", False),
    ],
)
def test_a_start_before_the_ordered_first_day_is_refused_and_the_offer_stays_open(start: str, early: bool) -> None:
    hub = MemoryHub()
    hub.send(referral(order(service_start="2026-11-26", ship_address="12 Oak St, Dayton, OH 45402")))
    hub.say("dispatch", "a1", {"offer_id": offers(hub)[0], "answer": "accept", "start": start})
    case = hub.only_case()
    if not early:
        assert case.state is CaseState.SCHEDULED
        return
    reason = "the start is before the ordered first day of service"
    assert hub.unit.receipts["a1"] == (ReceiptState.REJECTED, reason, case.case_id)
    assert case.state is CaseState.DISPATCHING
    assert hub.seen(ReviewRequested)[-1].fields == {"start": "too early"}
    hub.say("dispatch", "a2", {"offer_id": offers(hub)[0], "answer": "accept", "start": "2026-11-26T09:00:00-05:00"})
    assert hub.only_case().state is CaseState.SCHEDULED


def test_an_answer_that_is_bound_to_a_revision_is_refused_once_the_case_has_moved_on(hub: MemoryHub) -> None:
    first, second, *_ = offers(hub)
    revision = hub.only_case().revision
    bound = {"offer_id": second, "answer": "accept", "start": START, "if_revision": revision}
    hub.say("dispatch", "a0", {**bound, "if_revision": revision - 1})
    assert hub.unit.receipts["a0"][:2] == (ReceiptState.REJECTED, "the case has moved on since")
    hub.say("dispatch", "a1", bound)
    hub.say("dispatch", "a2", {**bound, "offer_id": first})
    assert len(hub.seen(OfferAccepted)) == 1
    assert hub.unit.receipts["a2"][0] is ReceiptState.REJECTED
