import json
from typing import Any

import pytest

from handlers.translate import _parse, orders_in, translate
from schemas.codec import CodecError
from schemas.document import ReviewRequested
from schemas.event import Event
from schemas.order import OrderType, ReferralReceived
from schemas.outbound import ConfirmationRequested
from schemas.transmission import Content, ReceiptState, TransmissionReceived
from tests.factories import HOSPITAL, NOW, content, order
from tests.handlers.memory import MemoryUnit


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


async def test_a_fhir_input_is_read_from_its_collection_and_not_from_the_raw_bytes() -> None:
    raw, bundle = b"raw", json.dumps({"resourceType": "Patient"}).encode()
    found = await _parse(event("fhir", content(raw), content(bundle)), Tools(raw, bundle))  # type: ignore[arg-type]
    assert isinstance(found, CodecError)
    assert found.message != "the content is not JSON"
