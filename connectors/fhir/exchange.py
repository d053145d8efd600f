"""Bundles that are exchanged: a batch, a transaction (all or nothing), a message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import Request, Response

from connectors.fhir.authority import partner_of, permit_bundle
from connectors.fhir.bundles import Entry, Placed, apart, batch_entries, entries_of, entry_of, envelope, references
from connectors.fhir.inside import READS, Inside, Reply, entry_told, status_line, wish_of
from connectors.fhir.intake import Input, Taken
from connectors.fhir.reading import check, parse
from connectors.fhir.resolve import ADDRESS
from connectors.fhir.wire import Refusal, answer, read_body, refusal, work
from connectors.fhir.withdrawing import asks_to_abort
from connectors.fhir.wording import etag, instant, preferences
from connectors.fhir.writes import Writes
from schemas.fhir import Issue, operation_outcome
from schemas.fhir.graph import part, parts

NESTED = "doorstep.fhir.nested"
"""Where a request's scope says that it stands in a Bundle already."""


class Exchange:
    """Takes Bundles; what an entry asks for by itself is asked of the endpoint's own addresses (`inside`)."""

    def __init__(self, writes: Writes, inside: Inside) -> None:
        self.writes = writes
        self.inside = inside
        self.settings = writes.settings

    @property
    def base(self) -> str:
        return self.writes.reads.base

    async def post_bundle(self, request: Request) -> Response:
        """POST a transaction or message (all or nothing), or a batch (each entry by itself)."""
        if request.query_params.get("async") == "true" or "response-url" in request.query_params:
            raise refusal(400, "not-supported", "messages are answered in the same exchange: leave async out")
        if NESTED in request.scope:
            raise refusal(422, "not-supported", "a Bundle in a Bundle is not taken")
        body, media = await read_body(request, self.settings.max_bytes)
        bundle = await work(len(body), parse, body, media, self.settings.max_bytes)
        permit_bundle(bundle)
        partner = partner_of(self.settings, request)
        request.scope[NESTED] = True
        try:
            await work(len(body), check, envelope(bundle), "Bundle")
            match bundle["type"]:
                case "batch":
                    told = await self._batch(bundle, request)
                case "transaction":
                    told = await self._transaction(bundle, body, media, request)
                case _:
                    entries = entries_of(bundle, self.settings.max_entries)
                    given = Input(body, entries, partner, str(bundle["type"]), _named(bundle), media=media)
                    told = self._message_response(bundle, await self.writes.intake.take(given))
        except Refusal as refused:
            await self.writes.intake.reject(body, partner, refused, media)
            raise
        return answer(told)

    async def _batch(self, bundle: dict[str, Any], request: Request) -> dict[str, Any]:
        """Ask for each entry by itself; one that is refused leaves the others alone."""
        listed = []
        for raw, path in batch_entries(bundle, self.settings.max_entries):
            try:
                listed.append(entry_told(await self.inside.ask(request, wish_of(raw, path, self.base))))
            except Refusal as refused:
                outcome = operation_outcome(refused.issues)
                listed.append({"response": {"status": status_line(refused.status), "outcome": outcome}})
        return {"resourceType": "Bundle", "type": "batch-response", "entry": listed}

    async def _transaction(self, bundle: dict[str, Any], body: bytes, media: str, request: Request) -> dict[str, Any]:
        """Take what is written as one input, then read (R4 3.1.0.11.2); a read that would fail is found before."""
        raws = batch_entries(bundle, self.settings.max_entries)
        reads = {n: wish_of(raw, path, self.base) for n, (raw, path) in enumerate(raws) if _method(raw) in READS}
        for number, wish in reads.items():
            _refuse(await self.inside.ask(request, wish), raws[number][1])
        writes = [(number, raw, path) for number, (raw, path) in enumerate(raws) if number not in reads]
        named = _named_in([raw for raw, _ in raws])
        alone = [one for one in writes if _is_alone(one[1], named)]
        told: dict[int, dict[str, Any]] = {}
        if alone and len(writes) > 1:
            said = "this entry cannot be undone with others: send it by itself, or in a batch"
            raise refusal(422, "not-supported", said, f"{alone[0][2]}.request")
        if alone:
            number, raw, path = alone[0]
            reply = await self.inside.ask(request, wish_of(raw, path, self.base))
            _refuse(reply, path)
            told[number] = entry_told(reply)
        elif writes:
            partner = partner_of(self.settings, request)
            entries = apart([await self._entry(raw, path, partner) for _, raw, path in writes])
            given = Input(body, entries, partner, "transaction", _named(bundle), media=media)
            told |= await self._taken(given, [number for number, _, _ in writes], request)
        for number, wish in reads.items():
            told[number] = entry_told(await self.inside.ask(request, wish))
        listed = [told[number] for number in range(len(raws))]
        return {"resourceType": "Bundle", "type": "transaction-response", "entry": listed}

    async def _taken(self, given: Input, numbers: list[int], request: Request) -> dict[int, dict[str, Any]]:
        """Take what is written, all or nothing; tell of each entry by its place in the Bundle."""
        taken = await self.writes.intake.take(given)
        whole = preferences(request.headers.get("prefer", "")).get("return") == "representation"
        told: dict[int, dict[str, Any]] = {}
        for number, placed in zip(numbers, taken.placed, strict=True):
            kept = await self.writes.hub.resource(placed.kind, placed.id) if whole else None
            told[number] = ({"resource": kept} if kept else {}) | {"response": self._entry_response(placed, taken)}
        return told

    async def _entry(self, raw: dict[str, Any], path: str, partner: str) -> Entry:
        """Return one entry that is written; a patch as the PUT of what it yields."""
        if _method(raw) != "PATCH":
            return entry_of(raw, path, "transaction")
        wish = wish_of(raw, path, self.base)
        address = ADDRESS.fullmatch(wish.url)
        if address is None:
            raise refusal(422, "not-supported", "a patch names one resource: PATCH [type]/[id]", f"{path}.request.url")
        given = (wish.body, wish.headers.get("content-type", ""))
        try:
            entry = await self.writes.patched(address[1], address[2], given, partner, wish.headers.get("if-match"))
        except Refusal as refused:
            raise Refusal(refused.status, *(_at(path, issue) for issue in refused.issues)) from None
        return replace(entry, path=f"{path}.resource", full_url=raw.get("fullUrl"))

    def _entry_response(self, placed: Placed, taken: Taken) -> dict[str, Any]:
        created = placed.fresh and placed.version == 1 and not taken.existed
        return {
            "status": status_line(201 if created else 200),
            "location": self.writes.location(placed),
            "etag": etag(placed.version),
            "lastModified": instant(taken.received_at),
        }

    def _message_response(self, bundle: dict[str, Any], taken: Taken) -> dict[str, Any]:
        """Say that the message was received; what becomes of it is told by the Task."""
        header = part(part(bundle["entry"][0]).get("resource"))
        response = {"identifier": header.get("id") or taken.placed[0].id, "code": "ok"}
        reply = {"resourceType": "MessageHeader", "id": taken.document_id, "response": response}
        reply |= {key: header[key] for key in ("eventCoding", "eventUri") if key in header}
        reply["source"] = {"name": "Doorstep", "endpoint": self.base}
        sent = instant(taken.received_at)
        entry = {"fullUrl": f"urn:uuid:{taken.document_id}", "resource": reply}
        return {"resourceType": "Bundle", "type": "message", "timestamp": sent, "entry": [entry]}


