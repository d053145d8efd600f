"""The people and payers of an order: member, coverage, clinician and where to reach them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, cast

from schemas.fhir.graph import RELATIVE, Graph, Resource, extensions, identifiers, part, parts, same_person
from schemas.fhir.words import NPI_SYSTEMS, day, one_of, phone, text_of
from schemas.identifiers import language_code, npi_ok
from schemas.order import Address, Clinician, Coverage, Identifier, Member, PersonName

GONE = frozenset({"old", "maiden", "anonymous", "nickname"})
NAME_RANK = {"official": 0, "usual": 1}
STATUS_GONE = frozenset({"cancelled", "entered-in-error"})


def name_of(resource: Resource) -> PersonName | None:
    """Return the current name, as a person would write it."""
    names = resource.get("name")
    if isinstance(names, str):
        return PersonName(text=text_of(names)) if text_of(names) else None
    usable = [name for name in parts(names) if name.get("use") not in GONE]
    usable.sort(key=lambda name: NAME_RANK.get(str(name.get("use")), 2))
    for name in usable:
        given = [text_of(word) for word in name.get("given") or [] if text_of(word)]
        family, text = text_of(name.get("family")), text_of(name.get("text"))
        if given and family:
            whole = " ".join([*given, family, *map(text_of, name.get("suffix") or [])])
            return PersonName(text=whole.strip(), given=" ".join(given), family=family)
        if text:
            return written_name(text)
    return None


def written_name(text: str) -> PersonName:
    """Return a name from one text; "Last, First" is turned, and professional letters after a comma are left off."""
    first, _, rest = (piece.strip() for piece in text.partition(","))
    if rest and (" " in first or rest.replace(".", "").upper() in {"MD", "DO", "NP", "PA", "RN", "DPM", "PA-C", "FNP"}):
        return PersonName(text=first)
    if rest:
        rest = rest.split(",")[0].strip()
        return PersonName(text=f"{rest} {first}", given=rest, family=first)
    return PersonName(text=text)


def phone_of(resource: Resource, system: str = "phone") -> str | None:
    """Return the first current number of that kind, by rank."""
    points = [p for p in parts(resource.get("telecom")) if p.get("system") == system and p.get("use") != "old"]
    points.sort(key=lambda p: p["rank"] if isinstance(p.get("rank"), int) else 99)
    return next((number for number in (phone(p.get("value")) for p in points) if number), None)


def address_of(value: Resource) -> Address | None:
    """Return a postal address; one without a street is none."""
    lines = [text_of(line) for line in value.get("line") or [] if text_of(line)]
    if not lines:
        return None
    return Address(
        line1=lines[0],
        line2=" ".join(lines[1:]) or None,
        city=text_of(value.get("city")) or None,
        state=text_of(value.get("state")) or None,
        postal_code=text_of(value.get("postalCode")) or None,
    )


def home_addresses(patient: Resource) -> list[Address]:
    """Return where the patient lives now: the addresses for home, else those without a use."""
    usable = [a for a in parts(patient.get("address")) if a.get("type") != "postal"]
    for uses in ({"temp"}, {"home"}, {None}):
        found = [address_of(a) for a in usable if a.get("use") in uses]
        kept = list(dict.fromkeys(a.model_dump_json() for a in found if a is not None))
        if kept:
            return [Address.model_validate_json(text) for text in kept]
    return []


def _language(patient: Resource) -> str | None:
    """Return the language that the patient prefers to speak, the only one where just one is named."""
    named = parts(patient.get("communication"))
    wished = [one for one in named if one.get("preferred") is True] or (named if len(named) == 1 else [])
    said = [part(one.get("language")) for one in wished]
    codes = {language_code(text_of(c.get("code"))) for one in said for c in parts(one.get("coding"))} - {None}
    return codes.pop() if len(codes) == 1 else None


def member_of(patient: Resource, subject: Resource) -> tuple[Member, dict[str, str]]:
    """Return the member and what of it could not be read (field -> reason)."""
    unreadable: dict[str, str] = {}
    written = patient.get("birthDate")
    born: date | None = day(written)
    if written is not None and born is None:
        unreadable["dob"] = "only a part of the date of birth was sent"
    name = name_of(patient)
    if name is None and text_of(subject.get("display")) and not patient:
        name = written_name(text_of(subject.get("display")))
    homes = home_addresses(patient)
    found = [Identifier(system=system or None, value=value) for _, system, value in identifiers(patient)]
    own = part(subject.get("identifier"))
    if not found and text_of(own.get("value")):
        found = [Identifier(system=own.get("system"), value=text_of(own.get("value")))]
    sex = patient.get("gender")
    known = sex if sex in {"female", "male", "other", "unknown"} else None
    return (
        Member(
            name=name,
            dob=born,
            sex=cast("Literal['female', 'male', 'other', 'unknown'] | None", known),
            phone=phone_of(patient),
            address=homes[0] if len(homes) == 1 else None,
            language=_language(patient),
            identifiers=tuple(found),
        ),
        unreadable,
    )


def coverages_of(requests: list[Resource], patient: Resource, graph: Graph) -> tuple[list[Coverage], bool]:
    """Return the patient's coverages, and whether the requests name one of another patient, which is left out.

    They are those that the requests name, else those of the Bundle for this patient.
    """
    named = [graph.resolve(ref, r) for r in requests for ref in parts(r.get("insurance"))]
    found = [c for c in named if c is not None and c.get("resourceType") == "Coverage"]
    own = [c for c in found if _covers(c, patient, graph, requests) is not False]
    if not found:
        inside = [c for r in requests for c in parts(r.get("contained")) if c.get("resourceType") == "Coverage"]
        there = [*graph.of_type("Coverage"), *inside]
        own = [c for c in there if _covers(c, patient, graph, requests)]
    unique = list({id(c): c for c in own if c.get("status") not in STATUS_GONE}.values())
    read = [_coverage(c, graph, patient, requests[0], place) for place, c in enumerate(unique, start=1)]
    return sorted(read, key=lambda coverage: coverage.rank), bool(found) and len(own) < len(found)


def _covers(coverage: Resource, patient: Resource, graph: Graph, requests: list[Resource]) -> bool | None:
    """Tell whether a coverage is this patient's; None when its beneficiary cannot be compared with the subject."""
    beneficiary = part(coverage.get("beneficiary"))
    subjects = {s for s in (part(r.get("subject")).get("reference") for r in requests) if isinstance(s, str)}
    literal = beneficiary.get("reference")
    if literal in subjects:
        return True
    target = graph.resolve(beneficiary, coverage) or graph.resolve(beneficiary, requests[0])
    if target is not None:
        return same_person(target, patient)
    identifier = part(beneficiary.get("identifier"))
    system, value = str(identifier.get("system") or ""), text_of(identifier.get("value"))
    same_kind = {number for _, kind, number in identifiers(patient) if kind == system}
    if value and same_kind:
        return value in same_kind
    if isinstance(literal, str) and RELATIVE.fullmatch(literal) and any(RELATIVE.fullmatch(s) for s in subjects):
        return False
    return None


