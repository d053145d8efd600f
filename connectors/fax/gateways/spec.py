"""A gateway as data: where its notifications, calls and answers have what; checked when it is loaded, never run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from doorstep.errors import SettingsError
from schemas.faults import first_fault
from schemas.outbound import FailureClass

VENDORS = Path(__file__).parent / "vendors"
NAMES = frozenset(
    {"user", "password", "account", "from_number", "from_e164", "callback"}
    | {"id", "number", "e164", "eleven", "tag", "tag_base64", "tag_digest", "pages", "pdf_base64"}
)
"""What a template may name in braces."""
_NAME = re.compile(r"\{(\w+)\}")
Words = tuple[Annotated[str, StringConstraints(to_lower=True)], ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Call(_Part):
    """One HTTP call below the gateway's own API address. Values may hold {names}."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str = ""
    query: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] = Field(default_factory=dict, description="Form fields; multipart when `file` is set")
    body: JsonValue = Field(default=None, description="JSON body")
    headers: dict[str, str] = Field(default_factory=dict)
    file: str = Field(default="", description="Form field that carries the PDF")
    success: dict[str, str] = Field(default_factory=dict, description="JSON path -> what must stand there (regex)")


class Webhook(_Part):
    """Notifications: how they prove themselves, and where they say what they are about."""

    check: Literal["basic", "secret", "hmac-sha256", "phaxio", "ed25519"]
    header: str = Field(default="", description="Header of the signature")
    timestamp_header: str = ""
    nested: str = Field(default="", description="Form field that holds the facts as JSON")
    id: str = Field(default="", description="Path of the fax's id; empty: a notification only says that there is news")
    direction: str = Field(default="", description="Path of what tells received from sent")
    received: Words = ()
    sent: Words = ()
    file: str = Field(default="", description="Form field or path (base64) of the fax itself")
    answer: str = Field(default="", description="The literal body that the gateway wants for an answer")


class Received(_Part):
    """Received faxes: asking for one by id."""

    call: Call | None = None
    item: str = ""
    word: str = Field(default="", description="Path of the fax's state")
    ready: Words = Field(default=(), description="States in which it can be fetched; empty: any")
    failed: Words = Field(default=(), description="States in which there never will be anything to fetch")
    facts: dict[str, str] = Field(
        default_factory=dict, description="calling_number, called_number, tsid, pages, received_at, error -> path"
    )
    file: Call | None = None
    base64: str = Field(default="", description="Path of the file in the reply to `file`; empty: the reply is the file")
    link: str = Field(default="", description="Path of a link in the reply to `call`")
    link_hosts: tuple[str, ...] = Field(default=(), description="The only hosts that a link may lead to")
    refresh: Call | None = Field(default=None, description="Makes a new link when the old one has expired")
    acknowledge: Call | None = None


class Inbox(_Part):
    call: Call
    items: str
    id: str
    id_after: str = Field(default="", description="The id is what follows this")
    facts: dict[str, str] = Field(default_factory=dict)


class Send(_Part):
    call: Call
    id: str


class SentStatus(_Part):
    call: Call | None = None
    item: str = ""
    word: str
    delivered: Words
    failed: Words
    partial: Words = ()
    reasons: tuple[str, ...] = Field(default=(), description="Paths of what went wrong, most telling first")
    pages: str = ""
    pages_sent: str = ""
    classes: dict[FailureClass, tuple[str, ...]] = Field(default_factory=dict, description="Class -> regexes")


class Find(_Part):
    call: Call
    items: str
    tag: str
    id: str
    form: Literal["plain", "base64", "digest"] = Field(
        default="plain", description="How the tag stands there: as {tag}, {tag_base64} or {tag_digest} (20 characters)"
    )


class Token(_Part):
    """Gets a short-lived token for the other calls ({token} in `headers`)."""

    call: Call
    token: str
    seconds: float = 600


class Spec(_Part):
    """One gateway."""

    api: str = ""
    auth: Literal["basic", "none"] = "none"
    headers: dict[str, str] = Field(default_factory=dict)
    token: Token | None = None
    webhook: Webhook | None = None
    received: Received = Received()
    inbox: Inbox | None = None
    send: Send | None = None
    find: Find | None = None
    status: SentStatus | None = None


def load(vendor: str, path: Path | None) -> Spec:
    """Return a vendor's specification: ours, or the YAML of an operator."""
    file = path or VENDORS / f"{vendor}.yaml"
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
        spec = Spec.model_validate(raw)
    except OSError:
        known = ", ".join(sorted(p.stem for p in VENDORS.glob("*.yaml")))
        raise SettingsError(
            "bad-setting", f"there is no fax gateway {vendor} (known: {known}, or give `spec`)"
        ) from None
    except yaml.YAMLError:
        raise SettingsError("bad-setting", f"the fax gateway's {file.name} is not YAML") from None
    except ValidationError as wrong:
        raise SettingsError("bad-setting", f"the fax gateway's {file.name}: {first_fault(wrong)}") from None
    unknown = set(_names(raw)) - NAMES - ({"token"} if spec.token else set())
    if unknown:
        raise SettingsError(
            "bad-setting", f"the fax gateway's {file.name} names {{{min(unknown)}}}, which is not known"
        )
    return spec


def _names(raw: Any) -> list[str]:
    if isinstance(raw, str):
        return _NAME.findall(raw)
    if isinstance(raw, dict):
        return [name for key, value in raw.items() if key != "classes" for name in _names(value)]
    if isinstance(raw, list):
        return [name for value in raw for name in _names(value)]
    return []


def fill(template: str, values: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: values.get(found.group(1), ""), template)


def fill_json(template: JsonValue, values: Mapping[str, str]) -> JsonValue:
    if isinstance(template, str):
        return fill(template, values)
    if isinstance(template, dict):
        return {name: fill_json(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [fill_json(value, values) for value in template]
    return template


def at(tree: JsonValue, path: str) -> JsonValue:
    """Return what stands at a dotted path (`$.data.items.0.id`, `a[0].b` too), None if nothing does."""
    for part in re.findall(r"[^.\[\]]+", path.removeprefix("$")):
        if isinstance(tree, dict):
            tree = tree.get(part)
        elif isinstance(tree, list) and part.isdigit() and len(part) < 9 and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return None
    return tree


def text_at(tree: JsonValue, path: str) -> str:
    """Return a scalar at a path as text, an empty string if there is none."""
    found = at(tree, path) if path else None
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found)[:2000] if isinstance(found, str | int | float) else ""
