"""Watchers in processes of their own: killed at any instant, two at once, without the right to read."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.transmission import TransmissionReceived
from tests.connectors.fax.hubs import FolderHub, open_journal
from tests.services.zygote import Forked, popen

ROOT = Path(__file__).parents[3]
FAX = (ROOT / "tests/samples/fax/order-06-two-column.tif").read_bytes()


def start(inbox: Path, store: Path, *more: str) -> Forked:
    command = [sys.executable, "-m", "tests.connectors.fax.watcher", str(inbox), str(store), *more]
    child: Forked = popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=sys.__stderr__)
    assert child.stdout
    assert child.stdout.readline() == b"ready\n"
    return child


@contextmanager
def watcher(inbox: Path, store: Path, *more: str) -> Iterator[Forked]:
    child = start(inbox, store, *more)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(60)
        finally:
            child.close()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def drop(inbox: Path, number: int) -> None:
    """Put a fax the way the HylaFAX hook does: under another name first."""
    (inbox / f"{number}.tif.tmp").write_bytes(FAX + str(number).encode())
    (inbox / f"{number}.tif.tmp").rename(inbox / f"{number}.tif")


def kill_in_the_middle(child: Forked, inbox: Path, rng: random.Random) -> bool:
    """Kill it when it has done a few more of the many that wait; say whether it left any undone."""
    enough = len(done(inbox)) + rng.randrange(1, 9)
    until(lambda: len(done(inbox)) >= enough)
    time.sleep(rng.uniform(0, 0.02))
    child.close()
    return bool(list(inbox.glob("*.tif")) or list(inbox.glob("claimed/*/*/*")))


def done(inbox: Path) -> list[str]:
    return sorted(p.name for p in inbox.glob("done/*/*"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_in_the_middle_nothing_is_lost_and_nothing_is_double(tmp_path: Path, seed: int) -> None:
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    inbox.mkdir()
    hub = FolderHub(store)
    rng = random.Random(seed)
    for number in range(40):
        drop(inbox, number)
    left = []
    for round_ in range(4):
        child = start(inbox, store)
        for number in range(40 + round_ * 10, 50 + round_ * 10):
            drop(inbox, number)
        left.append(kill_in_the_middle(child, inbox, rng))
    assert any(left), "no kill was in the middle"
    with watcher(inbox, store):
        until(lambda: len(done(inbox)) == 80)
    assert sorted(kept["title"] for kept in hub.kept) == sorted(f"{n}.tif" for n in range(80))
    assert list(inbox.glob("*.tif")) == []
    assert list(inbox.glob("claimed/*/*")) == []


@pytest.mark.slow
async def test_killed_in_the_middle_of_the_real_journals_commits_nothing_is_lost_or_double(tmp_path: Path) -> None:
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    inbox.mkdir()
    store.mkdir()
    rng = random.Random(3)
    for number in range(60):
        drop(inbox, number)
    left = []
    for round_ in range(3):
        child = start(inbox, store, "journal")
        for number in range(60 + round_ * 10, 70 + round_ * 10):
            drop(inbox, number)
        left.append(kill_in_the_middle(child, inbox, rng))
    assert any(left), "no kill was in the middle"
    with watcher(inbox, store, "journal"):
        until(lambda: len(done(inbox)) == 90)
    journal = open_journal(store, readonly=True)
    events = await journal.read(lambda reader: reader.events_after(0, topics=[TransmissionReceived.topic]))
    data = [await journal.content(event.data.contents[0]) for event in events]
    assert sorted(data) == sorted(FAX + str(n).encode() for n in range(90))
    receipts = [await journal.read(lambda r, e=event: r.receipts(document_id=e.data.document_id)) for event in events]
    assert [len(found) for found in receipts] == [1] * 90
    await journal.close()


@pytest.mark.slow
def test_two_watchers_take_each_fax_once(tmp_path: Path) -> None:
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    inbox.mkdir()
    hub = FolderHub(store)
    with watcher(inbox, store), watcher(inbox, store):
        for number in range(100):
            drop(inbox, number)
        until(lambda: len(done(inbox)) == 100)
    assert hub.calls == 100
    assert len(hub.kept) == 100


@pytest.mark.slow
def test_the_claims_of_a_killed_watcher_are_taken_up_by_the_one_that_lives(tmp_path: Path) -> None:
    inbox, store = tmp_path / "inbox", tmp_path / "store"
    inbox.mkdir()
    dying = start(inbox, store)
    dying.send_signal(signal.SIGSTOP)
    [mine] = (inbox / "claimed").iterdir()
    (mine / "20260101T000000-aa").mkdir()
    drop(mine / "20260101T000000-aa", 1)
    with watcher(inbox, store):
        time.sleep(0.3)
        assert done(inbox) == []  # its owner is stopped, not dead
        dying.close()
        until(lambda: done(inbox) == ["1.tif"])


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a watcher as somebody else")
def test_a_file_that_may_not_be_read_waits_and_blocks_nothing(open_folder: Path) -> None:
    nobody = 65534
    inbox, store = open_folder / "inbox", open_folder / "store"
    inbox.mkdir()
    FolderHub(store)
    for folder in (inbox, store, *store.rglob("*")):
        os.chown(folder, nobody, nobody)
    drop(inbox, 1)
    (inbox / "1.tif").chmod(0o600)
    with watcher(inbox, store, str(nobody)):
        drop(inbox, 2)
        (inbox / "2.tif").chmod(0o644)
        until(lambda: done(inbox) == ["2.tif"])
        assert (inbox / "1.tif").exists()
        (inbox / "1.tif").chmod(0o644)
        until(lambda: done(inbox) == ["1.tif", "2.tif"])
