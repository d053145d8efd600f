"""Find the labels on a page and what stands beside or below each; the vocabulary is data (rules/documents/labels)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from rapidfuzz import fuzz, process

from doorstep import rules
from handlers.extract.geometry import Sheet, Span, Token

MAX_LABEL_TOKENS = 7
FUZZY_FROM = 8
FUZZY_SCORE = 90
IGNORED = "ignored"
MAX_SOFT_TOKENS = 6
MAX_ASKING_TOKENS = 12
"""A label that is a question may be longer."""
LETTERHEAD_ROWS = 5
NEAR_ROWS = 4
"""A telephone number in the first rows, before any heading, is that of the sender's letterhead."""
_NUMBERED = re.compile(r"(?:numbers?|nos?|num|codes?)$")
_GOES_TO = re.compile(r"\b(?:return|send|submit|forward|intake|pharmacy|supplier)\b|\bto:?\s", re.IGNORECASE)
"""Words before a number on its line that make it the number of whoever shall get the order."""
_KIN = re.compile(
    r"\b(?:emergency|next of kin|nok|kin|caregiver|guardian|alternate|responsible|poa|spouse|relation(?:ship)?)\b",
    re.IGNORECASE,
)
_PATIENTS = re.compile(r"\b(?:patient|pt|home|cell|mobile|member|client|resident|best|primary)\b", re.IGNORECASE)
KIN_REACH = 3
"""So many labels after that of a relative a number may still be the relative's."""
_KIND_LAST = re.compile(r"(?:\?|\b(?:id|number|no|phone|fax|date|name|address|npi|codes?)\W*)$", re.IGNORECASE)
"""How a label ends that goes on behind a shorter one: a question, or what kind of value it asks for."""
INITIALS = {
    "t": "generic:phone", "p": "generic:phone", "o": "generic:phone", "w": "generic:phone", "f": "generic:fax",
    "h": "contact_phone", "c": "contact_phone", "m": "contact_phone",
}  # fmt: skip
_PHONE_LIKE = re.compile(r"(?:\+?1[\s.\-]?)?\(?\d{3}\)?[\s.\-/]{0,2}\d{3}[\s.\-]?\d{4}\b")
_ENUMERATOR = re.compile(r"^\(?\d{1,2}[a-z]?[.)]?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A label: which field it announces (or `ignored`, or `generic:NAME`), its row and the tokens start..end of it."""

    field: str
    row: int
    start: int
    end: int
    colon: bool
    box: tuple[int, int, int, int]

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class Vocabulary:
    """Label phrases without blanks -> field; headings -> section."""

    phrases: Mapping[str, str]
    sections: Mapping[str, str]
    by_section: Mapping[str, Mapping[str, str]]
    section_of: Mapping[str, str]
    soft: tuple[tuple[str, tuple[frozenset[str], ...]], ...]
    """(field, groups of words): a short label that has a word of each group announces the field."""
    synonyms: Mapping[str, str]
    """Short forms of the words in `soft`."""


def squeeze(text: str) -> str:
    """Return the letters and digits of a text, lower case: what labels are compared by."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"['’‘]s\b", "", text.lower()))


_LOOKS = str.maketrans("1l0", "iio")


def looks(squeezed: str) -> str:
    """Return a squeezed text in which letters and digits that look alike are one: `Perlod` and `Period`."""
    return squeezed.translate(_LOOKS)


@cache
def vocabulary() -> Vocabulary:
    """Return the label vocabulary of this installation."""
    data: dict[str, Any] = rules.load("documents/labels")
    phrases: dict[str, str] = {looks(squeeze(phrase)): IGNORED for phrase in data["ignored"]}
    for name, known in data["generic"].items():
        phrases.update({looks(squeeze(phrase)): f"generic:{name}" for phrase in known})
    for name, known in data["fields"].items():
        phrases.update({looks(squeeze(phrase)): str(name) for phrase in known})
    sections = {looks(squeeze(phrase)): str(name) for name, known in data["sections"].items() for phrase in known}
    section_of = {str(name): str(section) for section, names in data["section_of"].items() for name in names}
    soft = tuple((str(rule["field"]), tuple(frozenset(group) for group in rule["words"])) for rule in data["soft"])
    return Vocabulary(phrases, sections, data["by_section"], section_of, soft, data["synonyms"])


def find_hits(sheet: Sheet) -> list[Hit]:
    """Return the labels of a page in reading order, generic ones resolved by the part of the form they stand in."""
    hits = [hit for index in range(len(sheet.rows)) for hit in _row_hits(sheet, index)]
    return [_resolved(hit, hits, sheet) for hit in hits]


def _row_hits(sheet: Sheet, index: int) -> list[Hit]:
    row = sheet.rows[index]
    hits: list[Hit] = []
    place = 0
    while place < len(row):
        found = _match(row, place)
        if found is None:
            place += 1
            continue
        field, end = found
        end, colon = _with_colon(row, end)
        inside = place > 0 and row[place - 1].cell == row[place].cell and not _ENUMERATOR.match(row[place - 1].text)
        colon = colon and not (inside and row[end - 1].text.endswith(";"))
        if not colon and (_prose(row, place, end, hits) or _idaho(row, place, end)):
            place += 1
            continue
        boxes = [t.box for t in row[place:end]]
        box = (boxes[0][0], min(b[1] for b in boxes), boxes[-1][2], max(b[3] for b in boxes))
        hits.append(Hit(field, index, place, end, colon, box))
        place = end
    return hits


def _idaho(row: tuple[Token, ...], place: int, end: int) -> bool:
    """Say whether `ID` is the state before its ZIP code and no label."""
    follows = row[end].text if end < len(row) else ""
    return end - place == 1 and row[place].text == "ID" and bool(re.fullmatch(r"\d{5}(?:-\d{4})?", follows))


def _match(row: tuple[Token, ...], place: int) -> tuple[str, int] | None:
    """Return the field of the longest label that begins here and where it ends."""
    phrases = vocabulary().phrases
    whole = next((n for n in range(place, len(row)) if row[n].cell != row[place].cell), len(row))
    soft = _soft_match(row, place)
    last = min(len(row), place + MAX_LABEL_TOKENS)
    for end in range(last, place, -1):
        tokens = row[place:end]
        if tokens[0].cell != tokens[-1].cell or any(
            ":" in t.text.strip(":;") or t.text.endswith(":") for t in tokens[:-1]
        ):
            continue
        key = re.sub(r"^\d{1,2}(?=[a-z]{3})", "", squeeze(" ".join(t.text.partition(":")[0] for t in tokens)))
        if not key or not key[0].isalpha():
            continue
        for form in (looks(key), looks(_NUMBERED.sub("", key))):
            if form in phrases:
                longer = soft is not None and end < soft[1] <= whole and _KIND_LAST.search(row[soft[1] - 1].text)
                return soft if soft is not None and longer else (phrases[form], end)
        closed = tokens[-1].text.endswith(":") or end == len(row) or row[end].cell != tokens[-1].cell
        if closed and len(key) >= FUZZY_FROM and not any(c.isdigit() for c in key.replace("10", "")):
            close = _closest(looks(key))
            if close is not None:
                return phrases[close], end
    return _initial(row, place) or soft


def _initial(row: tuple[Token, ...], place: int) -> tuple[str, int] | None:
    """Take a single letter before a telephone number for what it stands for: `T 614-555-0100`, `F:`, `H`."""
    letter = row[place].text.rstrip(".:").lower()
    if len(letter) != 1 or letter not in INITIALS or place + 1 >= len(row):
        return None
    following = [t.text for t in row[place + 1 : place + 4] if t.cell == row[place].cell]
    return (INITIALS[letter], place + 1) if _PHONE_LIKE.match(" ".join(following)) else None


@lru_cache(maxsize=20_000)
def _closest(key: str) -> str | None:
    """Return the known label that a misread one must be."""
    close = process.extractOne(key, vocabulary().phrases.keys(), scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
    return close[0] if close is not None and abs(len(close[0]) - len(key)) <= 2 else None


def _soft_match(row: tuple[Token, ...], place: int) -> tuple[str, int] | None:
    """Take a short cell, or the words before a colon, for a label if telling words stand in it together."""
    first = row[place]
    if place > 0 and row[place - 1].cell == first.cell and not _ENUMERATOR.match(row[place - 1].text):
        return None
    words: set[str] = set()
    asks = any(t.text.endswith("?") for t in row[place : place + MAX_ASKING_TOKENS] if t.cell == first.cell)
    for end in range(place, min(len(row), place + (MAX_ASKING_TOKENS if asks else MAX_SOFT_TOKENS))):
        token = row[end]
        head, colon, _ = token.text.partition(":")
        if end == place and _ENUMERATOR.match(token.text):
            continue
        if token.cell != first.cell or any(c.isdigit() for c in head.replace("10", "")):
            return None
        words.update(re.findall(r"[a-z]+", re.sub(r"['’‘]s\b", "", head.lower().replace("#", " number "))))
        if colon or token.text.endswith("?") or end + 1 == len(row) or row[end + 1].cell != first.cell:
            known = vocabulary()
            plain = {known.synonyms.get(word, word) for word in words}
            for field, groups in known.soft:
                if all(plain & group for group in groups):
                    return field, end + 1
            return None
    return None


def _with_colon(row: tuple[Token, ...], end: int) -> tuple[int, bool]:
    """Take a `:` or `#` that stands by itself, or a short bracket before it, into the label."""
    if ":" in row[end - 1].text or row[end - 1].text.endswith(("#", ";", "?")):
        return end, True
    for reach in range(end, min(len(row), end + 4)):
        token = row[reach]
        if token.cell != row[end - 1].cell or any(c.isdigit() for c in token.text.replace("10", "")):
            break
        if token.text in {":", "#", "-", "–"}:
            return reach + 1, True
        if not token.text.startswith("(") and reach == end:
            break
        if token.text.endswith(":"):
            return reach + 1, True
        if token.text.endswith(")"):
            return reach + 1, False
    return end, False


def _prose(row: tuple[Token, ...], start: int, end: int, hits: list[Hit]) -> bool:
    """Say whether a label-like word without a colon is only a word in a sentence."""
    first = row[start]
    at_start = start == 0 or row[start - 1].cell != first.cell or bool(_ENUMERATOR.match(row[start - 1].text))
    follows_label = hits and hits[-1].row == first.row and hits[-1].end == start and hits[-1].colon
    if follows_label and row[start - 1].cell == first.cell:
        return True
    if at_start:
        rest = [t for t in row[end:] if t.cell == first.cell]
        return len(rest) > 8 or (
            bool(rest) and rest[0].text[:1].islower() and not any(c.isdigit() for c in rest[0].text)
        )
    follows = row[end].text if end < len(row) and row[end].cell == first.cell else ""
    if _PHONE_LIKE.match(" ".join(t.text for t in row[end : end + 3])):
        return False
    return not (any(c.isdigit() for c in follows) and first.text[:1].isupper())


def _resolved(hit: Hit, hits: Sequence[Hit], sheet: Sheet) -> Hit:
    if not hit.field.startswith("generic:"):
        kin = hit.field == "contact_phone" and _of_kin(hit, hits, sheet)
        return replace(hit, field=IGNORED) if kin else hit
    generic = hit.field.removeprefix("generic:")
    if generic in {"phone", "name", "address"} and _of_kin(hit, hits, sheet):
        return replace(hit, field=IGNORED)
    if generic == "name" and any(h.field == "dob" and h.row == hit.row for h in hits):
        return replace(hit, field="member_name")
    section = section_at(sheet, hits, hit)
    if generic == "date" and any(
        re.search(r"sign(?:ature|ed)", t.text, re.I) for t in sheet.rows[hit.row][: hit.start]
    ):
        section = "signature"
    if section is None and any(h.field == "dob" and 0 <= hit.row - h.row <= NEAR_ROWS for h in hits):
        section = "member"
    if generic in {"phone", "fax"} and _GOES_TO.search(" ".join(t.text for t in sheet.rows[hit.row][: hit.start])):
        section = "recipient"
    if section is None and generic in {"phone", "fax"} and hit.row < LETTERHEAD_ROWS:
        section = "clinician"
    field = vocabulary().by_section.get(section or "", {}).get(generic, IGNORED)
    return replace(hit, field=field)


def _of_kin(hit: Hit, hits: Sequence[Hit], sheet: Sheet) -> bool:
    """Say whether a number or name belongs to the relative whose label stands just before it."""
    own = _label_text(sheet, hit)
    if _PATIENTS.search(own):
        return False
    at = hits.index(hit)
    near = [h for h in hits[max(0, at - KIN_REACH) : at] if hit.row - h.row <= KIN_REACH]
    return bool(_KIN.search(own)) or any(_KIN.search(_label_text(sheet, h)) for h in near)


def _label_text(sheet: Sheet, hit: Hit) -> str:
    return " ".join(t.text for t in sheet.rows[hit.row][hit.start : hit.end])


def section_at(sheet: Sheet, hits: Iterable[Hit], hit: Hit) -> str | None:
    """Return the part of the form at a label: the nearest heading or telling label above it or left of it."""
    best: tuple[float, str] | None = None
    for section, box in _anchors(sheet, hits):
        down = hit.middle - (box[1] + box[3]) / 2
        across = hit.box[0] - box[0]
        same_row = abs(down) < 0.6 * sheet.height
        if down < -0.6 * sheet.height or (same_row and across <= 0) or box == hit.box:
            continue
        if not same_row and across < -2 * sheet.height and box[0] > hit.box[2]:
            continue
        beside_it = same_row and section == "signature"
        distance = (
            max(0.0, down)
            + (0.1 if beside_it else 0.25) * abs(across)
            + (4 * sheet.height if across < -2 * sheet.height else 0)
        )
        if distance < 26 * sheet.height and (best is None or distance < best[0]):
            best = (distance, section)
    return best[1] if best else None


def _bare_key(text: str) -> str:
    """Return a heading's or a label's key without the number of its box."""
    return looks(re.sub(r"^\d{1,2}(?=[a-z]{3})", "", squeeze(text)))


def _anchors(sheet: Sheet, hits: Iterable[Hit]) -> Iterable[tuple[str, tuple[int, int, int, int]]]:
    words = vocabulary()
    for hit in hits:
        key = _bare_key(" ".join(t.text for t in sheet.rows[hit.row][hit.start : hit.end]))
        if "signature" in key or key in {"signed", "authorizedby"}:
            yield "signature", hit.box
        elif hit.field in words.section_of:
            yield words.section_of[hit.field], hit.box
        elif hit.field == IGNORED and words.sections.get(key) in {"recipient", "clinician", "other"}:
            yield words.sections[key], hit.box
    for row in sheet.rows:
        cells: dict[int, list[Token]] = {}
        for token in row:
            cells.setdefault(token.cell, []).append(token)
        for tokens in cells.values():
            key = _bare_key("".join(t.text for t in tokens))
            signing = len(tokens) <= MAX_LABEL_TOKENS and "signature" in key
            if key in words.sections or signing:
                span = Span(tuple(tokens))
                assert span.box is not None
                yield "signature" if signing else words.sections[key], span.box


def is_label(text: str) -> bool:
    """Say whether a text is itself a label, and so no value."""
    return vocabulary().phrases.get(looks(squeeze(text)), IGNORED) != IGNORED
