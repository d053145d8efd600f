"""A change of one line of an order leaves the other lines as they are."""

from __future__ import annotations

import pytest

from handlers.amend import amended, without
from schemas.case import CaseState
from schemas.document import ReviewRequested
from schemas.order import Order, OrderLine
from tests.factories import order, referral
from tests.handlers.memory import MemoryHub


def lined(
    *lines: tuple[str | None, str | None], document_id: str = "doc-1", action: str = "new", channel: str = "hl7v2"
) -> Order:
    made = tuple(OrderLine(code=code, placer_number=number) for number, code in lines)
    more = {"lines": made, "placer_number": lines[0][0], "action": action}
    return order(document_id=document_id, channel=channel, without=("order_lines",), more=more)


def said(of: Order) -> list[tuple[str | None, str | None]]:
    return [(line.placer_number, line.code) for line in of.lines]


WALKER, COMMODE = ("A1", "E0143"), ("A2", "E0165")


def test_a_change_of_one_number_reaches_its_case_and_leaves_the_other_line() -> None:
    hub = MemoryHub()
    hub.send(referral(lined(WALKER, COMMODE)))
    hub.send(referral(lined(("A2", "E0163"), document_id="doc-2", action="update")))
    case = hub.only_case()
    assert said(case.order) == [WALKER, ("A2", "E0163")]
    assert case.order.placer_number == "A1"


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ([("A1", "E0135")], [("A1", "E0135"), COMMODE]),
        ([("A2", "E0163"), ("A3", "E0240")], [WALKER, ("A2", "E0163"), ("A3", "E0240")]),
        ([("A2", "E0163"), ("A2", "E0240")], [WALKER, ("A2", "E0163"), ("A2", "E0240")]),
        ([("A2", "E0163"), ("A1", "E0135")], [("A2", "E0163"), ("A1", "E0135")]),
        ([("A9", "E0163")], [("A9", "E0163")]),
        ([(None, "E0163")], [(None, "E0163")]),
    ],
)
def test_a_change_speaks_of_the_numbers_that_it_names(
    change: list[tuple[str | None, str]], lines: list[tuple[str | None, str]]
) -> None:
    assert said(amended(lined(WALKER, COMMODE), lined(*change))) == lines


def test_lines_of_one_number_are_replaced_together() -> None:
    known = lined(("A1", "E0424"), ("A1", "E0431"))
    assert said(amended(known, lined(("A1", "E1390")))) == [("A1", "E1390")]


def test_an_input_that_holds_the_whole_order_takes_a_line_off() -> None:
    whole = lined(WALKER, channel="fhir")
    assert amended(lined(WALKER, COMMODE, channel="fhir"), whole) is whole


@pytest.mark.parametrize("line", [COMMODE, ("A2", None)])
def test_a_cancellation_of_one_number_takes_its_line_off_and_leaves_the_case_open(line: tuple[str, str | None]) -> None:
    hub = MemoryHub()
    hub.send(referral(lined(WALKER, COMMODE)))
    hub.send(referral(lined(line, document_id="doc-2", action="cancel")))
    case = hub.only_case()
    assert case.state is not CaseState.CANCELLED
    assert said(case.order) == [WALKER]
    assert not hub.seen(ReviewRequested)
    hub.send(referral(lined(WALKER, document_id="doc-3", action="cancel")))
    assert hub.only_case().state is CaseState.CANCELLED


def test_a_cancellation_of_every_number_cancels_the_case() -> None:
    hub = MemoryHub()
    hub.send(referral(lined(WALKER, COMMODE)))
    hub.send(referral(lined(("A1", None), ("A2", None), document_id="doc-2", action="cancel")))
    assert hub.only_case().state is CaseState.CANCELLED


@pytest.mark.parametrize("line", [("A2", "E9999"), ("A9", "E0165"), (None, "E0165")])
def test_a_cancellation_that_fits_no_line_for_sure_goes_to_a_person(line: tuple[str | None, str]) -> None:
    assert without(lined(WALKER, COMMODE), lined(line, action="cancel")) is None
