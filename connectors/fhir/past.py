"""Versions of a resource as R4 has them (3.1.0.3 vread, 3.1.0.10 history): one of them, or all in pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from connectors.fhir.asked import DEFAULT_COUNT, MOST_COUNT, PAGE, token_of
from connectors.fhir.wire import Refusal, refusal
from connectors.fhir.wording import etag
from doorstep.connector import Version
from schemas.fhir.graph import part
from schemas.search import Page

_IGNORED = frozenset({"_format", "_pretty"})


@dataclass(frozen=True, slots=True)
class Past:
    """One version; no resource where that version took it away."""

    version: str
    changed: str
    resource: Mapping[str, Any] | None

    @classmethod
    def of(cls, resource: Mapping[str, Any]) -> Past:
        meta = part(resource.get("meta"))
        return cls(str(meta.get("versionId", "1")), str(meta.get("lastUpdated")), resource)


@dataclass(slots=True)
class Wanted:
    """What a request for a history asks: how many at once, from when on, after which version."""

    count: int = DEFAULT_COUNT
    since: datetime | None = None
    page: str | None = None


def wanted(parameters: Sequence[tuple[str, str]]) -> Wanted:
    """Read the parameters of a history; refuse what is not offered."""
    asked = Wanted()
    for name, value in parameters:
        if name == "_count":
            if not (value.isascii() and value.isdigit()):
                raise refusal(400, "value", "_count is a number", "_count")
            asked.count = min(int(value[:6]), MOST_COUNT)
        elif name == "_since":
            asked.since = _instant(value)
        elif name == PAGE:
            asked.page = value
        elif name not in _IGNORED:
            raise refusal(400, "not-supported", "a history is asked for with _count and _since", name[:40])
    return asked


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refusal(400, "value", "this is no instant", "_since") from None


def one_of(versions: Sequence[Past], version: str) -> dict[str, Any]:
    """Return a version; 404 where there is none of that name, 410 where it is the removal."""
    found = next((one for one in versions if one.version == version), None)
    if found is None:
        raise refusal(404, "not-found", "there is no such version")
    if found.resource is None:
        raise deleted()
    return dict(found.resource)


def deleted() -> Refusal:
    return refusal(410, "deleted", "the resource was deleted")


def history(versions: Sequence[Past], url: str, asked: Wanted) -> dict[str, Any]:
    """Return the Bundle of versions (given oldest first), the newest first; `url` is the resource's own."""
    since = asked.since
    fits = [n for n, one in enumerate(versions) if since is None or datetime.fromisoformat(one.changed) >= since]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "history", "total": len(fits)}
    mine: dict[str, str] = {"_count": str(asked.count)} if asked.count != DEFAULT_COUNT else {}
    mine |= {"_since": since.isoformat()} if since else {}
    bundle["link"] = [{"relation": "self", "url": _url(url, mine)}]
    rest = fits[::-1]
    if asked.page is not None:
        seen = next((n for n in rest if versions[n].version == asked.page), None)
        if seen is None:
            raise refusal(400, "value", "this is no page of ours; begin anew", PAGE)
        rest = [n for n in rest if n < seen]
    shown = rest[: asked.count]
    if shown and len(shown) < len(rest):
        following = mine | {PAGE: versions[shown[-1]].version}
        bundle["link"].append({"relation": "next", "url": _url(url, following)})
    return bundle | ({"entry": [_entry(versions, n, url) for n in shown]} if shown else {})


def type_history(page: Page[Version], url: str, asked: Wanted) -> dict[str, Any]:
    """Return the Bundle of one page of a type's versions; `url` is the type's own."""
    mine: dict[str, str] = {"_count": str(asked.count)} if asked.count != DEFAULT_COUNT else {}
    mine |= {"_since": asked.since.isoformat()} if asked.since else {}
    links = [{"relation": "self", "url": _url(url, mine)}]
    if page.after is not None:
        links.append({"relation": "next", "url": _url(url, mine | {PAGE: token_of(page.after)})})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "history", "total": page.total, "link": links}
    if not asked.count:
        return bundle
    entries = [
        _told(Past.of(one.resource.body), f"{url}/{one.resource.resource_id}", created=one.number == 1)
        for one in page.found
    ]
    return bundle | ({"entry": entries} if entries else {})


def _url(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}/_history" + (f"?{urlencode(parameters)}" if parameters else "")


def _entry(versions: Sequence[Past], number: int, url: str) -> dict[str, Any]:
    """Return one version with what made it: the first and one after a removal were created."""
    return _told(versions[number], url, created=number == 0 or versions[number - 1].resource is None)


def _told(one: Past, url: str, *, created: bool) -> dict[str, Any]:
    kind, resource_id = url.split("/")[-2:]
    if one.resource is None:
        method, status = "DELETE", "204"
    else:
        method, status = ("POST", "201") if created else ("PUT", "200")
    request = {"method": method, "url": kind if method == "POST" else f"{kind}/{resource_id}"}
    response = {"status": status, "etag": etag(one.version), "lastModified": one.changed}
    shown = {} if one.resource is None else {"resource": dict(one.resource)}
    return {"fullUrl": url, **shown, "request": request, "response": response}
