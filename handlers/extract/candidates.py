"""Everything on a page that may be a value of a field, each with how strongly the page says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from handlers.extract import (
    addresses,
    banners,
    barriers,
    blocks,
    captions,
    codes,
    coverage,
    dates,
    frequencies,
    letterhead,
    names,
    places,
    prose,
    signing,
    values,
)
from handlers.extract.around import above, below, beside, heads_columns
from handlers.extract.asked import find_hits, is_strangers
from handlers.extract.convention import Side, side_at, votes
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.values import Found, Reader
from handlers.extract.vocabulary import IGNORED, is_label
from schemas.document import DocumentClass

LABEL: Final = 3
SENTENCE: Final = 2
ALONE: Final = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible value of a field: strength 3 beside its label, 2 in a sentence, 1 only by its look."""

    field: str
    found: Found
    strength: int
    order: int = 0

    @property
    def confidence(self) -> float:
        return self.found.span.confidence * self.found.quality


READERS: Mapping[str, Reader] = {
    "member_name": values.name,
    "clinician_name": values.name,
    "dob": dates.birth_date,
    "payer": values.payer,
    "member_id": values.member_id,
    "group_no": values.group_no,
    "clinician_npi": values.npi,
    "practice_phone": values.phone,
    "practice_fax": values.phone,
    "contact_phone": values.phone,
    "service_start": dates.one_date,
    "service_end": dates.one_date,
    "signature_date": dates.one_date,
    "discharge_deadline": dates.deadline,
    "equipment_brand": values.short_text,
    "equipment_model": values.short_text,
    "equipment_serial": values.serial,
}
CAPTIONED: Mapping[str, Reader] = {**READERS, "ship_address": places.address}
STRICT: Mapping[str, Reader] = {
    name: reader for name, reader in READERS.items() if reader not in {values.name, values.payer, values.short_text}
}
"""Readers that take no other kind of value for their own, and so can tell where a form has its values."""
NUMBERS = frozenset(
    {"clinician_npi", "contact_phone", "practice_phone", "practice_fax", "member_id", "group_no", "payer"}
)
"""Fields whose values somebody else on the page may have as well: the supplier, the pharmacy, a second insurance."""
OFFICE = frozenset({"practice_phone", "practice_fax"})
PERSONAL = frozenset({"dob", "ship_address", "member_name", "clinician_name"})
"""Fields that people have who are neither the member nor the clinician."""
_ORDERS = re.compile(r"order|prescri|refer|authori|request|certif|treating")
_ATTENDS = re.compile(r"^(?!.*(?:order|prescri|refer|authori|request|certif|treating|sign)).*attending")
_BELOW_A_COLON = 0.8
WIDE = 2.2
"""A gap of so many text heights is none between the words of one name."""
ELSEWHERE = 0.4
"""What stands where the form does not write its values counts little: the label's own place may be blank."""
BOX_CONFIDENCE = 0.9
UNSIGNED = 0.9
"""That nothing stands at a signature's label is a little less certain than that something does."""
WRITTEN_OVER = frozenset({"signature_date", "clinician_npi"})
"""Fields that stand on a line over their label, and whose values cannot be taken for another's."""


