"""Codes that stand on the order's page and are in none of its values: a list that lost one is no list to use unseen.

Two engines that both misread a code lose it together, and what is left looks as sure as ever. What was lost still
stands there, in the shape of a code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from pydantic import JsonValue

from doorstep import rules
from handlers.extract import ticks
from handlers.extract.geometry import Sheet
from handlers.extract.opinion import View
from schemas import identifiers

MORE_CODES = "more-codes"
MOST_LEFT = 2
"""A page with more codes than the order's is a list to tick, of which most are not meant."""
_ICD10 = re.compile(r"^[A-Z0-9]\d[0-9A-Z][.,][0-9A-Z]{1,4}$")
_LETTERS = re.compile(r"^[A-Z]\d[0-9A-Z]\.")
_FIRST = str.maketrans("1025837", "IOZSBET")
"""The letters that begin a diagnosis code and are read as digits."""


def left_over(
    field: str, value: JsonValue, views: Sequence[View], main: int | None, taken: Collection[str] = ()
) -> str | None:
    """Return `more-codes` where the page holds a code that is neither in the list nor a misreading of one in it.

    `taken` are the values of other fields: a group number may look like a code.
    """
    if not isinstance(value, list) or field not in {"icd10", "order_lines"}:
        return None
    listed = {str(v["code"] if isinstance(v, dict) else v) for v in value}
    codes_of = _diagnoses if field == "icd10" else _goods
    sheets = [sheet for view in views if (sheet := view.sheet(main)) is not None]
    there = codes_of(t.text for sheet in sheets for row in sheet.rows for t in row)
    there -= {code for sheet in sheets for code in _not_ticked(sheet, codes_of)}
    left = [code for code in there if code not in taken and not any(_near(code, known) for known in listed)]
    return MORE_CODES if 0 < len(left) <= MOST_LEFT else None


def _not_ticked(sheet: Sheet, codes_of: Callable[[Iterable[str]], set[str]]) -> set[str]:
    """Return the codes of choices that are seen not to be taken."""
    tokens = [t for row in sheet.rows for t in row if codes_of([t.text])]
    return {code for t, state in ticks.states(sheet, tokens).items() if not state for code in codes_of([t.text])}


def _bare(words: Iterable[str]) -> Iterable[str]:
    return (word.strip("()[]{};:,.|*•-").upper() for word in words)


def _diagnoses(words: Iterable[str]) -> set[str]:
    """Return what has the shape of a diagnosis code, with a letter or with the digit that looks like one."""
    found = {word.replace(",", ".") for word in _bare(words) if _ICD10.match(word)}
    return {_with_letter(code) for code in found if _telling(code)}


def _with_letter(code: str) -> str:
    return code if _LETTERS.match(code) else code[0].translate(_FIRST) + code[1:]


def _telling(code: str) -> bool:
    """Say whether it is a code with its letter, or a number that is a code but for its letter."""
    return bool(_LETTERS.match(code)) or _with_letter(code).replace(".", "") in rules.icd10_leaves()


def _goods(words: Iterable[str]) -> set[str]:
    """Return the codes of goods and services that a table knows and that are no diagnosis without its dot."""
    read = (identifiers.read_hcpcs(word, rules.hcpcs_table()) for word in _bare(words))
    codes = {checked.value for checked in read if checked and "hcpcs-table" in checked.validators}
    return {code for code in codes if code not in rules.icd10_leaves()}


def _near(one: str, two: str) -> bool:
    return len(one) == len(two) and sum(a != b for a, b in zip(one, two, strict=True)) <= 1
