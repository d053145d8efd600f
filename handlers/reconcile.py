"""Holds a payer's decision against what was asked: only just that, with a number, is an approval. Pure."""

from __future__ import annotations

from datetime import date, datetime

from schemas.payer import Authorization, AuthorizedLine, Decision, PayerEnquiry, Reason, ReviewAnswer

_YES = frozenset({Decision.APPROVED, Decision.NOT_REQUIRED})


def reconciled(known: Authorization, answer: ReviewAnswer, asked: PayerEnquiry, now: datetime) -> Authorization:
    """Return the authorization as the answer makes it."""
    lines = tuple(_named(line, asked) for line in answer.lines)
    number = answer.number or next((line.number for line in lines if line.number), None)
    decision, doubt = _decision(answer, lines, asked, number, now.date())
    begins = [day for day in (answer.valid_from, *(line.valid_from for line in lines)) if day]
    ends = [day for day in (answer.valid_to, *(line.valid_to for line in lines)) if day]
    return known.model_copy(
        update={
            "decision": decision,
            "number": number,
            "valid_from": max(begins, default=None),
            "valid_to": min(ends, default=None),
            "lines": lines,
            "reasons": (*answer.reasons, *([Reason(system="text", text=doubt)] if doubt else [])),
            "note": answer.note,
            "wants": answer.wants if decision is Decision.PENDED else (),
            "paused_at": known.paused_at if decision is Decision.PENDED else None,
            "decided_at": None if decision is Decision.PENDED else now,
            "decided_by": "payer",
        }
    )


def _named(line: AuthorizedLine, asked: PayerEnquiry) -> AuthorizedLine:
    """Give a line without a code the code of the asked line of its number."""
    code = next((one.code for one in asked.lines if one.sequence == line.sequence), None)
    return line if line.code else line.model_copy(update={"code": code})


def _decision(
    answer: ReviewAnswer, lines: tuple[AuthorizedLine, ...], asked: PayerEnquiry, number: str | None, today: date
) -> tuple[Decision, str | None]:
    """Return the decision and, where it is less than the payer called it, why."""
    if answer.decision not in _YES:
        return answer.decision, None
    wanted = {line.code for line in asked.lines}
    said = {line.code for line in lines}
    if lines and said - wanted:
        return Decision.MODIFIED, "the payer decided on items that were not asked for"
    if lines and wanted - said:
        return Decision.PARTIAL, "the payer did not decide on every item"
    for line in asked.lines:
        given = [one.units for one in lines if one.code == line.code and one.units is not None]
        if line.quantity is not None and given and sum(given) < line.quantity:
            return Decision.MODIFIED, f"fewer units of {line.code} than asked for"
    if answer.decision is Decision.APPROVED and not number:
        return Decision.UNCLEAR, "approved, but without an authorization number"
    if asked.service_start is not None and _begins_late(answer, lines, max(asked.service_start, today)):
        return Decision.MODIFIED, "authorized only from a day after the first day of service"
    return answer.decision, None


def _begins_late(answer: ReviewAnswer, lines: tuple[AuthorizedLine, ...], start: date) -> bool:
    begins = [day for day in (answer.valid_from, *(line.valid_from for line in lines)) if day]
    return bool(begins) and max(begins) > start
