"""Every referral that is not at its end: how old, what holds it up, whose it is, and when its next clock runs out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from doorstep.case_clocks import case_clocks
from doorstep.journal import Reader
from doorstep.reports.period import Period
from doorstep.reports.sheet import Cell, Report, Table
from schemas.case import CLOSED, Case, CaseState
from schemas.clock import ClockRun
from schemas.net_time import Measure, gross, net, remaining

_BUCKETS = (
    ("0-24 h", timedelta(hours=24)),
    ("24-72 h", timedelta(hours=72)),
    ("3-7 days", timedelta(days=7)),
    ("7-14 days", timedelta(days=14)),
)
OLDEST = "over 14 days"
BUCKETS = (*(name for name, _ in _BUCKETS), OLDEST)
_COLUMNS = ("case", "state", "order type", "age", "hours open", "blocker", "owner", "ext", "clock", "due", "discharge",
            "paused", "left h", "net h", "gross h")  # fmt: skip


def bucket(age: timedelta) -> str:
    return next((name for name, most in _BUCKETS if age < most), OLDEST)


def report(reader: Reader, period: Period) -> Report:
    """List the open cases of now; the period says only what they are compared with: opened and closed in it."""
    open_cases = [case for case in _all(reader) if case.state not in CLOSED]
    waiting = {review.case_id: review.reason for review in reader.reviews(limit=1_000_000) if review.case_id}
    clocks = _next_clocks(reader)
    runs: dict[str, list[ClockRun]] = {}
    for run in reader.clocks():
        runs.setdefault(run.case_id, []).append(run)
    paused: Counter[str] = Counter()
    rows: list[tuple[Cell, ...]] = []
    ages: Counter[tuple[str, str]] = Counter()
    for case in sorted(open_cases, key=lambda case: case.received_at):
        age = period.now - case.received_at
        ages[case.state.value, bucket(age)] += 1
        mine = runs.get(case.case_id, [])
        paused.update({pause.cause for run in mine for pause in run.open_pauses})
        clock, due = clocks.get(case.case_id, ("", None))
        rows.append(
            (
                case.case_id,
                case.state.value,
                case.order.order_type.value,
                bucket(age),
                round(age.total_seconds() / 3600, 1),
                _blocker(case, waiting.get(case.case_id)),
                case.manager.name,
                case.manager.extension,
                clock,
                _minute(due, period),
                _minute(case.order.discharge_deadline, period),
                *_net(case, mine, period.now),
            )
        )
    states = sorted({state for state, _ in ages})
    by_age: list[tuple[Cell, ...]] = [
        (state, *(ages[state, b] for b in BUCKETS), sum(ages[state, b] for b in BUCKETS)) for state in states
    ]
    idle = sum(1 for case in open_cases if case.case_id not in clocks and case.case_id not in waiting)
    return Report(
        name="weekly-open-referrals",
        title="Weekly open referrals",
        period=f"as of {period.now.astimezone(period.zone):%Y-%m-%d %H:%M}",
        zone=period.zone.key,
        made_at=period.now.isoformat(timespec="seconds"),
        tables=(
            Table.of("By state and age", ("state", *BUCKETS, "all"), by_age, chart=("state", "all")),
            Table.of("Open referrals", _COLUMNS, rows),
            Table.of("Clocks that stand still", ("cause", "n", "of"), _still(paused, len(open_cases))),
        ),
        notes=(
            f"{len(open_cases)} open; {idle} of them with neither a running clock nor a person who was asked to look.",
        ),
    )


def _still(paused: Counter[str], of: int) -> list[tuple[Cell, ...]]:
    labels = {pause.cause: pause.label for pause in case_clocks().pauses}
    return [(labels.get(cause, cause), number, of) for cause, number in sorted(paused.items())]


def _net(case: Case, mine: list[ClockRun], now: datetime) -> tuple[Cell, ...]:
    """Return for what a clock of the case stands still, and how it stands: one that is paused before one that runs."""
    run = next((run for run in mine if run.open_pauses), next((run for run in mine if not run.over), None))
    known = case_clocks()
    rule = next((rule for rule in known.case if run and rule.clock == run.clock), None)
    if run is None or rule is None:
        return ("", None, None, None)
    measure = Measure.of(rule, known.business, case.order)
    why = ", ".join(f"{pause.cause} (owner: {pause.owner})" for pause in run.open_pauses)
    times = (remaining(run, rule.budget, now, measure), net(run, now, measure), gross(run, now, measure))
    paused = f"{run.clock.replace('_', ' ')}: {why}" if why else ""
    return (paused, *(round(one.total_seconds() / 3600, 1) for one in times))


def _all(reader: Reader) -> Iterable[Case]:
    before: str | None = None
    while page := reader.cases(limit=1000, before=before):
        yield from page
        before = page[-1].case_id


_TIMER = re.compile(r"^(?:clock|payer) (.+?) (DS-[0-9]+-[0-9])( warning [0-9]+)?$")


def _next_clocks(reader: Reader) -> dict[str, tuple[str, datetime]]:
    """Return for each case the clock that runs out first; a timer is named `clock NAME CASE`, a payer's `payer ...`."""
    found: dict[str, tuple[str, datetime]] = {}
    for timer_id, due in {**reader.next_timers("clock "), **reader.next_timers("payer ")}.items():
        named = _TIMER.match(timer_id)
        if named is None or named[3]:
            continue
        name, case_id = named[1].replace("_", " "), named[2]
        if case_id not in found or due < found[case_id][1]:
            found[case_id] = (name, due)
    return found


def _blocker(case: Case, review: str | None) -> str:
    if case.state is CaseState.INCOMPLETE:
        return f"sender: {', '.join(element.label for element in case.unmet)}"
    if review:
        return f"desk: {review}"
    return {
        CaseState.UNDISPATCHABLE: "desk: no provider can take it",
        CaseState.BENEFITS: "payer: coverage",
        CaseState.AUTH_PENDING: "payer: authorization",
        CaseState.DENIED: "desk: denied, appeal or close",
        CaseState.APPEALING: "payer: appeal",
        CaseState.EXTERNAL_REVIEW: "regulator: external review",
        CaseState.MISSED: "provider: missed, no new date",
        CaseState.DISPATCHING: "provider: offers are out",
        CaseState.PROVIDER_ACCEPTED: "provider: no date yet",
        CaseState.SCHEDULED: "none: waiting for the day",
    }.get(case.state, "")


def _minute(moment: datetime | date | None, period: Period) -> str:
    """Return the instant on the desk's wall clock; a day, or an hour with no zone, as the order has it."""
    if not isinstance(moment, datetime):
        return str(moment or "")
    return f"{moment.astimezone(period.zone) if moment.tzinfo else moment:%Y-%m-%d %H:%M}"
