"""The tables of `mappings/` as values: which field of HL7 v2 goes to which element of FHIR, checked when they are read.

`docs/hl7v2.md` says how a row is written. The tables are data: a field is mapped elsewhere by changing a line there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from schemas.yaml_text import parsed

FILES = ("codes", "types", "people", "orders", "visits", "results", "messages")
_WORDS = ("type", "map", "table", "system", "value", "put", "make", "ref", "ext", "join", "without", "each")
_TESTS = ("when", "unless", "where", "among")
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,2})(?:\.(\d{1,2}))?|(\d{1,2})(?:\.(\d{1,2}))?")
_STEP = re.compile(r"([A-Za-z_]+)(\[(\d*)\])?")


@dataclass(frozen=True, slots=True)
class Place:
    """`SEG-5`, `SEG-5.2` over segments; `5`, `5.2` inside a cell (segment is '')."""

    segment: str
    field: int
    part: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path into a resource; `index` -1 appends to a list, None is no list."""

    name: str
    index: int | None


@dataclass(frozen=True, slots=True)
class Test:
    """A condition: the value at `place` is one of `values` (`*`: any value at all)."""

    place: Place
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; `docs/hl7v2.md` describes each word."""

    to: tuple[Step, ...]
    at: tuple[Place, ...] = ()
    type: str = "text"
    map: str = ""
    table: str = ""
    system: str = ""
    system_at: Place | None = None
    value: Any = None
    put: Mapping[str, Any] = field(default_factory=dict)
    make: str = ""
    ref: str = ""
    ext: str = ""
    each: str = ""
    join: str | None = None
    when: tuple[Test, ...] = ()
    unless: tuple[Test, ...] = ()
    where: tuple[Test, ...] = ()
    among: tuple[Test, ...] = ()
    without: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one data type (`resource` is '') or of one resource."""

    name: str
    rows: tuple[Row, ...]
    resource: str = ""
    by: str = "guide"
    needs: tuple[str, ...] = ()
    identity: str = "place"
    finish: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a message's table: make a resource, once or for each segment of a name with those after it."""

    table: str
    each: str = ""
    following: tuple[str, ...] = ()
    rank: tuple[Place, ...] = ()
    name: str = ""
    when: tuple[Test, ...] = ()
    unless: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageMap:
    """What becomes of one message type."""

    by: str
    person: tuple[Part, ...]
    item: tuple[Part, ...]
    report: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Mappings:
    """Everything that `mappings/` holds."""

    types: Mapping[str, Table]
    resources: Mapping[str, Table]
    messages: Mapping[str, MessageMap]
    codes: Mapping[str, Mapping[str, str]]
    systems: Mapping[str, str]
    v2_codes: Mapping[str, frozenset[str]]
    requests: Mapping[str, Mapping[str, str]]
    settled: frozenset[str]


def place_of(text: object) -> Place:
    """Read a place; ValueError when it is none."""
    found = _PLACE.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text} is no place")
    if found[1]:
        return Place(found[1], int(found[2]), int(found[3]) if found[3] else None)
    return Place("", int(found[4]), int(found[5]) if found[5] else None)


def path_of(text: str) -> tuple[Step, ...]:
    """Read a path: `name[].given`, `content[0].attachment`, `.` for the object itself."""
    if text == ".":
        return ()
    steps = []
    for word in text.split("."):
        found = _STEP.fullmatch(word)
        if found is None:
            raise ValueError(f"{text} is no path")
        steps.append(Step(found[1], None if found[2] is None else int(found[3]) if found[3] else -1))
    return tuple(steps)


@cache
def mappings() -> Mappings:
    """Return the tables of this installation."""
    raw: dict[str, Any] = {}
    for name in FILES:
        text = (files("schemas.hl7v2") / "mappings" / f"{name}.yaml").read_text("utf-8")
        for key, value in parsed(text).items():
            raw.setdefault(key, {}).update(value)
    return Mappings(
        types={name: _table(name, of if isinstance(of, dict) else {"rows": of}) for name, of in raw["types"].items()},
        resources={name: _table(name, of) for name, of in raw["resources"].items()},
        messages=_messages(raw["messages"], raw["groups"]),
        codes={name: {str(k): str(v) for k, v in of.items()} for name, of in raw["codes"].items()},
        systems={str(word).upper(): uri for uri, words in raw["systems"].items() for word in [uri, *words]},
        v2_codes={str(number): frozenset(str(codes).split()) for number, codes in raw["v2"].items()},
        requests=raw["requests"],
        settled=frozenset(raw["settled"]["fields"]),
    )


def _tests(raw: Mapping[str, Any] | None) -> tuple[Test, ...]:
    return tuple(
        Test(place_of(at), frozenset(str(v) for v in (wanted if isinstance(wanted, list) else [wanted])))
        for at, wanted in (raw or {}).items()
    )


def _row(raw: Mapping[str, Any]) -> Row:
    at = raw.get("at", ())
    made: dict[str, Any] = {name: raw[name] for name in _WORDS if name in raw}
    made |= {name: _tests(raw[name]) for name in _TESTS if name in raw}
    unknown = raw.keys() - made.keys() - {"to", "at", "system_at"}
    if unknown:
        raise ValueError(f"a row has unknown words: {sorted(unknown)}")
    if "system_at" in raw:
        made["system_at"] = place_of(raw["system_at"])
    places = tuple(place_of(one) for one in (at if isinstance(at, (list, tuple)) else [at]))
    return Row(to=path_of(str(raw.get("to", "."))), at=places, **made)


def _table(name: str, raw: Mapping[str, Any]) -> Table:
    rest = {k: raw[k] for k in ("resource", "by", "identity", "finish", "source") if k in raw}
    needs = str(raw.get("needs", "")).split()
    return Table(name, tuple(_row(row) for row in raw["rows"]), needs=tuple(needs), **rest)


def _messages(raw: Mapping[str, Any], groups: Mapping[str, list[Any]]) -> dict[str, MessageMap]:
    found = {}
    for name, of in raw.items():
        parts = {part: tuple(_parts(of.get(part, ()), groups)) for part in ("person", "item", "report")}
        for one in str(name).split():
            found[one] = MessageMap(of["by"], **parts)
    return found


def _parts(raw: list[Any], groups: Mapping[str, list[Any]]) -> Iterator[Part]:
    for line in raw:
        if isinstance(line, str):
            yield from _parts(groups[line], groups)
            continue
        rank = line.get("rank", ())
        yield Part(
            line["table"],
            line.get("each", ""),
            tuple(line.get("with", ())),
            tuple(place_of(one) for one in (rank if isinstance(rank, list) else [rank] if rank else [])),
            line.get("as", line["table"]),
            _tests(line.get("when")),
            _tests(line.get("unless")),
        )
