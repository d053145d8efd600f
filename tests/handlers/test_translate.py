import json
from typing import Any

import pytest

from handlers.translate import STATUS_TOLD, _parse, orders_in, translate
from schemas.codec import CodecError
from schemas.document import ReviewRequested
from schemas.event import Event
from schemas.order import OrderType, ReferralReceived
from schemas.outbound import ConfirmationRequested
from schemas.transmission import Content, ReceiptState, TransmissionReceived
from tests.factories import HOSPITAL, NOW, content, order, referral
from tests.handlers.memory import MemoryHub, MemoryUnit


def event(channel: str, *contents: Content) -> Event[TransmissionReceived]:
    sent = TransmissionReceived(
        document_id="doc-1",
        channel=channel,
        received_at=NOW,
        contents=contents or (content(b"x"),),
        reply_to=HOSPITAL,
    )
    return Event(id="e", source="test", time=NOW, data=sent)


class Tools:
    """The store's reading side, in memory."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = {content(part).sha256: part for part in parts}

    async def content(self, ref: Content) -> bytes:
        return self.parts[ref.sha256]


@pytest.mark.parametrize(
    ("channel", "data"),
    [
        ("hl7v2", b""),
        ("hl7v2", b"PID|1||\r"),
        ("hl7v2", b"\xff\xfe\x00"),
        ("hl7v2", b"MSH|^~\\&|A|B|C|D|20261123||ORM^O01|1|P|2.5.1\r"),
        ("fhir", b""),
        ("fhir", b"{"),
        ("fhir", b"[]"),
        ("fhir", b"null"),
        ("fhir", b"\xff"),
        ("fhir", b'{"resourceType": "Patient"}'),
        ("fhir", b'{"resourceType": "Bundle", "type": "collection"}'),
    ],
)
def test_what_holds_no_order_is_a_reason_and_never_a_crash(channel: str, data: bytes) -> None:
    found = orders_in(channel, data, "doc-1")
    assert isinstance(found, CodecError)
    assert found.message


def test_a_message_that_its_codec_cannot_read_goes_to_a_person_and_its_sender_is_told() -> None:
    unit = MemoryUnit()
    produced = list(translate(event("hl7v2"), unit, CodecError("101", "the required field is missing", "PID-5")))  # type: ignore[arg-type]
    review, told = produced
    assert isinstance(review, ReviewRequested)
    assert review.reason == "the required field is missing at PID-5"
    assert isinstance(told, ConfirmationRequested)
    assert told.recipient == HOSPITAL
    assert unit.receipts["doc-1"][0] is ReceiptState.PENDING
    assert list(translate(event("hl7v2"), unit, CodecError("101", "again", "PID-5"))) == []  # type: ignore[arg-type]


def test_each_order_of_a_message_becomes_a_referral_with_its_kind() -> None:
    untyped = order(2, "infusion", order_id="b", more={"order_type": OrderType.UNKNOWN})
    produced: list[Any] = list(translate(event("fhir"), MemoryUnit(), (order(order_id="a"), untyped)))  # type: ignore[arg-type]
    assert [type(payload) for payload in produced] == [ReferralReceived] * 2
    assert [payload.order.order_type for payload in produced] == [OrderType.DME, OrderType.INFUSION]
    assert produced[0].order.documents == (content(b"x"),)


def status_of(number: str) -> Any:
    return order(order_id="s", more={"placer_number": number, "action": "status"})


def test_how_far_an_order_is_at_its_sender_is_noted_on_its_case_and_nobody_is_asked() -> None:
    hub = MemoryHub()
    hub.send(referral(order(document_id="doc-0", more={"placer_number": "P1"})))
    before = hub.only_case()
    for _ in range(2):
        assert list(translate(event("hl7v2"), hub.unit, (status_of("P1"),))) == []  # type: ignore[arg-type]
    case = hub.only_case()
    assert case.document_ids == ("doc-0", "doc-1")
    assert (case.state, case.order, case.revision) == (before.state, before.order, before.revision + 1)
    assert hub.unit.receipts["doc-1"] == (ReceiptState.ACCEPTED, STATUS_TOLD, case.case_id)
    assert not hub.seen(ReviewRequested)


@pytest.mark.parametrize("number", ["P9", "P1"])
def test_a_status_of_an_order_that_is_not_here_or_of_another_member_is_kept_with_its_receipt(number: str) -> None:
    hub = MemoryHub()
    hub.send(referral(order(7, document_id="doc-0", more={"placer_number": "P1"})))
    assert list(translate(event("hl7v2"), hub.unit, (status_of(number),))) == []  # type: ignore[arg-type]
    assert hub.only_case().document_ids == ("doc-0",)
    assert hub.unit.receipts["doc-1"] == (ReceiptState.ACCEPTED, STATUS_TOLD, None)


def test_a_status_beside_an_order_leaves_the_receipt_to_the_order() -> None:
    unit = MemoryUnit()
    (produced,) = translate(event("hl7v2"), unit, (order(order_id="a"), status_of("P1")))  # type: ignore[arg-type]
    assert isinstance(produced, ReferralReceived)
    assert produced.order.order_id == "a"
    assert not unit.receipts


async def test_a_fhir_input_is_read_from_its_collection_and_not_from_the_raw_bytes() -> None:
    raw, bundle = b"raw", json.dumps({"resourceType": "Patient"}).encode()
    found = await _parse(event("fhir", content(raw), content(bundle)), Tools(raw, bundle))  # type: ignore[arg-type]
    assert isinstance(found, CodecError)
    assert found.message != "the content is not JSON"
