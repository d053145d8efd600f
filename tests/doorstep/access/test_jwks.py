"""Clients' keys at an address of their own: fetched, cached, fetched again for a new key; files read again."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import RedirectResponse

from doorstep import http
from doorstep.access import jwks
from doorstep.access.jwks import KeySet, listed
from doorstep.access.settings import ClientSettings
from doorstep.errors import Unavailable
from doorstep.settings import load
from tests.doorstep.access.house import ec_key, house, public, rsa_key, settings_of


@dataclass
class Address:
    """A client's own key server."""

    url: str = ""
    body: Any = field(default_factory=lambda: {"keys": []})
    status: int = 200
    asked: int = 0


@asynccontextmanager
async def address() -> AsyncIterator[Address]:
    found = Address()
    app = FastAPI()

    @app.get("/keys")
    async def keys() -> Response:
        found.asked += 1
        body = found.body if isinstance(found.body, str) else json.dumps(found.body)
        return Response(body, found.status, {"Cache-Control": "max-age=120"}, "application/json")

    @app.get("/moved")
    async def moved() -> Response:
        return RedirectResponse("/keys")

    listener = http.bind("127.0.0.1", 0, "here")
    async with http.serving(app, load(http_port=0), listener) as port:
        found.url = f"http://127.0.0.1:{port}/keys"
        yield found


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "BETWEEN_FETCHES", 0.0)


async def test_a_new_key_is_fetched_when_it_is_first_used(tmp_path: Path, at_once: None) -> None:
    async with address() as there:
        there.body = {"keys": [public(rsa_key(), "old")]}
        async with house(settings_of(tmp_path, ehr={"jwks_uri": there.url})) as hub:
            for _ in range(3):
                assert (await hub.token(hub.assertion(rsa_key(), "old"))).status_code == 200
            assert there.asked == 1
            there.body = {"keys": [public(ec_key(), "new")]}
            assert (await hub.token(hub.assertion(ec_key(), "new"))).status_code == 200
            assert (await hub.token(hub.assertion(rsa_key(), "old"))).status_code == 401


async def test_unknown_keys_do_not_make_the_hub_ask_on_and_on() -> None:
    async with address() as there:
        there.body = {"keys": [public(rsa_key(), "r")]}
        keys = KeySet(ClientSettings(jwks_uri=there.url))
        assert await keys.find("r", "RS384")
        for number in range(20):
            assert await keys.find(f"none-{number}", "RS384") is None
        assert there.asked == 1


async def test_while_the_address_does_not_answer_the_client_is_told_to_come_again(tmp_path: Path) -> None:
    async with address() as there:
        there.status = 500
        async with house(settings_of(tmp_path, ehr={"jwks_uri": there.url})) as hub:
            answer = await hub.token(hub.assertion(rsa_key(), "r"))
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert "retry-after" in answer.headers


async def test_known_keys_serve_on_while_the_address_is_away(at_once: None) -> None:
    async with address() as there:
        there.body = {"keys": [public(rsa_key(), "r")]}
        keys = KeySet(ClientSettings(jwks_uri=there.url))
        assert await keys.find("r", "RS384")
        there.status = 503
        assert await keys.find("other", "RS384") is None
        assert await keys.find("r", "RS384")


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"keys": {}}', '{"keys": [1]}', '{"keys": []}' + " " * 70_000, "x"])
async def test_what_is_no_small_key_set_is_not_taken(body: str, at_once: None) -> None:
    async with address() as there:
        there.body = body
        with pytest.raises(Unavailable):
            await KeySet(ClientSettings(jwks_uri=there.url)).find("r", "RS384")
        with pytest.raises(Unavailable):
            await KeySet(ClientSettings(jwks_uri=there.url.replace("keys", "moved"))).find("r", "RS384")


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [public(rsa_key(), "a")]}))
    keys = KeySet(ClientSettings(jwks_file=path))
    assert await keys.find("a", "RS384")
    path.write_text(json.dumps({"keys": [public(ec_key(), "b")]}))
    os.utime(path, (1, 1))
    assert await keys.find("b", "ES384")
    assert await keys.find("a", "RS384") is None


def test_a_set_with_a_private_key_is_refused() -> None:
    with pytest.raises(ValueError, match="private"):
        listed({"keys": [{**public(rsa_key(), "a"), "d": "x"}]})


async def test_keys_of_another_kind_or_use_do_not_count() -> None:
    good, other = public(rsa_key(), "a"), public(ec_key(), "a")
    for key in ({**good, "use": "enc"}, {**good, "alg": "RS256"}, {**good, "n": "AQAB"}, {**good, "n": "!"}, other):
        assert await KeySet(ClientSettings(jwks={"keys": [key]})).find("a", "RS384") is None
    assert await KeySet(ClientSettings(jwks={"keys": [other, good]})).find("a", "RS384")
