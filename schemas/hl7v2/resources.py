"""Runs the rows of `mappings/` over segments and makes FHIR resources with ids that are the same at each reading."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from schemas.hl7v2.cells import Cell, Log, cells_of
from schemas.hl7v2.datatypes import READINGS
from schemas.hl7v2.er7 import Message, Segment
from schemas.hl7v2.finish import FINISH
from schemas.hl7v2.groups import Segments
from schemas.hl7v2.mapping import Place, Row, Step, Table, Test, path_of
from schemas.hl7v2.setting import Setting

Resource = dict[str, Any]
PLAIN: Mapping[str, Any] = {}
_UNIT = frozenset({"unit", "system", "code", "comparator"})


@dataclass(frozen=True, slots=True)
class Scope:
    """The segments that one resource is made of, and what was made before it, by table."""

    segments: Segments
    seed: str
    made: Mapping[str, list[str]] = field(default_factory=dict)

    def of(self, name: str, segments: list[Segment]) -> Scope:
        """Return the same scope with only these segments of that name."""
        place = "/".join(str(s.ordinal) for s in segments)
        return Scope({**self.segments, name: segments}, f"{self.seed}/{name}{place}", self.made)


class Maker:
    """Makes the resources of one message; `entries` are the Bundle's entries in the order in which they were made."""

    def __init__(self, message: Message, setting: Setting, sender: str, control: str) -> None:
        self.entries: list[Resource] = []
        self.log = Log()
        self._message = message
        self._setting = setting
        self._sender = sender
        self._control = control
        self._known: dict[str, str] = {}

    def make(
        self, name: str, source: Scope | Cell, scope: Scope, *, resource: str = "", rename: Mapping[str, Any] = PLAIN
    ) -> str | None:
        """Make the resource of a table and return its fullUrl; None when what it needs is not there."""
        table = self._setting.maps.resources[name]
        point, before = self.log.here(), len(self.entries)
        body: Resource = {"resourceType": resource or table.resource}
        self._fill(body, table.rows, source, scope, rename)
        if not _has(body, table.needs):
            self._undo(point, before)
            return None
        if table.finish:
            FINISH[table.finish](body)
        return self._add(body, table, source.place if isinstance(source, Cell) else scope.seed)

    def put(self, kind: str, body: Resource, name: str) -> str:
        """Add a resource that no table makes, under a name that makes its id; return its fullUrl."""
        made = str(uuid5(NAMESPACE_URL, f"doorstep:hl7v2:fhir:{self._sender}|{kind}|{name}"))
        self.entries.append({"fullUrl": f"urn:uuid:{made}", "resource": {"resourceType": kind, "id": made, **body}})
        return f"urn:uuid:{made}"

    def change(self, urls: Iterable[str], parts: Resource) -> None:
        """Set elements of resources that were made."""
        wanted = set(urls)
        for entry in self.entries:
            if entry["fullUrl"] in wanted:
                entry["resource"].update(parts)

    def holds(self, tests: tuple[Test, ...], scope: Scope) -> bool:
        """Tell whether conditions hold over a scope."""
        return self._holds(tests, scope, scope)

    def _add(self, body: Resource, table: Table, seed: str) -> str:
        kind = body["resourceType"]
        written = json.dumps(body, sort_keys=True, default=str)
        own = self._identities(body, table, seed, written)
        for option in itertools.chain(own, (f"{own[-1]}|{n}" for n in itertools.count(2))):
            made = str(uuid5(NAMESPACE_URL, f"doorstep:hl7v2:fhir:{self._sender}|{kind}|{option}"))
            url = f"urn:uuid:{made}"
            if self._known.get(url) == written and table.identity in ("identifier", "content"):
                return url
            if url not in self._known:
                self._known[url] = written
                self.entries.append({"fullUrl": url, "resource": {"resourceType": kind, "id": made, **body}})
                return url
        raise AssertionError("the count never ends")

    def _identities(self, body: Resource, table: Table, seed: str, written: str) -> list[str]:
        """Return what makes the id, the best first: a number of the sender's, the content, or the place it stood at."""
        named = _named(body)
        if table.identity == "order" and named:
            return [f"order|{named}"]
        if table.identity == "identifier" and named:
            return [f"identifier|{named}", f"content|{written}"]
        if table.identity in ("identifier", "content"):
            return [f"content|{written}"]
        return [f"place|{self._control}|{table.name}|{seed}"]

    def _fill(
        self,
        target: Resource,
        rows: Iterable[Row],
        source: Scope | Cell,
        scope: Scope,
        rename: Mapping[str, Any] = PLAIN,
    ) -> None:
        stored: set[str] = set()
        for row in rows:
            if row.without and row.without in stored:
                continue
            begin = self.log.here()
            if not self._holds(row.when, source, scope) or (row.unless and self._holds(row.unless, source, scope)):
                self.log.back_to(begin)
                continue
            keep, done = self.log.here(), False
            for value in () if row.make and _taken(target, row, rename) else self._values(row, source, scope):
                if _store(target, row, value, rename):
                    keep, done = self.log.here(), True
                else:
                    self.log.back_to(keep)
            if not done:
                self.log.back_to(begin)
            elif row.to:
                stored.add(row.to[0].name)

    def _values(self, row: Row, source: Scope | Cell, scope: Scope) -> Iterator[Any]:
        if row.ref:
            found = [{"reference": url} for url in scope.made.get(row.ref, ())]
            yield from found if _appends(row.to) else found[:1]
        elif row.each:
            for segment in self._segments(row.each, row, scope):
                part = scope.of(row.each, [segment])
                value = self._one(row, part, part)
                if value is not None:
                    yield value
        elif row.at:
            yield from self._at(row, source, scope)
        elif row.value is not None:
            yield row.value
        else:
            value = self._one(row, source, scope)
            if value is not None:
                yield value

    def _at(self, row: Row, source: Scope | Cell, scope: Scope) -> Iterator[Any]:
        """Yield what the first of the row's places gives that gives anything; lesser places may say it again."""
        places = iter(row.at)
        found: list[Any] = []
        for place in places:
            for cell in self._cells(place, row, source, scope):
                point = self.log.here()
                value = self._one(row, cell, scope) if self._holds(row.where, cell, scope) else None
                if value is None:
                    self.log.back_to(point)
                    continue
                found.append(value)
                if row.join is None:
                    yield value
                    if not _appends(row.to):
                        break
            if found:
                break
        if found and row.join is not None:
            yield row.join.join(found)
        for cell in (cell for place in places for cell in self._cells(place, row, source, scope)) if found else ():
            point, before = self.log.here(), len(self.entries)
            if not self._holds(row.where, cell, scope) or self._one(row, cell, scope) not in found:
                self._undo(point, before)

    def _undo(self, point: int, before: int) -> None:
        """Take back what was read and made since."""
        self.log.back_to(point)
        for entry in self.entries[before:]:
            self._known.pop(entry["fullUrl"], None)
        del self.entries[before:]

    def _one(self, row: Row, source: Scope | Cell, scope: Scope) -> Any:
        if row.make:
            url = self.make(row.make, source, scope)
            return None if url is None else {"reference": url}
        reading = READINGS.get(row.type)
        if reading is not None and isinstance(source, Cell):
            if row.system_at is not None:
                row = replace(row, system=self._field(row.system_at, scope.segments.get(row.system_at.segment, [])))
            return reading(source, self._setting, row)
        table = self._setting.maps.types[row.type]
        made: Resource = {}
        self._fill(made, table.rows, source, scope)
        return made if made and _has(made, table.needs) else None

    def _segments(self, name: str, row: Row, scope: Scope) -> list[Segment]:
        found = scope.segments.get(name, [])
        return [s for s in found if all(self._field(t.place, [s]) in t.values for t in row.among)]

    def _cells(self, place: Place, row: Row, source: Scope | Cell, scope: Scope) -> list[Cell]:
        if not place.segment:
            assert isinstance(source, Cell)
            cell = source.narrow(place.field, place.part or 1) if place.field else source
            return [cell] if cell else []
        found = []
        for segment in self._segments(place.segment, row, scope):
            for cell in cells_of(segment, place.field, self._message, self.log):
                narrowed = cell.narrow(place.part) if place.part else cell
                found += [narrowed] if narrowed else []
        return found

    def _field(self, place: Place, segments: list[Segment]) -> str:
        for segment in segments:
            for cell in cells_of(segment, place.field, self._message, self.log)[:1]:
                return cell.get(place.part or 1).upper()
        return ""

    def _holds(self, tests: tuple[Test, ...], source: Scope | Cell, scope: Scope) -> bool:
        for test in tests:
            if test.place.segment:
                value = self._field(test.place, scope.segments.get(test.place.segment, []))
            elif isinstance(source, Cell):
                value = source.get(test.place.field, test.place.part or 1).upper()
            else:
                value = ""
            if not (value and "*" in test.values) and value not in test.values:
                return False
        return True


