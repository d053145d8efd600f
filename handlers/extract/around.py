"""What stands around a label: right of it, under it, over it."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.extract.geometry import Sheet, Span, Token, cells_of
from handlers.extract.labels import Hit

ASIDE = 8
"""What begins so many text heights right of a label's end does not stand under it."""
UNDER = 0.5
"""A word in the middle of a line stands under a label only if it begins where the label does."""
OVER_INK = 4.5
"""The day of a signature may stand so many text heights under its label, beside the ink; so may a table's first row."""
LEADERS = frozenset({":", "-", "–"})
"""What may stand between a label and its value."""


def beside(sheet: Sheet, hits: list[Hit], hit: Hit) -> Span:
    """Return what stands right of a label on its row, up to the next label."""
    row = sheet.rows[hit.row]
    stop = min((h.start for h in hits if h.row == hit.row and h.start >= hit.end), default=len(row))
    tokens = [*_glued(row[hit.end - 1]), *row[hit.end : stop]]
    while tokens and tokens[0].text in LEADERS:
        tokens = tokens[1:]
    if tokens and tokens[0].cell == row[hit.end - 1].cell:
        return Span(tuple(tokens))
    if not tokens:
        return Span(())
    return Span(tuple(t for t in tokens if t.cell <= tokens[0].cell + 1))


def _glued(token: Token) -> list[Token]:
    """Return what a label's last word carries behind its colon (`NPI:1234567893`)."""
    head, colon, tail = token.text.partition(":")
    if not colon or not tail.strip() or not head:
        return []
    return [Token(tail, token.box, token.confidence, token.page, token.row, token.cell, token.order)]


def below(sheet: Sheet, hits: list[Hit], hit: Hit, rows: int = 1) -> list[Span]:
    """Return up to `rows` lines under a label, as wide as its column, ending at the next label or a gap."""
    left = hit.box[0] - 1.2 * sheet.height
    row = sheet.rows[hit.row]
    after = [t for t in row[hit.end :] if t.cell != row[hit.end - 1].cell] or [
        row[h.start] for h in hits if h.row == hit.row and h.start >= hit.end
    ]
    right = min((t.box[0] for t in after), default=sheet.width) - 0.5 * sheet.height
    found: list[Span] = []
    bottom = float(hit.box[3])
    middle = heads_columns(sheet, hits, hit)
    for index in range(hit.row + 1 + hit.more, len(sheet.rows)):
        labels = {p for h in hits if h.row == index for p in range(h.start, h.end)}
        line = [(p, t) for p, t in enumerate(sheet.rows[index]) if left <= t.box[0] < right]
        line = [(p, t) for p, t in line if t.cell == line[0][1].cell]
        if middle and index == hit.row + 1:
            mine = column(sheet, hit, index)
            line = [(p, t) for p, t in enumerate(sheet.rows[index]) if t in mine] or line
        if line and (line[0][1].box[0] > hit.box[2] + ASIDE * sheet.height or _tail(sheet, hit, line[0])):
            line = []
        if not line:
            if sheet.rows[index] and sheet.rows[index][0].box[1] - bottom > 2.5 * sheet.height:
                break
            continue
        first = middle and index == hit.row + 1
        room = OVER_INK if first or hit.field == "signature_date" else 2.2
        if min(t.box[1] for _, t in line) - bottom > room * sheet.height or any(p in labels for p, _ in line):
            break
        first_cell = line[0][1].cell
        tokens = tuple(t for _, t in line if t.cell == first_cell)
        found.append(Span(tokens))
        bottom = float(max(t.box[3] for t in tokens))
        if len(found) == rows:
            break
    return found


def column(sheet: Sheet, hit: Hit, row: int) -> tuple[Token, ...]:
    """Return the cell of a row that stands in a heading's column, headings set in the middle or not.

    Where a row has a cell for each of the headings' cells they go in order; else the cell is taken whose left edge,
    middle or right edge lies nearest, if no other heading's lies nearer.
    """
    heads, cells = cells_of(sheet.rows[hit.row]), cells_of(sheet.rows[row])
    place = next(n for n, head in enumerate(heads) if head[0].cell == sheet.rows[hit.row][hit.start].cell)
    if len(heads) < 2:
        return ()
    if len(cells) == len(heads):
        return cells[place]
    mine = [cell for cell in cells if _nearest_head(heads, cell) == place]
    return mine[0] if len(mine) == 1 else ()


def _nearest_head(heads: Sequence[Sequence[Token]], cell: Sequence[Token]) -> int:
    offsets = [_offset(head, cell) for head in heads]
    return offsets.index(min(offsets))


def _offset(head: Sequence[Token], cell: Sequence[Token]) -> float:
    """Return how far a cell is from standing left, right or in the middle of a heading's column."""
    left, right = cell[0].box[0] - head[0].box[0], cell[-1].box[2] - head[-1].box[2]
    return min(abs(left), abs(right), abs(left + right) / 2)


def _tail(sheet: Sheet, hit: Hit, first: tuple[int, Token]) -> bool:
    """Say whether words under a label are the end of a longer text that begins left of it."""
    place, token = first
    row = sheet.rows[token.row]
    continues = place > 0 and row[place - 1].cell == token.cell
    return continues and (hit.colon or abs(token.box[0] - hit.box[0]) > UNDER * sheet.height)


def above(sheet: Sheet, hits: list[Hit], hit: Hit) -> Span:
    """Return what stands over a label: forms with a line to write on have their labels under it."""
    row = sheet.rows[hit.row]
    stop = min((t.box[0] for t in row[hit.end :] if t.cell != row[hit.end - 1].cell), default=sheet.width)
    for index in range(hit.row - 1, max(-1, hit.row - 3), -1):
        line = [t for t in sheet.rows[index] if hit.box[0] - 3 * sheet.height <= t.box[0] < stop]
        if not line or _tail(sheet, hit, (sheet.rows[index].index(line[0]), line[0])):
            continue
        labels = {t for h in hits if h.row == index for t in sheet.rows[index][h.start : h.end]}
        if hit.box[1] - max(t.box[3] for t in line) > 2.5 * sheet.height or labels.intersection(line):
            break
        return Span(tuple(t for t in line if t.cell == line[0].cell))
    return Span(())


def stands_alone(sheet: Sheet, hit: Hit) -> bool:
    """Say whether a label is all of its cell, so that its value must stand elsewhere."""
    row = sheet.rows[hit.row]
    return hit.end == len(row) or row[hit.end].cell != row[hit.end - 1].cell


def heads_columns(sheet: Sheet, hits: list[Hit], hit: Hit) -> bool:
    """Say whether a row has nothing but labels, so that their values stand under them."""
    mine = [h for h in hits if h.row == hit.row]
    return len(mine) > 1 and sum(h.end - h.start for h in mine) == len(sheet.rows[hit.row])
