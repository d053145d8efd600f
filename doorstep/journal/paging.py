"""Pages that go on after the last one seen, whatever they are sorted by: nothing is lost or doubled between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, RowMapping, Select, and_, or_

from doorstep.errors import Refused
from doorstep.journal.tables import UtcDateTime


@dataclass(frozen=True, slots=True)
class Key:
    """What results are sorted by: never null, and the last one of a query is unique."""

    column: ColumnElement[Any]
    descending: bool = False


def paged(query: Select[Any], keys: Sequence[Key], after: tuple[str, ...] | None, limit: int) -> Select[Any]:
    """Select one page and one row more, which says that another page follows."""
    if after is not None:
        query = query.where(_beyond(keys, after))
    query = query.add_columns(*(key.column.label(f"key{n}") for n, key in enumerate(keys)))
    return query.order_by(*(key.column.desc() if key.descending else key.column for key in keys)).limit(limit + 1)


def cut(
    rows: Sequence[RowMapping], keys: Sequence[Key], limit: int
) -> tuple[Sequence[RowMapping], tuple[str, ...] | None]:
    """Return the rows of the page, and where the next one begins; None where there is none."""
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], tuple(_text(last[f"key{n}"]) for n in range(len(keys)))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _beyond(keys: Sequence[Key], after: tuple[str, ...]) -> ColumnElement[bool]:
    """Say what comes after a row: greater in one key and equal in all before it."""
    if len(after) != len(keys):
        raise Refused("page", "this page belongs to another search")
    values = [_read(key, text) for key, text in zip(keys, after, strict=True)]
    ways = []
    for number, (key, value) in enumerate(zip(keys, values, strict=True)):
        further = key.column < value if key.descending else key.column > value
        ways.append(and_(*(k.column == v for k, v in zip(keys[:number], values, strict=False)), further))
    return or_(*ways)


def _read(key: Key, text: str) -> Any:
    try:
        if isinstance(key.column.type, Integer):
            return int(text[:9])
        if not isinstance(key.column.type, UtcDateTime):
            return text
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("page", "this page belongs to another search") from None
    if moment.tzinfo is None:
        raise Refused("page", "this page belongs to another search")
    return moment
