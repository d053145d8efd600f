"""POST /oauth2/token: a client that signs is given a token for what it may do; everything else is told why not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.doorstep.access.house import House, ec_key, house, public, rsa_key, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(("key", "kid"), [(rsa_key(), "r1"), (ec_key(), "e1")])
async def test_a_signed_assertion_buys_a_short_token(hub: House, key: Any, kid: str) -> None:
    answer = await hub.token(hub.assertion(key, kid), "system/*.rs")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("bearer", 300)
    assert told["scope"] == "system/ServiceRequest.rs system/Task.rs"
    assert answer.headers["cache-control"] == "no-store"
    assert (await hub.ask("GET", "/fhir/ServiceRequest", told["access_token"])).status_code == 200


async def test_the_configuration_names_the_token_address(hub: House) -> None:
    for path in ("/.well-known/smart-configuration", "/fhir/.well-known/smart-configuration"):
        told = (await hub.ask("GET", path)).json()
        assert told["token_endpoint"] == f"{hub.url}/oauth2/token"
        assert told["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
        assert "client-confidential-asymmetric" in told["capabilities"]


async def test_an_assertion_counts_once_also_when_it_comes_twice_at_the_same_time(hub: House) -> None:
    assertion = hub.assertion(rsa_key(), "r1")
    answers = await asyncio.gather(*(hub.token(assertion) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [200, 401, 401, 401, 401]
    assert (await hub.token(assertion)).json()["error"] == "invalid_client"
    again = hub.assertion(rsa_key(), "r1", jti="same"), hub.assertion(ec_key(), "e1", jti="same")
    assert [(await hub.token(one)).status_code for one in again] == [200, 401]


async def test_an_assertion_counts_once_across_a_restart(tmp_path: Path) -> None:
    ehr = {"jwks": {"keys": [public(rsa_key(), "r1")]}}
    settings = settings_of(tmp_path, ehr=ehr)
    async with house(settings) as first:
        assertion = first.assertion(rsa_key(), "r1", aud=["http://there.example/oauth2/token"])
        assert (await first.token(assertion)).status_code == 401
        used = first.assertion(rsa_key(), "r1", jti="once")
        given = await first.token(used)
        assert given.status_code == 200
    async with house(settings) as second:
        assert (await second.token(second.assertion(rsa_key(), "r1", jti="once"))).status_code == 401
        assert (await second.ask("GET", "/fhir/Task/x", given.json()["access_token"])).status_code == 404


NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "stranger", "sub": "stranger"},
        {"iss": "north", "sub": "north"},
        {"sub": "north"},
        {"sub": None},
        {"iss": None},
        {"aud": "https://elsewhere.example/oauth2/token"},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 10**30},
        {"exp": 1},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 1001},
        {"nbf": 10**10},
    ],
)
async def test_claims_that_do_not_hold_are_refused(hub: House, claims: dict[str, Any]) -> None:
    try:
        assertion = hub.assertion(rsa_key(), "r1", **claims)
    except TypeError:  # the library does not sign everything that can be sent
        payload = {"iss": "ehr", "sub": "ehr", "aud": f"{hub.url}/oauth2/token", "exp": 2 * 10**9, "jti": "x"}
        raw = jwt.api_jws.PyJWS()
        import json

        assertion = raw.encode(json.dumps(payload | claims).encode(), rsa_key(), "RS384", headers={"kid": "r1"})
    answer = await hub.token(assertion)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), claims
    assert "www-authenticate" in answer.headers


async def test_an_assertion_may_last_five_minutes_and_no_longer(hub: House) -> None:
    now = datetime.now(UTC)
    assert (await hub.token(hub.assertion(rsa_key(), "r1", exp=now + timedelta(minutes=5)))).status_code == 200
    assert (await hub.token(hub.assertion(rsa_key(), "r1", exp=now + timedelta(minutes=6)))).status_code == 401
    assert (await hub.token(hub.assertion(rsa_key(), "r1", exp=now - timedelta(minutes=1)))).status_code == 401


async def test_signatures_that_do_not_hold_are_refused(hub: House) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    weak_curve = ec.generate_private_key(ec.SECP256R1())
    claims = jwt.decode(hub.assertion(rsa_key(), "r1"), options={"verify_signature": False})
    good = hub.assertion(rsa_key(), "r1")
    tries = [
        hub.assertion(other, "r1"),
        hub.assertion(rsa_key(), "e1"),
        hub.assertion(rsa_key(), "unknown"),
        jwt.encode(claims, rsa_key(), "RS384"),
        hub.assertion(rsa_key(), "r1", header={"jku": "https://evil.example/keys"}),
        jwt.encode(claims, rsa_key(), "RS256", headers={"kid": "r1"}),
        jwt.encode(claims, weak_curve, "ES256", headers={"kid": "e1"}),
        jwt.encode(claims, "x" * 48, "HS384", headers={"kid": "r1"}),
        jwt.encode(claims, None, "none", headers={"kid": "r1"}),
        good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"),
        good.rpartition(".")[0] + ".",
        "not.a.jwt",
        "x" * 20_000,
    ]
    for assertion in tries:
        answer = await hub.token(assertion)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), assertion[:40]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "other"}, "invalid_request"),
        ({"client_assertion": ""}, "invalid_request"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "system/Task.rs nonsense"}, "invalid_scope"),
        ({"scope": "system/Patient.rs"}, "invalid_scope"),
        ({"scope": "system/Task.rs " * 200}, "invalid_scope"),
    ],
)
async def test_a_request_that_is_wrong_is_told_in_oauths_words(hub: House, form: dict[str, str], code: str) -> None:
    sent = {"assertion": hub.assertion(rsa_key(), "r1"), "scope": "system/Task.rs"} | form
    if "client_assertion" in sent:
        sent["assertion"] = sent.pop("client_assertion")
    answer = await hub.token(**sent)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]) == (400, code)


async def test_a_form_that_is_none_is_refused(hub: House) -> None:
    form = "grant_type=client_credentials&grant_type=client_credentials"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for content, headers in [(form, kind), ("a=" + "x" * 40_000, kind), ("{}", {"Content-Type": "application/json"})]:
        answer = await hub.client.post("/oauth2/token", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_an_address_that_asks_too_often_waits(tmp_path: Path) -> None:
    ehr = {"jwks": {"keys": [public(rsa_key(), "r1")]}}
    settings = settings_of(tmp_path, ehr=ehr)
    few = settings.access.model_copy(update={"token_requests": 2})
    async with house(settings.model_copy(update={"access": few})) as found:
        answers = [await found.token("x") for _ in range(3)]
    assert [a.status_code for a in answers] == [401, 401, 429]
    assert int(answers[2].headers["retry-after"]) > 0


async def test_nothing_secret_is_logged(hub: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "doorstep")
    assertion = hub.assertion(rsa_key(), "r1")
    told = (await hub.token(assertion)).json()
    await hub.token(assertion)
    assert "a token was given to client ehr" in caplog.text
    assert "used before" in caplog.text
    assert assertion.rpartition(".")[2] not in caplog.text
    assert told["access_token"] not in caplog.text
