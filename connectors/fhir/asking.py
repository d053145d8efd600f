"""The Questionnaire of what an order lacks, and which order a QuestionnaireResponse answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from connectors.fhir.bundles import Placed, stored_reference
from connectors.fhir.tasks import TASK_OF_TYPE, case_of_task, index_id
from doorstep import clock, rules
from doorstep.connector import Hub
from schemas.element import UNMET
from schemas.fhir import is_answer, questionnaire
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.graph import parts
from schemas.order import OrderType
from schemas.rules import Element, Ruleset

_OF_TASK = re.compile(r"(?:^|/)Questionnaire/([A-Za-z0-9\-.]{1,64})(?:\|.*)?$")


async def questionnaire_of(hub: Hub, identity: str, base: str) -> dict[str, Any] | None:
    """Return what is asked of one order (by its Task's id) or of each of a type (`home-health`); None for neither."""
    url = f"{base}/Questionnaire/{identity}"
    kind = identity.replace("-", "_")
    if kind in set(OrderType):
        elements, version = _intake(OrderType(kind))
        asked = [(e.id, e.label, e.ask, e.severity == "required" and e.when is None) for e in elements]
        title = f"What an order must say ({identity})"
        return questionnaire(asked, identity=identity, url=url, version=version, title=title)
    facts = await hub.resource(TASK_TYPE, identity)
    case = await case_of_task(hub, identity) if facts else None
    if case is None or not case.asked:
        return None
    asked = [(r.element_id, r.label, r.ask, r.severity != "advise") for r in case.asked if r.status in UNMET]
    title = f"What is needed for case {case.case_id}"
    return questionnaire(asked, identity=identity, url=url, version=str(case.revision), title=title)


def _intake(kind: OrderType) -> tuple[list[Element], str]:
    """Return the intake elements of an order type that are in force, and the version of its rules."""
    elements: dict[str, Element] = {}
    version = ""

    def add(name: str) -> None:
        nonlocal version
        ruleset = Ruleset.model_validate(rules.load(f"elements/{name}"))
        for parent in ruleset.extends:
            add(parent)
        version = max(version, str(ruleset.version))
        if ruleset.effective.on(clock.now().date()):
            elements.update({element.id: element for element in ruleset.elements if element.gate == "intake"})

    add("common.intake" if kind is OrderType.UNKNOWN else kind.value)
    return list(elements.values()), version


@dataclass(frozen=True, slots=True)
class Answered:
    """The order that a response answers: one of its requests, its Task."""

    request: str
    task: str


async def answered(hub: Hub, placed: list[Placed]) -> Answered | None:
    """Return the order that an input's finished QuestionnaireResponse answers.

    By `basedOn`, else by the Questionnaire, which is the Task's own; one that names no order here is only kept.
    """
    base = f"{hub.base_url()}/fhir"
    for one in placed:
        if not one.fresh or not is_answer(one.resource):
            continue
        for reference in parts(one.resource.get("basedOn")):
            target = stored_reference(str(reference.get("reference") or ""), base)
            noted = await hub.resource(TASK_OF_TYPE, index_id("/".join(target))) if target else None
            if target and noted:
                return Answered("/".join(target), str(noted["task"]))
        match = _OF_TASK.search(str(one.resource.get("questionnaire") or ""))
        facts = await hub.resource(TASK_TYPE, match[1]) if match else None
        if match and facts:
            return Answered(str(facts["focus"]), match[1])
    return None
