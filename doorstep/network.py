"""The provider directory as a file of the operator's: taken only when it is right, and replaced while we run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from doorstep.errors import Refused
from doorstep.live_file import LiveFile, read_right
from schemas.faults import first_fault
from schemas.network import Directory, Provider

RULES_NAME = "network/sample"
"""The rules file whose place the operator's file takes."""
TIMER = "network papers"
"""The timer by which papers that end are looked at: at each start, then every morning."""
MOST_BYTES = 64 * 1024 * 1024


def read(path: Path) -> dict[str, Any]:
    """Return a directory file as it is parsed, once it is known to be right; SettingsError says what is not."""
    return read_right(path, "network", MOST_BYTES, checked)


def checked(raw: object) -> Directory:
    """Return the directory; ValueError names the place of the first thing that is wrong in it, and the provider."""
    if not isinstance(raw, dict):
        raise ValueError("a directory is a mapping with `version` and `providers`")
    try:
        return Directory.model_validate(raw)
    except ValidationError as wrong:
        fault = first_fault(wrong)
        place = fault.path
        who = ""
        listed = raw.get("providers")
        if len(place) > 1 and isinstance(listed, list) and isinstance(place[1], int) and place[1] < len(listed):
            one = listed[place[1]]
            who = f" (provider {one.get('npi', place[1] + 1)})" if isinstance(one, dict) else ""
        raise ValueError(f"{fault.place or 'directory'}: {fault.expected}{who}") from None


class NetworkFile(LiveFile):
    """Gives the directory as the file has it now; a file that is not right is refused, and the old one stays."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, read, "the provider directory")


def put(path: Path, provider: Mapping[str, Any]) -> bool:
    """Put one provider into a directory file, in the place of the one of its NPI; True when it was not there.

    The file is replaced whole, and only by one that is right.
    """
    try:
        one = Provider.model_validate(provider)
    except ValidationError as wrong:
        raise Refused("provider", str(first_fault(wrong))) from None
    raw = read(path)
    kept = [known for known in raw["providers"] if str(known.get("npi")) != one.npi]
    new = len(kept) == len(raw["providers"])
    after = {**raw, "providers": [*kept, one.model_dump(mode="json", exclude_defaults=True)]}
    checked(after)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        yaml.safe_dump(after, file, sort_keys=False, allow_unicode=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return new
