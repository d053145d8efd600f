"""Messages about patients and the documents inside them, from the receipt on."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doorstep.handler import SUBSCRIPTIONS
from handlers.notice import is_notice, notice, read_text
from handlers.translate import is_order
from schemas.document import DocumentRead, ReviewRequested
from schemas.event import Event
from schemas.patient import NoticeKind, PatientNoticed
from schemas.reading import Reading
from schemas.transmission import ReceiptState, TransmissionReceived
from tests.factories import HOSPITAL, NOW
from tests.handlers.memory import MemoryUnit
from tests.handlers.pages import HandTools

PDF = Path(__file__).resolve().parents[1] / "samples" / "fax" / "order-31-cms485.pdf"
PID = "PID|1||552341^^^MERCY^MR||Carver^Thea||19601119|F"


def message(kind: str, *segments: str) -> bytes:
    return "\r".join([f"MSH|^~\\&|EHR|HOSP|DS|HUB|20261120083000||{kind}|N1|P|2.5.1", *segments, ""]).encode()


def enclosed(data: bytes, number: int = 1) -> str:
    return f"OBX|{number}|ED|X^Order||^AP^PDF^Base64^{base64.b64encode(data).decode()}||||||F"


async def received(
    kind: str, *segments: str, tools: type[HandTools] = HandTools
) -> tuple[list[Any], MemoryUnit, HandTools]:
    unit, using = MemoryUnit(), tools(message(kind, *segments))
    payload = TransmissionReceived(
        document_id="d1", channel="hl7v2", received_at=NOW, contents=tuple(using.refs), reply_to=HOSPITAL,
        details={"message_type": kind},
    )  # fmt: skip
    assert is_notice(payload)
    assert not is_order(payload)
    event = Event(id="e1", source="test", time=NOW, data=payload)
    subscription = next(s for s in SUBSCRIPTIONS if s.handle is notice)
    assert subscription.prepare is not None
    return list(notice(event, unit, await subscription.prepare(event, using))), unit, using


async def test_an_admission_is_told_and_its_receipt_is_settled() -> None:
    (told,), unit, _ = await received("ADT^A01", "EVN|A01|2026", PID)
    assert isinstance(told, PatientNoticed)
    assert (told.kind, told.event, told.documents) == (NoticeKind.DEMOGRAPHICS, "ADT^A01", 0)
    assert unit.receipts["d1"][0] is ReceiptState.ACCEPTED


async def test_a_document_inside_a_message_is_read_as_if_it_had_come_by_fax() -> None:
    data = PDF.read_bytes()
    (told, read), _, tools = await received("MDM^T02", "EVN|T02|2026", PID, "TXA|1|CN", enclosed(data))
    assert isinstance(told, PatientNoticed)
    assert told.documents == 1
    assert isinstance(read, DocumentRead)
    assert read.reply_to == HOSPITAL
    assert await tools.content(read.documents[0]) == data
    kept = Reading.model_validate_json(await tools.content(read.reading))
    assert "HOME HEALTH CERTIFICATION" in kept.pages[0].text


async def test_two_documents_are_two_parts_of_one_reading() -> None:
    data = PDF.read_bytes()
    (_, read), _, tools = await received("ORU^R01", PID, "OBR|1", enclosed(data), enclosed(data, 2))
    kept = Reading.model_validate_json(await tools.content(read.reading))
    assert [(page.number, page.part) for page in kept.pages] == [(1, 1), (2, 2)]


@pytest.mark.parametrize("data", [b"GIF89a", b"%PDF-1.4 cut off"])
async def test_a_document_that_cannot_be_read_goes_to_a_person(data: bytes) -> None:
    (_, asked), unit, _ = await received("MDM^T02", "EVN|T02|2026", PID, enclosed(data))
    assert isinstance(asked, ReviewRequested)
    assert unit.receipts["d1"][0] is ReceiptState.PENDING


async def test_a_document_whose_text_is_cut_off_goes_to_a_person() -> None:
    (_, asked), _, _ = await received("MDM^T02", "EVN|T02|2026", PID, "OBX|1|ED|X||^AP^PDF^Base64^JVBE!||||||F")
    assert isinstance(asked, ReviewRequested)
    assert "Base64" in asked.reason


ORDER_LINES = ("DURABLE MEDICAL EQUIPMENT ORDER", "Patient: Thea Carver", "Item: E1390 oxygen concentrator")


async def test_the_text_of_a_document_message_is_read_as_a_document() -> None:
    lines = [f"OBX|{n}|TX|LTR^Letter||{line}||||||F" for n, line in enumerate(ORDER_LINES, 1)]
    (told, read), _, tools = await received("MDM^T02", "EVN|T02|2026", PID, "TXA|1|CN", *lines)
    assert told.documents == 1
    kept = Reading.model_validate_json(await tools.content(read.reading))
    assert kept.pages[0].text.split("\n") == list(ORDER_LINES)
    assert read.documents[0].content_type == "text/plain"


async def test_a_clinical_document_is_read_by_its_narrative() -> None:
    rows = "".join(f"<paragraph>{line}</paragraph>" for line in ORDER_LINES)
    cda = f'<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><section><text>{rows}</text></section>'
    data = base64.b64encode(cda.encode()).decode()
    line = f"OBX|1|ED|LTR||^application/hl7-cda+xml^^Base64^{data}||||||F"
    (_, read), _, tools = await received("MDM^T02", "EVN|T02|2026", PID, "TXA|1|CN", line)
    kept = Reading.model_validate_json(await tools.content(read.reading))
    assert [line for line in kept.pages[0].text.split("\n") if line] == list(ORDER_LINES)


@pytest.mark.parametrize("labelled", ["^text^rtf^Base64^", "^^^Base64^"])
async def test_a_rich_text_document_is_read_by_its_words(labelled: str) -> None:
    data = base64.b64encode(b"{\\rtf1\\ansi " + "\\par ".join(ORDER_LINES).encode() + b"}").decode()
    line = f"OBX|1|ED|LTR||{labelled}{data}||||||F"
    (_, read), _, tools = await received("MDM^T02", "EVN|T02|2026", PID, "TXA|1|CN", line)
    kept = Reading.model_validate_json(await tools.content(read.reading))
    assert kept.pages[0].text.split("\n") == list(ORDER_LINES)


class _Workers(HandTools):
    """Keeps what is given to the workers, as it would travel to them."""

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        self.given = pickle.loads(pickle.dumps((fn, args)))
        return await super().run(fn, *args, timeout=timeout)


@pytest.mark.parametrize(
    "text", ["DURABLE MEDICAL EQUIPMENT ORDER", "<html><p>An order</p></html>", "{\\E\\rtf1 An order}"]
)
async def test_text_is_read_by_the_workers_so_that_no_sender_waits_for_it(text: str) -> None:
    segments = ("EVN|T02|2026", PID, "TXA|1|CN", f"OBX|1|TX|LTR||{text}||||||F")
    _, _, tools = await received("MDM^T02", *segments, tools=_Workers)
    assert isinstance(tools, _Workers)
    assert tools.given[0].func is read_text


async def test_a_document_that_is_only_pointed_to_is_put_before_a_person_and_not_fetched() -> None:
    line = "OBX|1|RP|LTR||http://127.0.0.1:9/a.pdf^APP^PDF||||||F"
    (told, review), unit, _ = await received("MDM^T02", "EVN|T02|2026", PID, "TXA|1|CN", line)
    assert told.documents == 0
    assert isinstance(review, ReviewRequested)
    assert "pointers are not followed" in review.reason
    assert unit.receipts["d1"][0] is ReceiptState.PENDING


async def test_a_result_that_points_to_its_pictures_bothers_nobody() -> None:
    (told,), unit, _ = await received("ORU^R01", PID, "OBR|1", "OBX|1|RP|IMG||http://127.0.0.1:9/a^APP^JPEG||||||F")
    assert told.kind is NoticeKind.RESULT
    assert unit.receipts["d1"][0] is ReceiptState.ACCEPTED
