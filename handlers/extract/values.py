"""Read one kind of value out of a span of words: each reader is strict and returns None rather than a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import JsonValue
from rapidfuzz import fuzz

from doorstep import rules
from handlers.extract.geometry import Span, Token
from schemas import identifiers


@dataclass(frozen=True, slots=True)
class Found:
    """A value in its outside form, the words it was read from, the checks it passed and how well it fits (0 to 1)."""

    value: JsonValue
    span: Span
    validators: tuple[str, ...] = ()
    quality: float = 1.0


Reader = Callable[[Span], Found | None]
DOUBTFUL = 0.3
"""The quality of a value beside which another stands: it is shown, never used unseen."""

_TITLES = re.compile(r"^(dr|mr|mrs|ms|miss|prof|doctor)\.?$", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"^\(?(m\.?d|d\.?o|n\.?p|p\.?a|pa-?c|r\.?n|l\.?p\.?n|aprn|[acfgpw]?[a-z]?[mh]?np(?:-?b?c)?|dnp|crnp|arnp|agnp|agnp-?c|ph\.?d|pharmd|rph|facp|bsn|msn|dpm|cns|cnm|cnp|crna|dpt|pt|ot|otr|slp|mbbs|mph|msw|lcsw)(?:[-,/][a-z]{1,4})*\.?\)?,?;?$",
    re.I,
)
_SUFFIXES = re.compile(r"^(jr|sr|ii|iii|iv)\.?,?$", re.IGNORECASE)
_PARTICLES = frozenset(
    ["de", "del", "della", "di", "da", "dos", "la", "le", "los", "van", "von", "der", "den", "ter", "st", "el", "al"]
)
"""Words that begin family names of several words."""
_NAME_WORD = re.compile(r"^[A-Z][A-Za-z'’\-]*\.?,?;?$")


@cache
def _not_names() -> frozenset[str]:
    """Return the words of forms that are capitalised like names and are none."""
    return frozenset(rules.load("documents/labels")["not_names"])


def name(span: Span) -> Found | None:
    """Read a person's name; `Last, First` is turned round, titles and credentials left off."""
    words: list[str] = []
    used: list[int] = []
    comma_after = -1
    for place, token in enumerate(span.tokens[:9]):
        text = token.text.strip("*_;")
        if not words and _TITLES.match(text):
            continue
        following = span.tokens[place + 1].text if place + 1 < len(span.tokens) else ""
        apart = len(text.strip(".,")) == 1 and len(following.strip(".,")) == 1 and _CREDENTIALS.match(text + following)
        if (_CREDENTIALS.match(text) or (apart and len(words) > 1)) and words:
            break
        inner = bool(words) and text in _PARTICLES and bool(re.match(r"[A-Za-z]", following)) and comma_after < 0
        saint = (
            bool(words)
            and text in {"St", "St.", "ST", "ST."}
            and re.match(r"[A-Z]{2}|[A-Z][a-z]", following) is not None
        )
        if (not _NAME_WORD.match(text) and not inner) or (text.strip(".,;").lower() in _not_names() and not saint):
            break
        bare = text.strip(",;")
        if comma_after >= 2 and bare in {"M", "F"}:
            break  # the sex behind `First Last,`
        initial = len(bare) == 1 and len(words) == 1 and comma_after < 0 and text.endswith(",")
        bare = f"{bare}." if initial else bare  # a comma behind `Norma H` is a misread dot
        words.append(bare if len(bare) <= 2 or saint or _SUFFIXES.match(bare) else bare.rstrip("."))
        used.append(place)
        if text.endswith((",", ";")) and not initial:
            if comma_after >= 0 or len(words) > (4 if words[0].lower() in _PARTICLES else 2):
                break
            comma_after = len(words)
        if len(words) == (5 if any(w.lower() in _PARTICLES for w in words) else 4):
            break
    if not 2 <= len(words) <= 5 or sum(len(w.strip(".")) > 1 for w in words) < 2:
        return None
    if any(len(set(w.lower())) == 1 and len(w) > 2 for w in words):
        return None
    if 0 < comma_after < len(words) and not _SUFFIXES.match(words[comma_after]):
        words = [*words[comma_after:], *words[:comma_after]]
    odd = any(re.search(r"[a-z][A-Z]", w.removeprefix("Mc").removeprefix("Mac")) for w in words)
    text = " ".join(_cased(w) for w in words)
    return Found(text, Span(tuple(span.tokens[p] for p in used)), ("name-shape",), 0.6 if odd else 1.0)


