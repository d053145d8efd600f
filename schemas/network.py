"""The shape of `rules/network`: providers with their papers, which papers are asked for when, and codes of reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from schemas.identifiers import npi_ok
from schemas.order import OrderType
from schemas.rules import Codes, Rule

State = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Zip3 = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Zip5 = Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
ANY_PAYER = "*"
SOON = timedelta(days=90)
"""Papers that end within so many days are shown as ending."""


def _npi(value: str) -> str:
    if not npi_ok(value):
        raise ValueError("fails the NPI check digit")
    return value


class Licence(Rule):
    """A licence for some states; it holds through its last day."""

    number: str = Field(min_length=1)
    states: tuple[State, ...] = Field(min_length=1)
    expires: date


class Held(Rule):
    """A paper that somebody issued and that ends: accreditation, surety bond."""

    issuer: str = Field(min_length=1)
    expires: date


class Service(Rule):
    """A kind of service and the codes it covers (none: the whole kind)."""

    order_type: OrderType
    hcpcs: Codes = ()


class Area(Rule):
    """Where it serves: ZIP codes, ZIP prefixes of three digits, whole states, or a mix."""

    zips: tuple[Zip5, ...] = ()
    zip3: tuple[Zip3, ...] = ()
    states: tuple[State, ...] = ()

    def nearness(self, state: str | None, postal_code: str) -> int:
        """Return 3 when it names the ZIP code, 2 the prefix, 1 the state, 0 when it does not go there."""
        if postal_code[:5] in self.zips:
            return 3
        if postal_code[:3] in self.zip3:
            return 2
        return 1 if state and state in self.states else 0


class FeeSchedule(Rule):
    """The fee schedule on file for one payer: which, and when it holds."""

    name: str = Field(min_length=1)
    effective: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        return self.effective <= day and (self.until is None or day <= self.until)


class Provider(Rule):
    """A network provider and the papers that let it take an offer."""

    npi: Annotated[str, AfterValidator(_npi)]
    name: str = Field(min_length=1)
    active: bool = Field(default=True, description="False while the network does not work with it")
    npi_deactivated: date | None = Field(default=None, description="The day its NPI was deactivated in NPPES")
    ein: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}-?[0-9]{7}$")] | None = None
    w9_on_file: date | None = None
    caqh_id: str | None = None
    roster: str | None = Field(default=None, description="The payer roster it stands on, instead of CAQH")
    taxonomy: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{9}X$")] | None = None
    licences: tuple[Licence, ...] = ()
    accreditation: Held | None = Field(default=None, description="DMEPOS accreditation, 42 CFR 424.57(c)(22)")
    surety_bond: Held | None = Field(default=None, description="DMEPOS surety bond, 42 CFR 424.57(d)")
    services: tuple[Service, ...] = Field(min_length=1)
    area: Area
    payers: tuple[str, ...] = Field(min_length=1, description="Contracted payers; `*` = any")
    fee_schedules: dict[str, FeeSchedule] = Field(default_factory=dict, description="By payer; `*` = any other")
    languages: tuple[Language, ...] = Field(default=("en",), description="Spoken by its staff (ISO 639)")
    capacity: int = Field(ge=0, description="Orders of ours that it can serve at one time")
    email: str = Field(default="", max_length=254)
    fax: str | None = Field(default=None, pattern=r"^[0-9]{10}$", description="Where offers go that it takes by fax")
    offers_by: Literal["email", "fax"] = "email"

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not (self.email if self.offers_by == "email" else self.fax):
            raise ValueError(f"offers go by {self.offers_by}, and there is no address for it")
        return self

    def address(self) -> tuple[str, str]:
        """Return the channel and the address at which it is offered work."""
        return ("fax", self.fax or "") if self.offers_by == "fax" else ("email", self.email)


class Directory(Rule):
    version: date
    providers: tuple[Provider, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        npis = [provider.npi for provider in self.providers]
        doubled = sorted({npi for npi in npis if npis.count(npi) > 1})
        if doubled:
            raise ValueError(f"providers that stand there twice: {', '.join(doubled)}")
        return self

    def provider(self, npi: str) -> Provider | None:
        return next((found for found in self.providers if found.npi == npi), None)

    def with_kept(self, kept: Iterable[Provider]) -> Directory:
        """Return the directory with these providers in the place of those with their NPIs, or behind them."""
        newer = {provider.npi: provider for provider in kept}
        if not newer:
            return self
        listed = [newer.pop(known.npi, known) for known in self.providers]
        return self.model_copy(update={"providers": (*listed, *newer.values())})


PaperName = Literal[
    "active",
    "npi",
    "ein",
    "w9",
    "caqh or roster",
    "taxonomy",
    "licence",
    "accreditation",
    "surety bond",
    "fee schedule",
]


class Paper(Rule):
    """One paper that a provider must have, for which orders, and where that is said."""

    paper: PaperName
    order_types: tuple[OrderType, ...] = Field(default=(), description="Empty: for every kind of service")
    payers: tuple[str, ...] = Field(default=(), description="Empty: for every payer")
    cite: tuple[str, ...] = Field(min_length=1)


class Papers(Rule):
    version: date
    warn_days: tuple[int, ...] = Field(description="How many days before a paper ends the desk is told")
    papers: tuple[Paper, ...] = Field(min_length=1)

    @field_validator("warn_days")
    @classmethod
    def _from_far_to_near(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if sorted(set(value), reverse=True) != list(value) or any(days < 0 for days in value):
            raise ValueError("the days stand from the most to the fewest, each once")
        return value


Then = Literal["redispatch", "reschedule", "person"]


class Reason(Rule):
    """Why something did not go as planned: whose cause it is, and what follows when no new date is given."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{1,30}$")]
    label: str
    cause: Literal["provider", "member", "sender", "other"] = "provider"
    then: Then = "person"


