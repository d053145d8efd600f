"""Documents: by content, upright and square, and with a reason when they are hostile or broken."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from doorstep.ocr import choose_engine, engines, read_document, sniff
from doorstep.ocr.decode import flatten, pixel_ratio
from doorstep.ocr.prepare import drop_edges, skew
from schemas.codec import CodecError

FAXES = Path(__file__).resolve().parents[2] / "samples" / "fax"
LINES = (
    "Patient name Alma Becker",
    "Ordering physician Victor Norwood",
    "Hospital bed with mattress",
    "Delivery before noon please",
)


@pytest.fixture(autouse=True)
def tesseract_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is tested here is the same for one engine and two, and one is much faster."""
    monkeypatch.setenv(engines.ENV_RAPIDOCR, "off")
    engines.choose_lead.cache_clear()
    yield
    engines.choose_lead.cache_clear()


def page(size: tuple[int, int] = (1728, 2200)) -> Image.Image:
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    for row in range(8):
        draw.text((120, 150 + 90 * row), LINES[row % len(LINES)], font=ImageFont.load_default(40), fill=0)
    return image


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def words_of(data: bytes) -> str:
    return "\n".join(p.text for p in read_document(data).pages)


@pytest.mark.ocr
@pytest.mark.parametrize("name", ["tesserocr", "pytesseract"])
def test_both_engines_read_the_same_words_with_boxes(name: str) -> None:
    words = choose_engine(name).read(page())
    text = " ".join(w.text for w in words)
    assert "Ordering physician Victor Norwood" in text
    first = next(w for w in words if w.text == "Patient")
    assert 110 <= first.box[0] <= 130
    assert 0.8 < first.confidence <= 1


@pytest.mark.ocr
def test_fax_pixels_of_half_height_are_brought_to_square() -> None:
    flat = page().resize((1728, 1100)).convert("1")
    told = read_document(saved(flat, "TIFF", compression="group4", dpi=(204, 98)))
    assert (told.pages[0].width, told.pages[0].height) == (1728, 2290)
    lied = read_document(saved(flat, "TIFF", compression="group4", dpi=(200, 200)))
    assert lied.pages[0].height == 2200
    for reading in (told, lied):
        assert "Victor Norwood" in reading.pages[0].text


@pytest.mark.ocr
@pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_a_turned_page_is_read_upright(turn: Image.Transpose) -> None:
    reading = read_document(saved(page().transpose(turn), "PNG"))
    assert "Hospital bed with mattress" in reading.pages[0].text
    assert reading.pages[0].rotation in {90, 180, 270}


@pytest.mark.ocr
def test_a_photo_is_turned_by_its_exif_tag() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(page().transpose(Image.Transpose.ROTATE_90).convert("RGB"), "JPEG", exif=exif.tobytes())
    reading = read_document(data)
    assert reading.pages[0].rotation == 0
    assert "Alma Becker" in reading.pages[0].text


@pytest.mark.ocr
def test_every_page_of_a_fax_is_read_and_a_blank_one_has_no_words() -> None:
    blank = Image.new("1", (1728, 2200), 1)
    data = saved(
        page().convert("1"), "TIFF", compression="group4", save_all=True, append_images=[blank], dpi=(204, 196)
    )
    reading = read_document(data)
    assert [bool(p.words) for p in reading.pages] == [True, False]


def test_a_skewed_page_is_measured_and_dark_edges_are_dropped() -> None:
    assert skew(page().rotate(1.5, fillcolor=255)) == pytest.approx(-1.5, abs=0.3)
    assert skew(page()) == 0.0
    edged = page()
    ImageDraw.Draw(edged).rectangle((0, 0, 40, 2200), fill=0)
    ImageDraw.Draw(edged).line((900, 0, 900, 2200), fill=0, width=3)
    cleaned = drop_edges(edged)
    assert cleaned.getpixel((20, 1000)) == 255
    assert cleaned.getpixel((900, 1500)) == 255


def test_transparency_is_paper() -> None:
    assert flatten(Image.new("RGBA", (20, 20), (0, 0, 0, 0))).getpixel((5, 5)) == 255


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("bad-empty.tif", "empty"),
        ("bad-text.tif", "unknown-format"),
        ("bad-encrypted.pdf", "encrypted"),
        ("bad-dimensions.tif", "too-big"),
    ],
)
def test_bad_samples_get_a_reason(name: str, code: str) -> None:
    with pytest.raises(CodecError) as caught:
        read_document((FAXES / name).read_bytes())
    assert caught.value.code == code


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_tiff_is_refused_or_named_as_a_problem(share: float) -> None:
    data = saved(page().convert("1"), "TIFF", compression="group4")
    cut = data[: int(len(data) * share)]
    code = ""
    problems: tuple[str, ...] = ()
    try:
        problems = read_document(cut).problems
    except CodecError as error:
        code = error.code
    assert problems or code in {"damaged", "truncated", "unknown-format", "empty"}


def test_an_endless_chain_of_pages_ends() -> None:
    data = bytearray(saved(Image.new("1", (64, 64), 1), "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    reading = read_document(bytes(data))
    assert len(reading.pages) == 1


def test_a_png_that_declares_a_giant_is_refused_before_it_is_decoded() -> None:
    data = bytearray(saved(Image.new("1", (10, 10), 1), "PNG"))
    struct.pack_into(">II", data, 16, 60_000, 60_000)
    with pytest.raises(CodecError):
        read_document(bytes(data))


def test_a_broken_pdf_is_refused() -> None:
    with pytest.raises(CodecError) as caught:
        read_document(b"%PDF-1.7\nnothing here")
    assert caught.value.code == "damaged"


def test_formats_are_told_by_content() -> None:
    assert sniff(b"GIF89a") is None
    assert sniff(b"MM\0*rest") == "image/tiff"
    assert sniff(b"\n\n%PDF-1.4") == "application/pdf"


def test_a_ratio_of_tags_that_is_absurd_is_not_believed() -> None:
    image = Image.new("1", (1728, 2156))
    image.info["dpi"] = (204, 1)
    assert pixel_ratio(image) == 1.0


@pytest.mark.ocr
def test_a_photo_in_a_shadow_on_a_table_is_read() -> None:
    shade = Image.linear_gradient("L").resize((1728, 2200)).point(lambda v: 90 + v * 3 // 5)
    photo = Image.new("L", (2200, 2700), 40)
    photo.paste(ImageChops.multiply(page(), shade).rotate(1.5, fillcolor=40), (230, 240))
    assert "Ordering physician Victor Norwood" in words_of(saved(photo, "JPEG", quality=80))


@pytest.mark.ocr
def test_a_negative_is_turned_into_black_on_white() -> None:
    negative = ImageChops.invert(page()).convert("1")
    assert "Ordering physician Victor Norwood" in words_of(saved(negative, "TIFF", compression="group4"))
