"""The watched folder: what is taken, what is left alone, and what is refused."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from pathlib import Path

import pytest

from connectors.fax.spool import Spool
from doorstep.connector import Transmission
from tests.connectors.fax.hubs import FolderHub
from tests.connectors.fax.watching import FAX, SAMPLES, fax, files, names, until, watching


async def test_a_fax_is_received_and_then_moved_to_done(hub: FolderHub, inbox: Path) -> None:
    (inbox / "order.tif").write_bytes(FAX)
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "done") == ["order.tif"])
    [got] = hub.seen
    assert (got.channel, got.blobs[0].content_type, got.blobs[0].data) == ("fax", "image/tiff", FAX)
    assert got.blobs[0].title == "order.tif"
    assert got.reply_to is not None
    assert got.reply_to.address == ""
    assert got.rejected is None
    assert not (inbox / "order.tif").exists()


async def test_the_default_inbox_lies_in_the_data_folder(hub: FolderHub) -> None:
    async with watching(hub, None):
        inbox = hub.data_dir("fax") / "inbox"
        (inbox / "order.tif").write_bytes(FAX)
        await until(lambda: len(hub.seen) == 1)


async def test_taken_faxes_are_removed_at_once_when_none_are_to_be_kept(hub: FolderHub, inbox: Path) -> None:
    (inbox / "order.tif").write_bytes(FAX)
    async with watching(hub, inbox, keep_done_days=0):
        await until(lambda: hub.calls == 1 and not list((inbox / "claimed").glob("*/*")))
        await until(lambda: list((inbox / "done").iterdir()) == [])


async def test_the_sidecar_says_who_called_and_goes_with_its_fax(hub: FolderHub, inbox: Path) -> None:
    facts = {"calling_number": "+1 (937) 555-0112", "commid": "000000012", "qfile": "fax000001.tif", "tsid": "A\nB"}
    (inbox / "f.tif.json").write_text(json.dumps({**facts, "complete": True, "called_number": 6145550100}))
    (inbox / "f.tif").write_bytes(FAX)
    async with watching(hub, inbox, stable_seconds=600):  # complete: no waiting
        await until(lambda: files(inbox / "done") == ["f.tif"])
    [got] = hub.seen
    assert got.idempotency_key == "hylafax:000000012:fax000001.tif"
    assert got.reply_to is not None
    assert got.reply_to.address == "9375550112"
    assert got.reply_to.context == {"commid": "000000012", "called_number": "6145550100", "tsid": "A B"}
    assert list((inbox / "done").glob("*/f.tif.json"))
    assert not (inbox / "f.tif.json").exists()


@pytest.mark.parametrize(
    "name",
    [
        "-rf",
        "a\nb.tif",
        "\u202efit.redro",
        "caf\udce9.tif",
        " ",
        "x" * 255,
        "$(touch hacked);`id`.tif",
        "..tif",
        "order.json",
    ],
)
async def test_a_name_is_data_and_never_logged(
    hub: FolderHub, inbox: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = inbox / name
    path.write_bytes(FAX)
    if name == "order.json":  # a .json may be a sidecar whose fax is about to come: it is given ten minutes
        os.utime(path, (time.time() - 700,) * 2)
    hidden = name.startswith(".")
    async with watching(hub, inbox):
        if hidden:
            await asyncio.sleep(0.2)
            assert hub.calls == 0
            return
        await until(lambda: files(inbox / "done") == [name])
    [got] = hub.seen
    assert got.blobs[0].title is not None
    got.blobs[0].title.encode()  # storable
    assert name.strip() == "" or name not in caplog.text


async def test_what_is_no_finished_regular_file_is_left_alone_and_blocks_nothing(
    hub: FolderHub, inbox: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.tif"
    secret.write_bytes(FAX)
    (inbox / "link.tif").symlink_to(secret)
    (inbox / "dangling.tif").symlink_to(tmp_path / "nowhere")
    os.mkfifo(inbox / "pipe.tif")
    (inbox / "folder.tif").mkdir()
    for name in (".hidden.tif", "a.tmp", "a.tif.part", "A.PART"):
        (inbox / name).write_bytes(FAX)
    (inbox / "waiting.tif.json").write_text("{}")
    before = names(inbox)
    async with watching(hub, inbox):
        (inbox / "good.tif").write_bytes(fax(1))
        await until(lambda: files(inbox / "done") == ["good.tif"])
        await asyncio.sleep(0.2)
    assert names(inbox) == before
    assert hub.calls == 1


async def test_a_file_that_its_writer_holds_open_is_not_taken_however_long_it_pauses(
    hub: FolderHub, inbox: Path
) -> None:
    async with watching(hub, inbox):
        with (inbox / "slow.tif").open("wb") as writer:
            writer.write(FAX[:1000])
            writer.flush()
            await asyncio.sleep(0.4)  # eight times the stable time
            assert hub.calls == 0
            writer.write(FAX[1000:])
        await until(lambda: files(inbox / "done") == ["slow.tif"])
    assert [t.blobs[0].data for t in hub.seen] == [FAX]


def test_a_file_that_grows_is_taken_when_it_has_stopped(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: at)
    spool = Spool(inbox, stable_seconds=10, max_bytes=1 << 20)
    spool.open()
    for _ in range(5):
        with (inbox / "grows.tif").open("ab") as writer:
            writer.write(FAX[:3000])
        assert spool.claim(10) == []
        at += 9.9
        assert spool.claim(10) == []
    at += 0.1
    assert [claim.name for claim in spool.claim(10)] == ["grows.tif"]
    spool.close()


async def test_a_late_writer_loses_nothing(hub: FolderHub, inbox: Path) -> None:
    (inbox / "late.tif").write_bytes(FAX[:5000])

    def finish(transmission: Transmission) -> None:
        hub.before = None
        [claimed] = (inbox / "claimed").glob("*/*/late.tif")
        with claimed.open("ab") as writer:
            writer.write(FAX[5000:])

    hub.before = finish
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "done") == ["late.tif"])
    assert [t.blobs[0].data for t in hub.seen] == [FAX[:5000], FAX]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"hello, this is text", "neither TIFF"), (b"II", "neither TIFF"), (b"\0" * 5000, "neither TIFF")],
)
async def test_what_is_no_fax_is_kept_as_rejected_with_the_reason(
    hub: FolderHub, inbox: Path, data: bytes, reason: str
) -> None:
    (inbox / "odd.tif").write_bytes(data)
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "rejected") == ["odd.tif"])
    [note] = (inbox / "rejected").glob("*.reason.txt")
    assert reason in note.read_text()
    [kept] = hub.kept
    assert reason in kept["rejected"]


@pytest.mark.parametrize("name", ["bad-truncated.tif", "bad-dimensions.tif", "bad-encrypted.pdf", "other-blank.tif"])
async def test_a_damaged_fax_is_received_for_the_reader_to_judge(hub: FolderHub, inbox: Path, name: str) -> None:
    (inbox / name).write_bytes((SAMPLES / name).read_bytes())
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "done") == [name])
    assert hub.kept[0]["rejected"] is None


async def test_a_huge_file_is_refused_unread(hub: FolderHub, inbox: Path) -> None:
    with (inbox / "huge.tif").open("wb") as file:
        file.write(FAX)
        file.truncate(100_000_000)
    async with watching(hub, inbox, max_bytes=50_000_000):
        await until(lambda: files(inbox / "rejected") == ["huge.tif"])
    [got] = hub.seen
    assert got.rejected is not None
    assert "100000000 bytes" in got.rejected
    assert isinstance(got.blobs[0].data, bytes)
    assert len(got.blobs[0].data) < 1000


async def test_the_same_content_twice_is_one_fax(hub: FolderHub, inbox: Path) -> None:
    (inbox / "first.tif").write_bytes(FAX)
    (inbox / "second.tif").write_bytes(FAX)
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "done") == ["first.tif", "second.tif"])
    assert len(hub.kept) == 1


async def test_a_hylafax_id_used_again_for_other_content_is_another_fax(hub: FolderHub, inbox: Path) -> None:
    for number in (1, 2):
        (inbox / f"{number}.tif.json").write_text('{"commid": "000000001", "qfile": "fax1.tif", "complete": true}')
        (inbox / f"{number}.tif").write_bytes(fax(number))
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "done") == ["1.tif", "2.tif"])
    assert len(hub.kept) == 2
