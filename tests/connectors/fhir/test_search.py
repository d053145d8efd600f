"""Search over real HTTP and the real journal: what is found, in which pages, and what is never shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest

from schemas.fhir import validate
from tests.connectors.fhir.server import Served
from tests.samples.make_fhir import bundle as order_bundle
from tests.samples.people import order_truth

pytestmark = pytest.mark.asyncio(loop_scope="session")


def patient(family: str, given: str = "Thea", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:mrn", "value": f"M-{family}"}],
        "name": [{"family": family, "given": [given]}],
        "birthDate": "1960-11-19",
        "gender": "female",
        **changes,
    }


def unique(name: str) -> str:
    return name + uuid4().hex[:8]


async def found(site: Served, address: str, **headers: str) -> dict[str, Any]:
    reply = await site.client.get(address, headers=headers)
    assert reply.status_code == 200, reply.text
    bundle: dict[str, Any] = reply.json()
    assert validate(bundle) == []
    return bundle


def families(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["name"][0]["family"] for entry in bundle.get("entry", ())]


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("identifier=urn:mrn|M-{f}", True),
        ("identifier=M-{f}", True),
        ("identifier=urn:other|M-{f}", False),
        ("family={f}", True),
        ("name={start}", True),
        ("family:exact={f}", True),
        ("family:contains={inside}", True),
        ("family:exact={start}", False),
        ("family={f}&birthdate=1960-11-19", True),
        ("family={f}&birthdate=ge1960&birthdate=lt1961", True),
        ("family={f}&birthdate=1961", False),
        ("family={f}&birthdate=eq1960-11", True),
        ("family={f}&birthdate=gt1960-11-19", False),
        ("family={f}&gender=male,female", True),
        ("family={f}&telecom:missing=true", True),
        ("family={f}&telecom:missing=false", False),
        ("family={f}&_lastUpdated=ge2020-01-01", True),
        ("family={f}&_lastUpdated=lt2020-01-01", False),
        ("family=%25{f}", False),
    ],
)
async def test_each_parameter_finds_what_it_means(site: Served, query: str, hit: bool) -> None:
    family = unique("Zed")
    assert (await site.post("/fhir/Patient", patient(family))).status_code == 201
    asked = query.format(f=family, start=family[:8], inside=family[3:9])
    assert families(await found(site, f"/fhir/Patient?{asked}")) == ([family] if hit else [])


async def test_another_partners_resources_are_not_found(site: Served) -> None:
    family = unique("Own")
    await site.post("/fhir/Patient", patient(family), **{"X-Doorstep-Partner": "north"})
    assert families(await found(site, f"/fhir/Patient?family={family}", **{"X-Doorstep-Partner": "north"})) == [family]
    assert families(await found(site, f"/fhir/Patient?family={family}")) == []


async def test_pages_follow_each_other_and_lose_nothing_while_more_arrives(site: Served) -> None:
    family = unique("Page")
    for n in range(5):
        await site.post("/fhir/Patient", patient(family, f"Given{n}"))
    seen: list[str] = []
    address = f"/fhir/Patient?family={family}&_count=2"
    while address:
        bundle = await found(site, address)
        assert len(bundle["entry"]) <= 2
        seen += [entry["resource"]["name"][0]["given"][0] for entry in bundle["entry"]]
        if len(seen) == 2:
            await site.post("/fhir/Patient", patient(family, "Later"))
        following = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
        split = urlsplit(following)
        address = f"{split.path}?{split.query}" if following else ""
        if len(seen) >= 6:
            break
    assert seen == ["Given0", "Given1", "Given2", "Given3", "Given4", "Later"]


async def test_the_newest_come_first_where_that_is_asked(site: Served) -> None:
    family = unique("Sort")
    for n in range(3):
        await site.post("/fhir/Patient", patient(family, f"G{n}"))
    bundle = await found(site, f"/fhir/Patient?family={family}&_sort=-_lastUpdated")
    assert [e["resource"]["name"][0]["given"] for e in bundle["entry"]] == [["G2"], ["G1"], ["G0"]]


async def test_a_count_alone_has_no_entries(site: Served) -> None:
    family = unique("Count")
    await site.post("/fhir/Patient", patient(family))
    for how in ("_summary=count", "_count=0"):
        bundle = await found(site, f"/fhir/Patient?family={family}&{how}")
        assert (bundle["total"], "entry" in bundle) == (1, False)


async def test_orders_are_found_by_their_patient_and_bring_it_along(site: Served) -> None:
    family = unique("Chain")
    made = (await site.post("/fhir/Patient", patient(family))).json()
    request = {
        "resourceType": "ServiceRequest", "status": "active", "intent": "order", "authoredOn": "2026-11-20",
        "subject": {"reference": f"Patient/{made['id']}"}, "code": {"text": "visit"},
        "identifier": [{"system": "urn:o", "value": family}],
    }  # fmt: skip
    assert (await site.post("/fhir/ServiceRequest", request)).status_code == 201
    for query in (
        f"patient={made['id']}",
        f"patient=Patient/{made['id']}",
        f"subject:Patient={made['id']}",
        f"subject={site.hub.base_url()}/fhir/Patient/{made['id']}",
        f"patient.identifier=urn:mrn|M-{family}",
        f"subject.family={family}&authored=2026-11-20&status=active&intent=order",
    ):
        bundle = await found(site, f"/fhir/ServiceRequest?{query}&_include=ServiceRequest:patient")
        assert [(e["resource"]["resourceType"], e["search"]["mode"]) for e in bundle["entry"]] == [
            ("ServiceRequest", "match"),
            ("Patient", "include"),
        ], query
    assert "entry" not in await found(site, "/fhir/ServiceRequest?patient.identifier=urn:mrn|nobody")


async def test_a_search_by_post_is_the_same(site: Served) -> None:
    family = unique("Form")
    await site.post("/fhir/Patient", patient(family))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = await site.client.post("/fhir/Patient/_search", content=f"family={family}", headers=form)
    assert families(reply.json()) == [family]


async def test_a_decimal_keeps_its_digits(site: Served) -> None:
    body = (
        b'{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"display":"x"},'
        b'"quantityQuantity":{"value":1.00,"unit":"ea"},"code":{"text":"a"}}'
    )
    made = await site.post("/fhir/ServiceRequest", body)
    assert b'"value":1.00' in made.content
    assert b'"value":1.00' in (await site.client.get(made.headers["location"])).content


async def test_the_history_of_a_resource_is_its_one_version(site: Served) -> None:
    made = await site.post("/fhir/Patient", patient(unique("Hist")))
    bundle = await found(site, f"/fhir/Patient/{made.json()['id']}/_history")
    assert [entry["resource"] for entry in bundle["entry"]] == [made.json()]


async def test_validation_says_what_is_wrong_and_keeps_nothing(site: Served) -> None:
    before = len(await site.received())
    family = unique("Valid")
    good = await site.post("/fhir/Patient/$validate", patient(family))
    assert [issue["severity"] for issue in good.json()["issue"]] == ["information"]
    bad = await site.post("/fhir/$validate", patient(family, birthDate="1960-13-01"))
    assert (bad.status_code, bad.json()["issue"][0]["expression"]) == (200, ["Patient.birthDate"])
    wrapped = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient(family, gender=1)}]}
    told = await site.post("/fhir/Patient/$validate", wrapped)
    assert told.json()["issue"][0]["severity"] == "error"
    assert len(await site.received()) == before
    assert families(await found(site, f"/fhir/Patient?family={family}")) == []


SHAPED = {**patient("Shape"), "address": [{"city": "Erie"}], "telecom": [{"value": "1"}]}


async def test_what_refers_to_the_matches_comes_along(site: Served) -> None:
    await site.post("/fhir", order_bundle(order_truth(840), "ServiceRequest"))
    orders = await found(site, "/fhir/ServiceRequest?_revinclude=Task:focus")
    assert [entry["resource"]["resourceType"] for entry in orders["entry"]] == ["ServiceRequest", "Task"]
    people = await found(site, "/fhir/Patient?_revinclude=ServiceRequest:subject")
    modes = {entry["resource"]["resourceType"]: entry["search"]["mode"] for entry in people["entry"]}
    assert modes == {"Patient": "match", "ServiceRequest": "include"}
    refused = await site.client.get("/fhir/Patient", params={"_revinclude": "ServiceRequest:code"})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("asked", "there", "gone"),
    [
        ({"_elements": "birthDate,Patient.name"}, {"birthDate", "name"}, {"address", "telecom"}),
        ({"_summary": "true"}, {"birthDate", "name", "address"}, {"text"}),
        ({"_summary": "text"}, {"id", "meta"}, {"name"}),
        ({"_summary": "data"}, {"name", "address"}, {"text"}),
    ],
)
async def test_a_part_of_a_resource_is_marked_as_one(
    site: Served, asked: dict[str, str], there: set[str], gone: set[str]
) -> None:
    narrative = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'}
    await site.post("/fhir/Patient", {**SHAPED, "text": narrative})
    shown = (await found(site, f"/fhir/Patient?{urlencode(asked)}"))["entry"][0]["resource"]
    assert there <= set(shown)
    assert not gone & set(shown)
    assert shown["meta"]["tag"][-1]["code"] == "SUBSETTED"


async def test_a_total_is_left_out_for_who_does_not_want_it(site: Served) -> None:
    await site.post("/fhir/Patient", SHAPED)
    assert "total" not in await found(site, "/fhir/Patient?_total=none")
    assert (await found(site, "/fhir/Patient?_total=accurate"))["total"] == 1


async def test_a_lenient_client_is_told_what_was_used(site: Served) -> None:
    await site.post("/fhir/Patient", SHAPED)
    strict = await site.client.get("/fhir/Patient?colour=red")
    assert strict.status_code == 400
    lenient = await site.client.get("/fhir/Patient?colour=red&_count=5", headers={"Prefer": "handling=lenient"})
    assert lenient.json()["total"] == 1
    assert lenient.json()["link"][0]["url"].endswith("/fhir/Patient?_count=5")


async def test_a_value_that_is_too_long_for_a_search_is_refused_as_the_callers_fault(site: Served) -> None:
    reply = await site.client.get("/fhir/Patient?name=" + "x" * 50_000)
    assert reply.status_code == 400
    assert reply.json()["issue"][0]["code"] == "too-long"
