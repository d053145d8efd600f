"""What an order still lacks as a FHIR Questionnaire, and a QuestionnaireResponse as the order that answers it.

The questions come from the required elements of `rules/elements`: their ids are the linkIds, and the answers go through
the same forms and the same check as a value from any other channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import JsonValue

from schemas.fhir.graph import Resource, part, parts
from schemas.fhir.strict import dumps, plain
from schemas.fhir.task import ELEMENT_SYSTEM
from schemas.fhir.unmapped import FOCUS, REQUESTS
from schemas.fields import FIELD_NAMES, order_of, problems_of
from schemas.noted import line
from schemas.order import Order

ANSWERED = frozenset({"completed", "amended"})
_DEFINITION = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class _Form:
    """How a field is asked: the item's type, whether it repeats, its choices, its parts, its place in FHIR."""

    kind: str = "string"
    repeats: bool = False
    choices: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    definition: str = ""


FORMS: dict[str, _Form] = {
    "member_name": _Form(definition="Patient#Patient.name"),
    "dob": _Form("date", definition="Patient#Patient.birthDate"),
    "payer": _Form(definition="Coverage#Coverage.payor"),
    "member_id": _Form(definition="Coverage#Coverage.subscriberId"),
    "clinician_name": _Form(definition="Practitioner#Practitioner.name"),
    "clinician_npi": _Form(definition="Practitioner#Practitioner.identifier"),
    "contact_phone": _Form(definition="Patient#Patient.telecom"),
    "icd10": _Form(repeats=True, definition="Condition#Condition.code"),
    "order_lines": _Form("group", repeats=True, parts=(("code", "string"), ("quantity", "decimal"))),
    "frequency": _Form("group", parts=(("kind", "choice"), ("value", "decimal"))),
    "service_start": _Form("date", definition="ServiceRequest#ServiceRequest.occurrence[x]"),
    "service_end": _Form("date", definition="ServiceRequest#ServiceRequest.occurrence[x]"),
    "signature_date": _Form("date"),
    "discharge_deadline": _Form("dateTime"),
    "ship_address": _Form(
        "group",
        parts=tuple((name, "string") for name in ("line1", "line2", "city", "state", "postal_code")),
        definition="Patient#Patient.address",
    ),
    "access_barriers": _Form("choice", repeats=True, choices=("stairs", "gated", "elevator")),
    "signature_present": _Form("attachment"),
}
"""Fields that are not plain text; a signature is shown by the signed paper, not claimed by a tick."""
_KINDS = ("oxygen_lpm", "dressings_per_week", "dose_interval_hours", "visits")
_OPTIONAL = frozenset({"line2", "quantity"})


def questionnaire(
    elements: Iterable[tuple[str, str, str, bool]], *, identity: str, url: str, version: str, title: str
) -> dict[str, Any]:
    """Return a Questionnaire; each element is (id, label, what is asked, whether it must be answered).

    What is no field of an order is asked for as text; the answer becomes a line of the order's notes.
    """
    items = [_item(*element) for element in elements]
    return {
        "resourceType": "Questionnaire",
        "id": identity,
        "url": url,
        "version": version,
        "title": title,
        "status": "active",
        "subjectType": ["Patient"],
        "item": items,
    }


def _item(name: str, label: str, ask: str, required: bool) -> dict[str, Any]:
    form = FORMS.get(name, _Form() if name in FIELD_NAMES else _Form("text"))
    item: dict[str, Any] = {"linkId": name}
    if form.definition:
        item["definition"] = _DEFINITION + form.definition
    item |= {
        "code": [{"system": ELEMENT_SYSTEM, "code": name, "display": label}],
        "text": ask,
        "type": form.kind,
        "required": required,
    }
    if form.repeats:
        item["repeats"] = True
    if form.choices:
        item["answerOption"] = _options(form.choices)
    if form.parts:
        item["item"] = [_part(f"{name}.{word}", kind, word not in _OPTIONAL) for word, kind in form.parts]
    return item


def _part(link_id: str, kind: str, required: bool) -> dict[str, Any]:
    text = link_id.partition(".")[2].replace("_", " ")
    item: dict[str, Any] = {"linkId": link_id, "text": text, "type": kind, "required": required}
    return item | ({"answerOption": _options(_KINDS)} if kind == "choice" else {})


