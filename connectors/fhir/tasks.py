"""The Task that a sender sees for its order: found by its id, its focus or the case number, made from the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.fhir.settings import task_profiles
from connectors.fhir.wording import instant
from doorstep.connector import Hub, Receipt, Standing
from schemas.case import Case
from schemas.fhir import pending_task, task_of
from schemas.fhir.following import TASK_TYPE, case_of_order
from schemas.fhir.profile import profiled
from schemas.search import ResourceQuery
from schemas.transmission import BeforeCase, ReceiptState, before_case

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
    found = await _standing_of(hub, task_id)
    return await shown_task(hub, found) if found else None


async def shown_task(hub: Hub, one: Standing) -> dict[str, Any]:
    """Return the Task of an order that stands so."""
    facts = dict(one.facts)
    if one.case is None:
        return await _waiting(hub, one.task_id, facts, one.receipt, one.told)
    return _standing(hub, one.task_id, facts, one.case, one.turn)


async def case_of_task(hub: Hub, task_id: str) -> Case | None:
    """Return the case of a Task's order.

    While a person still looks at its newest version, that is the case that an earlier version opened.
    """
    found = await _standing_of(hub, task_id)
    return found.case if found else None


async def _standing_of(hub: Hub, task_id: str) -> Standing | None:
    found = (await hub.tasks(ResourceQuery(TASK_TYPE, None, ids=(task_id,), limit=1, counted=False))).found
    return found[0] if found else None


async def past_tasks(hub: Hub, task_id: str) -> list[dict[str, Any]]:
    """Return the Task in each of its versions, oldest first; none when there is no such Task."""
    told = [dict(facts) for facts in await hub.versions(TASK_TYPE, task_id)]
    found: list[dict[str, Any]] = []
    cases: list[str] = []
    for number, facts in enumerate(told, 1):
        receipt = await _receipt(hub, str(facts["sha256"]), task_id)
        if receipt is None:
            continue
        if not cases:
            arrived = replace(receipt, state=ReceiptState.PENDING, reason=None, case_id=None)
            found.append(await _waiting(hub, task_id, facts, arrived, number))
            if _ending(receipt):
                found.append(await _waiting(hub, task_id, facts, receipt, number))
        case = await _case(hub, receipt, str(facts["focus"]))
        if case is not None and case.case_id not in cases:
            cases.append(case.case_id)
            since = None if case.order.document_id == receipt.document_id else receipt.received_at
            for one in await hub.case_versions(case.case_id):
                if since is None or one.updated_at >= since:
                    words = await _words_at(hub, told, task_id, one.updated_at)
                    found.append(_standing(hub, task_id, words or facts, one, len(cases)))
    now = await current_task(hub, task_id)
    if now is None:
        return []
    version = now["meta"]["versionId"]
    return [*(one for one in found if one["meta"]["versionId"] != version), now]


async def _words_at(hub: Hub, told: list[dict[str, Any]], task_id: str, at: datetime) -> dict[str, Any] | None:
    """Return what the sender had said of the Task by then: its focus, what it is based on."""
    if len(told) == 1:
        return told[0]
    for facts in told[::-1]:
        receipt = await _receipt(hub, str(facts["sha256"]), task_id)
        if receipt is not None and receipt.received_at <= at:
            return facts
    return None


def _standing(hub: Hub, task_id: str, facts: dict[str, Any], case: Case, number: int) -> dict[str, Any]:
    """Return the Task of a case; its version is the case's, after the number of the case where it is not the first."""
    base = f"{hub.base_url().rstrip('/')}/fhir"
    focus, based_on = str(facts["focus"]), [str(reference) for reference in facts["basedOn"]]
    task = spoken(task_of(case, identifier=task_id, focus=focus, based_on=based_on, base=base), facts)
    if facts.get("subject"):
        task.setdefault("for", {"reference": str(facts["subject"])})
    if number > 1:
        task["meta"] = {**task["meta"], "versionId": f"{number}.{case.revision}"}
    return task


async def _waiting(hub: Hub, task_id: str, facts: dict[str, Any], receipt: Receipt, number: int) -> dict[str, Any]:
    """Return the Task of an order that has no case, by the `number`-th word on it."""
    ending = _ending(receipt)
    version = ("0" if number == 1 else f"0.{number}") + ending
    decided = await hub.decided_at(receipt.document_id) if ending else None
    waiting = pending_task(
        identifier=task_id,
        focus=str(facts["focus"]),
        document_id=receipt.document_id,
        received_at=receipt.received_at,
        state=receipt.state if receipt.case_id is None else ReceiptState.PENDING,
        reason=receipt.reason,
        based_on=[str(reference) for reference in facts["basedOn"]],
        subject=facts.get("subject"),
    )
    changed = instant(decided or receipt.received_at)
    waiting |= {"meta": {"versionId": version, "lastUpdated": changed}, "lastModified": changed}
    return spoken(waiting, facts)


_ENDINGS = {BeforeCase.WAITING: "", BeforeCase.REFUSED: "-refused", BeforeCase.WITHDRAWN: "-withdrawn"}


def _ending(receipt: Receipt) -> str:
    """Return what stands behind the version of a Task that ended without a case; nothing while it has not."""
    return _ENDINGS[before_case(receipt.state, receipt.reason, receipt.case_id)]


async def task_of_request(hub: Hub, reference: str) -> dict[str, Any] | None:
    """Return the Task of a request by its reference (`ServiceRequest/ID`)."""
    noted = await hub.resource(TASK_OF_TYPE, index_id(reference))
    return await current_task(hub, str(noted["task"])) if noted else None


async def _receipt(hub: Hub, sha256: str, task_id: str) -> Receipt | None:
    """Return the receipt of the input that brought this Task (the same bytes may have come in another way too)."""
    found = [receipt for receipt in await hub.find(sha256=sha256) if receipt.channel == "fhir"]
    for receipt in found if len(found) > 1 else ():
        kept = await hub.resources_of(receipt.document_id)
        if any(one.resource_type == TASK_TYPE and one.resource_id == task_id for one in kept):
            return receipt
    return found[0] if found else None


async def _case(hub: Hub, receipt: Receipt, focus: str) -> Case | None:
    """Return the case of one order of an input."""
    cases = await hub.cases_of(receipt.document_id)
    kept = await hub.resources_of(receipt.document_id) if cases else []
    orders = sum(one.resource_type == TASK_TYPE for one in kept)
    return case_of_order(cases, focus, receipt.document_id, orders=orders)
