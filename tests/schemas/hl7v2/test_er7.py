"""The splitter: separators, character sets, segment ends, escapes; nothing but CodecError, and linear."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.hl7v2 import (
    STANDARD,
    Delimiters,
    acknowledgement,
    answer_of,
    check,
    header_of,
    orders_of,
    placer_number,
    split,
)
from tests.samples import make_hl7v2

PIECES = [b"|", b"^", b"~", b"&", b"\\", b"\r", b"\n", b"", b"\xff", b"\0", b'""', b"9" * 30, b"PID|", b"ORC|CA|"]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAMPLES = [message for _, message, _ in make_hl7v2.samples()]
MSH = b"MSH|^~\\&|APP|FAC|DOORSTEP|HUB|20261120||ORM^O01|ID1|P|2.5.1\r"


def everything(data: bytes) -> None:
    """Run all readers; only CodecError may come out."""
    for read in (split, header_of, lambda d: orders_of(d, "doc"), answer_of):
        with suppress(CodecError):
            read(data)  # type: ignore[operator]
    with suppress(CodecError):
        header = header_of(data)
        placer_number(data, header.delimiters)
        acknowledgement(header, "AA", at=NOON)
        check(data, header)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_a_codec_error(data: bytes) -> None:
    everything(data)
    everything(MSH + data)
    everything(b"MSH" + data)


@settings(max_examples=150)
@given(st.data())
def test_mutated_samples_raise_nothing_but_a_codec_error(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(message)))
        piece = data.draw(st.sampled_from(PIECES))
        message[at : at + data.draw(st.integers(0, 12))] = piece
    everything(bytes(message))


separators = st.permutations("|^~\\&!@#$%*+;:,").map(lambda p: Delimiters(*p[:5]))


@given(st.text(max_size=60), separators)
def test_what_is_encoded_decodes_to_the_same_and_holds_no_separator(text: str, delimiters: Delimiters) -> None:
    encoded = delimiters.encode(text)
    assert delimiters.decode(encoded) == text
    assert not set(encoded) & {*"\r\n\x0b\x1c\x00", delimiters.field, delimiters.component, delimiters.repetition}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), min_size=1, max_size=6))
def test_encoded_values_come_back_from_a_message_unsplit(values: list[str]) -> None:
    line = "|".join(STANDARD.encode(v) for v in values)
    message = split(MSH + b"ZZZ|" + line.encode() + b"\r")
    zzz = list(message.segments())[1]
    assert [zzz.raw[n] for n in range(1, len(values) + 1)] == line.split("|")
    assert [STANDARD.decode(zzz.raw[n]) for n in range(1, len(values) + 1)] == values


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"\X41\\X4242\ \XC3A9\ ", "ABB é "),
        (r"line\.br\next\.sp2\x", "line\nnextx"),
        (r"\H\bold\N\ ", "bold "),
        (r"C:\temp\x", r"C:\temp\x"),
        (r"ends in \ ", r"ends in \ "),
        (r"\X4\ \XZZ\ ", r"\X4\ \XZZ\ "),
    ],
)
def test_escape_sequences_are_resolved_and_what_is_none_stays(raw: str, text: str) -> None:
    assert STANDARD.decode(raw) == text


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_any_line_end_separates_segments(end: bytes) -> None:
    message = split(MSH.rstrip() + end + b"PID|1" + end + b"ORC|NW" + end + end)
    assert [s.name for s in message.segments()] == ["MSH", "PID", "ORC"]


def test_a_line_feed_inside_a_text_is_text_when_no_segment_follows_it() -> None:
    message = split(MSH + b"NTE|1||first\nsecond | third\rPID|1\r")
    assert [s.name for s in message.segments()] == ["MSH", "NTE", "PID"]
    assert list(message.segments())[1].text(3) == "first\nsecond"


@pytest.mark.parametrize(
    ("declared", "data", "text", "guessed"),
    [
        (b"8859/1", "Zoë".encode("latin-1"), "Zoë", False),
        (b"8859/2", "Łukasz".encode("iso8859-2"), "Łukasz", False),
        (b"8859/15", "Œuvre €".encode("iso8859-15"), "Œuvre €", False),
        (b"UNICODE UTF-8", "Łukasz".encode(), "Łukasz", False),
        (b"8859/1~UNICODE", "Zoë".encode("latin-1"), "Zoë", False),
        (b"", "Łukasz".encode(), "Łukasz", True),
        (b"ASCII", "Zoë".encode("latin-1"), "Zoë", True),
        (b"", b"plain", "plain", False),
    ],
)
def test_the_declared_character_set_decides(declared: bytes, data: bytes, text: str, guessed: bool) -> None:
    message = split(MSH.rstrip() + b"||||||" + declared + b"\rZZZ|" + data + b"\r")
    assert list(message.segments())[1].get(1) == text
    assert message.guessed is guessed


def test_a_name_with_bytes_outside_its_character_set_is_unreadable_not_wrong() -> None:
    data = MSH.rstrip() + b"||||||UNICODE UTF-8\rPID|||1||Zo\xeb^Anna\rORC|NW|1\rOBR|||| E1390\r"
    (order,) = orders_of(data, "doc")
    assert order.member.name is None
    assert "character set" in order.unreadable["member_name"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "100"),
        (b"PID|1", "100"),
        (b"MSH", "102"),
        (b"MSH|", "102"),
        (b"MSH|^|A", "102"),
        (b"MSH|^^~&|A", "102"),
        (b"MSHA^~\\&|A", "102"),
        (b"MSH|^~\\A|", "102"),
        (b"FHS|^~\\&|A\rMSH|^~\\&|A", "100"),
        (MSH + MSH, "100"),
        (MSH.rstrip() + b"||||||KOI8-R\rPID|", "103"),
    ],
)
def test_what_is_no_message_says_why(data: bytes, code: str) -> None:
    with pytest.raises(CodecError) as caught:
        split(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "body",
    [
        b"\\" * 200_000,
        b"\\X" + b"41" * 100_000 + b"\\",
        b"~" * 200_000,
        b"^" * 200_000,
        b"NTE|1||x\r" * 20_000,
        b"\n" * 200_000,
        b"\nAB" * 60_000,
        b"OBX|1|ST|frequency||1 1 1 1 1 1\r" * 5_000,
        b"PID|||" + b"1~" * 50_000,
    ],
)
def test_a_hostile_message_costs_time_in_proportion_only(body: bytes) -> None:
    data = MSH + b"PID|||1||A^B||19500101|" + body + b"\rORC|NW|1\rOBR|1|1||E1390^x^HCPCS\rNTE|1||" + body + b"\r"
    began = time.process_time()
    everything(data)
    assert time.process_time() - began < 6
