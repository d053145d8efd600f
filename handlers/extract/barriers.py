"""What stands in the way at the door: boxes that are checked, questions answered, words beside a label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from handlers.extract.around import above, below, beside
from handlers.extract.convention import Side
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.ticks import TYPED
from handlers.extract.values import Found

BOX_CONFIDENCE = 0.9
FEWEST = 2
"""Boxes for barriers come in rows; a single one is more often a letter taken for a box."""
WORDS = {
    "stairs": r"stairs?|steps|staircase|stairwell|stairway|walk-?up|flights?\s+up",
    "gated": r"gated?(?:\s?community|\s?code|\s?entry|\s?access)?",
    "elevator": r"elevators?|(?<!patient )(?<!hoyer )(?<!seat )(?<!stair )lift(?! chair)(?!,? hydraulic)",
}
SENTENCE = 7
"""So many words about all three barriers are a sentence, fewer a row of boxes."""
_NOTE = re.compile(rf"(?:[A-Za-z]+:\s*)?(?:\S+\s+){{0,2}}(?:{'|'.join(WORDS.values())})\b", re.IGNORECASE)
_NO = r"\b(?:no|none|without|not|denies|never|n/a|absent)\b"
_UPSTAIRS = re.compile(
    r"\b(?:[2-9]|1\d)(?:nd|rd|th)\s+(?:floor|fl|story)|\b(?:second|third|fourth|top|upper)\s+floor|\bupstairs", re.I
)
_WALKING = re.compile(
    r"\b(?:gait|climb\w*|walks?|ambulat\w+|next|per day|shuffling|unsteady|difficulty|transfers?)\b", re.IGNORECASE
)
"""Steps and stairs that somebody takes, or plans, are not those at the door."""


def found(sheet: Sheet, hits: list[Hit], sides: Mapping[int, Side | None]) -> Found | None:
    """Return the barriers that are checked or answered with yes, or named in words; a box not seen leaves doubt."""
    states, span = _answered(sheet)
    method = "vocabulary"
    listed = next((row for row in sheet.rows if _kinds(Span(row).text) == set(WORDS)), None)
    if not states and listed is not None:
        states, span = _typed(listed)
    if not states:
        method = "pixels"
        states = _boxed(sheet)
        span = _words_of(sheet, states)
    if len(states) < FEWEST and (listed is None or len(listed) >= SENTENCE):
        told = _told(sheet, hits, sides) or _alone(sheet)
        if told is not None:
            return told if True in states.values() or not states else replace(told, quality=0.4)
    if states or listed is not None:
        checked = [kind for kind in WORDS if states.get(kind)]
        sure = len(states) == len(WORDS)
        return Found([*checked], span, (method,), 1.0 if sure else 0.4) if checked or not sure else None
    return None


def _typed(row: tuple[Token, ...]) -> tuple[dict[str, bool], Span]:
    """Return the barriers of a row of choices of which one or more have a typed tick; the others are not taken."""
    choices: list[tuple[bool, list[str]]] = []
    for place, token in enumerate(row):
        tick = bool(TYPED.match(token.text))
        apart = place > 0 and row[place - 1].cell != token.cell and not TYPED.match(row[place - 1].text)
        if tick or apart or not choices:
            choices.append((tick, []))
        choices[-1][1].append(token.text)
    states: dict[str, bool] = {}
    for ticked, words in choices:
        kinds = list(_in_clause(" ".join(words)))
        if len(kinds) > 1:
            return {}, Span(())
        states.update(dict.fromkeys(kinds, ticked))
    return (states, Span(row)) if any(states.values()) else ({}, Span(()))


def _boxed(sheet: Sheet) -> dict[str, bool]:
    """Return which barriers have a box, and whether it is checked."""
    states: dict[str, bool] = {}
    for mark, filled in sheet.marks.items():
        kind = _kind(mark.removeprefix("checkbox:")) if mark.startswith("checkbox:") else None
        if kind is not None:
            states[kind] = states.get(kind, False) or filled
    return states


def _alone(sheet: Sheet) -> Found | None:
    """Return the barriers that one short note without a label names; a second note may be a choice not taken."""
    notes: list[Found] = []
    for row in sheet.rows:
        for cell in sorted({t.cell for t in row}):
            span = Span(tuple(t for t in row if t.cell == cell))
            short = len(span.tokens) <= SENTENCE and _NOTE.match(span.text)
            said = named(span) if short else None
            if said is not None:
                notes.append(said)
    return notes[0] if len(notes) == 1 else None


def _told(sheet: Sheet, hits: list[Hit], sides: Mapping[int, Side | None]) -> Found | None:
    """Return the barriers named in words at a label for them."""
    for hit in hits:
        if hit.field == "access_barriers":
            over = (above(sheet, hits, hit),) if sides.get(hit.row) == "above" else ()
            for span in (*over, beside(sheet, hits, hit), *below(sheet, hits, hit)):
                said = named(span) if span.tokens else None
                if said is not None:
                    return said
    return None


def named(span: Span) -> Found | None:
    """Read access barriers named in plain words; what is said not to be there is none."""
    kinds = {kind for clause in re.split(r"[.;,/]|\bbut\b|\s[-–]\s", span.text) for kind in _in_clause(clause)}
    if _UPSTAIRS.search(span.text) and re.search(rf"{_NO}\s+(?:working\s+)?(?:{WORDS['elevator']})", span.text, re.I):
        kinds.add("stairs")
    listed = [kind for kind in WORDS if kind in kinds]
    return Found([*listed], span, ("vocabulary",)) if listed else None


def _in_clause(clause: str) -> Iterator[str]:
    if _WALKING.search(clause):
        return
    for kind, words in WORDS.items():
        match = re.search(rf"(?<![A-Za-z])(?:{words})\b", clause, re.IGNORECASE)
        if match is None or re.search(_NO, clause[: match.start()], re.IGNORECASE):
            continue
        if not re.match(r"\W*(?:none|no|out of order|n/a|broken)\b", clause[match.end() :], re.IGNORECASE):
            yield kind


def _kind(text: str) -> str | None:
    """Return the barrier that the words of a box name."""
    return next(_in_clause(text), None)


def _kinds(text: str) -> set[str]:
    return {k for k, words in WORDS.items() if re.search(rf"(?<![A-Za-z])(?:{words})\b", text, re.IGNORECASE)}


def _answered(sheet: Sheet) -> tuple[dict[str, bool], Span]:
    """Return the barriers that are answered with yes or no, or with a typed `[x]` or `[ ]`."""
    states: dict[str, bool] = {}
    tokens: list[Token] = []
    for row in sheet.rows:
        text = Span(row).text
        for kind, words in WORDS.items():
            match = re.search(
                rf"(?<![A-Za-z])(?:{words})\b(?:[^?:;,\[(]{{0,24}}\?)?\s*[:;.\-]?\s*\(?(yes|no|y|n)\b(?!\s+[A-Za-z]{{4}}[a-z]*\s*(?:[.,;]|$))",
                text,
                re.IGNORECASE,
            )
            typed = re.search(rf"[\[(]\s?([xX✓✔]?)\s?[\])]\s*(?:{words})\b", text, re.IGNORECASE)
            if match is not None:
                states[kind] = match[1].lower().startswith("y")
            elif typed is not None and sheet.source == "body":
                states[kind] = bool(typed[1])
            if match is not None or (typed is not None and sheet.source == "body"):
                tokens += row
    return states, Span(tuple(tokens))


def _words_of(sheet: Sheet, states: Mapping[str, bool]) -> Span:
    """Return the words that label the boxes; how sure they were read is not what counts for a box."""
    found = [t for row in sheet.rows for t in row if _kind(t.text) in states]
    return Span(tuple(replace(t, confidence=BOX_CONFIDENCE) for t in found))
