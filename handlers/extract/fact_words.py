"""What a printed fact says, as a line of notes: readings of tests with their condition and day, days, plain words.

Nothing is a fact that a form only asks for, allows or aims at: a limit, a goal, a choice that is not taken, a negative.
"""

# ruff: noqa: E501 - a pattern is easier to read on one line

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from handlers.extract import dates
from handlers.extract.geometry import Span
from handlers.extract.values import Found

SHORTEST = 2
LONGEST = 300
LIMIT = re.compile(
    r"[<>≤≥?]|\b(?:goals?|targets?|maintain\w*|keep|titrate|criteria|criterion|if|whether|should|must|below|above|less|lower|greater|more than|at least|between|desired|notify|call|until|ensure|expected|predicted|normal|scheduled|pending|required (?:for|to|by)|qualif(?:y|ies) (?:if|when|with)|not (?:done|performed|obtained|tested|available|applicable)|(?:mother|father|sister|brother|spouse)(?:'s)?)\b",
    re.IGNORECASE,
)
"""Words by which a number is a limit, a goal or a question, and no result."""
_NEGATIVE = re.compile(
    r"(?:no|not|none|nil|never|neg|negative|n\s?/\s?a|na|denies|denied|unknown|unk|pending|tbd|see|refer|attached|as\s+(?:above|below|attached|ordered|needed)|not\s.*|unable to (?:obtain|assess|determine|perform|complete|evaluate)|deferred|declined|refused|to be|will be|if|please|specify|describe|explain|indicate|list|enter|provide|check|circle|select|choose|required|needed|same|date|yes\s?/\s?no|y\s?/\s?n|false|scheduled|awaiting|without|patient name|signature)\b",
    re.IGNORECASE,
)
_NONE = re.compile(r"(?:no\b|none|nil|nka|nkda|not known)", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"\byes\b.*\bno\b|\bno\b.*\byes\b|\bcircle\b|\bcheck (?:one|all)\b|\bspecify\b|\band/or\b|\bother\W*$|_{2,}|\.{4,}|\(s\)|[A-Za-z]{3,}\s?/\s?[A-Za-z ]{3,}\s?/\s?[A-Za-z]{3,}",
    re.IGNORECASE,
)
_AMOUNTS = re.compile(r"\b(?:none|no|scant|minimal|mild|small|light|moderate|heavy|large|copious|severe)\b")
MOST_AMOUNTS = 2
"""A value that has more words of how much is the form's list of them."""
_YES = re.compile(r"(?:yes|y|true|x)\W*$", re.IGNORECASE)
_CONDITIONS = {
    "at rest": r"\b(?:at\s+rest|rest|resting|seated|sitting|awake)\b",
    "on exercise": r"\b(?:exercise|exertion|exertional|ambulat\w+|walk\w*|activity|6\s?MWT|six[- ]minute walk)\b",
    "asleep": r"\b(?:sleep|asleep|sleeping|nocturnal|overnight|during the night)\b",
}
_AIR = re.compile(r"\b(?:room\s+air|RA|on\s+air)\b")
_FLOW = re.compile(r"\b(\d{1,2}(?:\.\d{1,2})?)\s?(?:L\s?/\s?min|LPM|lpm|L|liters?(?:\s+per\s+minute)?)\b")
_ON_OXYGEN = re.compile(r"\b(?:with|on|while on|using)\s+(?:supplemental\s+)?(?:oxygen|O2)\b", re.IGNORECASE)
_BY = re.compile(
    r"\b(?:performed|tested|done|obtained|administered|conducted|measured|taken)\s+(?:by|at)\b:?\s+((?:[A-Z][\w.'&-]*,?\s?){1,6})"
)
_SUPPLIER = re.compile(r"\b(?:supplier|dme|vendor|medical equipment|home medical)\b", re.IGNORECASE)
_APART = re.compile(
    r"\s*(?:[;,]|\band\b|\bthen\b|\bwhile\b|\bbut\b|\bversus\b|\bvs\.?|\||\bdesaturat\w+\b)\s*", re.IGNORECASE
)
_DAY_OF_TEST = re.compile(
    r"(?:^|\b(?:on|dated|of|performed|tested|obtained|taken|date|done|was|from)\b|[(@,;:%])\W*$", re.IGNORECASE
)
_OTHER_DAY = re.compile(
    r"\b(?:born|dob|birth|start\w*|begin\w*|order\w*|deliver\w*|until|through|discharg\w*|admi\w*|next|scheduled|due|repeat\w*|sign\w*|since|before|after|by)\b\W*(?:on|date|of|is|was)?\W*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A result with bounds: how its number is written, in a sentence and behind its label."""

    label: str
    unit: str
    number: re.Pattern[str]
    plain: re.Pattern[str]
    """The number without its unit, where it begins what stands behind a label."""
    least: Decimal
    most: Decimal


_NUMBER = r"(?<![\w./-])(\d{1,3}(?:\.\d{1,2})?)"
_AS_PLAIN = r"^\W*(\d{1,3}(?:\.\d{1,2})?)(?![\w]|\s?[/.:-]\s?\d|\s?(?:L|LPM|lpm|liters?)\b)"
MEASURES = {
    "saturation": Measure("Oxygen saturation", " %", re.compile(rf"{_NUMBER}\s?(?:%|percent\b)"), re.compile(_AS_PLAIN), Decimal(30), Decimal(100)),
    "pressure": Measure("PaO2", " mm Hg", re.compile(rf"{_NUMBER}\s?(?:mm\s?Hg|torr)\b", re.IGNORECASE), re.compile(_AS_PLAIN), Decimal(20), Decimal(200)),
    "index": Measure("AHI", "", re.compile(rf"{_NUMBER}\s?(?:events|/\s?h|per hour|/hour)", re.IGNORECASE), re.compile(_AS_PLAIN), Decimal(0), Decimal(200)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of notes, and the words of the page that say it."""

    label: str
    said: str
    span: Span

    @property
    def line(self) -> str:
        return f"{self.label}: {self.said}"[:LONGEST]


def measured(
    kind: str, span: Span, *, label: str = "", name: str | None = None, labelled: bool = True
) -> Iterator[Fact]:
    """Yield each result in the words behind a label (whose own words say a condition too) or in a sentence."""
    measure, text = MEASURES[kind], span.text
    found = [
        m
        for m in measure.number.finditer(text)
        if not re.search(
            r"\b(?:FiO2|EF|FEV1?|hct|hematocrit|humidity)\W*(?:of|is|was)?\W*$", text[: m.start()], re.IGNORECASE
        )
    ]
    first = measure.plain.match(text) if labelled and not found else None
    numbers = found or ([first] if first else [])
    day, by = _day_of_test(span), _BY.search(text)
    shared = _shared(text, numbers)
    for at, match in enumerate(numbers):
        clause = _clause(text, numbers, at)
        told = " ".join(part for part in (label if labelled else "", clause, shared if at else "") if part)
        value = Decimal(match[1])
        if LIMIT.search(told) or not measure.least <= value <= measure.most:
            continue
        said = condition(told)
        if said is None or (len(numbers) > 1 and not said and kind != "index"):
            continue
        parts = [f"{match[1]}{measure.unit}", said, f"on {day}" if day else ""]
        who = f", performed by {by[1].strip(' ,')}" if by and not _SUPPLIER.search(by[1]) else ""
        yield Fact(name or measure.label, " ".join(part for part in parts if part) + who, span)


def condition(text: str) -> str | None:
    """Return under which condition a test was done, as far as it is said; None where it says several at once."""
    states = [name for name, words in _CONDITIONS.items() if re.search(words, text, re.IGNORECASE)]
    flow = _FLOW.search(text)
    air, oxygen = _AIR.search(text), flow or _ON_OXYGEN.search(text)
    if len(states) > 1 or (air and oxygen):
        return None
    breath = "on room air" if air else f"with oxygen at {flow[1]} L/min" if flow else "with oxygen" if oxygen else ""
    return " ".join(part for part in (states[0] if states else "", breath) if part)


def _shared(text: str, numbers: list[re.Match[str]]) -> str:
    """Return `room air` where a text says it of all its readings: before the first, and of breathing nothing else."""
    if not numbers:
        return ""
    later = text[numbers[0].start() :]
    return (
        "room air" if _AIR.search(text[: numbers[0].start()]) and not (_AIR.search(later) or _on_oxygen(later)) else ""
    )


def _on_oxygen(text: str) -> bool:
    return bool(_FLOW.search(text) or _ON_OXYGEN.search(text))


def _clause(text: str, numbers: list[re.Match[str]], at: int) -> str:
    """Return the part of a text that speaks of one of its numbers: all of it where there is no other."""
    if len(numbers) == 1:
        return text
    tail = text[numbers[-1].end() :]
    behind = bool(
        condition(tail) or condition(tail) is None
    )  # `91 % at rest, 85 % walking`; else `rest 91 %, walking 85 %`
    cuts = [0]
    for before, after in pairwise(numbers):
        breaks = list(_APART.finditer(text, before.end(), after.start()))
        cuts.append((breaks[-1 if behind else 0] if breaks else after).start())
    cuts.append(len(text))
    return text[cuts[at] : cuts[at + 1]]


def _day_of_test(span: Span) -> str | None:
    """Return the one day that a text gives for what it tells; a birth or an order's start is none."""
    days = set()
    for found, start, _ in dates.dates(span):
        before = span.text[:start]
        if (
            str(found.value) >= dates.LEAST_YEAR
            and not _OTHER_DAY.search(before)
            and (_DAY_OF_TEST.search(before) or _ends_a_cell(span, found))
        ):
            days.add(str(found.value))
    return days.pop() if len(days) == 1 else None


def _ends_a_cell(span: Span, found: Found) -> bool:
    """Say whether a date stands in a cell of its own or right behind a word of the test (`room air 11/02/2026`)."""
    first = found.span.tokens[0]
    at = span.tokens.index(first)
    return (
        at == 0
        or span.tokens[at - 1].cell != first.cell
        or bool(
            re.search(
                r"(?:air|RA|rest|exertion|exercise|sleep|walking|ambulation|asleep)\W*$",
                span.tokens[at - 1].text,
                re.IGNORECASE,
            )
        )
    )


def dated(span: Span) -> str | None:
    """Return the day with which a value begins; what else it says stands behind it."""
    listed = dates.dates(span)
    if not listed or listed[0][1] > 12 or str(listed[0][0].value) < dates.LEAST_YEAR or LIMIT.search(span.text):
        return None
    days = {str(found.value) for found, _, _ in listed}
    if len(days) != 1 or _NEGATIVE.match(span.text.strip(" -:")):
        return None
    rest = span.text[listed[-1][2] :].strip(" ,;-–()")
    return f"{days.pop()} {rest}".strip() if re.match(r"(?:with|by|at)\b", rest, re.IGNORECASE) else days.pop()


def lists_choices(text: str) -> bool:
    """Say whether a text is what a form offers to choose from."""
    return len(set(_AMOUNTS.findall(text.lower()))) > MOST_AMOUNTS or bool(_TEMPLATE.search(text))


def worded(span: Span, *, reason: bool, none: bool) -> str | None:
    """Return the words of a value, its dates as ISO; None for a blank, a negative, or a list of choices."""
    text = span.text.strip(" -–:;,|.")
    if lists_choices(text):
        return None
    if none and _NONE.match(text):
        return text
    if len(re.sub(r"[^A-Za-z0-9]", "", text)) < SHORTEST and not text.isdigit():
        return None
    if (
        _NEGATIVE.match(text)
        or _TEMPLATE.search(text)
        or (reason and (_YES.match(text) or len(text.split()) < SHORTEST))
    ):
        return None
    if text.endswith("?") or re.search(
        r"\bnot (?:homebound|applicable|required|needed|performed|done|on insulin)\b|\bno longer\b", text, re.IGNORECASE
    ):
        return None
    for found, start, end in reversed(dates.dates(span)):
        at = start - (len(span.text) - len(span.text.lstrip(" -–:;,|.")))
        text = f"{text[:at]}{found.value}{text[at + end - start :]}"
    return text
