"""Holds the journal against its chain: every event, every input's receipt and every document is what it was.

What is found is told by sequence number, input id or digest: never by what stands there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from doorstep.errors import HubError
from doorstep.journal import chain
from doorstep.journal.chain import DATA, DIGEST, GENESIS, KEY, TOPIC, Head
from doorstep.journal.content import ContentStore
from doorstep.journal.tables import content, receipt, seal
from schemas.transmission import Content, TransmissionReceived

_NAMES = b'"content:'
_NAMED = re.compile(rb'"content:([0-9a-f]{64})"')
_RECEIVED = TransmissionReceived.topic.encode()
_SEALS = select(seal).order_by(seal.c.last_seq).limit(200)
_RECEIPTS = (receipt.c.document_id, receipt.c.channel, receipt.c.sha256, receipt.c.state)
_SHOWN = 1000
"""A journal of which nothing is right must not fill the memory with findings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was: which (`seq`, a digest or an input's id) and what is wrong with it."""

    where: str
    what: str


@dataclass
class Audit:
    """What was looked at and what was found."""

    events: int = 0
    seals: int = 0
    documents: int = 0
    receipts: int = 0
    head: Head = field(default_factory=lambda: Head(0, GENESIS))
    findings: list[Finding] = field(default_factory=list)
    untold: int = 0
    """Findings beyond the first thousand."""

    def found(self, where: str, what: str) -> None:
        if len(self.findings) < _SHOWN:
            self.findings.append(Finding(where, what))
        else:
            self.untold += 1


def verify(
    connection: Connection,
    store: ContentStore,
    *,
    anchors: Iterable[Head] = (),
    documents: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> Audit:
    """Hold everything against the chain, and the chain against what was noted of it elsewhere."""
    audit = Audit()
    named: set[str] = set()
    inputs: dict[str, tuple[str, str]] = {}
    _events(connection, audit, {anchor.seq: anchor for anchor in anchors}, named, inputs, progress)
    _receipts(connection, audit, inputs)
    if documents:
        _documents(connection, store, audit, named)
    return audit


def _events(
    connection: Connection,
    audit: Audit,
    anchors: dict[int, Head],
    named: set[str],
    inputs: dict[str, tuple[str, str]],
    progress: Callable[[int], None],
) -> None:
    events = _Events(connection, named, inputs)
    last = Head(0, GENESIS)
    for row in _seals(connection):
        leaves, digest, seq = bytes(row["leaves"]), bytes(row["digest"]), int(row["last_seq"])
        if chain.link(last.digest, leaves) != digest:
            audit.found(f"seal {seq}", "it does not follow from the seal before it: a seal was changed or removed")
        _compare(audit, events.up_to(seq), leaves, last.seq, seq)
        last = Head(seq, digest)
        audit.seals += 1
        noted = anchors.pop(seq, None)
        if noted is not None and noted.digest != digest:
            audit.found(f"seal {seq}", "another digest was noted for it: the journal was written anew up to there")
        progress(seq)
    for seq, _ in events.up_to(None):
        audit.found(f"event {seq}", "it has no seal: it was not appended by the hub")
    for seq in sorted(anchors):
        audit.found(f"seal {seq}", "it was noted and is not there: the journal was cut or written anew")
    audit.events, audit.head = events.count, last


class _Events:
    """The events in order, taken up to one seal after the other; notes what they name on the way."""

    def __init__(self, connection: Connection, named: set[str], inputs: dict[str, tuple[str, str]]) -> None:
        self._rows = chain.stored(connection)
        self._ahead: Sequence[Any] | None = None
        self._named, self._inputs = named, inputs
        self.count = 0

    def up_to(self, seq: int | None) -> list[tuple[int, bytes]]:
        """Return number and leaf of the next events, up to that of a seal or to the end."""
        found: list[tuple[int, bytes]] = []
        leaf_of, note = chain.leaf_of, self._note
        row = self._ahead or next(self._rows, None)
        while row is not None and (seq is None or row[0] <= seq):
            found.append((int(row[0]), leaf_of(row)))
            note(row)
            row = next(self._rows, None)
        self._ahead = row
        self.count += len(found)
        return found

    def _note(self, row: Sequence[Any]) -> None:
        data = _bytes(row[DATA])
        if _NAMES in data:
            self._named.update(digest.decode() for digest in _NAMED.findall(data))
        if _bytes(row[TOPIC]) == _RECEIVED:
            key = _bytes(row[KEY])
            try:
                told = json.loads(data)
                first = str(told["contents"][0]["sha256"]), str(told["channel"])
            except (ValueError, LookupError, TypeError):
                return  # not as the hub wrote it: its leaf says so
            self._inputs[key.decode("utf-8", "replace")] = first


def _bytes(part: str | bytes) -> bytes:
    return part if isinstance(part, bytes) else part.encode()


def _compare(audit: Audit, events: list[tuple[int, bytes]], leaves: bytes, after: int, last: int) -> None:
    if b"".join(leaf for _, leaf in events) == leaves:
        return
    wanted = [leaves[at : at + DIGEST] for at in range(0, len(leaves), DIGEST)]
    if len(events) == len(wanted):
        for (seq, leaf), right in zip(events, wanted, strict=True):
            if leaf != right:
                audit.found(f"event {seq}", "it is not what was appended")
        return
    known = set(wanted)
    for seq, leaf in events:
        if leaf not in known:
            audit.found(f"event {seq}", "it is not what was appended")
    gone = len(known - {leaf for _, leaf in events})
    if gone:
        audit.found(f"events {after + 1}..{last}", f"{gone} of the {len(wanted)} appended there are gone or changed")


def _seals(connection: Connection) -> Iterator[Any]:
    last = 0
    while rows := connection.execute(_SEALS.where(seal.c.last_seq > last)).mappings().all():
        yield from rows
        last = rows[-1]["last_seq"]


def _receipts(connection: Connection, audit: Audit, inputs: dict[str, tuple[str, str]]) -> None:
    """Each received input has its receipt, of the same content; and no receipt of a taken input stands alone."""
    for document_id, channel, sha256, state in connection.execute(select(*_RECEIPTS)):
        audit.receipts += 1
        told = inputs.pop(document_id, None)
        if told is None and state != "rejected":
            audit.found(f"input {document_id}", "its receipt has no event of its arrival")
        elif told is not None and told != (sha256, channel):
            audit.found(f"input {document_id}", "its receipt says another content or channel than the event")
    for document_id in inputs:
        audit.found(f"input {document_id}", "its receipt is gone")


def _documents(connection: Connection, store: ContentStore, audit: Audit, named: set[str]) -> None:
    """Each document is there and has the digest that it is kept under."""
    columns = (content.c.sha256, content.c.content_type, content.c.size)
    for sha256, content_type, size in connection.execute(select(*columns).order_by(content.c.sha256)).all():
        audit.documents += 1
        named.discard(sha256)
        try:
            data = store.read(
                connection, Content(url=f"content:{sha256}", sha256=sha256, content_type=content_type, size=size)
            )
        except HubError as wrong:
            audit.found(f"document {sha256}", wrong.message)
            continue
        if len(data) != size:
            audit.found(f"document {sha256}", "its size is not the one noted")
    for sha256 in sorted(named):
        audit.found(f"document {sha256}", "an event names it and it is not there")


class AuditReads:
    """The audit's share of a reader."""

    connection: Connection
    _store: ContentStore

    def head(self) -> Head:
        """Return the newest seal of the chain over the events."""
        return chain.head(self.connection)

    def audit(
        self,
        *,
        anchors: Iterable[Head] = (),
        documents: bool = True,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Audit:
        """Hold events, receipts and documents against the chain, and the chain against notes of its heads."""
        return verify(self.connection, self._store, anchors=anchors, documents=documents, progress=progress)
