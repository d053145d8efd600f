"""The published R4 examples: valid, the same in XML, and judged by our walk as by fhir.resources, also when broken."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from connectors.fhir.capability import CREATED
from schemas.fhir import is_resource_type, loads, xml_dumps, xml_loads
from schemas.fhir.invariants import broken
from schemas.fhir.validation import second_opinion, walked
from tests.services.fhir_examples import published
from tests.services.process import ServiceMissingError, unavailable

TYPES = {*CREATED, "Task", "Bundle", "Observation", "Questionnaire", "OperationOutcome", "MessageHeader", "Parameters"}
LARGEST = 150_000
FAULTY = {"Questionnaire-qs1.json", "Bundle-dg2.json"}
"""Examples that break the specification themselves."""


@pytest.fixture(scope="module")
def examples() -> dict[str, dict[str, Any]]:
    try:
        folder: Path = published()
    except ServiceMissingError as missing:
        unavailable(str(missing))
    files = [p for p in sorted(folder.glob("*.json")) if p.name.partition("-")[0] in TYPES]
    read = {p.name: loads(p.read_bytes(), max_bytes=10**8) for p in files if p.stat().st_size < LARGEST}
    assert len(read) > 250
    return {name: resource for name, resource in read.items() if is_resource_type(str(resource.get("resourceType")))}


def test_the_published_examples_are_valid(examples: dict[str, dict[str, Any]]) -> None:
    wrong = {name: walked(one) or second_opinion(one) for name, one in examples.items()}
    assert {name for name, issues in wrong.items() if issues} <= FAULTY
    assert {name: broken(one)[0] for name, one in examples.items() if not wrong[name] and broken(one)} == {}


def test_they_come_back_from_xml_as_they_were(examples: dict[str, dict[str, Any]]) -> None:
    sound = {name: one for name, one in examples.items() if name not in FAULTY}
    assert [n for n, one in sound.items() if xml_loads(xml_dumps(one), max_bytes=10**8) != one] == []


def test_what_the_library_refuses_in_a_broken_one_our_walk_refuses_too(examples: dict[str, dict[str, Any]]) -> None:
    chance = random.Random(20261128)
    sound = [one for name, one in examples.items() if name not in FAULTY]
    tried, unseen = 0, []
    for resource in chance.sample(sound, 120):
        for what, faulty in _broken(resource, chance):
            tried += 1
            if second_opinion(faulty) and not walked(faulty):
                unseen.append((resource["resourceType"], resource.get("id"), what))
    assert tried > 1000
    assert unseen == []


def _broken(resource: dict[str, Any], chance: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a resource with one fault each, at places that chance picks."""
    places = list(_places(resource, ()))
    for _ in range(12):
        path = chance.choice(places)
        how = chance.choice(("gone", "list", "object", "number", "text", "renamed", "empty", "null"))
        copy = deepcopy(resource)
        holder: Any = copy
        for step in path[:-1]:
            holder = holder[step]
        value, key = holder[path[-1]], path[-1]
        if how == "gone":
            del holder[key]
        elif how == "renamed" and isinstance(key, str):
            holder[f"{key}x"] = holder.pop(key)
        else:
            said: dict[str, Any] = {"list": [value], "object": {"a": 1}, "number": 7, "text": "x y", "null": None}
            holder[key] = said.get(how, "")
        yield f"{how} {'.'.join(str(step) for step in path)}", copy


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        if step not in {"resourceType", "div"}:
            yield (*path, step)
            yield from _places(item, (*path, step))
