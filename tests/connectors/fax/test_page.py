"""The page that is faxed: what stands on it, and that it can be read at the far end."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from connectors.fax import FaxSettings
from connectors.fax.page import render
from schemas.outbound import TO_MANAGERS, TO_PAYERS, ConfirmationKind
from tests.connectors.fax.answers import ASKS, AT, confirmation


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def test_the_page_says_what_is_asked_and_by_whom() -> None:
    settings = FaxSettings(hub_name="Harbor Intake", hub_phone="(614) 555-0101")
    page = render(confirmation(), settings, AT)
    [text] = text_of(page.pdf)
    for words in (
        "Harbor Intake", "(614) 555-0101", "Monday, November 23, 2026, 9:05 AM EST", "Page 1 of 1",
        "INFORMATION NEEDED", "DS-000123-7", "1.", ASKS[0], "2.", ASKS[1], "Dana Whitfield, extension 4417",
    ):  # fmt: skip
        assert words in text
    assert page.pdf == render(confirmation(), settings, AT).pdf
    assert page.pages == 1


def test_the_scheduled_start_stands_on_the_page_in_local_time() -> None:
    start = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    changes = {
        "kind": ConfirmationKind.SCHEDULED,
        "asks": (),
        "scheduled_start": start,
        "provider_name": "Buckeye Oxygen",
    }
    [text] = text_of(render(confirmation(**changes), FaxSettings(timezone="America/Chicago"), AT).pdf)
    assert "Scheduled start: Wednesday, November 25, 2026, 9:00 AM CST" in text
    assert "Buckeye Oxygen" in text
    assert "The member pays" not in text
    [text] = text_of(render(confirmation(**changes, self_pay=True), FaxSettings(), AT).pdf)
    assert "The member pays for this service" in text


@pytest.mark.parametrize("kind", sorted(set(ConfirmationKind) - TO_PAYERS - TO_MANAGERS))
def test_every_kind_has_a_page(kind: ConfirmationKind) -> None:
    bare = confirmation(kind=kind, case_id=None, manager=None, asks=(), reference="7F3A-22")
    [text] = text_of(render(bare, FaxSettings(), AT).pdf)
    assert "Reference" in text
    assert "7F3A-22" in text


def test_much_text_flows_over_numbered_pages_and_none_is_cut_off() -> None:
    asks = (*(f"Item {n}: " + "please send it " * 20 for n in range(12)), "W" * 300)
    page = render(confirmation(asks=asks, reference="DS-000123-7\n"), FaxSettings(), AT)
    texts = text_of(page.pdf)
    assert len(texts) == page.pages > 1
    for number, text in enumerate(texts, start=1):
        assert f"DS-000123-7 Page {number} of {page.pages}" in " ".join(text.split())
    whole = "".join(texts)
    assert all(f"Item {n}:" in whole for n in range(12))
    assert whole.count("W") >= 300


@pytest.mark.ocr
@pytest.mark.skipif(not (shutil.which("pdftoppm") and shutil.which("tesseract")), reason="needs poppler and tesseract")
def test_the_page_can_be_read_after_the_coarsest_fax_line(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(render(confirmation(), FaxSettings(), AT).pdf)
    subprocess.run(["pdftoppm", "-rx", "204", "-ry", "98", "-mono", "page.pdf", "page"], cwd=tmp_path, check=True)
    [raster] = tmp_path.glob("*.pbm")
    with Image.open(raster) as image:
        image.convert("L").resize((image.width, image.height * 204 // 98)).save(tmp_path / "square.png", dpi=(204, 204))
    read = subprocess.run(
        ["tesseract", "square.png", "-", "--psm", "6"], cwd=tmp_path, check=True, capture_output=True, text=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    ).stdout  # fmt: skip
    for words in ("DS-000123-7", "INFORMATION NEEDED", "insurance ID number", "extension 4417"):
        assert words in read


def test_a_wrong_time_zone_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="America/Chicago"):
        FaxSettings(timezone="Mars/Olympus")
