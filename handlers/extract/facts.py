"""What an order says beyond its fields, as lines of notes with their evidence: results of tests, visits, reasons.

A line is used unseen only where both engines make the same line of the page, and every figure in it was read clearly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapidfuzz import fuzz

from handlers.extract import fact_labels, fact_sentences
from handlers.extract.asked import find_hits
from handlers.extract.fact_boxes import printed
from handlers.extract.fact_words import Fact
from handlers.extract.geometry import Span, union
from handlers.extract.opinion import View, main_page, views_of
from handlers.extract.people import untied
from schemas.document import ExtractedField
from schemas.order import Evidence
from schemas.reading import Reading

CLEAR = 0.8
"""So sure each figure of a line must be, as the engine that is surer read it;"""
LEGIBLE = 0.55
"""and its words on average."""
ALIKE = 80
"""How like one another (of 100) two engines' readings of a line's words are."""
MOST = 60


def noted(reading: Reading) -> dict[str, ExtractedField]:
    """Return the lines by name (`oxygen_saturation`, `oxygen_saturation_2`); what is not sure is shown, never used."""
    views = [view for view in views_of(reading) if view.sheets]
    if not views:
        return {}
    others = untied(reading, main_page(views))
    said = [_of_view(view, reading, others) for view in views]
    found: dict[str, ExtractedField] = {}
    for fact in said[0][:MOST]:
        doubt = _doubt(fact, said)
        found[_name(fact, found)] = _field(fact, said, doubt)
    for other in said[1:]:
        for fact in other[:MOST]:
            if not any(_alike(fact, known) or fact.label == known.label for known in said[0]):
                found[_name(fact, found)] = _field(fact, said, "one-engine")
    return found


def _of_view(view: View, reading: Reading, others: Iterable[int]) -> list[Fact]:
    barred = set(others)
    words = {page.number: page.words for page in reading.pages}
    listed: dict[str, Fact] = {}
    for sheet in view.sheets:
        if sheet.number in barred:
            continue
        for fact in (
            *fact_labels.facts(printed(sheet, words[sheet.number]), find_hits(sheet)),
            *fact_sentences.facts(sheet),
        ):
            if fact.span.tokens:
                listed.setdefault(_squeezed(fact), fact)
    return list(listed.values())


def _squeezed(fact: Fact) -> str:
    return re.sub(r"\W+", "", fact.line).lower()


def _figures(fact: Fact) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", fact.said)


def _alike(one: Fact, two: Fact) -> bool:
    """Say whether two engines made the same line: the same label and figures, nearly the same words."""
    same = one.label == two.label and _figures(one) == _figures(two)
    return same and fuzz.ratio(_squeezed(one), _squeezed(two)) >= ALIKE


def _doubt(fact: Fact, said: list[list[Fact]]) -> str | None:
    """Return why a line is not used unseen, None where it may be."""
    if any(not any(_alike(fact, other) for other in view) for view in said[1:]):
        return "one-engine"
    twins = [next(other for other in view if _alike(fact, other)) for view in said]
    figures = set(_figures(fact))
    if any(max(_surest(twin, figure) for twin in twins) < CLEAR for figure in figures):
        return "unclear"
    if max(_mean(twin.span) for twin in twins) < LEGIBLE:
        return "unclear"
    return "conflict" if _contradicted(fact, said) else None


def _contradicted(fact: Fact, said: list[list[Fact]]) -> bool:
    """Say whether another line gives another result of the same test, so that one of them may be misread."""
    bare = re.sub(r"\d+(?:\.\d+)?", "#", fact.said, count=1)
    for view in said:
        for other in view:
            differs = other.label == fact.label and _figures(other)[:1] != _figures(fact)[:1]
            if differs and re.sub(r"\d+(?:\.\d+)?", "#", other.said, count=1) == bare and "#" in bare:
                return True
    return False


def _surest(fact: Fact, figure: str) -> float:
    """Return how sure the word is that holds a figure; a day's figures are held by the word of the day."""
    held = [t.confidence for t in fact.span.tokens if figure.lstrip("0") in t.text]
    return max(held, default=_mean(fact.span))


def _mean(span: Span) -> float:
    sure = [t.confidence for t in span.tokens]
    return sum(sure) / len(sure) if sure else 0.0


def _field(fact: Fact, said: list[list[Fact]], doubt: str | None) -> ExtractedField:
    span, sure = fact.span, _mean(fact.span)
    checks = (doubt,) if doubt else (("engines",) if len(said) > 1 else ())
    return ExtractedField(
        value=fact.line,
        evidence=Evidence(
            page=span.page,
            box=union(t.box for t in span.tokens if t.page == span.page),
            raw=span.text[:200] or None,
            confidence=round(min(1.0, sure), 4),
            accepted=doubt is None,
            validators=checks,
        ),
    )


def _name(fact: Fact, taken: Iterable[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", fact.label.lower()).strip("_") or "note"
    names = set(taken)
    return next(name for n in range(1, MOST * 3) if (name := base if n == 1 else f"{base}_{n}") not in names)
