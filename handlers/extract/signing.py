"""The day behind a signature that has no label of its own: `Physician signature: ____ 11/17/2026`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import dates
from handlers.extract.around import beside
from handlers.extract.geometry import Sheet, Span
from handlers.extract.labels import Hit
from handlers.extract.values import Found
from handlers.extract.vocabulary import IGNORED, stranger_words

_SIGNS = re.compile(r"\b(?:signature|signed|sig)\b", re.IGNORECASE)
_ANOTHERS = re.compile(r"\b(?:patient|beneficiary|member|witness|supplier)", re.IGNORECASE)


def dates_behind(sheet: Sheet, hits: list[Hit]) -> Iterator[Found]:
    """Yield the one day behind a clinician's signature, with nothing but its own words between."""
    for hit in hits:
        label = Span(sheet.rows[hit.row][hit.start : hit.end]).text
        if hit.field != IGNORED or not _SIGNS.search(label) or _ANOTHERS.search(label) or stranger_words(label):
            continue
        span = beside(sheet, hits, hit)
        listed = dates.dates(span)
        if len(listed) == 1 and re.fullmatch(r"\W*(?:(?:on|date|dt)\W*)?", span.text[: listed[0][1]], re.IGNORECASE):
            yield listed[0][0]
