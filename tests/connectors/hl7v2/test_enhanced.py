"""Enhanced acknowledgement mode (HL7 v2 chapter 2, 2.9.3): commit first, then the application's word, as asked for."""

from __future__ import annotations

import pytest

from tests.connectors.hl7v2.wire import framed, listening, order, read_ack, sending
from tests.connectors.memory_hub import MemoryHub

EHR = {"APP|FAC": "127.0.0.1:2576"}


@pytest.mark.parametrize(
    ("conditions", "good", "bad"),
    [
        ("AL|AL", ["CA", "AA"], ["CR"]),
        ("AL|NE", ["CA"], ["CR"]),
        ("AL|SU", ["CA", "AA"], ["CR"]),
        ("AL|ER", ["CA"], ["CR"]),
        ("ER|AL", ["AA"], ["CR"]),
        ("SU|AL", ["CA", "AA"], ["AR"]),
        ("NE|AL", ["AA"], ["AR"]),
        ("NE|ER", [], ["AR"]),
        ("NE|SU", ["AA"], []),
        ("NE|NE", [], []),
        ("AL|764", ["CA"], ["CR"]),
        ("al|al", ["CA", "AA"], ["CR"]),
        ("|AL", ["AA"], ["AR"]),
        ("", ["AA"], ["AR"]),
    ],
)
async def test_what_is_sent_back_follows_both_conditions(conditions: str, good: list[str], bad: list[str]) -> None:
    async with listening(MemoryHub()) as server, sending(server) as sender:
        for data, codes in ((order(accept=conditions), good), (order("ID2", accept=conditions, kind="DFT^P03"), bad)):
            await sender.send(framed(data) + framed(order("NEXT")))
            got = [(await sender.ack())[:2] for _ in range(len(codes) + 1)]
            assert got == [(code, data.split(b"|")[9].decode()) for code in codes] + [("AA", "NEXT")]


async def test_the_commit_and_the_application_answer_are_messages_of_their_own_and_the_same_at_each_try() -> None:
    async with listening(MemoryHub()) as server, sending(server) as sender:
        answers = []
        for _ in "ab":
            await sender.send(framed(order(accept="AL|AL")))
            answers.append((await sender.answer(), await sender.answer()))
    (commit, application), again = answers
    assert (commit, application) == again
    assert commit.split(b"|")[9] != application.split(b"|")[9]


async def test_an_order_is_answered_by_its_response_where_the_sender_listens_and_by_nothing_else() -> None:
    async with listening(MemoryHub(), partners=EHR) as server, sending(server) as sender:
        await sender.send(framed(order(accept="AL|AL")))
        assert (await sender.ack())[0] == "CA"
        assert await sender.silent()


async def test_what_gets_no_response_is_answered_on_the_connection_though_the_sender_listens() -> None:
    async with listening(MemoryHub(), partners=EHR) as server, sending(server) as sender:
        await sender.send(framed(order(accept="AL|AL", kind="ADT^A08")))
        assert [(await sender.ack())[0] for _ in "ab"] == ["CA", "AA"]


async def test_a_mere_status_of_an_order_is_answered_on_the_connection_for_it_gets_no_response() -> None:
    async with listening(MemoryHub(), partners=EHR) as server, sending(server) as sender:
        await sender.send(framed(order(accept="AL|AL").replace(b"ORC|NW|P-ID1", b"ORC|SC|P-ID1|||CM")))
        assert [(await sender.ack())[0] for _ in "ab"] == ["CA", "AA"]


async def test_another_message_with_the_same_id_is_refused_once() -> None:
    async with listening(MemoryHub()) as server, sending(server) as sender:
        await sender.send(framed(order(accept="AL|AL")) + framed(order(accept="AL|AL", more="|x")))
        assert [read_ack(await sender.answer())[::2] for _ in "abc"] == [("CA", ""), ("AA", ""), ("CE", "205")]
        assert await sender.silent()
