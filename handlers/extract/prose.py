"""Values in sentences (letters, mails, notes): patterns over a page's text in reading order."""

# ruff: noqa: E501 - a pattern is easier to read on one line

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from handlers.extract import barriers, dates, places, values
from handlers.extract.geometry import Sheet, Span, cells_of
from handlers.extract.values import Found
from handlers.extract.vocabulary import stranger_words

_NAME = r"((?:[A-Z][A-Za-z'’\-]+\.?,?\s+){1,3}[A-Z][A-Za-z'’\-]+)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_DATE_AHEAD = rf"(?=\W{{0,4}}(?:\d{{1,2}}[/\-.]|\d{{4}}-|{_MONTH}[a-z]*\.?\s\d|\d{{1,2}}\s{_MONTH}))"
_RANGE = re.compile(
    rf"\b(?:from|between|effective)\b\W{{0,3}}({dates.DATE_TEXT})\W{{0,3}}(?:to|through|thru|until|and)?\W{{0,3}}({dates.DATE_TEXT})",
    re.I,
)
_BORN = r"(?:born(?:\s+on)?|d\.?o\.?b\.?|date\s+of\s+birth|birth\s?date)"
Pick = Callable[[Span], Found | None]

# field, pattern (what follows the match is read, or group 1 where there is one), reader
_FOLLOWING: tuple[tuple[str, str, Pick], ...] = (
    ("dob", rf"\b{_BORN}\b\W{{0,4}}", dates.birth_date),
    ("clinician_npi", r"\bNPI\b(?:\s?(?:number|no\.?|is|#))*\W{0,4}", values.npi),
    ("member_id", r"\b(?:member|policy|subscriber|medicare|medicaid|insurance|beneficiary)\s+(?:id|number|no\.?|#|identifier|identification)(?:\s?(?:number|no\.?|is|#))*\W{0,4}", values.member_id),
    ("member_id", r"\b(?:policy|member|subscriber)\s+(?=[A-Z]{0,4}\d{6,})", values.member_id),
    ("group_no", r"\bgroup(?:\s?(?:number|no\.?|is|id|#))*\W{0,4}(?=\S*\d)", values.group_no),
    ("payer", r"\b(?:has|have|carries|holds)\s+(?=[A-Z])", values.known_payer),
    ("payer", r"\b(?:insured|covered)\s+(?:by|through|with|under)\s+|\b(?:insurance|coverage|payer|insurer)\s+(?:is\s+)?(?:through|with|by|under)\s+|\b(?:insurance|coverage|payer|insurer)\s+is\s+(?!through|with|by|under)|\bcoverage:?\s+", values.payer),
    ("contact_phone", r"\b(?:patient|member|home|contact|cell|mobile|he|she|they|family)\b[^.:;]{0,40}?\b(?:phone|telephone|tel|reached|called|number|call)\b[^\d(.;]{0,24}(?=[\d(])", values.phone),
    ("contact_phone", r"\b(?:best|preferred)\s+(?:number|phone|telephone|way|time)\b[^\d(.;]{0,30}(?=[\d(])", values.phone),
    ("contact_phone", r"\b(?:can|may)\s+be\s+reached\s+(?:at|on|by\s+(?:phone|telephone)\s+at)\s+(?=[\d(])", values.phone),
    ("practice_fax", r"\b(?:office|practice|clinic|our)\s+(?:fax|facsimile)\b[^\d(.;]{0,20}(?=[\d(])", values.phone),
    ("practice_phone", r"\b(?:office|practice|clinic|our)\s+(?:phone|telephone|tel|number)\b[^\d(.;]{0,20}(?=[\d(])", values.phone),
    ("service_start", rf"\b(?:start(?:ing|s)?|begin(?:ning|s)?|effective|commenc(?:e|ing)|first\s+(?:dose|visit|delivery))\b(?:\s+(?:date|on|of|care|service|services|is|from))*\W{{0,3}}{_DATE_AHEAD}", dates.first_date),
    ("service_end", rf"\b(?:through|until|till|ending|ends?|thru)\b(?:\s+(?:on|date))*\W{{0,3}}{_DATE_AHEAD}", dates.first_date),
    ("discharge_deadline", rf"\b(?:discharg(?:e|ed|ing)|d/c)\b[^.;:]{{0,40}}?\W{{0,3}}{_DATE_AHEAD}", dates.deadline),
    ("ship_address", r"\b(?:deliver(?:y|ed)?|ship(?:ped|ping)?|resid(?:es|ing|ence)|lives?|living|home|address)\b[^\d;]{0,40}(?=\d{1,6}(?:-[A-Z])?\s)", places.address),
    ("signature_date", rf"\b(?:signed|e-?signed)\b[^;]{{0,80}}?(?:\bon\b|\bdate\b)?\W{{0,3}}{_DATE_AHEAD}", dates.first_date),
    ("equipment_serial", r"\bserial\s*(?:number|no\.?|#)?\W{0,3}", values.serial),
)  # fmt: skip
_NAMED: tuple[tuple[str, str], ...] = (
    ("member_name", rf"\b(?i:my\s+patient|our\s+patient|patient|member|beneficiary|for|re|regarding)\b[\s,:]+(?:(?:Mr|Mrs|Ms|Miss)\.?\s+)?{_NAME},?\s*\(?(?i:{_BORN})"),
    ("member_name", rf"\b(?i:my|our|the|above)\s+(?i:patient),?\s+(?:(?:Mr|Mrs|Ms|Miss)\.?\s+)?{_NAME}"),
    ("clinician_name", rf"\b(?i:signed|authorized|ordered|prescribed)\s+(?i:electronically\s+|digitally\s+)?(?i:by):?\s+(?:Dr\.?\s+)?{_NAME}"),
    ("clinician_name", rf"\bDr\.?\s+{_NAME}"),
    ("clinician_name", rf"{_NAME},\s*(?:M\.?D|D\.?O|N\.?P|P\.?A|APRN|FNP|DNP|CNP|CRNP|ARNP|PA-C|FNP-C|FNP-BC)\b\.?"),
)  # fmt: skip
_ORDERS = re.compile(
    r"\(?(?:M\.?D|D\.?O|N\.?P|P\.?A|DPM|APRN|ARNP|CRNP|CNP|DNP|[AF]NP|PA-C|NP-C|FNP-(?:C|BC)|F[A-Z]{3})\.?\)?,?"
)
"""Credentials of those who may order."""
_REGARDING = re.compile(
    r"\s*(?i:re|regarding)\s*:\s*(?:(?:Mr|Mrs|Ms|Miss)\.?\s+)?((?:[A-Z][A-Za-z'’\-]*\.?,?\s+){1,3}[A-Z][A-Za-z'’\-]*)\.?\s*$"
)
_BIRTH_NEXT = re.compile(rf"\W*(?:patient(?:'s)?\s+)?{_BORN}\b", re.IGNORECASE)
_CLOSING = re.compile(
    r"\W*(?:sincerely|respectfully|cordially|(?:kind|best|warm)?\s*regards|yours truly|thank you,)\b", re.I
)
_AT_THE_DOOR = re.compile(r"\b(?:deliver|note|access|entrance|building|driver|there\s+(?:is|are)|lives)", re.IGNORECASE)
LETTER_HEAD = 9
SURE = 0.5
_ESIGNED = re.compile(
    r"\b(?:electronically|digitally)\s+signed\b|\be-?signed(?:\s+by\b|\s*:\s*[A-Z])|\bsigned\s+electronically\b|/s/\s*[A-Z]|\bsignature\s+on\s+file\s+electronically\b|\belectronic\s+signature\s*:?\s*(?:of\s+)?[A-Z][a-z]+\s+[A-Z]",
    re.IGNORECASE,
)
_NOT_SIGNED = re.compile(
    r"\b(?:not|never|un|pending|awaiting|requires?|required|to\s+be|please|must\s+be|needs?)\b[^.]{0,25}$",
    re.IGNORECASE,
)


