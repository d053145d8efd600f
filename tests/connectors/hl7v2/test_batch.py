"""Batches on a real socket: each message taken by itself, the answers together, all or none when it is not whole."""

from __future__ import annotations

from doorstep.errors import Unavailable
from tests.connectors.hl7v2.test_server import PickyHub
from tests.connectors.hl7v2.wire import VT, framed, listening, order, sending

BHS = b"BHS|^~\\&|APP|FAC|DOORSTEP|HUB|20261120||||B7\r"


def said(answer: bytes) -> list[str]:
    """Return the MSA of each acknowledgement in an answer."""
    return [line.decode() for line in answer.split(b"\r") if line.startswith(b"MSA")]


async def test_each_message_of_a_batch_is_stored_and_answered() -> None:
    hub = PickyHub()
    hub.delays["A"] = 0.1
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(BHS + order("A") + order("B") + order("C") + b"BTS|3\r"))
        answer = await sender.answer()
    assert said(answer) == ["MSA|AA|A", "MSA|AA|B", "MSA|AA|C"]
    assert answer.startswith(b"BHS|^~\\&|DOORSTEP|HUB|APP|FAC|")
    assert answer.split(b"\r")[0].endswith(b"|B7")
    assert answer.endswith(b"BTS|3\r")
    assert sorted(filter(None, hub.ids())) == ["A", "B", "C"]
    assert {t.details["batch"] for t in hub.received} == {"B7"}
    assert order("A") in [t.blobs[0].data for t in hub.received]


async def test_one_bad_message_is_refused_and_the_others_are_taken() -> None:
    hub = PickyHub()
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(BHS + order("A") + order("B", kind="XXX^X01") + order("C") + b"BTS|3\r"))
        answer = await sender.answer()
    assert said(answer)[0] == "MSA|AA|A"
    assert said(answer)[1].startswith("MSA|AR|B")
    assert hub.ids() == ["A", "C"]


async def test_a_batch_sent_again_gets_the_same_answers() -> None:
    hub = PickyHub()
    async with listening(hub) as server, sending(server) as sender:
        batch = framed(BHS + order("A") + order("B") + b"BTS|2\r")
        await sender.send(batch + batch)
        first, again = await sender.answer(), await sender.answer()
    assert said(first) == said(again)
    assert len(hub.ids()) == 2


async def test_of_a_batch_that_is_not_whole_nothing_is_taken() -> None:
    hub = PickyHub()
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(BHS + order("A") + b"BTS|2\r"))
        assert await sender.ack() == ("AR", "B7", "102")
        await sender.send(VT + BHS + order("A") + framed(order("Z")))
        assert await sender.ack() == ("AA", "Z", "")
    assert hub.ids() == ["Z"]
    assert [bool(t.rejected) for t in hub.received] == [True, True, False]


async def test_what_could_not_be_stored_is_said_message_by_message() -> None:
    hub = PickyHub()
    hub.broken = Unavailable("journal.full", "the disk is full")
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(BHS + order("A") + order("B") + b"BTS|2\r"))
        answer = await sender.answer()
    assert [line.split("|")[1] for line in said(answer)] == ["AE", "AE"]


async def test_a_batch_asked_to_be_silent_is_answered_with_an_empty_one() -> None:
    hub = PickyHub()
    async with listening(hub) as server, sending(server) as sender:
        await sender.send(framed(BHS + order("A", accept="NE") + b"BTS|1\r"))
        answer = await sender.answer()
    assert answer.endswith(b"BTS|0\r")
    assert hub.ids() == ["A"]


async def test_a_batch_of_thousands_is_one_answer() -> None:
    hub = PickyHub()
    ids = [f"N{n}" for n in range(1500)]
    async with listening(hub) as server, sending(server) as sender:
        sender.reader._limit = 1 << 22  # type: ignore[attr-defined]
        await sender.send(framed(BHS + b"".join(map(order, ids)) + b"BTS|1500\r"))
        answer = await sender.answer(30)
    assert said(answer) == [f"MSA|AA|{i}" for i in ids]
    assert hub.most_at_once <= 256
