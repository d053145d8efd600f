"""`doorstep read`: one line of fixed form for any input, and never a traceback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from doorstep.reading import read_file
from doorstep.workers import Workers
from schemas.fhir import loads, xml_dumps
from tests.handlers.pages import ORDER

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
KEYS = {
    "file", "sha256", "document_class", "class_confidence", "pages", "patients", "needs_review", "review_reasons",
    "missing_required", "seconds", "fields", "notes",
}  # fmt: skip


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers(1) as pool:
        yield pool


async def read(workers: Workers, path: Path) -> dict[str, Any]:
    line = await read_file(path, workers)
    assert set(line) == KEYS
    return line


@pytest.mark.ocr
async def test_a_fax(workers: Workers) -> None:
    line = await read(workers, SAMPLES / "fax" / "order-30-two-column.pdf")
    assert (line["document_class"], line["pages"], line["patients"]) == ("dme_order", 1, 1)
    npi = line["fields"]["clinician_npi"]
    assert set(npi) == {"value", "confidence", "accepted", "page", "box", "validators"}
    assert npi["accepted"]
    assert len(npi["box"]) == 4


async def test_a_mail_that_lacks_something_says_what(workers: Workers, tmp_path: Path) -> None:
    text = "\n".join(row for row in ORDER.splitlines() if "signed" not in row and "NPI" not in row)
    path = tmp_path / "order.eml"
    path.write_text(f"From: a@example.org\nSubject: Order\n\n{text}\n")
    line = await read(workers, path)
    assert set(line["missing_required"]) == {"clinician_npi", "signature_present"}
    assert not line["needs_review"]


async def test_nothing_of_a_packet_of_two_patients_is_accepted(workers: Workers, tmp_path: Path) -> None:
    other = ORDER.replace("Becker, Alma", "Mercer, Hugo").replace("03/04/1941", "07/21/1964")
    path = tmp_path / "packet.eml"
    path.write_text(
        "From: a@example.org\nSubject: Orders\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{ORDER}\n{other}\n--b--\n"
    )
    line = await read(workers, path)
    assert line["patients"] == 2
    assert line["needs_review"]
    assert any("2 patients" in reason for reason in line["review_reasons"])
    assert line["fields"]
    assert not any(field["accepted"] for field in line["fields"].values())


async def test_messages(workers: Workers, tmp_path: Path) -> None:
    order = SAMPLES / "fhir" / "transaction.json"
    xml = tmp_path / "order.xml"
    xml.write_bytes(xml_dumps(loads(order.read_bytes(), max_bytes=10**6)))
    for path in (SAMPLES / "hl7v2" / "oml_o21_v251_dme.hl7", order, xml):
        line = await read(workers, path)
        assert line["document_class"] == "dme_order"
        assert line["fields"]["member_name"]["accepted"]
        assert line["missing_required"] == []


async def test_what_cannot_be_read_says_why(workers: Workers, tmp_path: Path) -> None:
    empty, odd = tmp_path / "empty.tif", tmp_path / "odd.bin"
    empty.write_bytes(b"")
    odd.write_bytes(b"\0\1\2\3" * 50)
    for path in (empty, odd, tmp_path / "none.pdf", SAMPLES / "fax" / "bad-encrypted.pdf"):
        line = await read(workers, path)
        assert line["document_class"] == "unreadable"
        assert line["needs_review"]
        assert line["review_reasons"]
        assert line["fields"] == {}