def family_first(span: Span) -> Found | None:
    """Read a name whose label asks for `Last, First`, also where the comma was left out."""
    found = name(span)
    words = str(found.value).split() if found is not None else []
    if found is None or len(words) < 2 or any("," in t.text for t in found.span.tokens):
        return found
    return Found(" ".join([*words[1:], words[0]]), found.span, found.validators, found.quality * 0.5)


def is_credential(text: str) -> bool:
    """Say whether a word is a clinician's credential (MD, FNP-C)."""
    return _CREDENTIALS.match(text.strip("*_;")) is not None


def _cased(word: str) -> str:
    if not word.isupper() or len(word.strip(".")) == 1 or re.fullmatch(r"I{2,3}|IV", word):
        return word
    return re.sub(r"[A-Z]+", lambda m: m[0].capitalize(), word)


_PHONE = re.compile(r"(?<![\dA-Za-z])(?:\+?1[\s.\-]*)?\(?\d{3}\)?[\s.\-/,]*\d{3}[\s.\-,]*\d{2}\s?\d{2}(?!\d)")
"""A comma in it is a dot that an engine misread."""


def _dialled(text: str) -> identifiers.Checked | None:
    return identifiers.read_phone(text.replace(",", "."))


def phone(span: Span) -> Found | None:
    """Read the phone number that begins a span."""
    match = _PHONE.search(span.text)
    if match is None or match.start() > 14:
        return None
    checked = _dialled(match[0])
    if checked is None:
        return None
    after = _PHONE.match(span.text[match.end() :].lstrip())
    struck = after is not None and _dialled(after[0]) not in {None, checked}
    return Found(checked.value, span.slice(*match.span()), checked.validators, DOUBTFUL if struck else 1.0)


def phones(span: Span) -> list[Found]:
    """Read every telephone number of a span."""
    read = [(match, _dialled(match[0])) for match in _PHONE.finditer(span.text)]
    return [Found(c.value, span.slice(*m.span()), c.validators) for m, c in read if c is not None]


_TEN = re.compile(r"(?<![A-Za-z0-9])[\dOoIlSBZG|]{10}(?![A-Za-z0-9])|(?<!\d)\d{3,5}[\s\-]\d{3}[\s\-]?\d{2,4}(?!\d)")


def npi(span: Span) -> Found | None:
    """Read an NPI that passes its check digit."""
    for match in _TEN.finditer(span.text):
        checked = identifiers.read_npi(match[0])
        if checked is not None:
            return Found(checked.value, span.slice(*match.span()), checked.validators)
    return None


_ID = re.compile(r"^[#]?([A-Za-z0-9][A-Za-z0-9\-]{3,24})[,;.]?$")


def member_id(span: Span) -> Found | None:
    """Read a member id: the first word that has digits in it, an MBI repaired by position."""
    if not span.tokens:
        return None
    joined = _joined_mbi(span) or _with_suffix(span)
    if joined is not None:
        rest = tuple(t for t in span.tokens[len(joined.span.tokens) :] if t.cell == span.tokens[0].cell)
        other = _joined_mbi(Span(rest)) or _with_suffix(Span(rest))
        if other is not None and other.value != joined.value:
            return Found(other.value, other.span, other.validators, DOUBTFUL)
        return joined
    token = span.tokens[0]
    match = _ID.match(token.text)
    if (
        match is None
        or sum(c.isdigit() for c in match[1]) < 3
        or ("-" in match[1] and identifiers.read_phone(match[1]) is not None)
    ):
        return None
    quality = 0.85 if _lead_in_doubt(match[1]) else 1.0
    return _replaced(span) or Found(match[1].upper(), Span((token,)), ("id-shape",), quality)


