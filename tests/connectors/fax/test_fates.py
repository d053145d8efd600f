"""What HylaFAX tells of its jobs, by hook and by log, comes to one fate; and no fax of its log stays behind."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connectors.fax import FaxSettings, hylafax
from connectors.fax.follow import Follower
from connectors.fax.handover import Attempts
from connectors.fax.outbound import job_tag
from connectors.fax.sends import HANDED
from schemas.outbound import ConfirmationDelivered, FailureClass
from tests.connectors.fax.answers import confirmation
from tests.connectors.fax.gateways.house import House, house
from tests.connectors.fax.gateways.vendors import TIFF
from tests.connectors.fax.test_outbound import program

HOOK = Path(__file__).parents[3] / "deploy" / "hylafax" / "notify-doorstep"
TAG = job_tag(confirmation().confirmation_id)


def job_file(spool: Path, tag: str = TAG, **changes: Any) -> str:
    facts = {"jobid": "7", "jobtag": tag, "npages": "1", "totpages": "1", "status": "", "ntries": "1", **changes}
    (spool / "doneq").mkdir(exist_ok=True, parents=True)
    (spool / "doneq" / "q7").write_text("".join(f"{name}:{value}\n" for name, value in facts.items()))
    return "doneq/q7"


def tell(spool: Path, fates: Path, why: str, qfile: str) -> int:
    fates.mkdir(exist_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "DOORSTEP_FAX_FATES": str(fates)}
    return subprocess.run([str(HOOK), qfile, why, "0:12"], cwd=spool, env=environment, check=False).returncode


class Desk:
    """A hub with stand-ins for HylaFAX's client, a spool and the follower."""

    def __init__(self, hub: House, folder: Path, **settings: Any) -> None:
        self.hub, self.spool, self.fates = hub, folder / "spool", folder / "fates"
        for path in (folder / "bin", self.fates, self.spool / "etc", self.spool / "recvq"):
            path.mkdir(parents=True, exist_ok=True)
        count = folder / "bin" / "count"
        program(
            folder / "bin",
            "sendfax",
            f'echo x >>{count}; echo "request id is $(wc -l <{count} | tr -d " ") (group id 7) for host h (1 file)"',
        )
        program(folder / "bin", "faxstat", 'echo "HylaFAX scheduler on here: Running"')
        self.log = self.spool / "etc" / "xferfaxlog"
        self.log.touch()
        known = {"hylafax_fates": self.fates, "hylafax_log": self.log, "hylafax_grace_seconds": 0, "retry_factor": 0}
        self.settings = FaxSettings(sendfax=folder / "bin" / "sendfax", **{**known, **settings})
        self.follower = Follower(self.settings, hub, {})

    def tell(self, why: str, **job: Any) -> None:
        assert tell(self.spool, self.fates, why, job_file(self.spool, **job)) == 0

    def line(
        self, kind: str, *, job: str = "7", tag: str = "", pages: int = 1, reason: str = "", more: str = ""
    ) -> None:
        fields = ["11/23/26 14:05", kind, "000000077", "ttyS0", job, f'"{tag}"', "fax", '"6145550100"', '"HOSPITAL"']
        fields += [
            "4327168",
            str(pages),
            "0:42",
            "0:40",
            f'"{reason}"',
            '"9375550112"',
            '"RIVERSIDE"',
            '""',
            '""',
            '""',
        ]
        with self.log.open("a") as log:
            log.write("\t".join(fields) + more + "\n")


@pytest.mark.parametrize(
    ("why", "job", "failure", "final"),
    [
        ("failed", {"npages": "0", "status": "Busy signal detected; too many attempts to dial"}, "busy", False),
        ("failed", {"npages": "0", "status": "No answer from remote"}, "no-answer", False),
        ("done", {"npages": "0"}, "partial", False),
        ("format_failed", {"npages": "0"}, "document", True),
        ("removed", {"npages": "0"}, "declined", True),
        ("rejected", {"npages": "0", "status": "Invalid dialing command"}, "bad-number", True),
    ],
)
async def test_a_failed_job_has_its_class(
    why: str, job: dict[str, str], failure: str, final: bool, tmp_path: Path
) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path)
        await hub.answer(desk.settings)
        desk.tell(why, **job)
        await desk.follower.look()
        [fate] = await hub.fates()
    assert (fate.failure_class, fate.final, fate.pages_submitted) == (FailureClass(failure), final, 1)
    assert list(desk.fates.iterdir()) == []


async def test_a_done_job_is_delivered_once_whoever_tells(tmp_path: Path) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path)
        await hub.answer(desk.settings)
        await desk.follower.look()
        desk.tell("requeued", npages="0", status="Busy signal detected")
        await desk.follower.look()
        assert await hub.fates() == []
        desk.tell("done")
        desk.tell("done")
        desk.line("SEND", tag=TAG)
        await desk.follower.look()
        desk.tell("failed", status="Busy")
        await desk.follower.look()
        [fate] = await hub.fates()
    assert isinstance(fate, ConfirmationDelivered)
    assert (fate.provider_status, fate.provider_id, fate.pages_sent) == ("done", "1", 1)


