"""A received HL7 v2 message as a FHIR R4 message Bundle, by the tables of `mappings/`; nothing of it is lost.

Pure: the same message gives the same Bundle, byte for byte, whenever and wherever it is read again. What has no
place in a resource stands, as it was sent, on the DocumentReference of the message (extension `urn:doorstep:unmapped`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from schemas.fields import zone_of
from schemas.hl7v2 import values
from schemas.hl7v2.cells import left_over
from schemas.hl7v2.er7 import Message, Segment, split
from schemas.hl7v2.groups import Item, Patient, Segments, patients_of
from schemas.hl7v2.header import kind_of
from schemas.hl7v2.lines import line_of, results_among, type_of
from schemas.hl7v2.mapping import MessageMap, Part, Place, mappings
from schemas.hl7v2.moments import clock_of, moment_of
from schemas.hl7v2.options import AS_SENT, Options
from schemas.hl7v2.orders import NOT_ORDERS, settled
from schemas.hl7v2.resources import Maker, Scope
from schemas.hl7v2.setting import Setting, clean
from schemas.hl7v2.sheet import Sheet
from schemas.hl7v2.tables import DRUG_SEGMENTS, RANKS
from schemas.order import OrderType

MESSAGE_TYPE = "x-application/hl7-v2+er7"
UNMAPPED = "urn:doorstep:unmapped"
CONTROL = "urn:doorstep:hl7v2:control-id"
FOCUS = ("Request", "DiagnosticReport", "Appointment", "Document")
_REPORTS = frozenset({"ORU", "OUL"})
_MAX_VALUE = 100_000
"""Characters of one unmapped value; the message itself is kept whole."""


@dataclass(frozen=True, slots=True)
class Translated:
    """The Bundle of a message, and the documents inside it by their SHA-256 (the Bundle only refers to them)."""

    bundle: dict[str, Any]
    enclosed: Mapping[str, bytes]


def bundle_of(data: bytes, options: Options = AS_SENT) -> Translated:
    """Translate one message, read as was agreed with its sender; CodecError when it is none."""
    message = split(data, options.charset)
    header = message.fields[0] + [""] * 12
    kind = _kind(message, header[9])
    patients, _ = patients_of(message, nobody=True)
    setting = Setting(mappings(), clock_of(header[7], options.zone or zone_of(_home(patients[0]))))
    sender, control = f"{header[3]}|{header[4]}", header[10].strip() or hashlib.sha256(data).hexdigest()
    maker = Maker(message, setting, sender, control)
    table = _map_of(kind)
    made: dict[str, list[str]] = {}
    for number, patient in enumerate(patients):
        _person(maker, patient, table, kind, f"patient{number}", made)
    made["Focus"] = [url for name in FOCUS for url in made.get(name, ())] or made.get("Patient", [])
    everything = _all(message)
    made["Message"] = [_message_document(maker, data, control, made)]
    maker.make("Provenance", scope := Scope(everything, "message", made), scope)
    maker.make("MessageHeader", scope, scope)
    entries = [maker.entries[-1], *maker.entries[:-1]]
    _tell_unmapped(maker, message, setting.maps.settled, made["Message"][0])
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": str(uuid5(NAMESPACE_URL, f"doorstep:hl7v2:fhir:{sender}|Bundle|{control}")),
        "identifier": {"system": CONTROL, "value": clean(control)},
        "type": "message",
    }
    sent = moment_of(header[7].split(message.delimiters.component)[0], setting.clock)
    if sent is not None and sent.when is not None:
        bundle["timestamp"] = sent.text
    return Translated(bundle | {"entry": entries}, setting.enclosed)


def _kind(message: Message, field: str) -> tuple[str, str]:
    """Return type and event; old senders give the event in EVN-1 alone."""
    code, event = kind_of(field, message.delimiters)
    return code, event or next((s.get(1).upper() for s in message.segments() if s.name == "EVN"), "")


def _map_of(kind: tuple[str, str]) -> MessageMap:
    known = mappings().messages
    return known.get("^".join(kind)) or known.get(kind[0]) or known["*"]


def _home(patient: Patient) -> Any:
    """Return the address whose wall clock counts where nothing else says one."""
    for segment in patient.segments.get("PID", ()):
        for rep in segment.repetitions(11):
            try:
                return values.address(rep)
            except values.Unusable:
                continue
    return None


def _all(message: Message) -> Segments:
    found: dict[str, list[Segment]] = {}
    for segment in message.segments():
        found.setdefault(segment.name, []).append(segment)
    return found


def _person(
    maker: Maker, patient: Patient, table: MessageMap, kind: tuple[str, str], seed: str, made: dict[str, list[str]]
) -> None:
    flat = not (table.item or table.report)
    own: dict[str, list[Segment]] = {name: list(found) for name, found in patient.segments.items()}
    for item in patient.items if flat else ():
        for name, found in item.segments.items():
            own.setdefault(name, []).extend(found)
    of_person = _run(maker, table.person, own, own, seed, {})
    _note(made, of_person)
    reads = [] if flat else _items(patient, kind)
    replaced = any("RO" in _controls(item) for item in patient.items)
    for number, (item, is_report, order_type) in enumerate(reads):
        parts = table.report if is_report and table.report else table.item
        scope = {**own, **item.segments}
        scope["NTE"] = _unowned(own) + _unowned(item.segments)
        of_item = _run(maker, parts, item.segments, scope, f"{seed}/item{number}", of_person, order_type)
        if replaced and _controls(item) == {"RP"}:
            maker.change(of_item.get("Request", ()), {"status": "revoked"})
        if kind[0] == "REF" and "Request" in of_item:
            of_person.setdefault("Referral", of_item["Request"][:1])
        _note(made, of_item)


def _controls(item: Item) -> set[str]:
    return {segment.get(1).upper() for segment in item.segments.get("ORC", ())}


def _note(made: dict[str, list[str]], more: Mapping[str, list[str]]) -> None:
    for name, urls in more.items():
        held = made.setdefault(name, [])
        held += [url for url in urls if url not in held]


def _items(patient: Patient, kind: tuple[str, str]) -> list[tuple[Item, bool, OrderType]]:
    """Return the items with whether each is a result and what kind of order it is: by the rules of the order itself."""
    items = list(patient.items)
    lines = [line_of(Sheet(), item.segments) for item in items]
    told = results_among(kind[0], [(item.segments, line) for item, line in zip(items, lines, strict=True)])
    if kind[0] == "REF" and all(told):
        items, lines, told = [*items, Item()], [*lines, None], [*told, False]
    types = [
        OrderType.UNKNOWN if result else type_of(line, patient.segments, item.segments)
        for item, line, result in zip(items, lines, told, strict=True)
    ]
    return [
        (
            item,
            kind[0] in _REPORTS or bool(_controls(item) & NOT_ORDERS) or result,
            settled(own, line, types),
        )
        for item, line, own, result in zip(items, lines, types, told, strict=True)
    ]


def _run(
    maker: Maker,
    parts: tuple[Part, ...],
    own: Segments,
    scope: Segments,
    seed: str,
    before: Mapping[str, list[str]],
    order_type: OrderType = OrderType.UNKNOWN,
) -> dict[str, list[str]]:
    """Make the resources of some parts; what `own` holds is made once, `scope` may be read."""
    made: dict[str, list[str]] = {}
    for part in parts:
        for following in _each(part, own):
            known = {n: [*before.get(n, ()), *made.get(n, ())] for n in {*before, *made}}
            known |= {n: made[n] for n in ("Request", "Requester") if n in made}
            segments = {**scope, **following}
            place = "/".join(str(s.ordinal) for s in following.get(part.each, ())) if part.each else part.table
            one = Scope(segments, f"{seed}/{place}", known)
            if not maker.holds(part.when, one) or (part.unless and maker.holds(part.unless, one)):
                continue
            resource, rename = _request_of(own, order_type) if part.table == "Request" else ("", {})
            url = maker.make(part.table, one, one, resource=resource, rename=rename)
            if url is not None and url not in made.setdefault(part.name, []):
                made[part.name].append(url)
    return made


def _request_of(own: Segments, order_type: OrderType) -> tuple[str, Mapping[str, Any]]:
    """Return which request an item is: a drug order, equipment, or a service."""
    name = "ServiceRequest"
    if not DRUG_SEGMENTS.isdisjoint(own):
        name = "MedicationRequest"
    elif order_type is OrderType.DME or "RQD" in own:
        name = "DeviceRequest"
    return name, mappings().requests[name]


def _each(part: Part, own: Segments) -> list[dict[str, list[Segment]]]:
    """Return the segments of each resource of a part: one of the named, with those after it that belong to it."""
    if not part.each:
        return [{}]
    anchors = own.get(part.each, [])
    found = []
    for number, anchor in enumerate(anchors):
        end = anchors[number + 1].ordinal if number + 1 < len(anchors) else 1 << 30
        group = {name: [s for s in own.get(name, ()) if anchor.ordinal < s.ordinal < end] for name in part.following}
        if "NTE" in group:
            group["NTE"] = _adjoining(anchor, group["NTE"])
        found.append({part.each: [anchor], **group})
    if part.rank:
        found.sort(key=lambda group: _rank(part.rank, group[part.each][0]))
    return found


def _rank(places: tuple[Place, ...], segment: Segment) -> int:
    for place in places:
        text = segment.get(place.field).upper()
        if text in RANKS:
            return RANKS[text]
        if text.isascii() and text.isdigit() and len(text) < 4:
            return int(text)
    return 999


def _adjoining(anchor: Segment, notes: list[Segment]) -> list[Segment]:
    """Return the notes that stand directly after a segment: they are about it."""
    found: list[Segment] = []
    for note in notes:
        if note.ordinal == anchor.ordinal + len(found) + 1:
            found.append(note)
    return found


def _unowned(segments: Segments) -> list[Segment]:
    """Return the notes that are about the order and not about one observation."""
    owned = {n.ordinal for anchor in segments.get("OBX", ()) for n in _adjoining(anchor, list(segments.get("NTE", ())))}
    return [note for note in segments.get("NTE", ()) if note.ordinal not in owned]


def _message_document(maker: Maker, data: bytes, control: str, made: Mapping[str, list[str]]) -> str:
    """Add the message as it was received, by reference to the document store."""
    digest = hashlib.sha256(data).hexdigest()
    body: dict[str, Any] = {
        "status": "current",
        "identifier": [{"system": CONTROL, "value": clean(control)}],
        "type": {"text": "HL7 v2 message as received"},
        "content": [{"attachment": {"contentType": MESSAGE_TYPE, "url": f"content:{digest}", "size": len(data)}}],
    }
    patients = made.get("Patient", [])
    if len(patients) == 1:
        body["subject"] = {"reference": patients[0]}
    return maker.put("DocumentReference", body, f"message|{control}")


def _tell_unmapped(maker: Maker, message: Message, settled_fields: frozenset[str], document: str) -> None:
    told = []
    for place, text in left_over(message, maker.log, settled_fields):
        shown = clean(text, lines=True)[:_MAX_VALUE]
        inner = [{"url": "place", "valueString": clean(place)}, {"url": "value", "valueString": shown or "?"}]
        told.append({"url": UNMAPPED, "extension": inner})
    if told:
        maker.change([document], {"extension": told})


def unmapped_of(bundle: Mapping[str, Any]) -> dict[str, str]:
    """Return what a Bundle of ours lists as not mapped: place -> text as sent."""
    found = {}
    for entry in bundle["entry"]:
        for extension in entry["resource"].get("extension", ()):
            if extension["url"] == UNMAPPED:
                place, value = (inner["valueString"] for inner in extension["extension"])
                found[place] = value
    return found
