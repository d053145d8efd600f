"""Every input that a source counts is with the hub: stored, rejected with a reason, or known from before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from doorstep.journal import Reader
from doorstep.journal.counts import CONFLICT, DUPLICATE, REJECTED, STORED
from doorstep.reports.period import Period
from doorstep.reports.sheet import Cell, Report, Table

OwnCounts = Mapping[str, tuple[str, ...]]
"""What a source itself says it received: source -> the identifier of each input."""

_COLUMNS = ("source", "counted by", "counted", "stored", "rejected", "duplicate", "conflict", "difference")


def report(reader: Reader, period: Period, own: OwnCounts = MappingProxyType({})) -> Report:
    """Compare what came, by the sources' own records and by the hub's, with what stands in the journal.

    A source that keeps a record (HylaFAX's log, a gateway's notices) is held against the journal fax by fax. For every
    channel, what was counted at the door is held against the receipts in the journal. A difference that is not 0 is an
    input that is lost or was counted twice.
    """
    counts: dict[str, Counter[str]] = {}
    for one in reader.intake_counts(period.since, period.until):
        counts.setdefault(one.channel, Counter())[one.outcome] += one.number
    kept = reader.receipts_between(period.since, period.until)
    rows = [_door(channel, counts.get(channel, Counter()), kept.get(channel, 0)) for channel in sorted(counts | kept)]
    missing: list[tuple[str, str]] = []
    for source, identifiers in sorted(own.items()):
        rows.append(_own(reader, source, identifiers, missing))
    tables = [Table.of("Imports", _COLUMNS, rows)]
    if missing:
        tables.append(Table.of("Not with the hub", ("source", "identifier"), missing))
    return Report(
        name="daily-import-reconciliation",
        title="Daily import reconciliation",
        period=str(period),
        zone=period.zone.key,
        made_at=period.now.isoformat(timespec="seconds"),
        tables=tuple(tables),
        notes=tuple(_notes(own)),
        ok=all(row[-1] == 0 for row in rows),
    )


def _door(channel: str, found: Counter[str], kept: int) -> tuple[Cell, ...]:
    counted = sum(found.values())
    difference = found[STORED] + found[REJECTED] - kept
    return (channel, "the door", counted, *(found[o] for o in (STORED, REJECTED, DUPLICATE, CONFLICT)), difference)


def _own(reader: Reader, source: str, identifiers: tuple[str, ...], missing: list[tuple[str, str]]) -> tuple[Cell, ...]:
    outcomes: Counter[str] = Counter()
    seen: set[str] = set()
    for identifier in identifiers:
        found = reader.receipts(identifier=identifier, limit=1)
        if not found:
            missing.append((source, identifier))
        elif identifier in seen:
            outcomes[DUPLICATE] += 1
        else:
            outcomes[REJECTED if found[0].state == "rejected" else STORED] += 1
        seen.add(identifier)
    counted = len(identifiers)
    difference = counted - sum(outcomes.values())
    return (source, "its own record", counted, outcomes[STORED], outcomes[REJECTED], outcomes[DUPLICATE], 0, difference)


def _notes(own: OwnCounts) -> Iterator[str]:
    yield "difference: counted, but neither stored nor rejected nor a duplicate; it must be 0."
    yield "duplicate: the same input again, answered as the first time. conflict: another content under a known id."
    if not own:
        yield "No source of this hub keeps a record of its own that the hub can read."
