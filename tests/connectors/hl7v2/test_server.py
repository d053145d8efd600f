"""The listener on real sockets: framing sins, order of answers, refusals in HL7's words, limits and time-outs."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
from contextlib import suppress
from typing import Any

import pytest

from connectors.hl7v2.server import listen_mllp
from connectors.hl7v2.settings import Hl7v2Settings
from doorstep.connector import Listen, Receipt, Transmission
from doorstep.errors import Refused, SettingsError, Unavailable
from tests.connectors.hl7v2.wire import CR, FS, VT, framed, listening, order, sending
from tests.connectors.memory_hub import MemoryHub


class PickyHub(MemoryHub):
    """Stores what comes in after a delay by control id; while `gate` is shut nothing gets further."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: dict[str, float] = {}
        self.at_once = self.most_at_once = 0
        self.broken: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def receive(self, transmission: Transmission) -> Receipt:
        if self.broken:
            raise self.broken
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            await asyncio.sleep(self.delays.get(transmission.control_id or "", 0))
            return await super().receive(transmission)
        finally:
            self.at_once -= 1

    def ids(self) -> list[str | None]:
        return [t.control_id for t in self.received if not t.rejected]

    def refused(self) -> list[Transmission]:
        return [t for t in self.received if t.rejected]


@pytest.fixture
def hub() -> PickyHub:
    return PickyHub()


async def test_an_order_is_stored_and_only_then_acknowledged(hub: PickyHub) -> None:
    hub.gate.clear()
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order()))
        assert await sender.silent(0.15)
        hub.gate.set()
        assert await sender.ack() == ("AA", "ID1", "")
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order("ID2")))
        assert await sender.ack() == ("AA", "ID2", "")
    stored = hub.received[-1]
    assert stored.blobs[0].data == order("ID2")
    assert (stored.idempotency_key, stored.control_id, stored.sender) == ("APP|FAC|ID2", "ID2", "APP|FAC")
    assert stored.reply_to is not None
    assert stored.reply_to.address == "APP|FAC"
    assert stored.reply_to.context["placer_number"] == "P-ID2"
    assert stored.reply_to.context["message_type"] == "ORM^O01"


async def test_many_frames_in_one_write_are_stored_at_once_and_answered_in_order(hub: PickyHub) -> None:
    ids = [f"ID{n}" for n in range(50)]
    hub.delays = {"ID0": 0.3, "ID7": 0.1}
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(b"".join(framed(order(i)) for i in ids))
        assert [(await sender.ack())[1] for _ in ids] == ids
    assert hub.most_at_once == 50


async def test_no_more_than_the_limit_is_in_flight_and_nothing_is_left_over(hub: PickyHub) -> None:
    ids = [f"ID{n}" for n in range(40)]
    hub.delays = dict.fromkeys(ids, 0.01)
    async with listening(hub, max_in_flight=4) as server, sending(server) as sender:
        await sender.send(b"".join(framed(order(i)) for i in ids))
        assert [(await sender.ack())[1] for _ in ids] == ids
    assert hub.most_at_once == 4


async def test_a_frame_that_comes_in_pieces_is_one_message(hub: PickyHub) -> None:
    data = b"noise\r\n" + framed(order())
    async with listening(hub) as server, sending(server) as sender:
        for at in range(0, len(data), 9):
            await sender.send(data[at : at + 9])
            await asyncio.sleep(0.001)
        assert await sender.ack() == ("AA", "ID1", "")


async def test_bytes_that_come_outside_of_frames_are_told(hub: PickyHub, caplog: pytest.LogCaptureFixture) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(order() + b"\r\n" + framed(order("ID2")))
        assert await sender.ack() == ("AA", "ID2", "")
    assert f"passed over: {len(order()) - 4}" in caplog.text
    assert "Doe" not in caplog.text


async def test_a_frame_that_begins_anew_is_answered_as_the_new_one_and_the_rest_is_kept(hub: PickyHub) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(VT + order("OLD")[:60] + framed(order("NEW")))
        assert await sender.ack() == ("AA", "NEW", "")
        assert await sender.silent()
    assert hub.ids() == ["NEW"]
    (kept,) = hub.refused()
    assert kept.rejected is not None
    assert "not ended" in kept.rejected


