"""YAML as plain data, read by libyaml where the wheel of PyYAML has it: ten times as fast as in Python."""

from __future__ import annotations

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parsed(text: str) -> Any:
    """Return what a document says; yaml.YAMLError when it is none."""
    return yaml.load(text, _LOADER)  # noqa: S506 - a safe loader in either case
