"""278: what is asked for, and what a response decides. Only an approval of everything is an approval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.payer import Decision, ReviewAnswer
from schemas.x12 import Parties, acknowledgements, parse, review_answers, review_request
from schemas.x12.review import together
from tests.schemas.x12.messages import TRACE, answer_278, enquiry, wrapped

PARTIES = Parties(sender="DOORSTEP", receiver="SAMPLE01")
BED = ("HCR*A1*AUTH77", "DTP*472*RD8*20261125-20270224", "SV1*HC:E0260**UN*1")


def read(data: bytes) -> ReviewAnswer:
    (found,) = parse(data)
    (answer,) = review_answers(found)
    return answer


def test_a_request_says_for_whom_why_and_which_items() -> None:
    asked = enquiry(expedited=True, service_end=date(2027, 2, 24))
    (found,) = parse(review_request(asked, PARTIES, "9"))
    lines = ["*".join((one.name, *one.elements)) for one in found.transactions[0].segments]
    assert lines[2] == "NM1*X3*2*SAMPLE HEALTH PLAN*****PI*SAMPLE01"
    assert lines[-9:] == [
        "HL*4*3*EV*1",
        f"TRN*1*{TRACE.upper()}*9DOORSTEP0",
        "UM*HS*I*12***U",
        "DTP*AAH*RD8*20261125-20270224",
        "HI*ABK:J449*ABF:I509",
        "HL*5*4*SS*0",
        f"TRN*1*{TRACE.upper()}-1*9DOORSTEP0",
        "DTP*472*RD8*20261125-20270224",
        "SV1*HC:E0260:RR**UN*1",
    ]


def test_a_cancellation_names_the_number_that_is_cancelled_and_without_one_the_request_before() -> None:
    asked = {"ask": "authorization-cancellation", "submitted": "first", "authorization_number": "AUTH7"}
    body = review_request(enquiry(**asked), PARTIES, "9").decode()
    assert f"HL*4*3*EV*1~TRN*1*{TRACE.upper()}*9DOORSTEP0~UM*HS*3*12~REF*BB*AUTH7~DTP" in body
    body = review_request(enquiry(**{**asked, "authorization_number": None}), PARTIES, "9").decode()
    assert f"TRN*1*{TRACE.upper()}*9DOORSTEP0~TRN*1*FIRST*9DOORSTEP0~UM*HS*3*12~DTP" in body
    assert len(parse(body.encode())) == 1


def test_a_certification_in_total_has_its_number_its_days_and_its_units() -> None:
    answer = read(answer_278(("HCR*A1*AUTH77", "DTP*007*RD8*20261125-20270224"), (BED,)))
    assert (answer.decision, answer.trace, answer.number) == (Decision.APPROVED, TRACE, "AUTH77")
    assert (answer.valid_from, answer.valid_to) == (date(2026, 11, 25), date(2027, 2, 24))
    (line,) = answer.lines
    assert (line.code, line.units, line.number) == ("E0260", Decimal(1), "AUTH77")


@pytest.mark.parametrize(
    ("action", "decision"),
    [
        ("A1", Decision.APPROVED),
        ("A2", Decision.PARTIAL),
        ("A3", Decision.DENIED),
        ("A4", Decision.PENDED),
        ("A6", Decision.MODIFIED),
        ("C", Decision.CANCELLED),
        ("CT", Decision.UNCLEAR),
        ("NA", Decision.NOT_REQUIRED),
        ("ZZ", Decision.UNCLEAR),
    ],
)
def test_what_each_action_means(action: str, decision: Decision) -> None:
    assert read(answer_278((f"HCR*{action}*N1*0V",))).decision is decision


def test_a_denial_has_its_reason() -> None:
    answer = read(answer_278(("HCR*A3**0V^0W", "MSG*CALL DR OSGOOD 8005550100 WITHIN 5 DAYS")))
    assert [(one.system, one.code) for one in answer.reasons] == [("X12-886", "0V"), ("X12-886", "0W")]
    assert answer.note == "CALL DR OSGOOD 8005550100 WITHIN 5 DAYS"


def test_a_pended_response_names_what_the_payer_asks_for() -> None:
    line = ("HCR*A4", "SV1*HC:E0260**UN*1", "PWK*OZ", "HI*LOI:18842-5*LOI:11506-3")
    answer = read(answer_278(("HCR*A4", "PWK*77*FX", "HI*ABK:J449"), (line,)))
    assert answer.decision is Decision.PENDED
    assert answer.wants == ("report type 77", "report type OZ", "LOINC 18842-5", "LOINC 11506-3")


def test_a_line_that_is_denied_makes_the_whole_partial() -> None:
    other = ("HCR*A3**0V", "SV1*HC:E0277**UN*1")
    answer = read(answer_278(("HCR*A1*AUTH77",), (BED, other)))
    assert answer.decision is Decision.PARTIAL
    assert [line.decision for line in answer.lines] == [Decision.APPROVED, Decision.DENIED]


def test_a_rejection_is_no_decision() -> None:
    refused = read(answer_278(("AAA*N**33*C", "HCR*A1*AUTH77")))
    assert (refused.decision, refused.reasons[0].code) == (Decision.UNCLEAR, "33")
    assert read(answer_278(above="AAA*Y**42*P", event=("HCR*A1*AUTH77",))).decision is Decision.UNCLEAR


def test_a_response_without_a_decision_is_unclear() -> None:
    assert read(answer_278()).decision is Decision.UNCLEAR
    (found,) = parse(wrapped("278", "005010X217", "HI", "BHT*0007*11*R*20261123*1504", "HL*1**20*0", "AAA*N**79*C"))
    assert review_answers(found)[0].trace is None


@given(st.lists(st.sampled_from(list(Decision)), max_size=5), st.none() | st.sampled_from(list(Decision)))
def test_the_whole_is_approved_only_if_every_part_is(lines: list[Decision], whole: Decision | None) -> None:
    decided = together(lines, whole)
    if decided in {Decision.APPROVED, Decision.NOT_REQUIRED}:
        assert set(lines) | ({whole} - {None}) <= {Decision.APPROVED, Decision.NOT_REQUIRED}


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (("AK1*HS*17*005010X279A1", "AK2*270*0001", "IK5*A", "AK9*A*1*1*1"), True),
        (("AK1*HS*17", "AK2*270*0001", "IK3*NM1*8**8", "IK4*9*67*1", "IK5*R*5", "AK9*R*1*1*0"), False),
        (("AK1*HS*17",), False),
    ],
)
def test_a_functional_acknowledgement_says_whether_the_file_was_taken(body: tuple[str, ...], taken: bool) -> None:
    (found,) = parse(wrapped("999", "005010X231A1", "FA", *body))
    (told,) = acknowledgements(found)
    assert (told.control, told.taken) == ("17", taken)


def test_an_interchange_acknowledgement_stands_outside_groups() -> None:
    isa = wrapped("999", "x", "FA").decode().split("~")[0]
    (found,) = parse(f"{isa}~TA1*000000017*261123*1504*R*022~IEA*0*000000042~".encode())
    (told,) = acknowledgements(found)
    assert (told.control, told.taken, told.reasons) == ("000000017", False, ("TA1: 022",))


def test_a_payer_of_the_older_guide_decides_on_a_service_that_no_event_holds() -> None:
    lines = (
        *("HL*1**20*1", "HL*2*1*21*1", "HL*3*2*22*1", "NM1*IL*1*BRIGHTWATER*ODESSA****MI*W1", "HL*4*3*19*1"),
        *("HL*5*4*SS*0", f"TRN*2*{TRACE}*9DOORSTEP0", "UM*SC*I*1", "HCR*A1*REF77", "DTP*472*RD8*20261125-20270224"),
    )
    found = read(wrapped("278", "004010X094A1", "HI", *lines))
    assert (found.decision, found.number, found.trace) == (Decision.APPROVED, "REF77", TRACE.lower())
    assert (found.valid_from, found.valid_to) == (date(2026, 11, 25), date(2027, 2, 24))
