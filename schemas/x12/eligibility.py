"""Eligibility: the 270 that asks about a member, and the 271 that answers (ASC X12N 005010X279A1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from schemas.payer import Benefit, CoverageStatus, Eligibility, PayerEnquiry, Reason
from schemas.x12.interchange import Interchange, Segment
from schemas.x12.reading import Loop, Tree, day, days, number, rejections, yes_no
from schemas.x12.writer import (
    Parties,
    d8,
    interchange,
    member,
    payer_name,
    period,
    repeated,
    requester_name,
    safe,
    segment,
)

VERSION = "005010X279A1"
ACTIVE = frozenset({"1", "2", "3", "4"})
INACTIVE = frozenset({"6", "7", "8"})
_NOT_COVERED = "I"
_WHOLE_PLAN = "30"
_TRY_AGAIN = frozenset({"42", "80"})
"""Reject reasons that say that the payer's system is away, not that the member is unknown."""
_BEGINS = ("346", "356", "291", "307", "348", "292")
_ENDS = ("347", "357", "291", "307", "349", "292")


def eligibility_request(enquiry: PayerEnquiry, parties: Parties, control: str) -> bytes:
    """Return the 270 of an enquiry; the same enquiry gives the same bytes."""
    at = enquiry.asked_at
    body = [
        segment("BHT", "0022", "13", safe(enquiry.trace, 50), d8(at), f"{at:%H%M%S}"),
        segment("HL", "1", "", "20", "1"),
        payer_name("PR", enquiry),
        segment("HL", "2", "1", "21", "1"),
        requester_name(enquiry),
        segment("HL", "3", "2", "22", "0"),
        segment("TRN", "1", safe(enquiry.trace, 50), safe(parties.originator, 10)),
        *member(enquiry),
        *period("291", enquiry),
        segment("EQ", repeated(enquiry.service_types or (_WHOLE_PLAN,))),
    ]
    return interchange(parties, control, at, "HS", VERSION, "270", body)


Asked = Callable[[str], tuple[Sequence[str], date]]
"""Which service types were asked about, and for which day of service, under a trace number."""


def eligibility_answers(found: Interchange, asked: Asked, at: datetime) -> tuple[Eligibility, ...]:
    """Return what the 271s of an interchange say, one for each trace number of ours that they return.

    A 271 that rejects the request as a whole, above any member, has no trace: its `trace` is then empty.
    """
    answers: list[Eligibility] = []
    for transaction in found.transactions:
        if transaction.kind != "271":
            continue
        tree = Tree(transaction.segments)
        members = [loop for loop in tree.level("22", "23") if not tree.below(loop, "23")]
        answers += [_answer(loop, tree.above(loop), asked, at) for loop in members]
        refused = tree.rejections()
        if not members and refused:
            answers.append(Eligibility(trace="", status=CoverageStatus.UNKNOWN, reasons=tuple(refused), checked_at=at))
    return tuple(answers)


def busy(answer: Eligibility) -> bool:
    """Say whether the payer's system was away (AAA 42, 80): the same request may be answered later."""
    return answer.status is CoverageStatus.UNKNOWN and any(reason.code in _TRY_AGAIN for reason in answer.reasons)


def _answer(loop: Loop, around: Sequence[Loop], asked: Asked, at: datetime) -> Eligibility:
    subscriber = [one for one in around if one.level == "22"]
    own = [one for part in (*subscriber, loop) for one in part.segments]
    trace = next((one.get(2).lower() for one in reversed(own) if one.name == "TRN" and one.get(1) == "2"), "")
    wanted, on = asked(trace)
    head, benefits, refused = _read(loop, around)
    said = [one for one in benefits if _concerns(one, (*wanted, _WHOLE_PLAN))]
    status = _status(said, on, head)
    active = next((one for one in said if one.code in ACTIVE), None)
    begins, ends = _span(active, head)
    if status is CoverageStatus.ACTIVE and ends is not None and ends < on:
        status = CoverageStatus.INACTIVE
    if refused and status is not CoverageStatus.INACTIVE:
        status = CoverageStatus.UNKNOWN
    name = next((one for one in own if one.name == "NM1" and one.get(1) in {"IL", "03"} and one.get(8) == "MI"), None)
    return Eligibility(
        trace=trace,
        status=status,
        plan=next((one.plan for one in said if one.plan and one.code in ACTIVE | INACTIVE), None),
        group_no=next((one.get(2) for one in own if one.name == "REF" and one.get(1) in {"6P", "1L"}), None),
        member_id=name.get(9) if name else None,
        begins=begins,
        ends=ends,
        service_covered=_covered(benefits, wanted),
        authorization_required=_authorization(benefits, wanted),
        benefits=tuple(benefits),
        reasons=tuple(refused),
        checked_at=at,
    )


