"""Takes one input into the hub: who sends it again, what it refers to, what is kept, and only then an answer."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from pydantic import JsonValue

from connectors.fhir import versions
from connectors.fhir.bundles import (
    Entry,
    Placed,
    digest_of,
    has_requests,
    place,
    references,
    stored_reference,
    task_plans,
)
from connectors.fhir.settings import FhirSettings
from connectors.fhir.tasks import TASK_OF_TYPE, TASK_TYPE, index_id
from connectors.fhir.wire import MEDIA_TYPE, Refusal, refusal, work
from doorstep import clock
from doorstep.connector import Blob, Hub, StoredResource, Transmission
from schemas.fhir import dumps, is_request, task_id
from schemas.fhir.graph import part
from schemas.fhir.groups import ACTION_SYSTEM
from schemas.fhir.search import index_of
from schemas.transmission import ReplyTo

MAX_GATHERED = 100


@dataclass(frozen=True, slots=True)
class Input:
    """One body as received, its entries, and how a re-send of it is recognised apart from an order's identifier."""

    body: bytes
    entries: list[Entry]
    partner: str
    interaction: str
    bundle_identifier: tuple[str, str] | None = None
    if_none_exist: str | None = None
    media: str = MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an input: each resource as stored, and whether it was here before (a conditional create)."""

    placed: list[Placed]
    received_at: datetime
    document_id: str = ""
    existed: bool = False


class Intake:
    """The way in, with one lock for each order identifier so that two versions cannot pass each other."""

    def __init__(self, settings: FhirSettings, hub: Hub) -> None:
        self.settings = settings
        self.hub = hub
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, given: Input) -> Taken:
        """Make the input durable and return what it became; raise Refusal when it contradicts what is here."""
        names = self._chains(given)
        async with AsyncExitStack() as held:
            for name in sorted(set(names.values()) or {_hashed(given.body.hex())}):
                await held.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
            return await self._take(given, names)

    async def reject(self, given: bytes, partner: str, refused: Refusal, media: str = MEDIA_TYPE) -> None:
        """Keep a refused input with its reason, so that it can be found."""
        first = refused.issues[0]
        await self.hub.receive(
            Transmission(
                channel="fhir",
                idempotency_key=f"rejected:{partner}:{hashlib.sha256(given).hexdigest()}",
                blobs=(Blob(media, given),),
                received_at=clock.now(),
                sender=partner,
                tenant=partner,
                details={"status": str(refused.status)},
                rejected=f"{refused.status} {first.code}: {first.diagnostics}"
                + (f" at {first.expression}" if first.expression else ""),
            )
        )

    async def _take(self, given: Input, names: dict[int, str]) -> Taken:
        size = len(given.body)
        digest: str = await work(size, digest_of, given.entries)
        key, seed = _identity(given, names, digest)
        placed: list[Placed] = await work(size, place, given.entries, seed)
        links: list[StoredResource] = []
        replaced: dict[int, str] = {}
        is_update = False
        for number, name in names.items():
            entry, reference = given.entries[number], placed[number].reference
            try:
                step = await versions.next_version(
                    self.hub, name, entry=entry, digest=digest, reference=reference, key=key
                )
            except versions.NotNewer as known:
                if given.if_none_exist is None:
                    raise
                return await self._existing(known, entry)
            if step.known_key is not None:
                key, links, is_update, replaced = step.known_key, [], False, {}
                placed = await work(size, place, given.entries, f"{key}:{digest}")
                break
            links += step.links
            replaced |= {number: step.replaced} if step.replaced else {}
            is_update = is_update or step.is_update
        received_at = clock.now()
        collection = await self._collection(placed, is_update=is_update)
        transmission = await work(
            size, self._transmission, given, key, placed, collection, links, replaced, received_at
        )
        receipt = await self.hub.receive(transmission)
        if receipt.conflict:
            await self._same_or_refuse(given, placed)
        again = receipt.duplicate or receipt.conflict
        existed = given.if_none_exist is not None and again
        return Taken(placed, receipt.received_at, receipt.document_id, existed)

    async def _existing(self, known: versions.NotNewer, entry: Entry) -> Taken:
        """Answer a conditional create whose order is here already: the newest version, nothing stored."""
        placed = Placed(entry.kind, known.reference.partition("/")[2], entry.resource)
        stored = await self.hub.resource(placed.kind, placed.id)
        if stored is None:
            raise known
        return Taken([placed], datetime.fromisoformat(str(part(stored["meta"])["lastUpdated"])), existed=True)

    async def _same_or_refuse(self, given: Input, placed: list[Placed]) -> None:
        """Other bytes under one key: fine when the content is the same (its ids exist), else refused."""
        if await self.hub.resource(placed[0].kind, placed[0].id) is None:
            where = "Bundle.identifier" if given.bundle_identifier else f"{given.entries[0].kind}.identifier"
            raise refusal(409, "duplicate", "the same identifier came before with other content", where)

    def _chains(self, given: Input) -> dict[int, str]:
        """Return the version chain of each order in the input that has an identifier, by its position."""
        found = {}
        for number, entry in enumerate(given.entries):
            named = versions.order_identifier(entry.resource) if is_request(entry.kind) else None
            if named:
                found[number] = versions.chain_name(given.partner, entry.kind, *named)
        return found

    async def _collection(self, placed: list[Placed], *, is_update: bool) -> dict[str, Any]:
        """Return the Bundle with all that an order needs: the input and what it refers to in our own store."""
        base = f"{self.hub.base_url()}/fhir"
        kept = {p.reference: p.resource for p in placed}
        todo = [p.resource for p in placed] if any(is_request(p.kind) for p in placed) else []
        gathered = 0
        while todo and gathered < MAX_GATHERED:
            for literal in references(todo.pop()):
                found = stored_reference(literal, base)
                if found is None or "/".join(found) in kept or gathered >= MAX_GATHERED:
                    continue
                resource = await self.hub.resource(*found)
                if resource is not None:
                    gathered += 1
                    kept["/".join(found)] = resource
                    todo.append(resource)
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
        if is_update:
            bundle["meta"] = {"tag": [{"system": ACTION_SYSTEM, "code": "update"}]}
        own = {p.reference for p in placed}
        # requests of earlier inputs that this one refers to (basedOn, replaces) are not ordered again
        entries = [(ref, r) for ref, r in kept.items() if ref in own or not is_request(str(r.get("resourceType")))]
        bundle["entry"] = [{"fullUrl": f"{base}/{reference}", "resource": resource} for reference, resource in entries]
        return bundle

    def _transmission(
        self,
        given: Input,
        key: str,
        placed: list[Placed],
        collection: dict[str, Any],
        links: list[StoredResource],
        replaced: dict[int, str],
        received_at: datetime,
    ) -> Transmission:
        sha256 = hashlib.sha256(given.body).hexdigest()
        plans = task_plans(collection, placed, task_id)
        resources = [
            StoredResource(
                p.kind, p.id, as_served(p, received_at), search=tuple(index_of(p.resource)), replaces=replaced.get(n)
            )
            for n, p in enumerate(placed)
        ]
        for plan in plans:
            facts: dict[str, JsonValue] = {"sha256": sha256, "focus": plan.focus, "subject": plan.subject}
            facts["basedOn"] = list(plan.based_on)
            resources.append(StoredResource(TASK_TYPE, plan.id, facts))
            resources += [StoredResource(TASK_OF_TYPE, index_id(ref), {"task": plan.id}) for ref in plan.based_on]
        reply_to = None
        if plans:
            context = {"focus": plans[0].focus, "task": f"Task/{plans[0].id}"}
            reply_to = ReplyTo(channel="fhir", address=given.partner, context=context)
        return Transmission(
            channel="fhir",
            idempotency_key=key,
            blobs=(Blob(given.media, given.body), Blob(MEDIA_TYPE, dumps(collection))),
            received_at=received_at,
            reply_to=reply_to,
            identifier=given.bundle_identifier[1] if given.bundle_identifier else _first_identifier(given.entries),
            sender=given.partner,
            tenant=given.partner,
            details={"interaction": given.interaction, "type": given.entries[0].kind, "orders": str(len(plans))},
            resources=(*resources, *links),
        )


def as_served(placed: Placed, received_at: datetime) -> dict[str, Any]:
    """Return a resource as GET shows it: our id, version 1, the time we took it."""
    meta = {**part(placed.resource.get("meta")), "versionId": "1", "lastUpdated": instant(received_at)}
    return {**placed.resource, "meta": meta}


def instant(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _identity(given: Input, names: dict[int, str], digest: str) -> tuple[str, str]:
    """Return (idempotency key, seed of ids); keys are digests, so that no identifier of a person stands in them."""
    if given.bundle_identifier:
        key = f"bundle:{_hashed(given.partner, *given.bundle_identifier)}"
    elif names:
        key = f"order:{_hashed(*names.values(), digest)}"
    elif given.if_none_exist:
        key = f"create:{_hashed(given.partner, given.entries[0].kind, given.if_none_exist)}"
        return key, key
    else:
        key = f"content:{_hashed(given.partner, given.interaction, digest)}"
    return key, f"{key}:{digest}"


def _hashed(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()


def _first_identifier(entries: list[Entry]) -> str | None:
    """Return the identifier's value of the first order, or of the first resource when the input brings no order."""
    for entry in entries:
        if is_request(entry.kind) or not has_requests(entries):
            named = versions.order_identifier(entry.resource)
            if named:
                return named[1]
    return None
