"""One input as a list of entries with ids of ours and references that follow them: same input, same ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.fhir.wire import refusal
from schemas.fhir import is_request, order_groups
from schemas.fhir.graph import HISTORY, RELATIVE, Graph, part, parts
from schemas.fhir.search import index_of
from schemas.fhir.strict import canonical

VOLATILE = ("lastUpdated", "versionId", "source")
URL_KEYS = ("url", "uri", "valueUrl", "valueUri")
_ROUNDS = 3
"""How far apart in the chain of references two entries that look alike may differ."""


@dataclass(frozen=True, slots=True)
class Known:
    """A resource that is here already, in its newest version."""

    kind: str
    id: str
    version: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource as sent, with where it stood (`Bundle.entry[2].resource` or nothing) and how it was named there.

    `target` is the resource here that it updates, or, with `kept`, that stands in its place (`ifNoneExist`).
    """

    resource: dict[str, Any]
    path: str = ""
    full_url: str | None = None
    method: str = "POST"
    url: str = ""
    if_none_exist: str | None = None
    if_match: str | None = None
    target: Known | None = None
    kept: bool = False

    @property
    def kind(self) -> str:
        return str(self.resource.get("resourceType"))


@dataclass(frozen=True, slots=True)
class Placed:
    """One resource under the hub's own id, its references to its neighbours rewritten."""

    kind: str
    id: str
    resource: dict[str, Any]
    version: int = 1
    fresh: bool = True
    """It is stored with this input: created, or updated where `version` is above 1."""

    @property
    def reference(self) -> str:
        return f"{self.kind}/{self.id}"