async def test_after_a_busy_line_the_next_job_has_its_own_tag_and_an_old_word_does_not_count(tmp_path: Path) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path)
        await hub.answer(desk.settings)
        desk.tell("failed", npages="0", status="Busy signal detected")
        await desk.follower.look()
        await desk.follower.look()
        record = desk.follower.sends.look(TAG)
        assert record
        assert (record["state"], record["tries"], record["provider_id"]) == (HANDED, 2, "2")
        desk.tell("done")
        await desk.follower.look()
        assert len(await hub.fates()) == 1
        desk.tell("done", tag=f"{TAG}+2")
        await desk.follower.look()
        assert [fate.attempt for fate in await hub.fates()] == [1, 2]


@pytest.mark.parametrize(("kind", "reason", "fate"), [("SEND", "", "sent"), ("UNSENT", "Busy signal", "unsent")])
async def test_the_log_alone_settles_a_job(kind: str, reason: str, fate: str, tmp_path: Path) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path, hylafax_fates=None)
        await desk.follower.look()
        await hub.answer(desk.settings)
        desk.line("SUBMIT", tag=TAG, pages=0)
        desk.line("SEND", tag=TAG, pages=0, reason="No carrier detected")
        await desk.follower.look()
        assert await hub.fates() == []
        desk.line(kind, tag=TAG, reason=reason, more="\textra\tcolumns")
        await desk.follower.look()
        [told] = await hub.fates()
    assert told.provider_status == fate


async def test_a_received_fax_that_did_not_come_is_fetched_from_recvq(tmp_path: Path) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path)
        desk.line("RECV", job="fax1.tif")  # before our time
        await desk.follower.look()
        (desk.spool / "recvq" / "fax000000012.tif").write_bytes(TIFF)
        desk.line("RECV", job="fax000000012.tif", pages=2)
        desk.line("RECV", job="fax000000013.tif", pages=0, reason="No fax")
        for _ in range(3):
            await desk.follower.look()
        [fax] = await hub.received()
    assert (fax.identifier, fax.sender) == ("hylafax:000000077:fax000000012.tif", "9375550112")
    assert fax.details["size"] == str(len(TIFF))


async def test_a_fax_that_is_only_in_the_log_is_kept_as_missing_once(tmp_path: Path) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path)
        await desk.follower.look()
        desk.line("RECV", job="fax000000012.tif")
        desk.line("RECV", job="../../etc/passwd")
        for _ in range(3):
            await desk.follower.look()
        found = await hub.find(identifier="missing:hylafax:000000077:fax000000012.tif")
        assert [receipt.state.value for receipt in found] == ["rejected"]
        assert await hub.received() == []


async def test_a_fax_on_its_way_holds_the_place_in_the_log(tmp_path: Path) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path, hylafax_grace_seconds=3600)
        await desk.follower.look()
        desk.line("RECV", job="fax000000012.tif")
        await hub.answer(desk.settings)
        desk.line("SEND", tag=TAG)
        await desk.follower.look()
        assert await hub.fates() == []
        (desk.log.parent / "rotated").write_bytes(desk.log.read_bytes())
        desk.settings.hylafax_grace_seconds = 0
        again = Follower(desk.settings, hub, {})  # a new process goes on at the same line
        await again.look()
        assert len(await hub.fates()) == 1


def test_lines_of_the_log_are_read_whole_and_hostile_ones_give_nothing(tmp_path: Path) -> None:
    log = tmp_path / "xferfaxlog"
    log.write_bytes(
        b"\xff\xfe\t\t\n" + b"x" * 9000 + b"\n\n11/23/26 14:05\tRECV\t1\tm\tf.tif\t\tfax\t\tT\t0\t-3\n11/23/26 half"
    )
    lines = list(hylafax.read_log(log, 0))
    assert [line.kind for line in lines] == ["", "", "", "RECV"]
    assert lines[-1].pages == 0
    assert lines[-1].at is not None
    assert lines[-1].at.year == 2026
    assert log.stat().st_size - lines[-1].end == len(b"11/23/26 half")


@pytest.mark.parametrize("note", ["", "[]", '{"why": {}}', "{" * 9000, '{"why": "done", "jobtag": "../../x"}', "\x00"])
async def test_a_broken_note_changes_nothing(note: str, tmp_path: Path) -> None:
    async with house(tmp_path / "hub") as hub:
        desk = Desk(hub, tmp_path)
        await hub.answer(desk.settings)
        (desk.fates / "n.json").write_text(note)
        (desk.fates / "link.json").symlink_to("/etc/passwd")
        await desk.follower.look()
        assert await hub.fates() == []
        assert desk.follower.sends.look(TAG)


@pytest.mark.parametrize(("qfile", "code"), [("../x", 64), ("/etc/passwd", 64), ("doneq/q8", 66)])
def test_the_hook_refuses_what_is_no_job(qfile: str, code: int, tmp_path: Path) -> None:
    job_file(tmp_path)
    assert tell(tmp_path, tmp_path / "fates", "done", qfile) == code
    assert list((tmp_path / "fates").iterdir()) == []


def test_the_hook_writes_hostile_values_as_plain_text(tmp_path: Path) -> None:
    status = 'say "hi" \\ \x01 $(touch /tmp/never) `id`'
    job_file(tmp_path, status=status)
    assert tell(tmp_path, tmp_path / "fates", "failed", "doneq/q7") == 0
    [note] = (tmp_path / "fates").iterdir()
    assert json.loads(note.read_text())["status"] == 'say "hi" \\ ? $(touch /tmp/never) `id`'
    assert Attempts(tmp_path).look("x") is None
