"""Which version of an order is the newer one: the chain of versions kept for each business identifier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.fhir.bundles import Entry
from connectors.fhir.wire import Refusal
from doorstep.connector import Hub, StoredResource
from schemas.fhir import Issue
from schemas.fhir.graph import Graph, identifiers, part, parts
from schemas.fhir.groups import CANCELLED, DONE
from schemas.fhir.lines import concept_of
from schemas.fhir.nutrition import views

VERSION_TYPE = "Doorstep.Version"
"""Internal resource type: never a FHIR type name, so no outside address leads to it."""
MAX_VERSIONS = 1000


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a resource says of its own age."""

    cancelled: bool
    last_updated: str | None
    authored_on: str | None
    version_id: str | None
    what: str | None = None
    """What is ordered, where a code or text says so."""

    def other_than(self, other: Stamp) -> bool:
        """Tell whether these are certainly two orders that share a number: different things are ordered."""
        return self.what is not None and other.what is not None and self.what != other.what

    def as_json(self) -> dict[str, Any]:
        return {
            name: getattr(self, name) for name in ("cancelled", "last_updated", "authored_on", "version_id", "what")
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Stamp:
        return cls(
            bool(kept["cancelled"]),
            kept.get("last_updated"),
            kept.get("authored_on"),
            kept.get("version_id"),
            kept.get("what"),
        )

    def newer_than(self, other: Stamp) -> bool:
        """Tell whether this is a later version; a cancellation is, unless it says that it is older."""
        updated = _compare(self.last_updated, other.last_updated)
        if updated:
            return updated > 0
        version = _number(self.version_id) - _number(other.version_id) if self.version_id and other.version_id else 0
        if version:
            return version > 0
        authored = _compare(self.authored_on, other.authored_on)
        if authored:
            return authored > 0
        if self.cancelled and not other.cancelled:
            return True
        return other.last_updated is None and self.last_updated is not None


def stamp_of(resource: dict[str, Any]) -> Stamp:
    meta = part(resource.get("meta"))
    return Stamp(
        cancelled=resource.get("status") in CANCELLED,
        last_updated=meta.get("lastUpdated"),
        authored_on=resource.get("authoredOn") or resource.get("dateTime"),
        version_id=meta.get("versionId"),
        what=_what(resource),
    )


def _what(resource: dict[str, Any]) -> str | None:
    graph = Graph(resource)
    found = [concept_of(view, graph) for view in views(resource)]
    said = [sorted(str(c.get("code")) for c in parts(one.get("coding"))) or one.get("text") for one in found]
    return "|".join(str(one) for one in said if one) or None


def _is_done(resource: dict[str, Any]) -> bool:
    return resource.get("status") in DONE or resource.get("doNotPerform") is True


def order_identifier(resource: dict[str, Any]) -> tuple[str, str] | None:
    """Return (system, value) by which the sender knows an order: its placer number, else its first identifier."""
    found = [(kind, system, value) for kind, system, value in identifiers(resource) if kind not in {"FILL", "FGN"}]
    chosen = next((entry for entry in found if entry[0] == "PLAC"), found[0] if found else None)
    return (chosen[1], chosen[2]) if chosen else None


def chain_name(partner: str, kind: str, system: str, value: str) -> str:
    return f"{partner}|{kind}|{system}|{value}"


async def versions(hub: Hub, name: str) -> list[dict[str, Any]]:
    """Return the versions known under a chain's name, oldest first."""
    found: list[dict[str, Any]] = []
    while len(found) < MAX_VERSIONS:
        body = await hub.resource(VERSION_TYPE, _link_id(name, len(found) + 1))
        if body is None:
            break
        found.append(body)
    return found


class NotNewer(Refusal):
    """The order is here with other content; `reference` is its newest version."""

    def __init__(self, issue: Issue, reference: str) -> None:
        super().__init__(409, issue)
        self.reference = reference


@dataclass(frozen=True, slots=True)
class Step:
    """What an order's identifier says of an input: a re-send of `known_key`, an update, or neither."""

    links: tuple[StoredResource, ...] = ()
    is_update: bool = False
    known_key: str | None = None
    replaced: str | None = None
    """The reference of the version before, which is not searched for any more."""


async def next_version(
    hub: Hub, name: str, *, entry: Entry, digest: str, reference: str, key: str, follows: bool = False
) -> Step:
    """Place an order in its chain; refuse a version that is neither known nor newer than the newest.

    An update (PUT) names what it replaces, so it need not say that it is newer. `follows`: the event of its message
    says that it changes or cancels what is here, so it is taken unless it says itself that it is older.
    """
    known = await versions(hub, name)
    same = next((version for version in known if version.get("digest") == digest), None)
    if same is not None and entry.target is None:
        return Step(known_key=str(same["key"]))
    stamp = stamp_of(entry.resource)
    if known and entry.target is None:
        newest = Stamp.of_json(known[-1])
        newer = stamp.newer_than(newest) or (follows and not newest.newer_than(stamp))
        if not newer and (_is_done(entry.resource) or stamp.other_than(newest)):
            return Step()  # no order, or another one: a person sees both by the number and the difference
        if not newer:
            said = (
                "an order with this identifier is here with other content, and this one does not say that it is newer"
            )
            where = f"{entry.path}.ofType({entry.kind})" if entry.path else entry.kind
            raise NotNewer(Issue("error", "duplicate", said, f"{where}.identifier"), str(known[-1]["reference"]))
    body = {"reference": reference, "digest": digest, "key": key, **stamp.as_json()}
    return Step(
        (StoredResource(VERSION_TYPE, _link_id(name, len(known) + 1), body),),
        is_update=bool(known),
        replaced=str(known[-1]["reference"]) if known and known[-1]["reference"] != reference else None,
    )


def _link_id(name: str, number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:doorstep:version:{name}:{number}"))


def _number(text: str | None) -> int:
    return int(text[:12]) if text and text[:12].isdigit() else 0


def _compare(mine: str | None, theirs: str | None) -> int:
    """Return -1, 0 or 1; 0 also when one is missing. A day and a moment are compared by day."""
    if not mine or not theirs:
        return 0
    if min(len(mine), len(theirs)) <= 10:
        short = min(len(mine), len(theirs), 10)
        return (mine[:short] > theirs[:short]) - (mine[:short] < theirs[:short])
    one, two = (_instant(text) for text in (mine, theirs))
    return (one > two) - (one < two)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00").replace(":60", ":59")).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.combine(date.min, datetime.min.time(), UTC)
