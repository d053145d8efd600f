"""The shape of `rules/escalations.yaml`: who answers for a case at each level, and how soon."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.mail import plain_address
from schemas.rules import Rule


class EscalationLevel(Rule):
    level: int = Field(ge=1, le=3)
    supervisor: str
    manager_name: str
    manager_contact: str
    email: Annotated[str, AfterValidator(plain_address)] | None = Field(
        default=None, description="Where the mails of this level go; none = a person tells"
    )
    answer_business_minutes: int = Field(ge=1)


class Escalations(Rule):
    version: date
    cite: tuple[str, ...]
    levels: tuple[EscalationLevel, ...] = Field(min_length=1, max_length=3)
