"""What the caller may do here: SMART scopes by resource type and interaction, and whose resources are meant."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from connectors.fhir.settings import FhirSettings
from connectors.fhir.wire import Refusal
from doorstep.access.caller import current
from doorstep.connector import Access
from schemas.fhir import Issue
from schemas.fhir.graph import part, parts

OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"
PARTNER_HEADER = "x-doorstep-partner"
_ANY_CALLER = frozenset({"", "metadata", "$process-message", "$validate", ".well-known"})
"""First parts of addresses where no type is named; a Bundle's entries are judged one by one."""
_ON_ONE = {"GET": "r", "HEAD": "r", "POST": "r", "PUT": "u", "PATCH": "u", "DELETE": "d"}
_ON_TYPE = {"GET": "s", "HEAD": "s", "POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}


def partner_of(settings: FhirSettings, request: Request) -> str:
    """Return whose request it is: the caller's tenant; of the house or its operator, whom the header names."""
    tenant = current().tenant
    return settings.partner(request.headers.get(PARTNER_HEADER)) if tenant is None else tenant


def searched_partner(settings: FhirSettings, request: Request) -> str | None:
    """Return whose resources a search finds; None (everyone's) for an operator who names nobody."""
    caller = current()
    if caller.known and caller.tenant is None and PARTNER_HEADER not in request.headers:
        return None
    return partner_of(settings, request)


def needed(method: str, path: str) -> tuple[str, str] | None:
    """Return (resource type, interaction) that a request takes, by its address below the base; None for no type."""
    steps = [step for step in path.partition("?")[0].split("/") if step]
    kind = steps[0] if steps else ""
    if kind in _ANY_CALLER or kind.startswith("$") or (len(steps) == 2 and steps[1] == "$validate"):
        return None
    if len(steps) == 1:
        return kind, _ON_TYPE.get(method, "u")
    if len(steps) == 2 and steps[1] in {"_search", "_history"}:
        return kind, "s"
    return kind, _ON_ONE.get(method, "u")


async def permit(request: Request) -> None:
    """Refuse with 403 what the caller's scopes do not allow at this address."""
    _hold(needed(request.method, request.url.path.removeprefix("/fhir")), "")


def permit_bundle(bundle: dict[str, Any]) -> None:
    """Refuse a Bundle whole where the scopes do not allow one of its entries."""
    for number, entry in enumerate(parts(bundle.get("entry"))):
        asked = part(entry.get("request"))
        method = str(asked.get("method") or "POST")
        kind = str(part(entry.get("resource")).get("resourceType") or "")
        where = f"Bundle.entry[{number}]"
        if asked.get("url"):
            url = str(asked["url"])
            _hold(needed(method, url.partition("/fhir/")[2] if "://" in url.partition("?")[0] else url), where)
        if kind and method != "PATCH":  # what a patch brings is no resource of its own
            _hold((kind, _ON_TYPE.get(method, "u")), where)


def may_read(kind: str) -> bool:
    """Say whether resources of this type may go along with what was asked for."""
    return current().may(kind, "r")


def may_search(kind: str) -> bool:
    return current().may(kind, "s")


def _hold(asked: tuple[str, str] | None, where: str) -> None:
    if asked is not None and not current().may(*asked):
        kind, letter = asked
        said = f"the scopes do not allow this: system/{kind[:60]}.{letter} is needed"
        raise Refusal(403, Issue("error", "forbidden", said, where))


def security(access: Access) -> dict[str, Any] | None:
    """Return CapabilityStatement.rest.security (SMART App Launch 2.x, "FHIR OAuth authorization endpoints")."""
    if not access.required:
        return None
    ways = ["an API key as a bearer token"] + ["a TLS client certificate"] * access.certificates
    told: dict[str, Any] = {"cors": False}
    if access.token_url:
        ways.insert(0, "a SMART Backend Services token (client_credentials, private_key_jwt)")
        told["extension"] = [
            {"url": OAUTH_URIS, "extension": [{"url": "token", "valueUri": access.token_url}]},
        ]
        told["service"] = [{"coding": [{"system": SERVICES, "code": "SMART-on-FHIR"}]}]
    told["description"] = f"Callers prove themselves by {', or '.join(ways)}. Each sees only what it sent."
    return told
