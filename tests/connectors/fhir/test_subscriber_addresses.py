"""Where notifications may go: listed origins only, no private network by surprise, and criteria held in memory."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.fhir import FhirSettings
from connectors.fhir.subscriptions.criteria import fits, parse
from connectors.fhir.subscriptions.endpoints import Endpoint, NotAllowed, endpoint, post
from doorstep.errors import Refused, Unavailable
from schemas.codec import CodecError
from tests.connectors.fhir.subscriber import subscriber

LISTED = FhirSettings(
    subscribers={"north": ("https://ehr.example", "http://10.0.0.9"), "*": ("https://all.example:8443",)}
)


@pytest.mark.parametrize(
    ("url", "tenant"),
    [
        ("https://ehr.example/told?x=1", "north"),
        ("https://EHR.example:443/told", "north"),
        ("https://all.example:8443/", "south"),
    ],
)
def test_a_listed_origin_is_allowed(url: str, tenant: str) -> None:
    assert endpoint(LISTED, url, tenant, open_house=False).url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.evil.example/",
        "https://ehr.example:444/",
        "http://ehr.example/",
        "https://ehr.example@evil.example/",
        "https://user:pw@ehr.example/",
        "https://ehr.example/#part",
        "https://ehr.example/\r\nX: y",
        "https://ehr.example/ x",
        "https://éhr.example/",
        "https://[::1",
        "https://127.0.0.1/",
        "http://localhost:1/",
        "http://10.0.0.9/",
        "ftp://ehr.example/",
        "https:///x",
        "",
        "https://ehr.example/" + "x" * 1000,
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        endpoint(LISTED, url, "north", open_house=False)


def test_another_tenants_origin_is_not_ones_own() -> None:
    with pytest.raises(NotAllowed):
        endpoint(LISTED, "https://ehr.example/told", "south", open_house=False)


def test_on_an_open_loopback_hub_this_machine_may_be_told_and_no_other() -> None:
    assert endpoint(FhirSettings(), "http://127.0.0.1:9/x", "default", open_house=True).house
    with pytest.raises(NotAllowed):
        endpoint(FhirSettings(), "https://ehr.example/", "default", open_house=True)


async def test_this_machine_is_told_where_the_administrator_lists_it() -> None:
    with subscriber() as there:
        settings = FhirSettings(subscribers={"*": (there.url,)})
        to = endpoint(settings, f"{there.url}/told", "north", open_house=False)
        await post(settings, to, "POST", b"{}", {}, 5)
        assert len(there.told) == 1


def test_a_listed_address_in_a_network_that_is_not_allowed_is_refused_at_once() -> None:
    listed = FhirSettings(subscribers={"*": ("https://10.0.0.9",)})
    with pytest.raises(NotAllowed, match="network"):
        endpoint(listed, "https://10.0.0.9/x", "north", open_house=False)
    allowed = listed.model_copy(update={"subscriber_networks": (ipaddress.ip_network("10.0.0.0/8"),)})
    assert endpoint(allowed, "https://10.0.0.9/x", "north", open_house=False).port == 443


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_into_a_private_network_is_not_followed(host: str) -> None:
    with subscriber() as there:
        port = int(there.url.rpartition(":")[2])
        to = Endpoint(
            f"http://[{host}]:{port}/x" if ":" in host else f"http://{host}:{port}/x", "http", host, port, False
        )
        with pytest.raises(Unavailable, match="not allowed"):
            await post(FhirSettings(), to, "POST", b"", {}, 2)
        assert there.told == []


async def test_an_allowed_network_is_reached_under_the_hosts_own_name() -> None:
    with subscriber() as there:
        port = int(there.url.rpartition(":")[2])
        settings = FhirSettings(subscriber_networks=(ipaddress.ip_network("127.0.0.0/8"),))
        to = Endpoint(f"http://localhost:{port}/told?x=1", "http", "127.0.0.1", port, False)
        await post(settings, to, "POST", b"{}", {"X-Own": "1"}, 5)
        (told,) = there.told
    assert (told.path, told.headers["Host"], told.headers["X-Own"]) == ("/told?x=1", f"localhost:{port}", "1")


async def test_what_a_subscriber_answers_is_taken_as_it_means_it() -> None:
    with subscriber() as there:
        port = int(there.url.rpartition(":")[2])
        to = Endpoint(f"{there.url}/told", "http", "127.0.0.1", port, house=True)
        for status, error, wait in ((429, Unavailable, 7.0), (503, Unavailable, None), (302, Unavailable, None)):
            there.replies["/told"] = lambda _, status=status: status  # type: ignore[misc]
            with pytest.raises(error) as found:
                await post(FhirSettings(), to, "POST", b"", {}, 5)
            assert found.value.retry_after == wait
        there.replies["/told"] = lambda _: 410
        with pytest.raises(Refused, match="gone"):
            await post(FhirSettings(), to, "POST", b"", {}, 5)


@pytest.mark.parametrize("origin", ["ehr.example", "ftp://x.example", "https://x.example/path", "https://x.example?y"])
def test_an_origin_that_is_none_is_refused_in_the_settings(origin: str) -> None:
    with pytest.raises(ValidationError):
        FhirSettings(subscribers={"*": (origin,)})


TASK: dict[str, Any] = {
    "resourceType": "Task",
    "id": "t1",
    "status": "accepted",
    "businessStatus": {"coding": [{"system": "urn:b", "code": "offered"}]},
    "for": {"reference": "Patient/p1"},
    "focus": {"reference": "ServiceRequest/s1"},
    "basedOn": [{"reference": "ServiceRequest/s1"}, {"reference": "ServiceRequest/s2"}],
}


@pytest.mark.parametrize(
    ("criteria", "fit"),
    [
        ("Task", True),
        ("Task?", True),
        ("Task?status=accepted", True),
        ("Task?status=received,accepted", True),
        ("Task?status=accepted&patient=p1", True),
        ("Task?status=accepted&patient=Patient/p2", False),
        ("Task?business-status=urn:b|offered", True),
        ("Task?business-status=urn:c|offered", False),
        ("Task?based-on=ServiceRequest/s2", True),
        ("Task?_id=t1", True),
        ("Task?_id=t2", False),
        ("Task?identifier:missing=true", True),
        ("ServiceRequest?status=accepted", False),
    ],
)
def test_criteria_are_held_against_one_resource(criteria: str, fit: bool) -> None:
    assert fits(criteria, TASK) is fit


def test_dates_and_codes_of_orders_are_criteria_too() -> None:
    order = {"resourceType": "ServiceRequest", "id": "s", "authoredOn": "2026-11-08T09:30:00-05:00", "status": "active"}
    assert fits("ServiceRequest?authored=ge2026-11-01&authored=lt2026-12-01", order)
    assert not fits("ServiceRequest?authored=gt2026-11-08", order)
    assert fits("ServiceRequest?authored=2026", order)


@pytest.mark.parametrize(
    "text", ["", "Patient", "Task?x=1", "Task?status", "Task?status:above=x", "Task?_count=1", "task"]
)
def test_criteria_that_are_not_offered_are_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse(text)
