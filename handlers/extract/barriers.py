"""What stands in the way at the door: boxes that are checked, questions answered, words beside a label."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from handlers.extract import places
from handlers.extract.around import above, below, beside
from handlers.extract.convention import Side
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.labels import Hit
from handlers.extract.values import Found

BOX_CONFIDENCE = 0.9


def found(sheet: Sheet, hits: list[Hit], sides: Mapping[int, Side | None]) -> Found | None:
    """Return the barriers that are checked or answered with yes, or named in words; a box not seen leaves doubt."""
    states, span = _answered(sheet)
    method = "vocabulary"
    listed = next((row for row in sheet.rows if _kinds(Span(row).text) == set(places.BARRIER_WORDS)), None)
    if not states:
        method = "pixels"
        for mark, filled in sheet.marks.items():
            kind = _kind(mark.removeprefix("checkbox:")) if mark.startswith("checkbox:") else None
            if kind is not None:
                states[kind] = states.get(kind, False) or filled
        span = _words_of(sheet, states)
    if states or listed is not None:
        checked = [kind for kind in places.BARRIER_WORDS if states.get(kind)]
        sure = len(states) == len(places.BARRIER_WORDS)
        return Found([*checked], span, (method,), 1.0 if sure else 0.4) if checked or not sure else None
    for hit in hits:
        if hit.field == "access_barriers":
            over = (above(sheet, hits, hit),) if sides.get(hit.row) == "above" else ()
            for span in (*over, beside(sheet, hits, hit), *below(sheet, hits, hit)):
                named = places.barriers(span) if span.tokens else None
                if named is not None:
                    return named
    return None


def _kind(text: str) -> str | None:
    """Return the barrier whose word begins a text."""
    return next(
        (k for k, words in places.BARRIER_WORDS.items() if re.match(rf"\W*(?:{words})\b", text, re.IGNORECASE)), None
    )


def _kinds(text: str) -> set[str]:
    return {
        k for k, words in places.BARRIER_WORDS.items() if re.search(rf"(?<![A-Za-z])(?:{words})\b", text, re.IGNORECASE)
    }


def _answered(sheet: Sheet) -> tuple[dict[str, bool], Span]:
    """Return the barriers that are answered with yes or no, or with a typed `[x]` or `[ ]`."""
    states: dict[str, bool] = {}
    tokens: list[Token] = []
    for row in sheet.rows:
        text = Span(row).text
        for kind, words in places.BARRIER_WORDS.items():
            match = re.search(
                rf"(?<![A-Za-z])(?:{words})\b(?:[^?:;\[(]{{0,24}}\?)?\s*[:;.,\-]?\s*\(?(yes|no|y|n)\b",
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
