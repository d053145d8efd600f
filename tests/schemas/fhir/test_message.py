"""An order's way out as a FHIR message: valid, the same each time, and read again as the very order that it was."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.case import Case, CaseState
from schemas.fhir import dumps, loads, message_of, orders_of, validate
from schemas.fields import fields_of
from schemas.order import Coverage, Identifier, Order, OrderLine
from tests.factories import case, content, order
from tests.services.hapi_fhir import FhirValidator

KINDS = ("dme", "home_health", "infusion")
SPARSE = Order(order_id="o", document_id="d", channel="fax")
DEADLINE = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)


def rich(kind: str) -> Order:
    """Return an order with everything that an order may have."""
    made = order(3, kind, without=("discharge_deadline",))
    lines = (
        made.lines[0].model_copy(update={"modifiers": ("NU", "KX"), "unit": "EA"}),
        OrderLine(code="A4253", quantity=Decimal(2)),
    )
    more: dict[str, Any] = {
        "placer_number": "P-1",
        "filler_number": "F-1",
        "discharge_deadline": DEADLINE,
        "notes": ("Please call before delivery.",),
        "documents": (content(b"a fax", "image/tiff"),),
        "coverage": (*made.coverage, Coverage(payer="Medicaid", member_id="77", rank=2)),
        "unreadable": {"practice_fax": "below threshold"},
        "lines": lines if kind == "dme" else made.lines,
        "member": made.member.model_copy(
            update={
                "identifiers": (
                    Identifier(system="RIVER", value="M1"),
                    Identifier(system="urn:oid:2.16.840.1.113883.19.5", value="M2"),
                )
            }
        ),
    }
    return made.model_copy(update=more)


CASES = [case(order(seed, kind)) for kind in KINDS for seed in range(4)]
CASES += [
    case(rich(kind), state=state)
    for kind in KINDS
    for state in (CaseState.OPEN, CaseState.SCHEDULED, CaseState.CANCELLED)
]
CASES += [case(SPARSE), case(order(1, without=("order_lines",)))]


def read(message: dict[str, Any]) -> Order:
    (found,) = orders_of(loads(dumps(message), max_bytes=10_000_000), "d")
    return found


@pytest.mark.parametrize("made", CASES, ids=lambda c: f"{c.order.order_type.value}-{c.state.value}")
def test_a_message_is_valid_and_our_own_reader_finds_the_same_order_in_it(made: Case) -> None:
    message = message_of(made, "OrderStatus")
    assert validate(message) == []
    assert message == message_of(made, "OrderStatus")
    found = read(message)
    wanted, got = fields_of(made.order), fields_of(found)
    assert {name: got.get(name) for name in wanted if name != "signature_present"} == {
        name: value for name, value in wanted.items() if name != "signature_present"
    }
    assert bool(found.signature_present) == bool(made.order.signature_present)
    assert found.order_type == made.order.order_type
    assert found.action == ("cancel" if made.state is CaseState.CANCELLED else "new")
    assert [(c.payer, c.member_id, c.rank) for c in found.coverage] == [
        (c.payer, c.member_id, c.rank) for c in made.order.coverage
    ]
    assert [line.modifiers for line in found.lines if line.code] == [
        line.modifiers for line in made.order.lines if made.order.order_type != "infusion"
    ] or made.order.order_type == "infusion"


def test_the_task_says_where_the_case_stands_and_what_was_not_used() -> None:
    message = message_of(case(rich("dme"), state=CaseState.SCHEDULED), "OrderStatus")
    task = next(e["resource"] for e in message["entry"] if e["resource"]["resourceType"] == "Task")
    assert task["businessStatus"]["coding"][0]["code"] == "scheduled"
    doubts = [e for e in task["extension"] if e["url"] == "urn:doorstep:unreadable"]
    assert [inner["valueString"] for inner in doubts[0]["extension"]] == ["practice_fax", "below threshold"]
    assert message["entry"][0]["resource"]["eventCoding"]["code"] == "OrderStatus"
    assert message["meta"]["tag"][0]["code"] == "DS-000001-8"


def test_an_order_that_nobody_signed_is_a_plan_and_no_authorization_to_act() -> None:
    unsigned = order(1).model_copy(update={"signature_present": False})
    request = message_of(case(unsigned), "OrderNew")["entry"]
    intents = {e["resource"]["intent"] for e in request if e["resource"]["resourceType"] == "DeviceRequest"}
    assert intents == {"plan"}


@given(st.sampled_from(KINDS), st.integers(0, 10_000), st.sets(st.sampled_from(sorted(fields_of(order())))))
def test_whatever_is_missing_nothing_is_made_up(kind: str, seed: int, without: set[str]) -> None:
    made = case(order(seed, kind, without=tuple(without)))
    message = message_of(made, "OrderNew")
    assert validate(message) == []
    wanted, got = fields_of(made.order), fields_of(read(message))
    told = {name for name, value in got.items() if value not in (None, [], ())}
    assert told - {name for name, value in wanted.items() if value not in (None, [], ())} <= {
        "contact_phone",
        "ship_address",
    }


@pytest.mark.hapi
def test_hapi_finds_no_error_in_any_message(fhir_validator: FhirValidator) -> None:
    found = {c.order.order_id: e for c in CASES if (e := fhir_validator.errors(message_of(c, "OrderNew")))}
    assert found == {}