def _coverage(coverage: Resource, graph: Graph, patient: Resource, request: Resource, place: int) -> Coverage:
    payor = next(iter(parts(coverage.get("payor"))), {})
    target = graph.resolve(payor, coverage) or graph.resolve(payor, request) or {}
    insurer = target if target.get("resourceType") == "Organization" else {}
    ids = identifiers(insurer)
    order = coverage.get("order")
    return Coverage(
        payer=text_of(insurer.get("name")) or text_of(payor.get("display")) or None,
        payer_id=ids[0][2] if ids else text_of(part(payor.get("identifier")).get("value")) or None,
        member_id=_member_id(coverage, patient),
        group_no=_class(coverage, "group"),
        rank=order if isinstance(order, int) and not isinstance(order, bool) and order > 0 else place,
    )


def _member_id(coverage: Resource, patient: Resource) -> str | None:
    """Return the member's number at the payer; an identifier counts only when it is typed as one."""
    own = text_of(coverage.get("subscriberId"))
    typed = [value for kind, _, value in identifiers(coverage) if kind in {"MB", "MC", "MA", "SN"}]
    held = [value for name, value in extensions(coverage) if name.lower() == "subscriberid" and isinstance(value, str)]
    mbi = [value for kind, system, value in identifiers(patient) if kind in {"MB", "MC"} or "us-mbi" in system]
    return next((value for value in (own, *typed, *held, *mbi) if value), None)


