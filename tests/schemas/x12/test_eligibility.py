"""270 and 271: what is asked, and what an answer means. A doubtful answer is never an active coverage."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.payer import CoverageStatus, Eligibility
from schemas.x12 import Parties, eligibility_answers, eligibility_request, parse
from schemas.x12.eligibility import busy
from tests.schemas.x12.messages import AT, TRACE, answer_271, enquiry, wrapped

WANTED = ("12", "18")
ON = date(2026, 11, 25)
PARTIES = Parties(sender="DOORSTEP", receiver="SAMPLE01")


def read(data: bytes) -> Eligibility:
    (found,) = parse(data)
    (answer,) = eligibility_answers(found, lambda _: (WANTED, ON), AT)
    return answer


def test_a_request_says_who_is_asked_about_whom_for_which_service() -> None:
    (found,) = parse(eligibility_request(enquiry(), PARTIES, "17"))
    lines = ["*".join((one.name, *one.elements)) for one in found.transactions[0].segments]
    assert lines == [
        f"BHT*0022*13*{TRACE.upper()}*20261123*150405",
        "HL*1**20*1",
        "NM1*PR*2*SAMPLE HEALTH PLAN*****PI*SAMPLE01",
        "HL*2*1*21*1",
        "NM1*1P*1*CASTELLAN*RUTH****XX*1234567893",
        "HL*3*2*22*0",
        f"TRN*1*{TRACE.upper()}*9DOORSTEP0",
        "NM1*IL*1*BRIGHTWATER*ODESSA****MI*W123456789",
        "N3*12 MAPLE AVE",
        "N4*DAYTON*OH*45402",
        "DMG*D8*19510409*F",
        "DTP*291*D8*20261125",
        "EQ*12^18",
    ]


def test_the_same_enquiry_gives_the_same_bytes() -> None:
    assert eligibility_request(enquiry(), PARTIES, "17") == eligibility_request(enquiry(), PARTIES, "17")


def test_an_active_plan_with_its_dates_and_its_equipment_benefit() -> None:
    answer = read(
        answer_271(
            "REF*6P*GRP77", "DTP*346*D8*20260101", "EB*1**30**GOLD PPO", "EB*1*IND*12^18", "DTP*348*D8*20260101",
            "EB*A*IND*12*****.2***N*Y", "MSG*PRIOR AUTHORIZATION OVER 500 DOLLARS",
        )
    )  # fmt: skip
    assert (answer.status, answer.trace, answer.plan) == (CoverageStatus.ACTIVE, TRACE, "GOLD PPO")
    assert (answer.group_no, answer.member_id, answer.begins) == ("GRP77", "W123456789", date(2026, 1, 1))
    assert (answer.service_covered, answer.authorization_required) == (True, False)
    assert answer.benefits[2].messages == ("PRIOR AUTHORIZATION OVER 500 DOLLARS",)


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        (("EB*1**30",), CoverageStatus.ACTIVE),
        (("EB*1**12",), CoverageStatus.ACTIVE),
        (("EB*1",), CoverageStatus.ACTIVE),
        (("EB*6**30",), CoverageStatus.INACTIVE),
        (("EB*7**30",), CoverageStatus.INACTIVE),
        (("EB*1**35",), CoverageStatus.UNKNOWN),  # dental only
        (("EB*V**30",), CoverageStatus.UNKNOWN),
        (("EB*5**30",), CoverageStatus.UNKNOWN),  # active, but under investigation
        (("EB*C*IND*30***23*500",), CoverageStatus.UNKNOWN),
        ((), CoverageStatus.UNKNOWN),
        (("DTP*347*D8*20261031", "EB*1**30"), CoverageStatus.INACTIVE),
        (("DTP*291*RD8*20260101-20261031", "EB*1**30"), CoverageStatus.INACTIVE),
        (("DTP*291*RD8*20260101-20261231", "EB*1**30"), CoverageStatus.ACTIVE),
        (("DTP*291*D8*20260101", "EB*1**30"), CoverageStatus.ACTIVE),
        (("EB*1**30", "DTP*346*D8*20261201"), CoverageStatus.INACTIVE),  # begins after the day of service
        (("EB*1**30", "DTP*291*D8*99999999"), CoverageStatus.ACTIVE),
        (("AAA*Y**71*C", "EB*1**30"), CoverageStatus.UNKNOWN),
    ],
)
def test_what_counts_as_active(segments: tuple[str, ...], status: CoverageStatus) -> None:
    assert read(answer_271(*segments)).status is status


@pytest.mark.parametrize(
    ("segments", "covered"),
    [
        (("EB*1**30", "EB*I**12"), False),
        (("EB*1**30", "EB*6**12"), False),
        (("EB*1**30", "EB*I**12", "EB*1**18"), True),
        (("EB*1**30",), None),
        (("EB*1**30", "EB*I**35"), None),
    ],
)
def test_what_is_said_of_the_kind_of_service(segments: tuple[str, ...], covered: bool | None) -> None:
    assert read(answer_271(*segments)).service_covered is covered


def test_element_eleven_says_whether_an_authorization_is_needed() -> None:
    assert read(answer_271("EB*1**30", "EB*1*IND*12********Y")).authorization_required is True
    assert read(answer_271("EB*1**30", "EB*1*IND*12********N")).authorization_required is False
    assert read(answer_271("EB*1**30", "EB*1*IND*12********U")).authorization_required is None
    assert read(answer_271("EB*1**30********Y", "EB*1**12")).authorization_required is None


def test_a_member_who_is_not_found_is_unknown_with_the_reason() -> None:
    answer = read(answer_271("AAA*N**75*C"))
    assert (answer.status, answer.reasons[0].code, answer.reasons[0].text) == (
        CoverageStatus.UNKNOWN,
        "75",
        "follow-up C",
    )
    assert not busy(answer)


def test_a_payer_whose_system_is_away_may_be_asked_again() -> None:
    answer = read(answer_271(above=("AAA*Y**42*P",)))
    assert busy(answer)
    assert answer.trace == TRACE


def test_a_request_that_is_refused_as_a_whole_names_nobody() -> None:
    (found,) = parse(wrapped("271", "005010X279A1", "HB", "BHT*0022*11*R*20261123*1504", "HL*1**20*0", "AAA*N**79*C"))
    (answer,) = eligibility_answers(found, lambda _: (WANTED, ON), AT)
    assert (answer.trace, answer.status) == ("", CoverageStatus.UNKNOWN)


def test_a_dependent_is_answered_with_the_subscribers_trace_or_its_own() -> None:
    body = (
        "BHT*0022*11*R*20261123*1504", "HL*1**20*1", "HL*2*1*21*1", "HL*3*2*22*1",
        "NM1*IL*1*BRIGHTWATER*ODESSA****MI*W123456789", "HL*4*3*23*0", f"TRN*2*{TRACE}*9DOORSTEP0",
        "NM1*03*1*BRIGHTWATER*PIP", "EB*1**30",
    )  # fmt: skip
    answer = read(wrapped("271", "005010X279A1", "HB", *body))
    assert (answer.trace, answer.status, answer.member_id) == (TRACE, CoverageStatus.ACTIVE, "W123456789")


def test_what_stands_between_ls_and_le_is_of_another_party() -> None:
    answer = read(answer_271("EB*1**30", "LS*2120", "NM1*PR*2*OTHER PLAN", "DTP*347*D8*20200101", "LE*2120"))
    assert answer.status is CoverageStatus.ACTIVE


@given(st.lists(st.sampled_from([*"123456789ABCDI", "V", "CB"]), max_size=5), st.lists(st.sampled_from("ABCDEF*^~123")))
def test_no_answer_makes_a_coverage_active_without_saying_so(codes: list[str], noise: list[str]) -> None:
    junk = "".join(one for one in noise if one not in "*~")
    answer = read(answer_271(*[f"EB*{code}**30**{junk}" for code in codes]))
    assert (answer.status is CoverageStatus.ACTIVE) == bool({"1", "2", "3", "4"} & set(codes))


def test_the_plan_is_what_the_coverage_is_called_and_not_a_benefit_of_it() -> None:
    found = read(answer_271("EB*F*IND**MB*PHYSICAL & SPEECH THERAPY*29*1860", "EB*1**30**GOLD 123 PLAN"))
    assert found.plan == "GOLD 123 PLAN"
    assert read(answer_271("EB*1*IND**MA", "EB*F*IND**MB*PHYSICAL & SPEECH THERAPY*29*1860")).plan is None