def _method(raw: dict[str, Any]) -> str:
    return str(part(raw.get("request")).get("method") or "")


def _named(bundle: dict[str, Any]) -> tuple[str, str] | None:
    """Return the identifier of a Bundle as (system, value)."""
    named = part(bundle.get("identifier"))
    return (str(named.get("system") or ""), str(named["value"])) if named.get("value") else None


def _named_in(raws: list[dict[str, Any]]) -> set[str]:
    """Return all that a reference may say to mean an entry of the Bundle."""
    resources = [part(raw.get("resource")) for raw in raws]
    return {str(raw["fullUrl"]) for raw in raws if raw.get("fullUrl")} | {
        f"{r.get('resourceType')}/{r['id']}" for r in resources if r.get("id")
    }


def _is_alone(raw: dict[str, Any], named: set[str]) -> bool:
    """Say whether an entry does what is no part of an input: an operation, a change of a Task or a Subscription.

    A Task beside its own order is part of that order.
    """
    url, task = str(part(raw.get("request")).get("url") or ""), part(raw.get("resource"))
    kind = url.rpartition("/fhir/")[2].lstrip("/").partition("/")[0].partition("?")[0]
    if _method(raw) == "DELETE" or "$" in url or kind == "Subscription":
        return True
    if kind != "Task" or named.intersection(references({key: task.get(key) for key in ("focus", "basedOn")})):
        return False
    return _method(raw) in {"PUT", "PATCH"} or asks_to_abort(task)


def _refuse(reply: Reply, path: str) -> None:
    """Raise where an entry of a transaction was not answered well: then all of it is refused."""
    if reply.good:
        return
    listed = parts(part(reply.resource).get("issue"))
    found = [Issue("error", str(one.get("code")), str(one.get("diagnostics"))) for one in listed]
    found = found or [Issue("error", "processing", "this entry was refused")]
    raise Refusal(reply.status, *(_at(path, issue) for issue in found))


def _at(path: str, issue: Issue) -> Issue:
    return Issue(issue.severity, issue.code, issue.diagnostics, path)
