"""A word of the desk on a case: checked once, refused with a reason, or handed to the step it is for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from doorstep.handler import Unit
from handlers.casework import settle_review
from schemas.case import Case
from schemas.commands import COMMAND, Said
from schemas.document import ReviewRequested
from schemas.event import Event, Payload
from schemas.faults import first_fault
from schemas.transmission import ReceiptState, TransmissionReceived

SaidT = TypeVar("SaidT", bound=Said)
Outcome = tuple[list[Payload], str | None]
"""What follows, or why it is refused."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said of which case, and the document that says it."""

    case: Case
    document_id: str


def says(*names: str) -> Callable[[TransmissionReceived], bool]:
    """Return the filter of a step that takes these commands."""

    def of_desk(data: TransmissionReceived) -> bool:
        return data.channel == "desk" and data.details.get("command") in names

    return of_desk


def obeyed(
    event: Event[TransmissionReceived], unit: Unit, wanted: type[SaidT], do: Callable[[Spoken, SaidT, Unit], Outcome]
) -> Iterable[Payload]:
    """Read the command, do it once, and settle its receipt: accepted, or rejected with the reason."""
    document_id = event.data.document_id
    done = f"obeyed {document_id}"
    if unit.marked(done):
        return []
    content = unit.content(event.data.contents[0])
    case = unit.case(event.data.details.get("case_id", ""))
    events: list[Payload] = []
    if case is None:
        refusal: str | None = "there is no such case"
    else:
        said, refusal = _read(content, wanted)
        if said is not None:
            waiting = unit.open_reviews(case.case_id)
            events, refusal = do(Spoken(case, document_id), said, unit)
            events = [*events, *(_settled(waiting, said, unit) if refusal is None else [])]
    unit.mark(done)
    state = ReceiptState.REJECTED if refusal else ReceiptState.ACCEPTED
    unit.settle_receipt(document_id, state, reason=refusal, case_id=case.case_id if case else None)
    return [] if refusal else events


def _settled(waiting: Iterable[ReviewRequested], said: Said, unit: Unit) -> Iterable[Payload]:
    """Close the reviews that asked for this word, so that they hold nothing up and nobody looks again."""
    command = str(getattr(said, "command", ""))
    if getattr(said, "decision", None) == "pended":  # the payer has not decided: somebody still must ask
        return
    for review in waiting:
        of_other = command == "appeal-item" and getattr(said, "document_id", None) != review.document_id
        if command in review.settled_by and not of_other:
            yield settle_review(review, command, said.agent, unit)


def _read(content: JsonValue, wanted: type[SaidT]) -> tuple[SaidT | None, str | None]:
    try:
        said = COMMAND.validate_json(json.dumps(content))
    except ValidationError as wrong:
        return None, f"the command is not right at {first_fault(wrong).place or 'its beginning'}"
    return (said, None) if isinstance(said, wanted) else (None, "the command is not of this kind")


def unusable(document_id: str | None, case: Case, unit: Unit) -> str | None:
    """Return why a document that a person names cannot be put to the case, None when it can.

    What is put to a case goes to its payer with the packet: a slip of the pen must not send another member's paper.
    """
    if document_id is None or document_id in case.document_ids:
        return None
    other = unit.case_by_document(document_id)
    if other is not None and other.case_id != case.case_id:
        return f"that document is of case {other.case_id}"
    return None if unit.latest(TransmissionReceived, document_id) else "there is no such document"
