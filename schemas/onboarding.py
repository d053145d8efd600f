"""What changes the network of providers: each change is an event, and the newest of each provider is what stands."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from schemas.event import Payload
from schemas.network import Provider


class ProviderChanged(Payload):
    """A provider of the network as it stands from now on: what was put in by the API, who did it, and what changed."""

    topic: ClassVar[str] = "network.provider.changed"
    key_field: ClassVar[str] = "npi"

    npi: str
    revision: int = Field(ge=1, description="Counts the changes made here; 0 is the directory file's own")
    by: str = Field(description="The person who said so")
    caller: str | None = Field(default=None, description="Whose credential it was, where callers are known")
    changed: tuple[str, ...] = Field(description="Names of the members that differ from what stood before")
    provider: Provider
