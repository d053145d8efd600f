"""The step's subscription: extraction runs in a worker process, what it found is emitted as one event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from doorstep.handler import Tools, Unit, on
from handlers.extract.assemble import extract_fields
from handlers.extract.crops import with_crops
from handlers.extract.facts import noted
from schemas.document import DocumentClass, DocumentClassified, ExtractedField, FieldsExtracted
from schemas.event import Event, Payload
from schemas.reading import Reading

SECONDS = 60.0
_FACT = "fact "
"""So a fact's name is never a field's while both have their pictures taken."""


class Extracted(NamedTuple):
    """The values of the order's fields, and the lines for its notes."""

    fields: dict[str, ExtractedField]
    facts: dict[str, ExtractedField]


def fields_of_reading(data: bytes, document_class: DocumentClass, whole: bytes, channel: str) -> Extracted:
    """Extract from a kept reading, each value with the digest of its picture (in a worker process)."""
    reading = Reading.model_validate_json(data)
    fields, facts = extract_fields(reading, document_class), noted(reading)
    shown = with_crops({**fields, **{f"{_FACT}{name}": fact for name, fact in facts.items()}}, reading, whole, channel)
    return Extracted({name: shown[name] for name in fields}, {name: shown[f"{_FACT}{name}"] for name in facts})


async def _prepare(event: Event[DocumentClassified], tools: Tools) -> Extracted:
    said = event.data
    data = await tools.content(said.reading)
    whole = await tools.content(said.documents[0]) if said.documents else b""
    found: Extracted = await tools.run(
        fields_of_reading, data, said.document_class, whole, said.channel, timeout=SECONDS
    )
    return found


def extracted(
    event: Event[DocumentClassified],
    unit: Unit,  # noqa: ARG001 - the form of a handler
    found: Extracted,
) -> Iterable[Payload]:
    data = event.data
    return [
        FieldsExtracted(
            document_id=data.document_id,
            channel=data.channel,
            received_at=data.received_at,
            reply_to=data.reply_to,
            documents=data.documents,
            returned=data.returned,
            about=data.about,
            document_class=data.document_class,
            patients=data.patients,
            fields=found.fields,
            facts=found.facts,
        )
    ]


extract = on(DocumentClassified, where=lambda data: data.document_class.is_order, prepare=_prepare)(extracted)
