"""What an input says of resources that are here: updates, conditions and conditional references, looked up once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from connectors.fhir.asked import asked_of
from connectors.fhir.bundles import Entry, Known
from connectors.fhir.search import matches
from connectors.fhir.wire import Refusal, refusal
from connectors.fhir.wording import version_of
from doorstep.connector import Hub
from schemas.fhir import Issue, is_request
from schemas.fhir.graph import CONDITIONAL, Graph
from schemas.search import ResourceQuery

ADDRESS = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})")
CRITERIA = re.compile(r"([A-Z][A-Za-z]{1,63})\?(.+)", re.S)


def conditions(entries: list[Entry], partner: str) -> set[str]:
    """Return the names under which two inputs that mean the same resource must wait for each other."""
    found = {f"{partner}|{entry.kind}|{entry.if_none_exist}" for entry in entries if entry.if_none_exist}
    return found | {f"{partner}|{entry.url}" for entry in entries if entry.method == "PUT" and entry.url}


async def resolved(hub: Hub, entries: list[Entry], partner: str) -> list[Entry]:
    """Return the entries with the resources that they stand for; refuse what the server's state contradicts."""
    found = [await _resolved(hub, entry, partner) for entry in entries]
    targets = [(e.target.kind, e.target.id) for e in found if e.target and not e.kept]
    if len(set(targets)) != len(targets):
        raise refusal(422, "structure", "two entries update the same resource", "Bundle.entry")
    return await _with_references(hub, found, partner)


async def _resolved(hub: Hub, entry: Entry, partner: str) -> Entry:
    if entry.method == "PUT":
        known = await _updated(hub, entry, partner)
        if entry.if_match and (known is None or version_of(entry.if_match) != str(known.version)):
            said = "the resource here has not the version that If-Match names"
            raise refusal(412, "conflict", said, _where(entry, "ifMatch"))
        return replace(entry, target=known)
    if entry.if_none_exist and (entry.path or not is_request(entry.kind)):  # a lone order goes by its versions
        known = await _only(hub, entry.kind, entry.if_none_exist, partner, _where(entry, "ifNoneExist"))
        return replace(entry, target=known, kept=known is not None)
    return entry


async def _updated(hub: Hub, entry: Entry, partner: str) -> Known | None:
    """Return the resource that a PUT means; None where there is none yet."""
    where = _where(entry, "url")
    address, search = ADDRESS.fullmatch(entry.url), CRITERIA.fullmatch(entry.url)
    named = address or search
    if named is not None and named[1] != entry.kind:
        raise refusal(422, "invalid", "the address names another type than the resource", where)
    if search is not None:
        return await _only(hub, entry.kind, search[2], partner, where)
    return await known(hub, entry.kind, address[2], partner) if address else None


async def known(hub: Hub, kind: str, identity: str, partner: str) -> Known | None:
    """Return a resource of this partner by its id; None where it has none of that id."""
    found = (await hub.search(ResourceQuery(kind, partner, ids=(identity,), limit=1, counted=False))).found
    return _known(kind, identity, dict(found[0][1].body)) if found else None


def _known(kind: str, identity: str, body: dict[str, Any]) -> Known:
    meta = body.get("meta")
    version = str(meta.get("versionId") or "1") if isinstance(meta, dict) else "1"
    return Known(kind, identity, int(version) if version.isdigit() else 1, body)


async def _only(hub: Hub, kind: str, criteria: str, partner: str, where: str) -> Known | None:
    """Return the one resource that fits the criteria; 412 where several do.

    Clients write them alone, after the type, or after the whole address.
    """
    before, mark, after = criteria.partition("?")
    criteria = after if mark and before.rpartition("/")[2] == kind else criteria
    try:
        asked = asked_of(kind, parse_qsl(criteria, keep_blank_values=True, max_num_fields=20), partner)
    except ValueError:
        raise refusal(400, "value", "the condition is no search", where) from None
    except Refusal as wrong:
        raise refusal(400, wrong.issues[0].code, f"the condition: {wrong.issues[0].diagnostics}", where) from None
    if not asked.query.criteria and not asked.query.ids and not asked.chained:
        raise refusal(412, "required", "the condition names nothing to look for", where)
    found = await matches(hub, asked, limit=2)
    if len(found) > 1:
        raise refusal(412, "multiple-matches", "several resources fit the condition", where)
    return _known(kind, found[0].resource_id, dict(found[0].body)) if found else None


async def _with_references(hub: Hub, entries: list[Entry], partner: str) -> list[Entry]:
    """Resolve references like `Patient?identifier=...` against what is here, where no entry of the input fits.

    One that fits several is refused, and one to a patient who is not here: whose order it is must be certain. Who
    ordered or where may be asked for, so any other reference that fits nothing stays as it is.
    """
    if not any(CRITERIA.fullmatch(literal) for entry in entries for literal, _ in _literals(entry.resource, "")):
        return entries
    graph = Graph({"resourceType": "Bundle", "entry": [{"resource": e.resource} for e in entries]})
    wanted: dict[str, str] = {}
    for entry in entries:
        for literal, place in _literals(entry.resource, entry.path or entry.kind):
            match = CRITERIA.fullmatch(literal)
            if match is None or literal in wanted or (CONDITIONAL.fullmatch(literal) and graph.find(literal)):
                continue
            one = await _only(hub, match[1], unquote(match[2]), partner, place)
            if one is None and match[1] != "Patient":
                continue
            if one is None:
                raise Refusal(412, Issue("error", "not-found", "nothing fits this conditional reference", place))
            wanted[literal] = f"{one.kind}/{one.id}"
    return [replace(entry, resource=_replaced(entry.resource, wanted)) for entry in entries]


def _literals(value: Any, path: str) -> list[tuple[str, str]]:
    """Return every literal reference inside a resource with its path."""
    if isinstance(value, list):
        return [found for place, item in enumerate(value) for found in _literals(item, f"{path}[{place}]")]
    if not isinstance(value, dict):
        return []
    found = [(value["reference"], f"{path}.reference")] if isinstance(value.get("reference"), str) else []
    return found + [each for key, item in value.items() for each in _literals(item, f"{path}.{key}")]


def _replaced(value: Any, wanted: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_replaced(item, wanted) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _replaced(item, wanted) for key, item in value.items()}
    if isinstance(found.get("reference"), str):
        found["reference"] = wanted.get(found["reference"], found["reference"])
    return found


def _where(entry: Entry, name: str) -> str:
    return f"{entry.path.removesuffix('.resource')}.request.{name}" if entry.path else ""
