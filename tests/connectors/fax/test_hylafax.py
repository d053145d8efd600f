"""Answers through the real HylaFAX: hfaxd and faxq on a spool of our own, no modem, Debian's client programs."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.fax import CONNECTOR, FaxSettings
from connectors.fax.follow import Follower
from connectors.fax.handover import Attempts
from connectors.fax.outbound import job_tag
from doorstep.connector import Delivery, Sent
from doorstep.errors import Unavailable
from schemas.outbound import FailureClass
from tests.connectors.fax.answers import confirmation
from tests.connectors.fax.gateways.house import house, until
from tests.connectors.fax.hubs import FolderHub
from tests.services.process import free_port

HFAXD, FAXQ = "/usr/sbin/hfaxd", "/usr/sbin/faxq"
SENDFAX = shutil.which("sendfax")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (SENDFAX and shutil.which("faxstat") and Path(HFAXD).exists() and os.geteuid() == 0),
        reason="HylaFAX is not here: needs hylafax-server and hylafax-client, and root to start hfaxd",
    ),
]


def make_spool(spool: Path) -> None:
    names = "archive bin client config dev docq doneq etc info log pollq recvq sendq status tmp"
    for name in names.split():
        (spool / name).mkdir(parents=True)
    (spool / "etc" / "hosts.hfaxd").write_text("localhost:21::\n127.0.0.1\n")
    (spool / "etc" / "hosts.hfaxd").chmod(0o600)
    (spool / "etc" / "setup.cache").touch()
    (spool / "etc" / "config").write_text(
        'AreaCode: 614\nLongDistancePrefix: 1\nInternationalPrefix: 011\nDialStringRules: "etc/dialrules"\n'
        "NotifyCmd: bin/notify-doorstep\n"
    )
    shutil.copy("/etc/hylafax/dialrules", spool / "etc" / "dialrules")
    shutil.copy(Path(__file__).parents[3] / "deploy" / "hylafax" / "notify-doorstep", spool / "bin")
    (spool / "etc" / "doorstep.conf").write_text(f"DOORSTEP_FAX_FATES={spool.parent / 'fates'}\n")
    for path in (spool, *spool.rglob("*")):
        shutil.chown(path, "uucp", "uucp")


def wait_until_running(host: str, home: Path) -> None:
    """Wait for hfaxd and for faxq behind it; a request that reaches faxq while it starts is never answered."""
    end = time.monotonic() + 90
    ask = ["faxstat", "-h", host, "-s"]
    while time.monotonic() < end:
        try:
            home_only = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C"}
            told = subprocess.run(ask, env=home_only, capture_output=True, timeout=5, check=False).stdout
        except subprocess.TimeoutExpired:
            continue
        if b"Running" in told:
            return
        time.sleep(0.05)
    pytest.fail("HylaFAX does not run after 90 s")


@pytest.fixture
def server(open_folder: Path) -> Iterator[tuple[str, Path]]:
    spool, port = open_folder / "spool", free_port()
    make_spool(spool)
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    children = [
        subprocess.Popen([FAXQ, "-D", "-q", spool], **quiet),
        subprocess.Popen([HFAXD, "-d", "-i", str(port), "-l", "127.0.0.1", "-q", spool], **quiet),
    ]
    try:
        wait_until_running(f"127.0.0.1:{port}", open_folder)
        yield f"127.0.0.1:{port}", spool
    finally:
        for child in children:
            child.terminate()
            child.wait(10)


async def test_a_confirmation_is_queued_once_under_its_tag(server: tuple[str, Path], tmp_path: Path) -> None:
    host, spool = server
    hub = FolderHub(tmp_path / "hub")
    assert SENDFAX
    assert CONNECTOR.send
    settings = FaxSettings(sendfax=Path(SENDFAX), sendfax_host=host)
    sent = await CONNECTOR.send(settings, hub, Delivery(confirmation(), attempt=1))
    assert sent.provider_status == "queued"

    job = (spool / "sendq" / f"q{sent.provider_id}").read_text()
    tag = job_tag(confirmation().confirmation_id)
    assert f"jobtag:{tag}\n" in job
    assert "number:9375550112\n" in job
    [document] = [p for p in (spool / "docq").iterdir() if p.name.startswith("doc")]
    assert document.read_bytes().startswith(b"%PDF-")

    attempts = Attempts(hub.data_dir("fax") / "attempts")
    attempts.begin(tag)  # as if the hub had died before it learnt the job's number
    again = await CONNECTOR.send(settings, hub, Delivery(confirmation(), attempt=2, again=True))
    assert again == Sent("queued", sent.provider_id)
    assert len(list((spool / "sendq").glob("q*[0-9]"))) == 1


async def test_check_tells_a_server_that_answers_from_one_that_does_not(server: tuple[str, Path]) -> None:
    host, _ = server
    assert SENDFAX
    assert CONNECTOR.check
    up = [line async for line in CONNECTOR.check(FaxSettings(sendfax=Path(SENDFAX), sendfax_host=host))]
    assert up[1][1:] == (True, "by HylaFAX's sendfax")
    away = FaxSettings(sendfax=Path(SENDFAX), sendfax_host=f"127.0.0.1:{free_port()}")
    down = [line async for line in CONNECTOR.check(away)]
    assert not down[1][1]


async def test_a_server_that_is_away_is_tried_later(tmp_path: Path) -> None:
    assert SENDFAX
    assert CONNECTOR.send
    settings = FaxSettings(sendfax=Path(SENDFAX), sendfax_host=f"127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable):
        await CONNECTOR.send(settings, FolderHub(tmp_path), Delivery(confirmation(), attempt=1))


async def test_a_job_taken_out_of_the_real_queue_is_told_by_the_hook(
    server: tuple[str, Path], open_folder: Path, tmp_path: Path
) -> None:
    host, spool = server
    fates = open_folder / "fates"
    fates.mkdir()
    shutil.chown(fates, "uucp", "uucp")
    assert SENDFAX
    async with house(tmp_path / "hub") as hub:
        settings = FaxSettings(sendfax=Path(SENDFAX), sendfax_host=host, hylafax_fates=fates)
        sent = await hub.answer(settings)
        job = (spool / "sendq" / f"q{sent.provider_id}").read_text()
        assert "notify:when done" in job
        home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        remove = ["faxrm", "-h", host, sent.provider_id]
        await asyncio.to_thread(subprocess.run, remove, env=home, check=True, capture_output=True)
        follower = Follower(settings, hub, {})

        async def told() -> bool:
            await follower.look()
            return bool(await hub.fates())

        await until(told)
        [fate] = await hub.fates()
    assert (fate.provider_status, fate.failure_class, fate.final) == ("killed", FailureClass.DECLINED, True)
    assert fate.provider_id == sent.provider_id
