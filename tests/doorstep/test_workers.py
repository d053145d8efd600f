"""The worker pool: limits stop one input and never the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doorstep.errors import Defect, Refused, Unavailable
from doorstep.workers import MEGABYTE, Limits, Workers
from schemas.codec import CodecError
from tests.doorstep import worker_jobs as jobs


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers(2, limits=Limits(memory=600 * MEGABYTE, file_size=8 * MEGABYTE)) as pool:
        yield pool


async def test_returns_what_the_function_returned(workers: Workers) -> None:
    assert await asyncio.gather(*(workers.run(jobs.add, n, 1, timeout=100) for n in range(5))) == [1, 2, 3, 4, 5]


async def test_kills_at_the_wall_time_out_and_goes_on(workers: Workers) -> None:
    with pytest.raises(Refused) as caught:
        await workers.run(jobs.sleep, 30, timeout=0.3)
    assert caught.value.code == "too-slow"
    assert await workers.run(jobs.add, 1, 1, timeout=100) == 2


async def test_kills_a_busy_loop(workers: Workers) -> None:
    with pytest.raises(Refused) as caught:
        await workers.run(jobs.burn, timeout=0.3)
    assert caught.value.code == "too-slow"


async def test_refuses_what_needs_too_much_memory_and_goes_on(workers: Workers) -> None:
    with pytest.raises(Refused) as caught:
        await workers.run(jobs.eat, 2000, timeout=100)
    assert caught.value.code == "too-big"
    assert await workers.run(jobs.eat, 10, timeout=100) == 10 << 20


async def test_a_dead_worker_costs_its_own_input_only(workers: Workers) -> None:
    async def add(n: int) -> int:
        return int(await workers.run(jobs.add, n, 0, timeout=100))

    async def die() -> str:
        with pytest.raises(Refused) as caught:
            await workers.run(jobs.die, timeout=100)
        return caught.value.code

    assert await asyncio.gather(add(1), die(), add(2), add(3)) == [1, "worker-died", 2, 3]


async def test_large_temporary_files_are_stopped(workers: Workers) -> None:
    with pytest.raises((Refused, Defect)) as caught:
        await workers.run(jobs.write_much, 20, timeout=100)
    assert caught.value.code in {"too-big", "worker-failed"}


async def test_our_errors_travel_back_as_they_are(workers: Workers) -> None:
    with pytest.raises(CodecError) as codec:
        await workers.run(jobs.break_format, timeout=100)
    assert (codec.value.code, codec.value.message, codec.value.location) == (
        "truncated",
        "the image ends early",
        "page 2",
    )
    with pytest.raises(Refused) as refused:
        await workers.run(jobs.refuse, timeout=100)
    assert (refused.value.code, refused.value.detail, refused.value.location) == ("encrypted", "size 12", "page 1")


async def test_a_stray_exception_is_a_defect_that_names_no_value(workers: Workers) -> None:
    with pytest.raises(Defect) as caught:
        await workers.run(jobs.stumble, timeout=100)
    assert "person" not in str(caught.value)
    assert "KeyError" in caught.value.message


async def test_each_worker_has_a_folder_of_its_own_that_stop_removes() -> None:
    pool = Workers(1)
    await pool.start()
    folder, there, threads = await pool.run(jobs.folder_and_threads, timeout=100)
    assert there
    assert threads == "1"
    await pool.stop()
    assert not await asyncio.to_thread(Path(folder).exists)
    with pytest.raises(Unavailable):
        await pool.run(jobs.add, 1, 1, timeout=1)


async def test_a_waiting_caller_who_gives_up_frees_the_worker(workers: Workers) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(workers.run(jobs.sleep, 30, timeout=60), 0.3)
    assert await asyncio.wait_for(workers.run(jobs.add, 2, 2, timeout=100), 100) == 4


async def test_what_a_killed_hub_left_in_the_scratch_folder_is_swept_and_a_living_hubs_is_not(tmp_path: Path) -> None:
    left = tmp_path / "doorstep-workers-left"
    left.mkdir()
    (left / ".lock").touch()
    (left / "page.tif").write_bytes(b"a page")
    async with Workers(1, scratch=tmp_path):
        assert not left.exists()
        (mine,) = tmp_path.iterdir()
        async with Workers(1, scratch=tmp_path):
            assert mine.exists()
    assert list(tmp_path.iterdir()) == []
