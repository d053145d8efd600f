"""Facts beside, under or behind their labels; the labels are those that the rules ask by, and other words for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handlers.extract import ticks
from handlers.extract.around import below, beside
from handlers.extract.fact_boxes import Printed
from handlers.extract.fact_vocabulary import words
from handlers.extract.fact_words import MEASURES, Fact, condition, dated, lists_choices, measured, worded
from handlers.extract.geometry import Box, Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.vocabulary import squeeze

MOST_WORDS = 8
QUALIFIED = 7
"""So many words may stand between a label and its colon: `SpO2 at rest on room air (%):`."""
NEAR_TEST = 4
"""A `Test date` belongs to the test that stands at most so many rows over it or two under it."""
_LEAD = re.compile(r"^(?:[•·*>\-–]|\(?\d{1,2}[a-z]?[.)]|\(?[a-z][.)])$", re.IGNORECASE)
_OPENS = re.compile(r"[,;|.)%]$|\d|^[a-z]")
"""How the word before a label within a line ends what stands before it."""
_BARRED = frozenset(
    ("target", "goal", "ideal", "desired", "maintain", "keep", "minimum", "maximum", "min", "max", "prior", "previous")
)
_QUALIFIES = re.compile(
    r"\W*(?:at|on|in|during|while|with|of|the|and|rest|resting|awake|asleep|sleep|sleeping|exercise|exertion|ambulation|walking|activity|room|air|ra|"
    r"results?|levels?|readings?|values?|tests?|percent|most|recent|latest|qualifying|dates?|performed|by|lbs?|kg|in|inches|cm|pounds|lwd|lxwxd|mm|hg|"
    r"mmhg|events|per|hour|hr|months?|if|any|known|reason|status|oxygen|o2|score)?\W*:?\W*",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(r"(?:^|\s)(?:[A-Z][\w/'#.-]*\s){0,4}[A-Z][\w/'#.()-]*:")


@dataclass(frozen=True, slots=True)
class Mark:
    """A fact's label on a page: what it is a label of, where it stands, and the words between it and its colon."""

    label: str
    kind: str
    hit: Hit
    more: str


def facts(page: Printed, hits: list[Hit]) -> Iterator[Fact]:
    """Yield what stands at the labels of facts on a page; `hits` are the labels of fields, which end a value."""
    sheet = page.sheet
    marks = list(_marks(sheet))
    own = [mark.hit for mark in marks]
    taken = {(h.row, n) for h in own for n in range(h.start, h.end)}
    stops = sorted([*own, *(h for h in hits if (h.row, h.start) not in taken)], key=lambda h: (h.row, h.start))
    for mark in marks:
        yield from _told(page, stops, marks, mark)


def _marks(sheet: Sheet) -> Iterator[Mark]:
    for index, row in enumerate(sheet.rows):
        place = 0
        while place < len(row):
            mark = _mark(sheet, index, place)
            yield from (mark,) if mark is not None else ()
            place = mark.hit.end if mark is not None else place + 1


def _mark(sheet: Sheet, index: int, place: int) -> Mark | None:
    row, known = sheet.rows[index], words()
    cell = row[place].cell
    begins = _begins(row, place)
    last = next((n for n in range(place, len(row)) if row[n].cell != cell), len(row))
    for end in range(min(last, place + MOST_WORDS), place, -1):
        tokens = row[place:end]
        if any(":" in t.text for t in tokens[:-1]):
            continue
        key = squeeze(" ".join(t.text.partition(":")[0] for t in tokens))
        label, test = known.phrases.get(key), known.of_the_test.get(key)
        if label is None and test is None:
            continue
        reach, colon = _colon(row, end, last)
        more = " ".join(t.text for t in row[end:reach]).partition(":")[0]
        alone = reach == last and not colon
        counted = begins and last > end and label in known.kinds and re.match(r"\d", row[end].text) is not None
        if not (colon or (begins and alone) or counted) or (not begins and not _opens(row, place)):
            return None
        if (key in known.common or test) and not (begins and (colon or alone)):
            return None
        plain = known.kinds.get(label or "", "date" if label in known.days else "words")
        kind = f"test:{test}" if test else plain
        stop = reach if colon or alone else end
        return Mark(label or "", kind, Hit("fact", index, place, stop, colon, _box(row[place:stop])), more)
    return None


def _box(tokens: tuple[Token, ...]) -> tuple[int, int, int, int]:
    return (tokens[0].box[0], min(t.box[1] for t in tokens), tokens[-1].box[2], max(t.box[3] for t in tokens))


def _begins(row: tuple[Token, ...], place: int) -> bool:
    before = [t for t in row[:place] if t.cell == row[place].cell]
    return all(_LEAD.match(t.text) or ticks.TYPED.match(t.text) or ticks.EMPTY.match(t.text) for t in before)


def _opens(row: tuple[Token, ...], place: int) -> bool:
    """Say whether a label may begin within a line: what stands before it is over, and it does not change it."""
    before = row[place - 1].text
    return bool(_OPENS.search(before)) and row[place].text[:1].isupper() and squeeze(before) not in _BARRED


def _colon(row: tuple[Token, ...], end: int, last: int) -> tuple[int, bool]:
    """Return where a label ends with the words that only narrow it, and whether a colon is there."""
    if ":" in row[end - 1].text:
        return end, True
    for reach in range(end, min(last, end + QUALIFIED)):
        if not _QUALIFIES.fullmatch(row[reach].text.partition(":")[0]) or re.search(
            r"\d", row[reach].text.replace("2", "")
        ):
            break
        if ":" in row[reach].text:
            return reach + 1, True
        if reach + 1 == last:
            return last, False
    return end, False


