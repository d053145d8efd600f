"""Who the order is about, who pays and who ordered: PID, NK1, IN1/IN2, ORC/OBR providers, PRD."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from schemas.hl7v2 import kinds, tables, values
from schemas.hl7v2.er7 import Repetition, Segment
from schemas.hl7v2.groups import Segments
from schemas.hl7v2.options import AS_SENT, Options
from schemas.hl7v2.sheet import Sheet
from schemas.identifiers import language_code
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
    member = Member(
        name=_member_name(sheet, scope),
        dob=_dob(sheet, scope),
        sex=sheet.first("sex", scope, ("PID-8",), lambda text: tables.SEXES.get(text[:1].upper())),
        phone=phone,
        address=home,
        language=_language(sheet, scope),
        identifiers=_identifiers(sheet, scope),
    )
    contact = phone or _phone(sheet, "contact_phone", scope, ("PID-14", "NK1-5"))
    return Found(member, delivery, contact)


def _language(sheet: Sheet, scope: Segments) -> str | None:
    """Return PID-15, the primary language, when it is one that we can tell; it stays in what is not mapped else."""
    for rep in sheet.peek(scope, "PID-15"):
        code = language_code(rep.get(1)) or language_code(rep.get(2))
        if code is not None:
            sheet.take(rep)
            return code
    return None


def _member_name(sheet: Sheet, scope: Segments) -> PersonName | None:
    reps = list(sheet.peek(scope, "PID-5"))
    types = [kinds.type_of(rep.get(7), kinds.NAME_WORDS, kinds.NAME_CODES) for rep in reps]
    if types == [None]:
        return sheet.alike("member_name", "PID-5", reps, values.name)  # its type may be any word; there is no other
    for kind in kinds.LEGAL_NAME:
        same = [rep for rep, own in zip(reps, types, strict=True) if own == kind]
        written = [rep for rep in same if rep.get(8).upper() in {"", "A"}]  # not the same name in another script
        if same:
            return sheet.alike("member_name", "PID-5", written or same, values.name)
    if reps:
        why = "no name of a type we know" if None in types else "only an alias or a former name"
        sheet.unreadable.setdefault("member_name", f"PID-5 holds {why}")
    return None


def _dob(sheet: Sheet, scope: Segments) -> date | None:
    dob = sheet.first("dob", scope, ("PID-7",), values.day)
    sent = next(sheet.texts(scope, "MSH-7"), "")
    if dob and len(sent) >= 8 and sent[:8].isdigit() and dob.strftime("%Y%m%d") > sent[:8]:
        sheet.unreadable.setdefault("dob", "PID-7 is later than the message itself")
        return None
    return dob


def _addresses(sheet: Sheet, scope: Segments) -> tuple[Address | None, Address | None]:
    """Return the home and where to deliver: PID-11 of type SH, else the home."""
    reps = list(sheet.peek(scope, "PID-11"))
    types = [kinds.type_of(rep.get(7), kinds.ADDRESS_WORDS, kinds.ADDRESS_CODES) for rep in reps]

    def best(wanted: tuple[str, ...]) -> tuple[Address | None, bool]:
        """Return the first address of these types, and whether there was one, usable or not."""
        tried = False
        for kind in wanted:
            same = [rep for rep, own in zip(reps, types, strict=True) if own == kind]
            found = sheet.alike("ship_address", "PID-11", same, values.address)
            tried = tried or bool(same)
            if found or "ship_address" in sheet.conflicting:
                return found, True
        return None, tried

    if types == [None]:
        home = sheet.alike("ship_address", "PID-11", reps, values.address)
        return home, home
    delivery, told = best(kinds.DELIVERY_ADDRESS)
    if told and delivery is None:
        return None, None
    home, tried = best(kinds.HOME_ADDRESS)
    if reps and not (told or tried):
        sheet.unreadable.setdefault("ship_address", "PID-11 holds no address of a home")
    return home, delivery or home


def _phone(sheet: Sheet, field: str, scope: Segments, places: tuple[str, ...], *, fax: bool = False) -> str | None:
    """Return the first usable number; another number of the same person may stand in for a broken one."""
    for place in places:
        for rep in sheet.peek(scope, place):
            if (values.is_fax if fax else values.is_phone)(rep):
                value = sheet.attempt(field, place, values.phone, rep)
                if value is not None:
                    sheet.take(rep)
                    sheet.unreadable.pop(field, None)
                    return value
    return None


def _identifiers(sheet: Sheet, scope: Segments) -> tuple[Identifier, ...]:
    found: list[Identifier] = []
    for place in ("PID-3", "PID-2", "PID-4"):
        for rep in sheet.repetitions(scope, place):
            value = sheet.attempt("member_identifier", place, values.identifier, rep)
            if value and all(value.value != other.value for other in found):
                found.append(value)
    for rep in sheet.peek(scope, "PID-19"):
        number = values.ssn(rep.get(1))
        if number:
            sheet.take(rep)
            found.append(Identifier(system=SSN_SYSTEM, value=number))
    return tuple(found)


def coverage_of(sheet: Sheet, scope: Segments, options: Options = AS_SENT) -> tuple[Coverage, ...]:
    """Return the coverages, the first in rank first; IN2 belongs to the IN1 before it.

    Where none names a payer, it is the one that was agreed with the sender, if any.
    """
    found: list[Coverage] = []
    second = scope.get("IN2", [])
    plans = scope.get("IN1", [])
    for index, segment in enumerate(plans):
        after = plans[index + 1].ordinal if index + 1 < len(plans) else 1 << 30
        extra = [s for s in second if segment.ordinal < s.ordinal < after]
        plan: Segments = {"IN1": [segment], "IN2": extra, "PID": scope.get("PID", [])}
        found.append(_plan(sheet, plan, index + 1))
    if options.payer and not any(c.payer or c.payer_id for c in found):
        found = [_agreed(sheet, scope, found, options)]
    return tuple(sorted((c for c in found if c.payer or c.member_id or c.payer_id), key=lambda c: c.rank))


def _agreed(sheet: Sheet, scope: Segments, found: list[Coverage], options: Options) -> Coverage:
    """Return the coverage by the agreed payer: with what IN1 said of it, else the member ID of that assigner."""
    reps = [rep for rep in sheet.peek(scope, "PID-3") if options.assigner in {rep.get(4, 1), rep.get(4, 2)} - {""}]
    own = {rep.get(1) for rep in reps if rep.get(1)}
    known = found[0] if found else Coverage()
    member_id = known.member_id or (own.pop() if len(own) == 1 else None)
    return known.model_copy(update={"payer": options.payer, "member_id": member_id})


def _plan(sheet: Sheet, plan: Segments, ordinal: int) -> Coverage:
    payer = sheet.first("payer", plan, ("IN1-4", "IN1-2.2", "IN1-9"), _text)
    places = ["IN1-49", "IN1-36", "IN2-61"]
    kind = (payer or "").lower()
    places += ["IN2-6"] if "medicare" in kind else ["IN2-8"] if "medicaid" in kind else []
    member_id = sheet.first("member_id", plan, tuple(places), _text)
    if member_id is None and "member_id" not in sheet.conflicting:
        wanted = {"MC"} if "medicare" in kind else {"MA"} if "medicaid" in kind else {"MB"}
        reps = list(sheet.peek(plan, "PID-3"))
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
        people = list(sheet.peek(scope, place))
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
    for _, rep, number in found:
        if number:
            sheet.take(rep)
    others = [p for p in tables.CLINICIAN_PLACES if p != place]
    for other in others:
        for rep in sheet.peek(scope, other):
            number = sheet.attempt("clinician_npi", other, _xcn_npi, rep)
            if number:
                sheet.take(rep)
                numbers.append((other, number))
    npi = sheet.agreed("clinician_npi", numbers)
    named = next((rep for _, rep, number in found if number and number == npi), people[0])
    sheet.take(named)
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
    names = list(sheet.peek(scope, "PRD-2"))
    numbers = []
    for rep in names[:1]:
        sheet.take(rep)
    for rep in sheet.peek(scope, "PRD-7"):
        number = sheet.attempt("clinician_npi", "PRD-7", _pln_npi, rep)
        if number:
            sheet.take(rep)
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


def only_said(item: Segments) -> bool:
    """Tell whether ORC-30 says that somebody else entered what the ordering provider only spoke, or nobody did."""
    for segment in item.get("ORC", ()):
        modes = segment.repetitions(30)
        if not any(_is_spoken(rep) for rep in modes):
            continue
        ordering = segment.repetitions(12)
        writers = segment.repetitions(10) + segment.repetitions(19)
        if not writers or not all(any(_same_person(w, o) for o in ordering) for w in writers):
            return True
    return False


def _is_spoken(rep: Repetition) -> bool:
    words = " ".join(rep.get(at) for at in (1, 2, 5, 9)).lower()
    return bool({rep.get(1).upper(), rep.get(4).upper()} & tables.NOT_SIGNED_MODES) or bool(
        tables.NOT_SIGNED_WORDS.search(words)
    )


def _same_person(one: Repetition, other: Repetition) -> bool:
    """Compare two XCN by their numbers, by their names where one has no number."""
    if one.get(1) and other.get(1):
        return one.get(1) == other.get(1)
    names = [(rep.get(2).casefold(), rep.get(3).casefold()) for rep in (one, other)]
    return names[0] == names[1] and names[0] != ("", "")