def envelope(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return a batch without its resources: they are judged one by one."""
    listed = bundle.get("entry")
    if bundle.get("type") != "batch" or not isinstance(listed, list):
        return bundle
    bare = [{k: v for k, v in e.items() if k != "resource"} if isinstance(e, dict) else e for e in listed]
    return {**bundle, "entry": bare}


def entries_of(bundle: dict[str, Any], max_entries: int) -> list[Entry]:
    """Return what a message brings; refuse what is none."""
    kind = str(bundle.get("type"))
    if kind != "message":
        raise refusal(422, "not-supported", "only transaction, batch and message Bundles are taken", "Bundle.type")
    found = [entry_of(entry, path, kind) for entry, path in batch_entries(bundle, max_entries)]
    if found[0].kind != "MessageHeader":
        raise refusal(422, "structure", "a message begins with its MessageHeader", "Bundle.entry[0].resource")
    return apart(found)


def apart(entries: list[Entry]) -> list[Entry]:
    """Return the entries of an input; refuse two that go by the same name."""
    urls = [entry.full_url for entry in entries if entry.full_url]
    if len(set(urls)) != len(urls):
        raise refusal(422, "structure", "two entries have the same fullUrl", "Bundle.entry.fullUrl")
    return entries


def batch_entries(bundle: dict[str, Any], max_entries: int) -> list[tuple[dict[str, Any], str]]:
    """Return each entry of a Bundle as sent with its path; refuse none and too many."""
    listed = parts(bundle.get("entry"))
    if not listed:
        raise refusal(422, "required", "the Bundle has no entry", "Bundle.entry")
    if len(listed) > max_entries:
        raise refusal(422, "too-costly", f"a Bundle may have {max_entries} entries", "Bundle.entry")
    return [(entry, f"Bundle.entry[{number}]") for number, entry in enumerate(listed)]


def entry_of(raw: dict[str, Any], path: str, bundle_type: str) -> Entry:
    """Return one entry of a Bundle; refuse what it asks that we do not do."""
    asked = part(raw.get("request"))
    if bundle_type != "message":
        _check_request(asked, path)
    if not isinstance(raw.get("resource"), dict):
        raise refusal(422, "required", "the entry has no resource", f"{path}.resource")
    return Entry(
        raw["resource"],
        f"{path}.resource",
        raw.get("fullUrl"),
        method=str(asked.get("method") or "POST"),
        url=str(asked.get("url") or ""),
        if_none_exist=asked.get("ifNoneExist"),
        if_match=asked.get("ifMatch"),
    )


def _check_request(request: dict[str, Any], path: str) -> None:
    if not request:
        raise refusal(422, "required", "the entry has no request", f"{path}.request")
    if request.get("method") not in {"POST", "PUT"}:
        raise refusal(422, "not-supported", "a resource is POSTed or PUT", f"{path}.request.method")


def digest_of(entries: list[Entry]) -> str:
    """Return a digest of what an input says.

    Key order, white space, the ids and fullUrls that only tie the entries together, send times and version stamps
    do not count, nor the order of the entries, nor what is here already.
    """
    placed = place([replace(e, target=None) for e in entries], "digest")
    return hashlib.sha256(b"\x1e".join(sorted(canonical(said_by(one.resource)) for one in placed))).hexdigest()


def said_by(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without its stamps: two that say the same are equal."""
    kept = {key: item for key, item in resource.items() if key != "meta"}
    meta = {key: item for key, item in part(resource.get("meta")).items() if key not in VOLATILE}
    return kept | ({"meta": meta} if meta else {})


def place(entries: list[Entry], seed: str) -> list[Placed]:
    """Give each entry its id (uuid5 over seed and rank) and rewrite the references between them.

    An entry that has a target has the target's id; it is fresh only where it says something else than the target.
    """
    graph = Graph(
        {"resourceType": "Bundle", "entry": [{"resource": e.resource, "fullUrl": e.full_url} for e in entries]}
    )
    ids = {
        id(e.resource): e.target.id if e.target else str(uuid5(NAMESPACE_URL, f"urn:doorstep:{seed}:{n}"))
        for n, e in zip(_ranks(entries, graph), entries, strict=True)
    }

    def follow(literal: str) -> str:
        target = graph.find(literal)
        return literal if target is None else f"{target['resourceType']}/{ids[id(target)]}"

    return [_placed(e, {**_rewritten(e.resource, follow), "id": ids[id(e.resource)]}) for e in entries]


def _ranks(entries: list[Entry], graph: Graph) -> list[int]:
    """Return a number for each entry that its content alone decides: the order of entries says nothing.

    Entries that are alike but for what they refer to are told apart by that; those wholly alike by their position.
    """
    if len(entries) == 1:
        return [0]
    labels = {id(e.resource): e.kind for e in entries}
    said: list[str] = []

    def follow(literal: str) -> str:
        target = graph.find(literal)
        return literal if target is None else labels[id(target)]

    for _ in range(_ROUNDS):
        bare = [{key: item for key, item in said_by(e.resource).items() if key != "id"} for e in entries]
        said = [hashlib.sha256(canonical(_rewritten(one, follow))).hexdigest() for one in bare]
        if len(set(said)) == len(said):
            break
        labels = {id(e.resource): digest for e, digest in zip(entries, said, strict=True)}
    rank = {at: n for n, at in enumerate(sorted(range(len(said)), key=said.__getitem__))}
    return [rank[at] for at in range(len(said))]


def _placed(entry: Entry, resource: dict[str, Any]) -> Placed:
    known = entry.target
    if known is None:
        return Placed(entry.kind, str(resource["id"]), resource)
    if entry.kept or said_by(resource) == said_by(known.body):
        return Placed(known.kind, known.id, known.body, known.version, fresh=False)
    return Placed(known.kind, known.id, resource, known.version + 1)


def _rewritten(value: Any, follow: Any) -> Any:
    if isinstance(value, list):
        return [_rewritten(item, follow) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        followed = isinstance(item, str) and (key == "reference" or (key in URL_KEYS and item.startswith("urn:uuid:")))
        found[key] = follow(item) if followed else _rewritten(item, follow)
    return found


def references(value: Any) -> Iterator[str]:
    """Yield every literal reference inside a resource."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "reference" and isinstance(item, str):
                yield item
            else:
                yield from references(item)


def stored_reference(literal: str, base: str) -> tuple[str, str] | None:
    """Return (type, id) when a literal reference means a resource of this server, relative or under its own base."""
    match = RELATIVE.fullmatch(HISTORY.sub("", literal).removeprefix(f"{base}/"))
    return (match[1], match[2]) if match else None


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """The Task of one order: its id, the request it is about, and all requests of the order."""

    id: str
    focus: str
    based_on: list[str]
    subject: str | None


def task_plans(collection: dict[str, Any], ordered: set[str], known: dict[str, str], new_id: Any) -> list[TaskPlan]:
    """Return the Task of each order that this input brings.

    `ordered` are the requests that are ordered with it, `known` the Tasks that requests have from before. A Task sent
    beside its order is that order's Task.
    """
    resources = [part(entry.get("resource")) for entry in parts(collection.get("entry"))]
    subjects = {f"{r.get('resourceType')}/{r.get('id')}": subject_of(r) for r in resources}
    tasks = [r for r in resources if r.get("resourceType") == "Task"]
    plans = []
    for group in order_groups(collection):
        if not ordered.intersection(group):
            continue  # a request that another input brought and this one only refers to
        sent = next((str(t["id"]) for t in tasks if set(references(t)) & set(group)), None)
        before = next((known[reference] for reference in group if reference in known), None)
        subject = subjects.get(group[0])
        kept = subject if isinstance(subject, str) and RELATIVE.fullmatch(subject) else None
        plans.append(TaskPlan(before or sent or new_id(group[0]), group[0], group, kept))
        tasks = [t for t in tasks if t.get("id") != sent]
    return plans


def patients_of(plan: TaskPlan, collection: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a Task is found by: the patient that its requests are about, however they name it."""
    mine = set(plan.based_on)
    resources = [part(entry.get("resource")) for entry in parts(collection.get("entry"))]
    named = [r for r in resources if f"{r.get('resourceType')}/{r.get('id')}" in mine]
    found = dict.fromkeys(value for r in named for param, value in index_of(r) if param == "patient")
    return [(param, value) for param in ("patient", "subject") for value in found]


def subject_of(resource: dict[str, Any]) -> Any:
    """Return the literal reference to the patient that a resource is about."""
    return part(resource.get("subject") or resource.get("patient")).get("reference")


def has_requests(entries: list[Entry]) -> bool:
    return any(is_request(entry.kind) for entry in entries)