def _replaced(span: Span) -> Found | None:
    """Return the number that was written behind one that was struck out, in deep doubt."""
    again = _written_again(span)
    return (
        Found(again.text.strip("#,;.").upper(), Span((again,)), ("id-shape",), DOUBTFUL) if again is not None else None
    )


def _written_again(span: Span) -> Token | None:
    """Return the second of two numbers of one form that differ a little: the first was struck out."""
    if len(span.tokens) < 2 or span.tokens[0].cell != span.tokens[1].cell:
        return None
    first, second = (re.sub(r"[^A-Z0-9]", "", t.text.upper()) for t in span.tokens[:2])
    alike = len(first) == len(second) >= 4 and first != second
    shape = [re.sub(r"\d", "9", re.sub(r"[A-Z]", "A", one)) for one in (first, second)]
    return span.tokens[1] if alike and shape[0] == shape[1] and any(c.isdigit() for c in first) else None


def _with_suffix(span: Span) -> Found | None:
    """Read a number of digits that has two more behind a blank: the place in the family."""
    if len(span.tokens) < 2 or span.tokens[0].cell != span.tokens[1].cell:
        return None
    first, last = (t.text.strip(",;.") for t in span.tokens[:2])
    if not re.fullmatch(r"[A-Z]{0,3}\d{6,12}", first) or not re.fullmatch(r"\d{2}", last):
        return None
    return Found(f"{first} {last}", Span(span.tokens[:2]), ("id-shape",))


def _lead_in_doubt(text: str) -> bool:
    """Say whether a number may be an id whose first letter was read as the digit that looks like it."""
    return text.isdigit() and text[0] in "01258"


def _joined_mbi(span: Span) -> Found | None:
    for count in (1, 3):
        tokens = span.tokens[:count]
        text = "".join(t.text for t in tokens).strip(",;.")
        checked = identifiers.read_mbi(text)
        mostly = sum(c.isdigit() for c in text) >= 4 and sum(c.isalpha() for c in text) >= 3
        if checked is not None and mostly:
            return Found(checked.value, Span(tokens), checked.validators)
    return None


def group_no(span: Span) -> Found | None:
    """Read a group number: one word with a digit."""
    if not span.tokens:
        return None
    text = span.tokens[0].text.strip("#,;.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9\-]{2,19}", text) or not any(c.isdigit() for c in text):
        return None
    return _replaced(span) or Found(text.upper(), Span(span.tokens[:1]), ("id-shape",))


@cache
def _payers() -> Mapping[str, str]:
    return rules.payer_names()


def payer(span: Span) -> Found | None:
    """Read a payer: a known name (misread letters put right), or up to five capitalised words."""
    tokens = span.tokens[:9]
    best: tuple[float, int, str] | None = None
    for count in range(1, len(tokens) + 1):
        text = " ".join(t.text for t in tokens[:count]).strip(" ,;.")
        for known in _payers():
            score = fuzz.ratio(text.lower(), known) if len(known) > 3 else 100.0 * (text.lower() == known)
            if score >= 90 and (best is None or (score, count) > best[:2]):
                best = (score, count, known)
    if best is not None:
        shown = " ".join(t.text for t in tokens[: best[1]]).strip(" ,;.")
        exact = best[0] == 100
        name_of = _payers()[best[2]]
        value = (name_of if name_of.lower() == best[2] else shown) if exact else _spelled(best[2], name_of)
        more = (
            len(tokens) > best[1]
            and tokens[best[1]].cell == tokens[best[1] - 1].cell
            and tokens[best[1]].text[:1].isalpha()
            and not any(c.isdigit() for c in tokens[best[1]].text)
        )
        if more and tokens[best[1]].text[:1].isupper() and not tokens[best[1] - 1].text.endswith((",", ";", ".")):
            return _plain_payer(span)
        stated = _of_state(tokens, best[1])
        if stated:
            value = f"{value} {Span(tokens[best[1] : best[1] + stated]).text.rstrip(',;.')}"
        return Found(value, Span(tokens[: best[1] + stated]), ("payer-list",) if exact else ("payer-list", "folded"))
    return _plain_payer(span)