@pytest.mark.parametrize("end", [FS, FS + b"\n"])
async def test_a_sender_that_leaves_out_the_last_cr_is_answered_all_the_same(hub: PickyHub, end: bytes) -> None:
    async with listening(hub, end_grace=0.2) as server, sending(server) as sender:
        await sender.send(VT + order() + end)
        assert await sender.ack() == ("AA", "ID1", "")


async def test_a_frame_that_never_ends_is_cut_off_in_time_and_kept(hub: PickyHub) -> None:
    async with listening(hub, frame_timeout=0.2) as server, sending(server) as sender:
        await sender.send(VT + order())
        assert await sender.closed()
    assert hub.ids() == []
    assert len(hub.refused()) == 1


async def test_a_slow_sender_cannot_stretch_the_frame_time(hub: PickyHub) -> None:
    async with listening(hub, frame_timeout=0.3) as server, sending(server) as sender:
        await sender.send(VT)
        began = asyncio.get_running_loop().time()
        with pytest.raises(ConnectionError):  # noqa: PT012 - the loop is the sender
            while asyncio.get_running_loop().time() - began < 60:
                await sender.send(b"x")
                await asyncio.sleep(0.02)


async def test_an_idle_connection_is_closed(hub: PickyHub) -> None:
    async with listening(hub, idle_timeout=0.2) as server, sending(server) as sender:
        assert await sender.closed()


async def test_a_half_closed_sender_still_gets_its_answers(hub: PickyHub) -> None:
    hub.delays["ID1"] = 0.1
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order("ID1")) + framed(order("ID2"))[:-1])
        sender.writer.write_eof()
        assert [(await sender.ack())[1] for _ in "ab"] == ["ID1", "ID2"]
        assert await sender.closed()


async def test_a_message_over_the_limit_is_refused_and_the_next_is_taken(hub: PickyHub) -> None:
    async with listening(hub, max_frame_bytes=4096) as server, sending(server) as sender:
        await sender.send(framed(order("BIG", more="x" * 300_000)) + framed(order("ID2")))
        assert await sender.ack() == ("AR", "BIG", "207")
        assert await sender.ack() == ("AA", "ID2", "")
    (kept,) = hub.refused()
    assert isinstance(kept.blobs[0].data, bytes)
    assert len(kept.blobs[0].data) <= 4096


async def test_a_message_of_too_many_segments_is_refused_but_lines_of_text_are_not_segments(hub: PickyHub) -> None:
    """What stands in lines inside a note is one segment, as its sender's editor has wrapped it."""
    many, text = "\rNTE|1||x" * 97, "\rNTE|1||begins" + "\rgoes on" * 300
    async with listening(hub, max_segments=100) as server, sending(server) as sender:
        await sender.send(framed(order("MANY", more=many)))
        assert await sender.ack() == ("AR", "MANY", "207")
        for more in (many.removesuffix("\rNTE|1||x"), text):
            await sender.send(framed(order(str(len(more)), more=more)))
            assert await sender.ack() == ("AA", str(len(more)), "")
    assert len(hub.refused()) == 1


