"""Payers' answers as they arrive: each finds its request by the trace number, or a person sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.case import CaseState
from schemas.outbound import ConfirmationKind, ConfirmationRequested, DeliveryDied
from schemas.payer import CoverageStatus, Decision, EligibilityAnswered, PayerFailed
from schemas.transmission import ReceiptState
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import BED, WALKER, at_the_payer, covers, payer_sends, reasons, requests
from tests.schemas.fhir.test_pas import item, response
from tests.schemas.x12.messages import answer_271, answer_278, wrapped


def asked(hub: MemoryHub, kind: ConfirmationKind = ConfirmationKind.ELIGIBILITY) -> str:
    return requests(hub, kind)[-1].confirmation_id


def for_our_member(hub: MemoryHub, data: bytes) -> bytes:
    member_id = hub.only_case().order.coverage[0].member_id or ""
    return data.replace(b"W123456789", member_id.encode())


def pas(trace: str, *items: dict[str, Any], **more: Any) -> bytes:
    body = response(*items, **more)
    body["entry"][0]["resource"]["identifier"][0]["value"] = trace
    return json.dumps(body).encode()


def test_a_271_finds_its_case_by_the_trace_number() -> None:
    hub = at_the_payer(WALKER)
    payer_sends(hub, for_our_member(hub, answer_271("EB*1**30**GOLD", trace=asked(hub).upper())))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert hub.unit.receipts["answer-3"] == (ReceiptState.ACCEPTED, None, "DS-000001-0")


def test_a_271_that_rejects_the_request_as_a_whole_is_of_the_request_that_it_answers() -> None:
    hub = at_the_payer(WALKER)
    body = wrapped("271", "005010X279A1", "HB", "BHT*0022*11*R*20261123*1504", "HL*1**20*0", "AAA*N**79*C")
    payer_sends(hub, body, trace=asked(hub))
    assert hub.seen(EligibilityAnswered)[0].eligibility.status is CoverageStatus.UNKNOWN
    assert hub.only_case().state is CaseState.DISPATCHING
    assert reasons(hub)


def test_active_coverage_of_another_member_id_is_not_taken_for_ours() -> None:
    hub = at_the_payer(WALKER)
    payer_sends(hub, answer_271("EB*1**30", trace=asked(hub)))
    (told,) = hub.seen(EligibilityAnswered)
    assert told.eligibility.status is CoverageStatus.UNKNOWN


def test_an_answer_to_another_request_is_not_used() -> None:
    hub = at_the_payer(BED)
    first = asked(hub)
    covers(hub)
    payer_sends(hub, pas(first, item("A1")), trace=asked(hub, ConfirmationKind.AUTHORIZATION))
    assert [failed.reason for failed in hub.seen(PayerFailed)] == ["the payer's answer is to another request"]
    assert hub.only_case().state is CaseState.AUTH_PENDING


def test_a_claim_response_decides_the_authorization() -> None:
    hub = at_the_payer(BED)
    covers(hub)
    trace = asked(hub, ConfirmationKind.AUTHORIZATION)
    payer_sends(hub, pas(trace, item("A1")), trace=trace)
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    assert case.authorization is not None
    assert (case.authorization.decision, case.authorization.number) == (Decision.APPROVED, "AUTH77")


def test_a_278_response_in_a_file_decides_it_too() -> None:
    hub = at_the_payer(BED)
    covers(hub)
    trace = asked(hub, ConfirmationKind.AUTHORIZATION)
    service = (f"TRN*2*{trace}-1*9DOORSTEP0", "HCR*A1*AUTH5", "SV1*HC:E0260**UN*1")
    payer_sends(hub, answer_278(("HCR*A1*AUTH5",), (service,), trace=trace))
    case = hub.only_case()
    assert case.authorization is not None
    assert (case.state, case.authorization.number) == (CaseState.DISPATCHING, "AUTH5")


@pytest.mark.parametrize("data", [b"<html>away</html>", b"ISA*00*", b"{}", b'{"resourceType": "Patient"}'])
def test_garbage_is_put_before_a_person_with_the_case_it_is_about(data: bytes) -> None:
    hub = at_the_payer(BED)
    covers(hub)
    payer_sends(hub, data, trace=asked(hub, ConfirmationKind.AUTHORIZATION))
    assert hub.only_case().state is CaseState.AUTH_PENDING
    assert any("cannot be read" in reason for reason in reasons(hub))


def test_an_answer_that_nobody_asked_for_waits_for_a_person() -> None:
    hub = at_the_payer(WALKER)
    payer_sends(hub, answer_271("EB*1**30", trace="somebody-elses"))
    assert hub.unit.receipts["answer-3"][0] is ReceiptState.PENDING
    assert reasons(hub) == ["a payer's answer: it answers nothing that was asked"]
    assert hub.only_case().state is CaseState.BENEFITS


def test_one_file_may_answer_several_requests() -> None:
    hub = at_the_payer(WALKER)
    both = for_our_member(hub, answer_271("EB*1**30", trace=asked(hub))) + answer_271("EB*6**30", trace="other")
    payer_sends(hub, both)
    assert hub.only_case().state is CaseState.DISPATCHING


def test_a_file_that_was_not_taken_goes_to_a_person_at_once() -> None:
    hub = at_the_payer(WALKER)
    trace = asked(hub)
    taken = wrapped("999", "005010X231A1", "FA", "AK1*HS*17", "AK9*A*1*1*1")
    payer_sends(hub, taken, document_id="ack-1", **{"control 17": trace})
    assert reasons(hub) == []
    refused = wrapped("999", "005010X231A1", "FA", "AK1*HS*17", "IK5*R*5", "AK9*R*1*1*0")
    payer_sends(hub, refused, document_id="ack-2", **{"control 17": trace})
    assert [failed.reason for failed in hub.seen(PayerFailed)] == ["the payer refused the file (set: 5)"]


def test_a_request_that_ended_in_the_dead_letters_is_told() -> None:
    hub = at_the_payer(WALKER)
    dead = DeliveryDied(
        event_id="e1",
        event_topic=ConfirmationRequested.topic,
        event_key=asked(hub),
        consumer="outbound",
        error_code="payer-away",
        reason="the payer answered 503",
        attempts=48,
    )
    hub.send(dead)
    assert hub.seen(PayerFailed)[0].reason == "the payer could not be asked: the payer answered 503"
    assert hub.only_case().state is CaseState.DISPATCHING
