"""The hands of the hub's clock in a test's own hand: `doorstep.clock.now` says what was set, forward and back."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest

from doorstep import clock


class Hands:
    """Set `at`; every reading of the hub's clock says that until it is set again."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)

    def hold(self, monkeypatch: pytest.MonkeyPatch) -> Hands:
        hands = self

        class Read(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                return hands.at.astimezone(tz)

        monkeypatch.setattr(clock, "datetime", Read)
        return self