def of_page(sheet: Sheet, document_class: DocumentClass) -> list[Candidate]:
    """Return all candidates of one page."""
    hits = find_hits(sheet)
    if captions.written_so(sheet):
        hits = [h for h in hits if not sheet.rows[h.row][h.start].text.startswith("(")]
    hits = [h for h in hits if not captions.bracketed(sheet.rows[h.row][h.start : h.end])]
    shown = votes(sheet, hits, STRICT)
    sides = {hit.row: side_at(shown, hit.middle, sheet.height) for hit in hits}
    found = [c for hit in hits for c in _at_label(sheet, hits, hit, sides[hit.row])]
    found += [Candidate(field, value, LABEL) for field, value in addresses.labelled_parts(sheet, hits, sides)]
    found += [Candidate(field, value, LABEL) for field, value in names.joined(sheet, hits, sides)]
    found += [
        Candidate(f, value, LABEL)
        for f, value in captions.candidates(sheet, {**READERS, "ship_address": places.address})
    ]
    loose = [Candidate(field, value, SENTENCE) for field, value in prose.candidates(sheet)]
    loose += [Candidate(field, value, SENTENCE) for field, value in prose.closing(sheet)]
    loose += [Candidate(field, value, SENTENCE) for field, value in prose.regarding(sheet)]
    loose += [Candidate(field, value, SENTENCE) for field, value in coverage.candidates(sheet, hits)]
    loose += [Candidate(field, value, SENTENCE) for field, value in prose.signed_on(sheet)]
    loose += [Candidate(field, value, SENTENCE) for field, value in prose.headed(sheet)]
    loose += [Candidate("signature_date", value, SENTENCE) for value in signing.dates_behind(sheet, hits)]
    loose += [Candidate("signature_date", value, SENTENCE) for value in signing.dates_beside_ink(sheet)]
    loose += [Candidate("clinician_npi", value, ALONE) for value in prose.lone_npi(sheet)]
    loose += [Candidate(field, value, SENTENCE) for field, value in blocks.candidates(sheet, hits)]
    loose += [Candidate(field, value, SENTENCE) for field, value in banners.candidates(sheet, hits)]
    theirs = [h for h in hits if is_strangers(sheet, h) or _outranked(sheet, hits, h)]
    others, strangers = (
        _of_others(sheet, hits, [h for h in hits if h.field == IGNORED]),
        _of_others(sheet, hits, theirs),
    )
    taken = {token: c.field for c in found for token in c.found.span.tokens}
    for one in loose:
        if any(taken.get(token, one.field) != one.field for token in one.found.span.tokens):
            continue
        barred = others if one.field in NUMBERS else strangers if one.field in PERSONAL else set()
        if barred.isdisjoint(one.found.span.tokens):
            found.append(one)
    found = [c for c in found if c.field not in OFFICE or not letterhead.of_a_supplier(sheet, hits, c.found.span)]
    found += _signature(sheet, hits)
    for field, value in (
        ("icd10", codes.diagnoses(sheet, hits)),
        ("order_lines", codes.order_lines(sheet, hits)),
        ("frequency", _frequency(sheet, hits, document_class)),
        ("access_barriers", barriers.found(sheet, hits, sides)),
    ):
        if value is not None:
            found.append(Candidate(field, value, LABEL))
    return found


def _of_others(sheet: Sheet, hits: list[Hit], theirs: list[Hit]) -> set[Token]:
    """Return the words that stand at labels of things that are not ours to take."""
    found: set[Token] = set()
    for hit in theirs:
        right = beside(sheet, hits, hit)
        found.update(right.tokens)
        answered = bool(right.tokens) and right.tokens[0].cell == sheet.rows[hit.row][hit.end - 1].cell
        if not (hit.colon and answered):
            found.update(token for span in below(sheet, hits, hit) for token in span.tokens)
    return found


def _at_label(sheet: Sheet, hits: list[Hit], hit: Hit, side: Side | None) -> Iterator[Candidate]:
    if hit.field in READERS:
        reader = values.family_first if _last_first(sheet, hit) else READERS[hit.field]
        found = _read(sheet, hits, hit, reader, side)
        if found is not None and not is_label(str(found.value)) and not _outranked(sheet, hits, hit):
            yield Candidate(hit.field, found, LABEL)
    elif hit.field == "service_period":
        yield from _period(sheet, hits, hit)
    elif hit.field == "ship_address":
        yield from _address(sheet, hits, hit)
    elif hit.field in {"name_and_address", "clinician_name_and_address"}:
        yield from _name_and_address(sheet, hits, hit)
    elif hit.field in {"phone_fax", "fax_phone"}:
        yield from _phone_and_fax(sheet, hits, hit)
    elif hit.field == "equipment_brand_model":
        yield from _brand_and_model(sheet, hits, hit)
    if hit.field == "service_start":
        yield from _period(sheet, hits, hit)


def _outranked(sheet: Sheet, hits: list[Hit], hit: Hit) -> bool:
    """Say whether a clinician is only the attending one on a page that says who orders."""
    if hit.field != "clinician_name" or not _ATTENDS.search(_label(sheet, hit)):
        return False
    return any(h.field == "clinician_name" and _ORDERS.search(_label(sheet, h)) for h in hits)


def _label(sheet: Sheet, hit: Hit) -> str:
    return " ".join(t.text for t in sheet.rows[hit.row][hit.start : hit.end]).lower()


def _last_first(sheet: Sheet, hit: Hit) -> bool:
    """Say whether a name's label asks for the family name first."""
    text = _label(sheet, hit)
    return READERS[hit.field] is values.name and "last" in text and text.find("last") < text.find("first")


