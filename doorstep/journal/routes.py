"""Which consumer gets which event, and in which lane it waits: decided once, when the event is appended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from doorstep.handler import Subscription
from schemas.event import Payload

ALL_TOPICS = "*"


def by_key(payload: Payload) -> str:
    """Return the event's own key: the lane of every handler."""
    return payload.key


@dataclass(frozen=True, slots=True)
class Route:
    """One consumer of a topic. `where` keeps payloads out of its queue; events of one lane are handled in order."""

    consumer: str
    where: Callable[[Any], bool] | None = None
    lane: Callable[[Any], str] = by_key


@dataclass(frozen=True, slots=True)
class Routes:
    """Topic -> routes. The topic `*` matches every event (the relay)."""

    table: Mapping[str, Sequence[Route]] = field(default_factory=dict)

    @classmethod
    def of(cls, subscriptions: Iterable[Subscription], extra: Iterable[tuple[str, Route]] = ()) -> Routes:
        """Return the routes of the handlers and of `extra` (topic, route) pairs, such as outbound and relay."""
        table: dict[str, list[Route]] = {}
        pairs = [(s.topic, Route(s.consumer, s.where)) for s in subscriptions]
        for topic, route in [*pairs, *extra]:
            table.setdefault(topic, []).append(route)
        return cls(table)

    def match(self, payload: Payload) -> list[tuple[str, str]]:
        """Return (consumer, lane) for every consumer that gets this payload."""
        routes = (*self.table.get(payload.topic, ()), *self.table.get(ALL_TOPICS, ()))
        return [(r.consumer, r.lane(payload)) for r in routes if r.where is None or r.where(payload)]
