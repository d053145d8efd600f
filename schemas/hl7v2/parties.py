"""Who the order is about, who pays and who ordered: PID, NK1, IN1/IN2, ORC/OBR providers, PRD."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from schemas.hl7v2 import tables, values
from schemas.hl7v2.er7 import Repetition, Segment
from schemas.hl7v2.groups import Segments
from schemas.hl7v2.sheet import Sheet
from schemas.order import Address, Clinician, Coverage, Identifier, Member, PersonName

SSN_SYSTEM = "http://hl7.org/fhir/sid/us-ssn"


class Found(NamedTuple):
    """The member, where the member's things may be delivered, and whom to call."""

    member: Member
    delivery: Address | None
    contact: str | None


def member_of(sheet: Sheet, scope: Segments) -> Found:
    home, delivery = _addresses(sheet, scope)
    phone = _phone(sheet, "contact_phone", scope, ("PID-13", "PID-40"))
    sex = next(sheet.texts(scope, "PID-8"), "").upper()
    member = Member(
        name=_member_name(sheet, scope),
        dob=_dob(sheet, scope),
        sex=tables.SEXES.get(sex[:1]),
        phone=phone,
        address=home,
        identifiers=_identifiers(sheet, scope),
    )
    contact = phone or _phone(sheet, "contact_phone", scope, ("PID-14", "NK1-5"))
    return Found(member, delivery or home, contact)


def _member_name(sheet: Sheet, scope: Segments) -> PersonName | None:
    reps = [rep for _, rep in sheet.repetitions(scope, "PID-5")]
    ranked = [rep for kind in tables.LEGAL_NAME for rep in reps if rep.get(7).upper() == kind]
    for rep in ranked[:1]:
        return sheet.attempt("member_name", "PID-5", values.name, rep)
    if reps:
        sheet.unreadable.setdefault("member_name", "PID-5 holds only an alias or a former name")
    return None


def _dob(sheet: Sheet, scope: Segments) -> date | None:
    dob = sheet.first("dob", scope, ("PID-7",), values.day)
    sent = next(sheet.texts(scope, "MSH-7"), "")
    if dob and len(sent) >= 8 and sent[:8].isdigit() and dob.strftime("%Y%m%d") > sent[:8]:
        sheet.unreadable.setdefault("dob", "PID-7 is later than the message itself")
        return None
    return dob


def _addresses(sheet: Sheet, scope: Segments) -> tuple[Address | None, Address | None]:
    """Return home and delivery address; RXO-35 and PID-11 of type SH say where to deliver."""
    reps = [rep for _, rep in sheet.repetitions(scope, "PID-11")]
    home = delivery = None
    for kind in tables.HOME_ADDRESS:
        for rep in reps:
            if home is None and rep.get(7).upper() == kind:
                home = sheet.attempt("ship_address", "PID-11", values.address, rep)
    for kind in tables.DELIVERY_ADDRESS:
        for rep in reps:
            if delivery is None and rep.get(7).upper() == kind:
                delivery = sheet.attempt("ship_address", "PID-11", values.address, rep)
    return home, delivery


def _phone(sheet: Sheet, field: str, scope: Segments, places: tuple[str, ...], *, fax: bool = False) -> str | None:
    """Return the first usable number; another number of the same person may stand in for a broken one."""
    for place in places:
        for _, rep in sheet.repetitions(scope, place):
            if (values.is_fax if fax else values.is_phone)(rep):
                value = sheet.attempt(field, place, values.phone, rep)
                if value is not None:
                    sheet.unreadable.pop(field, None)
                    return value
    return None


def _identifiers(sheet: Sheet, scope: Segments) -> tuple[Identifier, ...]:
    found: list[Identifier] = []
    for place in ("PID-3", "PID-2", "PID-4"):
        for _, rep in sheet.repetitions(scope, place):
            value = sheet.attempt("member_identifier", place, values.identifier, rep)
            if value and all(value.value != other.value for other in found):
                found.append(value)
    numbers = (Identifier(system=SSN_SYSTEM, value=text) for text in sheet.texts(scope, "PID-19"))
    return (*found, *numbers)


def coverage_of(sheet: Sheet, scope: Segments) -> tuple[Coverage, ...]:
    """Return the coverages, the first in rank first; IN2 belongs to the IN1 before it."""
    found: list[Coverage] = []
    second = scope.get("IN2", [])
    plans = scope.get("IN1", [])
    for index, segment in enumerate(plans):
        after = plans[index + 1].ordinal if index + 1 < len(plans) else 1 << 30
        extra = [s for s in second if segment.ordinal < s.ordinal < after]
        plan: Segments = {"IN1": [segment], "IN2": extra, "PID": scope.get("PID", [])}
        found.append(_plan(sheet, plan, index + 1))
    return tuple(sorted((c for c in found if c.payer or c.member_id or c.payer_id), key=lambda c: c.rank))


