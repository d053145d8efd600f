"""Taking an input in: recognised, stored and announced in one commit, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import RowMapping, insert, select, update

from doorstep.connector import Receipt, StoredResource, Transmission
from doorstep.errors import Defect, NotFound
from doorstep.journal import counts, search
from doorstep.journal.content import Staged
from doorstep.journal.tables import insert_receipt
from doorstep.journal.tables import receipt as receipt_table
from doorstep.journal.tables import resource as resource_table
from doorstep.journal.tasks import TaskWrites
from doorstep.journal.transaction import one_or_many
from schemas.event import Event
from schemas.transmission import ReceiptState, ReplyTo, TransmissionReceived, before_case

_NAMESPACE = UUID("6f0d2f0e-6f2c-5d5b-9a55-2f6f0f1f7f3a")
_INDEXED_BYTES = 600
"""An index entry of PostgreSQL holds at most 2,704 bytes; identifiers are far shorter unless they are an attack."""


def document_id_of(channel: str, idempotency_key: str) -> str:
    """Return the id of an input: the same for every re-send of it."""
    return str(uuid5(_NAMESPACE, f"{channel}\0{storable(idempotency_key)}"))


def storable(text: str) -> str:
    """Return text that both databases can store and index: no NUL, no lone surrogates, not too long."""
    if len(text) <= _INDEXED_BYTES and text.isascii() and "\0" not in text:
        return text
    encoded = text.replace("\0", "\ufffd").encode("utf-8", "replace")
    if len(encoded) <= _INDEXED_BYTES:
        return encoded.decode()
    return encoded[:_INDEXED_BYTES].decode("utf-8", "ignore") + "#" + hashlib.sha256(encoded).hexdigest()


def cleaned(transmission: Transmission) -> Transmission:
    """Return the transmission with every text of the sender's storable (the bytes themselves are untouched)."""

    def text(value: str | None) -> str | None:
        return None if value is None else storable(value)

    return replace(
        transmission,
        idempotency_key=storable(transmission.idempotency_key),
        control_id=text(transmission.control_id),
        message_id=text(transmission.message_id),
        identifier=text(transmission.identifier),
        sender=text(transmission.sender),
        tenant=text(transmission.tenant),
        rejected=text(transmission.rejected),
        details={storable(name): storable(value) for name, value in transmission.details.items()},
        blobs=[replace(blob, title=text(blob.title)) for blob in transmission.blobs],
        reply_to=None if transmission.reply_to is None else _cleaned_reply(transmission.reply_to),
    )


def _cleaned_reply(reply_to: ReplyTo) -> ReplyTo:
    context = {storable(name): storable(value) for name, value in reply_to.context.items()}
    return reply_to.model_copy(update={"address": storable(reply_to.address), "context": context})


def load_receipt(row: RowMapping) -> Receipt:
    return Receipt(
        document_id=row["document_id"],
        channel=row["channel"],
        received_at=row["received_at"],
        state=ReceiptState(row["state"]),
        sha256=row["sha256"],
        reason=row["reason"],
        case_id=row["case_id"],
        control_id=row["control_id"],
        message_id=row["message_id"],
        identifier=row["identifier"],
    )


@dataclass(frozen=True, slots=True)
class Input:
    """A transmission with its content staged."""

    transmission: Transmission
    staged: Sequence[Staged]


def _first_receipt(one: Input) -> Receipt:
    transmission = one.transmission
    if not one.staged:
        raise Defect("receive.empty", "a transmission has at least one blob", detail=transmission.channel)
    return Receipt(
        document_id=document_id_of(transmission.channel, transmission.idempotency_key),
        channel=transmission.channel,
        received_at=transmission.received_at,
        state=ReceiptState.PENDING if transmission.rejected is None else ReceiptState.REJECTED,
        sha256=one.staged[0].ref.sha256,
        reason=transmission.rejected,
        control_id=transmission.control_id,
        message_id=transmission.message_id,
        identifier=transmission.identifier,
    )


def _row(transmission: Transmission, receipt: Receipt) -> dict[str, Any]:
    return {
        "document_id": receipt.document_id,
        "channel": receipt.channel,
        "idempotency_key": transmission.idempotency_key,
        "sha256": receipt.sha256,
        "state": receipt.state.value,
        "reason": receipt.reason,
        "control_id": receipt.control_id,
        "message_id": receipt.message_id,
        "identifier": receipt.identifier,
        "received_at": receipt.received_at,
        "tenant": transmission.tenant,
    }


