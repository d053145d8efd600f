"""The denial audit: windows, appeals, outcomes, and what our own rules should have caught."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from doorstep.journal import Journal
from doorstep.reports import Period, denials, named_period
from schemas.event import Payload
from schemas.payer import Appeal, AppealDecided, AppealFiled, Denial, DenialRecorded, Reason
from tests.factories import NOW, case, order

MONTH = named_period("2026-11", ZoneInfo("America/New_York"), NOW + timedelta(days=20))
CARC = "CARC"


def denial(
    case_id: str, *codes: str, until: date = date(2026, 12, 31), amount: Decimal | None = None
) -> DenialRecorded:
    return DenialRecorded(
        case_id=case_id,
        denial=Denial(
            reasons=tuple(Reason(system=CARC, code=code) for code in codes) or (Reason(system="text", text="= no"),),
            notice_date=date(2026, 11, 20), appeal_until=until, window_by="notice", source="desk",
            recorded_by="R. Viewer", recorded_at=NOW, amount=amount,
        ),
    )  # fmt: skip


def filed(case_id: str) -> AppealFiled:
    return AppealFiled(case_id=case_id, appeal=Appeal(level=1, until=date(2026, 12, 31), filed_at=NOW))


def decided(case_id: str, outcome: str) -> AppealDecided:
    return AppealDecided(case_id=case_id, level=1, outcome=outcome, by="payer", document_id="d")  # type: ignore[arg-type]


async def test_each_denial_stands_with_its_reason_its_window_and_what_was_done(journal: Journal) -> None:
    told: list[Payload] = [
        denial("A", "197", amount=Decimal("1200.50")), filed("A"), decided("A", "overturned"),
        denial("B", "50", until=date(2026, 12, 1)),
        denial("C"), denial("D", "204"), filed("D"),
    ]  # fmt: skip
    await journal.write(lambda unit: unit.save_case(case(order(payer="Aetna"), case_id="A")))
    for payload in told:
        await journal.write(lambda unit, payload=payload: unit.append(payload, source="test"))
    now = await journal.read(lambda reader: reader.event(reader.events_after(0)[0].id))
    assert now is not None
    period = Period(now.time.date() - timedelta(days=1), now.time.date() + timedelta(days=1), MONTH.zone, now.time)
    report = await journal.read(lambda reader: denials.report(reader, period))
    rates = {row[0]: row[2:4] for row in report.tables[0].rows}
    assert rates["overturned"] == (1, 1)
    assert rates["preventable by our own rules"] == (2, 4)
    rows = {row[0]: row for row in report.tables[-1].rows}
    assert (rows["A"][2], rows["A"][3], rows["A"][5], rows["A"][8], rows["A"][9]) == (
        *("CARC 197", "Aetna", 1200.5),
        *("overturned", "authorization"),
    )
    assert rates["with an amount that is known"] == (1, 4)
    dollars = {row[0]: row[1:] for row in report.tables[1].rows}
    assert dollars["overturned"] == (1200.5, 1, 1, "")
    assert dollars["all"] == (1200.5, 1, 4, "3 without an amount")
    assert rows["C"][2] == "in words, see the notice"
    assert rows["D"][8] == "filed"


def test_a_window_that_passed_without_an_appeal_says_so() -> None:
    late = denials.Fought("A", denial("A", until=date(2026, 11, 25)).denial)
    assert late.appeal(date(2026, 11, 25)) == "window open"
    assert late.appeal(date(2026, 11, 26)) == "window passed"
    late.filed.append(NOW + timedelta(days=5))
    assert not late.filed_in_window
