"""The clocks of cases that may pause: one row from start to end; when one runs out is a timer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from doorstep.journal import timers
from doorstep.journal.events import parse
from doorstep.journal.tables import case_clock, insert_or_set
from doorstep.journal.transaction import Transaction
from schemas.clock import ClockRun

_ONE = (case_clock.c.case_id == bindparam("of_case"), case_clock.c.clock == bindparam("of_clock"))
_CLOCK = select(case_clock.c.data).where(*_ONE)
_DROP = delete(case_clock).where(*_ONE)


class ClockWrites(Transaction):
    """The clocks' share of a unit of work."""

    def clock(self, case_id: str, clock: str) -> ClockRun | None:
        """Return a clock of a case that may pause, while it is started."""
        data = self.connection.execute(_CLOCK, {"of_case": case_id, "of_clock": clock}).scalar()
        return parse(ClockRun, data, f"clock {clock} {case_id}") if data else None

    def save_clock(self, run: ClockRun) -> None:
        """Insert or update."""
        row = {"case_id": run.case_id, "clock": run.clock, "data": run.model_dump_json()}
        self.connection.execute(insert_or_set(self.dialect, case_clock, ("case_id", "clock"), ("data",)), row)

    def drop_clock(self, case_id: str, clock: str) -> None:
        """Forget a clock that is at its end."""
        self.connection.execute(_DROP, {"of_case": case_id, "of_clock": clock})


class ClockReads:
    """The clocks' share of a reader."""

    connection: Connection

    def next_timer(self) -> datetime | None:
        return timers.next_due(self.connection)

    def next_timers(self, prefix: str) -> dict[str, datetime]:
        """Return the timers whose id begins so, with the time at which each is due."""
        return timers.beginning(self.connection, prefix)

    def timers_at(self, timer_ids: Collection[str]) -> dict[str, datetime]:
        """Return those of these timers that are set, with the time at which each is due."""
        return timers.named(self.connection, timer_ids)

    def clocks(self, case_id: str | None = None) -> list[ClockRun]:
        """Return the clocks that may pause and are started, of one case or of all."""
        query = select(case_clock.c.data).order_by(case_clock.c.case_id, case_clock.c.clock)
        if case_id is not None:
            query = query.where(case_clock.c.case_id == case_id)
        return [parse(ClockRun, data, "clock") for data in self.connection.execute(query).scalars()]