class InboxWrites(TaskWrites):
    """The receipts' share of a unit of work."""

    def receive(self, transmission: Transmission, staged: Sequence[Staged]) -> Receipt:
        """Keep a new input with all it needs; answer a re-send with the first receipt, keeping nothing."""
        return self.receive_all([Input(transmission, staged)])[0]

    def receive_all(self, inputs: Sequence[Input]) -> list[Receipt]:
        """Receive several inputs with as few statements as for one."""
        receipts = [_first_receipt(one) for one in inputs]
        rows = [_row(one.transmission, receipt) for one, receipt in zip(inputs, receipts, strict=True)]
        unheard = set(self.connection.execute(insert_receipt(self.dialect), one_or_many(rows)).scalars())
        new: list[tuple[Input, Receipt]] = []
        for number, (one, receipt) in enumerate(zip(inputs, receipts, strict=True)):
            if receipt.document_id in unheard:
                unheard.discard(receipt.document_id)  # the same input may be here twice
                new.append((one, receipt))
            else:
                receipts[number] = self._again(receipt)
        self.put_all(staged for one, _ in new for staged in one.staged)
        taken = [(one.transmission, receipt, one.staged) for one, receipt in new if one.transmission.rejected is None]
        for transmission, receipt, _ in taken:
            self._keep_resources(transmission, receipt.document_id)
        if taken:
            self.insert_events([self._received(*one) for one in taken])
        counts.count(self.connection, self.dialect, zip((one.transmission for one in inputs), receipts, strict=True))
        return receipts

    def _received(
        self, transmission: Transmission, receipt: Receipt, staged: Sequence[Staged]
    ) -> Event[TransmissionReceived]:
        received = TransmissionReceived(
            document_id=receipt.document_id,
            channel=transmission.channel,
            received_at=transmission.received_at,
            contents=tuple(one.ref for one in staged),
            reply_to=transmission.reply_to,
            control_id=transmission.control_id,
            message_id=transmission.message_id,
            identifier=transmission.identifier,
            sender=transmission.sender,
            details=dict(transmission.details),
        )
        return self.event(received, source=f"connectors/{transmission.channel}", correlation_id=receipt.document_id)

    def _again(self, receipt: Receipt) -> Receipt:
        """Return the first receipt of an input that was here before."""
        query = select(receipt_table).where(receipt_table.c.document_id == receipt.document_id)
        first = load_receipt(self.connection.execute(query).mappings().one())
        same = first.sha256 == receipt.sha256
        return replace(first, duplicate=same, conflict=not same)

    def _keep_resources(self, transmission: Transmission, document_id: str) -> None:
        for kept in transmission.resources:
            version = self._version_before(kept, transmission.tenant) + 1
            row = {
                "type": kept.resource_type,
                "id": kept.resource_id,
                "version": version,
                "document_id": document_id,
                "body": search.as_text(kept.body),
                "updated_at": self.now,
            }
            self.connection.execute(insert(resource_table), row)
            if kept.search is not None:
                search.index(self.connection, self.dialect, kept, transmission.tenant or "", version)
            if kept.words is not None:
                self.follow(kept, transmission.tenant or "", document_id, transmission.received_at)

    def _version_before(self, kept: StoredResource, tenant: str | None) -> int:
        """Return the newest version's number, 0 for none; nobody writes over what another tenant keeps."""
        table = resource_table.c
        query = (
            select(table.version, receipt_table.c.tenant)
            .outerjoin(receipt_table, receipt_table.c.document_id == table.document_id)
            .where(table.type == kept.resource_type, table.id == kept.resource_id)
            .order_by(table.version.desc())
            .limit(1)
        )
        known = self.connection.execute(query).one_or_none()
        if known is None:
            return 0
        if known.tenant != tenant:
            raise NotFound("resource", "there is no such resource")
        return int(known.version)

    def settle_receipt(
        self, document_id: str, state: ReceiptState, *, reason: str | None = None, case_id: str | None = None
    ) -> None:
        """Say what became of an input; a case once told is kept, and a reason stands only for that case.

        An input may hold orders of several cases: it names the first, never with the reason of another.
        """
        columns = receipt_table.c
        query = select(columns.state, columns.case_id, columns.reason).where(columns.document_id == document_id)
        known = self.connection.execute(query).one_or_none()
        if known is None:
            raise Defect("receipt.unknown", "there is no such input", detail=document_id)
        elsewhere = case_id is not None and known.case_id not in {None, case_id}
        changes: dict[str, str | None] = {"state": state.value}
        if case_id is not None and not elsewhere:
            changes["case_id"] = case_id
        if state.value != known.state or (reason is not None and not elsewhere):
            changes["reason"] = None if elsewhere and state is ReceiptState.ACCEPTED else reason
        elif case_id is not None and known.case_id is None:
            changes["reason"] = None
        statement = update(receipt_table).where(columns.document_id == document_id).values(changes)
        self.connection.execute(statement)
        now = {"case_id": known.case_id, "reason": known.reason, **changes}
        self.follow_receipt(document_id, before_case(state, now["reason"], now["case_id"]))
