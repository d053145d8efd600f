"""What the fax channel's sources say came in, held against the same day's receipts by `doorstep report`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from connectors.fax import FaxSettings
from connectors.fax.counted import own_counts
from connectors.fax.records import Records

DAY = (datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
AT = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


def test_received_lines_of_that_day_are_counted_and_nothing_else(tmp_path: Path) -> None:
    def line(at: datetime, kind: str, commid: str, pages: int) -> str:
        day = at.astimezone().strftime("%m/%d/%y %H:%M")
        return "\t".join([day, kind, commid, "m", "recvq/f.tif", "", "fax", "", "T", "0", str(pages)]) + "\n"

    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    filler = "".join(line(noon, "SEND", str(number), 1) for number in range(30_000))
    log = tmp_path / "xferfaxlog"
    log.write_text(
        line(noon, "RECV", "1", 2) + filler + line(noon, "RECV", "2", 1) + line(noon, "RECV", "3", 0)
        + line(noon.replace(day=22), "RECV", "4", 1) + "half a line"
    )  # fmt: skip
    found = own_counts(FaxSettings(hylafax_log=log), tmp_path, *DAY)
    assert found == {"hylafax": ("hylafax:1:f.tif", "hylafax:2:f.tif")}


def test_a_gateways_notices_are_counted_under_way_settled_or_lost(tmp_path: Path) -> None:
    settings = FaxSettings.model_validate({"gateways": {"main": {"vendor": "documo", "password": "x"}}})
    records = Records(tmp_path / "fax" / "gateways" / "main")
    records.begin("a", {"id": "a", "first": AT})
    records.begin("b", {"id": "b", "first": AT})
    records.settle("b", {"id": "b", "result": "stored", "first": AT, "at": AT + 90_000})
    records.settle("c", {"id": "c", "result": "lost", "first": AT, "at": AT})
    records.begin("d", {"id": "d", "first": AT + 90_000})
    found = own_counts(settings, tmp_path, *DAY)
    assert sorted(found["main"]) == ["main:a", "main:b", "main:c:lost"]


def test_a_hub_with_no_source_of_its_own_record_says_nothing(tmp_path: Path) -> None:
    assert own_counts(FaxSettings(), tmp_path, *DAY) == {}
