"""How many of an ordered item: in the column of its heading, on its row, at a label of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from doorstep import rules
from handlers.extract.around import below, beside, column
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit

TABLE = 60
"""A column of quantities may be so many text heights long."""
_QTY = re.compile(
    r"(?:\b(?:qty|quantity|units|disp|dispense)\b\W{0,3}(?:of\W)?|(?<![\dA-Za-z])[x×]\s?|(?<![A-Za-z]\s)#\s?)"
    r"(\d{1,4})\b(?![.\-/]?\d|\s?(?:l|lpm|mg|g|ml|days?|weeks?|wks?|months?|mos?)\b)|\((\d{1,3})\)"
    r"|\b(\d{1,4})\s*(?:in all|ea|each|units?|visits?|doses?|boxes|box|pcs?|pieces?)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\b(\d{1,3})\s?(?:x|×|of)\s*[\[(]?$", re.IGNORECASE)
"""How many, said before the code: `14 x G0300`, `12 of E0260`."""
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_IN_A_SENTENCE = re.compile(
    r"\b(?:orders?|ordering|prescrib\w+|request\w*|needs?|provide|dispense|supply|for|and|of)\s+(?P<count>\d{1,3}|an?|one|two|three|four|five|six)\s+"
    r"(?!(?:l|lpm|mg|ml|g|cc|x|times|box|boxes|packs?|cases?|months?|supply|course|set|liters?|days?|weeks?|hours?|visits?|inch|lead|french)\b)"
    r"(?:[A-Za-z][A-Za-z,'/-]*\s+){1,9}[(\[]$",
    re.IGNORECASE,
)
"""`I order 2 hospital beds (E0260) and a trapeze bar (E0910)`: nothing but words between the count and the code."""
SENTENCE_WORDS = 14
_NUMBER = re.compile(r"^[#(x]?\s?(\d{1,4})(?:\.0+)?\)?[.,]?(?:ea|each)?$", re.IGNORECASE)


def _on_next_row(sheet: Sheet, hits: list[Hit], headers: list[Hit], token: Token) -> tuple[int | None, Span] | None:
    """Return the number beside a label that begins the row under a code: `Quantity 1`."""
    for hit in headers:
        if hit.row == token.row + 1 and sheet.rows[hit.row][hit.start].cell == 0:
            first = Span(beside(sheet, hits, hit).tokens[:1])
            number = _NUMBER.match(first.text)
            if number is not None:
                return int(number[1]), first
    return None


_WRAPPED = re.compile(r"\b(?:qty|quantity|units|disp|dispense)\b\W{0,3}$", re.IGNORECASE)
_TRAILING = re.compile(r"\s[-–—:]{1,2}\s*(\d{1,4})$")
_COUNTED = re.compile(r"^(?:qty|quantity)\W*$", re.IGNORECASE)


def _at_the_end(sheet: Sheet, rest: Span) -> tuple[int | None, Span] | None:
    """Return the number that ends a code's line behind a dash on a page of quantities, or wraps to the next line."""
    if not rest.tokens:
        return None
    match = _TRAILING.search(rest.text)
    if match is not None and any(_COUNTED.match(t.text) for row in sheet.rows for t in row):
        return int(match[1]), rest.slice(*match.span(1))
    below = rest.tokens[-1].row + 1
    if _WRAPPED.search(rest.text) and below < len(sheet.rows):
        first = Span(sheet.rows[below][:1])
        number = _NUMBER.match(first.text)
        return (int(number[1]), first) if number is not None else None
    return None


def _heads(sheet: Sheet, hits: list[Hit], hit: Hit) -> bool:
    """Say whether a label stands over a column: no number follows it on its row."""
    following = beside(sheet, hits, hit).tokens
    return not following or not _NUMBER.match(following[0].text)


