"""Codes: diagnoses, and ordered items with their quantities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from doorstep import rules
from handlers.extract import lookalikes, ticks
from handlers.extract.around import below, beside
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.quantities import quantity_of
from handlers.extract.values import Found
from schemas import identifiers

_ICD_SPLIT = re.compile(
    r"[A-Za-z0-9$|!][0-9A-Za-z$|!]{2}\s?[.,·]\s?[0-9A-Za-z$]{1,4}(?![0-9A-Za-z])|[A-Za-z][0-9][0-9A-Za-z]{1,5}(?![0-9A-Za-z])"
)
_ICD_ALONE = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}(?![0-9A-Za-z])|(?<=^\[)[A-Z]\d\d(?=\][.,;]?$)|(?<=^\()[A-Z]\d\d(?=\)[.,;]?$)"
)
"""Codes that need no label: those with a dot, and whole ones in brackets behind their words, `hypertension [I10]`."""
_PARTED = re.compile(rf"(?<![A-Za-z0-9.])({identifiers.ICD10_CATEGORY}) (\d[0-9A-Z]{{0,3}})(?![A-Za-z0-9.])", re.ASCII)
"""A code whose dot is a blank, as boxes for letters leave it."""
_WITHOUT_DOT = re.compile(rf"{identifiers.ICD10_CATEGORY}[.,;]?", re.ASCII)
Entry = tuple[Span, tuple[str, ...]]
"""Where a code stands and the checks it passed."""
MAX_DIAGNOSES = 12
LIST_ROWS = 3
_NUMBERS = frozenset({"member_id", "group_no", "equipment_serial", "equipment_model"})
CHECKLIST = 3
"""From so many codes on, those without a quantity may be the choices that nobody took."""


def diagnoses(sheet: Sheet, hits: list[Hit]) -> Found | None:
    """Return a page's ICD-10-CM codes: at diagnosis labels (repaired where one leaf code fits) and dotted ones."""
    labelled: dict[str, tuple[Span, tuple[str, ...]]] = {}
    doubtful = False
    for hit in hits:
        if hit.field != "icd10":
            continue
        for span in (beside(sheet, hits, hit), *below(sheet, hits, hit, rows=4)):
            found, doubt = _codes_in(span)
            parted = _parted(span)
            found, doubt = {**parted, **found}, doubt or bool(parted)
            labelled.update({code: entry for code, entry in found.items() if code not in labelled})
            doubtful = doubtful or doubt
    for row in sheet.rows:
        for token in row:
            if labelled and any(token in span.tokens for span, _ in labelled.values()):
                continue
            for piece in _ICD_ALONE.findall(token.text):
                checked = identifiers.read_icd10(piece, rules.icd10_leaves())
                if checked is None or "icd10-leaf" not in checked.validators:
                    doubtful = doubtful or not labelled
                elif checked.value not in labelled:
                    labelled[checked.value] = (Span((token,)), checked.validators)
    labelled.update(_listed(sheet, [span.tokens[0] for span, _ in labelled.values()]))
    for index in sorted({t.row for span, _ in labelled.values() for t in span.tokens}):
        cells = {t.cell for span, _ in labelled.values() for t in span.tokens if t.row == index}
        found, doubt = _codes_in(Span(tuple(t for t in sheet.rows[index] if t.cell in cells)))
        labelled.update({code: entry for code, entry in found.items() if code not in labelled})
        doubtful = doubtful or doubt
    misread, doubt = lookalikes.dotless(sheet, {t for span, _ in labelled.values() for t in span.tokens})
    labelled.update({code: entry for code, entry in misread.items() if code not in labelled})
    doubtful = doubtful or doubt
    labelled, chosen = _taken(sheet, labelled)
    doubtful = doubtful or not chosen
    if not labelled or len(labelled) > MAX_DIAGNOSES:
        return None
    ordered = sorted(labelled.items(), key=lambda item: min((t.row, t.box[0]) for t in item[1][0].tokens))
    tokens = tuple(t for _, (span, _) in ordered for t in span.tokens)
    every = tuple(sorted({v for _, (_, passed) in ordered for v in passed}))
    value: list[JsonValue] = [code for code, _ in ordered]
    return Found(value, Span(tokens), every, 0.5 if doubtful else 1.0)


