"""Values with what they are in brackets behind them: `Thea Carver (patient)   11/19/1940 (date of birth)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.values import Found
from handlers.extract.vocabulary import IGNORED, looks, squeeze, vocabulary

FEWEST = 3
"""So many values with brackets make a form that writes so; fewer are remarks."""
_CAPTION = re.compile(r"([^()]+?)\s*\(([A-Za-z][A-Za-z .,'/#-]{1,40})\)")


def candidates(sheet: Sheet, readers: Mapping[str, Callable[[Span], Found | None]]) -> Iterator[tuple[str, Found]]:
    """Yield (field, value) for what stands before a label in brackets, on pages that have several."""
    listed = _captions(sheet) if written_so(sheet) else []
    for field, span in listed:
        value = readers[field](span) if field in readers else None
        if value is not None:
            yield field, value


def written_so(sheet: Sheet) -> bool:
    """Say whether a page has its labels in brackets behind the values."""
    return len(_captions(sheet)) >= FEWEST


def bracketed(words: Sequence[Token]) -> bool:
    """Say whether a label is all in brackets: it speaks of what stands before it, never of what follows."""
    return words[0].text.startswith("(") and words[-1].text.rstrip(".,:;").endswith(")")


def _captions(sheet: Sheet) -> list[tuple[str, Span]]:
    phrases = vocabulary().phrases
    found: list[tuple[str, Span]] = []
    for row in sheet.rows:
        span = Span(row)
        for match in _CAPTION.finditer(span.text):
            field = phrases.get(looks(squeeze(match[2])), IGNORED)
            start = match.start() + len(match[1]) - len(match[1].lstrip(" ,;"))
            if field != IGNORED and not match[1].rstrip().endswith(":"):
                found.append((field, span.slice(start, match.end(1))))
    return found
