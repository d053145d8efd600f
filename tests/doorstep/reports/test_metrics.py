"""The metrics are what their formulas say, over stories told as events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from doorstep.providers import configured
from doorstep.reports import named_period
from doorstep.reports.facts import Facts, facts_of
from doorstep.reports.metrics import (
    accepted,
    acknowledged,
    acknowledged_that_day,
    asked_later,
    clarified,
    discharge_saves,
    first_contact,
    handling,
    missed,
    on_time,
    papers,
    placed,
    touchless,
)
from doorstep.rules import load
from schemas.case import (
    CaseState,
    CaseStateChanged,
    IdentityResolved,
    InformationRequested,
    OfferAccepted,
    OfferExpired,
    OfferRecalled,
    OfferSent,
)
from schemas.desk import CallLogged
from schemas.document import ReviewDecided, ReviewRequested
from schemas.element import (
    ElementResult,
    ElementStatus,
    Gate,
)
from schemas.event import Event, Payload
from schemas.network import Directory, Licence, Provider
from schemas.outbound import ConfirmationKind, ConfirmationRequested, ConfirmationSent
from schemas.service import OfferWithdrawn, Proof, ServiceCompleted, ServiceMissed, ServiceScheduled
from tests.factories import HOSPITAL, NOW, extraction, order

MONTH = named_period("2026-11", ZoneInfo("America/New_York"), NOW + timedelta(days=20))


class Story:
    """Events in the order in which they are told; hours are since NOW."""

    def __init__(self) -> None:
        self.events: list[Event[Payload]] = []
        self._numbers = count(1)

    def tell(self, *payloads: Payload, after: float = 0.0) -> Story:
        at = NOW + timedelta(hours=after)
        self.events += [Event(id=str(next(self._numbers)), source="test", time=at, data=data) for data in payloads]
        return self

    def referral(
        self, case_id: str = "A", *, received: datetime = NOW, new: bool = True, again: bool = False, **fields: Any
    ) -> Story:
        return self.tell(
            IdentityResolved(
                case_id=case_id, document_id=f"doc of {case_id}",
                order=order(document_id=f"doc of {case_id}", **fields),
                reply_to=HOSPITAL, received_at=received, rule="test", is_new=new, duplicate=again,
            )
        )  # fmt: skip

    def asked(self, status: ElementStatus, case_id: str = "A", *, gate: Gate = "intake") -> Story:
        element = ElementResult(
            element_id=f"one of {gate}", label="Diagnosis", status=status, severity="required", ask="?", gate=gate
        )
        return self.tell(InformationRequested(case_id=case_id, document_id="d", elements=(element,)))

    def state(self, state: CaseState, case_id: str = "A", *, after: float = 0.0) -> Story:
        return self.tell(CaseStateChanged(case_id=case_id, from_state=None, to_state=state, cause="test"), after=after)

    def told(self, case_id: str = "A", *, after: float | None) -> Story:
        made = ConfirmationRequested(
            confirmation_id=f"c of {case_id}", kind=ConfirmationKind.ACKNOWLEDGED, recipient=HOSPITAL,
            case_id=case_id, document_id="d", reference=case_id,
        )  # fmt: skip
        self.tell(made)
        if after is None:
            return self
        sent = ConfirmationSent(
            confirmation_id=made.confirmation_id, case_id=case_id, kind=made.kind, channel="hl7v2",
            provider_status="AA", provider_id="1", attempt=1,
        )  # fmt: skip
        return self.tell(sent, after=after)

    def offer(self, number: int, *ends: type[Payload]) -> Story:
        which = {"case_id": "A", "offer_id": f"offer {number}", "npi": "1285894246"}
        self.tell(OfferSent(**which, provider_name="P", wave=1, respond_by=NOW))
        for end in ends:
            more: dict[type[Payload], dict[str, Any]] = {
                OfferAccepted: {"provider_name": "P", "start": NOW},
                OfferRecalled: {"reason": "r"},
                OfferWithdrawn: {"provider_name": "P", "code": "other", "reason": "r", "by": "provider"},
            }
            self.tell(end(**which, **more.get(end, {})), after=number)
        return self

    def serves(self, case_id: str, what: str, *, after: float = 5, **said: Any) -> Story:
        which = {"case_id": case_id, "offer_id": "o", "npi": "1285894246", "provider_name": "P"}
        if what == "scheduled":
            return self.tell(ServiceScheduled(**which, **said), after=after)
        if what == "missed":
            more = {"start": NOW, "code": "c", "reason": "r", "then": "person", "by": "provider"}
            return self.tell(ServiceMissed(**which, **more, **said), after=after)
        proof = Proof(completed_at=NOW, signed_by="Neighbour", recorded_by="provider")
        return self.tell(ServiceCompleted(**which, proof=proof, committed_start=NOW, **said), after=after)

    @property
    def facts(self) -> Facts:
        return facts_of(self.events, MONTH)


def test_acknowledged_in_time_counts_whom_we_could_answer() -> None:
    story = Story().referral("A").told("A", after=1).referral("B").told("B", after=25).referral("C")
    story.referral("D").told("D", after=None)
    rate = acknowledged(list(story.facts.referrals.values()))
    assert (rate.n, rate.of, rate.excluded) == (1, 3, {"without an address to answer": 1})


def test_what_came_on_friday_evening_has_all_of_monday() -> None:
    friday = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # half past six in Ohio
    story = Story().referral("A", received=friday).told("A", after=0)  # NOW is Monday at ten
    story.referral("B", received=friday).told("B", after=9)  # seven in the evening
    received = list(story.facts.referrals.values())
    assert (acknowledged_that_day(received).n, acknowledged(received).n) == (1, 0)


def test_a_call_from_outside_is_another_contact_and_its_minutes_are_counted() -> None:
    call = CallLogged(
        case_id="A", agent="R. Viewer", direction="in", with_whom="practice", at=NOW, minutes=6, reason="?", outcome="!"
    )
    facts = Story().referral("A").tell(call).facts
    assert first_contact(list(facts.referrals.values()), MONTH).n == 0
    assert facts.call_minutes == [6]


def test_a_referral_whose_seven_days_are_not_over_says_nothing_of_its_first_contact_yet() -> None:
    story = Story().referral("old", received=NOW - timedelta(days=8)).referral("new", received=NOW - timedelta(days=6))
    found = first_contact(list(story.facts.referrals.values()), replace(MONTH, now=NOW))
    assert (found.n, found.of, found.excluded) == (1, 1, {"received less than 7 days ago": 1})


def test_handling_time_is_that_of_calls_with_minutes_and_says_how_many_had_none() -> None:
    def call(case_id: str, minutes: int | None) -> CallLogged:
        who = {"agent": "R. Viewer", "direction": "out", "with_whom": "practice", "reason": "?", "outcome": "!"}
        return CallLogged.model_validate({"case_id": case_id, "at": NOW, "minutes": minutes, **who})

    story = Story().referral("A").referral("B").referral("C")
    facts = story.tell(call("A", 6), call("A", 3), call("B", 3), call("C", None), call("before", 8)).facts
    by_call, by_referral = handling(list(facts.referrals.values()), facts).rows
    assert by_call == ("a call", 5.0, 20, 4, "1 calls without minutes")
    assert by_referral == ("calls of a referral", 6.0, 12, 2, "1 referrals without a call that has minutes")


def test_papers_that_end_are_counted_by_provider_within_30_60_and_90_days() -> None:
    base = Directory.model_validate(load("network/sample")).providers[0]
    today = MONTH.now.astimezone(MONTH.zone).date()

    def provider(npi: str, *days: int) -> Provider:
        licences = tuple(
            Licence(number=str(n), states=("OH",), expires=today + timedelta(days=left)) for n, left in enumerate(days)
        )
        bare: dict[str, Any] = {
            "npi": npi,
            "licences": licences,
            "accreditation": None,
            "surety_bond": None,
            "fee_schedules": {},
        }
        return base.model_copy(update=bare)

    counted, listed = papers([provider("1", -1, 30), provider("2", 31, 90), provider("3", 400), provider("4")], MONTH)
    assert [(row[0], row[2], row[3], row[4]) for row in counted.rows] == [
        ("ended before today", 1, 4, 1),
        ("ends within 30 days", 1, 4, 1),
        ("ends within 60 days", 2, 4, 2),
        ("ends within 90 days", 2, 4, 3),
    ]
    assert [(row[0], row[4]) for row in listed.rows] == [("1", -1), ("1", 30), ("2", 31), ("2", 90)]


def test_the_network_that_is_counted_is_the_operators_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = dict(load("network/sample"))
    own = tmp_path / "network.yaml"
    own.write_text(yaml.safe_dump({**sample, "providers": sample["providers"][:1]}))
    monkeypatch.setenv("DOORSTEP_NETWORK_FILE", str(own))
    assert len(Directory.model_validate(configured()).providers) == 1
    monkeypatch.delenv("DOORSTEP_NETWORK_FILE")
    assert configured() is load("network/sample")


def test_a_referral_of_another_month_is_not_counted() -> None:
    story = Story().referral("old", received=NOW - timedelta(days=60)).told("old", after=1)
    assert story.facts.referrals == {}


def test_what_we_could_not_read_does_not_count_against_the_sender() -> None:
    story = Story().referral("A").asked(ElementStatus.MISSING, "A").asked(ElementStatus.MISSING, "A")
    story.referral("B").asked(ElementStatus.UNREADABLE, "B").referral("C")
    rate = clarified(list(story.facts.referrals.values()))
    assert (rate.n, rate.of, list(rate.excluded.values())) == (1, 3, [1])


def test_what_a_later_gate_asks_for_is_no_clarification_of_the_referral() -> None:
    story = Story().referral("A").asked(ElementStatus.MISSING, "A", gate="claim").referral("B")
    story.asked(ElementStatus.MISSING, "B", gate="dispatch").asked(ElementStatus.MISSING, "B", gate="delivery")
    story.referral("C").asked(ElementStatus.UNREADABLE, "C", gate="claim")
    received = list(story.facts.referrals.values())
    assert (clarified(received).n, clarified(received).of) == (1, 3)
    later = asked_later(received)
    assert (later.n, later.of, list(later.excluded.values())) == (2, 3, [1])


def test_a_discharge_that_was_over_when_its_order_came_is_counted_apart() -> None:
    story = Story().referral("A", discharge_deadline="2026-01-05T12:00").referral("B", discharge_deadline="2030-01-05")
    rate = discharge_saves(list(story.referral("C").facts.referrals.values()))
    assert (rate.n, rate.of) == (0, 1)
    assert rate.excluded["over when the order came"] == 1


def test_touchless_is_complete_with_no_decision_before() -> None:
    def decided(case_id: str, after: float) -> Story:
        decision = ReviewDecided(review_id="r", document_id=f"doc of {case_id}", decision="accept", reviewer="desk")
        return story.tell(decision, after=after)

    story = Story()
    for case_id in "ABCD":
        story.referral(case_id)
    decided("A", 1)
    for case_id in "ABC":
        story.state(CaseState.COMPLETE, case_id, after=2)
    decided("B", 3)
    facts = story.facts
    rate = touchless(list(facts.referrals.values()), facts)
    assert (rate.n, rate.of, list(rate.excluded.values())) == (2, 3, [1])


def test_a_value_that_was_accepted_and_then_changed_by_a_person_is_counted_as_wrong() -> None:
    read = extraction(document_id="d", doubtful={"icd10": ("unsure",)})
    right = {name: field.value for name, field in read.fields.items()}
    asked = ReviewRequested(review_id="r", document_id="d", reason="look")
    decision = ReviewDecided(
        review_id="r", document_id="d", decision="accept", reviewer="desk",
        fields={"member_id": "other", "payer": right["payer"], "icd10": ["J44.9"]},
    )  # fmt: skip
    facts = Story().tell(read).tell(asked, after=1).tell(decision, after=3).facts
    assert (facts.corrected_fields, facts.accepted_fields) == (1, len(read.fields) - 1)
    assert facts.review_seconds == [2 * 3600]


def test_a_recalled_or_open_offer_counts_neither_for_nor_against_its_provider() -> None:
    story = Story().referral().offer(1, OfferExpired).offer(2, OfferAccepted, OfferRecalled).offer(3, OfferRecalled)
    rate = accepted(story.offer(4).facts)
    assert (rate.n, rate.of, rate.excluded) == (1, 2, {"recalled": 1, "still open": 1})


def test_on_time_is_by_the_first_start_and_needs_proof() -> None:
    story = Story()
    for case_id in ("on time", "late", "no proof", "asked", "moved by us"):
        story.referral(case_id).serves(case_id, "scheduled", start=NOW + timedelta(hours=4))
    story.serves("on time", "completed", late=False).serves("late", "completed", late=True)
    story.serves("asked", "scheduled", start=NOW + timedelta(hours=90), code="member-asked")
    story.serves("asked", "completed", late=True)
    story.serves("moved by us", "missed", cause="provider").serves("moved by us", "completed", late=True)
    story.serves("no proof", "missed", cause="member")
    facts = story.facts
    rate = on_time(facts, MONTH)
    assert (rate.n, rate.of, list(rate.excluded.values())) == (1, 4, [1])
    assert (missed(facts, MONTH).n, missed(facts, MONTH).of) == (1, 5)


def test_a_service_that_is_due_in_the_month_counts_whenever_its_order_came() -> None:
    story = Story().referral("old", received=NOW - timedelta(days=60))
    story.serves("old", "scheduled", start=NOW + timedelta(hours=1), after=-24 * 30).serves(
        "old", "completed", late=False
    )
    assert (on_time(story.facts, MONTH).n, on_time(story.facts, MONTH).of) == (1, 1)


def test_an_offer_that_was_given_back_was_accepted_first() -> None:
    story = Story().referral("A").offer(1, OfferAccepted, OfferWithdrawn)
    assert next(iter(story.facts.offers.values())).ended == "withdrawn"
    assert accepted(story.facts).n == 1


def test_first_contact_and_placement() -> None:
    story = Story().referral("A").referral("A", new=False, again=True).referral("B")
    story.state(CaseState.DISPATCHING, "A").state(CaseState.PROVIDER_ACCEPTED, "A", after=2)
    story.state(CaseState.UNDISPATCHABLE, "B")
    received = list(story.facts.referrals.values())
    once = first_contact(received, MONTH)
    assert (once.n, once.of, sum(once.excluded.values())) == (1, 2, 0)
    assert (placed(received).n, placed(received).of) == (1, 2)


def test_time_in_a_state_runs_until_it_is_left() -> None:
    story = Story().state(CaseState.OPEN).referral().state(CaseState.INCOMPLETE, after=1)
    story.state(CaseState.COMPLETE, after=5).state(CaseState.INCOMPLETE, after=7)
    found = story.facts.referrals["A"]
    assert found.spent_in(CaseState.INCOMPLETE, NOW + timedelta(hours=10)) == 7 * 3600
