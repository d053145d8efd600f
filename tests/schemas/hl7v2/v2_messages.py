"""Some sixty HL7 v2 messages of every type that we map, in many versions and habits: rich, sparse, odd, broken."""

from __future__ import annotations

import re
from pathlib import Path

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.6", "2.7", "2.8")
_TEXT = Path(__file__).with_name("v2_messages.txt").read_text("utf-8")


def _read() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, segments in re.findall(r"^== (\S+)\n(.*?)(?=\n\n|\Z)", _TEXT, re.S | re.M):
        found[name] = (segments.strip("\n").replace("\n", "\r") + "\r").encode()
    for version in VERSIONS:
        other = (
            found["orm"].replace(b"|P|2.5.1", f"|P|{version}".encode()).replace(b"|V2.5.1|", f"|V{version}|".encode())
        )
        found[f"orm_{version}"] = other
    return found


MESSAGES = _read()
"""By name."""
