"""How often one address may ask: a bucket each that fills by the minute, for as many addresses as fit."""

from __future__ import annotations

import time
from collections import OrderedDict

_MOST = 10_000


class Pace:
    """At most `a_minute` takes by each name, in a burst or spread."""

    def __init__(self, a_minute: int) -> None:
        self._most = float(a_minute)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Return 0 when it may go on, else the seconds to wait."""
        now = time.monotonic()
        left, seen = self._buckets.pop(name, (self._most, now))
        left = min(self._most, left + (now - seen) * self._most / 60.0)
        may = left >= 1.0
        self._buckets[name] = (left - 1.0 if may else left, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return 0.0 if may else (1.0 - left) * 60.0 / self._most