def _taken(target: Resource, row: Row, rename: Mapping[str, Any]) -> bool:
    """Tell whether the one place that a row fills is filled."""
    return not _appends(row.to) and len(row.to) == 1 and row.to[0].name not in rename and row.to[0].name in target


def _appends(path: tuple[Step, ...]) -> bool:
    return any(step.index == -1 for step in path)


def _has(body: Resource, needs: tuple[str, ...]) -> bool:
    return all(any(name in body for name in need.split("|")) for need in needs)


def _named(body: Resource) -> str:
    """Return the identifiers of a resource as one text; '' when it has none."""
    found = [
        f"{i.get('system') or i.get('assigner', {}).get('display', '')}|{i['value']}"
        for i in body.get("identifier", [])
        if "value" in i
    ]
    return found[0] if found else ""


def _store(target: Resource, row: Row, value: Any, rename: Mapping[str, Any]) -> bool:
    """Put a value in its place; False when another one stands there."""
    path = row.to
    if isinstance(value, dict) and row.put:
        value = {**row.put, **value}
    if row.ext:
        url, _, kind = row.ext.partition(" ")
        value = {"url": url, kind or "valueString": value}
        path = (*path, Step("extension", -1))
    if path and path[0].name in rename:
        other = rename[path[0].name]
        if not other:
            return False
        if isinstance(other, dict):
            value, path = {**other.get("put", {}), other["as"]: value}, path_of(other["to"])
        else:
            path = (*path_of(other), *path[1:])
    if not path:
        return isinstance(value, dict) and _merge(target, value)
    at = target
    for step in path[:-1]:
        at = _down(at, step)
    last = path[-1]
    if last.index is None:
        if last.name in at:
            return _same(at[last.name], value) or _add_to(at[last.name], value)
        at[last.name] = value
        return True
    held = at.setdefault(last.name, [])
    if value not in held:
        held.append(value)
    return True


def _merge(target: Resource, value: Resource) -> bool:
    """Add the parts of a value that do not contradict what stands there."""
    if any(name in target and not _same(target[name], part) for name, part in value.items()):
        return False
    target.update(value)
    return True


def _add_to(held: Any, value: Any) -> bool:
    """Add a unit to a number, or the codings of a second concept; False when that would leave some of it out."""
    if not (isinstance(held, dict) and isinstance(value, dict)):
        return False
    if value.keys() <= _UNIT and "value" in held:
        return _merge(held, value)
    if not (held.get("coding") and value.get("coding")):
        return False
    told = [held.get("text"), *(coding.get("display") for coding in value["coding"])]
    if value.get("text") and value["text"] not in told:
        return False
    held["coding"] += [coding for coding in value["coding"] if coding not in held["coding"]]
    return True


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return str(one) == str(other)
    return bool(one == other)


def _down(at: Resource, step: Step) -> Resource:
    """Go one step down, making what is not there."""
    if step.index is None:
        found: Resource = at.setdefault(step.name, {})
        return found
    held: list[Resource] = at.setdefault(step.name, [])
    if step.index == -1 or not held:
        held.append({})
    return held[step.index if step.index >= 0 else -1]
