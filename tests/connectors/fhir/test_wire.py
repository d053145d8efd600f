"""HTTP at its edges: media types, sizes, compressed bodies, wrong addresses, an unavailable journal, hostile JSON."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.fhir.capability import CREATED
from connectors.fhir.wire import XML_TYPE
from doorstep.errors import Unavailable
from schemas.fhir import dumps, loads, validate, xml_dumps, xml_loads
from tests.connectors.fhir.server import JSON as HEADERS
from tests.connectors.fhir.server import SAMPLES, Served, served
from tests.samples.make_fhir import bundle, contained
from tests.samples.people import order_truth
from tests.schemas.fhir.strategies import JSON

pytestmark = pytest.mark.asyncio(loop_scope="session")

GOOD = (SAMPLES / "service_request.json").read_bytes()


@pytest.mark.parametrize(
    "media",
    ["application/json; fhirVersion=3.0", "application/pdf", "text/plain", "application/x-www-form-urlencoded", "x"],
)
async def test_other_media_types_are_refused(site: Served, media: str) -> None:
    reply = await site.client.post("/fhir/ServiceRequest", content=GOOD, headers={"Content-Type": media})
    assert reply.status_code == 415
    assert validate(reply.json()) == []


@pytest.mark.parametrize("media", ["application/fhir+json; charset=UTF-8; fhirVersion=4.0", "application/json"])
async def test_json_under_either_name_is_taken(site: Served, media: str) -> None:
    reply = await site.client.post("/fhir/ServiceRequest", content=GOOD, headers={"Content-Type": media})
    assert reply.status_code == 201


async def test_another_character_set_is_refused(site: Served) -> None:
    media = {"Content-Type": "application/fhir+json; charset=latin-1"}
    assert (await site.client.post("/fhir/ServiceRequest", content=GOOD, headers=media)).status_code == 415


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (gzip.compress(b" " * 10_000_000, mtime=0), "gzip", 413),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", 400),
        (gzip.compress(b"{}", mtime=0) + b"more", "gzip", 400),
        (b"not packed", "gzip", 400),
        (b"{}", "br", 415),
    ],
)
async def test_packed_bodies_that_swell_or_break_are_refused(
    site: Served, body: bytes, coding: str, status: int
) -> None:
    reply = await site.post("/fhir", body, **{"Content-Encoding": coding})
    assert reply.status_code == status


async def test_a_packed_order_is_taken_and_the_answer_is_packed_for_who_asks(site: Served) -> None:
    plain = await site.post("/fhir/ServiceRequest", GOOD)
    packed = await site.post("/fhir/ServiceRequest", gzip.compress(GOOD), **{"Content-Encoding": "gzip"})
    assert packed.headers["location"] == plain.headers["location"]
    statement = await site.client.get("/fhir/metadata", headers={"Accept-Encoding": "gzip"})
    assert statement.headers["content-encoding"] == "gzip"
    assert statement.json()["resourceType"] == "CapabilityStatement"


@pytest.mark.parametrize(
    ("accept", "query", "media"),
    [
        ("application/fhir+json", "", "json"),
        ("application/fhir+xml", "", "xml"),
        ("application/fhir+xml;q=1.0, application/fhir+json;q=1.0", "", "json"),
        ("application/fhir+xml, application/json;q=0.5", "", "xml"),
        ("application/fhir+xml", "?_format=json", "json"),
        ("application/fhir+json;fhirVersion=4.0", "", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "xml"),
        ("*/*", "?_format=xml", "xml"),
        ("*/*", "?_format=application/fhir%2Bjson", "json"),
        ("*/*", "?_format=application/fhir+xml", "xml"),
    ],
)
async def test_the_form_of_the_answer_is_the_clients_choice(site: Served, accept: str, query: str, media: str) -> None:
    reply = await site.client.get(f"/fhir/metadata{query}", headers={"Accept": accept})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith(f"application/fhir+{media}")
    assert reply.content.startswith(b"{" if media == "json" else b"<?xml")


@pytest.mark.parametrize("accept", ["text/html", "application/fhir+json;fhirVersion=5.0", "application/fhir+json;q=0"])
async def test_what_is_not_served_is_406(site: Served, accept: str) -> None:
    reply = await site.client.get("/fhir/metadata", headers={"Accept": accept})
    assert reply.status_code == 406
    assert reply.json()["resourceType"] == "OperationOutcome"


async def test_an_order_in_xml_is_the_order_and_is_answered_in_xml(site: Served) -> None:
    body = xml_dumps(loads(GOOD, max_bytes=10**6))
    reply = await site.client.post("/fhir/ServiceRequest", content=body, headers={"Content-Type": XML_TYPE})
    assert reply.status_code == 201
    stored = xml_loads(reply.content, max_bytes=10**6)
    again = await site.post("/fhir/ServiceRequest", GOOD)
    assert again.json()["id"] == stored["id"], "the same order in the other form is the same order"
    (received,) = await site.received()
    assert received.contents[0].content_type == XML_TYPE
    assert await site.hub.content(received.contents[0]) == body
    assert (await site.orders(received))[0].lines


async def test_broken_xml_is_400_and_an_entity_is_not_looked_at(site: Served) -> None:
    headers = {"Content-Type": XML_TYPE, "Accept": "application/fhir+json"}
    for body, code in ((b"<ServiceRequest", "structure"), (b"<!DOCTYPE a><a/>", "security")):
        reply = await site.client.post("/fhir/ServiceRequest", content=body, headers=headers)
        assert (reply.status_code, reply.json()["issue"][0]["code"]) == (400, code)


async def test_a_body_over_the_cap_is_refused_by_its_length(site: Served) -> None:
    reply = await site.post("/fhir", b" " * (64 * 1024 + 1))
    assert (reply.status_code, reply.json()["issue"][0]["code"]) == (413, "too-long")


async def test_a_body_without_a_length_is_refused_while_it_is_read(site: Served) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 1000:
            sent += 1
            yield b" " * 16 * 1024
            await asyncio.sleep(0)

    reply = await site.client.post("/fhir", content=endless(), headers=HEADERS)
    assert reply.status_code == 413


async def test_a_sender_that_hangs_up_halfway_leaves_nothing(site: Served) -> None:
    url = site.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /fhir/ServiceRequest HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nContent-Length: {len(GOOD)}\r\n"
    writer.write(f"{head}Content-Type: application/fhir+json\r\n\r\n".encode() + GOOD[:200])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    del reader
    assert (await site.client.get("/fhir/metadata")).status_code == 200
    assert await site.received() == []


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("POST", "/fhir/Foo", 404),
        ("POST", "/fhir/HumanName", 404),
        ("POST", "/fhir/Immunization", 404),
        ("GET", "/fhir/Foo/1", 404),
        ("GET", "/fhir/Patient/none", 404),
        ("GET", "/fhir/Doorstep.Task/1", 404),
        ("GET", "/fhir/Task/none", 404),
        ("GET", "/fhir/Patient/none/_history/2", 404),
        ("PUT", "/fhir/Patient/1", 405),
        ("DELETE", "/fhir/ServiceRequest/1", 405),
        ("PATCH", "/fhir/ServiceRequest/1", 415),
        ("PATCH", "/fhir/Task/1", 405),
        ("POST", "/fhir/Task", 422),
        ("GET", "/fhir/Patient?unknown=1", 400),
        ("GET", "/fhir/Patient?birthdate=yesterday", 400),
        ("GET", "/fhir/Patient?name:above=x", 400),
        ("GET", "/fhir/Patient?_page=x", 400),
        ("GET", "/fhir/Patient/none/_history", 404),
        ("POST", "/fhir/Foo/$validate", 404),
        ("GET", "/fhir", 405),
        ("PUT", "/fhir", 405),
        ("GET", "/fhir/Task?unknown=x", 400),
        ("GET", "/fhir/Task?status:above=x", 400),
        ("GET", "/fhir/a/b/c/d", 404),
    ],
)
async def test_what_is_not_offered_is_an_outcome(site: Served, method: str, address: str, status: int) -> None:
    reply = await site.client.request(method, address, content=GOOD if method == "POST" else None, headers=HEADERS)
    assert reply.status_code == status
    assert reply.json()["resourceType"] == "OperationOutcome"


async def test_the_statement_is_valid_and_names_what_is_taken(site: Served) -> None:
    statement = (await site.client.get("/fhir/metadata")).json()
    assert validate(statement) == []
    taken = [r["type"] for r in statement["rest"][0]["resource"] if {"code": "create"} in r["interaction"]]
    assert taken == [*CREATED, "Task", "Subscription"]


@pytest.mark.parametrize("address", ["/fhir", "/fhir/ServiceRequest", "/fhir/$process-message"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b'{"resourceType": 5}'])
async def test_what_is_no_order_is_refused_with_an_outcome(site: Served, address: str, body: bytes) -> None:
    reply = await site.post(address, body)
    assert reply.status_code in {400, 422}
    assert validate(reply.json()) == []
    assert await site.received() == []


async def test_an_unavailable_journal_is_503_with_retry_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(tmp_path) as site:

        async def away(_: object) -> None:
            raise Unavailable("journal.down", "the journal is away", retry_after=7)

        monkeypatch.setattr(site.hub, "receive", away)
        for body in (GOOD, b'{"resourceType": "ServiceRequest"}'):
            reply = await site.post("/fhir/ServiceRequest", body)
            assert (reply.status_code, reply.headers["retry-after"]) == (503, "7")
            assert reply.json()["issue"][0]["code"] == "transient"


async def test_a_large_bundle_is_judged_beside_the_event_loop(site: Served) -> None:
    made = bundle(order_truth(840), "ServiceRequest")
    made["entry"] += [{**made["entry"][3], "fullUrl": f"urn:uuid:{n:036d}"} for n in range(150)]
    reply = await site.post("/fhir", made)
    assert reply.status_code == 200
    assert len(reply.json()["entry"]) == 157


NAMES = [*contained(order_truth(841), "ServiceRequest"), "meta", "occurrenceDateTime", "extension", "resourceType"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NAMES), JSON, st.sampled_from(["/fhir/ServiceRequest", "/fhir", "/fhir/$process-message"]))
async def test_no_json_makes_a_500(site: Served, name: str, value: Any, address: str) -> None:
    resource = {**contained(order_truth(841), "ServiceRequest"), name: value}
    request = {"method": "POST", "url": "ServiceRequest"}
    made = {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": resource, "request": request}]}
    body = resource if address.endswith("Request") else made
    try:
        content = dumps(body)
    except TypeError:  # a whole number of more than 64 bits
        content = json.dumps(body, default=str).encode()
    reply = await site.post(address, content)
    assert reply.status_code in {200, 201, 400, 409, 422}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
async def test_no_bytes_make_a_500(site: Served, body: bytes) -> None:
    assert (await site.post("/fhir/ServiceRequest", body)).status_code in {400, 422}
