"""What the hub publishes for subscribers outside: each order as a FHIR R4 message Bundle, whatever its channel."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from schemas.event import Model, Payload


class Tag(Model):
    system: Literal["urn:doorstep:case"] = "urn:doorstep:case"
    code: str = Field(description="The case number: the key of the record")


class BundleMeta(Model):
    tag: tuple[Tag]


class BundleIdentifier(Model):
    system: Literal["urn:doorstep:message"] = "urn:doorstep:message"
    value: str = Field(description="The same for the same state of the case")


class BundleEntry(Model):
    fullUrl: str  # noqa: N815 - FHIR's own name
    resource: dict[str, JsonValue]


class OrderMessage(Payload):
    """The order of a case with its Task, as a FHIR R4 Bundle of type message, each time that the case has moved on.

    The first entry is the MessageHeader; its eventCoding is OrderNew, OrderUpdate, OrderCancel or OrderStatus.
    """

    topic: ClassVar[str] = "fhir.message"
    key_field: ClassVar[str] = "meta.tag.code"

    resourceType: Literal["Bundle"] = "Bundle"  # noqa: N815 - FHIR's own name
    id: str
    meta: BundleMeta
    identifier: BundleIdentifier
    type: Literal["message"] = "message"
    timestamp: str = Field(description="When the case came to this state, a FHIR instant in UTC")
    entry: tuple[BundleEntry, ...]

    @property
    def key(self) -> str:
        """The case: messages of one case are in order."""
        return self.meta.tag[0].code

    @property
    def case_id(self) -> str:
        """The case, for the journal's own index."""
        return self.key
