"""Values that FHIR has no element for: read from extensions, supporting resources and "key: value" lines of notes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from schemas.fhir.graph import Graph, Resource, extensions, part, parts
from schemas.fhir.lines import parameter_text
from schemas.fhir.party import address_of
from schemas.fhir.words import barriers, moment, phone, text_of
from schemas.order import Address, Equipment

KEYS: dict[str, str] = {
    "shipping-address": r"ship(ping)?[ -]?(to|address)|deliver(y)?[ -]?(to|address)|deliver to",
    "access-barriers": r"(delivery )?(site )?access([ -]barriers?)?|barriers?",
    "contact-phone": r"(delivery )?contact([ -](phone|number|tel))?|call( before delivery)?",
    "discharge-deadline": r"(expected |planned )?discharge([ -](deadline|date|by|time))?|needed by|deliver by",
    "equipment-brand": r"(equipment[ -])?(brand|manufacturer|make)",
    "equipment-model": r"(equipment[ -])?model([ -]?(no|number))?\.?",
    "equipment-serial": r"(equipment[ -])?serial([ -]?(no|number))?\.?",
    "group-number": r"group([ -]?(no|number))?\.?",
    "frequency": r"frequency|supply frequency|flow( rate)?",
}
LINE = re.compile(r"([A-Za-z][A-Za-z .\-]{1,30}?) ?[:=] ?(.+)")
MAX_LINES, MAX_LINE = 200, 300
"""Of one note: a sender's few lines are meant, not a document."""
ADDRESS = re.compile(
    r"(?P<street>[^,]+)(?:,\s*(?P<unit>(?:apt|unit|suite|ste|#|floor|fl|lot|bldg|rm|room)[^,]*))?,\s*(?P<city>[^,]+?),?\s+"
    r"(?P<state>[A-Z]{2})\s+(?P<zip>\d{5}(?:-\d{4})?)",
    re.I,
)


@dataclass(slots=True)
class Places:
    """What was found by name, in order of trust: extensions first, then notes; `notes` is every note's text."""

    found: dict[str, list[Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def texts(self, name: str) -> list[str]:
        return [text for text in (text_of(value) for value in self.found.get(name, [])) if text]

    def phone(self) -> str | None:
        return next((number for number in map(phone, self.texts("contact-phone")) if number), None)

    def barriers(self) -> tuple[str, ...]:
        return tuple(sorted({barrier for text in self.texts("access-barriers") for barrier in barriers(text)}))

    def deadline(self, zone: ZoneInfo) -> date | datetime | None:
        """Return the first discharge deadline; a time without an offset is on the wall clock of `zone`."""
        when = next((when for when in map(moment, self.texts("discharge-deadline")) if when), None)
        if isinstance(when, datetime):
            try:
                return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
            except OverflowError:  # the last and the first day of the calendar
                return when.date()
        return when

    def address(self) -> Address | None:
        for value in self.found.get("shipping-address", []):
            address = address_of(value) if isinstance(value, dict) else written_address(text_of(value))
            if address:
                return address
        return None


def gather(requests: list[Resource], patient: Resource, graph: Graph) -> Places:
    """Collect the documented places of one order's requests and of what they refer to."""
    places = Places()
    supporting = [s for r in requests for ref in parts(r.get("supportingInfo")) if (s := graph.resolve(ref, r))]
    for resource in [*requests, *supporting, patient]:
        for name, value in extensions(resource):
            key = _key(name.replace("_", "-"))
            if key:
                places.found.setdefault(key, []).append(value)
    for request in requests:
        _from_resources(request, graph, places)
    for text in dict.fromkeys(_notes(requests, supporting)):
        places.notes.append(text)
        for line in re.split(r"[\n;|]", text, maxsplit=MAX_LINES)[:MAX_LINES]:
            match = LINE.fullmatch(text_of(line[:MAX_LINE]))
            key = _key(match[1].lower()) if match else None
            if match and key:
                places.found.setdefault(key, []).append(match[2])
    return places


def _from_resources(request: Resource, graph: Graph, places: Places) -> None:
    """Read what stands in a Location, an Encounter or a Device that the request refers to."""
    for reference in parts(request.get("locationReference")):
        location = graph.resolve(reference, request) or {}
        if isinstance(location.get("address"), dict):
            places.found.setdefault("shipping-address", []).append(location["address"])
    encounter = graph.resolve(request.get("encounter"), request) or {}
    end = part(encounter.get("period")).get("end")
    if isinstance(end, str):
        places.found.setdefault("discharge-deadline", []).append(end)
    device = graph.resolve(request.get("codeReference"), request) or {}
    values = {
        "equipment-brand": parameter_text(request, "brand") or device.get("manufacturer"),
        "equipment-model": parameter_text(request, "model") or device.get("modelNumber"),
        "equipment-serial": parameter_text(request, "serial") or device.get("serialNumber"),
    }
    for key, value in values.items():
        if value:
            places.found.setdefault(key, []).append(value)


def _notes(requests: Iterable[Resource], supporting: Iterable[Resource]) -> Iterable[str]:
    for resource in [*requests, *supporting]:
        for note in parts(resource.get("note")):
            if isinstance(note.get("text"), str) and note["text"].strip():
                yield note["text"].strip()
        told = resource.get("patientInstruction")
        if isinstance(told, str) and told.strip():
            yield told.strip()
        for payload in parts(resource.get("payload")):
            if isinstance(payload.get("contentString"), str) and payload["contentString"].strip():
                yield payload["contentString"].strip()


def _key(name: str) -> str | None:
    plain = name.strip().lower()
    if plain in KEYS:
        return plain
    return next((key for key, pattern in KEYS.items() if re.fullmatch(pattern, plain)), None)


def equipment_of(places: Places) -> tuple[Equipment, dict[str, str]]:
    """Return brand, model and serial number; two different values of one are a conflict."""
    values: dict[str, str | None] = {}
    conflicting: dict[str, str] = {}
    for part_name in ("brand", "model", "serial"):
        said = list(dict.fromkeys(places.texts(f"equipment-{part_name}")))
        values[part_name] = said[0] if len(said) == 1 else None
        if len(said) > 1:
            conflicting[f"equipment_{part_name}"] = "several different values were sent"
    return Equipment(**values), conflicting


def written_address(text: str) -> Address | None:
    """Return an address from one line `street[, unit], City, ST 12345`."""
    match = ADDRESS.fullmatch(text)
    if match is None:
        return None
    return Address(
        line1=match["street"].strip(),
        line2=(match["unit"] or "").strip() or None,
        city=match["city"].strip(),
        state=match["state"].upper(),
        postal_code=match["zip"],
    )
