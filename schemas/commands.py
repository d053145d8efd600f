"""What a person at the desk may say of a case, in the form that API, console and handlers share."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from schemas.mail import plain_address

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _plain(value: Any) -> Any:
    if isinstance(value, str) and _UNSAFE.search(value):
        raise ValueError("holds a control character")
    return value


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\r\n]*$"),
    BeforeValidator(_plain),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), BeforeValidator(_plain)]
Instant = AwareDatetime
MailAddress = Annotated[Line, AfterValidator(plain_address)]


class Said(BaseModel):
    """What every command says: who says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    agent: Line


class GivenReason(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    system: Literal["CARC", "RARC", "X12-886", "X12-901", "text"] = "text"
    code: Line | None = None
    text: Line | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.code and not self.text:
            raise ValueError("a reason has a code, a text or both")
        return self


class Call(Said):
    """One telephone call: with whom, why, what came of it."""

    command: Literal["call"]
    direction: Literal["in", "out"]
    with_whom: Line
    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")] | None = None
    at: Instant
    minutes: Annotated[int, Field(ge=0, le=600)] | None = None
    reason: Line
    outcome: Text


class Escalate(Said):
    """Raise the case to a level, with a manager's name and the time by which something is promised."""

    command: Literal["escalate"]
    level: Annotated[int, Field(ge=1, le=3)] = 1
    reason: Line
    committed_eta: Instant
    manager_name: Line | None = None
    manager_contact: Line | None = None
    manager_email: MailAddress | None = None


class Resolve(Said):
    command: Literal["resolve-escalation"]
    outcome: Text


class HoldWord(Said):
    """The case waits, for a cause of `rules/clocks.yaml`, until this time at the latest; its clocks pause meanwhile."""

    command: Literal["hold"]
    cause: Line
    until: Instant
    note: Text


class Release(Said):
    """What the case waited for has ended: its clocks go on with what was left."""

    command: Literal["release"]
    cause: Line
    note: Text


class Coverage(Said):
    """What a person learnt about the coverage, or that the member pays (`self-pay`) or is not covered (`close`)."""

    command: Literal["coverage"]
    status: Literal["active", "inactive", "self-pay", "close"]
    plan: Line | None = None
    begins: date | None = None
    ends: date | None = None
    note: Text


class AuthorizedItem(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{5}$")]
    units: Annotated[Decimal, Field(gt=0)] | None = None
    decision: Literal["approved", "denied"] = "approved"


class DenialTerms(Said):
    """What a denial says of its windows and of whom to call; a date that the notice states wins over the rules."""

    reasons: tuple[GivenReason, ...] = Field(default=(), max_length=20)
    notice_date: date | None = None
    appeal_until: date | None = None
    peer_contact: Line | None = None
    peer_until: date | None = None
    amount: Decimal | None = Field(
        default=None,
        gt=0,
        max_digits=10,
        decimal_places=2,
        description="Dollars denied, where the notice says",
    )
    document_id: Line | None = None


class AuthorizationWord(DenialTerms):
    """What a person learnt from the payer about an authorization."""

    command: Literal["authorization"]
    decision: Literal["approved", "not-required", "partial", "modified", "pended", "denied"]
    accept: bool = Field(default=False, description="For partial and modified: dispatch with what was authorized")
    number: Line | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    items: tuple[AuthorizedItem, ...] = Field(default=(), max_length=100)
    note: Text | None = None
    wants: tuple[Line, ...] = Field(default=(), max_length=20, description="For pended: what the payer asks for")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.decision in {"approved", "partial", "modified"} and not self.number:
            raise ValueError("an authorization has its number")
        if self.decision == "denied" and not self.reasons:
            raise ValueError("a denial has a reason")
        if self.wants and self.decision != "pended":
            raise ValueError("only a pended authorization waits for something")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


class InformationSent(Said):
    """What the payer asked for before it decides was sent to it: its clock goes on."""

    command: Literal["information-sent"]
    note: Text


class DenialWord(DenialTerms):
    """A denial that came by letter, fax, mail or telephone."""

    command: Literal["denial"]

    @model_validator(mode="after")
    def _has_a_reason(self) -> Self:
        if not self.reasons:
            raise ValueError("a denial has a reason")
        return self


class AppealItemWord(Said):
    """A document of the case brings this part of the appeal."""

    command: Literal["appeal-item"]
    item: Line
    document_id: Line


class FileAppeal(Said):
    """The appeal was filed. Without every part only with a word why (`without`)."""

    command: Literal["appeal"]
    filed_at: Instant
    filed_to: Line
    reference: Line | None = None
    without: Text | None = None


class AppealWord(Said):
    """What became of the appeal."""

    command: Literal["appeal-decision"]
    outcome: Literal["upheld", "overturned"]
    number: Line | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    next_until: date | None = Field(default=None, description="The last day of the next level, as the notice states it")
    document_id: Line | None = None

    @model_validator(mode="after")
    def _an_overturned_denial_has_a_number(self) -> Self:
        if self.outcome == "overturned" and not self.number:
            raise ValueError("an authorization has its number")
        return self


class Regulator(Said):
    """A regulator, an ombudsman or an independent reviewer was asked."""

    command: Literal["regulator"]
    body: Line
    reference: Line | None = None


class CloseDenied(Said):
    """The denial stands and nothing more is done."""

    command: Literal["close-denied"]
    note: Text


class ClaimFiled(Said):
    command: Literal["claim"]
    filed_on: date
    reference: Line | None = None


class FollowUpWord(Said):
    """What a clock of `rules/clocks.yaml` waits for after the service was seen: a re-evaluation under therapy."""

    command: Literal["follow-up"]
    clock: Line
    seen_on: date
    note: Text


Command = (
    Call | Escalate | Resolve | HoldWord | Release | Coverage | AuthorizationWord | InformationSent | DenialWord
    | AppealItemWord    | FileAppeal | AppealWord | Regulator | CloseDenied | ClaimFiled | FollowUpWord
)  # fmt: skip
COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])
NAMES: frozenset[str] = frozenset(
    {
        "call", "escalate", "resolve-escalation", "hold", "release", "coverage", "authorization",
        "information-sent", "denial",
        "appeal-item", "appeal", "appeal-decision", "regulator", "close-denied", "claim",
        "follow-up",
    }
)  # fmt: skip
