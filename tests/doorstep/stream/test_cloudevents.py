"""An event survives Kafka unchanged, and no record, however hostile, is taken for an event that it is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.errors import Refused
from doorstep.stream.cloudevents import HEADERS, MAX_VALUE, Record, from_record, to_record
from schemas.event import Event, Payload
from schemas.outbound import DeliveryDied
from schemas.topics import TOPICS
from tests.doorstep.stream.payloads import events

EVENT: Event[Payload] = Event(
    id="e-1",
    source="/doorstep/handlers/link",
    time=datetime(2026, 3, 1, 12, 30, 0, 250, tzinfo=UTC),
    data=DeliveryDied(
        event_id="e-0",
        event_topic="referral.received",
        event_key="DS-000001-1",
        consumer="link",
        error_code="no-case",
        reason="gone",
        attempts=3,
    ),
    subject="DS-000001-1",
    correlation_id="d-1",
    causation_id="e-0",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    seq=17,
)
RECORD = to_record(EVENT)

HEADER_VALUES = st.sampled_from(["1.0", "x", *dict(RECORD.headers).values()])


def _with(**headers: str | bytes | None) -> Record:
    """The good record with some headers changed (None takes one away); `_` stands for `-` in content_type."""
    changes = {name.replace("content_type", "content-type"): value for name, value in headers.items()}
    kept = [(name, value) for name, value in RECORD.headers if name not in changes]
    new = [(n, v.encode() if isinstance(v, str) else v) for n, v in changes.items() if v is not None]
    return replace(RECORD, headers=[*kept, *new])


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(events(), st.sampled_from(["", "site-a."]))
def test_any_event_of_any_topic_comes_back_as_it_was(event: Event[Payload], prefix: str) -> None:
    assert from_record(to_record(event, prefix=prefix), prefix=prefix) == event


def test_a_record_is_what_the_binding_says() -> None:
    assert RECORD.topic == "hub.delivery.dead"
    assert RECORD.key == b"e-0"
    assert dict(RECORD.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e-1",
        "ce_source": b"/doorstep/handlers/link",
        "ce_type": b"org.doorstep.hub.delivery.dead.v1",
        "ce_time": b"2026-03-01T12:30:00.000250Z",
        "ce_subject": b"DS-000001-1",
        "ce_correlationid": b"d-1",
        "ce_causationid": b"e-0",
        "ce_traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "ce_sequence": b"00000000000000000017",
        "content-type": b"application/json",
    }
    assert json.loads(RECORD.value)["attempts"] == 3
    assert set(dict(RECORD.headers)) == set(HEADERS)


def test_empty_attributes_have_no_header() -> None:
    bare = replace(EVENT, subject="", correlation_id="", causation_id="", traceparent="", seq=0)
    assert not {"ce_subject", "ce_correlationid", "ce_causationid", "ce_traceparent", "ce_sequence"} & set(
        dict(to_record(bare).headers)
    )
    assert from_record(to_record(bare)) == bare


def test_headers_of_others_and_parameters_of_the_content_type_do_no_harm() -> None:
    assert from_record(_with(content_type="application/json; charset=utf-8", x_trace=b"\xff")) == EVENT


@pytest.mark.parametrize(
    ("code", "record"),
    [
        ("record-headers", replace(RECORD, headers=[])),
        ("record-headers", _with(ce_id=None)),
        ("record-headers", _with(ce_id="")),
        ("record-headers", _with(ce_id=b"\xff\xfe")),
        ("record-headers", _with(ce_source="s" * 5000)),
        ("record-headers", replace(RECORD, headers=[*RECORD.headers, ("ce_id", b"e-2")])),
        ("record-headers", replace(RECORD, headers=[("ce_id", None), *RECORD.headers[2:]])),
        ("record-specversion", _with(ce_specversion="0.3")),
        ("record-content-type", _with(content_type="application/cloudevents+json")),
        ("record-type", _with(ce_type="org.doorstep.hub.delivery.dead.v2")),
        ("record-type", _with(ce_type="com.example.invoice.v1")),
        ("record-topic", _with(ce_type="org.doorstep.case.state.changed.v1")),
        ("record-topic", replace(RECORD, topic="site-a.hub.delivery.dead")),
        ("record-time", _with(ce_time="yesterday")),
        ("record-time", _with(ce_time="2026-03-01T12:30:00")),
        ("record-time", _with(ce_time="0001-01-01T00:00:00+14:00")),
        ("record-sequence", _with(ce_sequence="-1")),
        ("record-sequence", _with(ce_sequence="9" * 30)),
        ("record-sequence", _with(ce_sequence="١٢")),
        ("record-key", replace(RECORD, key=b"other")),
        ("record-key", replace(RECORD, key=None)),
        ("record-value", replace(RECORD, value=None)),
        ("record-value", replace(RECORD, value=b" " * (MAX_VALUE + 1))),
        ("record-data", replace(RECORD, value=b"")),
        ("record-data", replace(RECORD, value=b"{not json")),
        ("record-data", replace(RECORD, value=b"null")),
        ("record-data", replace(RECORD, value=b"[]")),
        ("record-data", replace(RECORD, value=b"\xff\xfe\x00")),
        ("record-data", replace(RECORD, value=b"[" * 200_000)),
        ("record-data", replace(RECORD, value=RECORD.value[:-1])),
        ("record-data", replace(RECORD, value=b'{"event_id": "e-0"}')),
    ],
)
def test_a_hostile_record_is_refused(code: str, record: Any) -> None:
    with pytest.raises(Refused) as refused:
        from_record(record)
    assert refused.value.code == code


def test_a_refusal_names_neither_a_value_nor_a_foreign_field() -> None:
    data = {**json.loads(RECORD.value), "attempts": "Jane Roe", "Jane Roe 1950": 1}
    for value in (data, {"Jane Roe 1950": 1, **json.loads(RECORD.value)}):
        with pytest.raises(Refused) as refused:
            from_record(replace(RECORD, value=json.dumps(value).encode()))
        assert "Jane" not in str(refused.value) + refused.value.detail
        assert refused.value.__cause__ is None


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(TOPICS)) | st.text(max_size=10),
    st.none() | st.binary(max_size=20),
    st.none() | st.binary(max_size=60) | st.from_regex(r"\{.*\}").map(str.encode),
    st.lists(
        st.tuples(st.sampled_from(sorted(HEADERS)), st.sampled_from(["1.0", "x", *dict(RECORD.headers).values()]))
    ),
)
def test_no_record_whatever_it_holds_raises_anything_but_refused(
    topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, Any]]
) -> None:
    raw = [(name, v if isinstance(v, bytes) else v.encode()) for name, v in headers]
    with pytest.raises(Refused):
        from_record(Record(topic, key, value, raw))  # type: ignore[arg-type]
