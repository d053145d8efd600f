"""What a file says, without storing anything: the library behind `doorstep read` (design section 3)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from doorstep import clock, rules
from doorstep.errors import HubError
from doorstep.handler import Unit
from doorstep.ocr import sniff
from doorstep.workers import Workers
from handlers.casework import day_of, primary_payer, rulesets_for
from handlers.check import evaluate
from handlers.classify import classify_reading, doubt
from handlers.extract import extract_fields
from handlers.extract.assemble import barred
from handlers.extract.facts import noted
from handlers.extract.people import order_of_pages, people_of
from handlers.normalize import doubt_of, order_from
from handlers.read import read_fax, read_mail
from handlers.translate import orders_in
from schemas.codec import CodecError
from schemas.document import DocumentClass, ExtractedField, FieldsExtracted
from schemas.element import (
    ElementStatus,
    unmet,
)
from schemas.fhir import dumps, xml_loads
from schemas.fields import fields_of
from schemas.mail.kinds import FHIR, HL7, kind_of
from schemas.order import Evidence, Order, OrderType
from schemas.reading import Reading

SECONDS = 300.0
MAX_BYTES = 256 * 1024 * 1024
_FHIR_XML = re.compile(rb"""\A(?:\xef\xbb\xbf)?\s*<[^\0]*\sxmlns\s*=\s*["']http://hl7\.org/fhir["']""")
_MAIL = re.compile(rb"\A\s{0,64}(?:From |[A-Za-z][A-Za-z0-9\-]{0,60}:)")
_CLASS_OF_TYPE = {
    OrderType.DME: DocumentClass.DME_ORDER,
    OrderType.HOME_HEALTH: DocumentClass.HOME_HEALTH_REFERRAL,
    OrderType.INFUSION: DocumentClass.INFUSION_ORDER,
    OrderType.UNKNOWN: DocumentClass.OTHER,
}


@dataclass
class Said:
    """What one input says; turned into the JSON line by `line`."""

    document_class: DocumentClass = DocumentClass.UNREADABLE
    class_confidence: float = 0.0
    pages: int = 0
    patients: int = 0
    fields: dict[str, ExtractedField] = field(default_factory=dict)
    facts: dict[str, ExtractedField] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    in_doubt: bool = True


async def read_file(path: Path, workers: Workers) -> dict[str, Any]:
    """Read one file in a worker process; whatever is wrong with it stands in the line, nothing is raised."""
    began = time.monotonic()
    digest = ""
    try:
        data = await asyncio.to_thread(_bytes_of, path)
        digest = hashlib.sha256(data).hexdigest()
        said: Said = await workers.run(read_bytes, data, clock.now(), timeout=SECONDS)
    except OSError as error:
        said = Said(reasons=[f"the file cannot be opened: {error.strerror or type(error).__name__}"])
    except (HubError, CodecError) as error:
        said = Said(reasons=[f"{error.code}: {error.message}"])
    return line(str(path), digest, said, time.monotonic() - began)


def line(name: str, digest: str, said: Said, seconds: float) -> dict[str, Any]:
    """Return the JSON line of `doorstep read --json`."""
    return {
        "file": name,
        "sha256": digest,
        "document_class": said.document_class.value,
        "class_confidence": said.class_confidence,
        "pages": said.pages,
        "patients": said.patients,
        "needs_review": said.in_doubt,
        "review_reasons": said.reasons,
        "missing_required": said.missing,
        "seconds": round(seconds, 3),
        "fields": {key: _shown(value) for key, value in said.fields.items()},
        "notes": [_shown(fact) for fact in said.facts.values()],
    }


def _shown(found: ExtractedField) -> dict[str, Any]:
    evidence = found.evidence
    return {
        "value": found.value,
        "confidence": evidence.confidence,
        "accepted": evidence.accepted,
        "page": evidence.page,
        "box": list(evidence.box) if evidence.box else None,
        "validators": list(evidence.validators),
    }


def _bytes_of(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise CodecError("too-big", f"the file has more than {MAX_BYTES >> 20} MB")
    return path.read_bytes()


def read_bytes(data: bytes, now: datetime) -> Said:
    """Read one input of any kind that the hub takes (in a worker process)."""
    if not data.strip():
        raise CodecError("empty", "the file is empty")
    kind = kind_of(data)
    if kind == HL7 or data[:3] == b"MSH":
        return _message("hl7v2", data.strip(b"\x0b\x1c\r\n") + b"\r", now)
    if kind == FHIR:
        return _message("fhir", _as_bundle(data), now)
    if _FHIR_XML.match(data[:4096]):
        return _message("fhir", _as_bundle(dumps(xml_loads(data, max_bytes=MAX_BYTES))), now)
    if sniff(data) is None and _MAIL.match(data[:256]):
        return _document("email", data, now)
    if sniff(data) is None:
        raise CodecError("unknown-format", "it is no TIFF, PDF, PNG, JPEG, mail, HL7 v2 message or FHIR")
    return _document("fax", data, now)


def _document(channel: str, data: bytes, now: datetime) -> Said:
    return said_of(read_mail(data) if channel == "email" else read_fax(data), channel, now)


def said_of(reading: Reading, channel: str, now: datetime) -> Said:
    """Return what a document says, from the words that were read of it."""
    verdict = classify_reading(reading)
    said = Said(verdict.document_class, verdict.confidence, len(reading.pages), verdict.patients)
    reason = doubt(verdict, reading.problems)
    said.reasons += [reason] if reason else []
    said.in_doubt = reason is not None
    if not verdict.document_class.is_order:
        return said
    said.fields = extract_fields(reading, verdict.document_class)
    said.facts = noted(reading)
    extracted = FieldsExtracted(
        document_id="-", channel=channel, received_at=now, reply_to=None, documents=(),
        document_class=verdict.document_class, patients=verdict.patients, fields=said.fields, facts=said.facts,
    )  # fmt: skip
    held = reason is not None or verdict.patients != 1
    if verdict.patients > 1:
        pages = order_of_pages(people_of(reading))
        said.reasons.append(f"it names {verdict.patients} patients: {pages}")
    elif verdict.patients == 0:
        said.reasons.append("no patient was found")
    said.in_doubt = said.in_doubt or held
    said.reasons += [f"{name}: {doubt_of(f)}" for name, f in said.fields.items() if not f.evidence.accepted]
    _judge(said, order_from(extracted, _unit()), now)
    if held:  # a person decides first what the papers are, or whose: nothing of them is used unseen
        said.fields = {name: barred(found, "held") for name, found in said.fields.items()}
        said.facts = {name: barred(found, "held") for name, found in said.facts.items()}
    return said


def _message(channel: str, data: bytes, now: datetime) -> Said:
    orders = orders_in(channel, data, "-")
    if isinstance(orders, CodecError):
        raise orders
    order = orders[0]
    said = Said(_CLASS_OF_TYPE[order.order_type], 1.0, 1, _members(orders), in_doubt=False)
    sure = Evidence(validators=("message",))
    said.fields = {name: ExtractedField(value=value, evidence=sure) for name, value in fields_of(order).items()}
    if len(orders) > 1:
        said.reasons.append(f"it holds {len(orders)} orders; the fields are those of the first")
    _judge(said, order, now)
    return said


def _members(orders: Iterable[Order]) -> int:
    return len({(o.member.name.text.lower() if o.member.name else "", o.member.dob) for o in orders})


def _judge(said: Said, order: Order, now: datetime) -> None:
    """Add what the rules for this kind of order find missing or in doubt."""
    rulesets = rulesets_for(_unit(), order.order_type, primary_payer(order))
    results = unmet(evaluate(order, rulesets, day_of(order, now.date())), "intake")
    said.missing = [r.element_id for r in results if r.status is ElementStatus.MISSING]
    in_doubt = [r.element_id for r in results if r.status is not ElementStatus.MISSING]
    said.in_doubt = said.in_doubt or bool(in_doubt)


class _RulesOnly:
    """The one part of a unit that judging an order needs; nothing here can write."""

    def rules(self, name: str) -> Mapping[str, Any]:
        return rules.load(name)


def _unit() -> Unit:
    return cast("Unit", _RulesOnly())


def _as_bundle(data: bytes) -> bytes:
    """Put a single FHIR resource into a collection Bundle, which the codec expects."""
    try:
        resource = json.loads(data)
    except ValueError as error:
        raise CodecError("structure", "the file is not JSON") from error
    if isinstance(resource, dict) and resource.get("resourceType") != "Bundle":
        resource = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}
    return json.dumps(resource).encode()
