"""Sees that a fax or mail reads like a payer's denial, and puts it before a person with its case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from doorstep import rules
from doorstep.handler import Tools, Unit, on
from handlers.casework import ask_person, fold, review_id_of
from handlers.correspond import LETTER, stage_of
from schemas.case import CLOSED
from schemas.document import DocumentRead
from schemas.event import Event, Payload
from schemas.reading import Reading

SECONDS = 60.0
SETTLES = ("denial", "authorization")
_CASE = re.compile(r"\bDS-\d{4,12}-\d\b")
_CODE = re.compile(r"\b(?:CARC|CO|PR|OA|PI)[ -]?(\d{1,3})\b")
_UNTIL = re.compile(
    r"(?:appeal|request)[^.]{0,120}?\b(?:by|before|no later than|until)\s+"
    r"(\d{1,2}/\d{1,2}/\d{4}|[A-Z][a-z]+ \d{1,2}, \d{4}|\d{4}-\d\d-\d\d)"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What of a letter tells a person where to look: cases that it names, codes, and a day it may set."""

    cases: tuple[str, ...]
    codes: tuple[str, ...]
    until: str | None


def letter_of(text: str) -> Letter | None:
    """Return the letter if it both denies something and tells how to contest that; None for every other text."""
    words = rules.load("documents/denials")
    plain = f" {fold(text)} "
    if not all(any(f" {fold(one)}" in plain for one in words[kind]) for kind in ("denies", "means_of_redress")):
        return None
    until = _UNTIL.search(" ".join(text.split()))
    return Letter(
        cases=tuple(dict.fromkeys(_CASE.findall(text))),
        codes=tuple(dict.fromkeys(f"CARC {code}" for code in _CODE.findall(text)))[:5],
        until=until[1] if until else None,
    )


def read_letter(data: bytes) -> Letter | None:
    """Look at a kept reading (in a worker process)."""
    reading = Reading.model_validate_json(data)
    return letter_of("\n".join(" ".join(word.text for word in page.words) for page in reading.pages))


async def _prepare(event: Event[DocumentRead], tools: Tools) -> Letter | None:
    found: Letter | None = await tools.run(read_letter, await tools.content(event.data.reading), timeout=SECONDS)
    return found


@on(DocumentRead, prepare=_prepare)
def denial_letter(event: Event[DocumentRead], unit: Unit, found: Letter | None) -> Iterable[Payload]:
    if found is None:
        return []
    data = event.data
    named = [case for case in (unit.case(one) for one in found.cases) if case is not None]
    own = unit.case_by_document(data.document_id)
    cases = named or ([own] if own is not None else [])
    case = cases[0] if len(cases) == 1 and cases[0].state not in CLOSED else None
    told = [*found.codes, *([f"appeal by {found.until}"] if found.until else [])]
    hint = f" ({', '.join(told)})" if told else ""
    known = unit.review(review_id_of(unit, data.document_id, stage_of(own.case_id))) if own is not None else None
    where = f"of case {case.case_id}" if case is not None else "of a case that it does not name"
    reason = f"it reads like a payer's denial {where}{hint}: record it if it is one"
    if known is not None:  # the mail waits for a person already: that review says now what it is
        if known.reason == reason:
            return []
        known = known.model_copy(update={"settled_by": SETTLES, "reason": reason, "documents": data.documents})
        unit.save_review(known)
        return [known]
    return ask_person(
        unit,
        data.document_id,
        stage=LETTER,
        settled_by=SETTLES,
        reason=reason,
        case_id=case.case_id if case is not None else None,
        documents=data.documents,
    )
