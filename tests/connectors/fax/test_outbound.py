"""Answers by fax: to the outbox folder or to HylaFAX, once each."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.fax import CONNECTOR, FaxSettings
from connectors.fax.handover import Attempts, put_in_outbox
from connectors.fax.outbound import job_tag
from doorstep.connector import Delivery, Sent
from doorstep.errors import Ambiguous, HubError, Refused, Unavailable
from schemas.transmission import ReplyTo
from tests.connectors.fax.answers import confirmation
from tests.connectors.fax.hubs import FolderHub


@pytest.fixture
def hub(tmp_path: Path) -> FolderHub:
    return FolderHub(tmp_path / "hub")


async def send(hub: FolderHub, settings: FaxSettings, *, again: bool = False, **changes: Any) -> Sent:
    assert CONNECTOR.send
    return await CONNECTOR.send(settings, hub, Delivery(confirmation(**changes), attempt=1, again=again))


def outbox(hub: FolderHub) -> Path:
    return hub.data_dir("fax") / "outbox"


async def test_without_sendfax_the_page_and_its_facts_lie_in_the_outbox(hub: FolderHub) -> None:
    sent = await send(hub, FaxSettings())
    tag = confirmation().confirmation_id
    assert sent == Sent("spooled", f"{tag}.pdf")
    pdf = (outbox(hub) / f"{tag}.pdf").read_bytes()
    assert json.loads((outbox(hub) / f"{tag}.json").read_text()) == {
        "number": "9375550112",
        "kind": "information-requested",
        "reference": "DS-000123-7",
        "pages": 1,
        "sha256": hashlib.sha256(pdf).hexdigest(),
    }
    assert sorted(p.name for p in outbox(hub).iterdir()) == [f"{tag}.json", f"{tag}.pdf"]


@pytest.mark.parametrize("address", ["", "anonymous", "555-0112", "-rf", "sip:evil@example", "1234567890"])
async def test_without_a_number_there_is_nothing_to_answer(hub: FolderHub, address: str) -> None:
    with pytest.raises(Refused, match="no fax number to answer"):
        await send(hub, FaxSettings(), recipient=ReplyTo(channel="fax", address=address))
    assert not outbox(hub).exists()


async def test_sending_again_changes_nothing(hub: FolderHub) -> None:
    first = await send(hub, FaxSettings())
    page = outbox(hub) / first.provider_id
    stamp = page.stat().st_mtime_ns
    assert await send(hub, FaxSettings(), again=True) == first
    assert page.stat().st_mtime_ns == stamp


async def test_what_was_taken_from_the_outbox_is_not_put_there_again(hub: FolderHub) -> None:
    first = await send(hub, FaxSettings())
    for path in outbox(hub).iterdir():
        path.unlink()
    assert await send(hub, FaxSettings(), again=True) == first
    assert list(outbox(hub).iterdir()) == []


async def test_an_attempt_that_died_and_left_nothing_is_for_a_person(hub: FolderHub) -> None:
    Attempts(hub.data_dir("fax") / "attempts").begin(confirmation().confirmation_id)
    with pytest.raises(Ambiguous):
        await send(hub, FaxSettings(), again=True)


async def test_an_attempt_that_died_between_page_and_facts_is_for_a_person(hub: FolderHub) -> None:
    tag = confirmation().confirmation_id
    Attempts(hub.data_dir("fax") / "attempts").begin(tag)
    outbox(hub).mkdir()
    (outbox(hub) / f"{tag}.pdf").write_bytes(b"half")
    with pytest.raises(Ambiguous):
        await send(hub, FaxSettings(), again=True)


async def test_an_outbox_that_cannot_be_written_is_tried_later(hub: FolderHub) -> None:
    outbox(hub).write_text("in the way")
    with pytest.raises(Unavailable):
        await send(hub, FaxSettings())
    outbox(hub).unlink()
    assert (await send(hub, FaxSettings())).provider_status == "spooled"


def test_every_number_has_its_own_queue() -> None:
    assert CONNECTOR.destination
    assert CONNECTOR.destination(FaxSettings(), confirmation()) == "9375550112"
    other = confirmation(recipient=ReplyTo(channel="fax", address="?"))
    assert CONNECTOR.destination(FaxSettings(), other) == "nowhere"


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "-rf", "a/b", "", ".hidden", "x" * 300, "a\nb", "a|b"])
def test_an_odd_id_never_becomes_a_path_or_an_option(hostile: str) -> None:
    tag = job_tag(hostile)
    assert tag.startswith("c-")
    assert tag == job_tag(hostile)


def test_facts_come_after_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda self, to: (order.append(to.suffix), real(self, to))[1])
    put_in_outbox(tmp_path, "t", b"%PDF", {})
    assert order == [".pdf", ".json"]


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Path]:
    """Stand-ins for HylaFAX's client programs, for what the real ones do only on a bad day."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(
        folder,
        "sendfax",
        f'echo "$@" >>{folder}/calls; echo "request id is 7 (group id 7) for host localhost (1 file)"',
    )
    program(folder, "faxstat", 'echo "HylaFAX scheduler on here: Running"')
    return folder


