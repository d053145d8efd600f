"""A Bundle of FHIR resources to canonical orders: a pure function, the same input gives the same orders."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from schemas.codec import CodecError
from schemas.fhir.elements import REQUESTS
from schemas.fhir.graph import Graph, Resource, extensions, identifiers, part, parts
from schemas.fhir.groups import Action, grouped
from schemas.fhir.lines import billing_codes, frequencies, line_of, timings
from schemas.fhir.nutrition import UNCODED, uncoded
from schemas.fhir.observed import observed
from schemas.fhir.party import clinician_of, coverages_of, home_addresses, member_of
from schemas.fhir.places import Places, equipment_of, gather
from schemas.fhir.unmapped import unmapped_of
from schemas.fhir.words import day, icd10, text_of
from schemas.fields import zone_of
from schemas.identifiers import ICD10_DOTTED
from schemas.order import Diagnosis, Frequency, Order, OrderType

ORDERED_INTENTS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order", "directive"})
PRIORITIES = frozenset({"routine", "urgent", "asap", "stat"})


def orders_of(bundle: dict[str, Any], document_id: str) -> tuple[Order, ...]:
    """Return the orders of a Bundle (or of one bare request); none when it holds no request that is to be done.

    Requests of the same patient, kind and action become one order with several lines. Raises CodecError when
    the input is neither a Bundle nor a request.
    """
    if bundle.get("resourceType") not in {"Bundle", *REQUESTS}:
        raise CodecError("structure", "neither a Bundle nor a request", "Bundle.type")
    graph = Graph(bundle)
    namespace = uuid5(NAMESPACE_URL, f"urn:doorstep:document:{document_id}")
    return tuple(
        _order(graph, kind, action, requests, document_id=document_id, order_id=uuid5(namespace, str(ordinal)))
        for ordinal, (kind, action, requests) in enumerate(grouped(graph, bundle))
    )


def _order(
    graph: Graph, kind: OrderType, action: Action, requests: list[Resource], *, document_id: str, order_id: UUID
) -> Order:
    first = requests[0]
    patient = graph.resolve(first.get("subject"), first) or {}
    member, unreadable = member_of(patient, part(first.get("subject")))
    clinician, npi_problem = clinician_of(first, graph)
    unreadable |= npi_problem
    places = gather(requests, patient, graph)
    equipment, conflicting = equipment_of(places)
    if not patient and graph.candidates(first.get("subject"), first):
        conflicting["member_name"] = "the subject fits several patients who are not the same person"
    coverage, foreign = coverages_of(requests, patient, graph)
    if foreign:
        reason = "the order names a coverage whose beneficiary is another patient; it is left out"
        conflicting |= {"payer": reason, "member_id": reason}
    group_no = places.texts("group-number")
    if len(coverage) == 1 and coverage[0].group_no is None and group_no:
        coverage = [coverage[0].model_copy(update={"group_no": group_no[0]})]
    if any(len(billing_codes(request, graph)) > 1 for request in requests):
        conflicting["order_lines"] = "a line names several different billing codes"
    if uncoded(requests):
        unreadable["order_lines"] = UNCODED
    if len({clinician_of(request, graph)[0].npi for request in requests}) > 1:
        conflicting["clinician_npi"] = "the lines name different ordering clinicians"
    frequency = _frequency(requests, kind, places, graph, conflicting)
    homes = home_addresses(patient)
    delivery = places.address() or (homes[0] if len(homes) == 1 else None)
    if delivery is None and len(homes) > 1:
        conflicting["ship_address"] = "several home addresses and none named for delivery"
    authored = min((d for d in (day(request.get("authoredOn")) for request in requests) if d), default=None)
    signed = _signed(requests, named=clinician.name is not None or clinician.npi is not None)
    start, end = _service_dates(requests)
    if start and end and end < start:
        conflicting["service_start"] = "the service ends before it begins"
    return Order(
        order_id=str(order_id),
        document_id=document_id,
        channel="fhir",
        order_type=kind,
        action=action,
        placer_number=_placer(requests, graph),
        filler_number=next((value for type_, _, value in identifiers(first) if type_ == "FILL"), None),
        authored_on=authored,
        priority=first["priority"] if first.get("priority") in PRIORITIES else "routine",
        member=member,
        coverage=tuple(coverage),
        clinician=clinician.model_copy(update={"npi": None}) if "clinician_npi" in conflicting else clinician,
        contact_phone=places.phone() or member.phone,
        signature_present=signed,
        signature_date=authored if signed else None,
        diagnoses=tuple(_diagnoses(requests, graph)),
        lines=() if "order_lines" in unreadable else tuple(line_of(request, graph) for request in requests),
        frequency=frequency,
        service_start=start,
        service_end=end,
        delivery_address=delivery,
        access_barriers=cast("Any", places.barriers()),
        equipment=equipment,
        discharge_deadline=places.deadline(zone_of(delivery or member.address)),
        notes=(*places.notes, *observed(requests, patient, graph)),
        unreadable=unreadable,
        conflicting=conflicting,
        unmapped=unmapped_of(graph, requests),
    )


def _placer(requests: list[Resource], graph: Graph) -> str | None:
    """Return the number that the sender knows the order by: of several lines the number they share."""
    if len(requests) > 1:
        shared = [part(r.get("requisition")) or part(r.get("groupIdentifier")) for r in requests]
        values = {text_of(identifier.get("value")) for identifier in shared}
        if len(values) == 1 and "" not in values:
            return values.pop()
    return line_of(requests[0], graph).placer_number


def _signed(requests: list[Resource], *, named: bool) -> bool | None:
    """An electronic order that names its ordering clinician counts as signed; what is not yet one does not.

    That is a proposal, plan or draft, and a prescription that is only reported (`reported[x]`), not the original.
    """
    ordered = all(r.get("intent") in ORDERED_INTENTS and r.get("status") != "draft" for r in requests)
    reported = any(r.get("reportedBoolean") is True or r.get("reportedReference") for r in requests)
    return True if named and ordered and not reported else None


def _frequency(
    requests: list[Resource], kind: OrderType, places: Places, graph: Graph, conflicting: dict[str, str]
) -> Frequency | None:
    found: dict[tuple[str, Any], Frequency] = {}
    keyed = places.texts("frequency")
    for request in requests:
        for said in frequencies(request, kind, billing_codes(request, graph), keyed or _texts(request)):
            found[(said.kind, said.value)] = said
    if len(found) > 1:
        conflicting["frequency"] = "several different frequencies were sent"
        return None
    return next(iter(found.values()), None)


def _texts(request: Resource) -> list[str]:
    """Return where a person would write how often: dosage, order detail, instruction, note, the code's own text."""
    concepts = [*parts(request.get("orderDetail")), part(request.get("code"))]
    texts = [text_of(d.get("text")) for d in parts(request.get("dosageInstruction"))]
    texts += [text_of(c.get("text")) for c in concepts]
    texts += [text_of(part(p.get("valueCodeableConcept")).get("text")) for p in parts(request.get("parameter"))]
    texts += [text_of(part(timing.get("code")).get("text")) for timing in timings(request)]
    texts += [text_of(request.get("patientInstruction"))] + [text_of(n.get("text")) for n in parts(request.get("note"))]
    texts += [value for name, value in extensions(request) if name == "frequency" and isinstance(value, str)]
    return [text for text in dict.fromkeys(texts) if text]


