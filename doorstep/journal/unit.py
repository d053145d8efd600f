"""The unit of work: everything that one job may read or change, kept or dropped as a whole."""

from __future__ import annotations

from doorstep.journal.assertions import AssertionWrites
from doorstep.journal.case_clocks import ClockWrites
from doorstep.journal.cases import CaseWrites
from doorstep.journal.deliveries import DeliveryWrites
from doorstep.journal.inbox import InboxWrites
from doorstep.journal.subscriptions import SubscriptionWrites
from doorstep.journal.timers import TimerWrites
from doorstep.journal.transaction import Context

__all__ = ["Context", "JournalUnit"]


class JournalUnit(
    InboxWrites, CaseWrites, ClockWrites, DeliveryWrites, TimerWrites, AssertionWrites, SubscriptionWrites
):
    """Implements `doorstep.handler.Unit`; the engine's own operations stand beside it."""
