"""What one engine's reading of the document says of each field: the strongest candidate, its support, its doubts."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue
from rapidfuzz.distance import Levenshtein

from doorstep.ocr.agree import ALONE as ALONE_WORTH
from doorstep.ocr.agree import DIFFERENT
from handlers.extract.announced import label_count, orders
from handlers.extract.candidates import ALONE, SENTENCE, Candidate, of_page
from handlers.extract.geometry import Sheet, sheet_of
from schemas.document import DocumentClass
from schemas.reading import Page, Reading, Word

NAMES = frozenset({"member_name", "clinician_name", "payer"})
OFFICE = frozenset({"practice_phone", "practice_fax"})
"""Numbers that a cover sheet also gives, there mostly of whoever gets the fax: only the order itself is asked."""
WHOSE = frozenset({"member_name", "dob", "member_id", "group_no", "payer"})
"""Whose the order is: never taken from a page that may be another patient's."""
ORDERS_WORTH = 4
"""So many labels more has a page of whoever's data than one that orders, and is still not the order."""
NEAR = 2
"""Readings of one name that differ by so few letters are one name misread, not two names."""


@dataclass(frozen=True)
class View:
    """The whole document as one engine read it."""

    engine: str
    sheets: tuple[Sheet, ...]

    @cached_property
    def labels(self) -> tuple[int, ...]:
        return tuple(label_count(sheet) for sheet in self.sheets)

    def sheet(self, number: int | None) -> Sheet | None:
        return next((s for s in self.sheets if s.number == number), None)


@dataclass(frozen=True, slots=True)
class Opinion:
    """One engine's best value of a field."""

    best: Candidate
    places: int
    """At how many places of the page the same value stands."""
    confidence: float
    validators: tuple[str, ...]
    conflict: bool
    view: View

    @property
    def value(self) -> JsonValue:
        return self.best.found.value

    @property
    def key(self) -> str:
        return key(self.value)


def views_of(reading: Reading) -> list[View]:
    """Return the document as each engine read it; a text layer or a mail has one view only."""
    if not any(page.second for page in reading.pages):
        return [View("first", _sheets(reading.pages))]
    own = [page.model_copy(update={"words": _plain_words(_own(page), page.second)}) for page in reading.pages]
    other = [
        page.model_copy(update={"words": _plain_words(page.second, _own(page))}) if page.second else page
        for page in reading.pages
    ]
    return [View("first", _sheets(own)), View("second", _sheets(other))]


def _lent(word: Word) -> bool:
    """Say whether a word among the first engine's was put there by the second alone."""
    return word.agrees is None and word.second == word.text


def _own(page: Page) -> tuple[Word, ...]:
    """Return the words of the first engine without those that the second alone read."""
    return tuple(_raw(w) for w in page.words if not _lent(w))


def _raw(word: Word) -> Word:
    """Return a word with the confidence that its engine gave: agreement is weighed on whole values here."""
    worth = DIFFERENT if word.agrees is False else ALONE_WORTH if word.agrees is None and word.second is None else 1.0
    return word if worth == 1.0 else word.model_copy(update={"confidence": min(1.0, word.confidence / worth)})


def _plain_words(words: tuple[Word, ...], others: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return words without the accents that one engine alone sees: dirt over a letter looks like one."""
    seen = {c for w in others for c in w.text if c.isalpha() and not c.isascii()}
    return tuple(w if w.text.isascii() else w.model_copy(update={"text": _plain(w.text, seen)}) for w in words)


def _plain(text: str, seen: set[str]) -> str:
    return "".join(c if c in seen or not c.isalpha() else _bare_letter(c) for c in unicodedata.normalize("NFKC", text))


def _bare_letter(char: str) -> str:
    return next((c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)), char)


def _sheets(pages: Iterable[Page]) -> tuple[Sheet, ...]:
    return tuple(sheet for sheet in (sheet_of(page) for page in pages if page.words) if sheet.rows)


def noise_of(page: Page) -> float:
    """Return the share of a page's words on which its two engines do not agree; 0 where one read it alone."""
    words = [w for w in page.words if sum(c.isalnum() for c in w.text) > 2] if page.second else []
    return 1.0 - sum(w.agrees is True for w in words) / len(words) if words else 0.0


def main_page(views: Sequence[View]) -> int | None:
    """Return the number of the page that announces most fields: the order itself, not what lies around it.

    A page that names goods and who orders them is the order before one that only says whose it is: a face sheet.
    """
    counts: dict[int, int] = {}
    for view in views:
        for sheet, labels in zip(view.sheets, view.labels, strict=True):
            counts[sheet.number] = counts.get(sheet.number, 0) + labels + (ORDERS_WORTH if orders(sheet) else 0)
    return max(counts, key=lambda number: (counts[number], -number), default=None)


def opinions(
    view: View, main: int | None, document_class: DocumentClass, others: Collection[int] = ()
) -> dict[str, Opinion]:
    """Return this view's best value of every field it has one of; whose the order is never from `others`' pages."""
    by_field: dict[str, list[Candidate]] = {}
    for sheet in view.sheets:
        for candidate in of_page(sheet, document_class):
            if sheet.number != main and candidate.field in OFFICE:
                continue
            if sheet.number in others and candidate.field in WHOSE:
                continue
            weight = candidate.strength if sheet.number == main else min(candidate.strength, ALONE)
            weighed = Candidate(candidate.field, candidate.found, weight, sheet.number)
            by_field.setdefault(candidate.field, []).append(weighed)
    return {field: _opinion(view, listed) for field, listed in by_field.items()}


def _opinion(view: View, listed: list[Candidate]) -> Opinion:
    best = max(listed, key=lambda c: (c.strength, "zip-state" in c.found.validators, round(c.confidence, 3)))
    same = [c for c in listed if key(c.found.value) == key(best.found.value)]
    others = [c for c in listed if key(c.found.value) != key(best.found.value)]
    validators = dict.fromkeys(v for c in same if c.strength == best.strength for v in c.found.validators)
    if any("folded" not in c.found.validators for c in same):
        validators.pop("folded", None)
    return Opinion(
        best=best,
        places=len({c.found.span.box for c in same}),
        confidence=max(c.confidence for c in same),
        validators=tuple(validators),
        conflict=any(_contradicts(best, other) for other in others),
        view=view,
    )


def _contradicts(best: Candidate, other: Candidate) -> bool:
    """Say whether another candidate is strong and different enough to doubt the best one."""
    if other.strength < min(best.strength, SENTENCE) or other.order != best.order:
        return False
    if other.strength < best.strength and other.confidence < 0.6:
        return False
    a, b = key(best.found.value), key(other.found.value)
    if best.field in {*NAMES, "ship_address"} and (a in b or b in a):
        return False
    if best.field in NAMES:
        return Levenshtein.distance(a, b) > NEAR or other.confidence > 0.8
    return best.field not in {"frequency", "access_barriers"}


def key(value: JsonValue) -> str:
    """Return a text by which equal values are equal."""
    if isinstance(value, list):
        return json.dumps(sorted(json.dumps(v, sort_keys=True) for v in value))
    return value.lower() if isinstance(value, str) else json.dumps(value, sort_keys=True)
