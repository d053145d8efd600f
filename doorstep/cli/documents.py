"""The documents that are generated from the code: AsyncAPI, JSON Schemas, and the page of all settings."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from doorstep import registry
from doorstep.access.settings import ClientSettings
from doorstep.settings import Settings
from doorstep.stream import catalogue


def asyncapi() -> dict[str, str]:
    made = catalogue.files(registry.subscriptions())
    return {catalogue.ASYNCAPI: made[catalogue.ASYNCAPI]}


def json_schemas() -> dict[str, str]:
    return catalogue.json_schemas()


def settings_page() -> dict[str, str]:
    """Return docs/settings.md: every setting of the hub and of each connector with its default and meaning."""
    lines = [
        "# Settings",
        "",
        "Generated from the code (`make docs`). Environment wins over the TOML file (`doorstep.toml` in the working",
        "folder, or the file that `DOORSTEP_CONFIG` names), which wins over the default. In TOML the names are lower",
        "case without the prefix.",
        "",
        "| environment | default | meaning |",
        "|---|---|---|",
        *_rows(Settings, "DOORSTEP_"),
    ]
    lines += ["", "## One caller (`[access.clients.NAME]`, or in the JSON of `DOORSTEP_ACCESS__CLIENTS`)", ""]
    lines += ["| setting | default | meaning |", "|---|---|---|", *_rows(ClientSettings, "", upper=False)]
    for spec in registry.connectors().values():
        rows = _rows(spec.settings, f"DOORSTEP_CONNECTORS__{spec.name.upper()}__")
        if rows:
            lines += ["", f"## Connector `{spec.name}` (`[connectors.{spec.name}]`)", ""]
            lines += ["| environment | default | meaning |", "|---|---|---|", *rows]
        for name, model in _named(spec.settings):
            table = f"[connectors.{spec.name}.{name}.NAME]"
            lines += ["", f"### Each of `{name}` (`{table}`)", "", "| name | default | meaning |", "|---|---|---|"]
            lines += _rows(model, "", upper=False)
    return {"docs/settings.md": "\n".join(lines) + "\n"}


def _named(model: type[BaseModel]) -> list[tuple[str, type[BaseModel]]]:
    """Return the settings that are tables of tables, `{NAME: {...}}`, with what stands in each."""
    found = []
    for name, field in model.model_fields.items():
        inner = get_args(field.annotation)[1:]
        if inner and isinstance(inner[0], type) and issubclass(inner[0], BaseModel):
            found.append((name, inner[0]))
    return found


def _rows(model: type[BaseModel], prefix: str, *, upper: bool = True) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            rows += _rows(field.annotation, f"{prefix}{name.upper()}__")
            continue
        default = _default(field.get_default(call_default_factory=True, validated_data={}))
        meaning = (field.description or "").replace("|", "&#124;")
        rows.append(f"| `{prefix}{name.upper() if upper else name}` | {default} | {meaning} |")
    return rows


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "(required)"
    if value in (None, "", (), [], {}) or str(value) == "":
        return "(empty)"
    return f"`{value}`"
