"""Builders of valid orders, transmissions, extractions and cases; every argument is one deviation from the usual."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from schemas.case import Case, CaseManager, CaseState
from schemas.document import DocumentClass, ExtractedField, FieldsExtracted
from schemas.fields import order_of
from schemas.order import Evidence, Order, OrderType, ReferralReceived
from schemas.transmission import Content, ReplyTo, TransmissionReceived
from tests.samples.people import order_truth

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""A Monday, ten o'clock in Ohio."""
HOSPITAL = ReplyTo(channel="hl7v2", address="EPIC|RIVERSIDE", context={"control_id": "1"})
CLASSES = {"dme": DocumentClass.DME_ORDER, "home_health": DocumentClass.HOME_HEALTH_REFERRAL}


def order(
    seed: int = 1,
    order_type: str = "dme",
    *,
    document_id: str = "doc-1",
    order_id: str | None = None,
    channel: str = "hl7v2",
    without: tuple[str, ...] = (),
    more: dict[str, Any] | None = None,
    **fields: Any,
) -> Order:
    """Return a complete order of a synthetic person; `fields` in the outside forms, `more` are parts of `Order`."""
    values = order_truth(seed, order_type).fields() | fields
    return order_of(
        {name: value for name, value in values.items() if name not in without},
        order_id=order_id or f"order-of-{document_id}",
        document_id=document_id,
        channel=channel,
        **{"order_type": OrderType(order_type), **(more or {})},
    )


def referral(
    made: Order | None = None, *, reply_to: ReplyTo | None = HOSPITAL, received_at: datetime = NOW
) -> ReferralReceived:
    made = made or order()
    return ReferralReceived(document_id=made.document_id, order=made, reply_to=reply_to, received_at=received_at)


def extraction(
    seed: int = 1,
    order_type: str = "dme",
    *,
    document_id: str = "doc-1",
    doubtful: dict[str, tuple[str, ...]] | None = None,
    without: tuple[str, ...] = (),
    patients: int = 1,
    document_class: DocumentClass | None = None,
    reply_to: ReplyTo | None = None,
    **fields: Any,
) -> FieldsExtracted:
    """Return what was read of a complete faxed order; `doubtful` names fields that were not accepted and why."""
    values = {n: v for n, v in (order_truth(seed, order_type).fields() | fields).items() if n not in without}
    doubts = doubtful or {}
    found = {
        name: ExtractedField(
            value=value,
            evidence=Evidence(
                page=1,
                confidence=0.4 if name in doubts else 0.99,
                accepted=name not in doubts,
                validators=doubts.get(name, ()),
            ),
        )
        for name, value in values.items()
    }
    return FieldsExtracted(
        document_id=document_id,
        channel="fax",
        received_at=NOW,
        reply_to=reply_to,
        documents=(content(b"a fax", "image/tiff"),),
        document_class=document_class or CLASSES.get(order_type, DocumentClass.INFUSION_ORDER),
        patients=patients,
        fields=found,
    )


def content(data: bytes, content_type: str = "application/json") -> Content:
    digest = hashlib.sha256(data).hexdigest()
    return Content(url=f"content:{digest}", sha256=digest, content_type=content_type, size=len(data))


def transmission(
    channel: str = "dispatch", *, document_id: str = "sent-1", body: Any = None, reply_to: ReplyTo | None = None
) -> TransmissionReceived:
    """Return an input whose JSON body is `body` (bytes as they are)."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return TransmissionReceived(
        document_id=document_id, channel=channel, received_at=NOW, contents=(content(data),), reply_to=reply_to
    )


def case(made: Order | None = None, *, state: CaseState = CaseState.OPEN, **deviations: Any) -> Case:
    made = made or order()
    values: dict[str, Any] = {
        "case_id": "DS-000001-8",
        "state": state,
        "order": made,
        "manager": CaseManager(name="Marta Lindgren", extension="4101"),
        "reply_to": HOSPITAL,
        "identity_key": "identity",
        "order_key": "order",
        "document_ids": (made.document_id,),
        "received_at": NOW,
        "opened_at": NOW,
        "updated_at": NOW,
    }
    return Case(**(values | deviations))
