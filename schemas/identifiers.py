"""Identifiers that check themselves: pure readers that repair by look-alikes only where the check leaves one answer.

Each reader takes the text as printed or as an OCR engine saw it and returns `Checked`, or None when it is
not such an identifier. Tables (ICD-10-CM leaves, HCPCS) are handed in; nothing here does I/O.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

DIGITS_FOR: Mapping[str, str] = {
    "O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1", "!": "1", "Z": "2", "S": "5", "$": "5",
    "B": "8", "G": "69", "T": "7",
}  # fmt: skip
"""For a letter where a digit must stand, the digits that it may be a misreading of (upper case)."""

LETTERS_FOR: Mapping[str, str] = {"0": "OD", "1": "I", "2": "Z", "5": "S", "8": "B", "6": "G", "|": "I", "!": "I"}
"""For a digit where a letter must stand, the letters that it may be a misreading of."""

MAX_VARIANTS = 256


@dataclass(frozen=True, slots=True)
class Checked:
    """A value in its outside form and the checks it passed; `folded` stands among them when it was repaired."""

    value: str
    validators: tuple[str, ...]

    @property
    def folded(self) -> bool:
        return "folded" in self.validators


def variants(text: str, kinds: str) -> Iterable[str]:
    """Yield the readings of `text` that fit `kinds` (N digit, A letter, X either), place by place, itself first."""
    choices: list[str] = []
    total = 1
    for char, kind in zip(text, kinds, strict=True):
        if kind == "N":
            options = char if char.isdigit() else DIGITS_FOR.get(char, "")
        elif kind == "A":
            options = char if char.isalpha() else LETTERS_FOR.get(char, "")
        else:
            options = char + DIGITS_FOR.get(char, "") + LETTERS_FOR.get(char, "")
        if not options:
            return
        total *= len(options)
        choices.append(options)
    if total <= MAX_VARIANTS:
        yield from ("".join(chosen) for chosen in product(*choices))


def luhn_ok(digits: str) -> bool:
    """Check the Luhn (mod 10) digit at the end."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def npi_ok(digits: str) -> bool:
    """Check a National Provider Identifier: ten digits, first 1 or 2, Luhn over 80840 and the number."""
    return bool(re.fullmatch(r"[12]\d{9}", digits, re.ASCII)) and luhn_ok("80840" + digits)


def read_npi(text: str) -> Checked | None:
    """Read an NPI; letters are folded to digits only if exactly one folding passes the check digit."""
    compact = re.sub(r"[\s.\-]", "", text).upper()
    if len(compact) != 10 or sum(c.isdigit() for c in compact) < 6:
        return None
    if compact.isdigit():
        return Checked(compact, ("npi-luhn",)) if npi_ok(compact) else None
    passing = [v for v in variants(compact, "N" * 10) if npi_ok(v)]
    return Checked(passing[0], ("npi-luhn", "folded")) if len(passing) == 1 else None


_MBI_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
_MBI_PLACES = {"C": "123456789", "A": _MBI_LETTERS, "N": "0123456789", "X": _MBI_LETTERS + "0123456789"}
MBI_KINDS = "CAXNAXNAANN"
_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d[AC-HJKMNP-RT-Y]{2}\d{2}", re.ASCII
)


def mbi_ok(text: str) -> bool:
    """Check a Medicare Beneficiary Identifier by position; letters are never S, L, O, I, B or Z."""
    return _MBI.fullmatch(text) is not None


def read_mbi(text: str) -> Checked | None:
    """Read a Medicare Beneficiary Identifier; the position decides what a look-alike must be."""
    compact = re.sub(r"[\s\-]", "", text).upper()
    if len(compact) != 11:
        return None
    if mbi_ok(compact):
        return Checked(compact, ("mbi-pattern",))
    read = ""
    for char, kind in zip(compact, MBI_KINDS, strict=True):
        allowed = _MBI_PLACES[kind]
        options = {o for o in DIGITS_FOR.get(char, "") + LETTERS_FOR.get(char, "") if o in allowed}
        if char not in allowed and len(options) != 1:
            return None
        read += char if char in allowed else options.pop()
    return Checked(read, ("mbi-pattern", "folded")) if mbi_ok(read) else None


ICD10_CATEGORY = r"[A-Z]\d[0-9AB]"
"""The first three characters of an ICD-10-CM code; chapter 22 (U07.1, COVID-19) begins with a U."""
ICD10 = re.compile(rf"{ICD10_CATEGORY}(?:\.?[0-9A-Z]{{1,4}})?", re.ASCII)
"""The shape of an ICD-10-CM code."""
ICD10_DOTTED = re.compile(rf"(?<![A-Z0-9.]){ICD10_CATEGORY}\.[0-9A-Z]{{1,4}}(?![A-Z0-9])", re.ASCII)
"""Such a code amid words: the dot tells it from other codes."""


