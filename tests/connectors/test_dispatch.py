"""Offers over HTTP, through the hub's own server stack: signed links, answers kept once, decided ones told."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dispatch import CONNECTOR
from connectors.dispatch.answer import Malformed, start_of
from doorstep.clock import now
from doorstep.connector import Transmission
from doorstep.errors import Unavailable
from doorstep.http import build
from doorstep.settings import Settings
from schemas.case import Case, CaseManager, CaseState, Offer, OfferState
from schemas.order import Address, Member, Order, OrderLine, OrderType, PersonName
from tests.connectors.memory_hub import MemoryHub

SOON = (datetime.now(UTC) + timedelta(days=3)).replace(hour=15, minute=0, second=0, microsecond=0)


def offer(**changes: Any) -> Offer:
    values: dict[str, Any] = {
        "offer_id": "of-1",
        "case_id": "DS-000123-7",
        "npi": "1234567893",
        "provider_name": "Buckeye <Home> Medical",
        "wave": 1,
        "state": OfferState.SENT,
        "sent_at": now(),
        "respond_by": now() + timedelta(hours=4),
    }
    return Offer(**{**values, **changes})


def case() -> Case:
    return Case(
        case_id="DS-000123-7",
        state=CaseState.DISPATCHING,
        order=Order(
            order_id="o",
            document_id="d",
            channel="fax",
            order_type=OrderType.DME,
            member=Member(name=PersonName(text="Alma Becker"), dob=date(1950, 1, 2), phone="9375550101"),
            lines=(OrderLine(code="E1390", description="for Alma Becker"), OrderLine(code="<b>")),
            delivery_address=Address(line1="1 Oak St", city="Dayton", state="OH", postal_code="45402"),
        ),
        manager=CaseManager(name="Dana", extension="4411"),
        reply_to=None,
        identity_key="i",
        order_key="k",
        document_ids=("d",),
        received_at=now(),
        opened_at=now(),
        updated_at=now(),
    )


@pytest.fixture
def hub() -> MemoryHub:
    hub = MemoryHub()
    hub.offers["of-1"] = offer()
    hub.cases["DS-000123-7"] = case()
    return hub


@pytest.fixture
async def client(hub: MemoryHub) -> AsyncIterator[httpx.AsyncClient]:
    assert CONNECTOR.router is not None
    app = build(Settings(), [CONNECTOR.router(CONNECTOR.settings(), hub)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as client:
        yield client


def token(hub: MemoryHub, offer_id: str = "of-1") -> str:
    return hub.sign("offer", offer_id)


def said(transmission: Transmission) -> Any:
    data = transmission.blobs[0].data
    assert isinstance(data, bytes)
    return json.loads(data)


async def test_the_page_says_what_where_and_until_when_but_not_whom(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    page = await client.get("/offers/of-1", params={"token": token(hub)})

    assert page.status_code == 200
    assert all(word in page.text for word in ("Medical equipment", "E1390", "ZIP 454xx", "Respond by", "Decline"))
    assert not any(word in page.text for word in ("Alma", "Becker", "1950", "Oak", "45402", "9375550101", "<b>"))
    assert "Buckeye &lt;Home&gt; Medical" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"
    labels = re.findall(r'<label for="(\w+)">', page.text)
    assert all(f'id="{label}"' in page.text for label in labels)
    assert hub.received == []


async def test_a_form_accepts_in_the_providers_zone(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    local = SOON.strftime("%Y-%m-%dT%H:%M")
    form = {"token": token(hub), "start": local, "zone": "America/Phoenix"}
    page = await client.post("/offers/of-1/accept", data=form, headers={"Origin": "http://127.0.0.1:8080"})

    assert page.status_code == 202
    assert "Thank you" in page.text
    (kept,) = hub.received
    assert said(kept) == {"offer_id": "of-1", "answer": "accept", "start": f"{local}:00-07:00", "reason": None}
    assert (kept.channel, kept.reply_to, kept.blobs[0].content_type) == ("dispatch", None, "application/json")


@pytest.mark.parametrize("path", ["/offers/of-1/accept", "/api/offers/of-1/accept"])
async def test_json_accepts_and_the_same_answer_again_is_kept_once(
    client: httpx.AsyncClient, hub: MemoryHub, path: str
) -> None:
    bearer = {"Authorization": f"Bearer {token(hub)}"}
    first = await client.post(path, json={"start": SOON.isoformat()}, headers=bearer)
    east = SOON.astimezone(timezone(timedelta(hours=5))).isoformat()
    again = await client.post(path, json={"start": east, "token": token(hub)})

    assert first.status_code == again.status_code == 202
    assert first.json()["document_id"] == again.json()["document_id"]
    assert len(hub.received) == 1


async def test_a_decline_carries_its_reason(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    answer = await client.post("/api/offers/of-1/decline", json={"token": token(hub), "reason": "no capacity"})

    assert answer.status_code == 202
    assert said(hub.received[0])["reason"] == "no capacity"
    assert hub.received[0].idempotency_key == "of-1 decline"


@pytest.mark.parametrize("given", ["", "wrong", "ä", "x" * 5000])
async def test_a_wrong_token_opens_nothing(client: httpx.AsyncClient, hub: MemoryHub, given: str) -> None:
    answers = [
        await client.get("/offers/of-1", params={"token": given}),
        await client.post("/offers/of-1/decline", data={"token": given}),
        await client.post("/api/offers/of-1/decline", json={"token": given}),
        await client.get("/offers/of-2", params={"token": token(hub)}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert hub.received == []


async def test_an_unknown_offer_is_not_found(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    page = await client.get("/offers/of-9", params={"token": token(hub, "of-9")})
    answer = await client.post("/api/offers/of-9/decline", json={"token": token(hub, "of-9")})

    assert (page.status_code, answer.status_code) == (404, 404)
    assert answer.json()["message"] == "there is no such offer"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'[["token","x"]]', 422),
        (b"[" * 15_000, 422),
        (b'{"start": 5}', 422),
        (b'{"start": {"a": "b"}}', 422),
        (b'{"token": "a", "token": "b"}', 422),
        (b'{"surprise": "x"}', 422),
        (b'{"reason": "\\u0000"}', 422),
        (b'{"reason": "\\ud800"}', 422),
        (b"\xff", 422),
        (b'{"reason": "' + b"a" * 20_000 + b'"}', 413),
    ],
)
async def test_a_malformed_answer_is_refused_and_not_kept(
    client: httpx.AsyncClient, hub: MemoryHub, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token(hub)}"}
    answer = await client.post("/api/offers/of-1/accept", content=body, headers=headers)

    assert answer.status_code == status
    assert answer.json()["message"]
    assert hub.received == []


@pytest.mark.parametrize(
    "start",
    [
        "tomorrow",
        "",
        SOON.strftime("%Y-%m-%d"),
        SOON.replace(tzinfo=None).isoformat(),
        "2020-01-01T10:00:00+00:00",
        "2999-01-01T10:00:00+00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
async def test_an_acceptance_needs_a_future_instant(client: httpx.AsyncClient, hub: MemoryHub, start: str) -> None:
    answer = await client.post("/api/offers/of-1/accept", json={"token": token(hub), "start": start})

    assert answer.status_code == 422
    assert answer.json()["location"] in {"start", "zone"}
    assert hub.received == []


async def test_a_form_with_a_mistake_comes_back_with_the_reason(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    page = await client.post("/offers/of-1/accept", data={"token": token(hub), "start": "soon", "zone": "UTC"})

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'name="start"' in page.text


async def test_other_content_types_are_refused(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    answer = await client.post("/offers/of-1/decline", files={"token": token(hub)})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("state", "kind", "status"),
    [
        (OfferState.ACCEPTED, "accept", 200),
        (OfferState.ACCEPTED, "decline", 409),
        (OfferState.DECLINED, "decline", 200),
        (OfferState.RECALLED, "accept", 409),
    ],
)
async def test_a_decided_offer_says_what_was_decided(
    client: httpx.AsyncClient, hub: MemoryHub, state: OfferState, kind: str, status: int
) -> None:
    hub.offers["of-1"] = offer(state=state, proposed_start=SOON if state is OfferState.ACCEPTED else None)
    answer = await client.post(f"/api/offers/of-1/{kind}", json={"token": token(hub), "start": SOON.isoformat()})
    form = await client.post(f"/offers/of-1/{kind}", data={"token": token(hub)})
    page = await client.get("/offers/of-1", params={"token": token(hub)})

    assert (answer.status_code, form.status_code) == (status, status)
    assert answer.json()["state"] == state
    assert "<form" not in page.text
    assert hub.received == []


async def test_what_cannot_be_kept_is_not_thanked_for(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    hub.failing = Unavailable("storage", "the hub cannot store it now", retry_after=7)
    answer = await client.post("/api/offers/of-1/decline", json={"token": token(hub)})
    page = await client.post("/offers/of-1/decline", data={"token": token(hub)})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert (page.status_code, page.headers["retry-after"]) == (503, "7")
    assert "Thank you" not in page.text


async def test_a_form_from_another_site_is_refused(client: httpx.AsyncClient, hub: MemoryHub) -> None:
    answer = await client.post(
        "/offers/of-1/decline", data={"token": token(hub)}, headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert hub.received == []


def test_a_skipped_hour_is_refused_and_an_instant_needs_no_zone() -> None:
    with pytest.raises(Malformed, match="daylight saving"):
        start_of("2027-03-14T02:30", "America/New_York")
    assert start_of("2027-03-14T03:30", "America/New_York").isoformat() == "2027-03-14T03:30:00-04:00"
    assert start_of("2027-03-14T02:30Z", "").utcoffset() == timedelta(0)


@given(st.text(max_size=40), st.text(max_size=20))
def test_start_of_is_an_aware_instant_or_malformed(text: str, zone: str) -> None:
    with contextlib.suppress(Malformed):
        assert start_of(text, zone).tzinfo is not None
