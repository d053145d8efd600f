"""Choose among all pages' candidates, weigh contradictions, decide what may be used with no person looking."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import JsonValue
from rapidfuzz.distance import Levenshtein

from doorstep import rules
from handlers.extract.candidates import ALONE, SENTENCE, Candidate, label_count, of_page, unread
from handlers.extract.geometry import Box, sheet_of, union
from handlers.extract.values import Found
from schemas.document import DocumentClass, ExtractedField
from schemas.order import Evidence
from schemas.reading import Reading

CHECKS = frozenset(
    {"npi-luhn", "mbi-pattern", "icd10-leaf", "hcpcs-table", "payer-list", "zip-state", "electronic-signature"}
)
REQUIRED = frozenset(
    {
        "member_name",
        "dob",
        "payer",
        "member_id",
        "clinician_name",
        "clinician_npi",
        "icd10",
        "order_lines",
        "service_start",
        "ship_address",
        "contact_phone",
    }
)
"""Fields whose answer, when it stands there and cannot be read, must not be asked of the sender as missing."""
CORROBORATED = 0.05
FOLDED_COST = 0.05
NEAR = 2
"""Readings of one name that differ by so few letters are one name misread, not two names."""


def extract_fields(reading: Reading, document_class: DocumentClass) -> dict[str, ExtractedField]:
    """Return the fields of the order in this reading, each with its evidence; never guesses."""
    sheets = [sheet_of(page) for page in reading.pages if page.words]
    if not sheets:
        return {}
    counts = [label_count(sheet) for sheet in sheets]
    main = max(range(len(sheets)), key=lambda i: counts[i])
    by_field: dict[str, list[Candidate]] = {}
    for index, sheet in enumerate(sheets):
        for candidate in of_page(sheet, document_class):
            weight = candidate.strength if index == main else min(candidate.strength, ALONE)
            weighed = Candidate(candidate.field, candidate.found, weight, index)
            by_field.setdefault(candidate.field, []).append(weighed)
    chosen = {field: _choose(field, listed) for field, listed in by_field.items()}
    for field, span in unread(sheets[main]).items():
        if field in REQUIRED and field not in chosen:
            nothing = Candidate(field, Found(None, span), ALONE)
            chosen[field] = _field(nothing, 0.0, accepted=False, validators=["unreadable"])
    return _consistent(chosen)


def _choose(field: str, listed: list[Candidate]) -> ExtractedField:
    """Take the strongest candidate; agreement of others lifts it, contradiction bars it."""
    best = max(listed, key=lambda c: (c.strength, "zip-state" in c.found.validators, round(c.confidence, 3)))
    same = [c for c in listed if _key(c.found.value) == _key(best.found.value)]
    others = [c for c in listed if _key(c.found.value) != _key(best.found.value)]
    validators = list(dict.fromkeys(v for c in same if c.strength == best.strength for v in c.found.validators))
    if any("folded" not in c.found.validators for c in same) and "folded" in validators:
        validators.remove("folded")
    confidence = max(c.confidence for c in same)
    places = {c.found.span.box for c in same}
    confidence = min(0.99, confidence + CORROBORATED * (len(places) - 1)) - (
        FOLDED_COST if "folded" in validators else 0
    )
    conflict = any(_contradicts(best, other) for other in others)
    if conflict:
        validators.append("conflict")
    accepted = not conflict and confidence >= threshold(field, validators)
    return _field(best, confidence, accepted=accepted, validators=validators)


def _contradicts(best: Candidate, other: Candidate) -> bool:
    """Say whether another candidate is strong and different enough to doubt the best one."""
    if other.strength < min(best.strength, SENTENCE) or other.order != best.order:
        return False
    if other.strength < best.strength and other.confidence < 0.6:
        return False
    a, b = _key(best.found.value), _key(other.found.value)
    if best.field in {"member_name", "clinician_name", "payer"}:
        if a in b or b in a:
            return False
        return Levenshtein.distance(a, b) > NEAR or other.confidence > 0.8
    return best.field not in {"frequency", "access_barriers"}


def _key(value: JsonValue) -> str:
    return value.lower() if isinstance(value, str) else json.dumps(value, sort_keys=True)


def threshold(field: str, validators: Iterable[str]) -> float:
    """Return the least confidence at which a field is accepted, by whether it passed a check of its own."""
    limits = rules.load("documents/thresholds")
    own: Mapping[str, float] = {**limits["default"], **limits["fields"].get(field, {})}
    return float(own["checked"] if CHECKS.intersection(validators) else own["plain"])


def _field(candidate: Candidate, confidence: float, *, accepted: bool, validators: list[str]) -> ExtractedField:
    span = candidate.found.span
    box: Box | None = union(t.box for t in span.tokens if t.page == span.page)
    evidence = Evidence(
        page=span.page,
        box=box,
        raw=span.text[:200] or None,
        confidence=round(max(0.0, min(1.0, confidence)), 4),
        accepted=accepted,
        validators=tuple(validators),
    )
    return ExtractedField(value=candidate.found.value, evidence=evidence)


def _consistent(fields: dict[str, ExtractedField]) -> dict[str, ExtractedField]:
    """Bar dates that contradict each other: birth before signature, start before end."""
    for first, second in (("dob", "signature_date"), ("dob", "service_start"), ("service_start", "service_end")):
        if _dated(fields, first, second) and _day(fields[first]) > _day(fields[second]):
            for name in (first, second):
                fields[name] = barred(fields[name], f"after-{second}" if name == first else f"before-{first}")
    return fields


def _dated(fields: Mapping[str, ExtractedField], *names: str) -> bool:
    return all(name in fields and fields[name].value for name in names)


def _day(field: ExtractedField) -> date:
    return date.fromisoformat(str(field.value)[:10])


def barred(field: ExtractedField, why: str) -> ExtractedField:
    """Return the field as not accepted, with the reason among its validators."""
    evidence = field.evidence.model_copy(update={"accepted": False, "validators": (*field.evidence.validators, why)})
    return field.model_copy(update={"evidence": evidence})
