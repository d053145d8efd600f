"""The console's pages of the network: every provider, and one with its papers, what blocks it and what ends soon."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from doorstep import clock
from doorstep.journal import Reader
from schemas.case import OfferState
from schemas.network import ANY_PAYER, Entry, Provider, lacks

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
        "as_json": json.dumps(entry.provider.model_dump(mode="json", exclude_defaults=True), indent=2),
        "day": day,
    }


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
