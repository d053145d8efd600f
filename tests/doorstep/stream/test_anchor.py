"""The head of the audit chain is noted outside of the journal whenever something was appended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from doorstep.errors import SettingsError
from doorstep.journal import Head, Journal
from doorstep.stream.anchor import Anchor, head_of, noted_in
from tests.doorstep.journal.support import transmission


async def noted(file: Path, number: int) -> list[Head]:
    async with asyncio.timeout(60):
        while not file.exists() or len(noted_in(file)) < number:
            await asyncio.sleep(0.01)
    return noted_in(file)


async def test_each_new_head_is_noted_once_and_the_last_one_at_the_stop(journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "heads.jsonl"
    anchor = Anchor(journal, file, every=0.01)
    anchor.start()
    await journal.receive(transmission("one"))
    assert [head.seq for head in await noted(file, 1)] == [1]
    await asyncio.sleep(0.05)
    await anchor.stop()
    assert len(noted_in(file)) == 1
    late = Anchor(journal, file, every=3600)
    late.start()
    await journal.receive(transmission("two"))
    await late.stop()
    heads = noted_in(file)
    assert [head.seq for head in heads] == [1, 2]
    assert (await journal.read(lambda reader: reader.audit(anchors=heads))).findings == []


async def test_a_file_that_cannot_be_written_is_told_and_stops_nothing(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anchor = Anchor(journal, tmp_path / "nowhere" / "heads.jsonl", every=3600)
    anchor.start()
    await journal.receive(transmission("one"))
    await anchor.stop()
    assert "DOORSTEP_AUDIT_ANCHOR" in caplog.text


@pytest.mark.parametrize("text", ["", "x", "1", "1:", "0:" + "00" * 32, "1:" + "00" * 31, "1:" + "zz" * 32])
def test_what_notes_no_head_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^.*$"):
        head_of(text)
    (tmp_path / "heads.jsonl").write_text(f'{{"head": "{text}"}}\n')
    with pytest.raises(SettingsError, match="notes no head"):
        noted_in(tmp_path / "heads.jsonl")