def icd10_form(text: str) -> str:
    """Return an ICD-10-CM code with its dot in place, upper case, without spaces."""
    compact = re.sub(r"[\s.,]", "", text).upper()
    return compact if len(compact) <= 3 else f"{compact[:3]}.{compact[3:]}"


def shaped_icd10(text: str) -> str | None:
    """Return a text that has the shape of an ICD-10-CM code, and nothing else, with its dot in place."""
    return icd10_form(text) if ICD10.fullmatch(text.strip().upper().removesuffix(".")) else None


def read_icd10(text: str, leaves: Collection[str], *, fold: bool = False) -> Checked | None:
    """Read an ICD-10-CM code; `leaves` holds the billable codes without dots.

    With `fold`, look-alikes are tried (150.22 is I50.22) and taken only if a single leaf code results.
    """
    compact = re.sub(r"[\s.,·]", "", text).upper()
    if not 3 <= len(compact) <= 7:
        return None
    if compact in leaves:
        return Checked(icd10_form(compact), ("icd10-leaf",))
    if fold:
        kinds = "ANX" + "X" * (len(compact) - 3)
        passing = {v for v in variants(compact, kinds) if v in leaves}
        if len(passing) == 1:
            return Checked(icd10_form(passing.pop()), ("icd10-leaf", "folded"))
    if ICD10.fullmatch(compact) and any(c.isdigit() for c in compact[1:3]):
        return Checked(icd10_form(compact), ("icd10-shape",))
    return None


HCPCS = re.compile(r"[A-EGHJ-MP-V]\d{4}", re.ASCII)
"""The shape of a HCPCS level II code."""
HCPCS_IN_TEXT = re.compile(rf"(?<![A-Z0-9.]){HCPCS.pattern}(?![A-Z0-9.])", re.ASCII)
CPT = re.compile(r"\d{4}[\dFMTU]", re.ASCII)
"""The shape of a CPT code; the letters are those of categories II and III, administrative and PLA codes."""


def read_hcpcs(text: str, table: Collection[str], *, fold: bool = False) -> Checked | None:
    """Read a HCPCS level II code (or, with five digits, a CPT code by shape alone)."""
    compact = re.sub(r"[\s.\-]", "", text).upper()
    if len(compact) != 5:
        return None
    if compact in table:
        return Checked(compact, ("hcpcs-table",))
    if fold:
        passing = {v for v in variants(compact, "ANNNN") if v in table}
        if len(passing) == 1:
            return Checked(passing.pop(), ("hcpcs-table", "folded"))
    if HCPCS.fullmatch(compact):
        return Checked(compact, ("hcpcs-shape",))
    return Checked(compact, ("cpt-shape",)) if CPT.fullmatch(compact) else None


_NANP = re.compile(r"[2-9](?!11)\d{2}[2-9](?!11)\d{6}", re.ASCII)


def read_phone(text: str) -> Checked | None:
    """Read a North American phone number: ten digits, area and exchange codes as the plan allows."""
    compact = re.sub(r"[\s().\-+/]", "", text)
    if not re.fullmatch(r"\d{10,11}", compact, re.ASCII):
        return None
    digits = compact.removeprefix("1") if len(compact) == 11 else compact
    return Checked(digits, ("nanp",)) if _NANP.fullmatch(digits) else None


def state_of_zip(postal_code: str, zip3: Mapping[str, Collection[str]]) -> Collection[str]:
    """Return the states that use this ZIP code's first three digits (mostly one)."""
    return zip3.get(postal_code[:3], ())


_LANGUAGES = {
    "eng": "en", "english": "en", "spa": "es", "spanish": "es", "zho": "zh", "chi": "zh", "chinese": "zh",
    "vie": "vi", "vietnamese": "vi", "kor": "ko", "korean": "ko", "rus": "ru", "russian": "ru", "ara": "ar",
    "arabic": "ar", "fra": "fr", "fre": "fr", "french": "fr", "deu": "de", "ger": "de", "por": "pt", "hat": "ht",
    "tgl": "tl", "ita": "it", "pol": "pl", "ukr": "uk", "hin": "hi", "fas": "fa", "per": "fa", "jpn": "ja",
    "som": "so", "nep": "ne", "sgn": "sgn", "ase": "sgn",
}  # fmt: skip
"""Codes of ISO 639-2 and the words that senders write, for the two letters of ISO 639-1 (BCP 47 prefers them)."""


def language_code(text: str) -> str | None:
    """Return the language of a tag or word (`es-US`, `spa`, `Spanish`) as ISO 639; None for what is none."""
    head = re.split(r"[-_]", text.strip().lower())[0]
    if head in _LANGUAGES:
        return _LANGUAGES[head]
    return head if re.fullmatch(r"[a-z]{2,3}", head) else None
