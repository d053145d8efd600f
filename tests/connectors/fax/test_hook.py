"""HylaFAX's hook, run as HylaFAX runs it, with the worst that a caller can put into its arguments."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from connectors.fax.framing import frame
from doorstep.clock import now

ROOT = Path(__file__).parents[3]
HOOK = ROOT / "deploy/hylafax/faxrcvd-doorstep"
FAX = (ROOT / "tests/samples/fax/order-02-boxes.tif").read_bytes()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for name in ("recvq", "etc", "bin", "inbox"):
        (tmp_path / name).mkdir()
    (tmp_path / "recvq" / "fax000000012.tif").write_bytes(FAX)
    return tmp_path


def run(spool: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.defpath, "DOORSTEP_FAX_INBOX": str(spool / "inbox"), **environment}
    return subprocess.run(
        [HOOK, *arguments], cwd=spool, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_fax_and_its_facts_are_put_into_the_inbox(spool: Path) -> None:
    done = run(spool, "recvq/fax000000012.tif", "ttyS0", "000000077", "", "9375550112", "A CLINIC", "6145550100")
    assert (done.returncode, done.stderr) == (0, "")
    name = "000000077-fax000000012.tif"
    assert sorted(p.name for p in (spool / "inbox").iterdir()) == [name, f"{name}.json"]
    assert (spool / "inbox" / name).read_bytes() == FAX
    got = frame(name, FAX, (spool / "inbox" / f"{name}.json").read_bytes(), now())
    assert got.idempotency_key == "hylafax:000000077:fax000000012.tif"
    assert got.reply_to is not None
    assert got.reply_to.address == "9375550112"
    assert got.details["called_number"] == "6145550100"
    assert "error" not in got.details
    assert (spool / "recvq" / "fax000000012.tif").exists()
    assert (spool / "inbox" / name).stat().st_mode & 0o007 == 0


HOSTILE = "$(touch hacked)`touch hacked`'\";|&\\ \n\t\x01{}[],:*?~ \u202e\U0001f4e0 -rf --"


def test_hostile_values_stay_data(spool: Path) -> None:
    before = sorted(p.name for p in spool.iterdir())
    done = run(spool, "recvq/fax000000012.tif", HOSTILE, "../../" + HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in spool.iterdir()) == before
    [sidecar] = (spool / "inbox").glob("*.json")
    facts = json.loads(sidecar.read_text())
    assert facts["error"].startswith("$(touch hacked)`touch hacked`'\";|&\\ ???{}[],:*?~ ")
    assert facts["complete"] is True
    assert sorted(set(sidecar.name) - set("abcdefghijklmnopqrstuvwxyz0123456789._-")) == []


@pytest.mark.parametrize("qfile", ["fax000000012.tif", "a b'\"$x.tif", "-rf", "line\nbreak.tif"])
def test_an_odd_file_name_is_copied_whole(spool: Path, qfile: str) -> None:
    (spool / "recvq" / qfile).write_bytes(b"II*\0" + qfile.encode())
    assert run(spool, f"recvq/{qfile}", "ttyS0", "1", "").returncode == 0
    [fax] = [p for p in (spool / "inbox").iterdir() if p.suffix != ".json"]
    assert fax.read_bytes() == b"II*\0" + qfile.encode()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 64),
        (["recvq/fax000000012.tif", "ttyS0", "1"], 64),
        (["/etc/passwd", "ttyS0", "1", ""], 64),
        (["recvq/../../etc/passwd", "ttyS0", "1", ""], 64),
        (["../x", "ttyS0", "1", ""], 64),
        (["-rf", "ttyS0", "1", ""], 64),
        (["recvq/none.tif", "ttyS0", "1", ""], 66),
        (["recvq", "ttyS0", "1", ""], 66),
        (["recvq/link.tif", "ttyS0", "1", ""], 66),
    ],
)
def test_wrong_arguments_hand_over_nothing(spool: Path, arguments: list[str], code: int) -> None:
    (spool / "recvq" / "link.tif").symlink_to("/etc/passwd")
    assert run(spool, *arguments).returncode == code
    assert list((spool / "inbox").iterdir()) == []


def test_an_absent_inbox_is_told_and_the_fax_stays(spool: Path) -> None:
    done = run(spool, "recvq/fax000000012.tif", "ttyS0", "1", "", DOORSTEP_FAX_INBOX=str(spool / "nowhere"))
    assert done.returncode == 73
    assert "DOORSTEP_FAX_INBOX" in done.stderr
    assert (spool / "recvq" / "fax000000012.tif").exists()


def test_the_spools_own_settings_win_and_another_program_can_follow(spool: Path) -> None:
    (spool / "other").mkdir()
    (spool / "etc" / "doorstep.conf").write_text(f"DOORSTEP_FAX_INBOX='{spool}/other'\nDOORSTEP_THEN=bin/faxrcvd\n")
    (spool / "bin" / "faxrcvd").write_text('#!/bin/sh\nprintf "%s," "$@" >told\nexit 5\n')
    (spool / "bin" / "faxrcvd").chmod(0o755)
    assert run(spool, "recvq/fax000000012.tif", "ttyS0", "1", "bad line").returncode == 5
    assert (spool / "told").read_text() == "recvq/fax000000012.tif,ttyS0,1,bad line,"
    assert len(list((spool / "other").iterdir())) == 2


def test_handing_over_twice_is_one_fax(spool: Path) -> None:
    for _ in range(2):
        assert run(spool, "recvq/fax000000012.tif", "ttyS0", "1", "").returncode == 0
    assert len(list((spool / "inbox").iterdir())) == 2
