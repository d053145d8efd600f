"""Classification: an order anywhere decides, what is no order opens no case, what is unclear goes to a person."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.classify import classify, classify_reading
from schemas.document import DocumentClass, DocumentClassified, DocumentRead, ReviewRequested
from schemas.event import Event
from schemas.transmission import Content, ReceiptState
from tests.factories import NOW
from tests.handlers.memory import MemoryUnit
from tests.handlers.pages import ORDER, HandTools, reading

LAB = (
    "LABORATORY REPORT\n"
    "Specimen collected 11/02/2026  Final report\n"
    "Hemoglobin 13.2 g/dL reference range 12.0-15.5\n"
    "Creatinine 0.9 reference range 0.6-1.1\n"
    "Patient: Alma Becker\n"
)
OFFER = (
    "SPECIAL OFFER for your office!\n"
    "Save up to 40 % on toner, limited time only. Call now, no obligation.\n"
    "To be removed from our list reply to this fax or unsubscribe.\n"
)
REQUEST = (
    "REQUEST FOR MEDICAL RECORDS\n"
    "Please send records for the patient named below to our records department.\n"
    "Chart notes and copies of all visits, release of information attached.\n"
)
COVER = (
    "FAX\n"
    "To: Harbor Intake\n"
    "From: Summit Wound Care\n"
    "Pages: 2 including cover\n"
    "Confidential: meant only for the recipient, received in error please call.\n"
)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((ORDER,), DocumentClass.DME_ORDER),
        ((COVER, ORDER), DocumentClass.DME_ORDER),
        ((ORDER, LAB), DocumentClass.DME_ORDER),
        ((LAB,), DocumentClass.LAB_RESULT),
        ((OFFER,), DocumentClass.MARKETING),
        ((REQUEST,), DocumentClass.RECORDS_REQUEST),
        (("hm\n",), DocumentClass.UNREADABLE),
    ],
)
def test_kinds_of_documents(texts: tuple[str, ...], expected: DocumentClass) -> None:
    assert classify_reading(reading(*texts)).document_class is expected


def test_two_people_in_a_packet_are_counted_and_one_misread_is_not() -> None:
    other = ORDER.replace("Becker, Alma", "Hugo Mercer").replace("03/04/1941", "07/21/1964")
    misread = ORDER.replace("Becker, Alma", "Becker, Aima")
    assert classify_reading(reading(ORDER, other)).patients == 2
    assert classify_reading(reading(ORDER, misread)).patients == 1
    assert classify_reading(reading(ORDER)).patients == 1


async def classified(unit: MemoryUnit, *texts: str, problems: tuple[str, ...] = ()) -> list[Any]:
    tools = HandTools(reading(*texts).model_dump_json().encode())
    ref: Content = tools.refs[0]
    data = DocumentRead(
        document_id="d1", channel="fax", received_at=NOW, reply_to=None, documents=(ref,), reading=ref,
        pages=(), engine="text", problems=problems,
    )  # fmt: skip
    event = Event(id="e1", source="test", time=NOW, data=data)
    from doorstep.handler import SUBSCRIPTIONS

    subscription = next(s for s in SUBSCRIPTIONS if s.handle is classify)
    assert subscription.prepare is not None
    return list(classify(event, unit, await subscription.prepare(event, tools)))


async def test_an_order_goes_on() -> None:
    [event] = await classified(MemoryUnit(), ORDER)
    assert isinstance(event, DocumentClassified)
    assert (event.document_class, event.patients) == (DocumentClass.DME_ORDER, 1)


async def test_what_is_no_order_settles_its_receipt_and_opens_nothing() -> None:
    unit = MemoryUnit()
    [event] = await classified(unit, OFFER)
    assert event.document_class is DocumentClass.MARKETING
    assert unit.receipts["d1"][:2] == (ReceiptState.ACCEPTED, "no order: marketing")


async def test_what_is_not_known_goes_to_a_person() -> None:
    unit = MemoryUnit()
    text = "The weather on the coast was mild and the garden club met again on Thursday evening at seven.\n" * 3
    events = await classified(unit, text)
    assert [type(event) for event in events] == [ReviewRequested]
    assert unit.reviews


async def test_an_order_with_a_page_that_could_not_be_read_goes_to_a_person() -> None:
    events = await classified(MemoryUnit(), ORDER, problems=("truncated: the page is cut off or damaged at page 2",))
    assert [type(event) for event in events] == [ReviewRequested]


async def test_an_attachment_of_a_foreign_kind_does_not_hold_an_order_back() -> None:
    events = await classified(MemoryUnit(), ORDER, problems=("unsupported: text/html is not read from a mail",))
    assert [type(event) for event in events] == [DocumentClassified]
