"""$validate: what is wrong with a resource, said without keeping it."""

from __future__ import annotations

from fastapi import Request, Response

from connectors.fhir.reading import check, parse
from connectors.fhir.reads import Reads, unknown
from connectors.fhir.settings import FhirSettings
from connectors.fhir.wire import Refusal, answer, read_body, work
from schemas.fhir import Issue, is_resource_type, operation_outcome
from schemas.fhir.graph import part, parts
from schemas.fhir.invariants import broken


class Judging:
    """Judges resources, as sent or as they are here; it only reads, so nothing can be kept."""

    def __init__(self, settings: FhirSettings, reads: Reads) -> None:
        self.settings = settings
        self.reads = reads

    async def validate(self, request: Request, kind: str | None = None, resource_id: str | None = None) -> Response:
        """POST [type]/$validate, also with an id, or GET of one that is here: say what is wrong with it."""
        profile = request.query_params.get("profile")
        body, media = await read_body(request, self.settings.max_bytes)
        given = await work(len(body), parse, body, media, self.settings.max_bytes) if body else {}
        if given.get("resourceType") == "Parameters" and kind != "Parameters":
            said = {str(p.get("name")): p for p in parts(given.get("parameter"))}
            profile = profile or part(said.get("profile")).get("valueUri")
            given = part(part(said.get("resource")).get("resource"))
        if not given and kind is not None and resource_id is not None:
            given = await self.reads.resource(kind, resource_id)
        wanted = kind or str(given.get("resourceType") or "")
        if not is_resource_type(wanted):
            raise unknown(wanted)
        try:
            await work(len(body), check, given, wanted)
        except Refusal as found:
            return answer(operation_outcome(found.issues))
        issues = list(await work(len(body), broken, given))
        if resource_id is not None and given.get("id") != resource_id:
            issues.append(Issue("error", "invalid", "the resource must have the id of its address", f"{wanted}.id"))
        if profile:
            issues.append(Issue("warning", "not-supported", "profiles are not checked, only R4 itself"))
        return answer(operation_outcome(issues or [Issue("information", "informational", "no fault was found")]))
