"""Choose each field's value among all pages and engines, weigh contradictions, decide what may be used unseen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import JsonValue

from handlers.extract.agree import Settled, on_its_page, settle
from handlers.extract.announced import unread
from handlers.extract.geometry import Box, Span, union
from handlers.extract.leftover import MORE_CODES, left_over
from handlers.extract.opinion import View, main_page, noise_of, opinions, views_of
from handlers.extract.people import untied
from handlers.extract.plausible import ALSO_A_CODE, NAMES, NO_CITY, NO_NAME, NO_VALUE, doubt_about, doubt_about_codes
from handlers.extract.trust import confidence, threshold
from schemas.document import DocumentClass, ExtractedField
from schemas.order import Evidence
from schemas.reading import Reading

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
NEEDED = {"clinician_npi": "npi-luhn", "icd10": "icd10-leaf", "ship_address": "zip-state"}
"""The check without which a value of a field is never used unseen."""
UNSECONDED = "unseconded"
SECONDED = NAMES | {"dob", "order_lines", "contact_phone", "practice_phone", "practice_fax"}
"""Whose value is used unseen only where both engines read it: nothing in it says that a letter is wrong."""
USUAL_FIELDS = 16
"""So many fields an order has whose form is understood."""
FAR_APART = 3 * 365
"""Days of one order are not so far apart: the year of one is misread (2076 for 2026)."""
LACKING = frozenset({"no-quantity", UNSECONDED, *(f"no-{check}" for check in NEEDED.values())})


def extract_fields(reading: Reading, document_class: DocumentClass) -> dict[str, ExtractedField]:
    """Return the fields of the order in this reading, each with its evidence; never guesses."""
    settled, views, main = settled_fields(reading, document_class)
    taken = {str(found.opinion.value).upper() for found in settled.values()}
    chosen = {
        field: _field(field, found, left_over(field, found.opinion.value, views, main, taken))
        for field, found in settled.items()
    }
    for view in views:
        sheet = view.sheet(main)
        for field, span in unread(sheet).items() if sheet is not None else ():
            if field in REQUIRED and field not in chosen:
                chosen[field] = _unreadable(span)
    return _consistent(chosen)


def settled_fields(
    reading: Reading, document_class: DocumentClass
) -> tuple[dict[str, Settled], list[View], int | None]:
    """Return each field's value with the evidence as numbers: what the calibration is fitted on."""
    views = [view for view in views_of(reading) if view.sheets]
    main = main_page(views)
    others = untied(reading, main)
    said = [opinions(view, main, document_class, others) for view in views]
    fields = dict.fromkeys(field for found in said for field in found)
    every = [opinion for found in said for opinion in found.values()]
    settled = {field: settle([found[field] for found in said if field in found], views, every) for field in fields}
    noise = {page.number: noise_of(page) for page in reading.pages}
    thin = 1.0 - min(1.0, len(settled) / USUAL_FIELDS)
    placed = {
        field: on_its_page(found, noise.get(found.opinion.best.found.span.page or 0, 0.0), thin)
        for field, found in settled.items()
    }
    return placed, views, main


def _field(field: str, settled: Settled, more: str | None) -> ExtractedField:
    sure = confidence(field, settled.features)
    validators = (*settled.validators, "conflict") if settled.conflict else settled.validators
    validators = (*validators, *lacking(field, settled.opinion.value, validators))
    twin = doubt_about_codes(settled.opinion.value) if field == "icd10" and "one-engine" in validators else None
    doubts = (doubt_about(field, settled.opinion.value), twin, more)
    validators = (*validators, *(doubt for doubt in doubts if doubt))
    barred_by = {"conflict", NO_NAME, NO_VALUE, NO_CITY, ALSO_A_CODE, MORE_CODES, *LACKING}.intersection(validators)
    accepted = not barred_by and settled.opinion.value is not None and sure >= threshold(field)
    span = settled.opinion.best.found.span
    return ExtractedField(
        value=settled.opinion.value, evidence=_evidence(span, sure, accepted=accepted, validators=validators)
    )


def lacking(field: str, value: JsonValue, validators: tuple[str, ...]) -> tuple[str, ...]:
    """Return what bars a value however clearly it was read: a check not passed, a part not there."""
    wanted = NEEDED.get(field)
    if wanted is not None and wanted not in validators:
        return (f"no-{wanted}",)
    if field in SECONDED and "one-engine" in validators:
        return (UNSECONDED,)
    if field == "order_lines" and isinstance(value, list):
        whole = all(isinstance(line, dict) and line.get("quantity") is not None for line in value)
        return () if whole else ("no-quantity",)
    return ()


def _unreadable(span: Span) -> ExtractedField:
    return ExtractedField(value=None, evidence=_evidence(span, 0.0, accepted=False, validators=("unreadable",)))


def _evidence(span: Span, sure: float, *, accepted: bool, validators: tuple[str, ...]) -> Evidence:
    box: Box | None = union(t.box for t in span.tokens if t.page == span.page)
    return Evidence(
        page=span.page,
        box=box,
        raw=span.text[:200] or None,
        confidence=round(sure, 4),
        accepted=accepted,
        validators=validators,
    )


def _consistent(fields: dict[str, ExtractedField]) -> dict[str, ExtractedField]:
    """Bar dates that contradict each other (a birth after the signature), and a signature's day without a signature.

    The day at the head of a letter stands for the signature's only where the letter is signed.
    """
    signed = fields.get("signature_present")
    if "signature_date" in fields and (signed is None or signed.value is not True):
        fields["signature_date"] = barred(fields["signature_date"], "no-signature")
    for first, second in (("signature_date", "service_start"), ("service_start", "service_end")):
        if _dated(fields, first, second) and abs((_day(fields[first]) - _day(fields[second])).days) > FAR_APART:
            for name in (first, second):
                fields[name] = barred(fields[name], "years-apart")
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
