"""Random orders, answers, updates, cancellations, repeats and reorderings: what must hold whatever happens."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from handlers.casework import rulesets_for
from handlers.check import evaluate, unmet
from schemas.case import ALLOWED, CaseState, CaseStateChanged, CompletenessEvaluated, OfferState
from schemas.order import ReferralReceived
from schemas.outbound import TO_PROVIDERS, ConfirmationKind, ConfirmationRequested
from schemas.payer import DispatchCleared
from schemas.transmission import ReplyTo
from tests.factories import HOSPITAL, NOW, order, referral, transmission
from tests.handlers.memory import MemoryHub

ITEMS = st.sampled_from(
    [[{"code": "E1390", "quantity": 1}], [{"code": "E0143", "quantity": 1}], [{"code": "E0260", "quantity": 1}]]
)
GAPS = st.sets(st.sampled_from(["signature_present", "contact_phone", "member_id", "service_start"]), max_size=2)
SENDERS = st.sampled_from([HOSPITAL, ReplyTo(channel="fax", address="9375550101"), None])
DISPATCHED = {CaseState.DISPATCHING, CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED}
ANSWERS = {ConfirmationKind.ACKNOWLEDGED, ConfirmationKind.INFORMATION_REQUESTED}

REPEATED = (CompletenessEvaluated, DispatchCleared)
"""What a repeat may say again, how a case stands: the journal knows it by its id, and nothing follows from it twice."""


class CaseMachine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.hub = MemoryHub()
        self.documents = 0
        self.answers = 0

    def send(self, sender: ReplyTo | None, **deviations: Any) -> None:
        self.documents += 1
        self.hub.append(referral(order(document_id=f"doc-{self.documents}", **deviations), reply_to=sender))

    @rule(seed=st.integers(1, 2), items=ITEMS, gaps=GAPS, sender=SENDERS, number=st.sampled_from([None, "A", "B"]))
    def order_arrives(
        self, seed: int, items: list[Any], gaps: set[str], sender: ReplyTo | None, number: str | None
    ) -> None:
        self.send(
            sender,
            seed=seed,
            order_lines=items,
            without=tuple(gaps),
            more={"placer_number": number and f"{seed}{number}"},
        )

    @rule(seed=st.integers(1, 2), items=ITEMS, gaps=GAPS, number=st.sampled_from(["A", "B"]))
    def update_arrives(self, seed: int, items: list[Any], gaps: set[str], number: str) -> None:
        more = {"placer_number": f"{seed}{number}", "action": "update"}
        self.send(HOSPITAL, seed=seed, order_lines=items, without=tuple(gaps), more=more)

    @rule(seed=st.integers(1, 2), number=st.sampled_from(["A", "B"]))
    def cancellation_arrives(self, seed: int, number: str) -> None:
        self.send(
            HOSPITAL, seed=seed, without=("order_lines",), more={"placer_number": f"{seed}{number}", "action": "cancel"}
        )

    @precondition(lambda self: self.hub.unit.offers)
    @rule(data=st.data(), accept=st.booleans(), hours=st.integers(-30, 60))
    def provider_answers(self, data: st.DataObject, accept: bool, hours: int) -> None:
        self.answers += 1
        offer_id = data.draw(st.sampled_from(sorted(self.hub.unit.offers)))
        start = (NOW + timedelta(hours=hours)).isoformat()
        body = {"offer_id": offer_id, "answer": "accept" if accept else "decline", "start": start, "reason": "full"}
        sent = transmission(document_id=f"answer-{self.answers}", body=body)
        self.hub.unit.contents[sent.contents[0].sha256] = json.dumps(body).encode()
        self.hub.append(sent)

    @precondition(lambda self: self.hub.lanes)
    @rule(data=st.data(), steps=st.integers(1, 6))
    def something_is_handled(self, data: st.DataObject, steps: int) -> None:
        for _ in range(steps):
            if self.hub.lanes:
                self.hub.step(data.draw(st.sampled_from(sorted(self.hub.lanes))))

    @rule()
    def everything_is_handled(self) -> None:
        self.hub.drain()

    @precondition(lambda self: self.hub.handled)
    @rule(data=st.data())
    def an_event_comes_twice(self, data: st.DataObject) -> None:
        subscription, event = data.draw(st.sampled_from(self.hub.handled[-40:]))
        if any(key == event.key and consumer == subscription.consumer for consumer, key in self.hub.lanes):
            return  # its lane has gone on; the journal hands a repeat out only before the next
        before, receipts = self.hub.unit.state(), dict(self.hub.unit.receipts)
        again = list(subscription.handle(event, self.hub.unit))
        if subscription.consumer == "answer":  # a late repeat is told what became of the offer since
            self.hub.unit.receipts = receipts
        assert self.hub.unit.state() == before, subscription.consumer
        assert not [payload for payload in again if not isinstance(payload, REPEATED)], subscription.consumer
        for payload in again:
            self.hub.append(payload)

    @invariant()
    def one_provider_accepts(self) -> None:
        for case in self.hub.unit.cases.values():
            taken = [o for o in self.hub.unit.offers_of(case.case_id) if o.state is OfferState.ACCEPTED]
            assert len(taken) <= 1
            if case.state in {CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED}:
                assert [offer.npi for offer in taken] == [case.provider_npi]

    @invariant()
    def nothing_is_dispatched_before_it_is_complete(self) -> None:
        for case in self.hub.unit.cases.values():
            if case.state in DISPATCHED:
                rulesets = rulesets_for(self.hub.unit, case.order.order_type)
                assert not unmet(evaluate(case.order, rulesets, NOW.date()))

    @invariant()
    def only_dispatched_cases_have_live_offers(self) -> None:
        for case in self.hub.unit.cases.values():
            states = {offer.state for offer in self.hub.unit.offers_of(case.case_id)}
            assert case.state is CaseState.DISPATCHING or OfferState.SENT not in states
            assert case.state is not CaseState.CANCELLED or OfferState.ACCEPTED not in states

    @invariant()
    def a_receipt_is_acknowledged_once(self) -> None:
        told = self.hub.seen(ConfirmationRequested)
        assert len({c.confirmation_id for c in told}) == len(told)
        answered = [(c.document_id, c.case_id) for c in told if c.kind in ANSWERS]
        assert len(set(answered)) == len(answered)

    @invariant()
    def every_step_is_allowed(self) -> None:
        for change in self.hub.seen(CaseStateChanged):
            assert change.from_state is None or change.to_state in ALLOWED[change.from_state]

    def teardown(self) -> None:
        if not hasattr(self, "hub"):
            return
        self.hub.drain()
        resting = {
            CaseState.INCOMPLETE,
            CaseState.DISPATCHING,
            CaseState.UNDISPATCHABLE,
            CaseState.SCHEDULED,
            CaseState.CANCELLED,
        }
        assert {case.state for case in self.hub.unit.cases.values()} <= resting
        told = {c.document_id for c in self.hub.seen(ConfirmationRequested) if c.kind not in TO_PROVIDERS}
        for received in self.hub.seen(ReferralReceived):
            assert received.document_id in self.hub.unit.receipts
            assert received.reply_to is None or received.document_id in told
        for number in range(1, self.answers + 1):
            assert f"answer-{number}" in self.hub.unit.receipts


CaseMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a long walk takes minutes
    report_multiple_bugs=False,
)
TestCaseMachine = CaseMachine.TestCase