def _taken(sheet: Sheet, listed: dict[str, Entry]) -> tuple[dict[str, Entry], bool]:
    """Leave out the printed choices beside one that is ticked; False when nobody ticked any of several.

    An empty box alone says nothing: a letter may look like one.
    """
    states = ticks.states(sheet, (span.tokens[0] for span, _ in listed.values()))
    if not states:
        return listed, True
    state = {code: states.get(span.tokens[0]) for code, (span, _) in listed.items()}
    kept = {code: entry for code, entry in listed.items() if state[code] is not False}
    if not any(state.values()):
        return listed, len(listed) == 1 or None in state.values()
    return kept, True


def _parted(span: Span) -> dict[str, tuple[Span, tuple[str, ...]]]:
    """Return codes whose dot is a blank (`G47 33`, as boxes for letters leave it)."""
    found: dict[str, tuple[Span, tuple[str, ...]]] = {}
    for match in _PARTED.finditer(span.text):
        checked = identifiers.read_icd10(f"{match[1]}.{match[2]}", rules.icd10_leaves())
        if checked is not None and "icd10-leaf" in checked.validators:
            found[checked.value] = (span.slice(*match.span()), checked.validators)
    return found


def _listed(sheet: Sheet, known: Sequence[Token]) -> dict[str, tuple[Span, tuple[str, ...]]]:
    """Return codes without a dot (I10) that stand with known ones: in one text, or at one edge a few rows apart."""
    found: dict[str, tuple[Span, tuple[str, ...]]] = {}
    taken = {t.row for t in known}
    texts = [p.tokens for p in sheet.paragraphs if not set(known).isdisjoint(p.tokens)]
    for token in (t for row in sheet.rows for t in row if _WITHOUT_DOT.fullmatch(t.text)):
        near = any(
            abs(token.box[0] - t.box[0]) < 0.6 * sheet.height and 0 < abs(token.row - t.row) <= LIST_ROWS for t in known
        ) or any(token in text for text in texts)
        checked = identifiers.read_icd10(token.text.rstrip(".,;"), rules.icd10_leaves()) if near else None
        if checked is not None and "icd10-leaf" in checked.validators and token.row not in taken:
            found[checked.value] = (Span((token,)), checked.validators)
    return found


def _codes_in(span: Span) -> tuple[dict[str, tuple[Span, tuple[str, ...]]], bool]:
    found: dict[str, tuple[Span, tuple[str, ...]]] = {}
    doubt = False
    for match in _ICD_SPLIT.finditer(span.text):
        before = span.text[match.start() - 1 : match.start()]
        piece = match[0]
        if before.isalnum() or sum(c.isdigit() for c in piece) < 2 or _other_code(piece):
            continue
        checked = identifiers.read_icd10(piece, rules.icd10_leaves(), fold=any(c in piece for c in ".,·"))
        if checked is not None and "icd10-leaf" in checked.validators:
            found[checked.value] = (span.slice(*match.span()), checked.validators)
        elif any(c in piece for c in ".,·"):
            doubt = True
    return found, doubt


def _other_code(piece: str) -> bool:
    return piece.upper() in rules.hcpcs_table()


def order_lines(sheet: Sheet, hits: list[Hit]) -> Found | None:
    """Return the ordered codes of a page with their quantities; a line without a quantity lowers the quality."""
    codes = _line_codes(sheet, hits)
    if not codes:
        return None
    lines: dict[str, int | None] = {}
    tokens: list[Token] = []
    clash = False
    for token, checked in codes:
        quantity, span = quantity_of(sheet, hits, token, only=len({c.value for _, c in codes}) == 1)
        if checked.value in lines:
            clash = clash or (quantity is not None and lines[checked.value] not in {None, quantity})
            if lines[checked.value] is None and quantity is not None:
                lines[checked.value] = quantity
                tokens += [token, *span.tokens]
            continue
        lines[checked.value] = quantity
        tokens += [token, *span.tokens]
    every = tuple(sorted({v for _, checked in codes for v in checked.validators}))
    lines, chosen = _ticked(sheet, lines, {checked.value: token for token, checked in codes})
    clash = clash or not chosen
    complete = all(quantity is not None for quantity in lines.values())
    known = all("hcpcs-table" in checked.validators for _, checked in codes)
    value: list[JsonValue] = [{"code": code, "quantity": quantity} for code, quantity in lines.items()]
    return Found(value, Span(tuple(tokens)), every, 0.3 if clash else (1.0 if complete and known else 0.5))


