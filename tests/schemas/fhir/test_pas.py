"""Authorization by FHIR PAS: the Bundle that is submitted, and what a ClaimResponse decides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.fhir import dumps, validate
from schemas.fhir.pas import PROFILES, TRACE_SYSTEM, cancellation, inquiry, read_answer, submission
from schemas.payer import Decision
from tests.schemas.x12.messages import AT, TRACE, enquiry


def item(action: str | None, number: str | None = "AUTH77", sequence: int = 1, **more: Any) -> dict[str, Any]:
    """Return one item of a ClaimResponse with a review action."""
    codes = {"coding": [{"system": "https://codesystem.x12.org/005010/306", "code": action}]}
    parts: list[dict[str, Any]] = []
    if action:
        parts.append({"url": PROFILES + "extension-reviewActionCode", "valueCodeableConcept": codes})
    if number:
        parts.append({"url": "number", "valueString": number})
    if action == "A3":
        reason = {"coding": [{"system": "https://codesystem.x12.org/external/886", "code": "0V"}]}
        parts.append({"url": "reasonCode", "valueCodeableConcept": reason})
    review = {"url": PROFILES + "extension-reviewAction", "extension": parts}
    return {"itemSequence": sequence, "adjudication": [{"category": {}, "extension": [review]}], **more}


def response(*items: dict[str, Any], outcome: str = "complete", **more: Any) -> dict[str, Any]:
    claim = {
        "resourceType": "ClaimResponse",
        "identifier": [{"system": TRACE_SYSTEM, "value": TRACE}],
        "outcome": outcome,
        "item": list(items),
        **more,
    }
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": claim}]}


@pytest.mark.parametrize("make", [submission, inquiry])
def test_the_bundle_is_valid_fhir_and_begins_with_its_claim(make: Any) -> None:
    bundle = make(enquiry(way="pas", submitted="first", authorization_number="A1"))
    assert validate(bundle) == []
    assert [one["resource"]["resourceType"] for one in bundle["entry"]] == [
        "Claim", "Patient", "Coverage", "Organization", "Organization",
    ]  # fmt: skip


def test_the_claim_says_what_is_asked_and_names_it_by_the_trace() -> None:
    asked = enquiry(way="pas", expedited=True)
    claim = submission(asked)["entry"][0]["resource"]
    assert claim["identifier"] == [{"system": TRACE_SYSTEM, "value": TRACE}]
    assert (claim["use"], claim["priority"]["coding"][0]["code"]) == ("preauthorization", "stat")
    assert claim["item"][0]["productOrService"]["coding"][0]["code"] == "E0260"
    assert claim["diagnosis"][0]["diagnosisCodeableConcept"]["coding"][0]["code"] == "J44.9"


def test_the_bundle_has_what_the_guides_profiles_must_have() -> None:
    """PAS Claim, Insurer, Requestor, Beneficiary (on US Core) of STU 2: what is 1..1, fixed, or ours to fill (MS)."""
    found = [one["resource"] for one in submission(enquiry(way="pas", sex=None))["entry"]]
    claim, patient, coverage, insurer, requester = found
    assert len(claim["identifier"]) == 1
    assert (claim["status"], claim["use"], claim["insurance"][0]["focal"]) == ("active", "preauthorization", True)
    assert {"type", "created", "insurer", "provider", "priority", "diagnosis", "item"} <= set(claim)
    for item in claim["item"]:
        assert {"sequence", "category", "productOrService", "diagnosisSequence"} <= set(item)
        names = {extension["url"].removeprefix(PROFILES) for extension in item["extension"]}
        assert names == {"extension-serviceItemRequestType", "extension-certificationType"}
    assert patient["gender"] == "unknown", "US Core wants it said"
    for one in (claim, patient, insurer, requester):
        assert all(identifier["system"] and identifier["value"] for identifier in one["identifier"]), one[
            "resourceType"
        ]
    assert insurer["identifier"][0]["type"]["coding"][0]["code"] == "payerid"
    assert insurer["active"]
    assert requester["active"]
    assert {"status", "subscriberId", "beneficiary", "relationship", "payor"} <= set(coverage)


def test_the_same_enquiry_gives_the_same_bytes() -> None:
    assert dumps(submission(enquiry(way="pas"))) == dumps(submission(enquiry(way="pas")))


def test_an_inquiry_names_what_was_submitted_before() -> None:
    claim = inquiry(enquiry(ask="authorization-inquiry", trace="second", submitted=TRACE))["entry"][0]["resource"]
    assert claim["identifier"][0]["value"] == TRACE


def test_a_cancellation_is_an_update_of_the_prior_claim_with_every_item_cancelled() -> None:
    """PAS STU 2.2, profile-claim-update and "Modifying Prior Authorization Requests", full request."""
    asked = {"ask": "authorization-cancellation", "way": "pas", "trace": "second", "submitted": TRACE}
    bundle = cancellation(enquiry(**asked, authorization_number="AUTH7", submitted_at=AT))
    assert validate(bundle) == []
    claim, prior = bundle["entry"][0], bundle["entry"][-1]
    assert prior["resource"] == submission(enquiry(way="pas"))["entry"][0]["resource"], "as it was submitted"
    assert prior["fullUrl"].endswith(claim["resource"]["related"][0]["claim"]["reference"])
    assert claim["resource"]["identifier"][0]["value"] == "second"
    assert claim["resource"]["insurance"][0]["preAuthRef"] == ["AUTH7"]
    assert claim["resource"]["status"] == "active", "as the profile fixes it"
    for one in (claim["resource"], *claim["resource"]["item"]):
        codes = [e["valueCodeableConcept"]["coding"][0]["code"] for e in one["extension"] if "certif" in e["url"]]
        assert codes == ["3"]
    assert all(one["modifierExtension"][0]["valueBoolean"] is True for one in claim["resource"]["item"])


@pytest.mark.parametrize(
    ("items", "outcome", "decision"),
    [
        ([item("A1")], "complete", Decision.APPROVED),
        ([item("A1"), item("A1", sequence=2)], "complete", Decision.APPROVED),
        ([item("A1"), item("A3", sequence=2)], "complete", Decision.PARTIAL),
        ([item("A1"), item("A4", sequence=2)], "complete", Decision.PENDED),
        ([item("A6")], "complete", Decision.MODIFIED),
        ([item("A3")], "complete", Decision.DENIED),
        ([item("NA")], "complete", Decision.NOT_REQUIRED),
        ([item("CT")], "complete", Decision.UNCLEAR),
        ([item(None)], "complete", Decision.UNCLEAR),
        ([], "complete", Decision.UNCLEAR),
        ([], "queued", Decision.PENDED),
        ([item("A1")], "queued", Decision.PENDED),
        ([item("A1")], "error", Decision.UNCLEAR),
        ([item("A1")], "partial", Decision.PARTIAL),
        ([item("A1")], "finished", Decision.UNCLEAR),
    ],
)
def test_what_a_response_decides(items: list[dict[str, Any]], outcome: str, decision: Decision) -> None:
    assert read_answer(response(*items, outcome=outcome)).decision is decision


def test_an_approval_has_its_number_its_days_and_its_units() -> None:
    period = {
        "url": PROFILES + "extension-itemPreAuthPeriod",
        "valuePeriod": {"start": "2026-11-25", "end": "2027-02-24"},
    }
    detail = {
        "url": PROFILES + "extension-itemAuthorizedDetail",
        "extension": [{"url": "quantity", "valueQuantity": {"value": 2}}],
    }
    answer = read_answer(response(item("A1", extension=[period, detail]), preAuthRef="AUTH1"))
    assert (answer.trace, answer.number) == (TRACE, "AUTH1")
    (line,) = answer.lines
    assert (line.number, line.units, line.valid_to) == ("AUTH77", Decimal(2), date(2027, 2, 24))


def test_a_denial_has_its_reason_and_what_the_payer_wrote() -> None:
    answer = read_answer(response(item("A3"), disposition="Peer to peer: 800 555 0100"))
    assert [(one.system, one.code) for one in answer.reasons] == [("X12-886", "0V")]
    assert answer.note == "Peer to peer: 800 555 0100"


def test_an_error_is_no_decision() -> None:
    error = {"code": {"coding": [{"code": "33"}]}}
    answer = read_answer(response(item("A1"), error=[error]))
    assert (answer.decision, answer.reasons[0].code) == (Decision.UNCLEAR, "33")
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "required"}]}
    assert read_answer(outcome).decision is Decision.UNCLEAR


def test_an_answer_may_come_within_parameters() -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "return", "resource": response(item("A1"))}]}
    assert read_answer(body).decision is Decision.APPROVED


def test_of_several_responses_only_ours_counts() -> None:
    both = response(item("A1"))
    other = response(item("A3"), identifier=[])["entry"][0]
    both["entry"].append(other)
    assert read_answer(both, TRACE).decision is Decision.APPROVED
    with pytest.raises(CodecError):
        read_answer(both, "another")


@pytest.mark.parametrize("body", [None, [], "x", {}, {"resourceType": "Bundle"}, {"resourceType": "Patient"}])
def test_what_holds_no_response_is_refused(body: Any) -> None:
    with pytest.raises(CodecError):
        read_answer(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "extension",
                    "url",
                    "item",
                    "adjudication",
                    "coding",
                    "code",
                    "identifier",
                    "error",
                    "valuePeriod",
                    "start",
                ]
            ),
            one,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_whatever_stands_in_it_nothing_is_approved_by_accident(items: Any, more: Any) -> None:
    body = response(outcome="complete")
    body["entry"][0]["resource"] |= {"item": items, "error": more, "identifier": more, "preAuthPeriod": items}
    assert read_answer(body).decision not in {Decision.APPROVED, Decision.NOT_REQUIRED}


def test_what_a_payer_asks_for_is_read_from_communication_requests_and_tasks() -> None:
    body = response(outcome="queued")
    loinc = {"coding": [{"system": "http://loinc.org", "code": "18842-5"}]}
    body["entry"] += [
        {
            "resource": {
                "resourceType": "CommunicationRequest",
                "category": [loinc],
                "payload": [{"contentString": "a"}],
            }
        },
        {"resource": {"resourceType": "Task", "input": [{"valueCodeableConcept": loinc}, {"valueString": "x"}]}},
    ]
    assert read_answer(body).wants == ("a", "code 18842-5")
    assert read_answer(response(outcome="queued")).wants == ()
    bare = response(outcome="queued", communicationRequest=[{"reference": "CommunicationRequest/1"}])
    assert read_answer(bare).wants == ("additional information",)
