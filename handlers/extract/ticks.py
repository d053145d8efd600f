"""Which choices of a printed list are taken: boxes that the pixels show, ticks typed before their words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handlers.extract.geometry import Sheet, Token, cells_of

TYPED = re.compile(r"^[\[({|]?\s?[xX✓✔☒☑√]\s?[\])}|]?$")
EMPTY = re.compile(r"^(?:[\[({]\s?[_.]?\s?[\])}]|☐|□|_{1,4})$")
REACH = 3
"""A tick stands at most so many text heights before the words it takes."""
ROOM = 0.9
"""A box within a line leaves a gap of so many text heights."""
SHORTEST = 5
FEWEST = 2
"""So many choices make a list: one typed X among them means that the others are not taken."""


def states(sheet: Sheet, tokens: Iterable[Token]) -> dict[Token, bool]:
    """Return which of these words (one of each choice) stand in a choice that is taken, which in one that is not."""
    listed = list(tokens)
    found: dict[Token, bool] = {}
    for token in listed:
        state = _typed(sheet, token)
        state = _boxed(sheet, token) if state is None else state
        if state is not None:
            found[token] = state
    if len(found) < FEWEST and len(listed) < FEWEST:
        found = {token: state for token, state in found.items() if _typed(sheet, token) is not None}
    typed = [t for t in listed if found.get(t) and _typed(sheet, t)]
    if typed and len(listed) >= FEWEST:
        edges = {round(_lead(sheet, t).box[0] / sheet.height) for t in typed}
        for token in listed:
            aligned = round(_lead(sheet, token).box[0] / sheet.height) in edges
            if token not in found and (aligned or len(typed) == 1):
                found[token] = False
    return found


def _lead(sheet: Sheet, token: Token) -> Token:
    """Return the first word of the choice in which a word stands, after the last tick before it in its cell."""
    lead = token
    for word in reversed(_before(sheet, token)):
        if word.cell != token.cell or TYPED.match(word.text) or EMPTY.match(word.text):
            break
        lead = word
    return lead


def _before(sheet: Sheet, token: Token) -> list[Token]:
    return [t for t in sheet.rows[token.row] if t.box[0] < token.box[0]]


def _typed(sheet: Sheet, token: Token) -> bool | None:
    lead = _lead(sheet, token)
    before = _before(sheet, lead)
    if not before or lead.box[0] - before[-1].box[2] > REACH * sheet.height:
        return None
    return True if TYPED.match(before[-1].text) else False if EMPTY.match(before[-1].text) else None


def _boxed(sheet: Sheet, token: Token) -> bool | None:
    """Return the state of the box whose words a word stands in or behind; two boxes with the same words say nothing.

    Several boxes in one cell each have the words up to the next box: `☒ D83.9 Immunodeficiency ☐ G61.81 Neuropathy`.
    """
    row = [t for t in sheet.rows[token.row] if t.cell == token.cell]
    text = _plain(row)
    at = len(_plain(t for t in row if t.box[0] < token.box[0]))
    best: tuple[bool, int, int, bool] | None = None
    for mark, state in sheet.marks.items():
        label = mark.removeprefix("checkbox:")
        if mark == label or len(label) < SHORTEST:
            continue
        for found in re.finditer(rf"(?<![a-z0-9]){re.escape(label)}(?![a-z0-9])", text):
            start = found.start()
            if start and not _apart(sheet, row, start):
                continue
            telling = start == 0 or " " in label or any(c.isdigit() for c in label)
            rank = (start <= at + 1, start if start <= at + 1 else -start, len(label), state)
            if telling and _once(sheet, label) and (best is None or rank > best):
                best = rank
    return best[3] if best is not None else _leading(sheet, token)


def _apart(sheet: Sheet, row: list[Token], start: int) -> bool:
    """Say whether there is room for a box before the word at which a text goes on: letters may look like boxes."""
    index = next((n for n in range(1, len(row)) if len(_plain(row[:n])) + 1 >= start), None)
    return index is not None and row[index].box[0] - row[index - 1].box[2] > ROOM * sheet.height


def _leading(sheet: Sheet, token: Token) -> bool | None:
    """Return the state of the box that begins a row of a table, whose code stands in a column further right."""
    row = [t for t in sheet.rows[token.row] if not EMPTY.match(t.text)]
    first = [t for t in row if t.cell == row[0].cell]
    if not row or token.cell == row[0].cell:
        return None
    text = _plain(first)
    named = [m for m in sheet.marks if m.startswith("checkbox:") and len(m) >= SHORTEST + len("checkbox:")]
    begun = [m for m in named if re.match(rf"{re.escape(m.removeprefix('checkbox:'))}(?![a-z0-9])", text)]
    rest = _plain(row).removeprefix(begun[0].removeprefix("checkbox:")) if begun else ""
    inside = [m for m in named if m not in begun and f" {m.removeprefix('checkbox:')}" in rest]
    if len(begun) != 1 or inside or not _once(sheet, begun[0].removeprefix("checkbox:")):
        return None
    return sheet.marks[begun[0]]


def _plain(words: Iterable[Token]) -> str:
    """Return words in the form in which boxes are named."""
    return re.sub(r"[^a-z0-9 /-]", "", " ".join(t.text.lower() for t in words)).strip()


def _once(sheet: Sheet, label: str) -> bool:
    rows = [list(cell) for row in sheet.rows for cell in cells_of(row)]
    return sum(_plain(cell).startswith(label) for cell in rows) <= 1
