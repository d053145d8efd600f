"""Clocks of a case: reminders to the sender, then a person; none after the case has moved on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from doorstep.rules import load
from schemas.case import CaseClock, CaseClockWarned, CaseState, OfferExpired, OfferSent, OfferState
from schemas.clock_rules import ClockRule, Clocks
from schemas.document import ReviewRequested
from schemas.outbound import ConfirmationKind, ConfirmationRequested, ConfirmationSent
from tests.factories import HOSPITAL, NOW, order, referral, transmission
from tests.handlers.memory import MemoryHub

DAYTON = "1 Oak St, Dayton, OH 45402"


def told(hub: MemoryHub, kind: type[Any]) -> list[Any]:
    return [event.data for event in hub.unit.events if isinstance(event.data, kind)]


def breached(hub: MemoryHub) -> set[str]:
    return {clock.clock for clock in told(hub, CaseClock)}


def incomplete(reply_to: Any = HOSPITAL) -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral(order(without=("clinician_npi",)), reply_to=reply_to))
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.INCOMPLETE
    return hub


def dispatching() -> MemoryHub:
    hub = MemoryHub()
    hub.send(referral())
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.DISPATCHING
    return hub


def asks(hub: MemoryHub) -> list[ConfirmationRequested]:
    return [c for c in told(hub, ConfirmationRequested) if c.kind is ConfirmationKind.INFORMATION_REQUESTED]


def test_a_sender_who_does_not_answer_is_reminded_twice_and_then_a_person_looks() -> None:
    hub = incomplete()
    assert len(asks(hub)) == 1
    hub.pass_time(NOW + timedelta(days=1, hours=1))
    assert len(asks(hub)) == 2
    hub.pass_time(NOW + timedelta(days=30))
    assert len(asks(hub)) == 3
    assert len({c.confirmation_id for c in asks(hub)}) == 3
    assert [c.number for c in told(hub, CaseClock) if c.clock == "information"] == [1, 2, 3]
    reasons = [r.reason for r in told(hub, ReviewRequested) if "missing" in r.reason]
    assert reasons == ["What is missing from the sender: not done in time"]
    assert not hub.unit.timers


def test_reminders_come_in_business_hours_of_the_members_home() -> None:
    hub = incomplete()
    hub.pass_time(NOW + timedelta(days=30))
    for event in hub.unit.events:
        if isinstance(event.data, CaseClock) and event.data.clock == "information":
            assert event.time.isoweekday() in {1, 2, 3, 4, 5}


def test_without_an_address_to_remind_a_person_looks_at_once() -> None:
    hub = incomplete(reply_to=None)
    hub.pass_time(NOW + timedelta(days=3))
    assert any("not done in time" in r.reason for r in told(hub, ReviewRequested))


def test_an_answer_stops_the_clock() -> None:
    hub = incomplete()
    hub.send(referral(order(document_id="doc-2")))
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.DISPATCHING
    assert not any(name.startswith("clock information") for name in hub.unit.timers)
    hub.unit.timers.clear()
    hub.pass_time(NOW + timedelta(days=30))
    assert "information" not in breached(hub)


def test_offers_that_nobody_answers_end_and_the_next_providers_are_asked() -> None:
    hub = dispatching()
    first = {o.npi for o in hub.unit.offers.values()}
    hub.pass_time(NOW + timedelta(hours=3))
    expired = {o.npi for o in hub.unit.offers.values() if o.state is OfferState.EXPIRED}
    assert expired == first
    assert {e.npi for e in told(hub, OfferExpired)} == first
    again = [o for o in told(hub, OfferSent) if o.wave == 2]
    assert not first & {o.npi for o in again}


def test_when_nobody_is_left_who_could_answer_a_person_owns_the_case() -> None:
    hub = dispatching()
    hub.pass_time(NOW + timedelta(days=10))
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.UNDISPATCHABLE
    assert any("did not answer" in r.reason for r in told(hub, ReviewRequested))
    assert not any(o.state is OfferState.SENT for o in hub.unit.offers.values())


def test_an_acceptance_that_comes_too_late_is_refused() -> None:
    hub = dispatching()
    late = next(iter(hub.unit.offers.values()))
    hub.pass_time(NOW + timedelta(hours=3))
    start = (hub.unit.now + timedelta(days=90)).isoformat()
    sent = transmission(document_id="late", body={"offer_id": late.offer_id, "answer": "accept", "start": start})
    hub.unit.contents[sent.contents[0].sha256] = (
        f'{{"offer_id": "{late.offer_id}", "answer": "accept", "start": "{start}"}}'.encode()
    )
    hub.send(sent)
    assert hub.unit.offers[late.offer_id].state is OfferState.EXPIRED
    assert hub.unit.receipts["late"][1] == "the offer was expired before"


def test_an_accepted_case_is_not_offered_again_when_its_time_comes() -> None:
    hub = dispatching()
    one = next(iter(hub.unit.offers.values()))
    start = (NOW + timedelta(days=20)).isoformat()
    sent = transmission(document_id="yes", body={"offer_id": one.offer_id, "answer": "accept", "start": start})
    hub.unit.contents[sent.contents[0].sha256] = (
        f'{{"offer_id": "{one.offer_id}", "answer": "accept", "start": "{start}"}}'.encode()
    )
    hub.send(sent)
    (case,) = hub.unit.cases.values()
    assert case.state is CaseState.SCHEDULED
    hub.pass_time(NOW + timedelta(days=30))
    assert told(hub, OfferExpired) == []
    assert breached(hub) == {"acknowledgement_business", "acknowledgement_24h", "service"}


def test_a_clock_counts_one_kind_of_time() -> None:
    given: dict[str, Any] = {"clock": "x", "label": "X", "while": ["open"], "cite": ["y"]}
    for wrong in (
        {},
        {"business_minutes": 1, "elapsed_minutes": 1},
        {"elapsed_minutes": 0},
        {"elapsed_minutes": -5, "since": "received"},
        {"elapsed_minutes": 5, "warn_minutes": [-1]},
    ):
        with pytest.raises(ValidationError):
            ClockRule.model_validate(given | wrong)
    assert ClockRule.model_validate(given | {"elapsed_minutes": 5}).elapsed_minutes == 5
    assert ClockRule.model_validate(given | {"elapsed_minutes": -5, "since": "discharge"}).elapsed_minutes == -5


def test_time_that_runs_backwards_fires_nothing_twice() -> None:
    hub = incomplete()
    hub.pass_time(NOW + timedelta(days=1, hours=1))
    hub.unit.now = datetime(2026, 11, 1, tzinfo=UTC)
    hub.pass_time(NOW)
    assert len(asks(hub)) == 2


def acknowledged(hub: MemoryHub) -> None:
    """Let the sender's channel take what the hub told it."""
    for asked in told(hub, ConfirmationRequested):
        hub.send(
            ConfirmationSent(
                confirmation_id=asked.confirmation_id,
                case_id=asked.case_id,
                kind=asked.kind,
                channel=asked.recipient.channel,
                provider_status="AA",
                provider_id="1",
                attempt=1,
            )
        )


