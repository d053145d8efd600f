"""The console's pages of the network: every provider, and one with its papers, what blocks it and what ends soon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from doorstep import clock
from doorstep.journal import Reader
from schemas.case import OfferState
from schemas.network import ANY_PAYER, Area, Entry, Provider, lacks
from schemas.order import OrderType

_KINDS = [kind for kind in OrderType if kind is not OrderType.UNKNOWN]
_NO_PAPER = {"issuer": "", "expires": ""}
_OPEN = {OfferState.SENT: "out", OfferState.ACCEPTED: "in hand"}


def network_page(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what the list shows: first those that something keeps from offers, then those whose papers end."""
    day = clock.now().date()
    rows = [(entry, lacks(entry.provider, day), entry.ends_soon(day)) for entry in entries]
    rows.sort(key=lambda row: (not row[1], not row[2], row[0].provider.name))
    return {"rows": rows, "day": day}


def provider_page(reader: Reader, entry: Entry) -> dict[str, Any]:
    """Return what the page of one provider shows."""
    day = clock.now().date()
    offers = reader.offers(npi=entry.provider.npi)
    return {
        "entry": entry,
        "provider": entry.provider,
        "blocks": lacks(entry.provider, day),
        "soon": entry.ends_soon(day),
        "papers": papers_of(entry.provider, day),
        "offers": [offer for offer in offers if offer.state in _OPEN],
        "offer_words": _OPEN,
        "day": day,
        **form_of(entry),
    }


def form_of(entry: Entry | None) -> dict[str, Any]:
    """Return what the form of a provider shows: each list has a row at least; none: the form of a new one."""
    held: dict[str, Any] = entry.provider.model_dump(mode="json") if entry else _blank()
    schedules = [{"payer": payer, **one} for payer, one in held["fee_schedules"].items()]
    held |= {
        "services": held["services"] or [{"order_type": "", "hcpcs": []}],
        "licences": held["licences"] or [{"number": "", "states": [], "expires": ""}],
        "fee_schedules": schedules or [dict.fromkeys(("payer", "name", "effective", "until"), "")],
        "accreditation": held["accreditation"] or _NO_PAPER,
        "surety_bond": held["surety_bond"] or _NO_PAPER,
    }
    at = "/api/network/providers"
    return {
        "form_values": held,
        "kinds": [("", "choose"), *((kind.value, kind.value.replace("_", " ")) for kind in _KINDS)],
        "method": "PUT" if entry else "POST",
        "action": f"{at}/{entry.provider.npi}" if entry else at,
        "tag": entry.revision if entry else None,
        "then": "" if entry else "/network",
    }


def _blank() -> dict[str, Any]:
    fields = {name: field.get_default(call_default_factory=True) for name, field in Provider.model_fields.items()}
    nothing = {"npi": "", "name": "", "services": [], "payers": [], "capacity": ""}
    return {**fields, **nothing, "area": Area().model_dump(mode="json"), "fee_schedules": {}}


def papers_of(one: Provider, day: date) -> list[tuple[str, str, str]]:
    """Return each paper as (name, what is on file, state); the state is `held`, `ended`, `not yet` or `missing`."""
    w9 = one.w9_on_file
    off = one.npi_deactivated
    rows = [
        ("Working with the network", "active" if one.active else "not active", _held(one.active)),
        ("NPI", one.npi + (f", deactivated {off}" if off else ""), _held(off is None or day < off)),
        ("EIN", one.ein or "", _held(bool(one.ein))),
        ("W-9", f"on file since {w9}" if w9 else "", "missing" if w9 is None else _held(w9 <= day, "not yet")),
        ("CAQH or roster", one.caqh_id or one.roster or "", _held(bool(one.caqh_id or one.roster))),
        ("Taxonomy", one.taxonomy or "", _held(bool(one.taxonomy))),
    ]
    for licence in one.licences:
        said = f"{licence.number} ({', '.join(licence.states)}), until {licence.expires}"
        rows.append(("Licence", said, _held(day <= licence.expires, "ended")))
    rows += [] if one.licences else [("Licence", "", "missing")]
    for name, held in (("Accreditation", one.accreditation), ("Surety bond", one.surety_bond)):
        if held is not None:
            rows.append((name, f"{held.issuer}, until {held.expires}", _held(day <= held.expires, "ended")))
    for payer, schedule in one.fee_schedules.items():
        until = f", until {schedule.until}" if schedule.until else ""
        state = "not yet" if day < schedule.effective else _held(schedule.holds(day), "ended")
        whose = "any payer" if payer == ANY_PAYER else payer
        rows.append((f"Fee schedule, {whose}", f"{schedule.name}, from {schedule.effective}{until}", state))
    return rows


def _held(holds: bool, otherwise: str = "missing") -> str:
    return "held" if holds else otherwise
