"""What was told of cases and subscriptions at earlier revisions: only what those who may look at them are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from schemas.case import Case, CaseManager, CaseState
from schemas.element import UNMET, ElementResult
from schemas.event import Model
from schemas.subscription import Subscription


class CaseVersion(Model):
    """What a case's sender could see of it at one revision. The whole case would be ten times as much to write."""

    revision: int
    state: CaseState
    updated_at: datetime
    priority: str
    manager: CaseManager
    unmet: tuple[ElementResult, ...] = ()
    provider_npi: str | None = None
    provider_name: str | None = None
    scheduled_start: datetime | None = None
    scheduled_end: datetime | None = None
    completed_at: datetime | None = None

    @classmethod
    def of(cls, case: Case) -> Self:
        return cls(
            revision=case.revision,
            state=case.state,
            updated_at=case.updated_at,
            priority=case.order.priority,
            manager=case.manager,
            unmet=tuple(one.model_copy(update={"cite": (), "why": None}) for one in case.asked if one.status in UNMET),
            provider_npi=case.provider_npi,
            provider_name=case.provider_name,
            scheduled_start=case.scheduled_start,
            scheduled_end=case.scheduled_end,
            completed_at=case.proof.completed_at if case.proof else None,
        )

    def within(self, case: Case) -> Case:
        """Return the case with what can be seen of it as it was at this revision."""
        names = ("revision", "state", "updated_at", "manager", "unmet", "provider_npi", "provider_name")
        was = {name: getattr(self, name) for name in (*names, "scheduled_start", "scheduled_end")}
        done = self.completed_at
        proof = case.proof.model_copy(update={"completed_at": done}) if case.proof and done else None
        order = case.order.model_copy(update={"priority": self.priority})
        return case.model_copy(update=was | {"order": order, "proof": proof})


class SubscriptionVersion(Model):
    """A subscription at one revision; None where that revision took it away."""

    revision: int
    updated_at: datetime
    subscription: Subscription | None
