"""A case as the sender sees it: one FHIR Task for each order, made from the case alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from schemas.case import (
    Case,
    CaseState,
)
from schemas.element import (
    UNMET,
)
from schemas.fhir.unmapped import FOCUS
from schemas.transmission import BeforeCase, ReceiptState, before_case

CASE_SYSTEM = "urn:doorstep:case"
DOCUMENT_SYSTEM = "urn:doorstep:document"
STATUS_SYSTEM = "urn:doorstep:business-status"
ELEMENT_SYSTEM = "urn:doorstep:element"
MANAGER_URL = "urn:doorstep:case-manager"
NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
TASK_CODES = "http://hl7.org/fhir/CodeSystem/task-code"

TASK_STATUS: dict[CaseState, str] = {
    CaseState.OPEN: "received",
    CaseState.INCOMPLETE: "on-hold",
    CaseState.COMPLETE: "accepted",
    CaseState.BENEFITS: "accepted",
    CaseState.AUTH_PENDING: "on-hold",
    CaseState.AUTHORIZED: "accepted",
    CaseState.DENIED: "on-hold",
    CaseState.APPEALING: "on-hold",
    CaseState.EXTERNAL_REVIEW: "on-hold",
    CaseState.CLOSED_DENIED: "failed",
    CaseState.NOT_COVERED: "failed",
    CaseState.DISPATCHING: "in-progress",
    CaseState.UNDISPATCHABLE: "in-progress",
    CaseState.PROVIDER_ACCEPTED: "in-progress",
    CaseState.SCHEDULED: "in-progress",
    CaseState.MISSED: "in-progress",
    CaseState.FULFILLED: "completed",
    CaseState.CANCELLED: "cancelled",
}
BUSINESS_STATUS: dict[CaseState, str] = {
    CaseState.OPEN: "under-review",
    CaseState.INCOMPLETE: "information-needed",
    CaseState.COMPLETE: "order-complete",
    CaseState.BENEFITS: "verifying-benefits",
    CaseState.AUTH_PENDING: "authorization-pended",
    CaseState.AUTHORIZED: "authorized",
    CaseState.DENIED: "authorization-denied",
    CaseState.APPEALING: "appeal-filed",
    CaseState.EXTERNAL_REVIEW: "external-review",
    CaseState.CLOSED_DENIED: "closed-denied",
    CaseState.NOT_COVERED: "closed-not-covered",
    CaseState.DISPATCHING: "offered",
    CaseState.UNDISPATCHABLE: "no-provider-yet",
    CaseState.PROVIDER_ACCEPTED: "provider-accepted",
    CaseState.SCHEDULED: "scheduled",
    CaseState.MISSED: "unattended",
    CaseState.FULFILLED: "completed",
    CaseState.CANCELLED: "cancelled",
}


def task_id(focus: str) -> str:
    """Return the Task id of an order by its focus (`ServiceRequest/ID`, or an order id): the same every time."""
    return str(uuid5(NAMESPACE_URL, f"urn:doorstep:task:{focus}"))


BEFORE_CASE: dict[BeforeCase, tuple[str, str]] = {
    BeforeCase.WAITING: ("received", "referral-received"),
    BeforeCase.REFUSED: ("rejected", "refused"),
    BeforeCase.WITHDRAWN: ("cancelled", "cancelled"),
}
"""Status and business status of the Task of an order that has no case."""


def standing(state: CaseState | BeforeCase) -> dict[str, Any]:
    """Return what a Task says by nothing but the state of its case, or of its order before there is one."""
    if isinstance(state, CaseState):
        status, business = TASK_STATUS[state], BUSINESS_STATUS[state]
    else:
        status, business = BEFORE_CASE[state]
    code = {"coding": [{"system": TASK_CODES, "code": "fulfill"}]}
    return {"status": status, "businessStatus": _business_status(business), "intent": "order", "code": code}


def task_of(
    case: Case,
    *,
    identifier: str | None = None,
    focus: str | None = None,
    based_on: Sequence[str] = (),
    base: str | None = None,
) -> dict[str, Any]:
    """Return the Task of a case.

    `identifier` is the Task's id and `focus` its order where they are known from the request that came in; without
    them both follow from the case's own order. With the server's `base` it names the Questionnaire of what is asked.
    """
    focus = focus or case.order.unmapped.get(FOCUS)
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": identifier or task_id(focus or case.order.order_id),
        "meta": {"versionId": str(case.revision), "lastUpdated": _instant(case.updated_at)},
        "identifier": [{"system": CASE_SYSTEM, "value": case.case_id}],
        **standing(case.state),
        "priority": case.order.priority,
        "authoredOn": _instant(case.opened_at),
        "lastModified": _instant(case.updated_at),
        "owner": _owner(case),
        "note": [
            {"text": f"Case {case.case_id}. Case manager {case.manager.name}, extension {case.manager.extension}."}
        ],
        "extension": [_manager(case)],
    }
    task |= _about(focus, based_on, case.order.unmapped.get("subject"))
    output = _output(case)
    if base and any("valueString" in one for one in output):
        coding = [{"system": ELEMENT_SYSTEM, "code": "questionnaire"}]
        asked = {"coding": coding, "text": "Questionnaire that asks for it"}
        output.append({"type": asked, "valueCanonical": f"{base}/Questionnaire/{task['id']}"})
    if output:
        task["output"] = output
    return task


def pending_task(
    *,
    identifier: str,
    focus: str,
    document_id: str,
    received_at: datetime,
    state: ReceiptState = ReceiptState.PENDING,
    reason: str | None = None,
    based_on: Sequence[str] = (),
    subject: str | None = None,
) -> dict[str, Any]:
    """Return the Task of an order that has no case: on its way, before a person, refused (why), or taken back."""
    before = before_case(state, reason)
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": identifier,
        "meta": {"versionId": "0", "lastUpdated": _instant(received_at)},
        "identifier": [{"system": DOCUMENT_SYSTEM, "value": document_id}],
        **standing(before),
        "authoredOn": _instant(received_at),
        "lastModified": _instant(received_at),
    }
    if reason and before is not BeforeCase.WAITING:
        task["statusReason"] = {"text": reason}
    return task | _about(focus, based_on, subject)


def _about(focus: str | None, based_on: Sequence[str], subject: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if focus:
        found["focus"] = {"reference": focus}
        found["basedOn"] = [{"reference": reference} for reference in based_on or (focus,)]
    if subject:
        found["for"] = {"reference": subject}
    return found


def _business_status(code: str) -> dict[str, Any]:
    return {"coding": [{"system": STATUS_SYSTEM, "code": code}], "text": code.replace("-", " ")}


def _owner(case: Case) -> dict[str, Any]:
    """The provider once one has accepted; until then the hub's own case manager."""
    if case.provider_name is None:
        return {"display": case.manager.name}
    owner: dict[str, Any] = {"display": case.provider_name}
    if case.provider_npi:
        owner["identifier"] = {"system": NPI_SYSTEM, "value": case.provider_npi}
    return owner


