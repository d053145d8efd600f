"""The stream's public contract as documents, made from the code: JSON Schema of every payload, one AsyncAPI page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

import doorstep
from doorstep.handler import Subscription
from doorstep.stream.cloudevents import CONTENT_TYPE, HEADERS
from schemas.event import Payload
from schemas.topics import TOPICS

__all__ = ["ASYNCAPI", "JSON_FOLDER", "asyncapi", "drift", "files", "json_schemas", "write"]

ASYNCAPI = "docs/asyncapi.json"
JSON_FOLDER = "schemas/json"

_DESCRIPTION = (
    "Every event of the hub, published by its relay from the journal: at least once, in order per key, "
    "in the binary mode of the CloudEvents Kafka binding. Take an event by its ce_id once; ignore fields you do "
    "not know: within a version, fields are only added. Setting DOORSTEP_KAFKA_PREFIX stands before every address "
    "and consumer group."
)
_OPTIONAL_HEADERS = {"ce_subject", "ce_correlationid", "ce_causationid", "ce_traceparent", "ce_sequence"}


def files(subscriptions: Iterable[Subscription]) -> dict[str, str]:
    """Return every generated document: path below the root of the checkout -> text."""
    return {ASYNCAPI: _text(asyncapi(subscriptions)), **json_schemas()}


def json_schemas() -> dict[str, str]:
    """Return the JSON Schema of every payload as published: path -> text."""
    found: dict[str, str] = {}
    for topic, cls in TOPICS.items():
        path = f"{JSON_FOLDER}/{topic}.v{cls.version}.json"
        schema = _open(cls.model_json_schema(mode="serialization"))
        found[path] = _text({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": _id(cls), **schema})
    return found


def write(root: Path, documents: Mapping[str, str]) -> list[str]:
    """Make the files under `root` as given and remove schemas that are no more; return what changed."""
    changed = drift(root, documents)
    for path in changed:
        target = root / path
        if path in documents:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(documents[path], encoding="utf-8")
        else:
            target.unlink()
    return changed


def drift(root: Path, documents: Mapping[str, str]) -> list[str]:
    """Return the paths whose file is missing, differs from the code, or is a schema that the code no longer has."""
    wrong = [path for path, text in documents.items() if _read(root / path) != text]
    if any(path.startswith(JSON_FOLDER) for path in documents):
        there = {f"{JSON_FOLDER}/{file.name}" for file in (root / JSON_FOLDER).glob("*.json")}
        wrong += sorted(there - set(documents))
    return wrong


def asyncapi(subscriptions: Iterable[Subscription]) -> dict[str, Any]:
    """Return the AsyncAPI 3 document: a channel a topic, the relay's publishing and each consumer group's receiving.

    FastStream draws it from a broker with the same topics and groups as the running one. What it cannot
    say is put right afterwards: one channel for a topic however many read it, headers, keys and groups.
    """
    from faststream.kafka import KafkaBroker
    from faststream.specification import AsyncAPI

    consumers = sorted(subscriptions, key=lambda s: (s.topic, s.consumer))
    broker = KafkaBroker("localhost:9092", specification_url="localhost:9092")
    for topic, cls in TOPICS.items():
        broker.publisher(topic, schema=cls, title=_publishes(topic), description=_about(cls))
    for subscription in consumers:
        _declare(broker, subscription)
    drawn = AsyncAPI(broker, title="Doorstep events", version=doorstep.__version__, description=_DESCRIPTION)
    document: dict[str, Any] = drawn.to_specification().to_jsonable()
    return _put_right(document, consumers)


def _declare(broker: Any, subscription: Subscription) -> None:
    """Subscribe a typed function, so that FastStream knows the payload."""

    async def receive(event: Any) -> None: ...

    receive.__annotations__["event"] = subscription.payload
    about = (subscription.handle.__doc__ or "").strip().partition("\n")[0]
    title = _receives(subscription)
    broker.subscriber(subscription.topic, group_id=subscription.consumer, title=title, description=about)(receive)


def _put_right(drawn: dict[str, Any], consumers: list[Subscription]) -> dict[str, Any]:
    channels = {topic: _channel(drawn["channels"][_publishes(topic)], cls) for topic, cls in TOPICS.items()}
    operations: dict[str, Any] = {}
    for topic in TOPICS:
        operations[_publishes(topic)] = _operation(drawn["operations"][_publishes(topic)], topic)
    for subscription in consumers:
        name = _receives(subscription)
        operation = _operation(drawn["operations"][name], subscription.topic)
        about = drawn["channels"][name].get("description")
        group = {"kafka": {"groupId": {"type": "string", "enum": [subscription.consumer]}, "bindingVersion": "0.5.0"}}
        operations[name] = {**operation, **({"summary": about} if about else {}), "bindings": group}
    server = {**next(iter(drawn["servers"].values())), "description": "Setting DOORSTEP_KAFKA_BOOTSTRAP"}
    return {
        "asyncapi": drawn["asyncapi"],
        "info": {**drawn["info"], "license": {"name": "Apache-2.0"}},
        "defaultContentType": CONTENT_TYPE,
        "servers": {"kafka": server},
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {_message_name(cls): _message(cls) for cls in TOPICS.values()},
            "messageTraits": {"cloudevent": {"headers": _headers(), "contentType": CONTENT_TYPE}},
            "schemas": _payload_schemas(),
        },
    }


def _channel(drawn: dict[str, Any], cls: type[Payload]) -> dict[str, Any]:
    messages = {_message_name(cls): {"$ref": f"#/components/messages/{_message_name(cls)}"}}
    return {**drawn, "servers": [{"$ref": "#/servers/kafka"}], "messages": messages}


def _operation(drawn: dict[str, Any], topic: str) -> dict[str, Any]:
    message = f"#/channels/{topic}/messages/{_message_name(TOPICS[topic])}"
    return {**drawn, "channel": {"$ref": f"#/channels/{topic}"}, "messages": [{"$ref": message}]}


def _message(cls: type[Payload]) -> dict[str, Any]:
    return {
        "name": cls.event_type(),
        "title": cls.__name__,
        "summary": _about(cls),
        "payload": {"$ref": f"#/components/schemas/{cls.__name__}"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"The payload's {cls.key_field}: one key, one order"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": about} for name, about in HEADERS.items()},
        "required": sorted(set(HEADERS) - _OPTIONAL_HEADERS),
    }


def _payload_schemas() -> dict[str, Any]:
    models = [(cls, "serialization") for cls in TOPICS.values()]
    _, schema = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    definitions: dict[str, Any] = _open(schema["$defs"])
    return dict(sorted(definitions.items()))


def _open(schema: Any) -> Any:
    """Take `additionalProperties: false` away: a reader of version 1 must bear the fields that it will gain."""
    if isinstance(schema, list):
        return [_open(each) for each in schema]
    if isinstance(schema, dict):
        return {k: _open(v) for k, v in schema.items() if not (k == "additionalProperties" and v is False)}
    return schema


def _about(cls: type[Payload]) -> str:
    """Return the first line of the payload's own docstring; a subclass without one has nothing to say."""
    return (cls.__dict__.get("__doc__") or cls.__name__).strip().partition("\n")[0]


def _id(cls: type[Payload]) -> str:
    return f"urn:{cls.event_type().replace('.', ':')}"


def _message_name(cls: type[Payload]) -> str:
    return f"{cls.topic}.v{cls.version}"


def _publishes(topic: str) -> str:
    return f"relay.publishes.{topic}"


def _receives(subscription: Subscription) -> str:
    return f"{subscription.consumer}.receives.{subscription.topic}"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
