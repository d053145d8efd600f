"""Whose pages these are: what each page says of its patient, and which pages speak of one person.

A page may name its patient beside a label, in a heading, or not at all; engines misread. Two claims are of one person
when nothing that both say differs by more than a misreading; and a page on which the other's name or birth stands is
that person's, whatever else stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rapidfuzz.distance import Levenshtein

from handlers.extract import dates
from handlers.extract.candidates import LABEL, SENTENCE, Candidate, of_page
from handlers.extract.geometry import Sheet, Span, sheet_of
from handlers.extract.plausible import NOT_NAMES
from schemas.document import DocumentClass
from schemas.reading import Page, Reading

SURE = 0.5
"""A name or birth read less surely than this says nothing of whose page it is."""
MISREAD_DIGITS = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """One person as one page names it; either part may be missing."""

    name: str
    birth: str
    labelled: bool = True

    @property
    def tokens(self) -> tuple[str, ...]:
        return tuple(re.findall(r"[a-z]+", self.name.lower().replace("'", "")))


@dataclass
class Leaf:
    """One page: its words, and the persons whom it claims to be of."""

    page: Page
    claims: tuple[Claim, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        listed = (*self.page.words, *self.page.second)
        return frozenset(t for w in listed for t in re.findall(r"[a-z]+", w.text.lower().replace("'", "")))

    @cached_property
    def days(self) -> frozenset[str]:
        """Every date that either engine read on the page."""
        sheets = [sheet_of(self.page)]
        if self.page.second:
            sheets.append(sheet_of(self.page.model_copy(update={"words": self.page.second})))
        return frozenset(str(f.value) for s in sheets for row in s.rows for f, _, _ in dates.dates(Span(row)))

    def tells_of(self, claim: Claim) -> bool:
        """Say whether this person's birth, or given and family name, stand anywhere on the page."""
        if claim.birth and claim.birth in self.days:
            return True
        telling = [t for t in claim.tokens if len(t) > 2]
        return len(telling) > 1 and all(any(_near(t, w) for w in self.words) for t in (telling[0], telling[-1]))


@dataclass
class Person:
    """One person and the pages that are of it."""

    claims: list[Claim] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)

    @property
    def pages(self) -> list[int]:
        return sorted({leaf.page.number for leaf in self.leaves})


def people_of(reading: Reading) -> list[Person]:
    """Return the different persons whom the pages are of; pages that name nobody belong to none."""
    return people(leaf_of(page) for page in reading.pages if page.words)


def people(leaves: Iterable[Leaf]) -> list[Person]:
    """Put pages together by person."""
    listed = [leaf for leaf in leaves if leaf.claims]
    listed.sort(key=lambda leaf: -max(bool(c.name) + bool(c.birth) + c.labelled for c in leaf.claims))
    found: list[Person] = []
    for leaf in listed:
        for claim in leaf.claims:
            person = next((p for p in found if _is_of(claim, leaf, p)), None)
            if person is None:
                person = Person()
                found.append(person)
            person.claims.append(claim)
            person.leaves.append(leaf)
    return found


def leaf_of(page: Page) -> Leaf:
    """Return what one page claims, by the words that both engines make together."""
    return Leaf(page, tuple(_claims(sheet_of(page))))


def _claims(sheet: Sheet) -> list[Claim]:
    if not sheet.rows:
        return []
    found = of_page(sheet, DocumentClass.OTHER)
    names = _values((c for c in found if not NOT_NAMES.intersection(str(c.found.value).lower().split())), "member_name")
    births = _values(found, "dob")
    labelled = any(c.strength == LABEL for c in found if c.field in {"member_name", "dob"})
    if not names and not births:
        return []
    first = Claim(names[0] if names else "", births[0] if births else "", labelled)
    others = zip(names[1:], births[1:], strict=False)
    return [first, *(Claim(name, birth) for name, birth in others if not _nearly(name, names[0]))]


def _values(found: Iterable[Candidate], name: str) -> list[str]:
    """Return the different values of a field on one page, the surest first, sentences only where no label speaks."""
    listed = [c for c in found if c.field == name and c.confidence > SURE]
    for strength in (LABEL, SENTENCE):
        best = [c for c in listed if c.strength == strength]
        if best:
            return list(dict.fromkeys(str(c.found.value) for c in best))
    return []


def _is_of(claim: Claim, leaf: Leaf, person: Person) -> bool:
    """Say whether a page's claim is of a person known from another page, or from the same one."""
    if any(one_person(claim, known) for known in person.claims):
        return True
    if leaf.page.number in person.pages:
        return False
    if any(other.tells_of(claim) for other in person.leaves):
        return not any(_births_differ(claim, known) for known in person.claims)
    telling = [known for known in person.claims if leaf.tells_of(known)]
    return any(not _births_differ(claim, known) or not claim.labelled for known in telling)


def one_person(one: Claim, two: Claim) -> bool:
    """Say whether two claims may be of one person: whatever both say must nearly agree, and something must."""
    if one.birth and one.birth == two.birth:
        return not (one.name and two.name) or _alike(one, two)
    if one.name and two.name:
        return _nearly(one.name, two.name) and not _births_differ(one, two)
    return False


def _births_differ(one: Claim, two: Claim) -> bool:
    return bool(one.birth and two.birth) and Levenshtein.distance(one.birth, two.birth) > MISREAD_DIGITS


def _alike(one: Claim, two: Claim) -> bool:
    """Say whether two names that were born on one day are one name, read well or badly."""
    close = Levenshtein.normalized_similarity(" ".join(sorted(one.tokens)), " ".join(sorted(two.tokens))) > 0.5
    return close or bool({t for t in one.tokens if len(t) > 2} & {t for t in two.tokens if len(t) > 2})


def _nearly(one: str, two: str) -> bool:
    """Say whether two names are one: the words of the shorter all stand in the longer, but for a letter misread."""
    a, b = sorted((_tokens(one), _tokens(two)), key=len)
    return bool(a) and all(any(_near(t, u) or _initial(t, u) for u in b) for t in a) and len(a) > 1


def _tokens(name: str) -> list[str]:
    return re.findall(r"[a-z]+", name.lower().replace("'", ""))


def _initial(one: str, two: str) -> bool:
    return min(len(one), len(two)) == 1 and one[0] == two[0]


def _near(one: str, two: str) -> bool:
    """Say whether two words are one with a letter misread; of short ones only the same."""
    longest = max(len(one), len(two))
    return one == two or (longest > 4 and Levenshtein.distance(one, two) <= (2 if longest > 7 else 1))


def untied(reading: Reading, main: int | None) -> frozenset[int]:
    """Return the pages that claim somebody of whom the order's own page says nothing, nor they of whom it claims."""
    leaves = [leaf_of(page) for page in reading.pages if page.words] if len(reading.pages) > 1 else []
    own = next((leaf for leaf in leaves if leaf.page.number == main), None)
    if own is None:
        return frozenset()
    return frozenset(leaf.page.number for leaf in leaves if leaf is not own and leaf.claims and not _tied(leaf, own))


def _tied(leaf: Leaf, own: Leaf) -> bool:
    return any(own.tells_of(claim) for claim in leaf.claims) or any(leaf.tells_of(claim) for claim in own.claims)


def order_of_pages(persons: Sequence[Person]) -> str:
    """Return which pages are whose, for a reviewer: `pages 1, 2; page 3`."""
    return "; ".join(f"page{'s' if len(p.pages) > 1 else ''} {', '.join(str(n) for n in p.pages)}" for p in persons)
