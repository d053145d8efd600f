"""The chain of digests over the events: nothing that was appended can be changed, removed or moved unseen.

Each commit that appends events adds one seal. Its leaves are the SHA-256 of each of those events (all columns, each as
a netstring); its digest is the SHA-256 of the digest before it and of its leaves. So the newest digest stands for every
event there ever was. Who may write to the database could make the whole chain anew: against that the newest digest is
noted elsewhere (doorstep/stream/anchor.py), and doorstep/journal/audit.py holds the chain against those notes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, insert, select

from doorstep.journal.tables import event, seal

DIGEST = hashlib.sha256().digest_size
GENESIS = bytes(DIGEST)
MOST = 1000
"""Events of one seal."""

_COLUMNS = tuple(column.name for column in event.columns)
TOPIC, KEY, DATA = (_COLUMNS.index(name) for name in ("topic", "key", "data"))
_NETSTRINGS = b"%d:%b," * len(_COLUMNS)
_LAST = select(seal.c.last_seq, seal.c.digest).order_by(seal.c.last_seq.desc()).limit(1)
_INSERT = insert(seal)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal: `digest` stands for every event up to `seq`."""

    seq: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest.hex()}"


def head(connection: Connection) -> Head:
    """Return the newest seal, that of nothing when there is none."""
    row = connection.execute(_LAST).first()
    return Head(int(row[0]), bytes(row[1])) if row else Head(0, GENESIS)


def seal_new(connection: Connection, *, most: int | None = None) -> int:
    """Seal what was appended since the last seal (at most about `most` events); return how many events that were.

    Only a writer may, within the transaction that appended: so seals follow each other in the order of commits.
    """
    last, count = head(connection), 0
    while most is None or count < most:
        rows = list(stored(connection, after=last.seq, limit=MOST))
        if not rows:
            break
        leaves = b"".join(leaf_of(row) for row in rows)
        last = Head(int(rows[-1][0]), link(last.digest, leaves))
        connection.execute(_INSERT, {"last_seq": last.seq, "leaves": leaves, "digest": last.digest})
        count += len(rows)
    return count


def stored(connection: Connection, *, after: int = 0, limit: int | None = None) -> Iterator[Sequence[Any]]:
    """Yield events as the database holds them, in order; the first column is `seq`."""
    query = _query(connection.dialect.name, limit)
    if limit is not None:
        yield from connection.exec_driver_sql(query, (after,))
        return
    streaming = connection.execution_options(yield_per=MOST)
    for page in streaming.exec_driver_sql(query, (after,)).partitions():
        yield from page


@cache
def _query(dialect: str, limit: int | None) -> str:
    """Return the query; SQLite gives bytes, so that a text that is none any more is found and not stumbled over."""
    sqlite = dialect == "sqlite"
    columns = ", ".join(f"CAST({name} AS BLOB)" if sqlite and name != "seq" else name for name in _COLUMNS)
    bound = f" LIMIT {limit}" if limit else ""
    # names and numbers of ours
    return f"SELECT {columns} FROM event WHERE seq > {'?' if sqlite else '%s'} ORDER BY seq{bound}"  # noqa: S608


def leaf_of(row: Sequence[Any]) -> bytes:
    """Return the digest of one event: of its columns in their order, each as a netstring (`3:abc,`)."""
    seq = b"%d" % row[0]
    try:
        return hashlib.sha256(_netstrings(seq, *row[1:])).digest()
    except TypeError:  # PostgreSQL gives texts and instants
        parts = (part if isinstance(part, bytes) else _text(part).encode() for part in row[1:])
        return hashlib.sha256(_netstrings(seq, *parts)).digest()


def _netstrings(
    a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any, j: Any, k: Any, m: Any
) -> bytes:
    """Write the twelve columns one after the other; spelt out, for an audit does it for each event there ever was."""
    return _NETSTRINGS % (
        len(a), a, len(b), b, len(c), c, len(d), d, len(e), e, len(f), f,
        len(g), g, len(h), h, len(i), i, len(j), j, len(k), k, len(m), m,
    )  # fmt: skip


def _text(value: Any) -> str:
    """Return a value as SQLite holds it, whatever the database."""
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)


def link(before: bytes, leaves: bytes) -> bytes:
    """Return the digest of a seal."""
    return hashlib.sha256(before + leaves).digest()
