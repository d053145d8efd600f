"""Providers over HTTP: read with what blocks them, put in strictly read, under the revision that stands."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.desk import CONNECTOR, DeskSettings
from doorstep.http import build
from doorstep.rules import load
from doorstep.settings import Settings
from schemas.network import Directory, Entry
from tests.connectors.memory_hub import MemoryHub

FIRST = Directory.model_validate(load("network/sample")).providers[0]
AT = f"/api/network/providers/{FIRST.npi}"


async def ask(
    hub: MemoryHub, method: str, path: str, body: Any = None, *, caller: str = "127.0.0.1", **headers: str
) -> httpx.Response:
    assert CONNECTOR.router is not None
    app = build(Settings(), [CONNECTOR.router(DeskSettings(answer_wait=0), hub)])
    transport = httpx.ASGITransport(app, client=(caller, 50_000))
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        sent = {"Content-Type": "application/json", **headers}
        return await client.request(method, path, content=content, headers=sent)


def said(**changes: Any) -> dict[str, Any]:
    return {"by": "Robin Field", "provider": {**FIRST.model_dump(mode="json"), **changes}}


@pytest.fixture
def hub() -> MemoryHub:
    there = MemoryHub()
    there.network = [Entry(FIRST.model_copy(update={"ein": None}), revision=3, by="Marta Lindgren")]
    return there


async def test_a_provider_is_shown_with_its_papers_and_what_blocks_it(hub: MemoryHub) -> None:
    answer = await ask(hub, "GET", AT)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    shown = answer.json()
    assert (shown["lacks"], shown["revision"], shown["by"]) == (["no EIN"], 3, "Marta Lindgren")
    assert shown["provider"]["licences"][0]["number"] == FIRST.licences[0].number
    assert [one["npi"] for one in (await ask(hub, "GET", "/api/network/providers")).json()] == [FIRST.npi]
    assert (await ask(hub, "GET", "/api/network/providers/1234567893")).status_code == 404


async def test_a_change_is_kept_with_its_revision_before_it_is_answered(hub: MemoryHub) -> None:
    answer = await ask(hub, "PUT", AT, said(capacity=2), **{"If-Match": '"3"'})
    assert (answer.status_code, answer.json()["state"]) == (202, "recorded")
    (kept,) = hub.received
    assert (kept.channel, kept.sender, kept.details["command"]) == ("desk", "Robin Field", "provider")
    assert isinstance(kept.blobs[0].data, bytes)
    assert json.loads(kept.blobs[0].data)["revision"] == 3
    await ask(hub, "PUT", AT, said(capacity=2))
    assert len(hub.received) == 1, "the same word on the same revision is one word"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "place"),
    [
        ("PUT", AT, said(), {"If-Match": '"2"'}, 412, ""),
        ("PUT", AT, said(), {"If-None-Match": "*"}, 412, ""),
        ("PUT", "/api/network/providers/1234567893", said(), {}, 422, "provider.npi"),
        ("POST", "/api/network/providers", said(), {}, 409, "provider.npi"),
        ("PUT", AT, said(npi="1234567890"), {}, 422, "provider.npi"),
        ("PUT", AT, said(services=[]), {}, 422, "provider.services"),
        ("PUT", AT, said(email=""), {}, 422, "provider"),
        ("PUT", AT, said(email="a@b.example\r\nBcc: x@y.example"), {}, 422, "body"),
        ("PUT", AT, said(colour="blue"), {}, 422, "provider.colour"),
        ("PUT", AT, {"provider": said()["provider"]}, {}, 422, "by"),
        ("PUT", AT, b"[" * 50_000, {}, 422, "body"),
        ("PUT", AT, b"{}", {"Content-Type": "text/plain"}, 415, ""),
    ],
)
async def test_what_is_not_right_is_refused_with_its_place_and_not_kept(
    hub: MemoryHub, method: str, path: str, body: Any, headers: dict[str, str], status: int, place: str
) -> None:
    answer = await ask(hub, method, path, body, **headers)
    assert (answer.status_code, answer.json()["location"]) == (status, place), answer.text
    assert hub.received == []


async def test_nobody_from_elsewhere_sees_or_changes_the_network_where_no_key_is_asked_for(hub: MemoryHub) -> None:
    for method, body in (("GET", None), ("PUT", said())):
        assert (await ask(hub, method, AT, body, caller="192.0.2.7")).status_code == 403
    assert hub.received == []