@pytest.mark.parametrize(
    ("received", "closes"),
    [
        (datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC)),  # Monday ten o'clock
        (datetime(2026, 11, 20, 22, 50, tzinfo=UTC), datetime(2026, 11, 20, 23, tzinfo=UTC)),  # Friday 17:50
        (datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC)),  # Friday 18:00
        (datetime(2026, 11, 25, 23, 30, tzinfo=UTC), datetime(2026, 11, 27, 23, tzinfo=UTC)),  # before Thanksgiving
        (datetime(2026, 10, 31, 15, tzinfo=UTC), datetime(2026, 11, 2, 23, tzinfo=UTC)),  # over the end of summer time
        (datetime(2027, 3, 13, 15, tzinfo=UTC), datetime(2027, 3, 15, 22, tzinfo=UTC)),  # over its beginning
    ],
)
def test_an_acknowledgement_is_due_at_the_close_of_the_first_business_day(received: datetime, closes: datetime) -> None:
    hub = MemoryHub()
    hub.unit.now = received
    hub.send(referral(order(ship_address=DAYTON), received_at=received))
    at, _ = hub.unit.timers[f"clock acknowledgement_business {hub.only_case().case_id}"]
    assert at == closes
    day, _ = hub.unit.timers[f"clock acknowledgement_24h {hub.only_case().case_id}"]
    assert day == received + timedelta(hours=24)


