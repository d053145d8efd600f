"""Keeps the log of calls: who spoke with whom, when, why, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from doorstep.handler import Unit, on
from handlers.command import Outcome, Spoken, obeyed, says
from schemas.commands import Call
from schemas.desk import CallLogged
from schemas.event import Event, Payload
from schemas.transmission import TransmissionReceived

AHEAD = timedelta(minutes=15)
"""How far a caller's clock may be ahead of ours."""


@on(TransmissionReceived, where=says("call"))
def call(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    return obeyed(event, unit, Call, _logged)


def _logged(spoken: Spoken, said: Call, unit: Unit) -> Outcome:
    if said.at > unit.now + AHEAD:
        return [], "a call cannot lie ahead"
    logged = CallLogged(
        case_id=spoken.case.case_id,
        agent=said.agent,
        direction=said.direction,
        with_whom=said.with_whom,
        number=said.number,
        at=said.at.astimezone(UTC),
        minutes=said.minutes,
        reason=said.reason,
        outcome=said.outcome,
    )
    return [logged], None
