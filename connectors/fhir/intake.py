"""Takes one input into the hub: who sends it again, what it refers to, what is kept, and only then an answer."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from pydantic import JsonValue

from connectors.fhir import versions
from connectors.fhir.asking import Answered, answered
from connectors.fhir.bundles import Entry, Placed, digest_of, has_requests, patients_of, place, task_plans
from connectors.fhir.collecting import (
    Collected,
    add_orders_of_patients,
    changed_patients,
    collect,
    collect_patients,
)
from connectors.fhir.enclosed import Enclosed, enclosed_in, related
from connectors.fhir.papers import news_of_patients, papers_of
from connectors.fhir.resolve import conditions, resolved
from connectors.fhir.settings import FhirSettings
from connectors.fhir.tasks import TASK_OF_TYPE, index_id
from connectors.fhir.wire import MEDIA_TYPE, Refusal, refusal, work
from connectors.fhir.wording import instant
from doorstep import clock
from doorstep.connector import Blob, Hub, StoredResource, Transmission
from schemas.fhir import dumps, is_request, task_id
from schemas.fhir.following import TASK_TYPE
from schemas.fhir.graph import part
from schemas.fhir.groups import is_follow_up
from schemas.fhir.nutrition import views
from schemas.fhir.search import index_of
from schemas.transmission import ReplyTo


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
    action: str | None = None
    """`cancel` where the request itself does not say so (a Task that its sender cancelled)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an input: each resource as stored, and whether it was here before (a conditional create)."""

    placed: list[Placed]
    received_at: datetime
    document_id: str = ""
    existed: bool = False


@dataclass(slots=True)
class _Chained:
    """What the version chains say of an input (connectors.fhir.versions)."""

    key: str
    follows: bool = False
    links: list[StoredResource] = field(default_factory=list)
    replaced: dict[int, str] = field(default_factory=dict)
    is_update: bool = False
    known_key: str | None = None

    async def add(self, hub: Hub, name: str, entry: Entry, digest: str, reference: str, number: int) -> None:
        step = await versions.next_version(
            hub, name, entry=entry, digest=digest, reference=reference, key=self.key, follows=self.follows
        )
        if step.known_key is not None:
            self.links, self.replaced, self.is_update, self.known_key = [], {}, False, step.known_key
            return
        self.links += step.links
        self.replaced |= {number: step.replaced} if step.replaced else {}
        self.is_update = self.is_update or step.is_update


class Intake:
    """The way in, with one lock for each order identifier so that two versions cannot pass each other."""

    def __init__(self, settings: FhirSettings, hub: Hub) -> None:
        self.settings = settings
        self.hub = hub
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, given: Input) -> Taken:
        """Make the input durable and return what it became; raise Refusal when it contradicts what is here."""
        names = self._chains(given)
        waiting = set(names.values()) | conditions(given.entries, given.partner)
        async with AsyncExitStack() as held:
            for name in sorted(waiting or {_hashed(given.body.hex())}):
                await held.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
            known = replace(given, entries=await resolved(self.hub, given.entries, given.partner))
            return await self._take(known, names)

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
        chained = _Chained(key, any(is_follow_up(e.resource) for e in given.entries if e.kind == "MessageHeader"))
        for number, name in names.items():
            if not placed[number].fresh:
                continue
            try:
                await chained.add(self.hub, name, given.entries[number], digest, placed[number].reference, number)
            except versions.NotNewer as known:
                if given.if_none_exist is None:
                    raise
                return await self._existing(known, given.entries[number])
            if chained.known_key is not None:
                key = chained.known_key
                placed = await work(size, place, given.entries, f"{key}:{digest}")
                break
        if any(entry.target for entry in given.entries):
            placed = await self._only_news(given, placed)
            if not any(one.fresh for one in placed):
                if has_requests(given.entries):
                    await self._tell_of_patients(given, changed_patients(placed), {one.reference for one in placed})
                return self._nothing_new(placed)
            key = _update_key(given, key, placed)
        collected, answers, apart = await self._gathered(given, placed, is_update=chained.is_update)
        enclosed: list[Enclosed] = await work(size, enclosed_in, given.entries)
        received_at = clock.now()
        transmission = await work(
            size, self._transmission, given, key, placed, collected, chained, answers, received_at
        )
        receipt = await self.hub.receive(transmission)
        if receipt.conflict:
            await self._same_or_refuse(given, placed)
        for paper in papers_of(transmission, placed, enclosed, await self._about(placed, transmission, enclosed)):
            await self.hub.receive(paper)  # a crash in between is no loss: nothing was acknowledged
        await self._tell_of_patients(given, apart, collected.ordered | {one.reference for one in placed})
        again = receipt.duplicate or receipt.conflict
        existed = given.if_none_exist is not None and again
        return Taken(placed, receipt.received_at, receipt.document_id, existed)

    async def _gathered(
        self, given: Input, placed: list[Placed], *, is_update: bool
    ) -> tuple[Collected, Answered | None, list[Placed]]:
        """Return what is for the handlers, the order that an answer is for, and the Patients to be told of apart."""
        action = "update" if is_update or any(_is_update(one) for one in placed) else None
        collected = await collect(self.hub, placed, action=given.action or action)
        answers = None if collected.ordered else await answered(self.hub, placed)
        patients = [one for one in changed_patients(placed) if one.fresh]
        if collected.ordered or answers is not None:
            return collected, answers, patients
        await add_orders_of_patients(self.hub, patients, given.partner, collected)
        return collected, answers, []

    async def _tell_of_patients(self, given: Input, patients: list[Placed], but: set[str]) -> None:
        """Tell the other orders of Patients that came changed beside an order: an input of its own, as if alone."""
        found = await collect_patients(self.hub, patients, given.partner, but)
        if found.patients:
            await self.hub.receive(news_of_patients(found, patients, given.partner))

    async def _about(
        self, placed: list[Placed], transmission: Transmission, enclosed: list[Enclosed]
    ) -> dict[int, tuple[str, str]]:
        """Return, by entry, the order (request, Task id) that a document belongs to, where that is certain."""
        if not enclosed:
            return {}
        brought = transmission.reply_to.context if transmission.reply_to else {}
        orders = int(transmission.details.get("orders", "0"))
        own = (brought["focus"], brought["task"].removeprefix("Task/")) if orders == 1 else None
        found: dict[int, tuple[str, str]] = {}
        for number in {one.entry for one in enclosed}:
            for literal in related(placed[number].resource):
                noted = await self.hub.resource(TASK_OF_TYPE, index_id(literal))
                if noted:
                    found[number] = (literal, str(noted["task"]))
            if own and number not in found:
                found[number] = own
        return found

    async def _only_news(self, given: Input, placed: list[Placed]) -> list[Placed]:
        """Mark what an input with updates creates and what is here from an earlier sending of it as not fresh."""
        found = []
        for entry, one in zip(given.entries, placed, strict=True):
            here = await self.hub.resource(one.kind, one.id) if entry.target is None else None
            found.append(one if here is None else Placed(one.kind, one.id, here, fresh=False))
        return found

    def _nothing_new(self, placed: list[Placed]) -> Taken:
        """Answer an input that says nothing that is not here: nothing is stored, nothing happens."""
        stamps = [str(part(one.resource.get("meta")).get("lastUpdated")) for one in placed]
        return Taken(placed, datetime.fromisoformat(max(stamps)), existed=True)

    async def _existing(self, known: versions.NotNewer, entry: Entry) -> Taken:
        """Answer a conditional create whose order is here already: the newest version, nothing stored."""
        placed = Placed(entry.kind, known.reference.partition("/")[2], entry.resource)
        stored = await self.hub.resource(placed.kind, placed.id)
        if stored is None:
            raise known
        return Taken([placed], datetime.fromisoformat(str(part(stored["meta"])["lastUpdated"])), existed=True)

    async def _same_or_refuse(self, given: Input, placed: list[Placed]) -> None:
        """Other bytes under one key: fine when the content is the same (its ids exist), else refused."""
        if all(entry.target for entry in given.entries):
            raise refusal(409, "conflict", "another version came in between; read it and send the change again")
        made = next(one for entry, one in zip(given.entries, placed, strict=True) if entry.target is None)
        if await self.hub.resource(made.kind, made.id) is None:
            where = "Bundle.identifier" if given.bundle_identifier else f"{given.entries[0].kind}.identifier"
            raise refusal(409, "duplicate", "the same identifier came before with other content", where)

    def _chains(self, given: Input) -> dict[int, str]:
        """Return the version chain of each order in the input that has an identifier, by its position."""
        found = {}
        for number, entry in enumerate(given.entries):
            ordered = is_request(entry.kind) and bool(views(entry.resource))
            named = versions.order_identifier(entry.resource) if ordered else None
            if named:
                found[number] = versions.chain_name(given.partner, entry.kind, *named)
        return found

    def _transmission(
        self,
        given: Input,
        key: str,
        placed: list[Placed],
        collected: Collected,
        chained: _Chained,
        answers: Answered | None,
        received_at: datetime,
    ) -> Transmission:
        sha256 = hashlib.sha256(given.body).hexdigest()
        plans = task_plans(collected.bundle, collected.ordered, collected.tasks, task_id)
        resources = [
            StoredResource(
                p.kind,
                p.id,
                as_served(p, received_at),
                search=tuple(index_of(p.resource)) if p.kind != "Task" else (),
                replaces=chained.replaced.get(n),
            )
            for n, p in enumerate(placed)
            if p.fresh
        ]
        for plan in plans:
            facts: dict[str, JsonValue] = {"sha256": sha256, "focus": plan.focus, "subject": plan.subject}
            facts["basedOn"] = list(plan.based_on)
            words = self.settings.task_profiles.get(given.partner)
            facts["profile"] = words
            about = tuple(patients_of(plan, collected.bundle))
            resources.append(StoredResource(TASK_TYPE, plan.id, facts, search=about, words=words or ""))
            resources += [StoredResource(TASK_OF_TYPE, index_id(ref), {"task": plan.id}) for ref in plan.based_on]
        reply_to = None
        if plans:
            context = {"focus": plans[0].focus, "task": f"Task/{plans[0].id}"}
            reply_to = ReplyTo(channel="fhir", address=given.partner, context=context)
        orders = {"orders": str(len(plans))}
        if collected.patients:
            orders["patients"] = str(collected.patients)
        if answers:
            orders = {"orders": "1", "answers": answers.request}
            context = {"focus": answers.request, "task": f"Task/{answers.task}"}
            reply_to = ReplyTo(channel="fhir", address=given.partner, context=context)
        return Transmission(
            channel="fhir",
            idempotency_key=key,
            blobs=(Blob(given.media, given.body), Blob(MEDIA_TYPE, dumps(collected.bundle))),
            received_at=received_at,
            reply_to=reply_to,
            identifier=given.bundle_identifier[1] if given.bundle_identifier else _first_identifier(given.entries),
            sender=given.partner,
            tenant=given.partner,
            details={"interaction": given.interaction, "type": given.entries[0].kind, **orders},
            resources=(*resources, *chained.links),
        )


def as_served(placed: Placed, received_at: datetime) -> dict[str, Any]:
    """Return a resource as GET shows it: our id and version, the time we took it."""
    meta = {**part(placed.resource.get("meta")), "versionId": str(placed.version), "lastUpdated": instant(received_at)}
    return {**placed.resource, "meta": meta}


def _is_update(one: Placed) -> bool:
    return one.fresh and one.version > 1 and is_request(one.kind)


def _update_key(given: Input, key: str, placed: list[Placed]) -> str:
    """Return the key of an input that updates: what it does depends on the versions that it finds."""
    found = sorted(f"{one.reference}:{one.version}" for one in placed if one.fresh and one.version > 1)
    if not found:
        return key
    if given.interaction == "update":
        return f"update:{_hashed(given.partner, *found)}"
    return f"{key}:{_hashed(*found)}"


def _identity(given: Input, names: dict[int, str], digest: str) -> tuple[str, str]:
    """Return (idempotency key, seed of ids); keys are digests, so that no identifier of a person stands in them."""
    if given.bundle_identifier:
        key = f"bundle:{_hashed(given.partner, *given.bundle_identifier)}"
    elif names:
        key = f"order:{_hashed(*sorted(names.values()), digest)}"
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
