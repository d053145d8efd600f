"""Hands one try of a fax to a gateway, noted before and after: what may have arrived is looked up, not repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from connectors.fax.gateways import GenericFax
from connectors.fax.gateways.port import GatewayAway, Outgoing
from connectors.fax.records import stamp
from connectors.fax.sends import Sends, tag_of_try
from doorstep.errors import Refused, Unavailable

_SETTLING_SECONDS = 60.0
"""A gateway may list a fax a little after it took it: until then, its silence proves nothing."""


async def hand_over(sends: Sends, gateway: GenericFax, record: Mapping[str, Any], *, fresh: bool) -> str:
    """Send a record that is begun and return the gateway's id; `fresh` when no earlier attempt can have been made."""
    tag, number = str(record["key"]), str(record["number"])
    sent_as = tag_of_try(tag, int(record["tries"]))
    if not fresh:
        found = await gateway.find(sent_as, number)
        if found is not None:
            await asyncio.to_thread(sends.handed, record, found)
            return found
        left = _SETTLING_SECONDS - (stamp() - float(record["changed"]))
        if left > 0:
            raise Unavailable("fax-settling", "an earlier attempt may yet appear at the gateway", retry_after=left)
        record = await asyncio.to_thread(lambda: sends.change(record, changed=stamp()))
    pdf = await asyncio.to_thread(sends.page, tag)
    fax_id = await gateway.send(Outgoing(sent_as, number, pdf, int(record["pages"])))
    await asyncio.to_thread(sends.handed, record, fax_id)
    return fax_id


def surely_not_sent(failed: Exception) -> bool:
    """Say whether a failed hand-over left nothing at the gateway."""
    if isinstance(failed, GatewayAway):
        return not failed.maybe_taken
    return isinstance(failed, Refused)
