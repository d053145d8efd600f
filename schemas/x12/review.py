"""Authorization: the 278 request for review and its response (ASC X12N 005010X217)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from schemas.payer import AuthorizedLine, Decision, PayerEnquiry, Reason, ReviewAnswer
from schemas.x12.interchange import Interchange, Segment
from schemas.x12.reading import Loop, Tree, days, number, rejections
from schemas.x12.writer import (
    Parties,
    amount,
    composite,
    d8,
    interchange,
    member,
    payer_name,
    period,
    requester_name,
    safe,
    segment,
)

VERSION = "005010X217"
ACTIONS: dict[str, Decision] = {
    "A1": Decision.APPROVED,
    "A2": Decision.PARTIAL,
    "A3": Decision.DENIED,
    "A4": Decision.PENDED,
    "A6": Decision.MODIFIED,
    "C": Decision.CANCELLED,
    "CT": Decision.UNCLEAR,
    "NA": Decision.NOT_REQUIRED,
}
"""HCR01 (data element 306), the same codes in PAS. CT: contact the payer, so a person."""
CANCEL = "3"
"""UM02 (data element 1322), the same code in PAS. BHT02 stays 13: its 01 is for reservations (BHT06 RU) only."""
_VALID = ("007", "472")
_DEFAULT_TYPE = "12"


def review_request(enquiry: PayerEnquiry, parties: Parties, control: str) -> bytes:
    """Return the 278 that asks for an authorization or cancels one; the same enquiry gives the same bytes."""
    at = enquiry.asked_at
    kind = (enquiry.service_types or (_DEFAULT_TYPE,))[0]
    codes = [safe(code.replace(".", ""), 30) for code in enquiry.diagnoses[:12]]
    diagnoses = [composite("ABK" if n == 0 else "ABF", code) for n, code in enumerate(codes)]
    urgent = ("", "", "U") if enquiry.expedited else ()
    cancels = enquiry.ask == "authorization-cancellation"
    before = enquiry.submitted if cancels and not enquiry.authorization_number else None
    body = [
        segment("BHT", "0007", "13", safe(enquiry.trace, 50), d8(at), f"{at:%H%M%S}"),
        segment("HL", "1", "", "20", "1"),
        payer_name("X3", enquiry),
        segment("HL", "2", "1", "21", "1"),
        requester_name(enquiry),
        segment("HL", "3", "2", "22", "1"),
        *member(enquiry),
        segment("HL", "4", "3", "EV", "1" if enquiry.lines else "0"),
        segment("TRN", "1", safe(enquiry.trace, 50), safe(parties.originator, 10)),
        *([segment("TRN", "1", safe(before, 50), safe(parties.originator, 10))] if before else []),
        segment("UM", "HS", CANCEL if cancels else "I", kind, *urgent),
        *([segment("REF", "BB", safe(enquiry.authorization_number, 50))] if cancels and not before else []),
        *period("AAH", enquiry),
        *([segment("HI", *diagnoses)] if diagnoses else []),
        *[one for line in enquiry.lines for one in _service(enquiry, line.sequence, parties)],
    ]
    return interchange(parties, control, at, "HI", VERSION, "278", body)


def _service(enquiry: PayerEnquiry, sequence: int, parties: Parties) -> list[str]:
    line = next(one for one in enquiry.lines if one.sequence == sequence)
    quantity = amount(line.quantity) if line.quantity is not None else "1"
    procedure = composite("HC", safe(line.code, 48), *(safe(one, 2) for one in line.modifiers[:4]))
    return [
        segment("HL", str(4 + sequence), "4", "SS", "0"),
        segment("TRN", "1", safe(f"{enquiry.trace}-{sequence}", 50), safe(parties.originator, 10)),
        *period("472", enquiry),
        segment("SV1", procedure, "", "UN", quantity),
    ]


def review_answers(found: Interchange) -> tuple[ReviewAnswer, ...]:
    """Return what the 278 responses of an interchange say, one for each patient event."""
    answers: list[ReviewAnswer] = []
    for transaction in found.transactions:
        if transaction.kind != "278":
            continue
        tree = Tree(transaction.segments)
        events = tree.level("EV") or tree.level("SS")  # before 5010 a service stood for itself
        for event in events:
            refused = [reason for one in reversed(tree.above(event)) for reason in rejections(one.segments)]
            answers.append(_answer(event, tree.below(event, "SS"), refused))
        refused = tree.rejections()
        if not events and refused:
            answers.append(ReviewAnswer(decision=Decision.UNCLEAR, reasons=tuple(refused)))
    return tuple(answers)


def _answer(event: Loop, services: Sequence[Loop], refused: list[Reason]) -> ReviewAnswer:
    trace = event.first("TRN", 1, "2")
    hcr = event.first("HCR")
    whole = ACTIONS.get(hcr.get(1), Decision.UNCLEAR) if hcr else None
    lines = tuple(_line(n, one, whole) for n, one in enumerate(services, start=1))
    refused = refused + rejections(event.segments)
    first, last = _valid(event.segments)
    return ReviewAnswer(
        trace=trace.get(2).lower() if trace else None,
        decision=Decision.UNCLEAR if refused else together([one.decision for one in lines], whole),
        number=_number(event, hcr),
        valid_from=first,
        valid_to=last,
        lines=lines,
        reasons=(*refused, *_reasons(hcr)),
        note=" ".join(one.get(1) for one in event.all("MSG")) or None,
        wants=tuple(dict.fromkeys(want for one in (event, *services) for want in _wants(one))),
    )


def _wants(loop: Loop) -> Iterator[str]:
    """Yield what a pended response asks for: attachment report types (PWK01) and LOINC codes (HI, qualifier LOI)."""
    for paper in loop.all("PWK"):
        yield f"report type {paper.get(1)}"
    for asked in loop.all("HI"):
        for place in range(1, 13):
            parts = asked.parts(place)
            if len(parts) > 1 and parts[0] == "LOI":
                yield f"LOINC {parts[1]}"


def together(lines: Sequence[Decision], whole: Decision | None) -> Decision:
    """Return the decision on the whole from that on its lines: an approval of everything only if every line is."""
    kinds = set(lines) | ({whole} if whole is not None else set())
    if not kinds:
        return Decision.UNCLEAR
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {Decision.APPROVED, Decision.NOT_REQUIRED}:
        return Decision.APPROVED
    for first in (Decision.UNCLEAR, Decision.PENDED):
        if first in kinds:
            return first
    good = {Decision.APPROVED, Decision.MODIFIED, Decision.NOT_REQUIRED}
    return Decision.MODIFIED if kinds <= good else Decision.PARTIAL


def _line(sequence: int, loop: Loop, whole: Decision | None) -> AuthorizedLine:
    hcr, service = loop.first("HCR"), loop.first("SV1")
    trace = loop.first("TRN", 1, "2")
    said = trace.get(2).rpartition("-")[2] if trace else ""
    first, last = _valid(loop.segments)
    procedure = service.parts(1) if service else ()
    decision = ACTIONS.get(hcr.get(1), Decision.UNCLEAR) if hcr else whole
    return AuthorizedLine(
        sequence=int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 4 and int(said) else sequence,
        code=procedure[1] if len(procedure) > 1 else None,
        decision=Decision.UNCLEAR if rejections(loop.segments) or decision is None else decision,
        number=_number(loop, hcr),
        units=number(service.get(4)) if service else None,
        valid_from=first,
        valid_to=last,
        reasons=(*rejections(loop.segments), *_reasons(hcr)),
    )


def _number(loop: Loop, hcr: Segment | None) -> str | None:
    if hcr is not None and hcr.get(2):
        return hcr.get(2)
    reference = loop.first("REF", 1, "BB")
    return reference.get(2) or None if reference else None


def _reasons(hcr: Segment | None) -> tuple[Reason, ...]:
    return tuple(Reason(system="X12-886", code=code) for code in hcr.repeats(3)) if hcr else ()


def _valid(segments: Sequence[Segment]) -> tuple[date | None, date | None]:
    """Return the days for which it is certified: the effective period, else the issue and expiration dates."""
    dates = {one.get(1): one for one in segments if one.name == "DTP"}
    effective = next((dates[name] for name in _VALID if name in dates), None)
    first = days(effective)[0] if effective else None
    last = days(effective)[1] if effective and effective.get(2) == "RD8" else None
    if "036" in dates:
        last = days(dates["036"])[1]
    return first, last