def test_both_clocks_of_acknowledgement_stop_when_the_senders_channel_has_taken_it() -> None:
    hub = dispatching()
    assert any("acknowledgement" in name for name in hub.unit.timers)
    acknowledged(hub)
    assert not any("acknowledgement" in name for name in hub.unit.timers)
    hub.pass_time(NOW + timedelta(days=5))
    assert not any("acknowledgement" in clock for clock in breached(hub))


def test_an_order_that_was_never_acknowledged_is_put_before_a_person() -> None:
    hub = dispatching()
    hub.pass_time(NOW + timedelta(days=2))
    assert {"acknowledgement_business", "acknowledgement_24h"} <= breached(hub)
    asked = [r.reason for r in told(hub, ReviewRequested) if "Acknowledgement" in r.reason]
    assert asked == ["Acknowledgement within the first business day: not done in time; supervisor: Nora Whitlock"]


@pytest.mark.parametrize(
    ("code", "warned", "late"), [("E1390", 24, 72), ("K0823", 7 * 24, 14 * 24), ("L1843", 7 * 24, 14 * 24)]
)
def test_a_custom_item_has_days_where_a_standard_one_has_hours(code: str, warned: int, late: int) -> None:
    (kind,) = (
        rule
        for rule in Clocks.model_validate(load("clocks")).case
        if rule.clock.startswith("schedule") and rule.to(order(order_lines=[{"code": code, "quantity": 1}]))
    )
    assert (kind.warn_minutes, kind.elapsed_minutes) == ((warned * 60,), late * 60)


def test_a_start_that_is_committed_in_time_stops_the_clock_of_scheduling() -> None:
    hub = dispatching()
    assert sorted(at - NOW for name, (at, _) in hub.unit.timers.items() if "clock schedule" in name) == [
        timedelta(hours=24),
        timedelta(hours=72),
    ]
    accept(hub, NOW + timedelta(days=2))
    assert not any("clock schedule" in name for name in hub.unit.timers)


def accept(hub: MemoryHub, start: datetime, **more: Any) -> None:
    one = next(o for o in hub.unit.offers.values() if o.state is OfferState.SENT)
    said = {"offer_id": one.offer_id, "answer": "accept", "start": start.isoformat(), **more}
    hub.say("dispatch", f"yes {one.offer_id}", said)


@pytest.mark.parametrize(("hours", "at_once"), [(12, True), (23, True), (25, False), (72, False)])
def test_a_discharge_within_a_day_is_before_a_person_at_once(hours: int, at_once: bool) -> None:
    hub = MemoryHub()
    deadline = NOW + timedelta(hours=hours)
    hub.send(referral(order().model_copy(update={"discharge_deadline": deadline})))
    hub.pass_time(NOW)
    assert any("before the discharge" in r.reason for r in told(hub, ReviewRequested)) is at_once
    hub.pass_time(deadline)
    assert "discharge" in breached(hub)


@pytest.mark.parametrize("hours", [1, 30, 6 * 24])
def test_a_discharge_that_is_past_when_the_order_comes_is_before_a_person_at_once(hours: int) -> None:
    hub = MemoryHub()
    hub.send(referral(order().model_copy(update={"discharge_deadline": NOW - timedelta(hours=hours)})))
    hub.pass_time(NOW)
    assert [r.reason for r in told(hub, ReviewRequested)] == [
        "A confirmed start before the discharge: discharge already past"
    ]
    assert [clock.number for clock in told(hub, CaseClock) if clock.clock == "discharge"] == [1]


def test_a_discharge_of_which_less_is_left_than_its_clock_wants_is_told_once() -> None:
    hub = MemoryHub()
    hub.send(referral(order().model_copy(update={"discharge_deadline": NOW + timedelta(hours=3)})))
    hub.pass_time(NOW)
    (asked,) = told(hub, ReviewRequested)
    assert asked.reason == "A confirmed start before the discharge: not done in time"


