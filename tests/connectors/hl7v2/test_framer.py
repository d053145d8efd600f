"""The framer: the same frames however the bytes are chopped, bounded memory, resynchronisation at every VT."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hl7v2.framer import Frame, Framer

SOUP = st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"\x1c\r", b"MSH|", b"x" * 40, b"\x00"]), max_size=40)


def whole(data: bytes, limit: int = 1 << 20) -> list[Frame]:
    framer = Framer(limit)
    return framer.feed(data) + framer.end()


@given(SOUP.map(b"".join), st.lists(st.integers(1, 30), max_size=60), st.sampled_from([16, 64, 1 << 20]))
def test_the_frames_are_the_same_however_the_bytes_are_chopped(data: bytes, cuts: list[int], limit: int) -> None:
    framer, frames, at = Framer(limit), list[Frame](), 0
    for cut in cuts:
        frames += framer.feed(data[at : at + cut])
        at += cut
    frames += framer.feed(data[at:]) + framer.end()
    assert frames == whole(data, limit)


@given(st.lists(st.binary(max_size=50).map(lambda b: b.translate(None, b"\x0b\x1c")), max_size=10))
def test_every_framed_message_comes_out(messages: list[bytes]) -> None:
    data = b"".join(b"\x0b" + m + b"\x1c\r" for m in messages)
    assert [f.data for f in whole(data)] == messages


@pytest.mark.parametrize(
    ("data", "frames"),
    [
        (b"garbage\x0bA\x1c\r\r\nmore\x0bB\x1c\r", [(b"A", None), (b"B", None)]),
        (b"\x0bA\x0bB\x1c\r", [(b"A", "unended"), (b"B", None)]),
        (b"\x0b\x0b\x0bA\x1c\r", [(b"A", None)]),
        (b"\x0bA\x1cB\x1c\r", [(b"A\x1cB", None)]),
        (b"\x0bA\x1c\x0bB\x1c\r", [(b"A", None), (b"B", None)]),
        (b"\x0bA\x1c\nB", [(b"A", None)]),
        (b"\x0bA\x1c", [(b"A", None)]),
        (b"\x0bA", [(b"A", "unended")]),
        (b"\x0b\x1c\r", [(b"", None)]),
        (b"\x1c\r\x1c\r", []),
        (b"", []),
    ],
)
def test_what_is_a_frame_and_what_is_none(data: bytes, frames: list[tuple[bytes, str | None]]) -> None:
    assert [(f.data, f.fault) for f in whole(data)] == frames


def test_an_endless_frame_keeps_no_more_than_its_head() -> None:
    framer = Framer(100_000)
    framer.feed(b"\x0bMSH|")
    for _ in range(100):
        framer.feed(b"x" * 50_000)
        assert len(framer._buffer) <= 150_000
    (frame,) = framer.feed(b"\x1c\r")
    assert (frame.fault, frame.size) == ("oversize", 5_000_004)
    assert frame.data.startswith(b"MSH|")
    assert [f.data for f in framer.feed(b"\x0bnext\x1c\r")] == [b"next"]


def test_a_large_frame_that_comes_byte_by_byte_costs_time_in_proportion() -> None:
    framer, began = Framer(), time.process_time()
    framer.feed(b"\x0b")
    for _ in range(200_000):
        framer.feed(b"x")
    assert len(framer.feed(b"\x1c\r")) == 1
    assert time.process_time() - began < 4


def test_bytes_outside_frames_are_counted() -> None:
    framer = Framer()
    framer.feed(b"\r\nabc \x0bA\x1c\rde")
    assert framer.skipped == 5
