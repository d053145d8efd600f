"""A Task that its sender sets to cancelled, or a Task that asks to abort an order: both withdraw the order."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import JsonValue

from connectors.fhir.bundles import references, stored_reference
from connectors.fhir.collecting import collect_cancelled
from connectors.fhir.resolve import known
from connectors.fhir.tasks import TASK_OF_TYPE, current_task, index_id
from connectors.fhir.wire import MEDIA_TYPE, refusal
from connectors.fhir.wording import version_of
from doorstep import clock
from doorstep.connector import Blob, Hub, Transmission
from schemas.fhir import dumps
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.graph import part, parts
from schemas.fhir.strict import canonical
from schemas.transmission import ReplyTo

WITHDRAWN = frozenset({"cancelled", "entered-in-error"})
ABORTING = frozenset({"abort", "cancel"})
ENDED = frozenset({"cancelled", "rejected", "failed", "completed"})


async def task_here(hub: Hub, task_id: str, partner: str) -> dict[str, Any] | None:
    """Return the facts of a Task whose order this partner sent."""
    facts = await hub.resource(TASK_TYPE, task_id)
    kind, _, identity = str(facts["focus"]).partition("/") if facts else ("", "", "")
    return facts if facts and await known(hub, kind, identity, partner) else None


async def task_for(hub: Hub, task: dict[str, Any]) -> str | None:
    """Return the id of the Task that the hub has for the order that a sender's Task is about."""
    base = f"{hub.base_url()}/fhir"
    for literal in references({name: task.get(name) for name in ("focus", "basedOn")}):
        target = stored_reference(literal, base)
        noted = await hub.resource(TASK_OF_TYPE, index_id("/".join(target))) if target else None
        if noted:
            return str(noted["task"])
    return None


def asks_to_abort(task: dict[str, Any]) -> bool:
    codes = {str(coding.get("code")) for coding in parts(part(task.get("code")).get("coding"))}
    return task.get("status") in WITHDRAWN or bool(codes & ABORTING)


async def withdraw(
    hub: Hub, given: tuple[bytes, str], task: dict[str, Any], task_id: str, partner: str, if_match: str | None
) -> dict[str, Any]:
    """Withdraw the order of a Task for good, and return the Task as it stands."""
    facts = await task_here(hub, task_id, partner)
    shown = await current_task(hub, task_id)
    if facts is None or shown is None:
        raise refusal(405, "not-found", "there is no such Task; the hub makes one for each order")
    if if_match and version_of(if_match) != str(part(shown.get("meta")).get("versionId")):
        raise refusal(412, "conflict", "the Task here has not the version that If-Match names")
    if shown["status"] in ENDED:
        return shown
    if not asks_to_abort(task):
        if task.get("status") == shown["status"]:
            return shown
        said = "a sender may set a Task to cancelled; its other states follow from the case"
        raise refusal(422, "business-rule", said, "Task.status")
    await hub.receive(await _withdrawal(hub, given, task, task_id, facts, partner))
    return await current_task(hub, task_id) or shown


async def _withdrawal(
    hub: Hub, given: tuple[bytes, str], task: dict[str, Any], task_id: str, facts: dict[str, JsonValue], partner: str
) -> Transmission:
    body, media = given
    listed = facts["basedOn"]
    requests = [str(reference) for reference in listed] if isinstance(listed, list) else []
    collection = await collect_cancelled(hub, requests)
    said = hashlib.sha256(canonical([partner, task_id, str(facts["sha256"]), task.get("status")])).hexdigest()
    return Transmission(
        channel="fhir",
        idempotency_key=f"withdrawn:{said}",
        blobs=(Blob(media, body), Blob(MEDIA_TYPE, dumps(collection))),
        received_at=clock.now(),
        reply_to=ReplyTo(
            channel="fhir", address=partner, context={"focus": str(facts["focus"]), "task": f"Task/{task_id}"}
        ),
        sender=partner,
        tenant=partner,
        details={"interaction": "update", "type": "Task", "orders": "1"},
    )
