"""The desk of the year, by lot and in office hours: it looks at reviews, hears payers, lets cases wait."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from bench.year.hub import YearHub, body
from bench.year.papers import in_the_record
from bench.year.plan import OHIO, Planned
from schemas.business import is_holiday
from schemas.case import CaseState
from schemas.document import ReviewRequested
from schemas.event import Event
from schemas.fields import FIELD_NAMES
from schemas.payer import AppealDecided, AppealFiled, AuthorizationSubmitted, DenialRecorded

News = list[Event[Any]]
Act = Callable[[], Awaitable[News]]
HELD = {CaseState.DISPATCHING: 0.04, CaseState.INCOMPLETE: 0.05}
"""Of so many cases somebody says that they must wait, when they come into these states."""


class Desk:
    """`agenda` is what will be done when, by whomever."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.hub: YearHub
        self.agenda: list[tuple[datetime, int, Act]] = []
        self.plan_of: dict[str, Planned] = {}
        self.wanted: dict[str, frozenset[str]] = {}
        self.unplaced: dict[str, int] = {}
        self._count = 0

    def later(self, at: datetime, act: Act) -> None:
        self._count += 1
        heapq.heappush(self.agenda, (at, self._count, act))

    def next(self) -> tuple[datetime, Act]:
        at, _, act = heapq.heappop(self.agenda)
        return at, act

    # what the world does and the desk asks for

    def _come(self, at: datetime, planned: Planned, what: str) -> None:
        raise NotImplementedError

    def _dispatch(self, at: datetime, said: dict[str, Any], only: Callable[[], bool] = lambda: True) -> None:
        raise NotImplementedError

    def _review(self, asked: ReviewRequested) -> None:
        """The desk looks, in its hours: it knows the truth of a document, and has nothing to add to most cases."""
        if "claim" in asked.settled_by and asked.case_id is not None and self.rng.random() < 0.8:
            today = self.hub.now.astimezone(OHIO).date()
            self._command(asked.case_id, "claim", timedelta(hours=self.rng.uniform(1, 30)), filed_on=str(today))
            return
        planned = self.plan_of.get(asked.document_id)
        truth = planned.truth.fields() if planned else {}
        fields = {name: truth[name] for name in asked.fields if name in truth and name in FIELD_NAMES}
        supplied = self._in_the_record(asked)
        accept = bool(fields or supplied) or asked.case_id is None
        said = {
            "review_id": asked.review_id, "decision": "accept" if accept else "reject", "reviewer": "R. Viewer",
            "fields": fields, "supplied": supplied, "reason": None if accept else "looked at",
        }  # fmt: skip
        key = f"desk-{self._count}"
        at = self._office(timedelta(minutes=self.rng.expovariate(1 / 50)))
        self.later(at, lambda: self.hub.receive(body("desk", key, json.dumps(said).encode(), self.hub.now)))
        if asked.case_id in self.unplaced:
            self._place(asked.case_id, at)

    def _in_the_record(self, asked: ReviewRequested) -> dict[str, str]:
        """Return what the desk reads in the papers that came for a later gate."""
        planned = self.plan_of.get(asked.case_id or "")
        if planned is None or asked.case_id not in self.wanted:
            return {}
        said = {name: in_the_record(name, planned.seen) for name in asked.fields if name in self.wanted[asked.case_id]}
        return {name: value for name, value in said.items() if value is not None}

    def _hold(self, case_id: str, state: CaseState) -> None:
        """Now and then a case must wait while the network or its sender is asked; most holds are released in time."""
        planned, rng = self.plan_of.get(case_id), self.rng
        if planned is None or rng.random() > HELD[state]:
            return
        causes = ["patient-unavailable", "on-hold", *(["discharge-postponed"] if planned.discharge else [])]
        cause = "sender-promised" if state is CaseState.INCOMPLETE else rng.choice(causes)
        days = rng.uniform(1, 5)
        said = {"cause": cause, "until": (self.hub.now + timedelta(days=days + 1)).isoformat(), "note": "as they asked"}
        self._command(case_id, "hold", timedelta(minutes=rng.uniform(2, 60)), **said)
        if rng.random() < 0.7:
            self._command(case_id, "release", timedelta(hours=10 * rng.uniform(0.1, days)), cause=cause, note="done")

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