def candidates(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Yield (field, value) for every pattern that reads on this page."""
    for paragraph in sheet.paragraphs:
        text = paragraph.text
        for field, pattern, reader in _FOLLOWING:
            for match in re.finditer(pattern, text, re.IGNORECASE):
                found = reader(paragraph.slice(match.end(), min(len(text), match.end() + 90)))
                if found is not None:
                    yield field, found
        for match in _RANGE.finditer(text):
            for field, group in (("service_start", 1), ("service_end", 2)):
                found = dates.first_date(paragraph.slice(*match.span(group)))
                if found is not None:
                    yield field, found
        for field, pattern in _NAMED:
            for match in re.finditer(pattern, text):
                found = values.name(paragraph.slice(*match.span(1)))
                if found is not None and not (field == "clinician_name" and _anothers(text[: match.start(1)])):
                    yield field, found


def _anothers(before: str) -> bool:
    """Say whether the words before a name ask for somebody else: `PCP who will follow: ...`."""
    asked = re.search(r"([^.:;]{2,80}):\s*(?:Dr\.?\s+)?$", before)
    return asked is not None and bool(stranger_words(asked[1]))


def signed_on(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Yield the day behind the words that say that the order was signed electronically, in whichever cell it stands."""
    for index, row in enumerate(sheet.rows):
        span = Span(row)
        match = _ESIGNED.search(span.text)
        if match is None or _NOT_SIGNED.search(span.text[: match.start()]):
            continue
        after = span.slice(match.end(), len(span.text))
        listed = dates.dates(after)
        if not listed and index + 1 < len(sheet.rows):
            listed = [one for one in dates.dates(Span(sheet.rows[index + 1])) if one[1] <= 8]
        if len(listed) == 1:
            yield "signature_date", listed[0][0]


def headed(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Yield the clinician whose name and credential are all of a line: a prescription's head, a printed signature."""
    for row in sheet.rows:
        for cell in cells_of(row):
            named = values.name(Span(cell))
            rest = cell[len(named.span.tokens) :] if named is not None else ()
            if named is not None and rest and all(_ORDERS.fullmatch(t.text) for t in rest):
                yield "clinician_name", named


def regarding(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Yield the person whom a letter is about: alone on the line of its subject, the birth on the next one."""
    for row, after in pairwise(sheet.rows):
        span = Span(row)
        match = _REGARDING.match(span.text)
        if match is not None and _BIRTH_NEXT.match(Span(after).text):
            named = values.name(span.slice(match.start(1), len(span.text)))
            if named is not None:
                yield "member_name", named


def closing(sheet: Sheet) -> Iterator[tuple[str, Found]]:
    """Yield what a letter says by its form: the name under its closing, the day over its address, what its end asks."""
    end = next((n for n, row in enumerate(sheet.rows) if _CLOSING.match(Span(row).text)), None)
    if end is None:
        return
    for row in sheet.rows[end + 1 : end + 5]:
        named = values.name(Span(row))
        if named is not None and named.span.confidence > SURE:
            yield "clinician_name", named
            break
    for row in sheet.rows[: min(end, LETTER_HEAD)]:
        listed = dates.dates(Span(row))
        if len(listed) == 1 and listed[0][2] - listed[0][1] >= len(Span(row).text) - 8:
            yield "signature_date", listed[0][0]
            break
    for paragraph in sheet.paragraphs:
        for sentence in re.finditer(r"[^.!?]+", paragraph.text):
            if _AT_THE_DOOR.search(sentence[0]):
                found = barriers.named(paragraph.slice(*sentence.span()))
                if found is not None:
                    yield "access_barriers", found


def lone_npi(sheet: Sheet) -> Iterator[Found]:
    """Yield ten-digit numbers that pass the NPI's check and can be no telephone number (those never begin with 1)."""
    for row in sheet.rows:
        for token in row:
            if re.fullmatch(r"1\d{9}", token.text, re.ASCII):
                found = values.npi(Span((token,)))
                if found is not None:
                    yield found


def electronic_signature(sheet: Sheet) -> Found | None:
    """Return the words that say that the order was signed electronically."""
    for paragraph in sheet.paragraphs:
        for match in _ESIGNED.finditer(paragraph.text):
            if not _NOT_SIGNED.search(paragraph.text[: match.start()]):
                return Found(True, paragraph.slice(*match.span()), ("electronic-signature",))
    return None
