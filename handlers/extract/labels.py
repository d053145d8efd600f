"""Find the labels on a page and what stands beside or below each; the vocabulary is data (rules/documents/labels)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from doorstep import rules
from handlers.extract import wraps
from handlers.extract.dates import DATE_TEXT
from handlers.extract.geometry import Sheet, Token, cells_of
from handlers.extract.vocabulary import IGNORED, bare_key, looks, squeeze, stranger_words, vocabulary

MAX_LABEL_TOKENS = 7
FUZZY_FROM = 8
FUZZY_SCORE = 90
MAX_SOFT_TOKENS = 6
MAX_BLOCK_TOKENS = 11
"""The label of a block names several things: `Physician name, address, telephone and NPI number`."""
MAX_ASKING_TOKENS = 12
"""A label that is a question may be longer."""
_NUMBERED = re.compile(r"(?:numbers?|nos?|num|codes?)$")
_UNIT = re.compile(r"(?:apt|apartment|unit|suite|ste|room|rm|bed|lot|floor|fl)\b", re.IGNORECASE)
"""Parts of an address, and labels only where they begin a cell."""
_KIND_LAST = re.compile(
    r"(?:\?|#|\b(?:id|number|no|phone|fax|date|name|address|npi|dob|birth|codes?)\W*)$", re.IGNORECASE
)
"""How a label ends that goes on behind a shorter one: a question, or what kind of value it asks for."""
INITIALS = {
    "t": "generic:phone", "p": "generic:phone", "o": "generic:phone", "w": "generic:phone", "f": "generic:fax",
    "h": "contact_phone", "c": "contact_phone", "m": "contact_phone",
}  # fmt: skip
_PHONE_LIKE = re.compile(r"(?:\+?1[\s.\-]?)?\(?\d{3}\)?[\s.\-/]{0,2}\d{3}[\s.\-]?\d{4}\b")
_ASKS_A_NUMBER = frozenset({"phone", "telephone", "number", "reach", "reached", "call"})
_IN_SMALL_LETTERS = frozenset({"frequency", "access_barriers"})
"""Fields whose values are words like others."""
_BARE = frozenset({"generic:last", "generic:first", "generic:middle", "generic:primary"})
"""Labels that are nothing but themselves: `First`, and not `First day`."""
_TURNS = frozenset({"last", "previous", "prior", "old", "next", "end", "ending", "stop", "birth", "signature"})
"""Words that make a date's label another one's when they stand before it: `Last date of service`."""
_DATES = frozenset({"service_start", "signature_date", "dob"})
_ENUMERATOR = re.compile(r"^\(?\d{1,2}[a-z]?[.),]?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A label: which field it announces (or `ignored`, or `generic:NAME`), its row and the tokens start..end of it."""

    field: str
    row: int
    start: int
    end: int
    colon: bool
    box: tuple[int, int, int, int]
    more: int = 0
    """On so many rows under its own the label goes on."""

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


def plain_hits(sheet: Sheet) -> list[Hit]:
    """Return the labels of a page in reading order, generic ones (`generic:phone`) as they are."""
    return wrapped(sheet, [hit for index in range(len(sheet.rows)) for hit in _row_hits(sheet, index)])


def wrapped(sheet: Sheet, hits: list[Hit]) -> list[Hit]:
    """Take the second lines of labels into them."""
    found = list(hits)
    for index, row in enumerate(sheet.rows):
        for cell in cells_of(row):
            joined = wraps.joined_field(sheet, cell, index, match_label)
            if joined is None:
                continue
            field, under = joined
            start, below = row.index(cell[0]), sheet.rows[index + 1].index(under[0])
            gone = [(index, n) for n in range(start, start + len(cell))]
            gone += [(index + 1, n) for n in range(below, below + len(under))]
            found = [h for h in found if (h.row, h.start) not in gone]
            found.append(Hit(field, index, start, start + len(cell), False, wraps.box_of(cell, under), more=1))
    return sorted(found, key=lambda h: (h.row, h.start))


def match_label(tokens: tuple[Token, ...]) -> str | None:
    """Return the field of the label that a whole cell is."""
    found = _match(tokens, 0) if tokens else None
    return found[0] if found is not None and found[1] == len(tokens) else None


