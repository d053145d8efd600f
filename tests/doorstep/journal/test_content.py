"""The content store: what it gives back is what was put in, or it says so."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.connector import Blob
from doorstep.errors import Defect
from doorstep.journal import Journal
from doorstep.journal.content import INLINE_LIMIT, ContentStore
from schemas.transmission import Content
from tests.doorstep.journal.support import opened

EDGE = [0, 1, INLINE_LIMIT, INLINE_LIMIT + 1, 1_000_000]


@pytest.mark.parametrize("size", EDGE)
async def test_every_size_comes_back_as_it_went_in(journal: Journal, size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    ref = await journal.keep(data, "application/octet-stream", "name")
    assert ref.sha256 == hashlib.sha256(data).hexdigest()
    assert (ref.url, ref.size, ref.title) == (f"content:{ref.sha256}", size, "name")
    assert await journal.content(ref) == data
    assert await journal.keep(data, "application/octet-stream", "name") == ref


@pytest.mark.parametrize(
    "harm", [lambda p: p.write_bytes(b"x"), lambda p: p.unlink(), lambda p: p.write_bytes(b"y" * 70_000)]
)
async def test_a_file_that_was_changed_or_lost_is_a_defect_and_never_given_out(
    journal: Journal, tmp_path: Path, harm: object
) -> None:
    ref = await journal.keep(bytes(70_000), "image/tiff")
    assert callable(harm)
    harm(tmp_path / "content" / ref.sha256[:2] / ref.sha256)
    with pytest.raises(Defect):
        await journal.content(ref)


async def test_a_half_written_file_of_a_crash_is_replaced_when_the_content_comes_again(
    journal: Journal, tmp_path: Path
) -> None:
    data = bytes(70_000)
    ref = await journal.keep(data, "image/tiff")
    (tmp_path / "content" / ref.sha256[:2] / ref.sha256).write_bytes(b"half")
    await journal.keep(data, "image/tiff")
    assert await journal.content(ref) == data


async def test_no_temporary_file_is_left(journal: Journal, tmp_path: Path) -> None:
    for number in range(3):
        await journal.keep(bytes([number]) * 70_000, "image/tiff")
    assert len([p for p in (tmp_path / "content").rglob("*") if p.is_file()]) == 3


async def test_an_address_that_nobody_stored_is_a_defect(journal: Journal) -> None:
    for sha256 in ("0" * 64, "../../etc/passwd", ""):
        with pytest.raises(Defect):
            await journal.content(Content(url="content:x", sha256=sha256, content_type="x", size=1))


def test_a_path_out_of_the_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Defect):
        ContentStore(tmp_path, lambda _error: None).path("../" * 20 + "a" * 4)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=200))
def test_memory_and_file_have_the_same_address(data: bytes, tmp_path: Path) -> None:
    store = ContentStore(tmp_path, lambda _error: None)
    file = tmp_path / "blob"
    file.write_bytes(data)
    assert store.measure(Blob("a/b", data)) == store.measure(Blob("a/b", file))


async def test_what_an_interrupted_process_left_half_written_is_swept_at_the_next_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    async with opened(url, tmp_path):
        (tmp_path / "content" / "drafts" / "half").write_bytes(b"half")
    async with opened(url, tmp_path):
        assert list((tmp_path / "content" / "drafts").iterdir()) == []
