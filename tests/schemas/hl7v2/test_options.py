"""What was agreed with a sender fills what its messages leave open, and contradicts nothing that they say."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from schemas.hl7v2 import Options, notices_of, orders_of
from schemas.hl7v2.bundle import bundle_of
from schemas.order import Order
from tests.schemas.hl7v2.test_orders import MSH, OBR, ORC, PID, message

PLAN = Options.of({"default_payer": "Humana", "member_id_assigner": "HUM"})
MEMBER = PID.replace("MR1^^^FAC^MR", "MR1^^^FAC^MR~H777^^^HUM^PI")


def read(data: bytes, options: Options) -> Order:
    (order,) = orders_of(data, "doc", options)
    return order


def test_a_payers_own_feed_needs_no_insurance_segment() -> None:
    (coverage,) = read(message(ORC, OBR, pid=MEMBER), PLAN).coverage
    assert (coverage.payer, coverage.member_id) == ("Humana", "H777")


def test_insurance_that_names_its_payer_is_left_alone() -> None:
    (coverage,) = read(message("IN1|1|1|60054|Aetna", ORC, OBR, pid=MEMBER), PLAN).coverage
    assert (coverage.payer, coverage.member_id) == ("Aetna", None)


def test_two_numbers_of_the_same_assigner_are_none() -> None:
    twice = MEMBER.replace("H777^^^HUM^PI", "H777^^^HUM^PI~H778^^^HUM^PI")
    (coverage,) = read(message(ORC, OBR, pid=twice), PLAN).coverage
    assert (coverage.payer, coverage.member_id) == ("Humana", None)


def test_a_time_without_an_offset_is_of_the_agreed_zone() -> None:
    data = message("PV2" + "|" * 9 + "20261125140000", ORC, OBR)
    zoned = read(data, Options.of({"time_zone": "America/Los_Angeles"}))
    assert zoned.discharge_deadline == datetime(2026, 11, 25, 22, tzinfo=UTC)
    assert read(data, Options()).discharge_deadline == datetime(2026, 11, 25, 19, tzinfo=UTC)
    offset = read(data.replace(b"140000", b"140000-0600"), Options.of({"time_zone": "America/Los_Angeles"}))
    assert offset.discharge_deadline == datetime(2026, 11, 25, 20, tzinfo=UTC)


def test_eight_bit_text_that_declares_nothing_is_read_as_agreed() -> None:
    data = "\r".join([MSH.format(kind="ORM^O01"), PID.replace("Jane", "Łucja"), ORC, OBR, ""]).encode("iso8859-2")
    agreed = read(data, Options.of({"charset": "8859/2"}))
    assert agreed.member.name is not None
    assert agreed.member.name.given == "Łucja"
    assert "MSH-18" not in agreed.unmapped
    assert "MSH-18" in read(data, Options()).unmapped
    assert "Łucja" in json.dumps(bundle_of(data, Options.of({"charset": "8859/2"})).bundle, ensure_ascii=False)
    notice = notices_of(data.replace(b"ORM^O01", b"ADT^A08"), "doc", Options.of({"charset": "8859/2"}))
    name = notice.patients[0].told.member.name
    assert name is not None
    assert name.given == "Łucja"
