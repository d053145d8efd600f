"""Which providers may, can and should be offered an order, and why: papers, service, area, contract, room, record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from doorstep.handler import Unit
from handlers.casework import derived_id, directory, payer_key, rule
from schemas.case import Case, OfferState
from schemas.network import ANY_PAYER, FeeSchedule, Paper, Papers, Provider
from schemas.order import Order
from schemas.rules import covers
from schemas.service import Candidate, ProvidersRanked

MOST_SHOWN = 60
"""Providers that an explanation names: those that fit, then those nearest to fitting."""
GIVEN_BACK = 2
"""A provider that gave one order back so often is not offered it any more."""


@dataclass(frozen=True, slots=True)
class Need:
    """What of an order decides who can serve it."""

    order: Order
    state: str | None
    postal_code: str
    payer: str | None

    @property
    def language(self) -> str | None:
        return self.order.member.language


def need_of(case: Case, unit: Unit) -> Need:
    where = case.order.delivery_address or case.order.member.address
    cover = case.order.primary_coverage
    payer = payer_key(unit, cover.payer or cover.payer_id) if cover else None
    return Need(case.order, where.state if where else None, (where.postal_code or "") if where else "", payer)


@dataclass
class Fit:
    """A provider held against a need: what speaks for it, what forbids it, and the order among those that fit."""

    provider: Provider
    near: int
    able: bool
    why: list[str] = field(default_factory=list)
    why_not: list[str] = field(default_factory=list)
    key: tuple[object, ...] = ()


def blocks(provider: Provider, need: Need, papers: Papers, as_of: date, unit: Unit) -> tuple[str, ...]:
    """Return which papers keep a provider from taking this order on that day."""
    asked = [paper for paper in papers.papers if _asked(paper, need, unit)]
    return tuple(paper.paper for paper in asked if not _holds(paper.paper, provider, need, as_of, unit))


def _asked(paper: Paper, need: Need, unit: Unit) -> bool:
    typed = not paper.order_types or need.order.order_type in paper.order_types
    return typed and (not paper.payers or need.payer in {payer_key(unit, name) for name in paper.payers})


def _holds(paper: str, provider: Provider, need: Need, as_of: date, unit: Unit) -> bool:
    ends = {"accreditation": provider.accreditation, "surety bond": provider.surety_bond}
    if paper in ends:
        held = ends[paper]
        return held is not None and as_of <= held.expires
    if paper == "licence":
        return any(need.state in licence.states and as_of <= licence.expires for licence in provider.licences)
    if paper == "fee schedule":
        schedule = fee_schedule(provider, need.payer, unit)
        return schedule is not None and schedule.holds(as_of)
    return {
        "active": provider.active,
        "npi": provider.npi_deactivated is None or as_of < provider.npi_deactivated,
        "ein": bool(provider.ein),
        "w9": provider.w9_on_file is not None and provider.w9_on_file <= as_of,
        "caqh or roster": bool(provider.caqh_id or provider.roster),
        "taxonomy": bool(provider.taxonomy),
    }[paper]


def fee_schedule(provider: Provider, payer: str | None, unit: Unit) -> FeeSchedule | None:
    """Return the fee schedule on file for a payer: its own, else the one for any other payer."""
    by_key = {payer_key(unit, name): found for name, found in provider.fee_schedules.items() if name != ANY_PAYER}
    return by_key.get(payer) or provider.fee_schedules.get(ANY_PAYER)


def serves(provider: Provider, order: Order) -> bool:
    """Say whether one of the provider's services covers every code of the order (its kind, when it has no codes)."""
    codes = [line.code for line in order.lines if line.code]
    able = [service for service in provider.services if service.order_type is order.order_type]
    return any(not service.hcpcs or all(covers(service.hcpcs, code) for code in codes) for service in able)


def _contract(provider: Provider, payer: str | None, unit: Unit) -> str:
    if payer and payer in {payer_key(unit, name) for name in provider.payers if name != ANY_PAYER}:
        return "named"
    return "any" if ANY_PAYER in provider.payers else ""


_NEAR = {3: "its area names the ZIP code", 2: "its area names the ZIP prefix", 1: "its area names the state"}


