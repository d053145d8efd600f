"""Facts in sentences, of letters and notes: `Her saturation was 86% at rest on 11/02/2026`."""

# ruff: noqa: E501 - a pattern is easier to read on one line

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.extract import dates
from handlers.extract.fact_words import LIMIT, Fact, measured
from handlers.extract.geometry import Sheet, Span, Token, cells_of

_END = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bvs)(?<!\bSt)(?<!\bNo)(?<!\bapprox)(?<![A-Z])[.!]\s+(?=[A-Z0-9])|\?\s+"
)
_SATURATION = re.compile(
    r"\b(?:SpO2|SaO2|(?:oxygen|O2)\s+sat(?:uration)?s?|sats?|saturat(?:ion|ed|ing)|desaturat(?:ed|es|ing)|(?:pulse\s+)?oximetry|pulse\s+ox)\b",
    re.IGNORECASE,
)
_PRESSURE = re.compile(r"\b(?:PaO2|pO2)\b", re.IGNORECASE)
_INDEX = re.compile(
    r"\b(?P<name>AHI|RDI|apnea[-\s]hypopnea\s+index|respiratory\s+disturbance\s+index)\b(?:\s*\((?:AHI|RDI)\))?(?:\s+(?:was|is|of|at|score|result))*\s*[:=]?\s*(?P<n>\d{1,3}(?:\.\d{1,2})?)(?!\s?%|\d|\s?[-–/]\s?\d)",
    re.IGNORECASE,
)
_SLEEP = re.compile(
    r"\b(?:polysomnogra(?:phy|m)|PSG|(?:home\s+)?sleep\s+(?:apnea\s+)?(?:study|test)|HSAT)\b", re.IGNORECASE
)
_FUTURE = re.compile(
    r"\b(?:will|scheduled?|pending|need(?:s|ed)?|must|should|require[sd]?|within|prior to|if|not|never|no|to be|plan(?:ned|s)?|upcoming|please|attest when)\b",
    re.IGNORECASE,
)
_ENCOUNTER = re.compile(r"\b(?:face[-\s]to[-\s]face|F2F)\b", re.IGNORECASE)
_SEEN = re.compile(
    r"\b(?:I\s+(?:have\s+)?(?:last\s+)?(?:saw|seen|examined|evaluated)|was\s+(?:last\s+)?(?:seen|examined|evaluated))\b[^.;]{0,60}?\bon\s+",
    re.IGNORECASE,
)
_REASON = r"(?:due\s+to|because(?:\s+of)?|secondary\s+to|as\s+a\s+result\s+of|since|as\s+(?:he|she|the\s+patient)|and\s+requires|requiring)"
_HOMEBOUND = re.compile(
    rf"\b(?:is|remains|currently)\s+(?:considered\s+)?(?:homebound|confined\s+to\s+(?:the\s+|her\s+|his\s+)?home)\b,?\s*(?P<why>{_REASON}\s+\w.*)",
    re.IGNORECASE,
)
_LEAVING = re.compile(
    r"\b(?P<why>leaving\s+(?:the\s+|her\s+|his\s+)?home\s+(?:requires|takes|is)\s+.*\btaxing\b.*)", re.IGNORECASE
)
_SKILLED = re.compile(
    r"\b(?:requires|needs)\s+(?P<why>(?:intermittent\s+)?(?:skilled\s+(?:nursing|care|services)|physical\s+therapy|speech\s+therapy)\b[^.;]*?\b(?:for|to)\s+\w.*)",
    re.IGNORECASE,
)
_INSULIN = re.compile(
    r"\b(?P<what>(?:uses|takes|injects|on|receiving|treated\s+with|administers)\s+(?:\w+\s+){0,3}insulin\b[^.;]*|(?<!non-)(?<!non )insulin[-\s](?:treated|requiring|dependent)\b[^.;]*)",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"\b(?:tests?|checks?|testing|monitors?|checking)\s+(?:(?:his|her|their|the|blood|glucose|sugars?|sugar|levels?|fingersticks?)\s+){1,4}(?P<n>\d{1,2})\s*(?:x|times)\s*(?:a|per|/|each)?\s*(?:day|daily)",
    re.IGNORECASE,
)
_WEIGHT = re.compile(
    r"\b(?:weighs|weight\s+(?:is|of))\s+(?P<said>\d{2,3}(?:\.\d)?\s?(?:kg|kilograms|lbs?|pounds))\b", re.IGNORECASE
)
_HEIGHT = re.compile(
    r"\bheight\s+(?:is|of)\s+(?P<said>\d{1,3}(?:\.\d)?\s?(?:cm|in|inches)\b|\d\s?(?:'|ft|feet)\s?\d{0,2}\s?(?:\"|in|inches)?)",
    re.IGNORECASE,
)
_WOUND = re.compile(
    r"\b(?:wound|ulcer|incision|it)\b[^.;]{0,60}?\b(?:measur(?:es|ed|ing)|size(?:\s+is)?|is)\s+(?P<said>\d{1,2}(?:\.\d{1,2})?\s?(?:cm)?\s?[xX×]\s?\d{1,2}(?:\.\d{1,2})?\s?(?:cm)?(?:\s?[xX×]\s?\d{1,2}(?:\.\d{1,2})?)?\s?(?:cm|mm)\b)",
    re.IGNORECASE,
)
_WALKING_AID = re.compile(
    r"\b(?:cane|walker|crutch(?:es)?)\b[^.;]*\b(?:not\s+(?:enough|sufficient|adequate|safe|able)|insufficient|inadequate|unable|cannot|can\s+not|unsafe|does\s+not|ruled\s+out|failed)\b|\b(?:unable|cannot|not\s+able|unsafe)\b[^.;]*\b(?:cane|walker)\b",
    re.IGNORECASE,
)
_MOBILITY = re.compile(
    r"\b(?:unable|cannot|not\s+able)\s+(?:to\s+)?(?:safely\s+)?(?:ambulate|walk|bear\s+weight|transfer|perform\s+(?:\w+\s+){0,3}(?:MRADLs?|ADLs?))\b|\bmobility\s+(?:limitation|deficit)\b[^.;]*\b(?:impairs|prevents|limits)\b",
    re.IGNORECASE,
)
_PROPELS = re.compile(
    r"\b(?:(?:is\s+)?able\s+to|can)\s+(?:safely\s+)?(?:self[-\s]?propel|propel\s+(?:the|a|this)\s+(?:wheel)?chair)\b|\bcaregiver\b[^.;]*\b(?:is\s+)?(?:able|willing|available)\b[^.;]*\b(?:push|propel|assist|operate)\w*\b",
    re.IGNORECASE,
)
_FIXED = (
    ("Weight", _WEIGHT), ("Height", _HEIGHT),
)  # fmt: skip
_WHOLE = (("Cane or walker", _WALKING_AID), ("Mobility limitation", _MOBILITY), ("Self-propel", _PROPELS))
_TELLS = (("Homebound", _HOMEBOUND), ("Homebound", _LEAVING), ("Skilled need", _SKILLED))
_CONDITIONAL = re.compile(
    r"\b(?:if|whether|certify|criteria|must|when|unless|to qualify|is defined|medicare (?:covers|requires)|and/or)\b|\?|_{2,}|\[\s?\]|☐|□",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(r"\b(?:mother|father|sister|brother|spouse|husband|wife|roommate)\b", re.IGNORECASE)
_NEGATED = re.compile(
    r"\b(?:no|not|never|denies|without|non|isn't|doesn't|does not|is not|was not)\b[^,;]{0,30}$", re.IGNORECASE
)
SHORTEST = 4
OPEN = 2.2
"""Lines of one paragraph stand at most so many text heights apart."""


def facts(sheet: Sheet) -> Iterator[Fact]:
    """Yield what the sentences of a page say."""
    for sentence in _sentences(sheet):
        if len(sentence.tokens) < SHORTEST or _OF_ANOTHER.search(sentence.text):
            continue
        yield from _results(sentence)
        yield from _sleep(sentence)
        yield from _encounter(sentence)
        if not _CONDITIONAL.search(sentence.text):
            yield from _told(sentence)


def _paragraphs(sheet: Sheet) -> Iterator[Span]:
    """Yield the texts that read on: full lines of one cell however wide a letter sets them, and other cells alone."""
    held: list[Token] = []
    for row in sheet.rows:
        cells = cells_of(row)
        on = bool(held) and len(cells) == 1 and row[0].box[1] - held[-1].box[3] < OPEN * sheet.height
        if on and len([t for t in held if t.row == held[-1].row]) > SHORTEST:
            held += row
            continue
        if held:
            yield Span(tuple(held))
        held = list(row) if len(cells) == 1 else []
        yield from (Span(cell) for cell in cells if len(cells) > 1)
    if held:
        yield Span(tuple(held))


def _sentences(sheet: Sheet) -> Iterator[Span]:
    for paragraph in _paragraphs(sheet):
        start = 0
        for end in (*_END.finditer(paragraph.text), None):
            stop = end.start() + 1 if end else len(paragraph.text)
            found = paragraph.slice(start, stop)
            if found.tokens:
                yield found
            start = end.end() if end else stop


def _results(sentence: Span) -> Iterator[Fact]:
    text = sentence.text
    for kind, word in (("saturation", _SATURATION), ("pressure", _PRESSURE)):
        match = word.search(text)
        if match is None or _label_like(text, match.start()) or _NEGATED.search(text[: match.start()]):
            continue
        yield from measured(kind, sentence, labelled=False)


def _label_like(text: str, at: int) -> bool:
    """Say whether a word is a label at the beginning: `fact_labels` reads those."""
    return at == 0 and ":" in text[:60]


def _sleep(sentence: Span) -> Iterator[Fact]:
    text = sentence.text
    if LIMIT.search(text) or _label_like(text, 0):
        return
    days = _days(sentence) if _SLEEP.search(text) else []
    index = _INDEX.search(text)
    on = f" on {days[0]}" if len(days) == 1 else ""
    if index is not None and not _NEGATED.search(text[: index.start()]):
        yield Fact("RDI" if index["name"].lower().startswith("r") else "AHI", f"{index['n']}{on}", sentence)
    elif on and not _FUTURE.search(text):
        yield Fact("Sleep study", on.strip(), sentence)


def _encounter(sentence: Span) -> Iterator[Fact]:
    text = sentence.text
    match = _ENCOUNTER.search(text) or _SEEN.search(text)
    days = _days(sentence)
    if match is None or len(days) != 1 or _FUTURE.search(text) or _label_like(text, match.start()):
        return
    face = _ENCOUNTER.search(text) is not None
    who = re.search(
        r"\b(?:with|by)\s+(?:me\b|(?:Dr\.?\s+)?[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+){0,3}(?:,\s*(?:MD|DO|NP|PA(?:-C)?|FNP(?:-C)?|APRN|CNS))?)",
        text,
    )
    by = f" {who[0].rstrip('.')}" if who else ""
    yield Fact("Face-to-face encounter" if face else "Office visit", f"{days[0]}{by}", sentence)


def _days(sentence: Span) -> list[str]:
    """Return the days that a sentence names but for births and what is ahead."""
    found = [
        str(day.value)
        for day, start, _ in dates.dates(sentence)
        if str(day.value) >= dates.LEAST_YEAR
        and not re.search(
            r"\b(?:born|DOB|birth|start\w*|begin\w*|discharg\w*|due|sign\w*|admi\w*)\W*(?:on|date|of)?\W*$",
            sentence.text[:start],
            re.IGNORECASE,
        )
    ]
    return list(dict.fromkeys(found))


def _told(sentence: Span) -> Iterator[Fact]:
    text = sentence.text
    for label, pattern in _TELLS:
        match = pattern.search(text)
        if match is not None and not _NEGATED.search(text[: match.start()]) and len(match["why"].split()) > 2:
            yield Fact(label, match["why"].rstrip(". "), sentence)
    for label, pattern in _FIXED:
        match = pattern.search(text)
        if match is not None and not re.search(r"\b(?:ideal|goal|target|birth|loss|lost)\b", text, re.IGNORECASE):
            yield Fact(label, match["said"], sentence)
    wound = _WOUND.search(text)
    if wound is not None:
        days = _days(sentence)
        yield Fact("Wound size", wound["said"] + (f" on {days[0]}" if len(days) == 1 else ""), sentence)
    insulin = _INSULIN.search(text)
    if insulin is not None and not _NEGATED.search(text[: insulin.start()]) and "no insulin" not in text.lower():
        yield Fact("Insulin", insulin["what"].rstrip(". "), sentence)
    tests = _TESTS.search(text)
    if tests is not None:
        yield Fact("Tests per day", tests["n"], sentence)
    for label, pattern in _WHOLE:
        if (
            pattern.search(text)
            and ":" not in text
            and not (label == "Self-propel" and re.search(r"\b(?:not|unable|cannot|no)\b", text, re.IGNORECASE))
        ):
            yield Fact(label, text.rstrip(". "), sentence)