def _class(coverage: Resource, code: str) -> str | None:
    for item in parts(coverage.get("class")):
        kind = part(item.get("type"))
        codes = {text_of(c.get("code")).lower() for c in parts(kind.get("coding"))} | {
            text_of(kind.get("text")).lower()
        }
        if code in codes:
            return text_of(item.get("value")) or None
    return None


def clinician_of(request: Resource, graph: Graph) -> tuple[Clinician, dict[str, str]]:
    """Return the ordering clinician with the practice to answer, and what of it could not be read."""
    reference = part(request.get("requester"))
    if not reference:
        tasks = (part(task.get("requester")) for task in graph.of_type("Task"))
        reference = next((ref for ref in tasks if ref), {})
    target = graph.resolve(reference, request) or {}
    role, person, practice = _roles(target, request, graph)
    texts = [text_of(part(role.get("practitioner")).get("display")), text_of(reference.get("display"))]
    shown = "" if target.get("resourceType") == "Organization" else next((text for text in texts if text), "")
    name = name_of(person) or (written_name(shown) if shown else None)
    number, problem = _npi([person, role], [reference, part(role.get("practitioner"))])
    places = [role, practice, person]
    organization = text_of(practice.get("name")) or text_of(part(role.get("organization")).get("display"))
    return Clinician(
        name=name,
        npi=number,
        organization=organization or None,
        practice_phone=next((n for n in (phone_of(p) for p in places) if n), None),
        practice_fax=next((n for n in (phone_of(p, "fax") for p in places) if n), None),
    ), ({"clinician_npi": problem} if problem else {})


def _roles(target: Resource, request: Resource, graph: Graph) -> tuple[Resource, Resource, Resource]:
    """Return (role, person, practice) from what the requester reference led to."""
    kind = target.get("resourceType")
    inside = parts(request.get("contained"))
    if kind == "Organization":
        return {}, {}, target
    role = target if kind == "PractitionerRole" else {}
    person = target if kind == "Practitioner" else {}
    if person:
        roles = [
            *graph.of_type("PractitionerRole"),
            *(r for r in inside if r.get("resourceType") == "PractitionerRole"),
        ]
        own = [r for r in roles if _resolve(r, r.get("practitioner"), request, graph) is person]
        role = own[0] if len(own) == 1 else {}
    else:
        person = _resolve(role, role.get("practitioner"), request, graph) or {}
    practice = _resolve(role, role.get("organization"), request, graph) or {}
    return role, person, practice


def _resolve(holder: Resource, reference: Any, request: Resource, graph: Graph) -> Resource | None:
    """Resolve within the holder, then within the request that contains the holder."""
    return graph.resolve(reference, holder) or graph.resolve(reference, request)


def _npi(holders: list[Resource], references: list[Resource]) -> tuple[str | None, str | None]:
    """Return (NPI, None) or (None, why not): a number named as NPI must pass the check, an unnamed one may."""
    found = [entry for holder in holders for entry in identifiers(holder)]
    found += [entry for ref in references for entry in identifiers(ref)]
    named = [value for kind, system, value in found if kind == "NPI" or one_of(system, NPI_SYSTEMS)]
    if named:
        good = {value for value in named if npi_ok(value)}
        if len(good) == 1:
            return good.pop(), None
        return None, "several different NPIs" if good else "the NPI fails its check digit"
    loose = {value for kind, system, value in found if npi_ok(value) and not kind and not system}
    return (loose.pop(), None) if len(loose) == 1 else (None, None)
