"""A provider's own Tasks: the offers made to it, and what it says of them by updating the Task's status.

`accepted`: it takes the offer, or commits another start (`executionPeriod`, or output `scheduled-start`);
`rejected`: it declines; `on-hold` with the businessStatus `missed`: it did not take place (another start may be given);
`failed` or `cancelled`: it gives the order back; `completed`: start of care or delivery, proven by the outputs
`completed-at` and `signed-by`. A `statusReason` says why (codes of rules/network/reasons).

The words are kept and decided as those of every other way (`doorstep.answers`): the first acceptance wins.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from fastapi import Request, Response

from connectors.fhir.reading import check, parse
from connectors.fhir.settings import FhirSettings
from connectors.fhir.wire import answer, read_body, refusal, work
from connectors.fhir.wording import etag, version_of
from doorstep.access.caller import current
from doorstep.answers import Answer, answer_of, document_of, keep
from doorstep.clock import now
from doorstep.connector import Blob, Hub, Receipt, settled
from schemas.case import MOVED_ON, Case, Offer, OfferState
from schemas.fhir.graph import part, parts
from schemas.fhir.offer import REASON_SYSTEM, in_hand, instant, offer_task
from schemas.transmission import ReceiptState

_PARAMETERS = frozenset({"_id", "identifier", "status", "_count"})
_MOST = 200
_GOES_ON = frozenset({"accepted", "in-progress", "on-hold"})
_MISSED = frozenset({"missed", "unattended"})
_TEXTS = ("signed-by", "relation", "exceptions")


def is_provider() -> bool:
    return current().provider is not None


async def provider_task(hub: Hub, offer_id: str) -> dict[str, Any] | None:
    """Return the Task of an offer of the calling provider; None for what is none of its own."""
    found = await _own(hub, offer_id)
    return offer_task(*found) if found else None


async def _own(hub: Hub, offer_id: str) -> tuple[Offer, Case] | None:
    offer = await hub.offer(offer_id)
    if offer is None or offer.npi != current().provider:
        return None
    case = await hub.case(offer.case_id)
    return (offer, case) if case else None


async def provider_tasks(hub: Hub, asked_for: list[tuple[str, str]], base: str) -> dict[str, Any]:
    """Return the searchset of a provider's own Tasks, the newest offer first."""
    unknown = next((name for name, _ in asked_for if name not in _PARAMETERS), None)
    if unknown is not None:
        raise refusal(400, "not-supported", "search Tasks by _id, identifier, status and _count", unknown[:40])
    count = _MOST
    for name, value in asked_for:
        if name == "_count":
            if not (value.isascii() and value.isdigit()):
                raise refusal(400, "value", "_count is a number", "_count")
            count = min(int(value[:6]), _MOST)
    tasks = []
    for offer in await hub.offers_to(str(current().provider)):
        case = await hub.case(offer.case_id)
        task = offer_task(offer, case) if case else None
        if task is not None and all(_fits(task, name, value) for name, value in asked_for):
            tasks.append(task)
    entries = [{"fullUrl": f"{base}/Task/{t['id']}", "resource": t, "search": {"mode": "match"}} for t in tasks[:count]]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(tasks)}
    return bundle | ({"entry": entries} if entries else {})


def _fits(task: dict[str, Any], name: str, value: str) -> bool:
    wanted = {text.rpartition("|")[2].rpartition("/")[2] for text in value.split(",")}
    if name == "status":
        return task["status"] in wanted
    if name == "_id":
        return task["id"] in wanted
    return name == "_count" or any(one["value"] in wanted for one in task["identifier"])


async def update(settings: FhirSettings, hub: Hub, request: Request, offer_id: str | None) -> Response:
    """PUT Task/[id] of a provider: keep what it says, wait for what becomes of it, and show the Task as it stands."""
    body, media = await read_body(request, settings.max_bytes)
    task = await work(len(body), parse, body, media, settings.max_bytes)
    await work(len(body), check, task, "Task")
    if offer_id is None:
        raise refusal(405, "not-supported", "the hub makes the Tasks; a provider updates its own")
    if task.get("id") != offer_id:
        raise refusal(400, "invalid", "the resource must have the id of its address", "Task.id")
    found = await _own(hub, offer_id)
    if found is None:
        raise refusal(404, "not-found", "there is no such Task")
    offer, case = found
    shown = offer_task(offer, case)
    if_match = request.headers.get("if-match")
    if if_match and version_of(if_match) != shown["meta"]["versionId"]:
        raise refusal(412, "conflict", "the Task here has not the version that If-Match names")
    fields = fields_of(task)
    if in_hand(offer, case) and offer.proposed_start and fields["start"] == instant(offer.proposed_start):
        fields |= {"start": "", "end": ""}  # what was read is written back: it says nothing new
    kind = kind_of(task, fields, offer, case)
    if kind is None:
        return _shown(shown)
    said = answer_of(kind, fields, now(), _document(task) if kind == "complete" else None)
    receipt = await _kept(hub, offer, case, said, bound=bool(if_match))
    return await _told(hub, offer, case, await settled(hub, receipt, settings.answer_wait))