def _row_hits(sheet: Sheet, index: int) -> list[Hit]:
    row = sheet.rows[index]
    hits: list[Hit] = []
    place = 0
    while place < len(row):
        named = _names_payer(row, place) or _ends_value(row, place, hits, index)
        found = None if named or _headed(row, place) else _match(row, place)
        if found is None:
            place += named or 1
            continue
        field, end = found
        if field == "member_id" and hits and hits[-1].field == "payer" and _of_payer(row, hits[-1].end, place, end):
            place = end - 1
        end, colon = _with_colon(row, end)
        inside = not _begins(row, place)
        colon = colon and not (inside and row[end - 1].text.endswith(";"))
        answer = bool(hits) and hits[-1].row == index and hits[-1].end == place and not inside
        if not colon and answer and field == IGNORED and _words_follow(row, end):
            place += 1
            continue
        unit = inside and _UNIT.match(row[place].text) is not None
        if not colon and (
            unit or _prose(row, place, end, hits, field) or _idaho(row, place, end) or _saint(row, place, end)
        ):
            place += 1
            continue
        if inside and colon and field in _DATES and _turned(row, place, hits, index):
            field = IGNORED
        boxes = [t.box for t in row[place:end]]
        box = (boxes[0][0], min(b[1] for b in boxes), boxes[-1][2], max(b[3] for b in boxes))
        hits.append(Hit(field, index, place, end, colon, box))
        place = end
    return hits


def _turned(row: tuple[Token, ...], place: int, hits: list[Hit], index: int) -> bool:
    """Say whether words that no label has taken stand before a label in its cell and change what it asks for."""
    start = max((h.end for h in hits if h.row == index), default=0)
    before = [t for t in row[start:place] if t.cell == row[place].cell]
    return any(re.sub(r"[^a-z]", "", t.text.lower()) in _TURNS for t in before[-3:])


def _of_payer(row: tuple[Token, ...], start: int, place: int, end: int) -> bool:
    """Say whether a number's label has swallowed the end of a payer's name: `Geisinger Health Plan ID`."""
    if not start < place < end - 1 or row[place - 1].cell != row[place].cell:
        return False
    named = {squeeze(t.text) for t in row[place : end - 1]} <= {"health", "plan", "medicare", "medicaid"}
    return named and not row[place - 1].text.endswith((",", ";", ".")) and squeeze(row[end - 1].text) in {"id", "no"}


def _words_follow(row: tuple[Token, ...], end: int) -> bool:
    """Say whether more words and no number stand behind a label in its cell: `Priority` before `Health` is a value."""
    rest = [t.text for t in row[end:] if t.cell == row[end - 1].cell]
    return bool(rest) and not any(c.isdigit() for text in rest for c in text)


def _begins(row: tuple[Token, ...], place: int) -> bool:
    """Say whether a word begins its cell, but for the number of a box before it."""
    cell = row[place].cell
    if place == 0 or row[place - 1].cell != cell:
        return True
    first = place == 1 or row[place - 2].cell != cell
    return first and bool(_ENUMERATOR.match(row[place - 1].text))


def _number(row: tuple[Token, ...], place: int) -> bool:
    """Say whether a word is or has a number, other than that of ICD-10."""
    head = row[place].text.partition(":")[0]
    digits = re.sub(r"icd\W?10", "", head, flags=re.IGNORECASE)
    after_icd = place > 0 and re.search(r"icd\W*$", row[place - 1].text, re.IGNORECASE) and digits.strip("-)") == "10"
    return any(c.isdigit() for c in digits) and not after_icd


def _counted(row: tuple[Token, ...], start: int, end: int) -> bool:
    """Say whether the number of a box stands before a label: `12. Date`; without a dot it is all there is."""
    number = row[start - 1].text
    whole = end == len(row) or row[end].cell != row[start].cell
    return bool(_ENUMERATOR.match(number)) and (whole or not number.isdigit())


def _headed(row: tuple[Token, ...], place: int) -> bool:
    """Say whether a word stands in a cell that is a heading, and no label: `Insurance information`."""
    cell = [t for t in row if t.cell == row[place].cell]
    key = bare_key("".join(t.text for t in cell))
    known = vocabulary()
    return len(cell) > 1 and key in known.sections and key not in known.phrases


def _ends_value(row: tuple[Token, ...], place: int, hits: list[Hit], index: int) -> int:
    """Return 1 where a word that begins labels too ends the value before it: `8 Oak Street City`."""
    if _begins(row, place):
        return 0
    asked = {"ship_address", "generic:address"}
    street = bool(hits) and hits[-1].row == index and hits[-1].field in asked and hits[-1].end < place
    credential = row[place - 1].text.endswith(",") and re.fullmatch(r"(?:M\.?D|D\.?O|N\.?P)\.?", row[place].text)
    return int((street and row[place].text.lower() in {"street", "st"}) or bool(credential))