def _plan(sheet: Sheet, plan: Segments, ordinal: int) -> Coverage:
    payer = sheet.first("payer", plan, ("IN1-4", "IN1-2.2", "IN1-9"), _text)
    places = ["IN1-49", "IN1-36", "IN2-61"]
    kind = (payer or "").lower()
    places += ["IN2-6"] if "medicare" in kind else ["IN2-8"] if "medicaid" in kind else []
    member_id = sheet.first("member_id", plan, tuple(places), _text)
    if member_id is None:
        wanted = {"MC"} if "medicare" in kind else {"MA"} if "medicaid" in kind else {"MB"}
        reps = [rep for _, rep in sheet.repetitions(plan, "PID-3")]
        member_id = next((rep.get(1) for rep in reps if rep.get(5).upper() in wanted and rep.get(1)), None)
    rank = next(sheet.texts(plan, "IN1-22"), "").upper() or next(sheet.texts(plan, "IN1-1"), "")
    return Coverage(
        payer=payer,
        payer_id=sheet.first("payer_id", plan, ("IN1-3",), _text),
        member_id=member_id,
        group_no=sheet.first("group_no", plan, ("IN1-8",), _text),
        rank=tables.RANKS.get(rank) or (int(rank) if rank.isascii() and rank.isdigit() and len(rank) < 3 else ordinal),
    )


def _text(text: str) -> str | None:
    return values.clean(text) or None


def clinician_of(sheet: Sheet, scope: Segments) -> Clinician:
    """Return the ordering provider of ORC/OBR, else the referring provider of PRD; never any other role."""
    for place in tables.CLINICIAN_PLACES:
        people = [rep for _, rep in sheet.repetitions(scope, place)]
        if people:
            return _of_order(sheet, scope, people, place)
    for segment in scope.get("PRD", ()):
        roles = {rep.get(1).upper() for rep in segment.repetitions(1)}
        if roles & tables.ORDERING_ROLES:
            return _of_referral(sheet, segment)
    return Clinician()


def _of_order(sheet: Sheet, scope: Segments, people: list[Repetition], place: str) -> Clinician:
    found = [("clinician_npi", rep, sheet.attempt("clinician_npi", place, _xcn_npi, rep)) for rep in people]
    numbers = [(place, number) for _, _, number in found if number]
    others = [p for p in tables.CLINICIAN_PLACES if p != place]
    for other in others:
        for _, rep in sheet.repetitions(scope, other):
            number = sheet.attempt("clinician_npi", other, _xcn_npi, rep)
            if number:
                numbers.append((other, number))
    npi = sheet.agreed("clinician_npi", numbers)
    named = next((rep for _, rep, number in found if number and number == npi), people[0])
    name = sheet.attempt("clinician_name", place, values.name, named, 2)
    if name is None and named is not people[0]:
        name = sheet.attempt("clinician_name", place, values.name, people[0], 2)
    if npi:
        sheet.unreadable.pop("clinician_npi", None)
    return Clinician(
        name=name,
        npi=npi,
        organization=sheet.first("practice", scope, tables.ORGANIZATION_PLACES, _text),
        practice_phone=_phone(sheet, "practice_phone", scope, tables.PRACTICE_PHONE_PLACES),
        practice_fax=_phone(sheet, "practice_fax", scope, tables.PRACTICE_PHONE_PLACES, fax=True),
    )


def _of_referral(sheet: Sheet, segment: Segment) -> Clinician:
    scope: Segments = {"PRD": [segment]}
    names = [rep for _, rep in sheet.repetitions(scope, "PRD-2")]
    numbers = []
    for _, rep in sheet.repetitions(scope, "PRD-7"):
        number = sheet.attempt("clinician_npi", "PRD-7", _pln_npi, rep)
        if number:
            numbers.append(("PRD-7", number))
    npi = sheet.agreed("clinician_npi", numbers)
    if npi:
        sheet.unreadable.pop("clinician_npi", None)
    return Clinician(
        name=sheet.attempt("clinician_name", "PRD-2", values.name, names[0]) if names else None,
        npi=npi,
        organization=sheet.first("practice", scope, ("PRD-10", "PRD-4.9", "PRD-4"), _text),
        practice_phone=_phone(sheet, "practice_phone", scope, ("PRD-5", "PRD-13")),
        practice_fax=_phone(sheet, "practice_fax", scope, ("PRD-5", "PRD-13"), fax=True),
    )


def _xcn_npi(rep: Repetition) -> str | None:
    return values.npi(rep, type_at=13, assigner_at=9) or (
        values.npi(rep, type_at=13, assigner_at=8) if rep.get(8).upper() in {"NPI", "US-NPI"} else None
    )


def _pln_npi(rep: Repetition) -> str | None:
    """PLN is number, type, state; some write an XCN or CX there, with the type in component 5 or 13."""
    for type_at, assigner_at in ((2, 4), (5, 4), (13, 9)):
        number = values.npi(rep, type_at=type_at, assigner_at=assigner_at)
        if number:
            return number
    return None