async def _kept(hub: Hub, offer: Offer, case: Case, said: Answer, *, bound: bool) -> Receipt:
    """Keep the answer; one that is bound to a version by If-Match is taken only while the case stands there."""
    of: dict[str, Any] = {"offer_id": offer.offer_id} | ({"if_revision": case.revision} if bound else {})
    details = {"offer_id": offer.offer_id, "way": "fhir", "caller": current().name}
    return await keep(hub, of, case, said, sender=offer.npi, details=details)


async def _told(hub: Hub, offer: Offer, case: Case, receipt: Receipt) -> Response:
    """Return the Task as it stands; a refusal says why, and a version that was overtaken is 412."""
    if receipt.state is ReceiptState.REJECTED:
        reason = receipt.reason or "it was not taken"
        raise refusal(412 if reason == MOVED_ON else 409, "conflict", reason, "Task.status")
    after = await provider_task(hub, offer.offer_id)
    return _shown(after or offer_task(offer, case), 202 if receipt.state is ReceiptState.PENDING else 200)


def _shown(task: dict[str, Any], status: int = 200) -> Response:
    return answer(task, status, {"ETag": etag(task["meta"]["versionId"])})


def kind_of(task: dict[str, Any], fields: dict[str, str], offer: Offer, case: Case) -> str | None:
    """Return which answer an update is, None when it says what stands already; refuse what a provider may not say."""
    wanted, stands = str(task.get("status"))[:40], offer_task(offer, case)["status"]
    held = in_hand(offer, case)
    kind: str | None = None
    if offer.state is OfferState.SENT:
        kind = {"accepted": "accept", "rejected": "decline"}.get(wanted)
    elif held and wanted in _GOES_ON:
        words = {str(coding.get("code")) for coding in parts(part(task.get("businessStatus")).get("coding"))}
        missed = stands != "on-hold" and bool(words & _MISSED)
        kind = "missed" if missed else "reschedule" if fields["start"] else None
    elif held:
        kind = {"failed": "withdraw", "cancelled": "withdraw", "completed": "complete"}.get(wanted)
    if kind is None and wanted != stands:
        said = f"a Task that is {stands} cannot be set to {wanted} so"
        raise refusal(422 if held or offer.state is OfferState.SENT else 409, "business-rule", said, "Task.status")
    return kind


def fields_of(task: dict[str, Any]) -> dict[str, str]:
    """Return what a Task says in the words of an answer; an output wins over the execution's period."""
    outputs: dict[str, list[str]] = {}
    for one in parts(task.get("output")):
        codes = [str(coding.get("code")) for coding in parts(part(one.get("type")).get("coding"))]
        value = next((one[name] for name in ("valueDateTime", "valueInstant", "valueString") if name in one), None)
        for code in codes if isinstance(value, str) else ():
            outputs.setdefault(code, []).append(str(value))
    period = part(task.get("executionPeriod"))
    why = part(task.get("statusReason"))
    reasons = [c for c in parts(why.get("coding")) if c.get("system") in {None, REASON_SYSTEM}]
    fields = {
        "start": (outputs.get("scheduled-start") or [str(period.get("start") or "")])[-1],
        "end": (outputs.get("scheduled-end") or [str(period.get("end") or "")])[-1],
        "completed_at": (outputs.get("completed-at") or [""])[-1],
        "serials": "\n".join(outputs.get("serial", [])),
        "code": str(reasons[0].get("code") or "") if reasons else "",
        "reason": str(why.get("text") or ""),
    }
    return fields | {name.replace("-", "_"): (outputs.get(name) or [""])[-1] for name in _TEXTS}


def _document(task: dict[str, Any]) -> Blob | None:
    """Return the signed slip or photo of a proof (output with an attachment), if there is one."""
    for one in parts(task.get("output")):
        data = part(one.get("valueAttachment")).get("data")
        if isinstance(data, str):
            try:
                return document_of(base64.b64decode(data, validate=True))
            except (binascii.Error, ValueError):
                raise refusal(422, "value", "the attachment is no base64", "Task.output.valueAttachment") from None
    return None