async def test_the_same_id_with_other_content_is_an_error_not_a_duplicate(hub: PickyHub) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order()) + framed(order(more="|changed")))
        assert await sender.ack() == ("AA", "ID1", "")
        assert await sender.ack() == ("AE", "ID1", "205")


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(Unavailable("journal.full", "no space"), "AE"), (Refused("x.y", "never"), "AR"), (ValueError("bug"), "AE")],
)
async def test_what_is_not_in_custody_is_never_acknowledged_as_taken(
    hub: PickyHub, trouble: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    hub.broken = trouble
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order()))
        assert await sender.ack() == (code, "ID1", "207")
        await sender.send(framed(b"garbage"))
        assert (await sender.ack())[0] in {"AE", "AR"}
        hub.broken = None
        await sender.send(framed(order()))
        assert await sender.ack() == ("AA", "ID1", "")
    assert "Doe" not in caplog.text


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", ("AR", "", "100")),
        (b"PID|1||no header", ("AR", "", "100")),
        (b"\xff\xfe\x00binary", ("AR", "", "100")),
        (b"MSH|", ("AR", "", "102")),
        (order(""), ("AR", "", "101")),
        (order("X" * 200), ("AR", "X" * 199, "104")),
        (order("A^B"), ("AR", "AB", "102")),
        (order(kind="QRY^A19"), ("AR", "ID1", "200")),
        (order(kind="ORM^O99"), ("AR", "ID1", "201")),
        (order(version="3.0"), ("AR", "ID1", "203")),
        (order() + order("ID2"), ("AR", "ID1", "100")),
        (order().split(b"\rORC")[0], ("AR", "ID1", "100")),
        (order().split(b"\rPID")[0], ("AR", "ID1", "100")),
    ],
)
async def test_a_message_that_cannot_be_taken_is_refused_and_kept_with_its_reason(
    hub: PickyHub, data: bytes, answer: tuple[str, str, str]
) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(data) + framed(order("NEXT")))
        assert await sender.ack() == answer
        assert await sender.ack() == ("AA", "NEXT", "")
    (kept,) = hub.refused()
    assert kept.rejected is not None
    assert kept.rejected.startswith(answer[2])
    assert kept.idempotency_key == f"refused:{hashlib.sha256(data).hexdigest()}"


async def test_a_line_feed_in_the_control_id_makes_no_second_acknowledgement(hub: PickyHub) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order("ID1\nMSA|AA|FORGED")))
        data = await sender.answer()
        assert data.count(b"MSA|") == 1
        assert b"FORGED" not in data


async def test_an_acknowledgement_is_never_acknowledged(hub: PickyHub) -> None:
    ack = b"MSH|^~\\&|A|B|C|D|2026||ACK^O01|X1|P|2.5.1\rMSA|AA|1\r"
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(ack) + framed(ack.replace(b"ACK^O01", b"ORR^O02")))
        assert await sender.silent()
        await sender.send(framed(order()))
        assert await sender.ack() == ("AA", "ID1", "")


@pytest.mark.parametrize(
    ("accept", "good", "bad"),
    [
        ("AL", "CA", "CR"),
        ("NE", None, None),
        ("ER", None, "CR"),
        ("SU", "CA", None),
        ("AL|NE", "CA", "CR"),
        ("|AL", "AA", "AR"),
    ],
)
async def test_enhanced_mode_answers_as_it_was_asked(
    hub: PickyHub, accept: str, good: str | None, bad: str | None
) -> None:
    async with listening(hub) as server, sending(server) as sender:
        for data, wanted in ((order(accept=accept), good), (order("ID2", accept=accept, kind="DFT^P03"), bad)):
            await sender.send(framed(data))
            if wanted is None:
                assert await sender.silent()
            else:
                assert (await sender.ack())[0] == wanted
    assert hub.ids() == ["ID1"]


async def test_too_many_connections_close_the_idlest_and_a_good_sender_always_gets_in(hub: PickyHub) -> None:
    async with listening(hub, max_connections=5) as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(12)]
        async with sending(server) as sender:
            await sender.send(framed(order()))
            assert await sender.ack() == ("AA", "ID1", "")
        assert len(server.connections) <= 5
        for _, writer in idle:
            writer.close()


async def test_a_flood_of_connections_keeps_no_sender_waiting(hub: PickyHub) -> None:
    async with listening(hub, max_connections=100) as server:
        flood = [socket.socket() for _ in range(900)]
        for one in flood:
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(("127.0.0.1", server.port))
        async with asyncio.timeout(60), sending(server) as sender:
            await sender.send(framed(order()))
            assert await sender.ack() == ("AA", "ID1", "")
        for one in flood:
            one.close()


async def test_a_sender_that_does_not_read_its_answers_is_cut_off(hub: PickyHub) -> None:
    async with listening(hub, write_timeout=0.3, write_buffer_bytes=1024) as server, sending(server) as sender:
        sender.writer.transport.pause_reading()  # type: ignore[attr-defined]
        n = 0
        with pytest.raises(ConnectionError):  # noqa: PT012 - the loop is the sender
            async with asyncio.timeout(60):
                while True:
                    n += 100
                    await sender.send(b"".join(framed(order(f"I{n}-{i}" + "x" * 150)) for i in range(100)))
        async with asyncio.timeout(60):
            while server.connections:
                await asyncio.sleep(0.05)