def _options(codes: Iterable[str]) -> list[dict[str, Any]]:
    return [{"valueCoding": {"system": ELEMENT_SYSTEM, "code": code}} for code in codes]


def is_answer(resource: Resource) -> bool:
    """Tell whether a resource is a QuestionnaireResponse that its author has finished."""
    return resource.get("resourceType") == "QuestionnaireResponse" and resource.get("status") in ANSWERED


def answer_of(response: Resource, reference: str, document_id: str) -> Order:
    """Return what a response says of the order that `reference` is a request of.

    A value that has not its field's form stands in `unreadable`; what answers no field of ours is kept as it came, and
    where it is text or a number as a line of the notes too, for an element that lines of the notes meet.
    """
    values, other, notes = _values(response)
    moment = _instant(values.get("discharge_deadline"))
    if moment is not None:
        del values["discharge_deadline"]
    problems = problems_of(values)
    order = order_of(
        {name: value for name, value in values.items() if name not in problems},
        order_id=str(uuid5(NAMESPACE_URL, f"urn:doorstep:answer:{document_id}")),
        document_id=document_id,
        channel="fhir",
        unreadable=problems,
        unmapped={FOCUS: reference, REQUESTS: reference} | other,
        notes=notes,
    )
    return order if moment is None else order.model_copy(update={"discharge_deadline": moment})


def _instant(value: JsonValue) -> datetime | None:
    """Return a dateTime with its offset as an instant; a day alone is read as the field's own form."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > 10 else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


def _values(response: Resource) -> tuple[dict[str, JsonValue], dict[str, str], tuple[str, ...]]:
    found: dict[str, list[JsonValue]] = {}
    other: dict[str, str] = {}
    notes: list[str] = []
    for item in _items(response):
        name = str(item.get("linkId"))
        form = FORMS.get(name, _Form())
        if name not in FIELD_NAMES or form.kind == "attachment":
            if "." not in name and item.get("answer"):
                other[f"QuestionnaireResponse.{name[:60]}"] = dumps(item["answer"]).decode()
                said = [_answer(answer) for answer in parts(item["answer"]) if name not in FIELD_NAMES]
                notes += [line(name, _words(one)) for one in said if isinstance(one, str | int | float) and one != ""]
            continue
        given = [_group(name, item)] if form.parts else [_answer(answer) for answer in parts(item.get("answer"))]
        found.setdefault(name, []).extend(value for value in given if value not in (None, "", {}))
    return {name: _whole(name, given) for name, given in found.items() if given}, other, tuple(notes)


def _items(holder: Resource) -> Iterator[Resource]:
    """Yield every item, however a form engine grouped them."""
    for item in parts(holder.get("item")):
        yield item
        yield from _items(item)
        for answer in parts(item.get("answer")):
            yield from _items(answer)


def _group(name: str, item: Resource) -> JsonValue:
    inner = {str(i.get("linkId")).removeprefix(f"{name}."): parts(i.get("answer")) for i in parts(item.get("item"))}
    said: dict[str, JsonValue] = {word: _answer(answers[0]) for word, answers in inner.items() if answers}
    if name != "ship_address":
        return said
    street = " ".join(str(said[word]) for word in ("line1", "line2") if said.get(word))
    region = " ".join(str(said[word]) for word in ("state", "postal_code") if said.get(word))
    return ", ".join(text for text in (street, str(said.get("city") or ""), region) if text)


def _answer(answer: Resource) -> JsonValue:
    """Return an answer's value: a code's own text, a number as a number, anything else as it is."""
    if isinstance(answer.get("valueCoding"), dict):
        coding = part(answer["valueCoding"])
        return str(coding.get("code") or coding.get("display") or "")
    if isinstance(answer.get("valueQuantity"), dict):
        number: JsonValue = plain(part(answer["valueQuantity"]).get("value"))
        return number
    value: JsonValue = next((plain(item) for key, item in answer.items() if key.startswith("value")), None)
    return value.strip() if isinstance(value, str) else value


def _words(answer: str | float) -> str:
    return ("yes" if answer else "no") if isinstance(answer, bool) else str(answer)


def _whole(name: str, given: list[JsonValue]) -> JsonValue:
    """Return the answers of one field in its outside form; of a field that has one value, two are none of them."""
    if FORMS.get(name, _Form()).repeats:
        return given
    if len({dumps(value) for value in given}) > 1:
        return None
    return given[0]
