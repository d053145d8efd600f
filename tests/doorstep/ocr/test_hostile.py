"""Hostile documents: a clear reason, quickly, within a worker's memory, and the next document is read."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from PIL import Image

from doorstep.errors import Refused
from doorstep.ocr import read_document
from doorstep.workers import Limits, Workers, brief
from schemas.codec import CodecError
from tests.doorstep.ocr import hostile
from tests.doorstep.ocr.test_document import saved

QUICK = 5.0


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (hostile.giant_g4, "too-big"),
        (hostile.giant_png, "too-big"),
        (hostile.thousand_pages, "too-many-pages"),
        (hostile.thousand_page_pdf, "too-many-pages"),
        (hostile.deep_page_tree, "damaged"),
    ],
)
def test_what_asks_for_too_much_is_refused_before_it_is_unfolded(make: Callable[[], bytes], code: str) -> None:
    data = make()
    began = time.process_time()
    with pytest.raises(CodecError) as caught:
        read_document(data)
    assert caught.value.code == code
    assert time.process_time() - began < QUICK


def test_a_circle_of_pages_is_read_once() -> None:
    assert len(read_document(hostile.circle()).pages) == 3


def test_arrays_within_arrays_do_no_harm() -> None:
    assert len(read_document(hostile.deep_arrays()).pages) == 1


def test_a_page_that_is_cut_off_does_not_cost_the_pages_before_it() -> None:
    whole = hostile.tiff_tags(64, 64, b"\0" * 512, 1)
    broken = hostile.tiff_tags(64, 64, b"\0" * 8, 1)
    reading = read_document(hostile.ifds([whole, whole, broken]))
    assert len(reading.pages) == 2
    assert "page 3" in reading.problems[0]


def test_one_giant_among_small_pages_is_a_problem_of_its_own() -> None:
    small = hostile.tiff_tags(64, 64, b"\0" * 512, 1)
    reading = read_document(hostile.ifds([small, hostile.tiff_tags(60_000, 60_000, b"\xff" * 7500, 4)]))
    assert len(reading.pages) == 1
    assert reading.problems[0].startswith("too-big")


def test_processor_time_is_bounded_in_workers_only() -> None:
    with brief(0):
        assert sum(range(100_000)) > 0


@pytest.mark.slow
async def test_hostile_documents_cost_a_worker_at_most_and_the_next_is_read() -> None:
    good = saved(Image.new("1", (64, 64), 1), "TIFF")
    codes: dict[str, str] = {}
    async with Workers(1, limits=Limits()) as pool:
        for make in (hostile.form_within_itself, hostile.operator_flood):
            try:
                reading = await pool.run(hostile.read_quickly, make(), timeout=40)
                codes[make.__name__] = ";".join(reading.problems) or "read"
            except (CodecError, Refused) as error:
                codes[make.__name__] = error.code
            assert len((await pool.run(read_document, good, timeout=40)).pages) == 1
    assert codes["form_within_itself"] in {"too-slow", "too-big", "worker-died"}
    assert codes["operator_flood"] == "too-slow"
