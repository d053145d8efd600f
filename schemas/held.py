"""An order that waits for a person: kept with its review, found by its sender's numbers, withdrawn by its sender."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Payload
from schemas.order import ReferralReceived


class OrderHeld(Payload):
    """The order that a review is about: of several in one input, this one; what a person decides is done to it."""

    topic: ClassVar[str] = "referral.held"
    key_field: ClassVar[str] = "review_id"

    review_id: str
    referral: ReferralReceived


class NumberHeld(Payload):
    """The reviews of the orders that came under one number of a sender's and were put before a person."""

    topic: ClassVar[str] = "referral.number.held"
    key_field: ClassVar[str] = "token"

    token: str = Field(description="A digest of sender and number")
    review_ids: tuple[str, ...] = Field(description="Oldest first")


class OrderWithdrawn(Payload):
    """Its sender took an order back before it had a case: it opens none."""

    topic: ClassVar[str] = "referral.withdrawn"
    key_field: ClassVar[str] = "document_id"

    document_id: str = Field(description="The input that brought the order")
    order_id: str
    withdrawn_by: str = Field(description="The input that took it back")
