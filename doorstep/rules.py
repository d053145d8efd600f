"""Where the rules are and how they are read: dated data files beside the code, loaded once, never written."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from doorstep.errors import SettingsError
from schemas.yaml_text import parsed

_HERE = Path(__file__).resolve().parent


@cache
def rules_dir() -> Path:
    """Return the folder of the rules: inside the installed package, or at the root of the checkout."""
    for folder in (_HERE / "_rooms" / "rules", _HERE.parent / "rules"):
        if folder.is_dir():
            return folder
    raise SettingsError("no-rules", "The rules folder is missing from this installation; install doorstep again.")


@cache
def load(name: str) -> dict[str, Any]:
    """Return a parsed YAML file of the rules by its path without suffix (`documents/labels`); do not change it."""
    path = rules_dir() / f"{name}.yaml"
    try:
        loaded = parsed(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError("bad-rules", f"The rules file {name}.yaml cannot be read.") from error
    if not isinstance(loaded, dict):
        raise SettingsError("bad-rules", f"The rules file {name}.yaml must be a mapping.")
    return loaded


@cache
def icd10_leaves() -> frozenset[str]:
    """Return the billable ICD-10-CM codes without dots."""
    text = gzip.decompress((rules_dir() / "codes" / "icd10cm.txt.gz").read_bytes()).decode("ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


@cache
def hcpcs_table() -> dict[str, str]:
    """Return the HCPCS codes that we know with our own short descriptions; of many only what they are for."""
    found: dict[str, str] = {}
    for purpose, stretches in load("codes/hcpcs_ranges")["ranges"].items():
        for stretch in str(stretches).split():
            first, _, last = stretch.partition("-")
            for number in range(int(first[1:]), int(last[1:]) + 1):
                found[f"{first[0]}{number:04d}"] = str(purpose)
    lines = (rules_dir() / "codes" / "hcpcs.txt").read_text("utf-8").splitlines()
    return found | dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))


@cache
def zip3_states() -> dict[str, tuple[str, ...]]:
    """Return which states use each ZIP prefix."""
    found: dict[str, tuple[str, ...]] = {}
    for state, ranges in load("codes/zip3")["states"].items():
        for item in str(ranges).split():
            first, _, last = item.partition("-")
            for number in range(int(first), int(last or first) + 1):
                prefix = f"{number:03d}"
                found[prefix] = (*found.get(prefix, ()), str(state))
    return found


@cache
def payer_names() -> dict[str, str]:
    """Return every spelling of a payer, in lower case, with the name that people write."""
    names: dict[str, str] = {}
    for name, others in load("codes/payers")["payers"].items():
        for spelling in (name, *(others or ())):
            names[str(spelling).lower()] = str(name)
    return names
