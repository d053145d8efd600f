"""$validate: what is wrong with a resource, said without keeping it."""

from __future__ import annotations

from fastapi import Request, Response

from connectors.fhir.reading import check, parse
from connectors.fhir.reads import unknown
from connectors.fhir.settings import FhirSettings
from connectors.fhir.wire import Refusal, answer, read_body, work
from schemas.fhir import Issue, is_resource_type, operation_outcome
from schemas.fhir.graph import part, parts
from schemas.fhir.invariants import broken


class Judging:
    """Judges resources; it has no hub, so nothing can be kept."""

    def __init__(self, settings: FhirSettings) -> None:
        self.settings = settings

    async def validate(self, request: Request, kind: str | None = None) -> Response:
        """POST [type]/$validate: say what is wrong with a resource; nothing is kept."""
        profile = request.query_params.get("profile")
        body, media = await read_body(request, self.settings.max_bytes)
        given = await work(len(body), parse, body, media, self.settings.max_bytes)
        if given.get("resourceType") == "Parameters" and kind != "Parameters":
            said = {str(p.get("name")): p for p in parts(given.get("parameter"))}
            profile = profile or part(said.get("profile")).get("valueUri")
            given = part(part(said.get("resource")).get("resource"))
        wanted = kind or str(given.get("resourceType") or "")
        if not is_resource_type(wanted):
            raise unknown(wanted)
        try:
            await work(len(body), check, given, wanted)
        except Refusal as found:
            return answer(operation_outcome(found.issues))
        issues = list(await work(len(body), broken, given))
        if profile:
            issues.append(Issue("warning", "not-supported", "profiles are not checked, only R4 itself"))
        return answer(operation_outcome(issues or [Issue("information", "informational", "no fault was found")]))
