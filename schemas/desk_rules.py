"""The shape of `rules/escalations.yaml`: who answers for a case at each level, and how soon."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from schemas.rules import Rule


class EscalationLevel(Rule):
    level: int = Field(ge=1, le=3)
    supervisor: str
    manager_name: str
    manager_contact: str
    answer_business_minutes: int = Field(ge=1)


class Escalations(Rule):
    version: date
    cite: tuple[str, ...]
    levels: tuple[EscalationLevel, ...] = Field(min_length=1, max_length=3)
