"""Every topic of the hub: importing this module makes `schemas.event.payload_classes` complete."""

from __future__ import annotations

from schemas import (
    case,
    clock,
    desk,
    document,
    held,
    onboarding,
    order,
    outbound,
    patient,
    payer,
    published,
    service,
    subscription,
    transmission,
)
from schemas.event import Payload, payload_classes

__all__ = ["TOPICS", "payload_class"]

_ROOMS = (
    *(transmission, document, order, held, patient, payer, case, clock, service, desk),
    *(onboarding, outbound, published, subscription),
)

TOPICS: dict[str, type[Payload]] = payload_classes()


def payload_class(topic: str) -> type[Payload]:
    """Return the payload class of a topic; KeyError when there is no such topic."""
    return TOPICS[topic]
