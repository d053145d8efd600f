"""Decisions on reviews over HTTP: from this machine only, strictly read, kept before they are answered."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.desk import CONNECTOR, DeskSettings
from doorstep.errors import Unavailable
from doorstep.http import build
from doorstep.settings import Settings
from schemas.document import ReviewRequested
from tests.connectors.memory_hub import MemoryHub

WORD: dict[str, Any] = {"decision": "accept", "reviewer": "Dana Whitfield", "fields": {"member_id": "W123"}}


async def post(
    hub: MemoryHub, body: bytes | dict[str, Any], review: str = "rv-1", *, caller: str = "127.0.0.1", **headers: str
) -> httpx.Response:
    assert CONNECTOR.router is not None
    app = build(Settings(), [CONNECTOR.router(DeskSettings(), hub)])
    transport = httpx.ASGITransport(app, client=(caller, 50_000))
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        sent = {"Content-Type": "application/json", **headers}
        return await client.post(f"/api/reviews/{review}/decision", content=content, headers=sent)


def waiting_hub() -> MemoryHub:
    """Return a hub where one review waits for a person."""
    hub = MemoryHub()
    hub.reviews["rv-1"] = ReviewRequested(review_id="rv-1", document_id="doc-0", reason="the member is not certain")
    return hub


async def test_an_unknown_or_decided_review_is_not_found() -> None:
    hub = waiting_hub()
    assert (await post(hub, WORD, "rv-2")).status_code == 404
    assert hub.received == []


async def test_a_decision_is_kept_and_the_same_again_is_kept_once() -> None:
    hub = waiting_hub()
    first = await post(hub, WORD)
    again = await post(hub, WORD)
    other = await post(hub, {**WORD, "decision": "reject", "fields": {}, "reason": "marketing"})

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 202)
    assert first.json() == again.json()
    kept = hub.received[0]
    assert (kept.channel, kept.reply_to, len(hub.received)) == ("desk", None, 2)
    data = kept.blobs[0].data
    assert isinstance(data, bytes)
    assert json.loads(data) == {"review_id": "rv-1", "reason": None, "supplied": {}, "waived": {}, **WORD}


@pytest.mark.parametrize("caller", ["10.0.0.5", "::2", "8.8.8.8", "testclient"])
async def test_other_machines_may_not_decide(caller: str) -> None:
    hub = waiting_hub()
    assert (await post(hub, WORD, caller=caller)).status_code == 403
    assert hub.received == []


async def test_other_sites_and_their_forms_may_not_decide() -> None:
    hub = waiting_hub()
    assert (await post(hub, WORD, Origin="http://evil.example")).status_code == 403
    assert (await post(hub, WORD, **{"Content-Type": "text/plain"})).status_code == 415
    assert hub.received == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b"null", 422),
        (b"[" * 30_000, 422),
        (b"\xff", 422),
        ({"decision": "accept"}, 422),
        ({**WORD, "decision": "maybe"}, 422),
        ({**WORD, "reviewer": " "}, 422),
        ({**WORD, "reviewer": "a\r\nb"}, 422),
        ({**WORD, "fields": []}, 422),
        ({**WORD, "surprise": 1}, 422),
        ({**WORD, "reason": "a\x00b"}, 422),
        ({**WORD, "fields": {"member_id": "\ud800"}}, 422),
        (b'{"decision": "accept", "reviewer": "D", "fields": {"a": NaN}}', 422),
        ({**WORD, "reason": "a" * 70_000}, 413),
    ],
)
async def test_a_malformed_decision_is_refused_without_echoing_it(body: bytes | dict[str, Any], status: int) -> None:
    hub = waiting_hub()
    answer = await post(hub, body)

    assert answer.status_code == status
    assert "Whitfield" not in answer.text
    assert hub.received == []


async def test_a_strange_review_id_is_not_found() -> None:
    assert (await post(waiting_hub(), WORD, review="a%00b")).status_code == 404


async def test_what_cannot_be_kept_is_answered_503() -> None:
    hub = waiting_hub()
    hub.failing = Unavailable("storage", "the hub cannot store it now")
    answer = await post(hub, WORD)

    assert answer.status_code == 503
    assert "retry-after" in answer.headers
