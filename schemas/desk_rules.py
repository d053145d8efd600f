"""The shape of `rules/desk.yaml` and `rules/escalations.yaml`: the desk's people, who answers at each level."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, field_validator

from schemas.case import CaseManager
from schemas.mail import plain_address
from schemas.order import OrderType
from schemas.rules import Rule


class DeskManager(CaseManager):
    """A case manager and the order types that come to this desk (none: all)."""

    order_types: tuple[OrderType, ...] = ()


class Desk(Rule):
    """The people of the desk; `zone` is the wall clock that its days and reports go by (an IANA name)."""

    version: date
    zone: str = "America/New_York"
    managers: tuple[DeskManager, ...] = Field(min_length=1)

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no IANA time zone")
        return value


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
