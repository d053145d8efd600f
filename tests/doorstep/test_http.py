"""The guards of the HTTP server: foreign hosts, cross-site writes, the API key, and how errors are told."""

from __future__ import annotations

import httpx
import pytest
from fastapi import APIRouter

from doorstep.errors import Refused, SettingsError, Unavailable
from doorstep.http import bind, build, serving
from doorstep.settings import Settings, load

router = APIRouter()


@router.get("/thing")
async def _thing() -> dict[str, str]:
    return {"said": "hello"}


@router.post("/thing")
async def _change() -> None:
    return None


@router.get("/away")
async def _away() -> None:
    raise Unavailable("storage", "storage is full", retry_after=7)


@router.get("/wrong")
async def _wrong() -> None:
    raise Refused("bad", "this cannot be", location="Patient.name")


async def ask(method: str, path: str, settings: Settings | None = None, **headers: str) -> httpx.Response:
    settings = settings or load(http_port=0)
    listener = bind("127.0.0.1", 0, "DOORSTEP_HTTP_PORT")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with serving(build(settings, [router]), settings, listener) as port, httpx.AsyncClient() as client:
        return await client.request(method, f"http://127.0.0.1:{port}{path}", headers=named)


async def test_a_local_caller_is_answered_with_safe_headers() -> None:
    answer = await ask("GET", "/thing")
    assert answer.json() == {"said": "hello"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_another_host_name_is_refused_on_loopback() -> None:
    assert (await ask("GET", "/thing", host="evil.example")).status_code == 421


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"sec_fetch_site": "cross-site"}])
async def test_writes_from_other_sites_are_refused(headers: dict[str, str]) -> None:
    assert (await ask("POST", "/thing", **headers)).status_code == 403
    assert (await ask("POST", "/thing")).status_code == 200


async def test_an_api_key_is_asked_for_where_one_is_set() -> None:
    settings = load(http_port=0, api_key="right")
    assert (await ask("GET", "/thing", settings)).status_code == 401
    assert (await ask("GET", "/thing", settings, authorization="Bearer wrong")).status_code == 401
    assert (await ask("GET", "/thing", settings, authorization="Bearer right")).status_code == 200


async def test_errors_are_told_with_their_consequence() -> None:
    away, wrong = await ask("GET", "/away"), await ask("GET", "/wrong")
    assert (away.status_code, away.headers["retry-after"]) == (503, "7")
    assert (wrong.status_code, wrong.json()["location"]) == (422, "Patient.name")


def test_a_taken_port_names_its_setting() -> None:
    first = bind("127.0.0.1", 0, "DOORSTEP_HTTP_PORT")
    with first, pytest.raises(SettingsError, match="DOORSTEP_HTTP_PORT"):
        bind("127.0.0.1", first.getsockname()[1], "DOORSTEP_HTTP_PORT")
