"""Everybody outside the hub in the year: senders, channels and providers, by lot; the desk is `bench.year.desk`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from bench.year.desk import HELD, Desk, News
from bench.year.hub import body
from bench.year.papers import note_of
from bench.year.plan import OHIO, Planned
from schemas.case import CaseState, CaseStateChanged, IdentityResolved, InformationRequested
from schemas.document import ReviewRequested
from schemas.event import Payload
from schemas.order import ReferralReceived
from schemas.outbound import (
    NEEDED,
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


class World(Desk):
    """`react` adds to the agenda what the hub's events give cause for."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.inputs: dict[str, tuple[Planned, str]] = {}
        self.answers: dict[str, ConfirmationRequested] = {}
        self.committed: dict[str, datetime] = {}
        self.rounds: dict[str, int] = {}
        self.sent = 0

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

    def _come(self, at: datetime, planned: Planned, what: str, answers: ConfirmationRequested | None = None) -> None:
        key = f"{planned.number}-{what}-{self._count}"
        self.inputs[key] = (planned, what)
        if answers is not None:
            self.answers[key] = answers

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
        fields, asked = planned.truth.fields(), self.answers.get(str(received.identifier))
        wanted = self.wanted.get(asked.case_id or "", ()) if asked is not None and asked.gate in NEEDED else ()
        if planned.electronic:
            action = {"answer": "update", "cancel": "cancel"}.get(what, "new")
            more = {
                "placer_number": planned.truth.order_number,
                "action": action,
                "notes": tuple(n for name in sorted(wanted) if (n := note_of(name, planned.seen))),
            }
            made = order(planned.truth.seed, planned.truth.order_type, document_id=received.document_id,
                         channel=planned.channel, without=without, more=more, **fields)  # fmt: skip
            yield ReferralReceived(
                document_id=received.document_id, order=made, reply_to=received.reply_to,
                received_at=received.received_at,
            )  # fmt: skip
            return
        doubtful: dict[str, tuple[str, ...]] = dict.fromkeys(planned.doubts, ()) if what in {"new", "again"} else {}
        read = extraction(planned.truth.seed, planned.truth.order_type, document_id=received.document_id,
                          without=without, doubtful=doubtful, reply_to=received.reply_to, **fields)  # fmt: skip
        of_sheet = {"returned": asked.confirmation_id} if asked is not None and wanted else {}
        yield read.model_copy(update={"channel": planned.channel, "received_at": received.received_at, **of_sheet})

    # what the hub's events give cause for

    def react(self, news: News) -> None:
        for event in news:
            data = event.data
            match data:
                case IdentityResolved() if data.document_id in self.plan_of:
                    self.plan_of[data.case_id] = self.plan_of[data.document_id]
                case ConfirmationRequested():
                    self._carry(data)
                case InformationRequested() if data.gate in NEEDED:
                    self.wanted[data.case_id] = frozenset(one.element_id for one in data.elements)
                case CaseStateChanged() if data.to_state in HELD:
                    self._hold(data.case_id, data.to_state)
                    if data.to_state is not CaseState.DISPATCHING:
                        self.unplaced.pop(data.case_id, None)
                case CaseStateChanged() if data.to_state is CaseState.UNDISPATCHABLE:
                    self.unplaced.setdefault(data.case_id, 0)
                case CaseStateChanged():
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
            self._come(self._office(timedelta(hours=self.rng.expovariate(1 / 6))), planned, "answer", asked)

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


def _reply(planned: Planned, key: str) -> ReplyTo:
    truth = planned.truth
    address = {
        "fax": truth.practice_fax, "email": f"orders@practice{planned.number % 40}.example",
        "hl7v2": f"EPIC|HOSPITAL{planned.number % 12}", "fhir": f"partner{planned.number % 8}",
    }[planned.channel]  # fmt: skip
    return ReplyTo(channel=planned.channel, address=address, context={"control_id": key})


def _details(planned: Planned) -> dict[str, str]:
    return {"message_type": "OML^O21^OML_O21"} if planned.channel == "hl7v2" else {}