def _read(sheet: Sheet, hits: list[Hit], hit: Hit, reader: Reader, side: Side | None) -> Found | None:
    """Read what belongs to a label: what follows it in its own cell, else what stands on the form's usual side."""
    right = beside(sheet, hits, hit)
    if hit.field not in STRICT:
        right = clipped(sheet, right)
    own_cell = bool(right.tokens) and right.tokens[0].cell == sheet.rows[hit.row][hit.end - 1].cell
    if own_cell:
        found = reader(right)
        if found is not None or not _aside(right):
            return found
    if side == "above":
        over = above(sheet, hits, hit)
        if over.tokens or hit.field in WRITTEN_OVER:
            return reader(over) or (_on_the_line(sheet, hit) if not right.tokens else None)
        if right.tokens or any(_captioned(sheet, hits, span) for span in below(sheet, hits, hit)):
            return None
    under = next((found for span in below(sheet, hits, hit) if (found := reader(span)) is not None), None)
    beside_it = reader(right) if right.tokens and not own_cell and not _owned(sheet, hits, right) else None
    if side == "below" and under is not None:
        return under
    if beside_it is not None:
        return beside_it
    if under is not None:
        worth = _BELOW_A_COLON if hit.colon else 1.0
        strict = hit.field in STRICT and not hit.colon
        expected = side in {"below", None} or strict or heads_columns(sheet, hits, hit)
        worth = worth if expected else ELSEWHERE
        return Found(under.value, under.span, under.validators, under.quality * worth)
    if hit.field in WRITTEN_OVER and not right.tokens:
        return reader(above(sheet, hits, hit)) or _on_the_line(sheet, hit)
    return None


def _on_the_line(sheet: Sheet, hit: Hit) -> Found | None:
    """Read the one date on the line under a signature's label, wherever on it."""
    if hit.field != "signature_date" or hit.row + 1 >= len(sheet.rows):
        return None
    row = sheet.rows[hit.row + 1]
    listed = dates.dates(Span(row)) if row[0].box[1] - hit.box[3] < 4 * sheet.height else []
    return listed[0][0] if len(listed) == 1 else None


def _captioned(sheet: Sheet, hits: list[Hit], span: Span) -> bool:
    """Say whether a label stands right under a value, which may be that one's."""
    left, bottom = span.tokens[0].box[0], max(t.box[3] for t in span.tokens)
    return any(abs(h.box[0] - left) < 3 * sheet.height and 0 <= h.box[1] - bottom < 2 * sheet.height for h in hits)


def _owned(sheet: Sheet, hits: list[Hit], span: Span) -> bool:
    """Say whether what stands right of a label stands right under another one, so that it may be that one's."""
    left, top = span.tokens[0].box[:2]
    return any(
        abs(h.box[0] - left) < 1.5 * sheet.height
        and 0 < top - h.box[1] < 2.4 * sheet.height
        and h.row < span.tokens[0].row
        for h in hits
    )


def clipped(sheet: Sheet, span: Span) -> Span:
    """Return the words up to a gap too wide to stand within one value."""
    kept = list(span.tokens[:1])
    for token in span.tokens[1:]:
        if token.row == kept[-1].row and token.box[0] - kept[-1].box[2] > WIDE * sheet.height:
            break
        kept.append(token)
    return Span(tuple(kept))


def _aside(span: Span) -> bool:
    """Say whether what follows a label is only a remark on it in brackets."""
    return span.text.startswith("(") or len(span.text) <= 2


def _period(sheet: Sheet, hits: list[Hit], hit: Hit) -> Iterator[Candidate]:
    """Read `from ... to ...`: two dates beside or under one label."""
    for span in (beside(sheet, hits, hit), *below(sheet, hits, hit)):
        listed = dates.dates(span)
        between = span.text[listed[0][2] : listed[1][1]] if len(listed) == 2 else ""
        told = hit.field == "service_period" or re.search(r"\b(?:to|thru|through|until|end\w*)\b|[-–—]", between, re.I)
        if len(listed) == 2 and told and str(listed[0][0].value) < str(listed[1][0].value):
            yield Candidate("service_start", listed[0][0], LABEL)
            yield Candidate("service_end", listed[1][0], LABEL)
            return
        if listed:
            return


def _lines(sheet: Sheet, hits: list[Hit], hit: Hit, rows: int) -> list[Span]:
    right = beside(sheet, hits, hit)
    under = below(sheet, hits, hit, rows=rows)
    if right.tokens:
        left = right.tokens[0].box[0] - 2 * sheet.height
        return [right, *(s for s in under if s.tokens[0].box[0] >= min(left, hit.box[0] - 2 * sheet.height))]
    return under


def _address(sheet: Sheet, hits: list[Hit], hit: Hit) -> Iterator[Candidate]:
    lines = _lines(sheet, hits, hit, rows=3)
    for count in range(1, len(lines) + 1):
        found = places.address(Span(tuple(t for line in lines[:count] for t in line.tokens)))
        if found is not None:
            yield Candidate("ship_address", found, LABEL)
            label = Span(sheet.rows[hit.row][hit.start : hit.end]).text
            numbers = [n for line in lines[: count + 1] for n in values.phones(line)]
            if re.search(r"phone", label, re.IGNORECASE) and len(numbers) == 1:
                yield Candidate("contact_phone", numbers[0], LABEL)
            return


