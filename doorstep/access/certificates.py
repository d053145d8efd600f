"""The names in a client's TLS certificate, written as the settings write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KINDS = {"DNS": "DNS", "URI": "URI", "IP Address": "IP", "email": "EMAIL"}


def names(certificate: Mapping[str, Any] | None) -> frozenset[str]:
    """Return `DNS:...`, `URI:...`, `IP:...`, `EMAIL:...` and `CN:...` of what `SSLSocket.getpeercert` gives."""
    if not certificate:
        return frozenset()
    alternative = [f"{_KINDS[kind]}:{value}" for kind, value in certificate.get("subjectAltName", ()) if kind in _KINDS]
    subject = [pair for part in certificate.get("subject", ()) for pair in part]
    return frozenset(map(folded, [*alternative, *(f"CN:{value}" for kind, value in subject if kind == "commonName")]))


def folded(name: str) -> str:
    """Return a name for comparison: host names have no case."""
    return name.lower().replace("dns:", "DNS:", 1) if name.startswith("DNS:") else name