def _told(page: Printed, stops: list[Hit], marks: list[Mark], mark: Mark) -> Iterator[Fact]:
    first = page.sheet.rows[mark.hit.row][mark.hit.start]
    if page.left_empty(first) or ticks.states(page.sheet, [first]).get(first) is False:
        return
    kind = mark.kind
    if kind in MEASURES and re.search(r"\bdates?\b", mark.more, re.IGNORECASE):
        kind = "test:date"
    if kind in MEASURES:
        for span in _values(page, stops, mark, wide=True):
            found = list(
                measured(kind, span, label=f"{mark.label} {mark.more}", name="RDI" if mark.label == "RDI" else None)
            )
            if found:
                yield from found
                return
        return
    if kind.startswith("test:"):
        yield from _of_the_test(page, stops, marks, mark, kind.removeprefix("test:"))
        return
    for span in _values(page, stops, mark, wide=kind == "date"):
        said = dated(span) if kind == "date" else None
        said = said or (_worded(span, mark) if kind == "words" or mark.label not in words().days else None)
        if said is not None:
            yield Fact(mark.label, said, span)
        if span.tokens:
            return


def _worded(span: Span, mark: Mark) -> str | None:
    key = squeeze(mark.label)
    wanted = words().wants.get(key)
    if wanted is not None and not wanted.search(span.text):
        return None
    said = worded(
        span,
        reason=key in words().reasons or "justification" in key or "reason" in key,
        none=key in words().may_be_none,
    )
    extra = (
        f" {mark.more.strip(' ()')}"
        if re.search(r"\b(?:lbs?|kg|pounds|cm|inches|mm)\b", mark.more, re.IGNORECASE)
        else ""
    )
    return f"{said}{extra}" if said and extra and re.fullmatch(r"[\d.]+", said) else said


def _values(page: Printed, stops: list[Hit], mark: Mark, *, wide: bool) -> Iterator[Span]:
    """Yield what may stand for a label's value: what follows it, else, where nothing does, what stands under it."""
    right = beside(page.sheet, stops, mark.hit)
    row = page.sheet.rows[mark.hit.row]
    stop = min((h.start for h in stops if h.row == mark.hit.row and h.start >= mark.hit.end), default=None)
    rest, glued = row[mark.hit.end : stop], tuple(t for t in right.tokens if t not in row)
    choices = bool(page.boxes(right))
    if wide:
        right = Span((*glued, *rest))
    elif not choices and lists_choices(Span(rest).text):
        return
    else:
        right = Span(tuple(t for t in right.tokens if t.cell == right.tokens[0].cell or choices))
    if right.tokens:
        yield _chosen(page, _cut(right))
        return
    if mark.hit.colon and mark.kind == "words":
        return
    if mark.kind == "words" and not _heads(page.sheet, stops, mark.hit):
        return
    for span in below(page.sheet, stops, mark.hit):
        yield _chosen(page, _cut(span))


def _heads(sheet: Sheet, stops: list[Hit], hit: Hit) -> bool:
    mine = [h for h in stops if h.row == hit.row]
    return len(mine) > 1 and sum(h.end - h.start for h in mine) == len(sheet.rows[hit.row])


def _cut(span: Span) -> Span:
    """Return the words up to a label that nobody knows."""
    other = _OTHER_LABEL.search(span.text)
    return span if other is None else span.slice(0, other.start()) if other.start() > 0 else Span(())


def _chosen(page: Printed, span: Span) -> Span:
    """Return the words of the choices that are taken, all words where there are no choices."""
    boxes = page.boxes(span)
    if boxes:
        return Span(tuple(t for t in span.tokens if _nearest(boxes, t) and not ticks.TYPED.match(t.text)))
    states = ticks.states(page.sheet, span.tokens) if page.sheet.marks else {}
    if states:
        return Span(tuple(t for t in span.tokens if states.get(t, bool(re.search(r"\d", t.text)))))
    return span


def _nearest(boxes: Sequence[tuple[Box, bool]], token: Token) -> bool:
    """Say whether the box before a word is ticked."""
    before = [(box, ticked) for box, ticked in boxes if box[2] <= token.box[0] + 2]
    return max(before)[1] if before else False


def _of_the_test(page: Printed, stops: list[Hit], marks: list[Mark], mark: Mark, what: str) -> Iterator[Fact]:
    """Yield what is said of the one test that stands near: its day, its condition, who did it."""
    near = {m.kind for m in marks if m.kind in MEASURES and -2 <= mark.hit.row - m.hit.row <= NEAR_TEST} or (
        {mark.kind} if mark.kind in MEASURES else set()
    )
    sleep = near == {"index"}
    if not near or (not sleep and "index" in near):
        return
    for span in _values(page, stops, mark, wide=what == "condition"):
        if what == "date" and (day := dated(span)) is not None:
            yield Fact("Sleep study" if sleep else "Oxygen test date", f"on {day}" if sleep else day, span)
        elif what == "condition" and not sleep and (said := condition(span.text)):
            yield Fact("Oxygen test condition", said, span)
        elif what == "performer" and not sleep and (who := worded(span, reason=False, none=False)):
            yield Fact("Oxygen test performed by", who, span)
        if span.tokens:
            return
