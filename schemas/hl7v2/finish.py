"""What FHIR's own rules ask of a whole resource once its rows have filled it (invariants of R4 by their keys)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

Resource = dict[str, Any]
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_CODED = {
    "DeviceRequest": "codeCodeableConcept", "MedicationRequest": "medicationCodeableConcept", "Observation": "code",
    "DiagnosticReport": "code",
}  # fmt: skip


def absent() -> Resource:
    """Return an element that says that its value was not sent."""
    return {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}


def coded(body: Resource) -> None:
    """Say that no code was sent where FHIR wants one: the order is kept, it is not guessed."""
    body.setdefault(_CODED[body["resourceType"]], absent())


def request(body: Resource) -> None:
    """Bring a request to its end: its code, its status in its own words, a period that ends after it starts (per-1)."""
    if body["resourceType"] == "MedicationRequest" and body["status"] == "revoked":
        body["status"] = "cancelled"
    if body["resourceType"] != "ServiceRequest":
        coded(body)
    for dosage in body.get("dosageInstruction", ()):
        for dose in dosage.get("doseAndRate", ()):
            _rising(dose, "doseRange")
    for holder in (body, body.get("dispenseRequest", {})):
        for name in ("occurrencePeriod", "validityPeriod"):
            _ordered(holder, name)


def _ordered(holder: Resource, name: str) -> None:
    """Make a period one that can be compared (per-1); what has to leave it stands in extensions as it was sent.

    Two ends of different precision are told with that of the lesser; ends in the wrong order are not told as a period.
    """
    period = holder.get(name, {})
    start, end = period.get("start", ""), period.get("end", "")
    known = min(len(start), len(end), 10)
    same = end[:known] == start[:known]
    if not known or end[:known] > start[:known] or (same and len(start) == len(end) and start <= end):
        return
    kept = [
        {"url": f"urn:doorstep:{name}-{side}", "valueDateTime": text}
        for side, text in (("start", start), ("end", end))
        if not same or text != text[:known]
    ]
    holder[name] = {"extension": kept} | ({"start": start[:known], "end": end[:known]} if same else {})


def _rising(holder: Resource, name: str) -> None:
    """Keep two bounds that are the wrong way round visible where they cannot be used as a range (rng-2)."""
    bounds = holder.get(name, {})
    low, high = bounds.get("low", {}).get("value"), bounds.get("high", {}).get("value")
    if low is not None and high is not None and low > high:
        urls = [{"url": f"urn:doorstep:range-{side}", "valueQuantity": bounds[side]} for side in ("low", "high")]
        holder[name] = {"extension": urls}


def observation(body: Resource) -> None:
    """Give an observation its code, and a range that is one."""
    coded(body)
    _rising(body, "valueRange")


def encounter(body: Resource) -> None:
    """Give the class that FHIR wants (UNK where none was sent), and a period that is one."""
    body.setdefault("class", {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"})
    _ordered(body, "period")


def coverage(body: Resource) -> None:
    """Name the payor as not sent where none was, and keep a period that ends before it starts out of use."""
    body.setdefault("payor", [absent()])
    _ordered(body, "period")


def appointment(body: Resource) -> None:
    """Give an appointment both of its ends, or ask for the time as wished (app-2, app-3).

    The end follows from the duration. Without either, start and status cannot stand as FHIR wants them: the start is
    the requested period's, the status is `proposed`, what was sent stays in an extension.
    """
    start, minutes = body.get("start"), body.get("minutesDuration")
    if start and "end" not in body and minutes:
        body["end"] = (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
    if ("start" in body) == ("end" in body) and "start" in body:
        return
    period = {name: body.pop(name) for name in ("start", "end") if name in body}
    if period:
        body["requestedPeriod"] = [period]
    if body["status"] not in ("proposed", "cancelled", "waitlist"):
        told = {"url": "urn:doorstep:appointment-status", "valueCode": body["status"]}
        body.setdefault("extension", []).append(told)
        body["status"] = "proposed"


def document(body: Resource) -> None:
    """Make the lines of a report in words one attachment; a document without content says so."""
    lines = body.pop("text", None)
    if lines:
        data = base64.b64encode(lines.encode("utf-8")).decode("ascii")
        body.setdefault("content", []).append(
            {"attachment": {"contentType": "text/plain; charset=utf-8", "data": data}}
        )
    body.setdefault("content", [{"attachment": absent()}])


FINISH: dict[str, Callable[[Resource], None]] = {
    "coded": coded,
    "request": request,
    "observation": observation,
    "encounter": encounter,
    "coverage": coverage,
    "appointment": appointment,
    "document": document,
}
"""Table word `finish` -> what it does."""
