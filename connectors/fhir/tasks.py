"""The Task that a sender sees for its order: found by its id, its focus or the case number, made from the case."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.fhir.settings import task_profiles
from doorstep.connector import Hub, Receipt
from schemas.case import Case
from schemas.fhir import pending_task, task_of
from schemas.fhir.profile import profiled
from schemas.fhir.unmapped import FOCUS
from schemas.transmission import ReceiptState

TASK_TYPE = "Doorstep.Task"
TASK_OF_TYPE = "Doorstep.TaskOf"


def index_id(reference: str) -> str:
    """Return where the Task of a request is noted."""
    return str(uuid5(NAMESPACE_URL, f"urn:doorstep:task-of:{reference}"))


def spoken(task: dict[str, Any], facts: dict[str, Any] | None) -> dict[str, Any]:
    """Return a Task in the words of the guide under which its order came."""
    profile = task_profiles().get(str(facts.get("profile"))) if facts else None
    return task if profile is None else profiled(task, profile)


async def current_task(hub: Hub, task_id: str) -> dict[str, Any] | None:
    """Return the Task as it stands now, None when there is no such Task."""
    facts: dict[str, Any] | None = await hub.resource(TASK_TYPE, task_id)
    if facts is None:
        return None
    receipt = await _receipt(hub, str(facts["sha256"]), task_id)
    if receipt is None:
        return None
    focus, based_on = str(facts["focus"]), [str(reference) for reference in facts["basedOn"]]
    case = await case_of_task(hub, task_id)
    if case is not None:
        base = f"{hub.base_url().rstrip('/')}/fhir"
        return spoken(task_of(case, identifier=task_id, focus=focus, based_on=based_on, base=base), facts)
    waiting = pending_task(
        identifier=task_id,
        focus=focus,
        document_id=receipt.document_id,
        received_at=receipt.received_at,
        state=receipt.state if receipt.case_id is None else ReceiptState.PENDING,
        reason=receipt.reason,
        based_on=based_on,
        subject=facts.get("subject"),
    )
    return spoken(waiting, facts)


async def task_of_request(hub: Hub, reference: str) -> dict[str, Any] | None:
    """Return the Task of a request by its reference (`ServiceRequest/ID`)."""
    noted = await hub.resource(TASK_OF_TYPE, index_id(reference))
    return await current_task(hub, str(noted["task"])) if noted else None


async def task_of_case(hub: Hub, case_id: str) -> dict[str, Any] | None:
    """Return the Task of a case that began with a FHIR order."""
    case = await hub.case(case_id)
    focus = case.order.unmapped.get(FOCUS) if case else None
    return await task_of_request(hub, focus) if focus else None


async def _receipt(hub: Hub, sha256: str, task_id: str) -> Receipt | None:
    """Return the receipt of the input that brought this Task (the same bytes may have come in another way too)."""
    found = [receipt for receipt in await hub.find(sha256=sha256) if receipt.channel == "fhir"]
    for receipt in found if len(found) > 1 else ():
        kept = await hub.resources_of(receipt.document_id)
        if any(one.resource_type == TASK_TYPE and one.resource_id == task_id for one in kept):
            return receipt
    return found[0] if found else None


async def case_of_task(hub: Hub, task_id: str) -> Case | None:
    """Return the case of a Task's order.

    While a person still looks at its newest version, that is the case that an earlier version opened.
    """
    for facts in reversed(await hub.versions(TASK_TYPE, task_id)):
        receipt = await _receipt(hub, str(facts["sha256"]), task_id)
        case = await _case(hub, receipt, str(facts["focus"])) if receipt else None
        if case is not None:
            return case
    return None


async def _case(hub: Hub, receipt: Receipt, focus: str) -> Case | None:
    """Return the case of one order of an input: the one whose focus it is.

    An input that added to an older case has that case, which keeps the older focus, and an order on paper names no
    request; but where an input brought several orders, such a case may be another's, so it is no one's.
    """
    cases = await hub.cases_of(receipt.document_id)
    mine = [case for case in cases if case.order.unmapped.get(FOCUS) == focus]
    if mine:
        return mine[0]
    papers = focus.startswith(("DocumentReference/", "Binary/", "QuestionnaireResponse/", "Communication/"))
    older = [case for case in cases if papers or case.order.document_id != receipt.document_id]
    if older:
        kept = await hub.resources_of(receipt.document_id)
        if sum(one.resource_type == TASK_TYPE for one in kept) == 1:
            return older[0]
    return None
