"""Offers over HTTP, through the hub's own server stack: signed links, answers kept once, decided ones told."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from connectors.dispatch import CONNECTOR
from doorstep.answers import Malformed, start_of
from doorstep.clock import now
from doorstep.connector import Transmission
from doorstep.errors import Unavailable
from doorstep.http import build
from doorstep.settings import Settings
from schemas.case import Case, CaseManager, CaseState, Offer, OfferState
from schemas.order import Address, Equipment, Member, Order, OrderLine, OrderType, PersonName
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
    app = build(Settings(), [CONNECTOR.router(CONNECTOR.settings(answer_wait=0), hub)])
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


@pytest.fixture
def held(hub: MemoryHub) -> MemoryHub:
    """Return the hub with the offer accepted and its start committed."""
    hub.offers["of-1"] = offer(state=OfferState.ACCEPTED, proposed_start=SOON)
    order = case().order.model_copy(update={"access_barriers": ("stairs",), "equipment": Equipment(brand="Inogen")})
    changes = {"state": CaseState.SCHEDULED, "provider_npi": "1234567893", "scheduled_start": SOON, "order": order}
    hub.cases["DS-000123-7"] = case().model_copy(update=changes)
    return hub


async def test_after_acceptance_the_page_says_whom_where_and_with_what(
    client: httpx.AsyncClient, held: MemoryHub
) -> None:
    page = await client.get("/offers/of-1", params={"token": token(held)})
    assert page.status_code == 200
    assert all(word in page.text for word in ("Alma Becker", "1 Oak St", "9375550101", "stairs", "Inogen", "Dana"))
    assert page.headers["cache-control"] == "no-store"
    kinds = re.findall(r'action="/offers/of-1/(\w+)"', page.text)
    assert kinds == ["complete", "reschedule", "missed", "withdraw"]
    ids = re.findall(r'<(?:input|select|textarea)[^>]* id="([\w-]+)"', page.text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<label for="([\w-]+)">', page.text)) == set(ids)


@pytest.mark.parametrize(
    ("offer_state", "state", "npi"),
    [
        (OfferState.SERVED, CaseState.FULFILLED, "1234567893"),
        (OfferState.WITHDRAWN, CaseState.DISPATCHING, None),
        (OfferState.RECALLED, CaseState.CANCELLED, "1234567893"),
        (OfferState.ACCEPTED, CaseState.CANCELLED, "1234567893"),
        (OfferState.ACCEPTED, CaseState.SCHEDULED, "1285894246"),
    ],
)
async def test_the_member_is_shown_only_while_the_order_is_in_hand(
    client: httpx.AsyncClient, held: MemoryHub, offer_state: OfferState, state: CaseState, npi: str | None
) -> None:
    held.offers["of-1"] = offer(state=offer_state)
    held.cases["DS-000123-7"] = held.cases["DS-000123-7"].model_copy(update={"state": state, "provider_npi": npi})
    page = await client.get("/offers/of-1", params={"token": token(held)})
    assert page.status_code == 200
    assert not any(word in page.text for word in ("Alma", "Oak St", "9375550101", "<form"))
    for kind in ("complete", "reschedule", "missed", "withdraw"):
        answer = await client.post(f"/api/offers/of-1/{kind}", json={"token": token(held), "start": SOON.isoformat()})
        assert answer.status_code == 409
    assert held.received == []


async def test_a_delivery_is_reported_with_a_photo_of_the_slip(client: httpx.AsyncClient, held: MemoryHub) -> None:
    form = {"token": token(held), "signed_by": " J  Doe "}
    photo = io.BytesIO()
    Image.new("L", (8, 8)).save(photo, "JPEG")
    file = {"document": ("../../slip.jpg", photo.getvalue(), "text/html")}
    completed = (now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    data = {**form, "completed_at": completed, "zone": "UTC", "serials": "A1, B2;C3"}
    page = await client.post("/offers/of-1/complete", data=data, files=file)
    assert page.status_code == 202
    (kept,) = held.received
    proof = said(kept)["proof"]
    assert (proof["signed_by"], proof["serials"]) == ("J Doe", ["A1", "B2", "C3"])
    assert (kept.blobs[1].content_type, kept.blobs[1].data) == ("image/jpeg", photo.getvalue())


async def test_json_carries_the_slip_in_base64_and_a_repeat_is_kept_once(
    client: httpx.AsyncClient, held: MemoryHub
) -> None:
    photo = io.BytesIO()
    Image.new("L", (8, 8)).save(photo, "PNG")
    body = {"token": token(held), "completed_at": (now() - timedelta(hours=1)).isoformat(), "signed_by": "J Doe"}
    body["document"] = base64.b64encode(photo.getvalue()).decode()
    for _ in range(2):
        answer = await client.post("/api/offers/of-1/complete", json=body)
        assert answer.status_code == 202
    assert len(held.received) == 1
    assert held.received[0].blobs[1].content_type == "image/png"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"signed_by": ""}, 422),
        ({"completed_at": ""}, 422),
        ({"completed_at": "2999-01-01T00:00:00Z"}, 422),
        ({"serials": "x" * 61}, 422),
        ({"document": "not base64"}, 422),
        ({"document": base64.b64encode(b"MZ a program").decode()}, 422),
        ({"code": "made-up"}, 422),
        ({"document": "A" * 12_000_000}, 413),
    ],
)
async def test_a_report_that_cannot_be_right_is_refused_and_not_kept(
    client: httpx.AsyncClient, held: MemoryHub, changes: dict[str, str], status: int
) -> None:
    body = {"token": token(held), "completed_at": (now() - timedelta(hours=1)).isoformat(), "signed_by": "J Doe"}
    answer = await client.post("/api/offers/of-1/complete", json={**body, **changes})
    assert answer.status_code == status
    assert held.received == []


async def test_a_start_that_moves_there_and_back_is_three_answers(client: httpx.AsyncClient, held: MemoryHub) -> None:
    later = SOON + timedelta(days=1)
    for start in (later, SOON, later):
        body = {"token": token(held), "start": start.isoformat(), "code": "weather"}
        assert (await client.post("/api/offers/of-1/reschedule", json=body)).status_code == 202
        known = held.cases["DS-000123-7"]
        held.cases["DS-000123-7"] = known.model_copy(update={"scheduled_start": start, "revision": known.revision + 1})
    assert len(held.received) == 3


async def test_a_refusal_by_the_hub_is_told_with_its_reason(client: httpx.AsyncClient, held: MemoryHub) -> None:
    held.refusing = "the committed start is still ahead"
    body = {"token": token(held), "code": "nobody-home"}
    answer = await client.post("/api/offers/of-1/missed", json=body)
    page = await client.post("/offers/of-1/missed", data=body)
    assert (answer.status_code, answer.json()["state"]) == (409, "refused")
    assert answer.json()["message"] == "the committed start is still ahead"
    assert "still ahead" in page.text


async def test_the_desk_speaks_for_a_provider_by_the_cases_number(client: httpx.AsyncClient, held: MemoryHub) -> None:
    body = {"by": "Marta", "start": (SOON + timedelta(days=1)).isoformat(), "code": "member-asked"}
    answer = await client.post("/api/cases/DS-000123-7/service/reschedule", json=body)
    assert answer.status_code == 202
    kept = said(held.received[0])
    assert (kept["case_id"], kept["by"], kept["code"]) == ("DS-000123-7", "Marta", "member-asked")
    nameless = await client.post("/api/cases/DS-000123-7/service/withdraw", json={"code": "other"})
    unknown = await client.post("/api/cases/DS-000999-9/service/withdraw", json={"by": "Marta"})
    form = await client.post("/api/cases/DS-000123-7/service/withdraw", data={"by": "Marta"})
    assert (nameless.status_code, unknown.status_code, form.status_code) == (422, 404, 415)
    assert len(held.received) == 1


async def test_the_desk_speaks_from_known_networks_only(held: MemoryHub) -> None:
    assert CONNECTOR.router is not None
    app = build(Settings(), [CONNECTOR.router(CONNECTOR.settings(answer_wait=0), held)])
    away = httpx.ASGITransport(app, client=("192.0.2.7", 999))
    async with httpx.AsyncClient(transport=away, base_url="http://127.0.0.1:8080") as client:
        answer = await client.post("/api/cases/DS-000123-7/service/withdraw", json={"by": "Marta"})
    assert answer.status_code == 403
    assert held.received == []
