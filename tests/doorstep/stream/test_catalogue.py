"""The published contract says what the code does, for every topic, and drift is seen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from doorstep import registry
from doorstep.handler import Subscription
from doorstep.stream import catalogue
from doorstep.stream.cloudevents import HEADERS, to_record
from schemas.case import OfferAccepted
from schemas.event import Event, Payload
from schemas.topics import TOPICS
from schemas.transmission import TransmissionReceived
from tests.doorstep.stream.payloads import events

ROOT = Path(__file__).resolve().parents[3]


def _read(event: Event[TransmissionReceived], unit: object) -> Iterable[Payload]:
    """Read the pages.

    And more that nobody needs in a summary.
    """
    return ()


SUBSCRIPTIONS = [
    Subscription(TransmissionReceived, "translate", _read),
    Subscription(TransmissionReceived, "read", _read),
    Subscription(OfferAccepted, "schedule", lambda event, unit: ()),
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return catalogue.asyncapi(SUBSCRIPTIONS)


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from _refs(value)
    elif isinstance(node, list):
        for each in node:
            yield from _refs(each)


def _follow(document: dict[str, Any], ref: str) -> Any:
    node: Any = document
    for part in ref.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_every_topic_has_one_channel_whoever_reads_it(document: dict[str, Any]) -> None:
    assert {channel["address"] for channel in document["channels"].values()} == set(TOPICS)
    assert len(document["channels"]) == len(TOPICS)


def test_the_relay_publishes_every_topic_and_each_group_receives_its_own(document: dict[str, Any]) -> None:
    operations = document["operations"]
    assert sum(operation["action"] == "send" for operation in operations.values()) == len(TOPICS)
    received = {
        (operation["bindings"]["kafka"]["groupId"]["enum"][0], operation["channel"]["$ref"].rsplit("/", 1)[1])
        for operation in operations.values()
        if operation["action"] == "receive"
    }
    assert received == {(s.consumer, s.topic) for s in SUBSCRIPTIONS}
    assert operations["read.receives.intake.transmission.received"]["summary"] == "Read the pages."


def test_every_reference_leads_somewhere_and_every_name_is_allowed(document: dict[str, Any]) -> None:
    for ref in _refs(document):
        assert _follow(document, ref) is not None
    for names in (document["channels"], document["operations"], *document["components"].values()):
        assert all(re.fullmatch(r"[\w.\-]+", name) for name in names)
    assert document["asyncapi"].startswith("3.")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(event=events())
def test_records_have_the_headers_and_fields_that_the_document_says(
    document: dict[str, Any], event: Event[Payload]
) -> None:
    message = _follow(document, document["channels"][event.topic]["messages"][f"{event.topic}.v1"]["$ref"])
    trait = _follow(document, message["traits"][0]["$ref"])
    record = to_record(event)
    names = {name for name, _ in record.headers}
    assert set(trait["headers"]["required"]) <= names <= set(trait["headers"]["properties"]) == set(HEADERS)
    payload = _follow(document, message["payload"]["$ref"])
    assert set(payload["properties"]) == set(json.loads(record.value)) >= set(payload.get("required", ()))
    assert message["name"] == event.type


def test_a_reader_is_not_told_to_refuse_fields_that_a_version_may_gain() -> None:
    for text in catalogue.files(SUBSCRIPTIONS).values():
        assert '"additionalProperties": false' not in text


def test_the_committed_json_schemas_are_those_of_the_code() -> None:
    assert catalogue.drift(ROOT, catalogue.json_schemas()) == [], "run: doorstep schema json"


def test_the_committed_asyncapi_document_is_that_of_the_code() -> None:
    documents = catalogue.files(registry.subscriptions())
    assert catalogue.drift(ROOT, {catalogue.ASYNCAPI: documents[catalogue.ASYNCAPI]}) == [], (
        "run: doorstep schema asyncapi"
    )


def test_drift_is_seen_and_writing_ends_it(tmp_path: Path) -> None:
    documents = catalogue.files(SUBSCRIPTIONS)
    assert catalogue.drift(tmp_path, documents) == list(documents)
    assert catalogue.write(tmp_path, documents) == list(documents)
    assert catalogue.write(tmp_path, documents) == []
    (tmp_path / "schemas/json/case.state.changed.v1.json").write_text("{}")
    (tmp_path / "schemas/json/old.topic.v1.json").write_text("{}")
    wrong = ["schemas/json/case.state.changed.v1.json", "schemas/json/old.topic.v1.json"]
    assert catalogue.drift(tmp_path, documents) == wrong
    assert catalogue.write(tmp_path, documents) == wrong
    assert catalogue.drift(tmp_path, documents) == []


def test_the_documents_are_the_same_each_time_and_in_any_order_of_subscriptions() -> None:
    assert catalogue.files(SUBSCRIPTIONS) == catalogue.files(reversed(SUBSCRIPTIONS))
