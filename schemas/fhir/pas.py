"""Authorization by FHIR: the Claim of a PAS `$submit` and `$inquire`, and the ClaimResponse that answers.

HL7 Da Vinci Prior Authorization Support 2.x (R4). Pure; `read_answer` raises only CodecError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date
from decimal import Decimal, InvalidOperation
from typing import Any

from schemas.codec import CodecError
from schemas.payer import AuthorizedLine, Decision, PayerEnquiry, Reason, ReviewAnswer
from schemas.x12.review import ACTIONS, CANCEL, together

PROFILES = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
TRACE_SYSTEM = "urn:doorstep:authorization"
MEMBER_SYSTEM = "urn:doorstep:member-id"
PAYER_SYSTEM = "urn:doorstep:payer-id"
_PAYER_TYPE = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType"
_CODES = "https://codesystem.x12.org/005010/"
_HCPCS, _CPT = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "http://www.ama-assn.org/go/cpt"
_NPI = "http://hl7.org/fhir/sid/us-npi"
_REVIEW = PROFILES + "extension-reviewAction"
_REVIEW_CODE = PROFILES + "extension-reviewActionCode"
_PERIOD = PROFILES + "extension-itemPreAuthPeriod"
_DETAIL = PROFILES + "extension-itemAuthorizedDetail"
_OUTCOMES = frozenset({"queued", "complete", "partial"})


def submission(enquiry: PayerEnquiry) -> dict[str, Any]:
    """Return the Bundle of `Claim/$submit`; the same enquiry gives the same Bundle, identifiers and all."""
    return _bundle(enquiry, "profile-pas-request-bundle", _claim(enquiry, "profile-claim"))


def inquiry(enquiry: PayerEnquiry) -> dict[str, Any]:
    """Return the Bundle of `Claim/$inquire` about what was submitted under `submitted`."""
    return _bundle(enquiry, "profile-pas-inquiry-request-bundle", _claim(enquiry, "profile-claim-inquiry"))


def cancellation(enquiry: PayerEnquiry) -> dict[str, Any]:
    """Return the Bundle of `Claim/$submit` that withdraws all of what was submitted under `submitted`.

    By profile-claim-update: the prior Claim comes along, every item is there still, flagged as cancelled, with 3
    (cancel) as its certification type. The Claim's own status stays active, as the profile fixes it.
    """
    before = _claim(
        enquiry.model_copy(
            update={
                "trace": enquiry.submitted or enquiry.trace,
                "submitted": None,
                "authorization_number": None,
                "asked_at": enquiry.submitted_at or enquiry.asked_at,
            }
        ),
        "profile-claim",
    )
    claim = _claim(enquiry.model_copy(update={"submitted": None}), "profile-claim-update")
    cancels = _certification(CANCEL)
    claim["extension"] = [cancels]
    prior = _concept("http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship", "prior")
    claim["related"] = [{"claim": {"reference": f"Claim/{before['id']}"}, "relationship": prior}]
    for item in claim["item"]:
        others = [one for one in item["extension"] if one["url"] != cancels["url"]]
        item["extension"] = [*others, cancels, {"url": PROFILES + "extension-infoChanged", "valueCode": "changed"}]
        item["modifierExtension"] = [{"url": PROFILES + "modifierextension-infoCancelled", "valueBoolean": True}]
    return _bundle(enquiry, "profile-pas-request-bundle", claim, before)


def _bundle(enquiry: PayerEnquiry, profile: str, claim: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    resources = [claim, *_parties(enquiry), *others]
    return {
        "resourceType": "Bundle",
        "id": enquiry.trace,
        "meta": {"profile": [PROFILES + profile]},
        "identifier": {"system": TRACE_SYSTEM, "value": enquiry.trace},
        "type": "collection",
        "timestamp": enquiry.asked_at.astimezone(UTC).isoformat(),
        "entry": [{"fullUrl": _url(one["resourceType"], one["id"]), "resource": one} for one in resources],
    }


def _url(kind: str, name: str) -> str:
    return f"https://doorstep.example/fhir/{kind}/{name}"


def _claim(enquiry: PayerEnquiry, profile: str) -> dict[str, Any]:
    codes = [code for code in enquiry.diagnoses if code]
    icd10 = "http://hl7.org/fhir/sid/icd-10-cm"
    claim: dict[str, Any] = {
        "resourceType": "Claim",
        "id": enquiry.trace,
        "meta": {"profile": [PROFILES + profile]},
        "identifier": [{"system": TRACE_SYSTEM, "value": enquiry.submitted or enquiry.trace}],
        "status": "active",
        "type": _concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "use": "preauthorization",
        "patient": {"reference": "Patient/member"},
        "created": enquiry.asked_at.astimezone(UTC).isoformat(),
        "insurer": {"reference": "Organization/insurer"},
        "provider": {"reference": "Organization/requester"},
        "priority": _concept(
            "http://terminology.hl7.org/CodeSystem/processpriority", "stat" if enquiry.expedited else "normal"
        ),
        "insurance": [_insurance(enquiry)],
        "item": [_item(enquiry, number) for number in range(len(enquiry.lines))],
    }
    if codes:
        claim["diagnosis"] = [
            {"sequence": n, "diagnosisCodeableConcept": _concept(icd10, code)} for n, code in enumerate(codes, start=1)
        ]
    return claim


def _insurance(enquiry: PayerEnquiry) -> dict[str, Any]:
    number = [enquiry.authorization_number] if enquiry.authorization_number else []
    return {
        "sequence": 1,
        "focal": True,
        "coverage": {"reference": "Coverage/coverage"},
        **({"preAuthRef": number} if number else {}),
    }


def _item(enquiry: PayerEnquiry, number: int) -> dict[str, Any]:
    line = enquiry.lines[number]
    system = _HCPCS if line.code[:1].isalpha() else _CPT
    asked = {
        "url": PROFILES + "extension-serviceItemRequestType",
        "valueCodeableConcept": _concept(_CODES + "1525", "HS"),
    }
    item: dict[str, Any] = {
        "extension": [asked, _certification("I")],
        "sequence": line.sequence,
        "category": _concept(_CODES + "1365", (enquiry.service_types or ("12",))[0]),
        "productOrService": _concept(system, line.code),
    }
    if enquiry.diagnoses:
        item["diagnosisSequence"] = [1]
    if line.modifiers:
        item["modifier"] = [_concept(_HCPCS, one) for one in line.modifiers]
    if enquiry.service_start is not None:
        first, last = enquiry.service_start.isoformat(), enquiry.service_end
        item["servicedPeriod"] = {"start": first, **({"end": last.isoformat()} if last else {})}
    if line.quantity is not None:
        item["quantity"] = {"value": line.quantity}
    return item


def _certification(code: str) -> dict[str, Any]:
    return {
        "url": PROFILES + "extension-certificationType",
        "valueCodeableConcept": _concept(_CODES + "1322", code),
    }


def _parties(enquiry: PayerEnquiry) -> Iterator[dict[str, Any]]:
    name = enquiry.member_name
    parts = {"family": name.family, "given": [name.given] if name.given else None}
    number = {"type": _concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MB"), "system": MEMBER_SYSTEM}
    number["value"] = enquiry.member_id
    member: dict[str, Any] = {
        "resourceType": "Patient",
        "id": "member",
        "identifier": [number],
        "name": [{"text": name.text, **{key: value for key, value in parts.items() if value}}],
        "birthDate": enquiry.dob.isoformat(),
        "gender": enquiry.sex or "unknown",  # US Core Patient: 1..1
    }  # fmt: skip
    if (where := enquiry.member_address) is not None:
        told = {"city": where.city, "state": where.state, "postalCode": where.postal_code}
        lines = [line for line in (where.line1, where.line2) if line]
        member["address"] = [{"line": lines, **{key: value for key, value in told.items() if value}}]
    yield member
    yield {
        "resourceType": "Coverage",
        "id": "coverage",
        "status": "active",
        "subscriberId": enquiry.member_id,
        "beneficiary": {"reference": "Patient/member"},
        "relationship": _concept("http://terminology.hl7.org/CodeSystem/subscriber-relationship", "self"),
        "payor": [{"reference": "Organization/insurer"}],
    }
    yield {
        "resourceType": "Organization",
        "id": "insurer",
        "active": True,
        "identifier": [{"type": _concept(_PAYER_TYPE, "payerid"), "system": PAYER_SYSTEM, "value": enquiry.payer_id}],
        "name": enquiry.payer,
    }
    asks = enquiry.organization or (enquiry.provider_name.text if enquiry.provider_name else "not stated")
    yield {
        "resourceType": "Organization",
        "id": "requester",
        "active": True,
        **({"identifier": [{"system": _NPI, "value": enquiry.provider_npi}]} if enquiry.provider_npi else {}),
        "name": asks,
    }


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def read_answer(body: Any, trace: str | None = None) -> ReviewAnswer:
    """Return what a `$submit` or `$inquire` was answered with: a Bundle (also in Parameters) with a ClaimResponse.

    Of several ClaimResponses only the one that names `trace` counts.
    """
    if isinstance(body, Mapping) and body.get("resourceType") == "Parameters":
        body = next((one.get("resource") for one in _maps(body.get("parameter"))), None)
    if not isinstance(body, Mapping):
        raise CodecError("structure", "the answer is no resource")
    if body.get("resourceType") == "OperationOutcome":
        return ReviewAnswer(decision=Decision.UNCLEAR, reasons=tuple(_issues(body)))
    resources = [body] if body.get("resourceType") != "Bundle" else [
        one["resource"] for one in _maps(body.get("entry")) if isinstance(one.get("resource"), Mapping)
    ]  # fmt: skip
    found = [one for one in resources if one.get("resourceType") == "ClaimResponse"]
    asks = [want for one in resources for want in _wants(one)] if len(found) == 1 else []
    if len(found) > 1:
        found = [one for one in found if _trace(one) == trace]
    if len(found) != 1:
        raise CodecError("structure", "the answer holds not just one ClaimResponse", "Bundle.entry")
    return _response(found[0], tuple(dict.fromkeys(asks))[:20])


def _response(response: Mapping[str, Any], asks: tuple[str, ...]) -> ReviewAnswer:
    lines = tuple(_line(one, number) for number, one in enumerate(_maps(response.get("item")), start=1))
    errors = [reason for one in _maps(response.get("error")) for reason in _coded(one.get("code"), "X12-901")]
    outcome = response.get("outcome")
    begins, ends = _period(response.get("preAuthPeriod"))
    return ReviewAnswer(
        trace=_trace(response),
        decision=_decision(outcome, lines, errors=bool(errors)),
        number=_text(response.get("preAuthRef")) or next((one.number for one in lines if one.number), None),
        valid_from=begins,
        valid_to=ends,
        lines=lines,
        reasons=(*errors, *(reason for line in lines for reason in line.reasons)),
        note=_notes(response),
        wants=asks or (("additional information",) if _maps(response.get("communicationRequest")) else ()),
    )


def _wants(resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a payer asks for before it decides: by CommunicationRequest, or by the Task of CDex (PAS 2.x)."""
    if resource.get("resourceType") == "CommunicationRequest":
        for part in _maps(resource.get("payload")):
            if text := _text(part.get("contentString")):
                yield text[:200]
        for kind in _maps(resource.get("category")):
            yield from (f"code {one.code}" for one in _coded(kind, "") if one.code)
    if resource.get("resourceType") == "Task":
        for part in _maps(resource.get("input")):
            yield from (f"code {one.code}" for one in _coded(part.get("valueCodeableConcept"), "") if one.code)


