"""The settings of the FHIR connector."""

from __future__ import annotations

from pydantic import AnyHttpUrl, Field, TypeAdapter, field_validator

from connectors.fhir.subscriptions.settings import SubscriptionSettings
from doorstep import rules
from schemas.fhir.profile import TaskProfile, TaskProfiles

DEFAULT_PARTNER = "default"


def task_profiles() -> dict[str, TaskProfile]:
    """Return the profiles of `rules/tasks.yaml` by name."""
    return TaskProfiles.model_validate(rules.load("tasks")).profiles


class FhirSettings(SubscriptionSettings):
    """`[connectors.fhir]`."""

    max_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="Largest body that is read; more is refused with 413")
    max_entries: int = Field(2000, ge=1, description="Most entries that a Bundle may have")
    push_url: str = Field("", description="FHIR base that Tasks are PUT to; empty = senders read their Task themselves")
    partners: dict[str, str] = Field(
        default_factory=dict,
        description="Partner name (X-Doorstep-Partner) -> FHIR base for its Tasks; an empty one only reads",
    )
    task_profiles: dict[str, str] = Field(
        default_factory=dict,
        description="Partner name -> the guide its Tasks speak by: post-acute-orders, bser, 360x, gravity "
        "(rules/tasks.yaml); none = the hub's own words",
    )
    answer_wait: float = Field(
        1.5, ge=0, le=10, description="Seconds that a provider's update waits for its effect before 202 answers it"
    )
    push_timeout: float = Field(20.0, gt=0, description="Seconds that one push may take")

    @field_validator("push_url")
    @classmethod
    def _one_base(cls, value: str) -> str:
        return _base(value)

    @field_validator("task_profiles")
    @classmethod
    def _known_profile(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value.values()) - set(task_profiles()))
        if unknown:
            raise ValueError(f"there is no profile {unknown[0]}; known are {', '.join(task_profiles())}")
        return value

    @field_validator("partners")
    @classmethod
    def _each_base(cls, value: dict[str, str]) -> dict[str, str]:
        return {name: _base(url) for name, url in value.items()}

    def partner(self, named: str | None) -> str:
        """Return the partner that a request names, if it is a known one."""
        return named if named and named in self.partners else DEFAULT_PARTNER

    def push_base(self, partner: str) -> str:
        """Return where a partner's Tasks are pushed; empty when nowhere."""
        return self.partners.get(partner, self.push_url)


def _base(url: str) -> str:
    if url:
        TypeAdapter(AnyHttpUrl).validate_python(url)
    return url.rstrip("/")
