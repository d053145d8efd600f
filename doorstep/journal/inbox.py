"""Taking an input in: recognised, stored and announced in one commit, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid5

from sqlalchemy import RowMapping, func, insert, select, update

from doorstep.connector import Receipt, Transmission
from doorstep.errors import Defect
from doorstep.journal.content import Staged
from doorstep.journal.tables import insert_receipt
from doorstep.journal.tables import receipt as receipt_table
from doorstep.journal.tables import resource as resource_table
from doorstep.journal.transaction import Transaction
from schemas.transmission import ReceiptState, ReplyTo, TransmissionReceived

_NAMESPACE = UUID("6f0d2f0e-6f2c-5d5b-9a55-2f6f0f1f7f3a")
_INDEXED_BYTES = 600
"""An index entry of PostgreSQL holds at most 2,704 bytes; identifiers are far shorter unless they are an attack."""


def document_id_of(channel: str, idempotency_key: str) -> str:
    """Return the id of an input: the same for every re-send of it."""
    return str(uuid5(_NAMESPACE, f"{channel}\0{storable(idempotency_key)}"))


def storable(text: str) -> str:
    """Return text that both databases can store and index: no NUL, no lone surrogates, not too long."""
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


def _first_receipt(transmission: Transmission, sha256: str) -> Receipt:
    return Receipt(
        document_id=document_id_of(transmission.channel, transmission.idempotency_key),
        channel=transmission.channel,
        received_at=transmission.received_at,
        state=ReceiptState.PENDING if transmission.rejected is None else ReceiptState.REJECTED,
        sha256=sha256,
        reason=transmission.rejected,
        control_id=transmission.control_id,
        message_id=transmission.message_id,
        identifier=transmission.identifier,
    )


class InboxWrites(Transaction):
    """The receipts' share of a unit of work."""

    def receive(self, transmission: Transmission, staged: Sequence[Staged]) -> Receipt:
        """Keep a new input with all it needs; answer a re-send with the first receipt, keeping nothing."""
        if not staged:
            raise Defect("receive.empty", "a transmission has at least one blob", detail=transmission.channel)
        receipt = _first_receipt(transmission, staged[0].ref.sha256)
        if not self._insert(transmission, receipt):
            first = self._receipt(receipt.document_id)
            same = first.sha256 == receipt.sha256
            return replace(first, duplicate=same, conflict=not same)
        contents = tuple(self.put(one) for one in staged)
        if transmission.rejected is not None:
            return receipt
        self._keep_resources(transmission, receipt.document_id)
        received = TransmissionReceived(
            document_id=receipt.document_id,
            channel=transmission.channel,
            received_at=transmission.received_at,
            contents=contents,
            reply_to=transmission.reply_to,
            control_id=transmission.control_id,
            message_id=transmission.message_id,
            identifier=transmission.identifier,
            sender=transmission.sender,
            details=dict(transmission.details),
        )
        self.append(received, source=f"connectors/{transmission.channel}", correlation_id=receipt.document_id)
        return receipt

    def _receipt(self, document_id: str) -> Receipt:
        query = select(receipt_table).where(receipt_table.c.document_id == document_id)
        return load_receipt(self.connection.execute(query).mappings().one())

    def _insert(self, transmission: Transmission, receipt: Receipt) -> bool:
        """Insert the receipt; False when this input was here before."""
        row = {
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
        }
        return self.connection.execute(insert_receipt(self.dialect), row).first() is not None

    def _keep_resources(self, transmission: Transmission, document_id: str) -> None:
        for kept in transmission.resources:
            table = resource_table.c
            newest = select(func.max(table.version)).where(
                table.type == kept.resource_type, table.id == kept.resource_id
            )
            row = {
                "type": kept.resource_type,
                "id": kept.resource_id,
                "version": (self.connection.execute(newest).scalar() or 0) + 1,
                "document_id": document_id,
                "body": json.dumps(dict(kept.body), ensure_ascii=False, separators=(",", ":")),
                "updated_at": self.now,
            }
            self.connection.execute(insert(resource_table), row)

    def settle_receipt(
        self, document_id: str, state: ReceiptState, *, reason: str | None = None, case_id: str | None = None
    ) -> None:
        """Say what became of an input; a case or a reason once told is kept when the next word has none."""
        told = {"reason": reason, "case_id": case_id}
        changes = {"state": state.value, **{name: value for name, value in told.items() if value is not None}}
        statement = update(receipt_table).where(receipt_table.c.document_id == document_id).values(changes)
        if self.connection.execute(statement).rowcount != 1:
            raise Defect("receipt.unknown", "there is no such input", detail=document_id)