def _decision(outcome: Any, lines: tuple[AuthorizedLine, ...], *, errors: bool) -> Decision:
    if errors or outcome not in _OUTCOMES:
        return Decision.UNCLEAR
    if outcome == "queued":
        return Decision.PENDED
    decided = together([line.decision for line in lines], None)
    certain = {Decision.APPROVED, Decision.NOT_REQUIRED}
    return Decision.PARTIAL if outcome == "partial" and decided in certain else decided


def _line(item: Mapping[str, Any], number: int) -> AuthorizedLine:
    actions = [*_extensions(item, _REVIEW)]
    for one in _maps(item.get("adjudication")):
        actions += _extensions(one, _REVIEW)
    decisions, reasons, given = [], [], None
    for action in actions:
        for part in _maps(action.get("extension")):
            if part.get("url") in {_REVIEW_CODE, "code"}:
                decisions += [
                    ACTIONS.get(reason.code or "", Decision.UNCLEAR)
                    for reason in _coded(part.get("valueCodeableConcept"), "")
                ]
            elif part.get("url") == "reasonCode":
                reasons += _coded(part.get("valueCodeableConcept"), "X12-886")
            elif part.get("url") == "number":
                given = _text(part.get("valueString")) or given
    begins, ends = next((_period(one.get("valuePeriod")) for one in _extensions(item, _PERIOD)), (None, None))
    sequence = item.get("itemSequence")
    code, units = _detail(item)
    return AuthorizedLine(
        sequence=sequence if isinstance(sequence, int) and not isinstance(sequence, bool) and sequence > 0 else number,
        code=code,
        decision=together(decisions, None),
        number=given,
        units=units,
        valid_from=begins,
        valid_to=ends,
        reasons=tuple(reasons),
    )  # fmt: skip


