"""After acceptance: moved, missed, given back, done; the history stays, and everybody concerned is told once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.case import CaseClock, CaseState, OfferSent, OfferState
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.service import OfferWithdrawn, ServiceCompleted, ServiceMissed, ServiceScheduled
from schemas.transmission import ReceiptState
from tests.factories import HOSPITAL, NOW, content, order, referral, transmission
from tests.handlers.memory import MemoryHub

DAY = timedelta(days=1)
START = NOW + DAY


@pytest.fixture
def hub() -> MemoryHub:
    """Return a hub with one case, its service scheduled for tomorrow."""
    hub = MemoryHub()
    hub.send(referral())
    hub.say("dispatch", "yes", {"offer_id": first(hub), "answer": "accept", "start": START.isoformat()})
    assert hub.only_case().state is CaseState.SCHEDULED
    return hub


def first(hub: MemoryHub) -> str:
    return next(iter(hub.unit.offers))


def says(hub: MemoryHub, document: str, answer: str, **more: Any) -> str | None:
    """Let the provider that holds the order speak; return why it was refused, if it was."""
    hub.say("dispatch", document, {"offer_id": first(hub), "answer": answer, **more})
    return hub.unit.receipts[document][1]


def told(hub: MemoryHub, kind: ConfirmationKind) -> list[ConfirmationRequested]:
    return [c for c in hub.seen(ConfirmationRequested) if c.kind is kind]


def done(**changes: Any) -> dict[str, Any]:
    return {"proof": {"completed_at": (START + timedelta(minutes=10)).isoformat(), "signed_by": "J. Doe", **changes}}


@pytest.mark.parametrize("answer", ["withdraw", "decline"])
def test_a_provider_that_backs_out_is_replaced_and_the_history_stays(hub: MemoryHub, answer: str) -> None:
    npi = hub.only_case().provider_npi
    assert says(hub, "back", answer, code="out-of-stock", reason=" none \n left ") is None
    case = hub.only_case()
    assert (case.state, case.provider_npi, case.scheduled_start) == (CaseState.DISPATCHING, None, None)
    assert (case.first_start, case.dispatch_round) == (START, 2)
    assert hub.unit.offers[first(hub)].state is OfferState.WITHDRAWN
    (gone,) = hub.seen(OfferWithdrawn)
    assert (gone.npi, gone.code, gone.reason) == (npi, "out-of-stock", "none left")
    again = [sent for sent in hub.seen(OfferSent) if sent.wave == 2]
    assert again
    assert npi not in {sent.npi for sent in again}
    (sender,) = told(hub, ConfirmationKind.REDISPATCHED)
    assert (sender.recipient, sender.previous_start, sender.note) == (HOSPITAL, START, "Item is out of stock")


def test_the_next_providers_date_is_told_as_a_new_date(hub: MemoryHub) -> None:
    says(hub, "back", "withdraw")
    other = next(sent for sent in hub.seen(OfferSent) if sent.wave == 2)
    start = NOW + 2 * DAY
    hub.say("dispatch", "yes2", {"offer_id": other.offer_id, "answer": "accept", "start": start.isoformat()})
    (sender,) = [c for c in told(hub, ConfirmationKind.RESCHEDULED) if c.recipient == HOSPITAL]
    assert (sender.scheduled_start, sender.previous_start) == (start, START)
    assert len(told(hub, ConfirmationKind.ASSIGNED)) == 2


def test_when_all_others_decline_the_former_provider_is_asked_last_and_only_once(hub: MemoryHub) -> None:
    npi = hub.only_case().provider_npi
    for number in range(60):
        says(hub, f"back{number}", "withdraw")
        live = [o for o in hub.unit.offers.values() if o.state is OfferState.SENT]
        if not live:
            break
        one = live[0]
        if one.npi == npi:
            assert len(live) == 1
        hub.say("dispatch", f"no{number}", {"offer_id": one.offer_id, "answer": "decline", "code": "no-capacity"})
    assert hub.only_case().state is CaseState.UNDISPATCHABLE
    assert [sent.npi for sent in hub.seen(OfferSent)].count(npi) == 2


def test_a_discharge_that_loses_its_provider_is_told_at_once() -> None:
    hub = MemoryHub()
    made = order().model_copy(update={"discharge_deadline": (NOW + 2 * DAY).date()})
    hub.send(referral(made))
    hub.say("dispatch", "yes", {"offer_id": first(hub), "answer": "accept", "start": START.isoformat()})
    assert not hub.seen(CaseClock)
    says(hub, "back", "withdraw")
    assert [clock.clock for clock in hub.seen(CaseClock)] == ["discharge"]


def test_a_provider_moves_the_start_and_the_sender_is_told_the_new_date(hub: MemoryHub) -> None:
    later, until = START + DAY, START + DAY + timedelta(hours=4)
    said = {"start": later.isoformat(), "end": until.isoformat(), "code": "member-asked"}
    assert says(hub, "move", "reschedule", **said) is None
    case = hub.only_case()
    assert (case.state, case.scheduled_start, case.scheduled_end) == (CaseState.SCHEDULED, later, until)
    assert case.first_start == START
    (sender,) = told(hub, ConfirmationKind.RESCHEDULED)
    assert (sender.recipient, sender.scheduled_start, sender.scheduled_end) == (HOSPITAL, later, until)
    assert (sender.previous_start, sender.note) == (START, "The member asked for another date")


def test_a_start_that_moves_there_and_back_is_told_each_time(hub: MemoryHub) -> None:
    for number, start in enumerate((START + DAY, START, START + DAY, START + DAY)):
        says(hub, f"move{number}", "reschedule", start=start.isoformat(), code="weather")
    starts = [c.scheduled_start for c in told(hub, ConfirmationKind.RESCHEDULED)]
    assert starts == [START + DAY, START, START + DAY]
    assert len(hub.seen(ServiceScheduled)) == 4


def test_the_desk_moves_a_start_and_both_sides_are_told(hub: MemoryHub) -> None:
    case = hub.only_case()
    body = {"case_id": case.case_id, "answer": "reschedule", "start": (START + DAY).isoformat(), "by": "Marta"}
    hub.say("dispatch", "desk", {**body, "code": "member-asked"})
    assert hub.unit.receipts["desk"][0] is ReceiptState.ACCEPTED
    assert hub.seen(ServiceScheduled)[-1].by == "Marta"
    assert len({c.recipient.channel for c in told(hub, ConfirmationKind.RESCHEDULED)}) == 2


@pytest.mark.parametrize("start", [None, "tomorrow", (NOW - DAY).isoformat(), (NOW + 400 * DAY).isoformat()])
def test_a_move_to_no_sane_start_is_refused(hub: MemoryHub, start: Any) -> None:
    assert says(hub, "move", "reschedule", start=start) is not None
    assert hub.only_case().scheduled_start == START


def test_a_visit_cannot_be_missed_before_its_time(hub: MemoryHub) -> None:
    assert "still ahead" in str(says(hub, "miss", "missed", code="nobody-home"))
    assert hub.only_case().state is CaseState.SCHEDULED


@pytest.mark.parametrize(
    ("code", "state", "cause"),
    [
        ("nobody-home", CaseState.MISSED, "member"),
        ("refused", CaseState.MISSED, "member"),
        ("no-staff", CaseState.DISPATCHING, "provider"),
        ("delivery-failed", CaseState.DISPATCHING, "provider"),
        ("invented", CaseState.MISSED, "other"),
    ],
)
def test_what_follows_a_missed_visit_depends_on_its_reason(
    hub: MemoryHub, code: str, state: CaseState, cause: str
) -> None:
    hub.unit.now = START + timedelta(hours=3)
    assert says(hub, "miss", "missed", code=code, reason="knocked twice") is None
    assert hub.only_case().state is state
    (event,) = hub.seen(ServiceMissed)
    assert (event.cause, event.start, event.reason) == (cause, START, "knocked twice")
    (sender,) = told(hub, ConfirmationKind.MISSED)
    assert sender.note != "knocked twice", "a provider's own words go to no sender unread"
    looked = any("missed" in review.reason for review in hub.seen(ReviewRequested))
    assert looked is (code in {"refused", "invented"})


def test_a_missed_visit_with_a_new_date_is_scheduled_again_and_told_as_one_thing(hub: MemoryHub) -> None:
    hub.unit.now = START + timedelta(hours=3)
    later = START + DAY
    assert says(hub, "miss", "missed", code="nobody-home", start=later.isoformat()) is None
    case = hub.only_case()
    assert (case.state, case.scheduled_start) == (CaseState.SCHEDULED, later)
    assert len(hub.seen(ServiceMissed)) == 1
    assert told(hub, ConfirmationKind.MISSED) == []
    assert [c.scheduled_start for c in told(hub, ConfirmationKind.RESCHEDULED)] == [later]


def test_a_delivery_is_proven_and_closes_the_case(hub: MemoryHub) -> None:
    hub.unit.now = START + timedelta(hours=1)
    body = {"offer_id": first(hub), "answer": "complete", **done(serials=["A1", "A1", " B2 "], relation="spouse")}
    photo = content(b"a photo", "image/jpeg")
    sent = transmission(document_id="done", body=body)
    hub.unit.contents[sent.contents[0].sha256] = json.dumps(body).encode()
    hub.send(sent.model_copy(update={"contents": (*sent.contents, photo)}))
    case = hub.only_case()
    assert case.state is CaseState.FULFILLED
    assert case.proof is not None
    assert (case.proof.signed_by, case.proof.relation) == ("J. Doe", "spouse")
    assert (case.proof.serials, case.proof.documents) == (("A1", "B2"), (photo,))
    (event,) = hub.seen(ServiceCompleted)
    assert not event.late
    (sender,) = told(hub, ConfirmationKind.COMPLETED)
    assert sender.completed_at == case.proof.completed_at
    assert "J. Doe" not in sender.model_dump_json()
    assert says(hub, "done2", "complete", **done()) is None
    assert len(hub.seen(ServiceCompleted)) == 1
    assert says(hub, "late", "withdraw") == "the service was completed before"


def test_late_is_judged_by_the_first_start_that_was_committed(hub: MemoryHub) -> None:
    says(hub, "move", "reschedule", start=(START + DAY).isoformat(), code="no-staff")
    hub.unit.now = START + 2 * DAY
    assert says(hub, "done", "complete", **done(completed_at=(START + DAY).isoformat())) is None
    (event,) = hub.seen(ServiceCompleted)
    assert (event.late, event.committed_start) == (True, START)


def test_exceptions_are_put_before_a_person(hub: MemoryHub) -> None:
    hub.unit.now = START + timedelta(hours=1)
    says(hub, "done", "complete", **done(exceptions="one tank short"))
    assert hub.only_case().state is CaseState.FULFILLED
    assert hub.seen(ReviewRequested)[-1].reason == "the service is done with exceptions"


@pytest.mark.parametrize(
    "proof",
    [
        None,
        {},
        {"completed_at": START.isoformat()},
        {"signed_by": "X"},
        {"completed_at": "yesterday", "signed_by": "X"},
        {"completed_at": (START + 9 * DAY).isoformat(), "signed_by": "X"},
        {"completed_at": (NOW - 30 * DAY).isoformat(), "signed_by": "X"},
        {"completed_at": START.isoformat(), "signed_by": "  "},
    ],
)
def test_a_completion_without_who_and_when_is_refused(hub: MemoryHub, proof: Any) -> None:
    hub.unit.now = START + timedelta(hours=1)
    assert "who received it and when" in str(says(hub, "done", "complete", proof=proof))
    assert hub.only_case().state is CaseState.SCHEDULED


@pytest.mark.parametrize("answer", ["withdraw", "reschedule", "missed", "complete"])
def test_nothing_of_this_can_be_said_of_an_offer_that_was_not_accepted(answer: str) -> None:
    hub = MemoryHub()
    hub.send(referral())
    assert says(hub, "w", answer, start=START.isoformat(), **done()) == "the offer is sent"
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_cancelled_order_takes_the_job_back_and_no_word_revives_it(hub: MemoryHub) -> None:
    cancel = order(document_id="stop", more={"action": "cancel"})
    hub.send(referral(cancel))
    assert hub.only_case().state is CaseState.CANCELLED
    for number, answer in enumerate(("withdraw", "reschedule", "missed", "complete", "accept")):
        assert says(hub, f"w{number}", answer, start=(START + DAY).isoformat(), **done()) is not None
    assert hub.only_case().state is CaseState.CANCELLED


def test_the_same_word_handled_twice_has_one_effect(hub: MemoryHub) -> None:
    says(hub, "back", "withdraw")
    before = hub.unit.state()
    events = len(hub.unit.events)
    subscription, event = next((s, e) for s, e in hub.handled if s.consumer == "answer" and e.key == "back")
    assert list(subscription.handle(event, hub.unit)) == []
    assert (hub.unit.state(), len(hub.unit.events)) == (before, events)


def test_the_desk_gives_a_case_that_nobody_took_to_the_network_again() -> None:
    hub = MemoryHub()
    hub.send(referral())
    for number in range(60):
        live = [o for o in hub.unit.offers.values() if o.state is OfferState.SENT]
        if not live:
            break
        hub.say("dispatch", f"no{number}", {"offer_id": live[0].offer_id, "answer": "decline", "code": "no-capacity"})
    case_id = hub.only_case().case_id
    assert hub.only_case().state is CaseState.UNDISPATCHABLE
    before = len(hub.unit.offers)
    hub.say("dispatch", "again", {"case_id": case_id, "answer": "dispatch", "by": "Marta"})
    assert hub.only_case().state is CaseState.DISPATCHING
    assert len(hub.unit.offers) > before
    hub.say("dispatch", "again2", {"case_id": case_id, "answer": "dispatch", "by": "Marta"})
    assert hub.unit.receipts["again2"][1] == "the case is dispatching"
    hub.unit.network = {"version": NOW.date(), "providers": []}
    for number, one in enumerate(o for o in list(hub.unit.offers.values()) if o.state is OfferState.SENT):
        hub.say("dispatch", f"never{number}", {"offer_id": one.offer_id, "answer": "decline"})
    hub.say("dispatch", "again3", {"case_id": case_id, "answer": "dispatch", "by": "Marta"})
    assert hub.only_case().state is CaseState.UNDISPATCHABLE