def _names_payer(row: tuple[Token, ...], place: int, *, least: int = 2) -> int:
    """Return how many words name a known payer here: `Priority Health` asks for nothing."""
    known = rules.payer_names() if row[place].text[:1].isupper() else {}
    words = [t.text.lower().strip(",;.:") for t in row[place : place + 5] if t.cell == row[place].cell]
    return max((n for n in range(least, len(words) + 1) if " ".join(words[:n]) in known), default=0)


def _idaho(row: tuple[Token, ...], place: int, end: int) -> bool:
    """Say whether `ID` or `MI` is the state before its ZIP code and no label."""
    follows = row[end].text if end < len(row) else ""
    state = end - place == 1 and re.fullmatch(r"[A-Z]{2}", row[place].text)
    return bool(state) and bool(re.fullmatch(r"\d{5}(?:-\d{4})?[.,]?", follows))


def _saint(row: tuple[Token, ...], place: int, end: int) -> bool:
    """Say whether `St` is a street or a saint and not the label of a state: words follow, and no state."""
    if end - place != 1 or not re.fullmatch(r"st\.?", row[place].text, re.IGNORECASE) or end == len(row):
        return False
    follows = row[end]
    return follows.cell == row[place].cell and not re.fullmatch(r"[A-Z]{2}[.,]?", follows.text)


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
        text = " ".join(t.text.partition(":")[0] for t in tokens).replace("#", " no ")
        key = re.sub(r"^\d{1,2}(?=[a-z]{3})", "", squeeze(text))
        key = re.sub(r"\d+(?=days?$)", "30", key)
        open_end = end < whole and not tokens[-1].text.endswith(":")
        if not key or not key[0].isalpha() or (tokens[0].text.isdigit() and (open_end or not _begins(row, place))):
            continue
        numbered = " " in text.strip() and _NUMBERED.fullmatch(squeeze(text.split()[-1]))
        short = _NUMBERED.sub("", key) if numbered else key
        for form in (looks(key), looks(short), looks(key.removeprefix("no")) if text.startswith(" no ") else ""):
            if form in phrases:
                longer = (
                    soft is not None and end < soft[1] <= whole and _goes_on(row[place : soft[1]], soft[1] == whole)
                )
                if soft is not None and longer:
                    return soft
                if phrases[form] in _BARE and end < whole and not tokens[-1].text.endswith(":"):
                    continue
                signing = end < whole and re.match(r"signature\b", row[end].text, re.IGNORECASE)
                return (IGNORED, end + 1) if signing else (phrases[form], end)
        closed = tokens[-1].text.endswith(":") or end == len(row) or row[end].cell != tokens[-1].cell
        if closed and len(key) >= FUZZY_FROM and not any(c.isdigit() for c in key.replace("10", "")):
            close = _closest(looks(key))
            if close is not None and not _known(tokens) and not _begins_later(row, place, end):
                return phrases[close], end
    return _initial(row, place) or soft


def _known(tokens: tuple[Token, ...]) -> bool:
    """Say whether every word is one of those that labels are made of, and so none is misread."""
    told = re.findall(r"[a-z]+", re.sub(r"['’‘]s\b", "", " ".join(t.text for t in tokens).lower()))
    return vocabulary().words.issuperset(told)


def _begins_later(row: tuple[Token, ...], place: int, end: int) -> bool:
    """Say whether a label begins behind the first word, which then is the end of a value: `Ct City/State/Zip`."""
    phrases = vocabulary().phrases
    return any(looks(squeeze(" ".join(t.text for t in row[at:end]))) in phrases for at in range(place + 1, end))


def _goes_on(tokens: tuple[Token, ...], whole: bool) -> bool:
    """Say whether a label goes on behind a shorter one: it ends by asking for something, or is that of a block.

    A whole cell of nothing but words of labels holds no value.
    """
    words = squeeze(" ".join(t.text for t in tokens))
    if (whole or tokens[-1].text.endswith(":")) and _known(tokens):
        return True
    return bool(_KIND_LAST.search(tokens[-1].text)) or ("name" in words and "address" in words)


def _initial(row: tuple[Token, ...], place: int) -> tuple[str, int] | None:
    """Take a single letter before a telephone number for what it stands for: `T 614-555-0100`, `F:`, `H`."""
    if re.fullmatch(r"(?:M\.?D|D\.?O|N\.?P|Dr)\.?:", row[place].text) and _begins(row, place):
        return "clinician_name", place + 1
    letter = row[place].text.rstrip(".:").lower()
    if len(letter) != 1 or place + 1 >= len(row):
        return None
    following = [t.text for t in row[place + 1 : place + 4] if t.cell == row[place].cell]
    if letter == "b" and row[place].text == "b." and re.match(DATE_TEXT, " ".join(following), re.IGNORECASE):
        return "dob", place + 1
    if letter not in INITIALS:
        return None
    return (INITIALS[letter], place + 1) if _PHONE_LIKE.match(" ".join(following)) else None