def test_a_discharge_that_is_history_is_no_deadline_and_a_confirmed_start_needs_no_alarm() -> None:
    hub = MemoryHub()
    hub.send(referral(order().model_copy(update={"discharge_deadline": NOW - timedelta(days=8)})))
    assert not any("discharge" in name for name in hub.unit.timers)
    accept(hub, NOW + timedelta(days=30))
    assert "discharge" not in breached(hub)
    hub = MemoryHub()
    hub.send(referral(order().model_copy(update={"discharge_deadline": NOW + timedelta(days=4)})))
    accept(hub, NOW + timedelta(days=2))
    assert not any("discharge" in name for name in hub.unit.timers)


def test_home_health_begins_within_two_days_or_on_the_ordered_day() -> None:
    for more, expected in (
        ({"service_start": None}, NOW + timedelta(hours=48)),
        ({"service_start": date(2026, 12, 1)}, datetime(2026, 12, 2, 5, tzinfo=UTC)),
        ({"service_start": date(2026, 11, 20)}, NOW + timedelta(hours=48)),
    ):
        hub = MemoryHub()
        made = order(order_type="home_health", ship_address=DAYTON).model_copy(update=more)
        hub.send(referral(made))
        at, _ = hub.unit.timers[f"clock home_health_initial {hub.only_case().case_id}"]
        assert at == expected


def test_without_proof_the_provider_is_asked_and_then_a_person_and_a_moved_start_moves_the_clock() -> None:
    hub = dispatching()
    start = NOW + timedelta(days=1)
    accept(hub, start, end=(start + timedelta(hours=4)).isoformat())
    name = f"clock service {hub.only_case().case_id}"
    assert hub.unit.timers[name][0] == start + timedelta(hours=5)
    later = start + timedelta(days=1)
    offer_id = next(o.offer_id for o in hub.unit.offers.values() if o.state is OfferState.ACCEPTED)
    hub.say("dispatch", "move", {"offer_id": offer_id, "answer": "reschedule", "start": later.isoformat()})
    assert hub.unit.timers[name][0] == later + timedelta(hours=1)
    hub.pass_time(later + timedelta(hours=1, minutes=30))
    asked = [c for c in told(hub, ConfirmationRequested) if c.note and "report" in c.note]
    assert [(c.kind, c.offer_id) for c in asked] == [(ConfirmationKind.ASSIGNED, offer_id)]
    hub.pass_time(later + timedelta(hours=3))
    assert [c.number for c in told(hub, CaseClock) if c.clock == "service"] == [1, 2]
    assert any("Proof of delivery" in r.reason for r in told(hub, ReviewRequested))


def test_a_missed_service_without_a_new_date_goes_to_other_providers() -> None:
    hub = dispatching()
    start = NOW + timedelta(days=1)
    accept(hub, start)
    offer_id = next(o.offer_id for o in hub.unit.offers.values() if o.state is OfferState.ACCEPTED)
    hub.unit.now = start + timedelta(minutes=30)
    hub.say("dispatch", "miss", {"offer_id": offer_id, "answer": "missed", "code": "nobody-home"})
    assert hub.only_case().state is CaseState.MISSED
    hub.pass_time(start + timedelta(days=1))
    assert "missed" in breached(hub)
    assert hub.unit.offers[offer_id].state is OfferState.WITHDRAWN
    assert hub.only_case().dispatch_round == 2


def test_a_case_that_a_person_looked_at_and_left_comes_back_until_it_moves() -> None:
    hub = incomplete()
    hub.pass_time(NOW + timedelta(days=20))

    def looks(number: int) -> None:
        review = told(hub, ReviewRequested)[-1]
        hub.say("desk", f"w{number}", {"review_id": review.review_id, "decision": "reject", "reviewer": "R. Viewer"})

    def back() -> int:
        return sum("has not moved" in review.reason for review in told(hub, ReviewRequested))

    looks(1)
    assert back() == 0
    hub.pass_time(NOW + timedelta(days=23))
    assert back() == 1
    looks(2)
    assert "looked" not in breached(hub)
    hub.pass_time(NOW + timedelta(days=26))
    assert back() == 2
    looks(3)
    hub.send(referral(order(document_id="doc-2")))
    assert next(iter(hub.unit.cases.values())).state is CaseState.DISPATCHING
    hub.pass_time(hub.unit.now + timedelta(days=14))
    assert back() == 2