def _ticked(sheet: Sheet, lines: dict[str, int | None], tokens: dict[str, Token]) -> tuple[dict[str, int | None], bool]:
    """Leave out the choices of a checklist that nobody took; False when it is not certain which were taken."""
    states = ticks.states(sheet, tokens.values())
    state = {code: states.get(token) for code, token in tokens.items()}
    if any(state.values()):
        kept = {code: quantity for code, quantity in lines.items() if state[code] is not False}
        counted = all(quantity is not None for code, quantity in kept.items() if state[code])
        taken = {code: q for code, q in kept.items() if state[code] or q is not None}
        return taken, counted or all(state[code] for code in kept)
    blank = [code for code, quantity in lines.items() if quantity is None]
    if len(lines) < CHECKLIST or not blank or len(blank) == len(lines):
        return lines, not any(value is False for value in state.values())
    return {code: q for code, q in lines.items() if q is not None}, all(state[code] is False for code in blank)


_DOTTED = re.compile(r"[A-Za-z][0-9][0-9A-Za-z]\.[0-9A-Za-z]")
"""A diagnosis, whose dot no HCPCS code has."""


def _line_codes(sheet: Sheet, hits: list[Hit]) -> list[tuple[Token, identifiers.Checked]]:
    table = rules.hcpcs_table()
    columns = [hit for hit in hits if hit.field == "code"]
    found: list[tuple[Token, identifiers.Checked]] = []
    for row in sheet.rows:
        for token in row:
            text = re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "", token.text)
            if _DOTTED.match(text):
                continue
            text = re.sub(r"[-/](?:RR|NU|UE|KX|KH|KI|KJ|RA|RB|GA|GY|LT|RT)$", "", text, flags=re.I)
            named = any(_under(sheet, hits, hit, token) for hit in columns)
            checked = identifiers.read_hcpcs(text, table, fold=named)
            if checked is None:
                continue
            if not named and (_answers(sheet, hits, token) or not _clear(token, checked)):
                continue
            if checked.validators == ("hcpcs-shape",) and checked.value in rules.icd10_leaves():
                continue
            if checked.validators == ("cpt-shape",) and not _cpt_column(sheet, columns, token):
                continue
            found.append((token, checked))
    return found


def _clear(token: Token, checked: identifiers.Checked) -> bool:
    """Say whether a word is a known code, or so clearly one that leaving it out would hide an ordered line."""
    shaped = checked.validators == ("hcpcs-shape",) and re.match(r"[AEKGJST]\d", token.text.lstrip("("))
    return "hcpcs-table" in checked.validators or bool(shaped)


def _answers(sheet: Sheet, hits: list[Hit], token: Token) -> bool:
    """Say whether a word stands beside a label of something else: a group number may look like a code."""
    others = (h for h in hits if h.row == token.row and h.field in _NUMBERS)
    return any(token in beside(sheet, hits, hit).tokens[:2] for hit in others)


def _cpt_column(sheet: Sheet, columns: Iterable[Hit], token: Token) -> bool:
    """Say whether five digits stand right at a label for codes (elsewhere they are a ZIP code or a number)."""
    return any(token.row == hit.row or abs(token.box[0] - hit.box[0]) < 2.5 * sheet.height for hit in columns)


def _under(sheet: Sheet, hits: list[Hit], hit: Hit, token: Token) -> bool:
    """Say whether a token stands beside a label or in the column under it."""
    if token.row == hit.row:
        return token in beside(sheet, hits, hit).tokens[:4]
    down = token.box[1] - hit.box[3]
    return 0 <= down < 14 * sheet.height and abs(token.box[0] - hit.box[0]) < 2.5 * sheet.height
