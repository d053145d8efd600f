"""The loader: what it refuses, what it keeps, and that it never raises anything else."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.fhir import dumps, loads, plain
from tests.schemas.fhir.strategies import JSON

LIMIT = 10_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "structure"),
        (b"   ", "structure"),
        (b"[]", "structure"),
        (b'"text"', "structure"),
        (b'{"a": 1', "structure"),
        (b'{"a": 1} x', "structure"),
        (b'{"a": 1, "a": 1}', "structure"),
        (b'{"a": {"b": 1, "b": 2}}', "structure"),
        (b'{"a": NaN}', "structure"),
        (b'{"a": -Infinity}', "structure"),
        (b'{"a": "\\u0000"}', "value"),
        (b'{"\\u0000": 1}', "value"),
        (b'{"a": ["\\ud800"]}', "value"),
        (b'{"a": "\xff"}', "structure"),
        ('{"a": 1}'.encode("utf-16"), "structure"),
        (b'{"a": 1e999999999999}', "value"),
        (b'{"a": 1e-5000}', "value"),
        (b'{"a": ' + b"9" * 5000 + b"}", "value"),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "structure"),
        (b'{"a": ' + b"[" * 4000 + b"]" * 4000 + b"}", "structure"),
        (b'{"a": "' + b"x" * LIMIT + b'"}', "too-long"),
    ],
)
def test_what_two_parsers_could_read_differently_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(CodecError) as refused:
        loads(body, max_bytes=LIMIT)
    assert refused.value.code == code


def test_the_deepest_nesting_that_is_taken_is_sixty_four() -> None:
    assert loads(b'{"a":' + b"[" * 63 + b"]" * 63 + b"}", max_bytes=LIMIT)


def test_a_number_keeps_its_digits_there_and_back() -> None:
    body = b'{"value":1.00,"small":1E-7,"whole":12345678901234567890}'
    found = loads(body, max_bytes=LIMIT)
    assert str(found["value"]) == "1.00"
    assert dumps(found) == body
    assert plain(found) == {"value": 1, "small": 1e-7, "whole": float(12345678901234567890)}


def test_whole_surrogate_pairs_and_a_byte_order_mark_are_fine() -> None:
    assert loads(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}', max_bytes=LIMIT) == {"a": "😀"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_the_loader_raises_codec_errors_only(body: bytes) -> None:
    with contextlib.suppress(CodecError):
        assert isinstance(loads(body, max_bytes=150), dict)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_what_was_written_is_read_the_same(value: dict[str, object]) -> None:
    try:
        body = dumps(value)
    except TypeError:  # orjson writes whole numbers of 64 bits; the loader yields no larger ones
        return
    try:
        found = loads(body, max_bytes=10**6)
    except CodecError:
        assert any(mark in body for mark in (b"u0000", b"ud"))
        return
    assert found == value
    assert json.loads(json.dumps(plain(found))) is not None
    assert not any(isinstance(item, Decimal) for item in plain(found).values())
