"""Every denial of a month: its reason, its window, its appeal, and whether our rules could have known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from doorstep.journal import Reader
from doorstep.reports.period import Period
from doorstep.reports.sheet import RATE_COLUMNS, Cell, Rate, Report, Table
from doorstep.rules import load
from schemas.case import Case
from schemas.event import Event, Payload
from schemas.payer import AppealDecided, AppealFiled, Denial, DenialRecorded, Reason

READ: tuple[type[Payload], ...] = (DenialRecorded, AppealFiled, AppealDecided)


@dataclass(slots=True)
class Fought:
    """One denial and what was done about it, as far as it is known."""

    case_id: str
    denial: Denial
    filed: list[datetime] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    @property
    def filed_in_window(self) -> bool:
        return any(at.date() <= self.denial.appeal_until for at in self.filed)

    def appeal(self, today: date) -> str:
        """Say in a word how the appeal stands."""
        if self.outcomes:
            return self.outcomes[-1]
        if self.filed:
            return "filed"
        return "window open" if today <= self.denial.appeal_until else "window passed"


def report(reader: Reader, period: Period) -> Report:
    """Audit the denials recorded in the period; what was done about them counts whenever it was done."""
    topics = [payload.topic for payload in READ]
    fought = fights(reader.events_since(period.since, topics=topics), period)
    cases = {one.case_id: reader.case(one.case_id) for one in fought}
    rows = [_row(one, cases[one.case_id], period) for one in fought]
    today = period.now.astimezone(period.zone).date()
    decided = [one for one in fought if one.outcomes]
    waiting = sum(not one.filed and today <= one.denial.appeal_until for one in fought)
    rates = [
        ("appealed within the window", Rate(sum(one.filed_in_window for one in fought), len(fought) - waiting,
                                            {"window still open": waiting})),
        ("overturned", Rate(sum(one.outcomes[-1] == "overturned" for one in decided), len(decided),
                            {"not decided yet": len(fought) - len(decided)})),
        ("preventable by our own rules", Rate(sum(bool(preventable(one.denial)) for one in fought), len(fought))),
        ("with an amount that is known", Rate(sum(one.denial.amount is not None for one in fought), len(fought))),
    ]  # fmt: skip
    return Report(
        name="monthly-denials",
        title="Monthly denial audit",
        period=str(period),
        zone=period.zone.key,
        made_at=period.now.isoformat(timespec="seconds"),
        tables=(
            Table.of("Rates", ("measure", *RATE_COLUMNS), [(name, *rate.cells()) for name, rate in rates]),
            _dollars(fought, today),
            _counted("By reason", "reason", (_words(one.denial.reasons) for one in fought)),
            _counted("By payer", "payer", (_payer(cases[one.case_id]) for one in fought)),
            _counted("By order type", "order type", (_kind(cases[one.case_id]) for one in fought)),
            Table.of("Denials", _COLUMNS, rows),
        ),
        notes=(
            "Preventable: the reason is one that an element or a step of ours should have caught (rules/denials.yaml).",
            "Dollars count where the notice or the desk said what is denied; of the others nothing is assumed.",
            "The window is the notice's where the notice states one, else the rules' (window by).",
        ),
    )


_COLUMNS = (
    "case", "notice", "reason", "payer", "order type", "dollars", "appeal until", "window by", "appeal", "catchable by"
)  # fmt: skip


def fights(events: Iterable[Event[Any]], period: Period) -> list[Fought]:
    """Return the denials recorded in the period; an appeal belongs to the newest denial of its case before it."""
    found: list[Fought] = []
    newest: dict[str, Fought] = {}
    for event in events:
        data = event.data
        if isinstance(data, DenialRecorded):
            newest[data.case_id] = Fought(data.case_id, data.denial)
            if period.has(event.time):
                found.append(newest[data.case_id])
        elif data.case_id in newest and isinstance(data, AppealFiled):
            newest[data.case_id].filed.append(data.appeal.filed_at or event.time)
        elif data.case_id in newest and isinstance(data, AppealDecided):
            newest[data.case_id].outcomes.append(data.outcome)
    return found


def preventable(denial: Denial) -> tuple[str, ...]:
    """Return what of ours should have caught the reasons of a denial; nothing for one that nobody could foresee."""
    known = {(one["system"], str(one["code"])): one["elements"] for one in load("denials")["preventable"]}
    return tuple(str(e) for reason in denial.reasons for e in known.get((reason.system, reason.code or ""), ()))


def _row(one: Fought, case: Case | None, period: Period) -> tuple[Cell, ...]:
    today = period.now.astimezone(period.zone).date()
    return (
        one.case_id,
        str(one.denial.notice_date),
        _words(one.denial.reasons),
        _payer(case),
        _kind(case),
        float(one.denial.amount) if one.denial.amount is not None else None,
        str(one.denial.appeal_until),
        one.denial.window_by,
        one.appeal(today),
        ", ".join(preventable(one.denial)),
    )


def _dollars(fought: Iterable[Fought], today: date) -> Table:
    """Return what is denied in dollars by how its appeal stands, each with how many denials it comes from."""
    groups: dict[str, list[Fought]] = {}
    for one in fought:
        groups.setdefault(one.appeal(today), []).append(one)
    rows: list[tuple[Cell, ...]] = []
    for stands, found in [*sorted(groups.items()), ("all", [one for some in groups.values() for one in some])]:
        known = [one.denial.amount for one in found if one.denial.amount is not None]
        without = len(found) - len(known)
        rows.append(
            (stands, float(sum(known)), len(known), len(found), f"{without} without an amount" if without else "")
        )
    return Table.of("Dollars", ("appeal", "dollars", "n", "of", "left out"), rows if groups else ())


def _words(reasons: Iterable[Reason]) -> str:
    """Return the reasons by code where they have one: a payer's free text may name a person."""
    return "; ".join(f"{r.system} {r.code}" if r.code else "in words, see the notice" for r in reasons) or "none stated"


def _payer(case: Case | None) -> str:
    first = case.order.primary_coverage if case else None
    return (first.payer or "not stated") if first else "not stated"


def _kind(case: Case | None) -> str:
    return case.order.order_type.value if case else "not stated"


def _counted(title: str, column: str, values: Iterable[str]) -> Table:
    rows = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return Table.of(title, (column, "denials"), rows, chart=(column, "denials"))
