"""The words of labels (rules/documents/labels): which phrases announce which field, and how phrases are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from doorstep import rules

IGNORED = "ignored"
_SMALL = frozenset(
    ["a", "and", "at", "by", "for", "in", "is", "of", "on", "or", "the", "to", "with", "if", "code", "codes"]
)


@dataclass(frozen=True)
class Vocabulary:
    """Label phrases without blanks -> field; headings -> section."""

    phrases: Mapping[str, str]
    sections: Mapping[str, str]
    by_section: Mapping[str, Mapping[str, str]]
    section_of: Mapping[str, str]
    soft: tuple[tuple[str, tuple[frozenset[str], ...]], ...]
    """(field, groups of words): a short label that has a word of each group announces the field."""
    words: frozenset[str]
    """Every word that a label may be made of."""
    strangers: frozenset[str]
    """Words for people and firms that are neither the member nor the clinician."""
    synonyms: Mapping[str, str]
    """Short forms of the words in `soft`."""


def squeeze(text: str) -> str:
    """Return the letters and digits of a text, lower case: what labels are compared by."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"['’‘]s\b", "", text.lower()))


_LOOKS = str.maketrans("1l0", "iio")


def looks(squeezed: str) -> str:
    """Return a squeezed text in which what looks alike is one: `Perlod` and `Period`, `bom` and `born`."""
    return squeezed.translate(_LOOKS).replace("rn", "m")


def _word(value: object) -> str:
    """Return a word as written; YAML takes `no` and `on` for false and true."""
    return {False: "no", True: "on"}[value] if isinstance(value, bool) else str(value)


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
    soft = tuple(
        (str(rule["field"]), tuple(frozenset(map(_word, group)) for group in rule["words"])) for rule in data["soft"]
    )
    strangers = frozenset(data["strangers"])
    synonyms = {_word(short): str(word) for short, word in data["synonyms"].items()}
    named = [*data["ignored"], *(p for known in (*data["generic"].values(), *data["fields"].values()) for p in known)]
    words = {word for phrase in named for word in str(phrase).split()} | strangers | set(synonyms) | _SMALL
    words |= {word for _, groups in soft for group in groups for word in group}
    return Vocabulary(phrases, sections, data["by_section"], section_of, soft, frozenset(words), strangers, synonyms)


def bare_key(text: str) -> str:
    """Return a heading's or a label's key without the number of its box."""
    return looks(re.sub(r"^\d{1,2}(?=[a-z]{3})", "", squeeze(text)))


_AROUND_A_HEADING = re.compile(
    r"\b(?:section|part|step|[a-h]|\d{1,2}|information|info|details?|data|certification|attestation|statement|"
    r"demographics?|use only|primary)\b"
)


def section_named(text: str) -> str | None:
    """Return the part of a form that a heading opens: as listed, or once what only says that it is one is left off."""
    sections = vocabulary().sections
    text = re.sub(r"^(?:section|part|step)\s+\w{1,2}\s*[:.)-]", "", text, flags=re.IGNORECASE)
    bare = _AROUND_A_HEADING.sub(" ", text.lower())
    return sections.get(bare_key(text)) or (sections.get(bare_key(bare)) if ":" not in text else None)


def stranger_words(text: str) -> frozenset[str]:
    """Return the words of a label that name somebody who is neither the member nor the clinician."""
    words = frozenset(re.findall(r"[a-z0-9]+", text.lower()))
    found = words & vocabulary().strangers
    return found - {"secondary", "2nd"} if words & {"dx", "diagnosis", "diagnoses", "icd"} else found


def is_label(text: str) -> bool:
    """Say whether a text is itself a label, and so no value."""
    return vocabulary().phrases.get(looks(squeeze(text)), IGNORED) != IGNORED


def asks_ours(text: str) -> bool:
    """Say whether a label by itself asks for a field, wherever it stands."""
    return is_label(text) and not vocabulary().phrases[looks(squeeze(text))].startswith("generic:")
