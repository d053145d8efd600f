"""Everybody outside the hub in the year: senders, channels, providers and the desk, by lot and in office hours."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from bench.year.hub import YearHub, body
from bench.year.plan import OHIO, Planned
from schemas.business import is_holiday
from schemas.case import CaseState, CaseStateChanged, IdentityResolved
from schemas.document import ReviewRequested
from schemas.event import Event, Payload
from schemas.fields import FIELD_NAMES
from schemas.order import ReferralReceived
from schemas.outbound import (
    ConfirmationFailed,
    ConfirmationKind,
    ConfirmationRequested,
    ConfirmationSent,
    FailureClass,
)
from schemas.payer import AppealDecided, AppealFiled, AuthorizationSubmitted, DenialRecorded
from schemas.service import ServiceScheduled
from schemas.transmission import ReplyTo, TransmissionReceived
from tests.factories import extraction, order

News = list[Event[Any]]
Act = Callable[[], Awaitable[News]]


class World:
    """`agenda` is what will be done when; `react` adds to it what the hub's events give cause for."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.hub: YearHub
        self.agenda: list[tuple[datetime, int, Act]] = []
        self.inputs: dict[str, tuple[Planned, str]] = {}
        self.plan_of: dict[str, Planned] = {}
        self.committed: dict[str, datetime] = {}
        self.rounds: dict[str, int] = {}
        self.unplaced: dict[str, int] = {}
        self.sent = 0
        self._count = 0

    def later(self, at: datetime, act: Act) -> None:
        self._count += 1
        heapq.heappush(self.agenda, (at, self._count, act))

    def next(self) -> tuple[datetime, Act]:
        at, _, act = heapq.heappop(self.agenda)
        return at, act

    # senders

    def expect(self, planned: Iterable[Planned]) -> int:
        """Put these orders on the agenda; return how many there are."""
        number = 0
        for one in planned:
            number += 1
            self._come(one.at, one, "new")
            if one.again_after and not one.cancelled_after:
                self._come(one.at + one.again_after, one, "again")
            if one.cancelled_after and one.electronic:
                self._come(one.at + one.cancelled_after, one, "cancel")
        return number

    def _come(self, at: datetime, planned: Planned, what: str) -> None:
        key = f"{planned.number}-{what}-{self._count}"
        self.inputs[key] = (planned, what)

        def act() -> Awaitable[News]:
            data = json.dumps({"input": key}).encode()
            return self.hub.receive(
                body(planned.channel, key, data, self.hub.now, identifier=key, reply_to=_reply(planned, key),
                     details=_details(planned))
            )  # fmt: skip

        self.later(at, act)

    def read(self, received: TransmissionReceived) -> Iterator[Payload]:
        """Yield what OCR and extraction, or a codec, would have made of an input."""
        planned, what = self.inputs[str(received.identifier)]
        self.plan_of[received.document_id] = planned
        without = tuple(planned.gaps) if what in {"new", "again"} else ()
        fields = planned.truth.fields()
        if planned.electronic:
            action = {"answer": "update", "cancel": "cancel"}.get(what, "new")
            more = {"placer_number": planned.truth.order_number, "action": action}
            made = order(planned.truth.seed, planned.truth.order_type, document_id=received.document_id,
                         channel=planned.channel, without=without, more=more, **fields)  # fmt: skip
            yield ReferralReceived(
                document_id=received.document_id, order=made, reply_to=received.reply_to,
                received_at=received.received_at,
            )  # fmt: skip
            return
        doubtful = dict.fromkeys(planned.doubts, ()) if what in {"new", "again"} else {}
        read = extraction(planned.truth.seed, planned.truth.order_type, document_id=received.document_id,
                          without=without, doubtful=doubtful, reply_to=received.reply_to, **fields)  # fmt: skip
        yield read.model_copy(update={"channel": planned.channel, "received_at": received.received_at})

    # what the hub's events give cause for

    def react(self, news: News) -> None:
        for event in news:
            data = event.data
            match data:
                case IdentityResolved() if data.document_id in self.plan_of:
                    self.plan_of[data.case_id] = self.plan_of[data.document_id]
                case ConfirmationRequested():
                    self._carry(data)
                case CaseStateChanged() if data.to_state is CaseState.UNDISPATCHABLE:
                    self.unplaced.setdefault(data.case_id, 0)
                case CaseStateChanged() if data.to_state is not CaseState.DISPATCHING:
                    self.unplaced.pop(data.case_id, None)
                case ReviewRequested():
                    self._review(data)
                case AuthorizationSubmitted() | DenialRecorded() | AppealFiled() | AppealDecided():
                    self._payer(data)
                case ServiceScheduled():
                    self.committed[data.case_id] = data.start
                    self._serve(data)

    def _carry(self, asked: ConfirmationRequested) -> None:
        """Bring a confirmation to its far end; some faxes are busy first, some numbers are wrong."""
        channel, rng = asked.recipient.channel, self.rng
        said = {
            "confirmation_id": asked.confirmation_id, "case_id": asked.case_id, "kind": asked.kind, "channel": channel,
            "provider_id": asked.confirmation_id,
        }  # fmt: skip
        fax = channel == "fax"
        delay = timedelta(minutes=rng.uniform(2, 15)) if fax else timedelta(seconds=rng.uniform(1, 20))
        if fax and rng.random() < 0.01:
            wrong = FailureClass.BAD_NUMBER
            failed = ConfirmationFailed(**said, provider_status="no", attempt=1, failure_class=wrong, final=True)
            self.later(self.hub.now + delay, lambda: self.hub.say(failed, "world"))
            return
        attempt = 2 if fax and rng.random() < 0.06 else 1
        done = ConfirmationSent(**said, provider_status="ok", attempt=attempt)
        self.later(self.hub.now + delay * attempt, lambda: self.hub.say(done, "world"))
        self.sent += 1
        if asked.kind is ConfirmationKind.OFFER:
            self._consider(asked)
        elif asked.kind is ConfirmationKind.INFORMATION_REQUESTED:
            self._answer(asked)

    def _answer(self, asked: ConfirmationRequested) -> None:
        """A sender answers what it was asked, in three of four rounds, in its own hours."""
        planned = self.plan_of.get(asked.case_id or "")
        self.rounds[asked.case_id or ""] = self.rounds.get(asked.case_id or "", 0) + 1
        if planned is not None and self.rng.random() < 0.75:
            self._come(self._office(timedelta(hours=self.rng.expovariate(1 / 6))), planned, "answer")

    def _consider(self, asked: ConfirmationRequested) -> None:
        """A provider accepts, declines, or says nothing."""
        lot, planned = self.rng.random(), self.plan_of.get(asked.case_id or "")
        if lot > 0.72 or planned is None:
            return
        at = self._office(timedelta(minutes=self.rng.expovariate(1 / 35)))
        said = {"offer_id": asked.offer_id, "answer": "decline", "code": "no-capacity", "reason": "full"}
        if lot < 0.45:
            first = datetime.fromisoformat(planned.truth.service_start).replace(hour=9, tzinfo=OHIO)
            start = max(first, at + timedelta(hours=4)) + timedelta(hours=self.rng.uniform(0, 30))
            said = {"offer_id": asked.offer_id, "answer": "accept", "start": start.isoformat(timespec="minutes")}
        self._dispatch(at, said)

    def _dispatch(self, at: datetime, said: dict[str, Any], only: Callable[[], bool] = lambda: True) -> None:
        key = f"dispatch-{self._count}"

        async def act() -> News:
            if not only():
                return []
            return await self.hub.receive(body("dispatch", key, json.dumps(said).encode(), self.hub.now))

        self.later(at, act)

    def _serve(self, scheduled: ServiceScheduled) -> None:
        """The day of the service: done, late, missed, moved or given back."""
        start, lot, rng = scheduled.start, self.rng.random(), self.rng
        offer, case_id = {"offer_id": scheduled.offer_id}, scheduled.case_id

        def still() -> bool:
            return self.committed.get(case_id) == start

        before = self.hub.now + max(start - self.hub.now, timedelta()) * rng.uniform(0.2, 0.8)
        day = timedelta(days=1)
        if lot < 0.02:
            self._dispatch(before, {**offer, "answer": "withdraw", "code": "no-staff"}, still)
        elif lot < 0.05:
            moved = {**offer, "answer": "reschedule", "code": "member-asked", "start": (start + day).isoformat()}
            self._dispatch(before, moved, still)
        elif lot < 0.075:
            self._dispatch(start + timedelta(hours=2), {**offer, "answer": "missed", "code": "no-staff"}, still)
        elif lot < 0.10:
            at = start + timedelta(hours=1)
            again = {**offer, "answer": "missed", "code": "nobody-home", "start": (at + day).isoformat()}
            self._dispatch(at, again, still)
        else:
            done = start + timedelta(minutes=rng.uniform(-10, 50) if lot > 0.13 else rng.uniform(90, 300))
            proof = {"completed_at": done.isoformat(), "signed_by": "the member", "relation": "self"}
            told = done + timedelta(minutes=20)
            self._dispatch(max(told, self.hub.now), {**offer, "answer": "complete", "proof": proof}, still)

    def _review(self, asked: ReviewRequested) -> None:
        """The desk looks, in its hours: it knows the truth of a document, and has nothing to add to most cases."""
        if "claim" in asked.settled_by and asked.case_id is not None and self.rng.random() < 0.8:
            today = self.hub.now.astimezone(OHIO).date()
            self._command(asked.case_id, "claim", timedelta(hours=self.rng.uniform(1, 30)), filed_on=str(today))
            return
        planned = self.plan_of.get(asked.document_id)
        truth = planned.truth.fields() if planned else {}
        fields = {name: truth[name] for name in asked.fields if name in truth and name in FIELD_NAMES}
        accept = bool(fields) or asked.case_id is None
        said = {
            "review_id": asked.review_id, "decision": "accept" if accept else "reject", "reviewer": "R. Viewer",
            "fields": fields, "reason": None if accept else "looked at",
        }  # fmt: skip
        key = f"desk-{self._count}"
        at = self._office(timedelta(minutes=self.rng.expovariate(1 / 50)))
        self.later(at, lambda: self.hub.receive(body("desk", key, json.dumps(said).encode(), self.hub.now)))
        if asked.case_id in self.unplaced:
            self._place(asked.case_id, at)

    def _place(self, case_id: str, looked: datetime) -> None:
        """What nobody took is given to the network again in three of four looks; after the fourth its sender has it."""
        self.unplaced[case_id] += 1
        planned = self.plan_of.get(case_id)
        if self.unplaced[case_id] > 4 and planned is not None and planned.electronic:
            self._come(looked + timedelta(hours=2), planned, "cancel")
        elif self.rng.random() < 0.75:
            again = {"case_id": case_id, "answer": "dispatch", "by": "R. Viewer"}
            self._dispatch(looked + timedelta(minutes=5), again, lambda: case_id in self.unplaced)

    def _payer(self, said: Any) -> None:
        """What a person at the desk learns from a payer, and how a denial is fought."""
        rng, text = self.rng, "as the payer's desk said"
        hours = timedelta(hours=rng.uniform(8, 60))
        why = [{"system": "CARC", "code": rng.choice(("50", "197", "16", "252", "204"))}]
        match said:
            case AuthorizationSubmitted() if said.way == "person":
                denied = rng.random() < 0.25
                word = {"decision": "denied", "reasons": why} if denied else {"decision": "approved", "number": "A1"}
                self._command(said.case_id, "authorization", hours, **word)
            case DenialRecorded() if rng.random() < 0.65:
                self._command(
                    said.case_id, "appeal", hours, filed_to="the payer", without="on the record", dated="filed_at"
                )
            case DenialRecorded():
                self._command(said.case_id, "close-denied", hours * 8, note=text)
            case AppealFiled():
                won = rng.random() < 0.45
                word = {"outcome": "overturned", "number": "A2"} if won else {"outcome": "upheld"}
                self._command(said.case_id, "appeal-decision", hours * 5, **word)
            case AppealDecided() if said.outcome == "upheld":
                self._command(said.case_id, "close-denied", hours, note=text)

    def _command(self, case_id: str, command: str, after: timedelta, *, dated: str = "", **words: Any) -> None:
        key, at = f"command-{self._count}", self._office(after)
        said = {"command": command, "agent": "R. Viewer", **words} | ({dated: at.isoformat()} if dated else {})
        details = {"command": command, "case_id": case_id}
        data = json.dumps(said).encode()
        self.later(at, lambda: self.hub.receive(body("desk", key, data, self.hub.now, details=details)))

    def _office(self, delay: timedelta) -> datetime:
        """Return when that much of office time (8:00 to 18:00 in Ohio, no holidays) has passed from now on."""
        at = self.hub.now.astimezone(OHIO)
        while True:
            closes = at.replace(hour=18, minute=0, second=0, microsecond=0)
            opens = at.replace(hour=8, minute=0, second=0, microsecond=0)
            at = max(at, opens)
            if at.isoweekday() < 6 and not is_holiday(at.date()) and at + delay <= closes:
                return (at + delay).astimezone(self.hub.now.tzinfo)
            if at.isoweekday() < 6 and not is_holiday(at.date()) and at < closes:
                delay -= closes - at
            at = opens + timedelta(days=1)


def _reply(planned: Planned, key: str) -> ReplyTo:
    truth = planned.truth
    address = {
        "fax": truth.practice_fax, "email": f"orders@practice{planned.number % 40}.example",
        "hl7v2": f"EPIC|HOSPITAL{planned.number % 12}", "fhir": f"partner{planned.number % 8}",
    }[planned.channel]  # fmt: skip
    return ReplyTo(channel=planned.channel, address=address, context={"control_id": key})


def _details(planned: Planned) -> dict[str, str]:
    return {"message_type": "OML^O21^OML_O21"} if planned.channel == "hl7v2" else {}
