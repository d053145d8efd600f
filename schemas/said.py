"""How often and how much, where a sender says it in words. Never reads a measurement as an order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from schemas.order import Frequency, OrderType

Kind = Literal["oxygen_lpm", "dressings_per_week", "dose_interval_hours", "visits"]
KINDS: tuple[Kind, ...] = ("oxygen_lpm", "dose_interval_hours", "visits", "dressings_per_week")
_MOST = 400
"""What is more is no frequency but a number that stands near one's words."""
_KIND_OF: dict[OrderType, Kind] = {
    OrderType.INFUSION: "dose_interval_hours",
    OrderType.HOME_HEALTH: "visits",
    OrderType.DME: "dressings_per_week",
}
MAX_TEXT = 4000
"""What is longer is a document, and documents are read by the reader of documents."""


class Said(NamedTuple):
    """A frequency and where in the text it stands."""

    kind: Kind
    value: Decimal
    start: int
    end: int


_WORDS = {
    "one": 1, "once": 1, "two": 2, "twice": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
_AMOUNT = (
    r"(?:(?P<low>\d{1,4}(?:\.\d{1,3})?) ?(?:-|–|to) ?)?"
    rf"(?P<n>\d{{1,4}}(?:\.\d{{1,3}})?|{'|'.join(_WORDS)})(?: ?\(\d{{1,3}}\)|\))?"
)
"""A number, in figures or as a word; in a range, its upper end."""
_N = rf"(?<![\w.]){_AMOUNT}"
_Q = r"(?<!\w)(?:every|each|q\.?) ?"
_NO_LIMIT = r"(?<!less than )(?<!more than )(?<!greater than )"
"""What a form's question says of a flow is no order: `if less than 1 LPM`."""
_WEEK = r"(?:week|wk)\b"
_FORMS: dict[Kind, tuple[str, ...]] = {
    "oxygen_lpm": (
        rf"{_NO_LIMIT}{_N} ?(?:l ?/ ?m(?:in(?:ute)?)?|lpm|l\.?p\.?m|(?:l|lit(?:er|re)s?) ?(?:per|a|/) ?min(?:ute)?|"
        r"(?:l|lit(?:er|re)s?) ?(?:(?:via|by|per) )?(?:n\.?c|n/c|nasal))\b",
    ),
    "dressings_per_week": (
        rf"{_N} ?(?:x|×|times?)? ?(?:(?:dressings?)? ?(?:changes?)?) ?(?:(?:per|a|each|every) |/ ?){_WEEK}",
        rf"{_N} ?(?:x|×|times) ?/? ?(?:weekly|week|wk|w)\b",
        rf"{_N} (?:dressing changes?|dressings|changes) weekly\b",
    ),
    "dose_interval_hours": (rf"{_Q}{_AMOUNT} ?-? ?(?:h|hr|hrs|hours?)\b",),
    "visits": (
        rf"{_N} ?(?:[^\W\d]{{1,20}} ){{0,3}}visits?\b"
        r"(?! ?(?:(?:per|a|each|every) |/ ?)(?:week|wk|day|month)| (?:week|dai)ly)",
        rf"\( ?{_N} ?\) ?visits?\b",
        rf"\b(?:number|no\.?|#) of visits?\W{{1,3}}{_N}\b",
        rf"\bvisits? ?(?:ordered|authorized|total|requested)? ?[:#]? ?{_N}\b(?! ?(?:x|times|/|per|a)\b)",
    ),
}
_PATTERNS = {kind: tuple(re.compile(form, re.I) for form in forms) for kind, forms in _FORMS.items()}
_CHANGED = r"\bchang(?:e[sd]?|ing)\W{1,3}(?:(?:the|wound|dressings?|bandages?|it|them|once|at|least)\W{1,3}){0,4}"
_DAY = r"(?:a|per|each) day"
_CHANGED_DAILY = {
    7: re.compile(
        rf"{_CHANGED}(?:daily|every day|{_DAY}|q\.? ?(?:daily|d\b|day\b))"
        r"|\bdaily (?:wound )?(?:dressings? )?changes?\b|\bdressings?(?: changes?)? (?:once )?(?:daily|every day)\b",
        re.I,
    ),
    14: re.compile(rf"{_CHANGED}(?:(?:twice|(?:2|two) ?(?:x|times)) ?(?:daily|{_DAY})|b\.?i\.?d\b)", re.I),
}
"""Dressings a week where one is changed so often a day: drugs are daily as well, so a change must be spoken of."""
_BY_DAYS = re.compile(
    r"(?<!\w)(?:every|q) ?(?:(?P<low>\d{1,2}) ?(?:-|–|to) ?)?(?P<n>\d{1,2}) ?-? ?(?P<unit>days?|d|weeks?|wks?)\b", re.I
)
_DAILY = {
    24: re.compile(r"\b(?:once (?:a day|daily)|every day|q\.? ?daily|q\.? ?day|q\.?d)\b", re.I),
    12: re.compile(r"\b(?:(?:twice|two times) (?:a day|daily)|b\.?i\.?d)\b", re.I),
    8: re.compile(r"\b(?:three times (?:a day|daily)|t\.?i\.?d)\b", re.I),
    6: re.compile(r"\b(?:four times (?:a day|daily)|q\.?i\.?d)\b", re.I),
}
"""Times a day as the hours between two doses."""
_SHORTHAND = re.compile(r"(?P<visits>\d{1,2}) ?w ?(?P<weeks>\d{1,2})", re.I)
_SHORTHAND_RUN = re.compile(
    rf"(?<![\w.]){_SHORTHAND.pattern}\b(?:[ ,;&+]{{1,3}}(?:(?:and|then) )?\d{{1,2}} ?w ?\d{{1,2}}\b)*", re.I
)
"""Home health's way of writing visits a week for so many weeks, one stretch after the other: `2w1, 3w4`."""
_WEEKLY_VISITS = re.compile(
    rf"{_N} ?(?:[^\W\d]{{1,20}} )?(?:visits?|x|times?) ?(?:(?:per|a|each|every) |/ ?)?(?:week|wk)(?:ly)? "
    rf"?(?:for|x|×) ?(?P<weeks>\d{{1,2}}) ?-? ?(?:weeks?|wks?)\b",
    re.I,
)
_CLAUSE = re.compile(r"[,;\n]|\.(?!\d)")
_OXYGEN = re.compile(r"\b(?:oxygen|o2|concentrator|lpm|cannula|nc)\b", re.I)
_MEASURED = re.compile(
    r"%|\b(?:sats?|saturat\w*|desat\w*|spo2|sao2|pao2|abg|oximetr\w*|room air|test(?:ed|ing)?|while|currently|was|were|"
    r"previous\w*|prior|placed|arriv\w*|from|requir\w*|baseline|without|not?)\b",
    re.I,
)
"""What tells of a state or a test: the flow in such a clause is what a person had, not what is ordered."""
_ALONE = re.compile(r"(?P<n>\d{1,4}(?:\.\d{1,3})?) ?(?P<unit>h|hrs?|hours?)?", re.I)


def said(text: str, kinds: Iterable[Kind]) -> Iterator[Said]:
    """Yield what a text with single blanks says of those kinds; a range (2-4 L/min) yields both ends."""
    for kind in kinds:
        for pattern in _PATTERNS[kind]:
            for match in pattern.finditer(text):
                yield from _numbers(kind, match)


def said_otherwise(text: str, kinds: Iterable[Kind]) -> Iterator[Said]:
    """Yield what a text says in another measure: days for hours, weeks of visits for visits, daily for a week's."""
    for kind in kinds:
        if kind == "dose_interval_hours":
            yield from _by_days(text)
        elif kind == "visits":
            yield from _over_weeks(text)
        elif kind == "dressings_per_week":
            yield from _in_all(kind, _CHANGED_DAILY, text)


def stated(text: str, kind: Kind, *, named: bool) -> set[Decimal]:
    """Return the values of a text that speaks of a frequency and nothing else; `named` says of which kind."""
    found = {one.value for one in _either(text, [kind])}
    alone = _ALONE.fullmatch(text)
    if not found and kind == "dose_interval_hours" and text.lower().split(" ")[0] == "daily":
        return {Decimal(24)}
    if not found and alone and (named if alone["unit"] is None else kind == "dose_interval_hours"):
        return {Decimal(alone["n"])}
    return found


def frequencies_in(text: str, kind: OrderType) -> list[Frequency]:
    """Read a frequency from words; a range yields both ends, so that the caller sees a conflict."""
    own = _KIND_OF.get(kind)
    kinds: tuple[Kind, ...] = ("oxygen_lpm", own) if own else ("oxygen_lpm",)
    return [Frequency(kind=one.kind, value=one.value) for one in _either(_plain(text), kinds)]


def flows_ordered(text: str, *, oxygen: bool) -> list[Frequency]:
    """Read the oxygen flow that a remark orders; `oxygen` says that the remark stands with an oxygen item.

    A clause that tells of a measurement or a past state (`SpO2 84 % on 2 L/min`) orders nothing.
    """
    return [
        Frequency(kind=flow.kind, value=flow.value)
        for clause in _CLAUSE.split(_plain(text))
        if not _MEASURED.search(clause) and (oxygen or _OXYGEN.search(clause))
        for flow in said(clause, ["oxygen_lpm"])
    ]


def _plain(text: str) -> str:
    """Return a text with single blanks, which the patterns need to stay linear; nothing of one that is too long."""
    return "" if len(text) > MAX_TEXT else "\n".join(" ".join(line.split()) for line in text.splitlines())


def _either(text: str, kinds: Sequence[Kind]) -> list[Said]:
    return list(said(text, kinds)) or list(said_otherwise(text, kinds))


def _numbers(kind: Kind, match: re.Match[str], times: int = 1) -> Iterator[Said]:
    """Yield the number of a match, or both ends of its range."""
    for number in filter(None, (match["low"], match["n"])):
        amount = Decimal(_WORDS.get(number.lower(), number))
        if 0 < amount <= _MOST:
            yield Said(kind, amount * times, *match.span())


def _by_days(text: str) -> Iterator[Said]:
    for match in _BY_DAYS.finditer(text):
        hours = 24 if match["unit"].lower().startswith("d") else 168
        yield from _numbers("dose_interval_hours", match, hours)
    yield from _in_all("dose_interval_hours", _DAILY, text)


def _in_all(kind: Kind, patterns: dict[int, re.Pattern[str]], text: str) -> Iterator[Said]:
    """Yield a number for each way of saying it."""
    for number, pattern in patterns.items():
        yield from (Said(kind, Decimal(number), *match.span()) for match in pattern.finditer(text))


def _over_weeks(text: str) -> Iterator[Said]:
    for match in _WEEKLY_VISITS.finditer(text):
        yield from _numbers("visits", match, int(match["weeks"]))
    for run in _SHORTHAND_RUN.finditer(text):
        visits = sum(int(one["visits"]) * int(one["weeks"]) for one in _SHORTHAND.finditer(run[0]))
        if visits:
            yield Said("visits", Decimal(visits), *run.span())