def _detail(item: Mapping[str, Any]) -> tuple[str | None, Decimal | None]:
    """Return code and quantity where the payer authorized other ones than asked for."""
    code, units = None, None
    for detail in _extensions(item, _DETAIL):
        for part in _maps(detail.get("extension")):
            if part.get("url") == "quantity" and isinstance(part.get("valueQuantity"), Mapping):
                units = _decimal(part["valueQuantity"].get("value"))
            elif part.get("url") == "productOrServiceCode":
                code = next((one.code for one in _coded(part.get("valueCodeableConcept"), "")), None)
    return code, units


def _trace(response: Mapping[str, Any]) -> str | None:
    """Return our own identifier as the answer names it: of the ClaimResponse, or of the request that it answers."""
    request = response.get("request")
    asked = request.get("identifier") if isinstance(request, Mapping) else None
    for one in (*_maps(response.get("identifier")), *_maps([asked])):
        if one.get("system") == TRACE_SYSTEM and _text(one.get("value")):
            return _text(one["value"])
    return None


def _notes(response: Mapping[str, Any]) -> str | None:
    texts = [
        _text(response.get("disposition")),
        *(_text(one.get("text")) for one in _maps(response.get("processNote"))),
    ]
    return " ".join(dict.fromkeys(text for text in texts if text))[:1000] or None


def _issues(outcome: Mapping[str, Any]) -> Iterator[Reason]:
    for one in _maps(outcome.get("issue")):
        yield Reason(
            system="FHIR", code=_text(one.get("code")), text=(_text(one.get("diagnostics")) or "")[:200] or None
        )


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _extensions(where: Mapping[str, Any], url: str) -> list[Mapping[str, Any]]:
    return [one for one in _maps(where.get("extension")) if one.get("url") == url]


def _coded(concept: Any, system: str) -> list[Reason]:
    coding = _maps(concept.get("coding")) if isinstance(concept, Mapping) else []
    return [Reason(system=system, code=_text(one.get("code")), text=_text(one.get("display"))) for one in coding]


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _period(value: Any) -> tuple[date | None, date | None]:
    return (_day(value.get("start")), _day(value.get("end"))) if isinstance(value, Mapping) else (None, None)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _decimal(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value)) if value is not None and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None
