"""Clocks that may pause, in the figures: in time by net and by gross time, and what each cause took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from doorstep.case_clocks import case_clocks
from doorstep.reports.facts import hours
from doorstep.reports.sheet import RATE_COLUMNS, Cell, Rate, Table, percentile
from schemas.clock import ClockRun, ClockStopped


def started(runs: Iterable[ClockRun], cases: Collection[str]) -> dict[str, int]:
    """Count by label the clocks of these cases that were started and have not ended."""
    labels = {rule.clock: rule.label for rule in case_clocks().case}
    return dict(Counter(labels.get(run.clock, run.clock) for run in runs if run.case_id in cases))


def in_time(ended: Iterable[ClockStopped], *, net: bool) -> Rate:
    """Count the clocks that ended within their limit; without what was paused (net), or with it (gross)."""
    found = list(ended)
    counted = [one for one in found if one.done]
    good = sum((one.net_seconds if net else one.gross_seconds) <= one.budget_seconds for one in counted)
    others = {"closed without service, or no longer the order's clock": len(found) - len(counted)}
    return Rate(good, len(counted), others)


def tables(ended: Iterable[ClockStopped], running: dict[str, int]) -> tuple[Table, ...]:
    """Return both rates of each clock, its times, and what the causes took of it; `running` are those not ended yet."""
    by: dict[str, list[ClockStopped]] = {}
    for one in ended:
        by.setdefault(one.label, []).append(one)
    rates: list[tuple[Cell, ...]] = []
    times: list[tuple[Cell, ...]] = []
    causes: list[tuple[Cell, ...]] = []
    for label in sorted(by.keys() | running.keys()):
        found = by.get(label, [])
        open_ones = {"not ended yet": running.get(label, 0)}
        for kind in ("net", "gross"):
            rate = in_time(found, net=kind == "net")
            shown = Rate(rate.n, rate.of, {**rate.excluded, **open_ones})
            rates.append((label, kind, *shown.cells()))
        done = [one for one in found if one.done]
        kind_of_time = "business" if done and done[0].business else "elapsed"
        for name, seconds in (("net", [o.net_seconds for o in done]), ("gross", [o.gross_seconds for o in done])):
            values = hours(seconds)
            shares = (percentile(values, share) for share in (0.5, 0.9, 0.99))
            times.append((label, name, kind_of_time, len(values), *shares))
        causes += _causes(label, done)
    return (
        Table.of("Clocks in time", ("clock", "time", *RATE_COLUMNS), rates),
        Table.of("Hours of clocks, net and gross", ("clock", "time", "counted in", "n", "p50", "p90", "p99"), times),
        Table.of("What paused clocks", ("clock", "cause", "n", "N", "hours"), causes),
    )


def _causes(label: str, done: list[ClockStopped]) -> Iterable[tuple[Cell, ...]]:
    for cause in sorted({cause for one in done for cause in one.paused_seconds}):
        took = [one.paused_seconds[cause] for one in done if cause in one.paused_seconds]
        yield (label, cause, len(took), len(done), round(sum(took) / 3600, 1))
