"""Which choices of a printed list are taken: boxes that the pixels show, ticks typed before their words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from handlers.extract.geometry import Sheet, Token

TYPED = re.compile(r"^[\[({|]?\s?[xX✓✔☒☑√]\s?[\])}|]?$")
EMPTY = re.compile(r"^(?:[\[({]\s?[_.]?\s?[\])}]|☐|□|_{1,4})$")
REACH = 3
"""A tick stands at most so many text heights before the words it takes."""
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
    """Return the first word of the choice in which a word stands, after its tick."""
    cell = [t for t in sheet.rows[token.row] if t.cell == token.cell and t.box[0] <= token.box[0]]
    return next((t for t in cell if not TYPED.match(t.text) and not EMPTY.match(t.text)), token)


def _typed(sheet: Sheet, token: Token) -> bool | None:
    row = sheet.rows[token.row]
    lead = _lead(sheet, token)
    before = [t for t in row if t.box[2] <= lead.box[0] + 2]
    if not before or lead.box[0] - before[-1].box[2] > REACH * sheet.height:
        return None
    return True if TYPED.match(before[-1].text) else False if EMPTY.match(before[-1].text) else None


def _boxed(sheet: Sheet, token: Token) -> bool | None:
    """Return the state of the box whose words stand in the word's cell; two boxes with the same words say nothing."""
    text = _plain(sheet, token.row, token.cell)
    best: tuple[int, bool] | None = None
    for mark, state in sheet.marks.items():
        label = mark.removeprefix("checkbox:")
        if (
            mark == label
            or len(label) < SHORTEST
            or not re.search(rf"(?<![a-z0-9]){re.escape(label)}(?![a-z0-9])", text)
        ):
            continue
        worth = len(label) + (100 if text.startswith(label) else 0)
        if (text.startswith(label) or " " in label) and (best is None or worth > best[0]):
            best = (worth, state) if _once(sheet, label) else best
    return best[1] if best is not None else None


def _plain(sheet: Sheet, row: int, cell: int) -> str:
    """Return a cell's text in the form in which boxes are named."""
    words = [t.text.lower() for t in sheet.rows[row] if t.cell == cell]
    return re.sub(r"[^a-z0-9 /-]", "", " ".join(words)).strip()


def _once(sheet: Sheet, label: str) -> bool:
    cells = {(t.row, t.cell) for row in sheet.rows for t in row}
    return sum(_plain(sheet, row, cell).startswith(label) for row, cell in cells) <= 1