_OF_STATE = re.compile(
    r"of\s+(?:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|"
    r"Kansas(?:\s+City)?|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|"
    r"New\s+(?:Hampshire|Jersey|Mexico|York)|(?:North|South)\s+(?:Carolina|Dakota)|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode\s+Island|Tennessee|"
    r"Texas|Utah|Vermont|Virginia|Washington|West\s+Virginia|Wisconsin|Wyoming)(?=[\s,;.]|$)"
)
"""Whose plan it is: Blue Cross of one state is not that of another."""


def _of_state(tokens: tuple[Token, ...], count: int) -> int:
    """Return how many words say of which state a plan is, after the words of its name."""
    rest = tuple(t for t in tokens[count:] if t.cell == tokens[count - 1].cell)
    match = _OF_STATE.match(Span(rest).text) if rest else None
    return len(match[0].split()) if match is not None else 0


def known_payer(span: Span) -> Found | None:
    """Read a payer only if its name is a known one."""
    found = payer(span)
    return found if found is not None and "payer-list" in found.validators else None


def _spelled(known: str, name_of: str) -> str:
    return name_of if name_of.lower() == known else known.title()


_PLAN_KINDS = frozenset({"PPO", "HMO", "EPO", "POS", "HDHP", "FFS", "Commercial", "Self"})
"""Kinds of plans, which a column beside the payer's names."""
PAYER_WORDS = frozenset({"medicare", "medicaid"})


def _plain_payer(span: Span) -> Found | None:
    words: list[int] = []
    if span.tokens and span.tokens[0].text.strip(",;.") in _PLAN_KINDS:
        return None
    for place, token in enumerate(span.tokens[:6]):
        text = token.text.strip(",;")
        if not re.fullmatch(r"[A-Z&][A-Za-z&'.\-]*|of|the|and", text):
            break
        words.append(place)
        if token.text.endswith((",", ";")):
            break
    kept = Span(tuple(span.tokens[p] for p in words))
    if (
        not words
        or len(kept.text) < 3
        or all(w.strip(".,").lower() in {"of", "the", "and", *_not_names()} - PAYER_WORDS for w in kept.text.split())
    ):
        return None
    return Found(kept.text.strip(" ,;."), kept, ("text",), 0.92)


_NOTHING = frozenset({"n/a", "na", "none", "unknown", "tbd"})


_OTHER_KIND = re.compile(
    r"\b(?:stairs?|steps|gated?|elevators?|floor|walk-?up|signature|signed|yes|patient|physician)\b|\d{1,2}/\d{1,2}/\d{2}|\d{3}[\s.\-]\d{4}",
    re.I,
)
"""What no brand or model says."""


def short_text(span: Span) -> Found | None:
    """Read a brand or a model: up to three words of the cell."""
    tokens = tuple(t for t in span.tokens[:3] if t.cell == span.tokens[0].cell) if span.tokens else ()
    if len([t for t in span.tokens if t.cell == span.tokens[0].cell] if span.tokens else []) > 4:
        return None
    text = " ".join(t.text for t in tokens).strip(" ,;:")
    text = text if text.count(".") > 1 else text.strip(".")
    if (
        "#" in text
        or _OTHER_KIND.search(text)
        or not text
        or not any(c.isalnum() for c in text)
        or text.lower() in {"n/a", "na", "none", "unknown", "tbd"}
    ):
        return None
    return Found(text, Span(tokens), ("text",))


def serial(span: Span) -> Found | None:
    """Read a serial number: one word with at least three digits."""
    if not span.tokens:
        return None
    text = span.tokens[0].text.strip("#,;.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9\-/]{3,24}", text) or sum(c.isdigit() for c in text) < 3:
        return None
    return Found(text, Span(span.tokens[:1]), ("id-shape",))
