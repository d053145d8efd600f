"""Every sample message becomes exactly the order that stands beside it, or is refused as it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hl7apy.parser import parse_message

from schemas.codec import CodecError
from schemas.fields import fields_of
from schemas.hl7v2 import check, header_of, orders_of
from tests.samples import make_hl7v2

FILES = sorted(make_hl7v2.FOLDER.glob("*.hl7"))


def expected_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_name(f"{path.stem}.expected.json").read_text("utf-8"))
    return found


def taken() -> list[Path]:
    return [p for p in FILES if expected_of(p)["outcome"] != "rejected"]


def test_there_are_enough_samples_and_the_generator_writes_them_again_to_the_byte() -> None:
    made = {name: message for name, message, _ in make_hl7v2.samples()}
    assert len(made) >= 12
    assert made == {path.stem: path.read_bytes() for path in FILES}


@pytest.mark.parametrize("path", taken(), ids=lambda p: p.stem)
def test_a_sample_becomes_the_order_beside_it(path: Path) -> None:
    expected, message = expected_of(path), path.read_bytes()
    check(message, header_of(message))
    (order,) = orders_of(message, "doc-1")
    assert fields_of(order) == expected["fields"]
    assert order.action == expected.get("action", "new")
    assert (order.unreadable, order.conflicting) == ({}, {})
    assert order.signature_present


@pytest.mark.parametrize("path", [p for p in FILES if p not in taken()], ids=lambda p: p.stem)
def test_a_refused_sample_names_the_error_and_its_place(path: Path) -> None:
    message, ack = path.read_bytes(), expected_of(path)["ack"]
    with pytest.raises(CodecError) as caught:
        check(message, header_of(message))
    assert (caught.value.code, caught.value.location) == (ack["error"], ack["location"])


@pytest.mark.parametrize("path", taken(), ids=lambda p: p.stem)
def test_another_parser_reads_the_same_segments(path: Path) -> None:
    message = path.read_bytes()
    codec = "latin-1" if b"8859/1" in message else "utf-8"
    lines = "\r".join(message.decode(codec).splitlines())
    other = parse_message(lines, find_groups=False)
    (order,) = orders_of(message, "doc-1")
    assert other.msh.msh_10.value == header_of(message).control_id
    assert order.member.name is not None
    assert other.pid.pid_5.pid_5_1.value == order.member.name.family


def test_order_ids_are_the_same_each_time_and_differ_by_document() -> None:
    message = FILES[-1].read_bytes()
    ids = [orders_of(message, document)[0].order_id for document in ("a", "a", "b")]
    assert ids[0] == ids[1] != ids[2]
