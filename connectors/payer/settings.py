"""Who the payers' partners are: a clearing house, a payer's gateway or a folder, by the name that the rules use."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from doorstep.connector import ConnectorSettings
from schemas.x12 import Parties


class Partner(BaseModel):
    """One partner; what it cannot do is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    eligibility_url: str = ""
    review_url: str = ""
    pas_url: str = ""
    folder: Path | None = None
    token: SecretStr | None = None
    sender: str = "DOORSTEP"
    receiver: str = "PAYER"
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    originator: str = Field("9DOORSTEP0", min_length=10, max_length=10)
    usage: str = Field("P", pattern="^[PT]$")
    timeout: float = Field(30.0, gt=0, le=55)

    @field_validator("eligibility_url", "review_url", "pas_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if not (self.eligibility_url or self.review_url or self.pas_url or self.folder):
            raise ValueError("give eligibility_url, review_url, pas_url or folder")
        return self

    def parties(self) -> Parties:
        return Parties(
            sender=self.sender,
            receiver=self.receiver,
            sender_qualifier=self.sender_qualifier,
            receiver_qualifier=self.receiver_qualifier,
            originator=self.originator,
            usage=self.usage,
        )


class PayerSettings(ConnectorSettings):
    """The partners that payers are asked through."""

    partners: dict[str, Partner] = Field(
        default_factory=dict,
        description="By name (rules/payers says which): eligibility_url (270 by POST), review_url (278 by POST), "
        "pas_url (FHIR base of Claim/$submit), folder (files in `out` and `in`), token (Bearer), sender, receiver, "
        "sender_qualifier, receiver_qualifier, originator, usage (P or T), timeout",
    )
    poll_seconds: float = Field(2.0, gt=0, description="How often the folders of partners are looked into")