def _name_and_address(sheet: Sheet, hits: list[Hit], hit: Hit) -> Iterator[Candidate]:
    """Read a box that holds a name and under it an address and a telephone number (CMS-485 boxes 6 and 24)."""
    lines = below(sheet, hits, hit, rows=5) or _lines(sheet, hits, hit, rows=4)
    if not lines:
        return
    whose = "clinician_name" if hit.field.startswith("clinician") else "member_name"
    named = values.name(lines[0])
    if named is not None:
        yield Candidate(whose, named, LABEL)
    tokens = tuple(t for line in lines for t in line.tokens)
    rest = tokens[len(named.span.tokens) :] if named is not None else tokens
    found = places.address(Span(rest))
    if found is not None and whose == "member_name":
        yield Candidate("ship_address", found, LABEL)
    label = _label(sheet, hit)
    if whose == "member_name" and re.search(r"\b(?:hic\w*|id|medicare|policy|claim|insurance)\b", label):
        last = values.member_id(lines[-1])
        if last is not None and len(lines) > 2:
            yield Candidate("member_id", last, LABEL)
    for line in lines[1:]:
        numbers = values.phones(line)
        if numbers:
            field = "contact_phone" if whose == "member_name" else "practice_phone"
            yield Candidate(field, numbers[0], LABEL)
            return


def _phone_and_fax(sheet: Sheet, hits: list[Hit], hit: Hit) -> Iterator[Candidate]:
    """Read the two numbers at one label (`Office phone / fax`)."""
    order = ("practice_phone", "practice_fax") if hit.field == "phone_fax" else ("practice_fax", "practice_phone")
    for span in (beside(sheet, hits, hit), *below(sheet, hits, hit)):
        numbers = values.phones(span)
        if len(numbers) == 2:
            yield from (Candidate(field, found, LABEL) for field, found in zip(order, numbers, strict=True))
        if span.tokens:
            return


def _brand_and_model(sheet: Sheet, hits: list[Hit], hit: Hit) -> Iterator[Candidate]:
    for span in (beside(sheet, hits, hit), *below(sheet, hits, hit)):
        parts = re.split(r"\s+/\s+|,\s+", span.text, maxsplit=1)
        first = len(parts[0].split()) if len(parts) == 2 else 1
        rest = tuple(t for t in span.tokens[first:] if t.text not in {"/", ",", "-"})
        if span.tokens and rest:
            brand, model = values.short_text(Span(span.tokens[:first])), values.short_text(Span(rest))
            if brand is not None and model is not None:
                yield Candidate("equipment_brand", brand, LABEL)
                yield Candidate("equipment_model", model, LABEL)
        if span.tokens:
            return


def _frequency(sheet: Sheet, hits: list[Hit], document_class: DocumentClass) -> Found | None:
    labelled = [
        span
        for hit in hits
        if hit.field == "frequency"
        for span in (beside(sheet, hits, hit), *below(sheet, hits, hit))
    ]
    found = frequencies.frequency(labelled, document_class) or frequencies.frequency(sheet.paragraphs, document_class)
    return found or (_visits(sheet, hits) if document_class is DocumentClass.HOME_HEALTH_REFERRAL else None)


def _visits(sheet: Sheet, hits: list[Hit]) -> Found | None:
    """Read the number beside `Number of visits`."""
    for hit in hits:
        words = Span(sheet.rows[hit.row][hit.start : hit.end]).text.lower()
        first = beside(sheet, hits, hit).tokens[:1]
        if hit.field == "quantity" and "visit" in words and first and re.fullmatch(r"\d{1,3}", first[0].text):
            return Found({"kind": "visits", "value": int(first[0].text)}, Span(first), ("pattern",))
    return None


def _signature(sheet: Sheet, hits: list[Hit]) -> Iterable[Candidate]:
    electronic = prose.electronic_signature(sheet) or signing.electronic(sheet, hits)
    if electronic is not None:
        return [Candidate("signature_present", electronic, LABEL)]
    state = sheet.marks.get("signature")
    if state is None:
        row = signing.unlabelled(sheet)
        ink = Found(True, Span((replace(row[0], confidence=BOX_CONFIDENCE),)), ("pixels",)) if row else None
        return [Candidate("signature_present", ink, SENTENCE)] if ink is not None else []
    label = next((t for row in sheet.rows for t in row if re.search(r"signature|signed", t.text, re.IGNORECASE)), None)
    label = label or sheet.rows[-1][0]
    span = Span((replace(label, confidence=BOX_CONFIDENCE),))
    doubtful = not state and sheet.marks.get("signature:printed", False)
    quality = 0.5 if doubtful else 1.0 if state else UNSIGNED
    return [Candidate("signature_present", Found(bool(state or doubtful), span, ("pixels",), quality), LABEL)]