def _in_a_sentence(sheet: Sheet, before: Sequence[Token], token: Token) -> tuple[int | None, Span] | None:
    """Return how many a letter orders before it says the code in brackets; a sentence may begin on the line over it."""
    over = sheet.rows[token.row - 1] if token.row and token.cell == 0 else ()
    words = Span((*(over if over and over[-1].cell == 0 else ()), *before)[-SENTENCE_WORDS:])
    lead = re.match(r"[(\[]", token.text)
    match = _IN_A_SENTENCE.search(f"{words.text} {lead[0]}") if lead is not None else None
    if match is None:
        return None
    count = match["count"].lower()
    return _WORDS.get(count) or int(count), words.slice(*match.span("count"))


def _said_before(sheet: Sheet, row: Sequence[Token], token: Token) -> tuple[int | None, Span] | None:
    """Return the quantity that stands before a code."""
    before = [t for t in row if t.box[2] <= token.box[0]]
    match = _BEFORE.search(Span(tuple(before)).text)
    if match is None:
        return _in_a_sentence(sheet, before, token)
    return int(match[1]), Span((next(t for t in reversed(before) if match[1] in t.text),))


def _is_code(token: Token) -> bool:
    """Say whether a word is a known HCPCS code."""
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "", token.text).upper() in rules.hcpcs_table()


def _nearest(headers: list[Hit], token: Token) -> list[Hit]:
    """Return the headings that may be a code's: where a row has several, the one right of it and nearest."""
    kept: dict[int, Hit] = {}
    for hit in sorted(headers, key=lambda h: h.box[0]):
        if hit.row not in kept or kept[hit.row].box[0] < token.box[0]:
            kept[hit.row] = hit
    return sorted(kept.values(), key=lambda h: -h.row)


def _in_column(sheet: Sheet, hit: Hit, token: Token) -> tuple[int | None, Span] | None:
    """Return the number that stands on a code's row in the column of a heading."""
    down = token.box[1] - hit.box[3]
    if not (0 <= down < TABLE * sheet.height or -5 * sheet.height < down < 0):
        return None
    for other in sheet.rows[token.row]:
        overlap = other.box[0] < hit.box[2] + 1.5 * sheet.height and other.box[2] > hit.box[0] - 1.5 * sheet.height
        number = _NUMBER.match(other.text)
        if overlap and number is not None and other is not token:
            return int(number[1]), Span((other,))
    alone = column(sheet, hit, token.row) if down >= 0 else ()
    number = _NUMBER.match(Span(alone).text)
    return (int(number[1]), Span(alone)) if number is not None else None


def quantity_of(sheet: Sheet, hits: list[Hit], token: Token, *, only: bool) -> tuple[int | None, Span]:
    """Look for the quantity of one code: its column, its row, its row's words, then a label of its own."""
    row = sheet.rows[token.row]
    headers = [hit for hit in hits if hit.field == "quantity"]
    columns = [hit for hit in headers if _heads(sheet, hits, hit)]
    for hit in _nearest(columns, token):
        found = _in_column(sheet, hit, token)
        if found is not None:
            return found
    following = [t for t in row if t.box[0] > token.box[0]]
    stop = next((n for n, t in enumerate(following) if _is_code(t)), len(following))
    rest = Span(tuple(following[:stop]))
    match = _QTY.search(rest.text)
    if match is not None:
        return int(next(g for g in match.groups() if g)), rest.slice(*match.span())
    beneath = _at_the_end(sheet, rest) or _said_before(sheet, row, token) or _on_next_row(sheet, hits, headers, token)
    if beneath is not None:
        return beneath
    if not only:
        return None, Span(())
    for hit in headers:
        for span in (beside(sheet, hits, hit), *below(sheet, hits, hit)):
            number = _NUMBER.match(span.tokens[0].text) if span.tokens else None
            if number is not None:
                return int(number[1]), Span(span.tokens[:1])
    everywhere = {
        int(next(g for g in m.groups() if g)): paragraph.slice(*m.span())
        for paragraph in sheet.paragraphs
        for m in _QTY.finditer(paragraph.text)
        if m[2] is None
    }
    if len(everywhere) == 1:
        return everywhere.popitem()
    return None, Span(())