def _read(loop: Loop, around: Sequence[Loop]) -> tuple[list[Segment], list[Benefit], list[Reason]]:
    """Return the segments before the first EB, the benefits, and every rejection above or in the loop."""
    refused = [reason for one in reversed(around) for reason in rejections(one.segments)]
    head: list[Segment] = []
    groups: list[list[Segment]] = []
    within = False
    for one in loop.segments:
        if one.name in {"LS", "LE"}:  # another party is described between them
            within = one.name == "LS"
        elif one.name == "EB":
            groups.append([one])
        elif not within:
            (groups[-1] if groups else head).append(one)
    return head, [_benefit(group) for group in groups], refused + rejections(loop.segments)


def _benefit(group: list[Segment]) -> Benefit:
    eb = group[0]
    dates = [one for one in group if one.name == "DTP"]
    return Benefit(
        code=eb.get(1),
        level=eb.get(2) or None,
        service_types=eb.repeats(3),
        insurance_type=eb.get(4) or None,
        plan=eb.get(5) or None,
        period=eb.get(6) or None,
        amount=number(eb.get(7)),
        percent=number(eb.get(8)),
        procedure=eb.parts(13)[1] if len(eb.parts(13)) > 1 else None,
        authorization_required=yes_no(eb.get(11)),
        in_network=yes_no(eb.get(12)),
        begins=_date(dates, _BEGINS, first=True),
        ends=_date(dates, _ENDS, first=False),
        messages=tuple(one.get(1) for one in group if one.name == "MSG" and one.get(1)),
    )


def _date(dates: Sequence[Segment], qualifiers: Sequence[str], *, first: bool) -> date | None:
    """Return the first or last day by the qualifiers' order; a single plan or eligibility date is no last day."""
    for qualifier in qualifiers:
        for one in dates:
            if one.get(1) == qualifier and (first or one.get(2) == "RD8" or qualifier in {"347", "349", "357"}):
                return days(one)[0 if first else 1] or day(one.get(3))
    return None


def _span(active: Benefit | None, head: Sequence[Segment]) -> tuple[date | None, date | None]:
    dates = [one for one in head if one.name == "DTP"]
    begins, ends = _date(dates, _BEGINS, first=True), _date(dates, _ENDS, first=False)
    return (active.begins if active and active.begins else begins), (active.ends if active and active.ends else ends)


def _concerns(benefit: Benefit, types: Sequence[str]) -> bool:
    return not benefit.service_types or any(one in types for one in benefit.service_types)


def _status(said: Sequence[Benefit], on: date, head: Sequence[Segment]) -> CoverageStatus:
    """Return active where a benefit says so that has begun; inactive where only the contrary is said; else unknown."""
    codes = {one.code for one in said}
    if codes & ACTIVE:
        begins = _span(next(one for one in said if one.code in ACTIVE), head)[0]
        return CoverageStatus.INACTIVE if begins is not None and begins > on else CoverageStatus.ACTIVE
    return CoverageStatus.INACTIVE if codes & INACTIVE else CoverageStatus.UNKNOWN


def _covered(benefits: Sequence[Benefit], wanted: Sequence[str]) -> bool | None:
    """Say whether the wanted kind of service is covered; None where nothing was said of just that kind."""
    named = [one for one in benefits if any(kind in wanted for kind in one.service_types)]
    if any(one.code in ACTIVE for one in named):
        return True
    if any(one.code == _NOT_COVERED or one.code in INACTIVE for one in named):
        return False
    return None


def _authorization(benefits: Sequence[Benefit], wanted: Sequence[str]) -> bool | None:
    said = [one.authorization_required for one in benefits if any(kind in wanted for kind in one.service_types)]
    if True in said:
        return True
    return False if False in said else None