def calls(client: Path) -> list[str]:
    path = client / "calls"
    return path.read_text().splitlines() if path.exists() else []


async def test_sendfax_gets_number_and_tag_and_no_page_stays_behind(hub: FolderHub, client: Path) -> None:
    settings = FaxSettings(sendfax=client / "sendfax", sendfax_host="fax.example:4559")
    assert await send(hub, settings) == Sent("queued", "7")
    [call] = calls(client)
    assert call.startswith(f"-h fax.example:4559 -n -N -i {confirmation().confirmation_id} -d 9375550112 /")
    assert list((hub.data_dir("fax") / "hylafax").glob("*.pdf")) == []
    assert await send(hub, settings, again=True) == Sent("queued", "7")
    assert len(calls(client)) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("echo 'sendfax: Can not reach server at host \"x\", port 4559.' >&2; exit 1", Unavailable),
        ("echo 'Null destination for \"\"' >&2; exit 1", Refused),
        ("echo done", Unavailable),
        ("sleep 60", Unavailable),
        ("kill -9 $$", Unavailable),
    ],
)
async def test_a_failing_sendfax_is_told_by_its_words(
    hub: FolderHub, client: Path, body: str, error: type[HubError]
) -> None:
    program(client, "sendfax", body)
    with pytest.raises(error):
        await send(hub, FaxSettings(sendfax=client / "sendfax", sendfax_seconds=0.5))


async def test_an_absent_program_is_tried_later(hub: FolderHub, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await send(hub, FaxSettings(sendfax=tmp_path / "nowhere"))


async def test_a_job_whose_end_nobody_saw_is_found_by_its_tag(hub: FolderHub, client: Path) -> None:
    tag = confirmation().confirmation_id
    Attempts(hub.data_dir("fax") / "attempts").begin(tag)
    program(client, "faxstat", f"printf 'HylaFAX scheduler: Running\\n\\nJID|JobTag\\n8|other\\n9|{tag}\\n'")
    assert await send(hub, FaxSettings(sendfax=client / "sendfax"), again=True) == Sent("queued", "9")
    assert calls(client) == []


async def test_a_fresh_attempt_that_hylafax_does_not_know_is_made_again(hub: FolderHub, client: Path) -> None:
    Attempts(hub.data_dir("fax") / "attempts").begin(confirmation().confirmation_id)
    assert await send(hub, FaxSettings(sendfax=client / "sendfax"), again=True) == Sent("queued", "7")


async def test_an_old_attempt_that_hylafax_no_longer_knows_is_for_a_person(hub: FolderHub, client: Path) -> None:
    attempts = Attempts(hub.data_dir("fax") / "attempts")
    attempts.begin(confirmation().confirmation_id)
    old = time.time() - 3600
    os.utime(hub.data_dir("fax") / "attempts" / confirmation().confirmation_id, (old, old))
    with pytest.raises(Ambiguous):
        await send(hub, FaxSettings(sendfax=client / "sendfax"), again=True)
    assert calls(client) == []


@pytest.mark.parametrize("body", ["exit 1", "printf 'JID Pri S Owner Number\\n1 127 W root 6145550100\\n'"])
async def test_without_word_from_hylafax_nothing_is_sent_twice(hub: FolderHub, client: Path, body: str) -> None:
    Attempts(hub.data_dir("fax") / "attempts").begin(confirmation().confirmation_id)
    program(client, "faxstat", body)
    with pytest.raises(Unavailable):
        await send(hub, FaxSettings(sendfax=client / "sendfax"), again=True)
    assert calls(client) == []


async def test_check_says_which_way_is_active_and_what_to_mend(tmp_path: Path, client: Path) -> None:
    async def told(settings: FaxSettings) -> list[tuple[str, bool, str]]:
        assert CONNECTOR.check
        return [line async for line in CONNECTOR.check(settings)]

    [inbox, answers] = await told(FaxSettings())
    assert inbox[1]
    assert "no sendfax is set" in answers[2]
    [inbox, answers] = await told(FaxSettings(inbox=tmp_path / "a" / "b", sendfax=tmp_path / "nowhere"))
    assert (inbox[1], answers[1]) == (False, False)
    [inbox, answers] = await told(FaxSettings(inbox=tmp_path, sendfax=client / "sendfax"))
    assert (inbox[1:], answers[1:]) == ((True, "ready"), (True, "by HylaFAX's sendfax"))
    program(client, "faxstat", "exit 1")
    [_, answers] = await told(FaxSettings(sendfax=client / "sendfax"))
    assert not answers[1]
