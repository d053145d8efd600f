"""Every route of the hub: public by decision, or closed to who proves nothing; partners come to their own only."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.routing import Mount, Route

from doorstep.access.gate import Gate, Rule, rule_of
from doorstep.access.keys import hashed, new_key
from doorstep.access.settings import AccessSettings
from doorstep.access.tokens import Tokens
from tests.doorstep.access.house import NORTH_KEY, OPERATOR_KEY, SOUTH_KEY, House, rsa_key

pytestmark = pytest.mark.asyncio(loop_scope="session")

PUBLIC = {
    "/healthz": "probes",
    "/readyz": "probes",
    "/fhir/metadata": "FHIR: readable before anything is proved",
    "/oauth2/token": "the assertion in it is the proof",
    "/.well-known/smart-configuration": "SMART: readable before anything is proved",
    "/fhir/.well-known/smart-configuration": "SMART: readable before anything is proved",
    "/offers/{offer_id}": "the signed link is the proof",
    "/offers/{offer_id}/{kind}": "the signed link is the proof",
    "/api/offers/{offer_id}/{kind}": "the signed link is the proof",
    "/webhooks/fax/{gateway}": "the gateway's signature is the proof",
    "/webhooks/fax/{gateway}/{secret}": "the gateway's secret is the proof",
}
PARTNERS = {"/api/receipts", "/api/cases", "/api/cases/{case_id}"}


def every_route(hub: House) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    todo = list(hub.app.routes)
    while todo:
        route = todo.pop()
        if isinstance(route, Mount):
            found.append(("GET", f"{route.path}/x"))
        elif isinstance(route, Route) or hasattr(route, "methods"):
            found += [(method, route.path) for method in sorted(route.methods or {"GET"})]
        else:
            todo += route.effective_candidates() if hasattr(route, "effective_candidates") else route.routes
    return found


def filled(path: str) -> str:
    return path.replace("{kind}", "Task").replace("{path:path}", "a/b/c/d").replace("{", "").replace("}", "")


async def test_every_route_is_public_by_decision_or_refuses_who_proves_nothing(hub: House) -> None:
    routes = every_route(hub)
    assert len(routes) > 40
    assert set(PUBLIC) <= {path for _, path in routes}
    for method, path in routes:
        answer = await hub.ask(method, filled(path))
        if path in PUBLIC:
            assert answer.status_code != 401 or path == "/oauth2/token", path
            continue
        assert answer.status_code == 401, f"{method} {path} answers {answer.status_code} to anybody"
        assert "www-authenticate" in answer.headers
        if path.startswith("/fhir") and method != "HEAD":
            assert answer.json()["issue"][0]["code"] == "login"


async def test_a_partner_comes_to_fhir_and_its_own_receipts_and_cases_only(hub: House) -> None:
    for method, path in every_route(hub):
        if path in PUBLIC:
            continue
        answer = await hub.ask(method, filled(path), NORTH_KEY)
        own = path.startswith("/fhir") or (path in PARTNERS and method in {"GET", "HEAD"})
        assert (answer.status_code == 403) is not own, f"{method} {path}: {answer.status_code}"
        assert answer.status_code != 401


async def test_an_address_that_nobody_thought_of_is_the_operators() -> None:
    for path in ("/", "/x", "/fhirx", "/api/casesx", "/healthz/x", "/offersx", "/api/receipts/x", "//healthz"):
        assert rule_of("GET", path) is Rule.OPERATOR, path
    assert rule_of("POST", "/api/cases") is Rule.OPERATOR
    assert rule_of("GET", "/api/cases/DS-1/x") is Rule.OPERATOR
    assert rule_of("POST", "/api/cases/DS-1/decision") is Rule.OPERATOR


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer wrong", "Bearer \ud800x", "Basic", "Basic !!!", "Basic eDp5", "Digest x", "x"],
)
async def test_what_proves_nothing_is_refused(authorization: str) -> None:
    gate = Gate(AccessSettings(), OPERATOR_KEY, Tokens(lambda: b"k" * 32, 60))
    found = gate.enter("GET", "/fhir/Task", {"authorization": authorization}, frozenset())
    assert getattr(found, "status", 0) == 401


async def test_keys_are_kept_as_hashes_and_two_are_good_while_one_is_changed() -> None:
    old, new = new_key(), new_key()
    access = AccessSettings.model_validate({"clients": {"p": {"keys": [hashed(old), hashed(new)]}}})
    gate = Gate(access, "", Tokens(lambda: b"k" * 32, 60))
    for key in (old, new):
        assert getattr(gate.enter("GET", "/fhir", {"authorization": f"Bearer {key}"}, frozenset()), "name", "") == "p"
    assert old not in access.model_dump_json()
    with pytest.raises(ValueError, match="sha256"):
        AccessSettings.model_validate({"clients": {"p": {"keys": [old]}}})


async def test_a_browser_gives_the_operators_key_as_a_password(hub: House) -> None:
    asked = await hub.ask("GET", "/")
    assert 'Basic realm="doorstep"' in asked.headers.get_list("www-authenticate")
    assert (await hub.client.get("/", auth=("anyone", OPERATOR_KEY))).status_code == 200
    assert (await hub.client.get("/", auth=("anyone", SOUTH_KEY))).status_code == 403


async def test_a_token_is_no_more_than_its_scopes(hub: House) -> None:
    token = (await hub.token(hub.assertion(rsa_key(), "r1"), "system/Task.r system/ServiceRequest.c")).json()
    assert token["scope"] == "system/Task.r system/ServiceRequest.c"
    key = token["access_token"]
    assert (await hub.ask("GET", "/fhir/Task/x", key)).status_code == 404
    for method, path in [
        ("GET", "/fhir/ServiceRequest/x"),
        ("GET", "/fhir/ServiceRequest"),
        ("GET", "/fhir/Patient/x"),
        ("GET", "/fhir/Task?focus=x"),
        ("POST", "/fhir/Patient"),
        ("POST", "/fhir/ServiceRequest/_search"),
        ("GET", "/api/cases"),
    ]:
        answer = await hub.ask(method, path, key)
        assert answer.status_code == 403, path
    patient = {"resourceType": "Patient", "name": [{"family": "Example"}]}
    entry = {"resource": patient, "request": {"method": "POST", "url": "Patient"}}
    refused = await hub.ask("POST", "/fhir", key, {"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (403, "forbidden")


async def test_a_client_that_was_taken_out_has_no_token_any_more(hub: House, tmp_path: Path) -> None:
    token = (await hub.token(hub.assertion(rsa_key(), "r1"))).json()["access_token"]
    tokens = Tokens(lambda: b"k" * 32, 60)
    gate = Gate(AccessSettings(), OPERATOR_KEY, tokens)
    for given in (token, tokens.issue("ehr", ())):
        found = gate.enter("GET", "/fhir", {"authorization": f"Bearer {given}"}, frozenset())
        assert getattr(found, "status", 0) == 401
    assert "invalid_token" in found.challenge  # type: ignore[union-attr]
