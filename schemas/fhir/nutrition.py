"""A NutritionOrder seen as requests: enteral formula is delivered equipment, a diet on the ward is none of ours.

Each product is one line. R4's NutritionOrder has no place for a billing code but the product's own type; a formula that
is named in words only must be asked about, for HCPCS B4149 to B4162 tell formulas apart that words do not.
"""

from __future__ import annotations

from typing import Any

from schemas.fhir.graph import Resource, part, parts
from schemas.fhir.words import billing_code, text_of

NUTRITION = "NutritionOrder"
UNCODED = "the formula is named in words only, without its HCPCS code"


def views(resource: Resource) -> list[Resource]:
    """Return a request as the requests that it makes: itself, or the products of a NutritionOrder (none: a diet)."""
    if resource.get("resourceType") != NUTRITION:
        return [resource]
    products = _products(resource)
    shared = _shared(resource)
    return [shared | {"codeCodeableConcept": concept} for concept in products]


def uncoded(requests: list[Resource]) -> bool:
    """Tell whether a formula among these has no billing code."""
    found = [part(r.get("codeCodeableConcept")) for r in requests if r.get("resourceType") == NUTRITION]
    return any(not _coded(concept) for concept in found)


def _products(resource: Resource) -> list[Resource]:
    """Return the concepts of what is to be delivered; supplements count by their billing code or beside a formula."""
    formula = part(resource.get("enteralFormula"))
    found = [_named(part(formula.get("baseFormulaType")), formula.get("baseFormulaProductName"))] if formula else []
    more = [_named(part(formula.get("additiveType")), formula.get("additiveProductName"))]
    more += [_named(part(s.get("type")), s.get("productName")) for s in parts(resource.get("supplement"))]
    return found + [concept for concept in more if _coded(concept)]


def _named(concept: Resource, product: Any) -> Resource:
    name = text_of(product) or text_of(concept.get("text"))
    return {**concept, "text": name} if name else concept


def _coded(concept: Resource) -> bool:
    codings = parts(concept.get("coding"))
    return any(billing_code(c.get("system"), str(c.get("code") or "")) is not None for c in codings)


def _shared(resource: Resource) -> Resource:
    """Return the order under the element names of the other requests, what has none as notes in the sender's words."""
    names = {"patient": "subject", "dateTime": "authoredOn", "orderer": "requester"}
    found = dict(resource) | {new: resource[old] for old, new in names.items() if old in resource}
    formula = part(resource.get("enteralFormula"))
    timings = [part(a.get("schedule")) for a in parts(formula.get("administration"))]
    timings += [timing for s in parts(resource.get("supplement")) for timing in parts(s.get("schedule"))]
    found["dosageInstruction"] = [{"timing": timing} for timing in timings if timing]
    found["note"] = [*parts(resource.get("note")), *({"text": text} for text in _notes(formula))]
    return found


def _notes(formula: Resource) -> list[str]:
    concepts = ("baseFormulaType", "additiveType", "routeofAdministration")
    said = [text_of(formula.get("baseFormulaProductName")), text_of(formula.get("additiveProductName"))]
    said += [_text(part(formula.get(name))) for name in concepts]
    for administration in parts(formula.get("administration")):
        amounts = (_amount(part(administration.get(name))) for name in ("quantity", "rateQuantity"))
        said += [amount for amount in amounts if amount]
    most = _amount(part(formula.get("maxVolumeToDeliver")))
    said += [f"at most {most}"] if most else []
    said.append(text_of(formula.get("administrationInstruction")))
    return list(dict.fromkeys(text for text in said if text))


def _text(concept: Resource) -> str:
    shown = (text_of(coding.get("display")) for coding in parts(concept.get("coding")))
    return text_of(concept.get("text")) or next((text for text in shown if text), "")


def _amount(quantity: Resource) -> str:
    return f"{quantity['value']} {text_of(quantity.get('unit'))}".strip() if quantity.get("value") is not None else ""
