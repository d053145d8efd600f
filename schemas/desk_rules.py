"""The shape of `rules/escalations.yaml`: who answers for a case at each level, and how soon."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator

from schemas.mail import valid_address
from schemas.rules import Rule


class EscalationLevel(Rule):
    level: int = Field(ge=1, le=3)
    supervisor: str
    manager_name: str
    manager_contact: str
    email: str | None = Field(default=None, description="Where the mails of this level go; none = a person tells")
    answer_business_minutes: int = Field(ge=1)

    @field_validator("email")
    @classmethod
    def _one_plain_address(cls, value: str | None) -> str | None:
        if value is not None and (valid_address(value) is None or not value.isascii()):
            raise ValueError("is not one plain mail address")
        return value


class Escalations(Rule):
    version: date
    cite: tuple[str, ...]
    levels: tuple[EscalationLevel, ...] = Field(min_length=1, max_length=3)