def test_a_case_that_is_looked_at_in_vain_comes_back_after_a_day_then_after_two_then_each_week() -> None:
    hub = incomplete()
    hub.pass_time(NOW + timedelta(days=20))
    monday, came = datetime(2027, 1, 4, 15, 0, tzinfo=UTC), list[datetime]()
    hub.pass_time(monday)
    for number in range(5):
        review = told(hub, ReviewRequested)[-1]
        hub.say("desk", f"w{number}", {"review_id": review.review_id, "decision": "reject", "reviewer": "R. Viewer"})
        while told(hub, ReviewRequested)[-1] is review:
            hub.pass_time(hub.unit.now + timedelta(hours=5))
        came.append(hub.unit.now)
    weekdays = [(at - timedelta(hours=5)).strftime("%a %d") for at in came]
    assert weekdays == ["Tue 05", "Thu 07", "Thu 14", "Fri 22", "Fri 29"]  # the 18th is a holiday
    assert "looked" not in breached(hub)


def test_an_acknowledgement_that_is_late_warns_at_half_and_at_four_fifths_of_its_business_day() -> None:
    hub = MemoryHub()
    hub.send(referral(order(ship_address=DAYTON)))  # Monday ten o'clock: eight hours are left
    name = f"clock acknowledgement_business {hub.only_case().case_id}"
    at = [hub.unit.timers[f"{name} warning {number}"][0] - NOW for number in (1, 2)]
    assert at == [timedelta(hours=4), timedelta(hours=6, minutes=24)]
    hub.pass_time(NOW + timedelta(hours=7))
    assert [w.number for w in told(hub, CaseClockWarned) if w.clock == "acknowledgement_business"] == [1, 2]
    assert not any("Acknowledgement" in r.reason for r in told(hub, ReviewRequested))
    acknowledged(hub)
    assert not any("acknowledgement" in timer for timer in hub.unit.timers)


def test_a_sender_who_is_told_at_another_number_is_told() -> None:
    hub = dispatching()
    (first,) = [c for c in told(hub, ConfirmationRequested) if c.kind is ConfirmationKind.ACKNOWLEDGED]
    hub.send(
        ConfirmationSent(
            confirmation_id="at-another-number",
            case_id=first.case_id,
            kind=first.kind,
            channel="fax",
            provider_status="ok",
            provider_id="1",
            attempt=1,
        )
    )
    hub.pass_time(NOW + timedelta(days=5))
    assert not any("acknowledgement" in clock for clock in breached(hub))


def test_a_network_of_which_nobody_took_an_order_is_asked_again_when_its_time_is_over_and_a_person_is_told() -> None:
    hub = dispatching()
    hub.pass_time(NOW + timedelta(days=2, hours=23))
    assert hub.only_case().state is CaseState.UNDISPATCHABLE
    asked = len(told(hub, OfferSent))
    hub.pass_time(NOW + timedelta(days=3))
    assert hub.only_case().dispatch_round == 2
    assert len(told(hub, OfferSent)) > asked
    assert any(r.reason == "A committed start within 72 hours: not done in time" for r in told(hub, ReviewRequested))


def test_the_agency_that_has_the_order_is_told_when_its_first_visit_is_late() -> None:
    hub = MemoryHub()
    made = order(order_type="home_health", ship_address=DAYTON, payer="Cigna", service_start="2026-11-24")
    hub.send(referral(made))
    accept(hub, NOW + timedelta(days=3))
    hub.pass_time(NOW + timedelta(days=2))
    assert "home_health_initial" in breached(hub)
    (asked,) = [c for c in told(hub, ConfirmationRequested) if c.note and "report" in c.note]
    assert (asked.kind, asked.scheduled_start) == (ConfirmationKind.ASSIGNED, NOW + timedelta(days=3))


@pytest.mark.parametrize(
    "wrong",
    [
        {"warn_percent": [100], "first_business_day": True},
        {"warn_percent": [50], "elapsed_minutes": 60, "pauses": ["payer"]},
        {"by_word": True, "elapsed_minutes": 60},
    ],
)
def test_parts_and_words_of_a_clock_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClockRule.model_validate({"clock": "x", "label": "X", "while": ["open"], "cite": ["y"], **wrong})
