"""ICD-10-CM codes without a dot that a reader takes for numbers: I10 is written like 110."""

from __future__ import annotations

import re

from doorstep import rules
from handlers.extract.geometry import Sheet, Span, Token
from schemas import identifiers

_LOOKALIKE = re.compile(r"[\[(]?[1Il|!]([0-9OoIl]{2})[\])]?[.,;]?")
_UNIT_OF = re.compile(r"(?:lbs?|kg|mg|mcg|ml|cm|in|mmhg|bpm|%)\b|/", re.IGNORECASE)


def dotless(sheet: Sheet, known: set[Token]) -> tuple[dict[str, tuple[Span, tuple[str, ...]]], bool]:
    """Return codes without a dot whose letter was read as a digit (`G47.33, 110` for I10), and whether one is in doubt.

    Sure is one right behind a code that ends its cell; other words behind it may make it a number of theirs.
    """
    found: dict[str, tuple[Span, tuple[str, ...]]] = {}
    doubt = False
    for row in sheet.rows if known else ():
        for place, token in enumerate(row):
            match = _LOOKALIKE.fullmatch(token.text)
            cell = [t for t in row if t.cell == token.cell]
            behind = place > 0 and row[place - 1] in known and row[place - 1].cell == token.cell
            if match is None or token in known or not (behind or token.text[0] in "[("):
                continue
            checked = identifiers.read_icd10(f"1{match[1]}", rules.icd10_leaves(), fold=True)
            if checked is None or "icd10-leaf" not in checked.validators:
                continue
            if behind and token is cell[-1]:
                found[checked.value] = (Span((token,)), checked.validators)
            elif not (behind and _UNIT_OF.match(cell[cell.index(token) + 1].text)):
                doubt = True
    return found, doubt
