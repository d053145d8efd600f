"""How often and how much, where a sender says it in a sentence only. Never reads a measurement as an order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from schemas.order import Frequency, OrderType

Kind = Literal["oxygen_lpm", "dressings_per_week", "dose_interval_hours", "visits"]

_LITRES = re.compile(
    r"(?<![\d.])(\d{1,4}(?:\.\d{1,3})?)\s*"
    r"(?:l\s*/\s*m(?:in)?\b|lpm|l\.?p\.?m\.?|(?:l|lit(?:er|re)s?)\s+(?:per|a|/)\s*min"
    r"|(?:l|lit(?:er|re)s?)\s+(?:(?:via|by|per)\s+)?(?:n\.?c\b|n/c|nasal))",
    re.I,
)
_EVERY_HOURS = re.compile(r"(?:\bq|\bevery)\s?(\d{1,3}(?:\.\d{1,2})?)\s?(?:h\b|hrs?\b|hours?\b)", re.I)
_PER_WEEK = re.compile(
    r"(?<![\d.])(\d{1,3})\s*(?:x|times?|dressings?|changes?)?\s*(?:per|a|/|each)\s*(?:week|wk)\b", re.I
)
_VISITS = re.compile(r"(?<![\d.])(\d{1,3})\s+visits?\b", re.I)
_RANGE_BEFORE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:-|–|to)\s*$")
_CLAUSE = re.compile(r"[,;\n]|\.(?!\d)")
_OXYGEN = re.compile(r"\b(?:oxygen|o2|concentrator|lpm|cannula|nc)\b", re.I)
_MEASURED = re.compile(
    r"%|\b(?:sats?|saturat\w*|desat\w*|spo2|sao2|pao2|abg|oximetr\w*|room air|test(?:ed|ing)?|while|currently|was|were|"
    r"previous\w*|prior|placed|arriv\w*|from|requir\w*|baseline|without|not?)\b",
    re.I,
)
"""What tells of a state or a test: the flow in such a clause is what a person had, not what is ordered."""


MAX_TEXT = 4000
"""What is longer is a document, and documents are read by the reader of documents."""


def _plain(text: str) -> str:
    """Return a text with single blanks, which the patterns need to stay linear; nothing of one that is too long."""
    return "" if len(text) > MAX_TEXT else "\n".join(" ".join(line.split()) for line in text.splitlines())


def frequencies_in(text: str, kind: OrderType) -> list[Frequency]:
    """Read a frequency from words; a range (2-4 L/min) yields both ends, so that the caller sees a conflict."""
    text = _plain(text)
    found = list(_matches("oxygen_lpm", _LITRES, text))
    if kind is OrderType.INFUSION:
        found += _matches("dose_interval_hours", _EVERY_HOURS, text)
    elif kind is OrderType.HOME_HEALTH:
        found += _matches("visits", _VISITS, text)
    elif kind is OrderType.DME:
        found += _matches("dressings_per_week", _PER_WEEK, text)
    return found


def flows_ordered(text: str, *, oxygen: bool) -> list[Frequency]:
    """Read the oxygen flow that a remark orders; `oxygen` says that the remark stands with an oxygen item.

    A clause that tells of a measurement or a past state (`SpO2 84 % on 2 L/min`) orders nothing.
    """
    return [
        flow
        for clause in _CLAUSE.split(_plain(text))
        if not _MEASURED.search(clause) and (oxygen or _OXYGEN.search(clause))
        for flow in _matches("oxygen_lpm", _LITRES, clause)
    ]


def _matches(kind: Kind, pattern: re.Pattern[str], text: str) -> Iterator[Frequency]:
    for match in pattern.finditer(text):
        numbers = [match[1]]
        lower = _RANGE_BEFORE.search(text[max(0, match.start(1) - 12) : match.start(1)])
        if lower:
            numbers.append(lower[1])
        yield from (Frequency(kind=kind, value=value) for n in numbers if (value := Decimal(n)) > 0)
