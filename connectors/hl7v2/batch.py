"""A frame that holds a batch: every message of it is taken by itself, and their acknowledgements go back as a batch."""

from __future__ import annotations

import asyncio

from connectors.hl7v2.doors import OPEN, Door
from connectors.hl7v2.framer import Frame
from connectors.hl7v2.inbox import answer, fault_of, refuse
from doorstep import clock
from doorstep.connector import Hub
from schemas.codec import CodecError
from schemas.hl7v2 import (
    AckError,
    Batch,
    Header,
    batch_acknowledgement,
    batch_of,
    envelope_of,
    is_batch,
)

AT_ONCE = 256
"""Messages of one batch that are stored at once."""


async def answer_frame(hub: Hub, frame: Frame, door: Door = OPEN, *, peer: str = "") -> tuple[bytes, ...]:
    """Take one frame, a message or a batch, and return the frames that are to be sent back.

    A batch that is not whole (cut off, wrong counts, segments outside of messages) is refused as one, and no message
    of it is taken. A whole one is answered message by message: some may be refused while the others are taken.
    """
    if not is_batch(frame.data):
        return await answer(hub, frame, door, peer=peer)
    now = clock.now()
    header: Header | None = None
    try:
        header = envelope_of(frame.data).header
        if frame.fault is not None:
            return await refuse(hub, frame, header, fault_of(frame), now, peer)
        file = batch_of(frame.data)
    except CodecError as error:
        return await refuse(hub, frame, header, AckError.of(error), now, peer)
    return (batch_acknowledgement(file, [await _each(hub, b, door, peer) for b in file.batches], now),)


async def _each(hub: Hub, batch: Batch, door: Door, peer: str) -> list[bytes]:
    """Take the messages of one batch; return the acknowledgement that is due for each first, in their order."""
    given: list[bytes] = []
    name = batch.envelope.control_id if batch.envelope else ""
    for start in range(0, len(batch.messages), AT_ONCE):
        answers = (
            answer(hub, Frame(data, size=len(data)), door, peer=peer, batch=name)
            for data in batch.messages[start : start + AT_ONCE]
        )
        given += [acks[0] for acks in await asyncio.gather(*answers) if acks]
    return given
