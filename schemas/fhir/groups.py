"""Which requests of a Bundle make one order: the same patient, the same kind of service, the same intention."""

from __future__ import annotations

from typing import Any, Literal

from schemas.fhir.elements import REQUESTS
from schemas.fhir.graph import Graph, Resource, identifiers, part, parts, same_person
from schemas.fhir.lines import billing_codes, infused
from schemas.fhir.nutrition import views
from schemas.fhir.words import order_type, text_of
from schemas.order import OrderType

ACTION_SYSTEM = "urn:doorstep:action"
"""The tag by which the connector says that an order of the same identifier was here before."""

CANCELLED = frozenset({"revoked", "entered-in-error", "cancelled", "stopped"})
DONE = frozenset({"completed"})
CANCEL_WORDS = frozenset({"OrderCancel", "cancel", "abort"})
UPDATE_WORDS = frozenset({"OrderUpdate", "change", "update"})
Action = Literal["new", "update", "cancel"]
Group = tuple[OrderType, Action, list[Resource]]


def grouped(graph: Graph, bundle: Resource) -> list[Group]:
    """Return the orders of a Bundle as (type, action, requests), in the Bundle's sequence."""
    said = _bundle_action(graph, bundle)
    patients = _Patients(graph)
    found: dict[tuple[object, OrderType, Action], list[Resource]] = {}
    for request in graph.of_type(*REQUESTS):
        if request.get("status") in DONE or request.get("doNotPerform") is True:
            continue
        lines = views(request)
        codes = [code for line in lines for code in billing_codes(line, graph)]
        if lines:
            words = f"{_category(lines[0])} | {'infusion' if infused(request, graph) else ''}"
            kind = order_type(str(request["resourceType"]), codes, words)
            found.setdefault((patients.key(lines[0]), kind, _action(request, said)), []).extend(lines)
    return [(kind, action, requests) for (_, kind, action), requests in found.items()]


def order_groups(bundle: dict[str, Any]) -> list[list[str]]:
    """Return the references (`ServiceRequest/ID`) of each order's requests; the first of each is its focus."""
    graph = Graph(bundle)
    named = ([f"{r['resourceType']}/{r.get('id')}" for r in requests] for _, _, requests in grouped(graph, bundle))
    return [list(dict.fromkeys(references)) for references in named]


class _Patients:
    """Tells the patients of a Bundle apart: one identifier and one person are two things."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: list[Resource] = []

    def key(self, request: Resource) -> object:
        subject = part(request.get("subject"))
        patient = self._graph.resolve(subject, request)
        if patient is None:
            identifier = part(subject.get("identifier"))
            return (subject.get("reference"), identifier.get("system"), identifier.get("value"), subject.get("display"))
        for number, known in enumerate(self._known):
            if patient is known or (_share_identifier(patient, known) and same_person(patient, known)):
                return number
        self._known.append(patient)
        return len(self._known) - 1


def _share_identifier(one: Resource, other: Resource) -> bool:
    return bool({i[1:] for i in identifiers(one)} & {i[1:] for i in identifiers(other)})


def _category(request: Resource) -> str:
    concepts = [*parts(request.get("category")), part(request.get("code")), *parts(request.get("performerType"))]
    words = [text_of(concept.get("text")) for concept in concepts]
    words += [text_of(coding.get("display")) for concept in concepts for coding in parts(concept.get("coding"))]
    words += [text_of(coding.get("code")) for c in parts(request.get("category")) for coding in parts(c.get("coding"))]
    return " | ".join(word for word in words if word)


def _action(request: Resource, said: Action) -> Action:
    if request.get("status") in CANCELLED or said == "cancel":
        return "cancel"
    version = part(request.get("meta")).get("versionId")
    later = isinstance(version, str) and version.isdigit() and int(version[:9]) > 1
    return "update" if later or said == "update" or request.get("replaces") else "new"


def _bundle_action(graph: Graph, bundle: Resource) -> Action:
    """Return what the envelope says: our own tag, a message's event, a Task's code."""
    words = [str(t.get("code")) for t in parts(part(bundle.get("meta")).get("tag")) if t.get("system") == ACTION_SYSTEM]
    words += [event_of(header) for header in graph.of_type("MessageHeader")]
    for task in graph.of_type("Task"):
        words += [str(coding.get("code")) for coding in parts(part(task.get("code")).get("coding"))]
    if any(word in CANCEL_WORDS for word in words):
        return "cancel"
    return "update" if any(word in UPDATE_WORDS for word in words) else "new"


def event_of(header: Resource) -> str:
    """Return the event code of a MessageHeader."""
    return str(part(header.get("eventCoding")).get("code"))


def is_follow_up(header: Resource) -> bool:
    """Say whether the event of a message changes or cancels what its receiver has, by its own words."""
    return event_of(header) in CANCEL_WORDS | UPDATE_WORDS
