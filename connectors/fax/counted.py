"""What the fax channel's sources say of themselves: HylaFAX's log of received faxes, and each gateway's notices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from connectors.fax import hylafax
from connectors.fax.framing import hylafax_key
from connectors.fax.records import Records
from connectors.fax.settings import FaxSettings


def own_counts(
    settings: FaxSettings, data_dir: Path, since: datetime, until: datetime
) -> Mapping[str, tuple[str, ...]]:
    """Return source -> the identifiers of the faxes that it says it received in that time (aware instants).

    A gateway's notices are kept for 90 days; of HylaFAX the log that is not rotated away yet is read.
    """
    found: dict[str, tuple[str, ...]] = {}
    if settings.hylafax_log is not None:
        received = (line for line in hylafax.whole_log(settings.hylafax_log) if line.kind == "RECV" and line.pages)
        keys = [
            hylafax_key(line.commid, line.job)
            for line in received
            if line.commid and line.job and line.at is not None and since <= line.at.astimezone(UTC) < until
        ]
        found["hylafax"] = tuple(dict.fromkeys(keys))
    for name in settings.gateways:
        folder = data_dir / "fax" / "gateways" / name
        if folder.is_dir():
            found[name] = tuple(_identifier(name, one) for one in Records(folder).all() if _noted(one, since, until))
    return found


def _identifier(gateway: str, record: Mapping[str, object]) -> str:
    """Return the identifier by which the hub keeps the fax, or what it keeps of one that the gateway did not give."""
    return f"{gateway}:{record['id']}" + (":lost" if record.get("result") == "lost" else "")


def _noted(record: Mapping[str, object], since: datetime, until: datetime) -> bool:
    """Say whether a notice is of that time: it came at `first`; older records know only when they were settled."""
    at = record.get("first", record.get("at"))
    return isinstance(at, int | float) and since.timestamp() <= at < until.timestamp()
