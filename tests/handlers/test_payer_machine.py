"""Random orders, payers' words in any order, desks' words and jumps of the clock: what must hold whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from handlers.gate import held
from schemas.case import ALLOWED, CLOSED, CaseState, CaseStateChanged, OfferState
from schemas.outbound import ConfirmationRequested
from schemas.payer import (
    Authorization,
    AuthorizationDecided,
    CoverageStatus,
    Decision,
    Eligibility,
    EligibilityAnswered,
    PayerFailed,
)
from tests.factories import referral
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import BED, OXYGEN, WALKER, sample_order

CASE = "DS-000001-0"
ITEMS = st.sampled_from([BED, WALKER, OXYGEN])
PRIORITY = st.sampled_from(["routine", "urgent"])
SAID: dict[str, list[dict[str, Any]]] = {
    "authorization": [
        {"decision": "approved", "number": "N1"},
        {"decision": "denied", "reasons": [{"text": "no"}]},
        {"decision": "pended"},
        {"decision": "partial", "number": "N2", "accept": True},
    ],
    "coverage": [
        {"status": "active", "note": "x"},
        {"status": "inactive", "note": "x"},
        {"status": "self-pay", "note": "x"},
        {"status": "close", "note": "x"},
    ],
    "denial": [{"reasons": [{"system": "CARC", "code": "50"}]}],
    "appeal": [{"filed_at": "2026-11-23T15:00:00Z", "filed_to": "x", "without": "x"}],
    "appeal-decision": [{"outcome": "upheld"}, {"outcome": "overturned", "number": "N3"}],
    "regulator": [{"body": "ombudsman"}],
    "close-denied": [{"note": "x"}],
}


class PayerMachine(RuleBasedStateMachine):
    @initialize(items=ITEMS, priority=PRIORITY)
    def start(self, items: list[Any], priority: str) -> None:
        self.hub = MemoryHub()
        self.documents = 1
        self.traces: list[tuple[str, str]] = []
        self.hub.send(referral(self.order(items, priority, action="new")))
        self.asked()

    def order(self, items: list[Any], priority: str, action: str) -> Any:
        more = {"placer_number": "A1", "action": action, "priority": priority}
        return sample_order(items, document_id=f"doc-{self.documents}", more=more)

    def asked(self) -> None:
        known = {(c.enquiry.ask, c.enquiry.trace) for c in self.hub.seen(ConfirmationRequested) if c.enquiry}
        self.traces = sorted(known)

    @rule(items=ITEMS, priority=PRIORITY)
    def order_changes(self, items: list[Any], priority: str) -> None:
        self.documents += 1
        self.hub.send(referral(self.order(items, priority, action="update")))

    @rule()
    def order_is_cancelled(self) -> None:
        self.documents += 1
        self.hub.send(referral(self.order(BED, "routine", action="cancel")))

    @precondition(lambda self: self.traces)
    @rule(data=st.data(), status=st.sampled_from([s for s in CoverageStatus if s is not CoverageStatus.ASKED]))
    def payer_says_coverage(self, data: st.DataObject, status: CoverageStatus) -> None:
        trace = data.draw(st.sampled_from(self.traces))[1]
        current = self.hub.only_case().eligibility
        facts = current.facts if current and current.trace == trace else ""
        said = Eligibility(trace=trace, facts=facts, status=status, checked_at=self.hub.unit.now)
        self.hub.send(EligibilityAnswered(case_id=CASE, eligibility=said, document_id="a"))

    @precondition(lambda self: self.traces)
    @rule(data=st.data(), decision=st.sampled_from([d for d in Decision if d is not Decision.SUBMITTED]))
    def payer_decides(self, data: st.DataObject, decision: Decision) -> None:
        trace = data.draw(st.sampled_from(self.traces))[1]
        known = self.hub.only_case().authorization
        facts, codes = (known.facts, known.codes) if known and known.trace == trace else ("", ("E0260",))
        values = {"trace": trace, "facts": facts, "way": "pas", "decision": decision, "codes": codes, "number": "N"}
        said = Authorization.model_validate({**values, "submitted_at": self.hub.unit.now})
        self.hub.send(AuthorizationDecided(case_id=CASE, authorization=said, document_id="b"))

    @precondition(lambda self: self.traces)
    @rule(data=st.data())
    def payer_is_away(self, data: st.DataObject) -> None:
        ask, trace = data.draw(st.sampled_from(self.traces))
        self.hub.send(PayerFailed.model_validate({"case_id": CASE, "trace": trace, "ask": ask, "reason": "away"}))

    @rule(data=st.data(), command=st.sampled_from(sorted(SAID)))
    def desk_speaks(self, data: st.DataObject, command: str) -> None:
        self.hub.command(command, CASE, **data.draw(st.sampled_from(SAID[command])))

    @precondition(lambda self: any(o.state is OfferState.SENT for o in self.hub.unit.offers.values()))
    @rule(data=st.data())
    def provider_accepts(self, data: st.DataObject) -> None:
        live = sorted(o.offer_id for o in self.hub.unit.offers.values() if o.state is OfferState.SENT)
        start = (self.hub.unit.now + timedelta(days=20)).isoformat()
        body = {"offer_id": data.draw(st.sampled_from(live)), "answer": "accept", "start": start}
        self.hub.say("dispatch", f"answer-{len(self.hub.unit.events)}", body)

    @rule(hours=st.integers(1, 24 * 12))
    def time_passes(self, hours: int) -> None:
        self.hub.pass_time(self.hub.unit.now + timedelta(hours=hours))

    @invariant()
    def no_offer_is_out_before_the_gate_is_open(self) -> None:
        if not hasattr(self, "hub"):
            return
        self.asked()
        case = self.hub.only_case()
        if any(offer.state is OfferState.SENT for offer in self.hub.unit.offers_of(case.case_id)):
            assert held(case, self.hub.unit) is None
            assert case.state is CaseState.DISPATCHING

    @invariant()
    def every_open_case_has_a_clock_or_an_owner(self) -> None:
        if not hasattr(self, "hub"):
            return
        case = self.hub.only_case()
        if case.state in CLOSED:
            return
        clocks = [name for name in self.hub.unit.timers if case.case_id in name]
        owners = [r for r in self.hub.unit.reviews.values() if r.review_id not in self.hub.unit.closed]
        assert clocks or owners, case.state

    @invariant()
    def nothing_is_asked_twice_and_every_step_is_allowed(self) -> None:
        if not hasattr(self, "hub"):
            return
        told = [c.confirmation_id for c in self.hub.seen(ConfirmationRequested)]
        assert len(set(told)) == len(told)
        for change in self.hub.seen(CaseStateChanged):
            assert change.from_state is None or change.to_state in ALLOWED[change.from_state]

    @invariant()
    def a_denied_case_has_its_denial_and_its_appeal(self) -> None:
        if hasattr(self, "hub") and self.hub.only_case().state in {CaseState.DENIED, CaseState.APPEALING}:
            case = self.hub.only_case()
            assert case.denials
            assert case.appeals


PayerMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
)
TestPayerMachine = PayerMachine.TestCase