async def test_leaving_answers_what_is_in_flight(hub: PickyHub) -> None:
    hub.delays["ID1"] = 0.4
    async with listening(hub) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(framed(order()))
        while not hub.at_once:
            await asyncio.sleep(0.01)
    assert b"MSA|AA|ID1" in await reader.read()
    writer.close()


async def test_a_port_in_use_says_which_setting_to_set(hub: PickyHub) -> None:
    async with listening(hub) as server:
        second = listen_mllp(Hl7v2Settings(), hub, Listen("127.0.0.1", server.port or 0))
        with pytest.raises(SettingsError, match="DOORSTEP_MLLP_PORT"):
            await second.__aenter__()


async def test_nothing_of_a_message_is_logged(hub: PickyHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "doorstep")
    secrets: list[Any] = [order(), order(kind="QRY^A19"), order(""), b"Doe", order("ID1", more="|x")]
    async with listening(hub) as server, sending(server) as sender:
        for data in secrets:
            await sender.send(framed(data) + CR)
            await sender.ack()
    assert "Doe" not in caplog.text
    assert "19500102" not in caplog.text


async def test_unfinished_messages_together_hold_a_limited_memory(hub: PickyHub) -> None:
    async with listening(hub, max_buffered_bytes=200_000) as server:
        greedy = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(10)]
        for _, writer in greedy:
            writer.write(VT + order(more="x" * 90_000))
        async with sending(server) as sender:
            await sender.send(framed(order()))
            assert await sender.ack() == ("AA", "ID1", "")
        async with asyncio.timeout(60):
            while server.buffered > 200_000 or len(server.connections) > 3:
                await asyncio.sleep(0.02)
        for _, writer in greedy:
            writer.close()
    assert server.buffered == 0


async def test_large_messages_are_not_all_held_at_once(hub: PickyHub) -> None:
    ids = [f"ID{n}" for n in range(6)]
    hub.delays = dict.fromkeys(ids, 0.02)
    async with listening(hub, max_frame_bytes=100_000) as server, sending(server) as sender:
        await sender.send(b"".join(framed(order(i, more="x" * 60_000)) for i in ids))
        assert [(await sender.ack())[1] for _ in ids] == ids
    assert hub.most_at_once == 1


@pytest.mark.parametrize("mode", ["T", "D", "t", "T^A", "X"])
async def test_a_training_or_debugging_message_opens_no_case_and_is_kept(hub: PickyHub, mode: str) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order(mode=mode)))
        assert await sender.ack() == ("AR", "ID1", "202")
    assert hub.ids() == []
    (kept,) = hub.refused()
    assert (kept.rejected or "").startswith("202: messages of this processing id are not taken here")


@pytest.mark.parametrize("mode", ["P", "p", "P^T", "", '""'])
async def test_a_message_without_a_processing_id_counts_as_production(hub: PickyHub, mode: str) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(order(mode=mode)))
        assert await sender.ack() == ("AA", "ID1", "")


async def test_a_training_hub_takes_what_it_is_set_to_take(hub: PickyHub) -> None:
    async with listening(hub, processing_ids=["t", "D"]) as server, sending(server) as sender:
        for number, mode in enumerate("TDP"):
            await sender.send(framed(order(f"ID{number}", mode=mode)))
        assert [(await sender.ack())[0] for _ in "TDP"] == ["AA", "AA", "AR"]


@pytest.mark.parametrize("ids", [[], ["X"], ["P", ""]])
def test_processing_ids_that_hl7_does_not_know_are_told_at_start(ids: list[str]) -> None:
    with pytest.raises(ValueError, match="P, T and D"):
        Hl7v2Settings(processing_ids=ids)


@pytest.mark.parametrize("before", [b"\r\n", b"\n\n", b"\r", b" \r\n", b"\xef\xbb\xbf\r\n"])
async def test_blank_lines_before_the_header_do_no_harm(hub: PickyHub, before: bytes) -> None:
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(before + order()))
        assert await sender.ack() == ("AA", "ID1", "")
        await sender.send(framed(before + order("ID2") + order("ID3")))
        assert await sender.ack() == ("AR", "ID2", "100")