def weigh(provider: Provider, need: Need, papers: Papers, unit: Unit) -> Fit:
    """Return what speaks for and against a provider; nothing here looks at who it is."""
    near = provider.area.nearness(need.state, need.postal_code)
    fit = Fit(provider, near, serves(provider, need.order))
    if not fit.able:
        fit.why_not.append("does not offer every ordered item or service")
    if not near:
        fit.why_not.append("does not serve that place")
    if not (fit.able and fit.near):
        return fit
    lacking = blocks(provider, need, papers, unit.now.date(), unit)
    fit.why_not += [f"paper missing or expired: {name}" for name in lacking]
    contract = _contract(provider, need.payer, unit)
    if not contract:
        fit.why_not.append("no contract with the payer")
    record = unit.provider_record(provider.npi)
    room = provider.capacity - record.open_jobs
    if room <= 0:
        fit.why_not.append(f"no room: {record.open_jobs} of {provider.capacity} orders in hand")
    speaks = need.language is None or need.language in provider.languages
    fit.why.append(_NEAR[near])
    fit.why += {"named": ["contract with the payer"], "any": ["takes any payer"]}.get(contract, [])
    fit.why += ["speaks the member's language"] if need.language and speaks else []
    fit.why.append(
        f"took {record.accepted} of its last {record.answered} offers" if record.answered else "no offers before"
    )
    fit.why.append(f"room for {max(room, 0)} orders")
    fit.key = (-near, contract != "named", not speaks, -int(record.acceptance * 4), -room)
    return fit


def _before(case: Case, unit: Unit) -> dict[str, tuple[int, str, bool]]:
    """Return by NPI how this case's earlier offers count: (penalty, words, not again in this round)."""
    found: dict[str, tuple[int, str, bool]] = {}
    words = {
        OfferState.EXPIRED: (1, "did not answer before"),
        OfferState.DECLINED: (2, "declined it before"),
        OfferState.WITHDRAWN: (3, "gave it back before"),
    }
    gave_back: dict[str, int] = {}
    for offer in unit.offers_of(case.case_id):
        if offer.state not in words:
            continue
        penalty, said = words[offer.state]
        gave_back[offer.npi] = gave_back.get(offer.npi, 0) + (offer.state is OfferState.WITHDRAWN)
        out = offer.round == case.dispatch_round or gave_back[offer.npi] >= GIVEN_BACK
        known = found.get(offer.npi, (0, "", False))
        found[offer.npi] = (*max(known[:2], (penalty, said)), out or known[2])
    return found


def ranked(case: Case, unit: Unit) -> tuple[list[Fit], list[Fit]]:
    """Return the providers that may be offered the case now, best first, and the others of this kind or place.

    First those not asked before, then nearest, under contract, of the member's language, by how often they took
    offers, by room, and in fair turn.
    """
    need = need_of(case, unit)
    papers = rule(unit, "network/papers", Papers)
    providers = directory(unit).providers
    before = _before(case, unit)
    fitting: list[Fit] = []
    others: list[Fit] = []
    for provider in providers:
        fit = weigh(provider, need, papers, unit)
        penalty, said, out = before.get(provider.npi, (0, "", False))
        if said:
            (fit.why_not if out else fit.why).append(said)
        fit.key = (penalty, *fit.key, derived_id("turn", case.case_id, provider.npi))
        if not fit.why_not:
            fitting.append(fit)
        elif fit.able and fit.near:
            others.append(fit)
    return sorted(fitting, key=lambda f: f.key), sorted(others, key=lambda f: (len(f.why_not), f.provider.npi))


def explained(
    case: Case, fitting: list[Fit], others: list[Fit], *, chosen: int, wave: int, network: int
) -> ProvidersRanked:
    """Return the choice in words, to be kept with the case."""
    candidates = [
        Candidate(npi=f.provider.npi, name=f.provider.name, rank=rank, chosen=rank <= chosen, why=tuple(f.why))
        for rank, f in enumerate(fitting, start=1)
    ]
    candidates += [
        Candidate(npi=f.provider.npi, name=f.provider.name, why=tuple(f.why), why_not=tuple(f.why_not)) for f in others
    ]
    return ProvidersRanked(
        case_id=case.case_id,
        wave=wave,
        round=case.dispatch_round,
        candidates=tuple(candidates[:MOST_SHOWN]),
        elsewhere=network - len(fitting) - len(others),
    )
