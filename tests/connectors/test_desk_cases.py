"""Words on cases over HTTP: strictly read, kept before they are answered, the same words kept once."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from connectors.desk import CONNECTOR, DeskSettings
from doorstep.errors import Unavailable
from doorstep.http import build
from doorstep.settings import Settings
from tests.connectors.memory_hub import MemoryHub
from tests.factories import case

CALL: dict[str, Any] = {
    "command": "call", "agent": "Marta Lindgren", "direction": "out", "with_whom": "Payer", "reason": "status",
    "at": "2026-11-23T15:00:00Z", "outcome": "pended",
}  # fmt: skip


async def post(
    hub: MemoryHub, body: Any, case_id: str = "DS-000001-8", *, caller: str = "127.0.0.1", **headers: str
) -> httpx.Response:
    assert CONNECTOR.router is not None
    app = build(Settings(), [CONNECTOR.router(DeskSettings(answer_wait=0), hub)])
    transport = httpx.ASGITransport(app, client=(caller, 50_000))
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        sent = {"Content-Type": "application/json", **headers}
        return await client.post(f"/api/desk/cases/{case_id}", content=content, headers=sent)


@pytest.fixture
def hub() -> MemoryHub:
    there = MemoryHub()
    there.cases["DS-000001-8"] = case()
    return there


async def test_a_word_is_kept_with_its_case_and_its_kind(hub: MemoryHub) -> None:
    answer = await post(hub, CALL)
    assert (answer.status_code, answer.json()["state"]) == (202, "recorded")
    (kept,) = hub.received
    assert (kept.channel, kept.sender) == ("desk", "Marta Lindgren")
    assert kept.details == {"command": "call", "case_id": "DS-000001-8"}


async def test_the_same_words_are_kept_once_and_under_another_key_again(hub: MemoryHub) -> None:
    await post(hub, CALL)
    await post(hub, CALL)
    assert len(hub.received) == 1
    await post(hub, CALL, **{"Idempotency-Key": "second"})
    assert len(hub.received) == 2


async def test_the_same_words_count_again_once_the_case_stands_elsewhere(hub: MemoryHub) -> None:
    """A second appeal is upheld in the same words as the first; a coverage may become active again."""
    upheld = {"command": "appeal-decision", "agent": "Marta Lindgren", "outcome": "upheld"}
    await post(hub, upheld)
    await post(hub, upheld)
    assert len(hub.received) == 1
    hub.cases["DS-000001-8"] = hub.cases["DS-000001-8"].model_copy(update={"revision": 7})
    await post(hub, upheld)
    assert len(hub.received) == 2
    await post(hub, CALL)
    hub.cases["DS-000001-8"] = hub.cases["DS-000001-8"].model_copy(update={"revision": 8})
    await post(hub, CALL)  # a call says when it was: it is the same call wherever the case stands
    assert len(hub.received) == 3


async def test_a_refusal_is_told_to_whoever_said_it(hub: MemoryHub) -> None:
    hub.refusing = "a call cannot lie ahead"
    answer = await post(hub, CALL)
    assert (answer.status_code, answer.json()["state"]) == (409, "refused")
    assert answer.json()["message"] == "a call cannot lie ahead"


async def test_other_words_under_a_known_key_are_not_dropped_in_silence(hub: MemoryHub) -> None:
    await post(hub, CALL, **{"Idempotency-Key": "one"})
    assert (await post(hub, {**CALL, "outcome": "denied"}, **{"Idempotency-Key": "one"})).status_code == 409
    assert len(hub.received) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422), (b"{", 422), (b"[]", 422), (b'"x"', 422), ({**CALL, "command": "dance"}, 422),
        ({**CALL, "agent": ""}, 422), ({**CALL, "reason": "a\u0007"}, 422), (b"x" * 70_000, 413),
    ],
)  # fmt: skip
async def test_what_is_not_right_is_refused_and_not_kept(hub: MemoryHub, body: Any, status: int) -> None:
    answer = await post(hub, body)
    assert answer.status_code == status
    assert hub.received == []


async def test_a_word_that_is_not_whole_is_told_what_it_lacks(hub: MemoryHub) -> None:
    answer = await post(hub, {"command": "authorization", "agent": "Marta Lindgren", "decision": "approved"})
    assert (answer.status_code, answer.json()["message"]) == (422, "an authorization has its number")


async def test_a_value_is_not_echoed(hub: MemoryHub) -> None:
    answer = await post(hub, {**CALL, "direction": "SECRET-NAME"})
    assert answer.status_code == 422
    assert "SECRET-NAME" not in answer.text


async def test_only_json_of_this_machine_about_a_known_case(hub: MemoryHub) -> None:
    assert (await post(hub, CALL, "DS-000009-9")).status_code == 404
    assert (await post(hub, CALL, caller="10.0.0.9")).status_code == 403
    assert (await post(hub, CALL, **{"Content-Type": "text/plain"})).status_code == 415


async def test_what_cannot_be_kept_is_answered_503(hub: MemoryHub) -> None:
    hub.failing = Unavailable("journal", "no")
    assert (await post(hub, CALL)).status_code == 503
