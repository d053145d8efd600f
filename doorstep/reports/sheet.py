"""The shape of every report: tables of plain cells, and rates that carry what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Rate:
    """`n` of `of`; `excluded` says what was left out of `of`, and how many."""

    n: int
    of: int
    excluded: dict[str, int] = field(default_factory=dict)

    @property
    def value(self) -> float | None:
        return self.n / self.of if self.of else None

    def cells(self) -> tuple[Cell, Cell, Cell, str]:
        """Return percent, n, N and the exclusions as words."""
        value = None if self.value is None else round(100 * self.value, 2)
        left_out = "; ".join(f"{number} {what}" for what, number in self.excluded.items() if number)
        return value, self.n, self.of, left_out


RATE_COLUMNS = ("percent", "n", "of", "left out")


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: tuple[str, str] | None = None
    """The columns whose words and numbers make a bar chart of this table, on paper."""

    @classmethod
    def of(
        cls, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], chart: tuple[str, str] | None = None
    ) -> Table:
        return cls(title, tuple(columns), tuple(tuple(row) for row in rows), chart)


@dataclass(frozen=True, slots=True)
class Report:
    """One report; `ok` is False when it found something that must be looked into today."""

    name: str
    title: str
    period: str
    zone: str
    made_at: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    ok: bool = True


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile, None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]
