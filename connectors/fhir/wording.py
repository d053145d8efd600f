"""The small words of FHIR's HTTP: version tags, instants, what a client prefers."""

from __future__ import annotations

from datetime import datetime


def instant(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def http_date(when: datetime) -> str:
    return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


def etag(version: int | str) -> str:
    return f'W/"{version}"'


def version_of(tag: str) -> str:
    """Return the version that an entity tag names: `W/"3"`, `"3"` or `3`."""
    return tag.strip().removeprefix("W/").strip('"')


def preferences(header: str) -> dict[str, str]:
    """Return a Prefer header's words, in small letters: `return=minimal; handling=lenient`."""
    pairs = (word.strip().lower().partition("=") for part in header.split(",") for word in part.split(";"))
    return {name.strip(): value.strip(' "') for name, _, value in pairs if name}
