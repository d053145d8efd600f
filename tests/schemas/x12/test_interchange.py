"""Envelopes: separators are the file's own, counts and control numbers must agree, anything else is a clear error."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.x12 import Parties, Separators, eligibility_request, parse
from schemas.x12.writer import safe
from tests.schemas.x12.messages import answer_271, enquiry, wrapped

PARTIES = Parties(sender="DOORSTEP", receiver="SAMPLE01")
GOOD = answer_271("EB*1**30")


def test_what_we_write_can_be_read() -> None:
    (found,) = parse(eligibility_request(enquiry(), PARTIES, "17"))
    assert (found.control, found.sender, found.receiver) == ("000000017", "DOORSTEP", "SAMPLE01")
    (transaction,) = found.transactions
    assert (transaction.kind, transaction.segments[0].get(1)) == ("270", "0022")


@pytest.mark.parametrize("end", ["~", "~\n", "~\r\n", "\n", "\r\n", "'"])
def test_segments_may_stand_on_lines_of_their_own(end: str) -> None:
    (found,) = parse(answer_271("EB*1**30", end=end))
    assert found.separators.segment == end[0]
    assert [one.name for one in found.transactions[0].segments][-1] == "EB"


def test_the_separators_are_those_of_its_isa() -> None:
    text = GOOD.decode().replace("*", "|").replace("^", "!").replace(":", ">").replace("~", "\x1c")
    (found,) = parse(text.encode())
    assert found.separators == Separators("|", ">", "!", "\x1c")
    assert found.transactions[0].segments[-1].get(3) == "30"


def test_a_file_may_hold_several_interchanges() -> None:
    assert len(parse(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n" + GOOD)) == 2


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"IEA*1*000000042", b"IEA*1*000000043", "001"),
        (b"IEA*1*", b"IEA*2*", "021"),
        (b"GE*1*7", b"GE*1*8", "4"),
        (b"GE*1*7", b"GE*2*7", "5"),
        (b"SE*11*0001", b"SE*11*0002", "3"),
        (b"SE*11*0001", b"SE*10*0001", "4"),
        (b"IEA*1*000000042~", b"", "023"),
        (b"GE*1*7~", b"", "024"),
        (b"SE*11*0001~", b"", "2"),
        (b"ISA*00*", b"ISA*0*", "022"),
        (b"*00501*", b"*00501*0", "022"),
        (b"*P*:~", b"*P**~", "022"),
    ],
)
def test_an_envelope_that_does_not_agree_with_itself_is_refused(old: bytes, new: bytes, code: str) -> None:
    assert old in GOOD
    with pytest.raises(CodecError) as refused:
        parse(GOOD.replace(old, new, 1))
    assert refused.value.code == code


@pytest.mark.parametrize("data", [b"", b"   \r\n", b"<html>away</html>", b"ISA", b"ISA*00", b"{}"])
def test_what_is_no_interchange_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        parse(data)


def test_more_than_the_limit_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(CodecError, match="8 MB"):
        parse(GOOD + b" " * (8 * 1024 * 1024))


def test_a_hostile_file_takes_linear_time() -> None:
    many = wrapped("271", "005010X279A1", "HB", *[f"HL*{n}*{n - 1}*22*1" for n in range(1, 60_000)])
    began = time.process_time()
    parse(many)
    parse(GOOD * 400)
    assert time.process_time() - began < 5


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    for data in (noise, GOOD[:106] + noise, GOOD[: len(GOOD) // 2] + noise + GOOD[len(GOOD) // 2 :]):
        with contextlib.suppress(CodecError):
            parse(data)


@given(st.text(max_size=80), st.integers(1, 60))
def test_no_value_can_break_the_structure(value: str, most: int) -> None:
    written = safe(value, most)
    assert len(written) <= most
    assert not set(written) & set("*~:^\r\n\x00\x1c")
    assert written.isascii()


@given(st.text(min_size=1, max_size=60), st.text(max_size=30), st.text(max_size=20))
def test_whatever_the_member_is_called_the_request_can_be_read(name: str, member_id: str, payer: str) -> None:
    asked = enquiry(member_name={"text": name}, member_id=member_id, payer=payer)
    (found,) = parse(eligibility_request(asked, PARTIES, "1"))
    names = [one.name for one in found.transactions[0].segments]
    assert names.count("NM1") == 3
    assert names.count("HL") == 3
