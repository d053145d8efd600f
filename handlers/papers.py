"""Tells the desk of papers of providers that end soon, once for each of the days that the rules name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from doorstep.handler import Unit, on
from doorstep.network import TIMER
from handlers.casework import NETWORK_DOCUMENT, ask_person, derived_id, directory, rule
from schemas.desk_rules import Desk
from schemas.event import Event, Payload
from schemas.network import Papers, Provider, ends_of
from schemas.service import PaperEnding, PapersDue

MORNING = time(8)


@on(PapersDue)
def papers(event: Event[PapersDue], unit: Unit) -> Iterable[Payload]:
    """Look at all papers, and again tomorrow morning."""
    del event
    zone = ZoneInfo(rule(unit, "desk", Desk).zone)
    today = unit.now.astimezone(zone).date()
    tomorrow = datetime.combine(today + timedelta(days=1), MORNING, zone).astimezone(UTC)
    unit.set_timer(TIMER, tomorrow, PapersDue())
    days = rule(unit, "network/papers", Papers).warn_days
    out: list[Payload] = []
    for provider in directory(unit).providers:
        for paper, ends in ends_of(provider):
            left = (ends - today).days
            reached = [limit for limit in days if 0 <= left <= limit]
            if provider.active and reached:
                out += _warned(provider, paper, ends.isoformat(), left, min(reached), unit)
    return out


def _warned(provider: Provider, paper: str, ends: str, left: int, limit: int, unit: Unit) -> list[Payload]:
    """A hub that was off on the day warns of the nearest limit only; what was warned of is not warned of again."""
    token = derived_id("paper ends", provider.npi, paper, ends, str(limit))
    if unit.marked(token):
        return []
    unit.mark(token)
    ending = PaperEnding(npi=provider.npi, provider_name=provider.name, paper=paper, ends=ends, days=left)
    reason = f"{provider.name}: {paper} ends on {ends}, in {left} days"
    document = f"{NETWORK_DOCUMENT}{provider.npi}"
    return [ending, *ask_person(unit, document, stage=f"{paper} {ends} {limit}", reason=reason)]
