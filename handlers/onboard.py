"""Takes a provider that the desk puts into the network, or changes: validated again, numbered, and said by an event."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from doorstep.handler import Unit, on
from handlers.casework import directory
from handlers.command import says
from schemas.event import Event, Payload
from schemas.network import Provider
from schemas.onboarding import ProviderChanged
from schemas.transmission import ReceiptState, TransmissionReceived


@on(TransmissionReceived, where=says("provider"))
def onboard(event: Event[TransmissionReceived], unit: Unit) -> Iterable[Payload]:
    """Put the provider in when it is right and was changed by nobody meanwhile."""
    document_id = event.data.document_id
    token = f"onboarded {document_id}"
    if unit.marked(token):
        return []
    unit.mark(token)
    content = unit.content(event.data.contents[0])
    said = content if isinstance(content, dict) else {}
    try:
        provider = Provider.model_validate(said.get("provider"))
    except ValidationError:
        return _refused(unit, document_id, "the provider is not right")
    before = directory(unit).provider(provider.npi)
    newest = unit.latest(ProviderChanged, provider.npi)
    revision = newest.data.revision if newest else 0 if before else -1
    if said.get("revision") != revision:
        return _refused(unit, document_id, "the provider was changed meanwhile: read it again")
    unit.settle_receipt(document_id, ReceiptState.ACCEPTED)
    changed = _changed(before, provider)
    if not changed:
        return []
    return [
        ProviderChanged(
            npi=provider.npi,
            revision=max(revision, 0) + 1,
            by=str(said.get("by") or "desk"),
            caller=event.data.details.get("caller"),
            changed=changed,
            provider=provider,
        )
    ]


def _refused(unit: Unit, document_id: str, reason: str) -> list[Payload]:
    unit.settle_receipt(document_id, ReceiptState.REJECTED, reason=reason)
    return []


def _changed(before: Provider | None, after: Provider) -> tuple[str, ...]:
    names = Provider.model_fields
    return tuple(name for name in names if before is None or getattr(before, name) != getattr(after, name))
