"""Takes a provider's answer by mail or on the faxed offer itself; what is not certain is put before the desk.

A mail says `ACCEPT 2` (a proposed window) or `ACCEPT 2026-11-24T09:00-05:00`, or `DECLINE` and why. A fax has one box
ticked. Both must come from where the offer was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from pydantic import JsonValue

from doorstep.handler import Unit, on
from handlers.answer import take
from handlers.casework import ask_person, rule
from schemas.event import Event, Payload
from schemas.network import Reasons
from schemas.outbound import ConfirmationRequested, ProviderReplied, ticks_of
from schemas.transmission import ReceiptState

_ACCEPT = re.compile(r"^\W*(?:we\s+)?accept(?:ed)?\b[\s:#-]*(.*)$", re.IGNORECASE)
_DECLINE = re.compile(r"^\W*(?:we\s+)?decline[ds]?\b[\s:,-]*(.*)$", re.IGNORECASE)
_LIKE = 0.72
"""How alike a read label must be to a printed one; the labels were chosen to be far apart."""

Said = dict[str, JsonValue]


@on(ProviderReplied)
def reply(event: Event[ProviderReplied], unit: Unit) -> Iterable[Payload]:
    data = event.data
    found = unit.latest(ConfirmationRequested, data.confirmation_id)
    if found is None:
        return []
    asked = found.data
    said = _said(data, asked, unit)
    if isinstance(said, str):
        reason = f"a provider's answer by {data.channel}: {said}"
        unit.settle_receipt(
            data.document_id, ReceiptState.PENDING, reason=f"under review: {reason}", case_id=asked.case_id
        )
        return ask_person(
            unit, data.document_id, stage="reply", reason=reason, case_id=asked.case_id, documents=data.documents
        )
    return take({**said, "offer_id": asked.offer_id}, data.document_id, data.documents, unit)


def _said(data: ProviderReplied, asked: ConfirmationRequested, unit: Unit) -> Said | str:
    """Return the answer in the words of channel `dispatch`, or why a person must read it."""
    if not _same_place(data, asked):
        return "it does not come from where the offer was sent"
    if data.channel == "fax":
        return of_ticks(data.ticks, asked, rule(unit, "network/reasons", Reasons))
    return of_text(data.text, asked)


def _same_place(data: ProviderReplied, asked: ConfirmationRequested) -> bool:
    sent, came = asked.recipient.address.lower(), (data.address or "").lower()
    if asked.recipient.channel != data.channel or not came:
        return False
    return came == sent if data.channel == "fax" else came.rpartition("@")[2] == sent.rpartition("@")[2]


def of_text(text: str, asked: ConfirmationRequested) -> Said | str:
    """Read a mail's own first words; both words, neither, or no certain window is for a person."""
    lines = [line for line in text.splitlines() if line.strip()]
    accepts = [found[1].strip() for line in lines if (found := _ACCEPT.match(line))]
    declines = [found[1].strip() for line in lines if (found := _DECLINE.match(line))]
    if len(accepts) + len(declines) != 1:
        return "it does not say ACCEPT or DECLINE once"
    if declines:
        return {"answer": "decline", "reason": declines[0][:200] or None, "code": "other"}
    chosen = accepts[0].rstrip(".! ")
    if re.fullmatch(r"[1-9]", chosen):
        number = int(chosen) - 1
        if number < len(asked.choices):
            window = asked.choices[number]
            return {"answer": "accept", "start": window.start.isoformat(), "end": window.end.isoformat()}
        return "it names a window that was not proposed"
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)", chosen):
        return {"answer": "accept", "start": chosen}
    return "it accepts without a window that is certain"


def of_ticks(seen: Mapping[str, bool], asked: ConfirmationRequested, reasons: Reasons) -> Said | str:
    """Read the boxes of the faxed offer; every printed box must be found, and exactly one ticked."""
    printed = ticks_of(asked, [(reason.code, reason.label) for reason in reasons.decline])
    found: dict[str, bool] = {}
    taken: set[str] = set()
    for tick in printed:
        best = max(seen, key=lambda label: _likeness(label, tick.label), default="")
        if _likeness(best, tick.label) < _LIKE or best in taken:
            return "not every box on it could be found"
        taken.add(best)
        found[tick.value] = seen[best]
    ticked = [value for value, filled in found.items() if filled]
    if len(ticked) != 1:
        return "no box is ticked" if not ticked else "more than one box is ticked"
    kind, _, which = ticked[0].partition(" ")
    if kind == "decline":
        return {"answer": "decline", "code": which, "reason": "ticked on the faxed offer"}
    window = asked.choices[int(which)]
    return {"answer": "accept", "start": window.start.isoformat(), "end": window.end.isoformat()}


def _likeness(read: str, printed: str) -> float:
    """Compare the beginning of what was read at a box with its printed label: only some words of it are read."""
    wanted = re.sub(r"[^a-z0-9]", "", printed.lower())
    given = re.sub(r"[^a-z0-9]", "", read.lower())
    return SequenceMatcher(None, given[: len(wanted)], wanted).ratio()
