"""Questions to the journal, on a connection of their own that can neither write nor hold up the writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from doorstep.connector import Receipt
from doorstep.journal import counts, events
from doorstep.journal.audit import AuditReads
from doorstep.journal.case_clocks import ClockReads
from doorstep.journal.content import ContentStore
from doorstep.journal.inbox import load_receipt, storable
from doorstep.journal.queues import QueueReads
from doorstep.journal.resources import ResourceReads
from doorstep.journal.tables import case_, case_document, case_version, event, of_key, offer, receipt, review
from doorstep.journal.task_search import TaskReads
from schemas.case import Case, Offer
from schemas.document import ReviewDecided, ReviewRequested
from schemas.event import Event, Payload
from schemas.held import OrderWithdrawn
from schemas.onboarding import ProviderChanged
from schemas.past import CaseVersion
from schemas.transmission import Content, TransmissionReceived

PayloadT = TypeVar("PayloadT", bound=Payload)
_AFTER = (
    select(event).where(event.c.seq > bindparam("seen")).order_by(event.c.seq).limit(bindparam("most", type_=Integer))
)


class Reader(QueueReads, ResourceReads, TaskReads, ClockReads, AuditReads):
    """Read-only queries, consistent within one `Journal.read`."""

    def __init__(self, connection: Connection, store: ContentStore) -> None:
        self.connection = connection
        self._store = store

    def receipts(
        self,
        *,
        control_id: str | None = None,
        message_id: str | None = None,
        identifier: str | None = None,
        sha256: str | None = None,
        document_id: str | None = None,
        tenant: str | None = None,
        limit: int = 1000,
        newest: bool = False,
    ) -> list[Receipt]:
        """Return the inputs that match every given key (all inputs without one), oldest first (or `newest` first).

        A Message-ID is known with or without its angle brackets, an identifier with or without `system|`.
        """
        given: dict[Column[Any], tuple[str | None, ...]] = {
            receipt.c.control_id: (control_id,),
            receipt.c.message_id: (message_id, f"<{(message_id or '').strip('<> ')}>"),
            receipt.c.identifier: (identifier, (identifier or "").rpartition("|")[2]),
            receipt.c.sha256: (sha256,),
            receipt.c.document_id: (document_id,),
            receipt.c.tenant: (tenant,),
        }
        order = (receipt.c.received_at, receipt.c.document_id)
        query = select(receipt).order_by(*(column.desc() for column in order) if newest else order).limit(limit)
        for column, forms in given.items():
            if forms[0] is not None:
                query = query.where(column.in_([storable(form) for form in forms if form is not None]))
        return [load_receipt(row) for row in self.connection.execute(query).mappings()]

    def case(self, case_id: str) -> Case | None:
        row = self.connection.execute(select(case_.c.data).where(case_.c.case_id == case_id)).first()
        return events.parse(Case, row[0], f"case {case_id}") if row else None

    def case_versions(self, case_id: str) -> list[CaseVersion]:
        """Return what could be seen of a case at each of its revisions, oldest first."""
        query = select(case_version.c.data).where(case_version.c.case_id == case_id).order_by(case_version.c.revision)
        return [events.parse(CaseVersion, data, f"case {case_id}") for data in self.connection.execute(query).scalars()]

    def decided_at(self, document_id: str) -> datetime | None:
        """Return when a person last decided on an input, or its sender took its order back."""
        told = of_key(document_id, ReviewDecided.topic, OrderWithdrawn.topic)
        row = self.connection.execute(select(event.c.time).where(told).order_by(event.c.seq.desc()).limit(1)).first()
        return row[0] if row else None

    def cases(
        self, *, state: str | None = None, limit: int = 1000, before: str | None = None, tenant: str | None = None
    ) -> list[Case]:
        """Return cases (of one tenant: those it sent something to), newest first; `before` is the last one seen."""
        query = select(case_.c.data).order_by(func.length(case_.c.case_id).desc(), case_.c.case_id.desc()).limit(limit)
        if state is not None:
            query = query.where(case_.c.state == state)
        if tenant is not None:
            query = query.where(case_.c.case_id.in_(_cases_of_tenant(tenant)))
        if before is not None:
            size = func.length(case_.c.case_id)
            query = query.where(or_(size < len(before), and_(size == len(before), case_.c.case_id < before)))
        return [events.parse(Case, data, "case") for data in self.connection.execute(query).scalars()]

    def cases_of(self, document_id: str) -> list[Case]:
        """Return the cases that an input is part of, in the order they were opened."""
        mine = select(case_document.c.case_id).where(case_document.c.document_id == document_id)
        query = select(case_.c.data).where(case_.c.case_id.in_(mine)).order_by(case_.c.opened_at, case_.c.case_id)
        return [events.parse(Case, data, "case") for data in self.connection.execute(query).scalars()]

    def tenant_of(self, document_id: str) -> str | None:
        """Return whose input it is."""
        found: str | None = self.connection.execute(
            select(receipt.c.tenant).where(receipt.c.document_id == document_id)
        ).scalar()
        return found

    def details_of(self, document_id: str) -> dict[str, str]:
        """Return the protocol facts that an input came with; none for one that is not known or was refused."""
        came = of_key(document_id, TransmissionReceived.topic)
        row = self.connection.execute(select(event).where(came).limit(1)).mappings().first()
        return {} if row is None else dict(events.load(row).data.details)

    def documents_of(self, case_id: str, tenant: str) -> set[str]:
        """Return the inputs of a case that one tenant sent."""
        mine = receipt.c.document_id == case_document.c.document_id
        query = select(case_document.c.document_id).join(receipt, mine)
        return set(
            self.connection.execute(
                query.where(case_document.c.case_id == case_id, receipt.c.tenant == tenant)
            ).scalars()
        )

    def timeline(self, case_id: str) -> list[Event[Any]]:
        """Return every event that belongs to a case, its documents' own included, in order."""
        documents = select(case_document.c.document_id).where(case_document.c.case_id == case_id)
        by_document = or_(event.c.key.in_(documents), event.c.correlation.in_(documents))
        of_no_other = or_(event.c.subject == "", event.c.subject == case_id)
        mine = or_(event.c.key == case_id, event.c.subject == case_id, and_(by_document, of_no_other))
        rows = self.connection.execute(select(event).where(mine).order_by(event.c.seq)).mappings()
        return [events.load(row) for row in rows]

    def latest(self, payload: type[PayloadT], key: str) -> Event[PayloadT] | None:
        """Return the newest event of that type with that key."""
        query = select(event).where(event.c.key == key, event.c.topic == payload.topic)
        row = self.connection.execute(query.order_by(event.c.seq.desc()).limit(1)).mappings().first()
        return events.load(row) if row else None

    def event(self, event_id: str) -> Event[Any] | None:
        return events.by_id(self.connection, event_id)

    def events_after(self, seq: int, *, topics: Iterable[str] = (), limit: int = 1000) -> list[Event[Any]]:
        """Return the next events in the order of the journal; `seq` is the last one seen, 0 for the beginning."""
        wanted = list(topics)
        query = _AFTER.where(event.c.topic.in_(wanted)) if wanted else _AFTER
        rows = self.connection.execute(query, {"seen": seq, "most": limit}).mappings()
        return [events.load(row) for row in rows]

    def events_since(self, since: datetime, *, topics: Iterable[str], batch: int = 2000) -> Iterator[Event[Any]]:
        """Yield the events of these topics that are not older than `since`, in the order of the journal."""
        wanted, seq = list(topics), 0
        query = select(event).where(event.c.topic.in_(wanted), event.c.time >= since).order_by(event.c.seq)
        while rows := self.connection.execute(query.where(event.c.seq > seq).limit(batch)).mappings().all():
            yield from (events.load(row) for row in rows)
            seq = rows[-1]["seq"]

    def intake_counts(self, since: datetime, until: datetime) -> list[counts.IntakeCount]:
        """Return how many inputs came between two full hours, by channel, source and outcome."""
        return counts.between(self.connection, since, until)

    def receipts_between(self, since: datetime, until: datetime) -> dict[str, int]:
        """Return how many receipts of that time stand in the journal, by channel."""
        return counts.receipts_between(self.connection, since, until)

    def last_seq(self) -> int:
        return int(self.connection.execute(select(func.coalesce(func.max(event.c.seq), 0))).scalar_one())

    def offer(self, offer_id: str) -> Offer | None:
        row = self.connection.execute(select(offer.c.data).where(offer.c.offer_id == offer_id)).first()
        return events.parse(Offer, row[0], f"offer {offer_id}") if row else None

    def offers(
        self,
        *,
        case_id: str | None = None,
        npi: str | None = None,
        state: str | None = None,
        newest: bool = False,
        limit: int = 1000,
    ) -> list[Offer]:
        """Return the offers that match, oldest (or newest) first."""
        order = (offer.c.sent_at.desc(), offer.c.offer_id) if newest else (offer.c.sent_at, offer.c.offer_id)
        query = select(offer.c.data).order_by(*order).limit(limit)
        for column, value in ((offer.c.case_id, case_id), (offer.c.npi, npi), (offer.c.state, state)):
            if value is not None:
                query = query.where(column == value)
        return [events.parse(Offer, data, "offer") for data in self.connection.execute(query).scalars()]

    def providers(self) -> list[ProviderChanged]:
        """Return the newest word of the API on each provider, by NPI."""
        return events.providers(self.connection)

    def open_review(self, review_id: str) -> ReviewRequested | None:
        """Return a review that still waits for a person."""
        query = select(review.c.data).where(review.c.review_id == review_id, review.c.closed_at.is_(None))
        row = self.connection.execute(query).first()
        return events.parse(ReviewRequested, row[0], f"review {review_id}") if row else None

    def reviews(self, *, limit: int = 1000) -> list[ReviewRequested]:
        """Return the reviews that wait for a person, oldest first."""
        query = (
            select(review.c.data).where(review.c.closed_at.is_(None)).order_by(review.c.opened_at, review.c.review_id)
        )
        rows = self.connection.execute(query.limit(limit)).scalars()
        return [events.parse(ReviewRequested, data, "review") for data in rows]

    def content(self, ref: Content) -> bytes:
        return self._store.read(self.connection, ref)


def _cases_of_tenant(tenant: str) -> Select[Any]:
    mine = receipt.c.document_id == case_document.c.document_id
    return select(case_document.c.case_id).join(receipt, mine).where(receipt.c.tenant == tenant)
