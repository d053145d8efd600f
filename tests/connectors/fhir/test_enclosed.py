"""Documents inside of resources: read like a fax, kept with their case, refused when they are not what they say."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from reportlab.pdfgen.canvas import Canvas

from tests.connectors.fhir.server import Served
from tests.connectors.fhir.working import Working, working
from tests.samples.make_fhir import bundle
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRUTH = order_truth(825)
MARK = b"\x89PNG\r\n\x1a\n"


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[Working]:
    async with working(tmp_path) as found:
        yield found


def paper(*lines: str) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    for number, line in enumerate(lines):
        canvas.drawString(72, 740 - 20 * number, line)
    canvas.save()
    return out.getvalue()


def order_form() -> bytes:
    said = TRUTH.fields()
    line = said["order_lines"][0]
    return paper(
        "DURABLE MEDICAL EQUIPMENT ORDER",
        f"Patient name: {said['member_name']}",
        f"Date of birth: {said['dob']}",
        f"Payer: {said['payer']}",
        f"Member ID: {said['member_id']}",
        f"Ordering provider: {said['clinician_name']}",
        f"NPI: {said['clinician_npi']}",
        f"Diagnosis: {said['icd10'][0]}",
        f"HCPCS: {line['code']}   Quantity: {line['quantity']}",
        f"Start date: {said['service_start']}",
        f"Deliver to: {said['ship_address']}",
        f"Contact phone: {said['contact_phone']}",
    )


def reference(given: bytes, content_type: str = "application/pdf", **said: Any) -> dict[str, Any]:
    attachment = {"contentType": content_type, "data": base64.b64encode(given).decode(), **said}
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {name: value for name, value in attachment.items() if value is not None}}],
    }


def with_entry(sent: dict[str, Any], resource: dict[str, Any], full_url: str | None = None) -> dict[str, Any]:
    entry: dict[str, Any] = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
    sent["entry"].append(entry | ({"fullUrl": full_url} if full_url else {}))
    return sent


async def test_an_order_on_paper_is_read_like_a_fax_and_has_a_task(house: Working) -> None:
    form = order_form()
    said = {"size": len(form), "hash": base64.b64encode(hashlib.sha1(form).digest()).decode(), "title": "order.pdf"}
    reply = await house.post("/fhir/DocumentReference", reference(form, **said))
    assert reply.status_code == 201
    (found,) = await house.hub.find(sha256=hashlib.sha256(form).hexdigest())
    await house.rest()
    task = (await house.get(f"/fhir/Task?focus=DocumentReference/{reply.json()['id']}"))["entry"][0]["resource"]
    case = await house.case()
    assert case.document_ids == (found.document_id,)
    assert str(case.order.member.dob) == TRUTH.dob
    assert task["identifier"][0]["value"] == case.case_id
    again = await house.post("/fhir/DocumentReference", reference(form, **said))
    assert again.headers["location"] == reply.headers["location"]
    assert len(await house.received()) == 2


async def test_a_paper_beside_its_order_belongs_to_its_case(house: Working) -> None:
    note = paper("Visit note", "The patient walks short distances with a cane and uses the stairs slowly.", "No fever.")
    binary = {"resourceType": "Binary", "contentType": "application/pdf", "data": base64.b64encode(note).decode()}
    pointer = reference(b"", url="urn:uuid:00000000-0000-4000-8000-0000000000b1", data=None)
    sent = with_entry(bundle(TRUTH, "DeviceRequest"), binary, "urn:uuid:00000000-0000-4000-8000-0000000000b1")
    assert (await house.post("/fhir", with_entry(sent, pointer))).status_code == 200
    await house.rest()
    case = await house.case()
    (found,) = await house.hub.find(sha256=hashlib.sha256(note).hexdigest())
    assert found.case_id == case.case_id
    assert found.document_id in case.document_ids
    reviews = await house.journal.read(lambda reader: reader.reviews())
    assert [review for review in reviews if review.document_id == found.document_id] == []


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"data": "not base64!"}, "attachment.data"),
        ({"data": "QUJD="}, "attachment.data"),
        ({"size": 3}, "attachment.size"),
        ({"hash": base64.b64encode(hashlib.sha1(b"x").digest()).decode()}, "attachment.hash"),
    ],
)
async def test_a_document_that_is_not_what_it_says_is_refused(site: Served, said: dict[str, Any], place: str) -> None:
    reply = await site.post("/fhir/DocumentReference", reference(MARK, "image/png", **said))
    assert reply.status_code == 422
    assert reply.json()["issue"][0]["expression"][0].endswith(place)
    assert await site.received() == []


async def test_an_address_outside_is_not_fetched_and_other_contents_are_only_kept(site: Served) -> None:
    outside = reference(b"", data=None, url=f"{site.client.base_url}/fhir/metadata")
    note = reference(b"hello", "text/plain")
    photo = {"contentType": "image/png", "data": base64.b64encode(MARK).decode()}
    portrait = {"resourceType": "Patient", "photo": [photo]}
    for resource in (outside, note, portrait):
        assert (await site.post(f"/fhir/{resource['resourceType']}", resource)).status_code == 201
    assert [data.details["interaction"] for data in await site.received()] == ["create"] * 3


async def test_a_paper_for_an_order_that_is_here_names_it(house: Working) -> None:
    made = (await house.post("/fhir", bundle(TRUTH, "DeviceRequest"))).json()["entry"][0]["response"]["location"]
    await house.rest()
    order = made.partition("/fhir/")[2].partition("/_history")[0]
    note = paper("Letter", "Thank you for seeing this patient, who was here for a long talk about the garden.")
    await house.post("/fhir/DocumentReference", {**reference(note), "context": {"related": [{"reference": order}]}})
    await house.rest()
    (found,) = await house.hub.find(sha256=hashlib.sha256(note).hexdigest())
    assert found.case_id == (await house.case()).case_id