def _service_dates(requests: list[Resource]) -> tuple[date | None, date | None]:
    """Return the first and the last day of service over all lines."""
    starts, ends = [], []
    for request in requests:
        periods = [part(request.get("occurrencePeriod"))]
        periods += [part(part(timing.get("repeat")).get("boundsPeriod")) for timing in timings(request)]
        validity = part(part(request.get("dispenseRequest")).get("validityPeriod"))
        periods = [period for period in periods if period] or [validity]
        starts += [day(request.get("occurrenceDateTime"))]
        starts += [day(event) for timing in timings(request) for event in (timing.get("event") or [])[:1]]
        starts += [day(period.get("start")) for period in periods]
        ends += [day(period.get("end")) for period in periods]
    return min((d for d in starts if d), default=None), max((d for d in ends if d), default=None)


def _diagnoses(requests: list[Resource], graph: Graph) -> list[Diagnosis]:
    """Return the reasons of all lines, each ICD-10-CM code once: by the rank that a Condition has, else as sent."""
    concepts: list[Resource] = []
    ranked: list[tuple[int, Resource]] = []
    for request in requests:
        concepts += parts(request.get("reasonCode"))
        conditions = [graph.resolve(ref, request) or {} for ref in parts(request.get("reasonReference"))]
        if not concepts and not conditions:
            supporting = [graph.resolve(ref, request) or {} for ref in parts(request.get("supportingInfo"))]
            conditions = [s for s in supporting if s.get("resourceType") == "Condition"]
        for condition in conditions:
            if not _refuted(condition):
                rank = _rank(condition)
                ranked += [(rank, part(condition.get("code")))] if rank else []
                concepts += [] if rank else [part(condition.get("code"))]
    concepts = [concept for _, concept in sorted(ranked, key=lambda pair: pair[0])] + concepts
    found: dict[str, str | None] = {}
    for concept in concepts:
        codings = [(icd10(c.get("system"), str(c.get("code") or "")), c) for c in parts(concept.get("coding"))]
        named = [(code, text_of(c.get("display")) or text_of(concept.get("text"))) for code, c in codings if code]
        text = text_of(concept.get("text"))
        in_text = list(dict.fromkeys(ICD10_DOTTED.findall(text.upper())))
        for code, display in named or [(code, text) for code in in_text]:
            found.setdefault(code, display or None)
    return [Diagnosis(code=code, description=text, rank=place) for place, (code, text) in enumerate(found.items(), 1)]


def _rank(condition: Resource) -> int:
    """Return the rank of a diagnosis where an extension `diagnosis-rank` gives it, 0 where none does."""
    said = next((value for name, value in extensions(condition) if name == "diagnosis-rank"), "")
    return int(said) if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 4 else 0


def _refuted(condition: Resource) -> bool:
    codes = {c.get("code") for c in parts(part(condition.get("verificationStatus")).get("coding"))}
    return bool(codes & {"refuted", "entered-in-error"})
