"""The packet: one PDF/A with everything that was received, sent and decided on a case, for a payer or a regulator."""

from doorstep.packet.paper import PACKET_SECONDS, typeset
from doorstep.packet.story import Edition, Packet, gather

__all__ = ["PACKET_SECONDS", "Edition", "Packet", "gather", "typeset"]