def _manager(case: Case) -> dict[str, Any]:
    inner = [
        {"url": "name", "valueString": case.manager.name},
        {"url": "extension", "valueString": case.manager.extension},
    ]
    if case.manager.email:
        inner.append({"url": "email", "valueString": case.manager.email})
    return {"url": MANAGER_URL, "extension": inner}


def _output(case: Case) -> list[dict[str, Any]]:
    """List the date once it is scheduled, and what its sender is asked for."""
    found: list[dict[str, Any]] = []
    if case.state in {CaseState.SCHEDULED, CaseState.FULFILLED} and case.scheduled_start is not None:
        found.append(_moment("scheduled-start", "Scheduled start", case.scheduled_start))
        if case.scheduled_end is not None:
            found.append(_moment("scheduled-end", "Scheduled window ends", case.scheduled_end))
    if case.proof is not None:
        found.append(_moment("completed-at", "Service completed", case.proof.completed_at))
    for element in case.asked:
        if element.status in UNMET:
            coding = [{"system": ELEMENT_SYSTEM, "code": element.element_id}]
            found.append({"type": {"coding": coding, "text": element.label}, "valueString": element.ask})
    return found


def _moment(code: str, text: str, when: datetime) -> dict[str, Any]:
    coding = [{"system": ELEMENT_SYSTEM, "code": code}]
    return {"type": {"coding": coding, "text": text}, "valueDateTime": _instant(when)}


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
