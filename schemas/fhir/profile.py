"""A Task in the words of the guide that a partner follows (`rules/tasks.yaml`), the hub's own word beside them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from schemas.fhir.graph import part, parts


class _Word(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    display: str


class TaskProfile(BaseModel):
    """What one guide calls the states of a Task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: dict[str, str] = {}
    system: str = ""
    business: dict[str, _Word] = {}


class TaskProfiles(BaseModel):
    """`rules/tasks.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Any
    cite: tuple[str, ...]
    profiles: dict[str, TaskProfile]


def profiled(task: dict[str, Any], profile: TaskProfile) -> dict[str, Any]:
    """Return the Task as the profile has it."""
    business = part(task.get("businessStatus"))
    ours = parts(business.get("coding"))
    word = profile.business.get(str(ours[0].get("code"))) if ours else None
    shown = {**task, "status": profile.status.get(str(task["status"]), task["status"])}
    if word is not None:
        coding = {"system": profile.system, "code": word.code, "display": word.display}
        shown["businessStatus"] = {**business, "coding": [coding, *ours]}
    return shown
