"""How a sender's messages are read where they leave it open; kept with each message, so that a replay reads alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Options:
    """What was agreed with the sender."""

    zone: ZoneInfo | None = None
    """Zone of times without an offset; None: that of the patient's home."""
    charset: str = ""
    """Character set of eight-bit text that declares none; '': guessed."""
    payer: str = ""
    """The payer of orders that name none."""
    assigner: str = ""
    """PID-3.4 of the number that is the member ID with that payer."""

    @classmethod
    def of(cls, details: Mapping[str, str]) -> Options:
        """Read what the listener kept with the message."""
        zone = details.get("time_zone", "")
        return cls(
            zone=ZoneInfo(zone) if zone else None,
            charset=details.get("charset", ""),
            payer=details.get("default_payer", ""),
            assigner=details.get("member_id_assigner", ""),
        )


AS_SENT = Options()