@lru_cache(maxsize=20_000)
def _closest(key: str) -> str | None:
    """Return the known label that a misread one must be."""
    close = process.extractOne(key, vocabulary().phrases.keys(), scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
    if close is None or ("npi" in close[0]) != ("npi" in key) or abs(len(close[0]) - len(key)) > 2:
        return None
    return close[0]


def _soft_match(row: tuple[Token, ...], place: int) -> tuple[str, int] | None:
    """Take a short cell, or the words before a colon or a number, for a label if telling words stand in it together."""
    first = row[place]
    if not _begins(row, place):
        return None
    words: list[str] = []
    asks = any(t.text.endswith("?") for t in row[place : place + MAX_ASKING_TOKENS] if t.cell == first.cell)
    for end in range(place, min(len(row), place + (MAX_ASKING_TOKENS if asks else MAX_BLOCK_TOKENS))):
        token = row[end]
        head, colon, _ = token.text.partition(":")
        if end == place and _ENUMERATOR.match(token.text):
            continue
        if token.cell != first.cell:
            return None
        known = vocabulary().words.issuperset(words)
        if _number(row, end):
            field = _soft_field(words, asks=False, named=False) if known and len(words) > 1 else None
            return (field, end) if field is not None else None
        said = re.findall(
            r"[a-z]+", re.sub(r"['’‘]s\b", "", head.lower().replace("#", " number ").replace("d/c", " discharge "))
        )
        words += [_known_word(word) for word in said]
        dash = end + 1 < len(row) and row[end + 1].text in {"-", "–"} and row[end + 1].cell == first.cell
        asked = token.text.endswith("?")
        if colon or dash or asked or end + 1 == len(row) or row[end + 1].cell != first.cell:
            told = colon or asked or asks or {"name", "address"} <= set(words)
            if not told and not vocabulary().words.issuperset(words):
                return None
            field = _soft_field(words, asks=asks, named=bool(colon))
            return (field, end + 1) if field is not None else None
    return None


@lru_cache(maxsize=20_000)
def _known_word(word: str) -> str:
    """Return the word of labels that a long misread word must be, else the word itself."""
    if len(word) < FUZZY_FROM - 2 or word in vocabulary().words:
        return word
    close = process.extractOne(word, sorted(vocabulary().words), scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
    return close[0] if close is not None and abs(len(close[0]) - len(word)) <= 1 else word


def _soft_field(words: list[str], *, asks: bool, named: bool) -> str | None:
    """Return the field of which telling words stand together; a label with a colon that names a stranger is ignored."""
    known = vocabulary()
    plain = {known.synonyms.get(word, word) for word in words}
    long = not asks and len(words) > MAX_SOFT_TOKENS
    for field, groups in known.soft:
        if (long and len(groups) < 3) or (asks and field == "contact_phone" and not _ASKS_A_NUMBER & set(words)):
            continue
        if all(plain & group for group in groups):
            return field
    return IGNORED if named and not long and stranger_words(" ".join(words)) else None


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


def _prose(row: tuple[Token, ...], start: int, end: int, hits: list[Hit], field: str) -> bool:
    """Say whether a label-like word without a colon is only a word in a sentence."""
    first = row[start]
    at_start = start == 0 or row[start - 1].cell != first.cell or _counted(row, start, end)
    follows_label = hits and hits[-1].row == first.row and hits[-1].end == start and hits[-1].colon
    if follows_label and row[start - 1].cell == first.cell:
        return True
    if at_start:
        rest = [t for t in row[end:] if t.cell == first.cell]
        small = bool(rest) and rest[0].text[:1].islower() and not any(c.isdigit() for c in rest[0].text)
        return len(rest) > 8 or (small and field not in _IN_SMALL_LETTERS)
    follows = row[end].text if end < len(row) and row[end].cell == first.cell else ""
    if field == "payer" and first.text[:1].isupper() and end < len(row) and _names_payer(row, end, least=1):
        return False
    if field in _DATES and re.match(DATE_TEXT, " ".join(t.text for t in row[end : end + 3]), re.IGNORECASE):
        return False
    if _PHONE_LIKE.match(" ".join(t.text for t in row[end : end + 3])):
        return False
    return not (any(c.isdigit() for c in follows) and first.text[:1].isupper())
