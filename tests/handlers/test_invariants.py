"""Random months of a hub on a real journal: orders, changes, answers, missed visits, time, repeats; what always holds.

`DOORSTEP_MACHINE=200 pytest --timeout=0 tests/handlers/test_invariants.py` runs so many and longer stories.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from doorstep.journal.inbox import document_id_of
from doorstep.rules import load
from handlers.check import evaluate, unmet
from schemas.case import CLOSED, Case, CaseState, CaseStateChanged, Offer, OfferAccepted, OfferState
from schemas.clock_rules import Clocks
from schemas.order import Order, ReferralReceived
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.rules import Ruleset
from schemas.transmission import ReplyTo
from tests.factories import HOSPITAL, order
from tests.handlers.house import House, played

EXAMPLES = int(os.environ.get("DOORSTEP_MACHINE", "0"))
ITEMS = st.sampled_from(["E1390", "E0143", "E0260"])
GAPS = st.sets(st.sampled_from(["signature_present", "contact_phone", "member_id", "service_start"]), max_size=2)
SENDERS = st.sampled_from([HOSPITAL, ReplyTo(channel="fax", address="9375550101"), None])
HELD = {CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED, CaseState.MISSED}
DISPATCHED = HELD | {CaseState.DISPATCHING, CaseState.FULFILLED}
ANSWERS = {ConfirmationKind.ACKNOWLEDGED, ConfirmationKind.INFORMATION_REQUESTED}
CLOCKS = Clocks.model_validate(load("clocks"))
PERSONS = [pause.cause for pause in CLOCKS.pauses if pause.most_days]
WORDS = ["accept", "accept", "accept", "decline", "withdraw", "reschedule", "missed", "complete"]
CODES = st.sampled_from(["other", "no-staff", "nobody-home", "out-of-stock", "weather"])


def rulesets_of(order: Order) -> list[Ruleset]:
    """Read the rules as the hub does, without a unit of work."""
    from handlers.casework import rulesets_for

    class Rules:
        rules = staticmethod(load)

    return list(rulesets_for(Rules(), order.order_type))  # type: ignore[arg-type]


class Invariants(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.house = House()
        self.number = 0

    def teardown(self) -> None:
        try:
            self.house.drain()
            self.check()
            assert played(self.house.script) == self.house.rows(), "a replay from empty gives another state"
        finally:
            self.house.close()

    def send(self, sender: ReplyTo | None, **deviations: Any) -> None:
        self.number += 1
        key, at = f"order {self.number}", self.house.hands.at
        made = order(document_id=document_id_of("test", key), **deviations)
        sent = ReferralReceived(document_id=made.document_id, order=made, reply_to=sender, received_at=at)
        self.house.do("order", (key, sent))

    @rule(seed=st.integers(1, 2), item=ITEMS, gaps=GAPS, sender=SENDERS, number=st.sampled_from([None, "A", "B"]))
    def order_arrives(self, seed: int, item: str, gaps: set[str], sender: ReplyTo | None, number: str | None) -> None:
        more = {"placer_number": number and f"{seed}{number}"}
        lines = [{"code": item, "quantity": 1}]
        self.send(sender, seed=seed, order_lines=lines, without=tuple(sorted(gaps)), more=more)

    @rule(seed=st.integers(1, 2), item=ITEMS, number=st.sampled_from(["A", "B"]))
    def update_arrives(self, seed: int, item: str, number: str) -> None:
        more = {"placer_number": f"{seed}{number}", "action": "update"}
        self.send(HOSPITAL, seed=seed, order_lines=[{"code": item, "quantity": 2}], more=more)

    @rule(seed=st.integers(1, 2), number=st.sampled_from(["A", "B"]))
    def cancellation_arrives(self, seed: int, number: str) -> None:
        more = {"placer_number": f"{seed}{number}", "action": "cancel"}
        self.send(HOSPITAL, seed=seed, without=("order_lines",), more=more)

    @rule(data=st.data(), word=st.sampled_from(WORDS), hours=st.integers(-30, 120), code=CODES)
    def provider_says(self, data: st.DataObject, word: str, hours: int, code: str) -> None:
        offers = sorted(offer.offer_id for offer in self.offers())
        if not offers:
            return
        self.number += 1
        at = self.house.hands.at
        body = {
            "offer_id": data.draw(st.sampled_from(offers)),
            "answer": word,
            "start": (at + timedelta(hours=hours)).isoformat() if word != "missed" or hours > 60 else None,
            "code": code,
            "proof": {"completed_at": (at - timedelta(minutes=5)).isoformat(), "signed_by": "J"},
        }
        self.house.do("say", ("dispatch", f"said {self.number}", body))

    @rule(data=st.data(), word=st.sampled_from(["dispatch", "withdraw", "reschedule", "complete"]))
    def desk_says(self, data: st.DataObject, word: str) -> None:
        cases = sorted(case.case_id for case in self.cases())
        if not cases:
            return
        self.number += 1
        at = self.house.hands.at
        body = {
            "case_id": data.draw(st.sampled_from(cases)),
            "answer": word,
            "by": "Marta",
            "start": (at + timedelta(days=2)).isoformat(),
            "proof": {"completed_at": at.isoformat(), "signed_by": "J"},
        }
        self.house.do("say", ("dispatch", f"said {self.number}", body))

    @rule(data=st.data(), cause=st.sampled_from(PERSONS), days=st.sampled_from([0, 1, 6]))
    def desk_holds(self, data: st.DataObject, cause: str, days: int) -> None:
        """Put a case on hold for so many days; none: what it waited for has ended."""
        cases = sorted(case.case_id for case in self.cases())
        if not cases:
            return
        self.number += 1
        until = (self.house.hands.at + timedelta(days=days)).isoformat()
        body = {"command": "hold", "until": until} if days else {"command": "release"}
        said = {**body, "cause": cause, "note": "the daughter called"}
        self.house.do("command", (data.draw(st.sampled_from(cases)), f"held {self.number}", said))

    @rule(hours=st.sampled_from([1, 3, 5, 25, 49, 80, 400]))
    def time_passes(self, hours: int) -> None:
        self.house.do("clock", self.house.hands.at + timedelta(hours=hours))
        self.house.do("fire")

    @rule(hours=st.integers(1, 30))
    def the_clock_is_set_back_and_forth(self, hours: int) -> None:
        at = self.house.hands.at
        self.house.do("clock", at - timedelta(hours=hours))
        self.house.do("fire")
        self.house.do("clock", at)

    @rule(data=st.data(), steps=st.integers(1, 8))
    def something_is_handled(self, data: st.DataObject, steps: int) -> None:
        for _ in range(steps):
            waiting = self.house.waiting()
            if not waiting:
                return
            self.house.do("handle", data.draw(st.sampled_from(waiting)))

    @rule()
    def everything_is_handled(self) -> None:
        self.house.drain()
        self.check()

    @precondition(lambda self: len(self.house.script) > 5)
    @rule(data=st.data())
    def a_delivery_is_replayed(self, data: st.DataObject) -> None:
        handled = [what for name, what in self.house.script[-60:] if name == "handle"]
        if handled:
            self.house.do("again", data.draw(st.sampled_from(handled)))

    def cases(self) -> list[Case]:
        found: list[Case] = self.house.read(lambda reader: reader.cases(limit=1000))
        return found

    def offers(self) -> list[Offer]:
        found: list[Offer] = self.house.read(lambda reader: reader.offers())
        return found

    def seen(self, payload: type[Any]) -> list[Any]:
        events = self.house.read(lambda reader: reader.events_after(0, topics=[payload.topic], limit=100_000))
        return [event.data for event in events]

    def check(self) -> None:
        """Look at all that must hold whenever everything is handled."""
        cases, offers = self.cases(), self.offers()
        dead = self.house.read(lambda reader: reader.dead_letters())
        assert not dead, [(letter.consumer, letter.reason) for letter in dead]
        names = {row[0] for row in self.house.read(timer_names)}
        reviewed = {review.case_id for review in self.house.read(lambda reader: reader.reviews())}
        for case in cases:
            mine = [offer for offer in offers if offer.case_id == case.case_id]
            states = Counter(offer.state for offer in mine)
            assert states[OfferState.ACCEPTED] == (case.state in HELD), (case.state, states)
            if case.state in HELD:
                assert [o.npi for o in mine if o.state is OfferState.ACCEPTED] == [case.provider_npi]
            assert not states[OfferState.SENT] or case.state is CaseState.DISPATCHING, "a live offer of a settled case"
            assert states[OfferState.SERVED] == (case.state is CaseState.FULFILLED)
            if case.state in DISPATCHED:
                assert not unmet(evaluate(case.order, rulesets_of(case.order), case.received_at.date()))
            if case.state not in CLOSED:
                clocked = any(name.split()[2:3] == [case.case_id] or name.endswith(case.case_id) for name in names)
                assert clocked or case.case_id in reviewed, f"nobody owns a case that is {case.state}"
            self.check_clocks(case, names, case.case_id in reviewed)
        self.check_log()

    def check_clocks(self, case: Case, names: set[str], reviewed: bool) -> None:
        """A clock that may pause runs by a timer, or stands still for a cause that somebody owns, or is over."""
        held = {hold.cause for hold in case.holds}
        for run in self.house.read(lambda reader: reader.clocks(case.case_id)):
            rule = next(rule for rule in CLOCKS.case if rule.clock == run.clock)
            assert case.state in CLOCKS.lives(rule), (run.clock, case.state)
            assert (f"clock {run.clock} {case.case_id}" in names) == (run.due_at is not None), run
            assert run.due_at or run.open_pauses or run.over, "a clock neither runs nor stands still"
            for pause in run.open_pauses:
                by_state = case.state in CLOCKS.cause(pause.cause).states  # type: ignore[union-attr]
                others = {name for name in names if name.endswith(case.case_id)}
                assert pause.owner
                assert by_state or pause.cause in held, (case.state, pause)
                assert others or reviewed, "nothing and nobody ends the pause"
        for cause in held:
            assert f"hold {cause} {case.case_id}" in names, "a hold that nothing ends"

    def check_log(self) -> None:
        told = self.seen(ConfirmationRequested)
        assert len({one.confirmation_id for one in told}) == len(told), "something is told twice"
        acknowledged = Counter(
            (one.document_id, one.case_id) for one in told if one.kind in ANSWERS and not reminds(one)
        )
        assert max(acknowledged.values(), default=0) <= 1, "a receipt is acknowledged twice"
        state: dict[str, CaseState] = {}
        for change in self.seen(CaseStateChanged):
            assert change.from_state == state.get(change.case_id), "a state change does not follow the one before"
            state[change.case_id] = change.to_state
        assert state == {case.case_id: case.state for case in self.cases()}
        taken = Counter(accepted.offer_id for accepted in self.seen(OfferAccepted))
        assert max(taken.values(), default=0) <= 1, "an offer is accepted twice"


def reminds(told: ConfirmationRequested) -> bool:
    """Say whether this is a reminder: it has its own id, and comes days after the first request."""
    from handlers.casework import derived_id

    return told.confirmation_id != derived_id(told.document_id, told.kind, told.case_id or "")


def timer_names(reader: Any) -> list[Any]:
    from sqlalchemy import select

    from doorstep.journal import tables

    found: list[Any] = reader.connection.execute(select(tables.timer.c.timer_id)).all()
    return found


TestInvariants = Invariants.TestCase
TestInvariants.settings = settings(
    max_examples=EXAMPLES or 5,
    stateful_step_count=60 if EXAMPLES else 22,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink) if EXAMPLES else (Phase.generate,),
)
