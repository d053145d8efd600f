"""Batches: messages apart as received, counts believed only when they are true, the answer in the same shape."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.hl7v2 import batch_acknowledgement, batch_of, envelope_of, is_batch

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FHS = b"FHS|^~\\&|EHR|HOSP|HUB|DS|20261123||FILE||F1\r"
BHS = b"BHS|^~\\&|EHR|HOSP|HUB|DS|20261123||||B1\r"


def message(control_id: str = "M1", end: bytes = b"\r") -> bytes:
    return end.join([f"MSH|^~\\&|EHR|HOSP|||||ORM^O01|{control_id}|P|2.5".encode(), b"PID|1", b"ORC|NW", b""])


def test_a_batch_of_two_is_two_messages_as_received() -> None:
    found = batch_of(BHS + message("A") + message("B") + b"BTS|2\r")
    assert [batch.messages for batch in found.batches] == [[message("A"), message("B")]]
    assert found.envelope is None
    assert found.batches[0].envelope is not None
    assert found.batches[0].envelope.control_id == "B1"


def test_a_file_holds_several_batches() -> None:
    found = batch_of(FHS + BHS + message("A") + b"BTS|1\r" + BHS + message("B") + b"BTS|1\rFTS|2\r")
    assert [len(batch.messages) for batch in found.batches] == [1, 1]


def test_messages_may_follow_the_file_header_without_a_batch_header() -> None:
    found = batch_of(FHS + message("A") + b"FTS|1\r")
    assert [batch.messages for batch in found.batches] == [[message("A")]]


def test_trailers_may_be_absent_and_empty() -> None:
    assert batch_of(BHS + message("A")).batches
    assert batch_of(FHS + BHS + message("A") + b"BTS\rFTS|\r").batches


def test_a_line_feed_inside_a_text_stays_where_it_is() -> None:
    text = message("A") + b"NTE|1||first line\nsecond line\r"
    assert batch_of(BHS + text + b"BTS|1").batches[0].messages == [text]


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (BHS + message("A") + b"BTS|2\r", "102", "BTS-1"),
        (FHS + BHS + message("A") + b"BTS|1\rFTS|3\r", "102", "FTS-1"),
        (BHS + b"PID|1\r" + message("A"), "100", "BHS"),
        (BHS + message("A") + b"BTS|1\rZZZ|1\r", "100", "BTS"),
        (BHS + message("A") + b"BTS|1\rFTS|1\r" + message("B"), "100", "FTS"),
        (BHS + message("A") + b"BTS|1\r" + FHS, "100", "FHS"),
        (FHS + b"BTS|0\r", "100", "BTS"),
        (FHS, "100", "BHS"),
        (b"BHS|aa", "102", "MSH-2"),
    ],
)
def test_a_batch_that_is_not_whole_is_refused(data: bytes, code: str, where: str) -> None:
    with pytest.raises(CodecError) as refused:
        batch_of(data)
    assert (refused.value.code, refused.value.location) == (code, where)


def test_the_answer_has_the_shape_of_the_batch_and_refers_to_it() -> None:
    file = batch_of(FHS + BHS + message("A") + b"BTS|1\rFTS|1\r")
    answer = batch_acknowledgement(file, [[b"MSH|ack\r"]], NOON).decode().split("\r")
    assert answer[0] == "FHS|^~\\&|HUB|DS|EHR|HOSP|20261123120000+0000||||||F1"
    assert answer[1] == "BHS|^~\\&|HUB|DS|EHR|HOSP|20261123120000+0000||||||B1"
    assert answer[2:] == ["MSH|ack", "BTS|1", "FTS|1", ""]


def test_a_batch_is_known_by_its_first_segment() -> None:
    assert is_batch(b"\xef\xbb\xbf\r\n" + BHS)
    assert not is_batch(message())
    assert envelope_of(b"\n" + FHS).control_id == "F1"


@given(
    st.lists(
        st.lists(st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True), min_size=1, max_size=4), min_size=1, max_size=4
    ),
    st.sampled_from([b"\r", b"\n", b"\r\n"]),
)
def test_whatever_is_put_together_comes_apart_again(ids: list[list[str]], end: bytes) -> None:
    head = BHS.replace(b"\r", end)
    parts = [head + b"".join(message(i, end) for i in some) + b"BTS|%d" % len(some) + end for some in ids]
    found = batch_of(FHS.replace(b"\r", end) + b"".join(parts) + b"FTS|%d" % len(ids) + end)
    assert [batch.messages for batch in found.batches] == [[message(i, end) for i in some] for some in ids]


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_apart_or_refused(data: bytes) -> None:
    for begun in (data, BHS + data, FHS + BHS + message() + data):
        try:
            batch_of(begun)
        except CodecError:
            continue
