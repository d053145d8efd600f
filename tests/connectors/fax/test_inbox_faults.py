"""The watched folder on a bad day: the journal away, poisoned faxes, dead watchers, swapped files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from pathlib import Path

import pytest

from connectors.fax.spool import Spool
from doorstep.connector import Transmission
from doorstep.errors import Defect, Refused, SettingsError, Unavailable
from schemas.transmission import ReceiptState
from tests.connectors.fax.hubs import FolderHub, JournalHub, open_journal
from tests.connectors.fax.watching import FAX, fax, files, until, watching


async def test_an_absent_journal_leaves_the_fax_claimed_and_it_is_tried_again(hub: FolderHub, inbox: Path) -> None:
    refusals = [Unavailable("storage", "no space", retry_after=0.05)] * 3

    def away(_: Transmission) -> None:
        if refusals:
            raise refusals.pop()

    hub.before = away
    (inbox / "order.tif").write_bytes(FAX)
    async with watching(hub, inbox):
        await until(lambda: len(refusals) < 3)
        assert files(inbox / "done") == []
        await until(lambda: files(inbox / "done") == ["order.tif"])
    assert hub.calls == 1


async def test_a_fax_that_the_hub_refuses_for_good_goes_to_rejected(hub: FolderHub, inbox: Path) -> None:
    def refuse(_: Transmission) -> None:
        raise Refused("blocked", "this sender is blocked")

    hub.before = refuse
    (inbox / "order.tif").write_bytes(FAX)
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "rejected") == ["order.tif"])
    [note] = (inbox / "rejected").glob("*.reason.txt")
    assert note.read_text() == "this sender is blocked\n"


@pytest.mark.parametrize("failure", [Defect("bug", "ours"), ValueError("anything"), OSError(5, "disk")])
async def test_a_fax_that_meets_a_defect_holds_up_no_other(hub: FolderHub, inbox: Path, failure: Exception) -> None:
    def poisoned(transmission: Transmission) -> None:
        if transmission.blobs[0].data == FAX:
            raise failure

    hub.before = poisoned
    (inbox / "a-poison.tif").write_bytes(FAX)
    async with watching(hub, inbox):
        for number in range(6):
            (inbox / f"good-{number}.tif").write_bytes(fax(number))
        await until(lambda: len(files(inbox / "done")) == 6)
        assert [p.name for p in (inbox / "claimed").glob("*/*/*")] == ["a-poison.tif"]
    hub.before = None
    async with watching(hub, inbox):
        await until(lambda: len(files(inbox / "done")) == 7)


async def test_many_faxes_that_meet_a_defect_do_not_fill_the_watchers_hands(hub: FolderHub, inbox: Path) -> None:
    def poisoned(transmission: Transmission) -> None:
        data = transmission.blobs[0].data
        if isinstance(data, bytes) and data.endswith(b"poison"):
            raise Defect("bug", "ours")

    hub.before = poisoned
    for number in range(80):
        (inbox / f"a-{number}.tif").write_bytes(fax(number) + b"poison")
    (inbox / "z-good.tif").write_bytes(FAX)
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "done") == ["z-good.tif"])


async def test_claims_of_a_dead_watcher_are_taken_up_with_a_sidecar_it_had_not_moved_yet(
    hub: FolderHub, inbox: Path
) -> None:
    claim = inbox / "claimed" / "999-dead" / "20260101T000000-aa"
    claim.mkdir(parents=True)
    (inbox / "claimed" / "999-dead" / "20260101T000000-empty").mkdir()
    (claim / "f.tif").write_bytes(FAX)
    (inbox / "f.tif.json").write_text('{"calling_number": "9375550112"}')
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "done") == ["f.tif"])
        await until(lambda: len(list((inbox / "claimed").glob("*/*"))) == 0)
    assert hub.seen[0].sender == "9375550112"
    assert list((inbox / "claimed").iterdir()) == []


@pytest.mark.parametrize("kind", ["fifo", "link"])
async def test_a_claim_that_was_swapped_for_something_else_is_rejected_without_being_followed(
    hub: FolderHub, inbox: Path, tmp_path: Path, kind: str
) -> None:
    claim = inbox / "claimed" / "999-dead" / "20260101T000000-aa"
    claim.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(claim / "f.tif")
    else:
        (tmp_path / "secret.tif").write_bytes(FAX)
        (claim / "f.tif").symlink_to(tmp_path / "secret.tif")
    async with watching(hub, inbox):
        await until(lambda: files(inbox / "rejected") == ["f.tif"])
    assert hub.calls == 0


def test_a_claimed_folder_that_leads_elsewhere_is_refused(inbox: Path, tmp_path: Path) -> None:
    (inbox / "claimed").symlink_to(tmp_path)
    with pytest.raises(SettingsError, match="claimed"):
        Spool(inbox, stable_seconds=0, max_bytes=1).open()


def test_what_has_been_done_for_long_is_removed(inbox: Path) -> None:
    spool = Spool(inbox, stable_seconds=0, max_bytes=1)
    spool.open()
    (inbox / "done" / "old").mkdir()
    (inbox / "done" / "old" / "f.tif").write_bytes(FAX)
    assert spool.purge(1) == 0
    time.sleep(0.02)
    assert spool.purge(1e-7) == 1
    assert list((inbox / "done").iterdir()) == []
    spool.close()


async def test_an_inbox_that_goes_away_and_comes_back_is_watched_again(
    hub: FolderHub, inbox: Path, tmp_path: Path
) -> None:
    async with watching(hub, inbox):
        await asyncio.to_thread(inbox.rename, tmp_path / "unmounted")
        await asyncio.sleep(0.1)
        await asyncio.to_thread((tmp_path / "unmounted").rename, inbox)
        (inbox / "order.tif").write_bytes(FAX)
        await until(lambda: files(inbox / "done") == ["order.tif"])


async def test_more_faxes_than_are_held_at_a_time_all_arrive(hub: FolderHub, inbox: Path) -> None:
    for number in range(150):
        (inbox / f"{number}.tif").write_bytes(fax(number))
    async with watching(hub, inbox):
        await until(lambda: len(hub.kept) == 150)
        await until(lambda: len(files(inbox / "done")) == 150)
    assert hub.calls == 150


async def test_the_real_journal_takes_faxes_refusals_and_repeats(tmp_path: Path, inbox: Path) -> None:
    journal = open_journal(tmp_path / "var")
    hub = JournalHub(tmp_path / "var", journal)
    (inbox / "a\u202e\n.tif").write_bytes(FAX)
    (inbox / "b.tif").write_bytes(FAX)
    (inbox / "c.tif").write_bytes(b"no fax")
    (inbox / "d.tif").write_bytes(b"")
    async with watching(hub, inbox):
        await until(lambda: len(files(inbox / "done")) + len(files(inbox / "rejected")) == 4)
    [fax_receipt] = await journal.read(lambda r: r.receipts(sha256=hashlib.sha256(FAX).hexdigest()))
    [odd_receipt] = await journal.read(lambda r: r.receipts(sha256=hashlib.sha256(b"no fax").hexdigest()))
    assert (fax_receipt.state, fax_receipt.reason) == (ReceiptState.PENDING, None)
    assert odd_receipt.state is ReceiptState.REJECTED
    assert files(inbox / "rejected") == ["c.tif", "d.tif"]
    assert len(await journal.read(lambda r: r.events_after(0))) == 1
    await journal.close()
