"""Observations and allergies that come with an order, as lines of its notes: what rules ask for and no field holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.fhir.graph import Graph, Resource, part, parts
from schemas.fhir.party import name_of
from schemas.fhir.words import day, text_of
from schemas.noted import line

LOINC = "http://loinc.org"
MOST = 100
"""Of one order: what is more is a record, not what goes with an order."""
_NOT_SO = frozenset({"entered-in-error", "cancelled", "registered"})
_REFUTED = frozenset({"entered-in-error", "refuted"})


def observed(requests: list[Resource], patient: Resource, graph: Graph) -> tuple[str, ...]:
    """Return a line for each fact that the requests refer to, or that the same input says of their patient."""
    named = [
        found
        for request in requests
        for name in ("supportingInfo", "reasonReference")
        for reference in parts(request.get(name))
        if (found := graph.resolve(reference, request))
    ]
    of_patient = [
        one
        for one in graph.of_type("Observation", "AllergyIntolerance")
        if patient and graph.resolve(one.get("subject") or one.get("patient"), one) is patient
    ]
    facts = {id(one): one for one in (*named, *of_patient)}.values()
    lines = (text for one in list(facts)[:MOST] for text in _lines(one, graph))
    return tuple(dict.fromkeys(lines))


def _lines(resource: Resource, graph: Graph) -> Iterable[str]:
    if resource.get("resourceType") == "AllergyIntolerance":
        return _allergy(resource)
    if resource.get("resourceType") == "Observation" and resource.get("status") not in _NOT_SO:
        return _observation(resource, graph)
    return ()


def _observation(resource: Resource, graph: Graph) -> Iterator[str]:
    when = day(resource.get("effectiveDateTime") or resource.get("effectiveInstant") or resource.get("issued"))
    when = when or day(part(resource.get("effectivePeriod")).get("start"))
    by = next((name for ref in parts(resource.get("performer")) if (name := _who(ref, resource, graph))), None)
    name, code = _named(part(resource.get("code")))
    value = _value(resource)
    inside = [(*_named(part(one.get("code"))), _value(one)) for one in parts(resource.get("component"))]
    if name and value:
        told = [text_of(part(resource.get(field)).get("text")) for field in ("method", "bodySite")]
        told += [f"{label} {said}" for label, _, said in inside if label and said]
        told += [text_of(note.get("text")) for note in parts(resource.get("note"))]
        yield line(name, value, code=code, day=when, by=by, said="; ".join(filter(None, told)))
    else:
        for label, own, said in inside:
            if label and said:
                yield line(label, said, code=own, day=when, by=by)


def _allergy(resource: Resource) -> Iterator[str]:
    status = {c.get("code") for c in parts(part(resource.get("verificationStatus")).get("coding"))}
    name, _ = _named(part(resource.get("code")))
    if name and not status & _REFUTED:
        yield line("Allergy", name)


def _named(concept: Resource) -> tuple[str, str | None]:
    """Return what a concept is called and its LOINC code."""
    codings = parts(concept.get("coding"))
    code = next((text_of(c.get("code")) for c in codings if c.get("system") == LOINC), "")
    texts = [text_of(concept.get("text")), *(text_of(c.get("display")) for c in codings), code]
    return next((text for text in texts if text), ""), code or None


def _value(holder: Resource) -> str:
    quantity = part(holder.get("valueQuantity"))
    if quantity.get("value") is not None:
        unit = text_of(quantity.get("unit")) or text_of(quantity.get("code"))
        return f"{text_of(quantity.get('comparator'))}{quantity['value']} {unit}".strip()
    concept = part(holder.get("valueCodeableConcept"))
    if concept:
        return _named(concept)[0]
    if isinstance(holder.get("valueBoolean"), bool):
        return "yes" if holder["valueBoolean"] else "no"
    plain = (holder.get(name) for name in ("valueString", "valueInteger", "valueDateTime"))
    return next((text_of(str(value)) for value in plain if value is not None), "")


def _who(reference: Resource, holder: Resource, graph: Graph) -> str:
    found = graph.resolve(reference, holder) or {}
    name = name_of(found)
    return text_of(reference.get("display")) or (name.text if name else "")