class Reasons(Rule):
    version: date
    cite: tuple[str, ...] = Field(min_length=1)
    decline: tuple[Reason, ...]
    withdraw: tuple[Reason, ...]
    reschedule: tuple[Reason, ...]
    missed: tuple[Reason, ...]

    @model_validator(mode="after")
    def _every_list_has_other(self) -> Self:
        for name in ("decline", "withdraw", "reschedule", "missed"):
            codes = [reason.code for reason in getattr(self, name)]
            if "other" not in codes or len(set(codes)) != len(codes):
                raise ValueError(f"{name} needs `other` among its codes, and each code once")
        return self


def reason_of(reasons: Iterable[Reason], code: str) -> Reason:
    """Return the reason of a code; an unknown code is `other`."""
    listed = {reason.code: reason for reason in reasons}
    return listed.get(code, listed["other"])


def ends_of(provider: Provider) -> tuple[tuple[str, date], ...]:
    """Return every paper of a provider that ends, with its last day."""
    found = [(f"licence {one.number} ({', '.join(one.states[:3])})", one.expires) for one in provider.licences]
    found += [("accreditation", provider.accreditation.expires)] if provider.accreditation else []
    found += [("surety bond", provider.surety_bond.expires)] if provider.surety_bond else []
    for payer, schedule in provider.fee_schedules.items():
        if schedule.until is not None:
            found.append((f"fee schedule of {'any payer' if payer == ANY_PAYER else payer}", schedule.until))
    return tuple(found)


def lacks(provider: Provider, day: date) -> tuple[str, ...]:
    """Return what keeps a provider from some or all offers on that day, whatever the order."""
    equipment = any(service.order_type is OrderType.DME for service in provider.services)
    medicare = equipment and {"Medicare", ANY_PAYER} & set(provider.payers)
    of_any = provider.fee_schedules.get(ANY_PAYER)
    priced = {payer for payer, found in provider.fee_schedules.items() if found.holds(day)}
    checks = [
        ("not active in the network", provider.active),
        ("NPI deactivated", provider.npi_deactivated is None or day < provider.npi_deactivated),
        ("no EIN", bool(provider.ein)),
        ("no W-9 on file", provider.w9_on_file is not None and provider.w9_on_file <= day),
        ("neither CAQH nor roster", bool(provider.caqh_id or provider.roster)),
        ("no taxonomy", bool(provider.taxonomy)),
        ("no licence that holds", any(day <= licence.expires for licence in provider.licences)),
        ("no room", provider.capacity > 0),
    ]
    for name, held in (("accreditation", provider.accreditation), ("surety bond", provider.surety_bond)):
        checks.append(
            (f"no {name} that holds (Medicare equipment)", not medicare or bool(held and day <= held.expires))
        )
    for payer in provider.payers:
        holds = payer in priced or (of_any is not None and of_any.holds(day))
        checks.append((f"no fee schedule for {'any payer' if payer == ANY_PAYER else payer}", holds))
    return tuple(said for said, holds in checks if not holds)


@dataclass(frozen=True, slots=True)
class Entry:
    """A provider as it stands: of the directory file (revision 0), or as the API has it, by whom and since when."""

    provider: Provider
    revision: int = 0
    by: str | None = None

    def line(self, day: date) -> dict[str, Any]:
        """Return what a list shows: what keeps it from offers, and which papers end within 90 days."""
        soon = {paper: ends.isoformat() for paper, ends in self.ends_soon(day).items()}
        one = self.provider
        return {"npi": one.npi, "name": one.name, "lacks": list(lacks(one, day)), "ends_soon": soon}

    def whole(self, day: date) -> dict[str, Any]:
        said = {"source": "api" if self.revision else "file", "revision": self.revision, "by": self.by}
        return {**self.line(day), **said, "provider": self.provider.model_dump(mode="json")}

    def ends_soon(self, day: date) -> dict[str, date]:
        return {paper: ends for paper, ends in ends_of(self.provider) if day <= ends <= day + SOON}
