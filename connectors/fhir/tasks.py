"""The Task that a sender sees for its order: found by its id, its focus or the case number, made from the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.fhir.settings import task_profiles
from connectors.fhir.wording import instant
from doorstep.connector import Hub, Receipt
from schemas.case import Case
from schemas.fhir import pending_task, task_of
from schemas.fhir.profile import profiled
from schemas.fhir.unmapped import FOCUS
from schemas.transmission import WITHDRAWN, ReceiptState

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
    told = [dict(facts) for facts in await hub.versions(TASK_TYPE, task_id)]
    receipt = await _receipt(hub, str(told[-1]["sha256"]), task_id) if told else None
    if receipt is None:
        return None
    case = await _newest_case(hub, told, task_id)
    if case is None:
        return await _waiting(hub, task_id, told[-1], receipt, len(told))
    first = await _receipt(hub, str(told[0]["sha256"]), task_id) if len(told) > 1 else receipt
    number = 1
    if first is not None and first.document_id not in case.document_ids:
        number = [one.case_id for one in await _cases_of_task(hub, told, task_id)].index(case.case_id) + 1
    return _standing(hub, task_id, told[-1], case, number)


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


async def _cases_of_task(hub: Hub, told: list[dict[str, Any]], task_id: str) -> list[Case]:
    """Return the cases that an order had one after the other, the first one first."""
    found: dict[str, Case] = {}
    for facts in told:
        receipt = await _receipt(hub, str(facts["sha256"]), task_id)
        case = await _case(hub, receipt, str(facts["focus"])) if receipt else None
        if case is not None:
            found.setdefault(case.case_id, case)
    return list(found.values())


def _standing(hub: Hub, task_id: str, facts: dict[str, Any], case: Case, number: int) -> dict[str, Any]:
    """Return the Task of a case; its version is the case's, after the number of the case where it is not the first."""
    base = f"{hub.base_url().rstrip('/')}/fhir"
    focus, based_on = str(facts["focus"]), [str(reference) for reference in facts["basedOn"]]
    task = spoken(task_of(case, identifier=task_id, focus=focus, based_on=based_on, base=base), facts)
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


def _ending(receipt: Receipt) -> str:
    """Return what stands behind the version of a Task that ended without a case; nothing while it has not."""
    if receipt.case_id is not None:
        return ""
    if receipt.state is ReceiptState.REJECTED:
        return "-refused"
    return "-withdrawn" if receipt.reason == WITHDRAWN else ""


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
    return await _newest_case(hub, await hub.versions(TASK_TYPE, task_id), task_id)


async def _newest_case(hub: Hub, told: Sequence[Mapping[str, Any]], task_id: str) -> Case | None:
    for facts in reversed(told):
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
