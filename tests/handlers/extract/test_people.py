"""Whose pages they are: two patients are never taken for one, nor one for two because a page was read badly."""

from __future__ import annotations

import pytest

from handlers.extract import extract_fields
from handlers.extract.people import order_of_pages, people_of, untied
from schemas.document import DocumentClass
from schemas.reading import Reading
from tests.handlers.pages import ORDER, reading

OTHER = (
    ORDER.replace("Becker, Alma", "Mercer, Hugo").replace("03/04/1941", "07/21/1964").replace("K456278158", "H11223344")
)
SUMMARY = """\
DISCHARGE SUMMARY
{who}
Reason for admission: shortness of breath for three days. Hospital course: treated with steroids and oxygen.
Discharge medications: prednisone, tiotropium. Follow up with pulmonology.
"""
FACE_SHEET = """\
ADMISSION RECORD
{who}
Guarantor: self     Emergency contact: Jean Becker (sister) 614-555-0109
Admitted 11/15/2026   Attending: Kim Bose, MD
"""
NOTES = """\
PROGRESS NOTE 11/16/2026
{who}
Subjective: feels better. Objective: lungs clear. Assessment: COPD. Plan: home with oxygen.
"""
COVER = "FAX\nTo: Harbor Intake\nFrom: Summit Wound Care\nPages: 3\nRe: New order\n"
HEADS = (
    "Patient: {name}    DOB: {birth}",
    "Name: {name}   Date of Birth {birth}   MRN 661029",
    "{name}    DOB: {birth}    MRN 661029",
    "Patient Name: {last_first}\nBirth Date: {birth}",
    "RE: {name}, DOB {birth}",
)
ALMA = {"name": "Alma Becker", "last_first": "BECKER, ALMA", "birth": "03/04/1941"}
HUGO = {"name": "Hugo Mercer", "last_first": "MERCER, HUGO", "birth": "07/21/1964"}


@pytest.mark.parametrize("page", [SUMMARY, FACE_SHEET, NOTES], ids=["summary", "face-sheet", "notes"])
@pytest.mark.parametrize("head", HEADS)
def test_pages_of_the_same_patient_around_an_order_do_not_make_two(head: str, page: str) -> None:
    around = page.format(who=head.format(**ALMA))
    assert len(people_of(reading(COVER, ORDER, around))) == 1
    assert len(people_of(reading(around, ORDER))) == 1


@pytest.mark.parametrize("page", [SUMMARY, FACE_SHEET, NOTES], ids=["summary", "face-sheet", "notes"])
@pytest.mark.parametrize("head", HEADS)
def test_a_page_of_another_patient_is_seen(head: str, page: str) -> None:
    stranger = page.format(who=head.format(**HUGO)).replace("Jean Becker", "Jean Mercer")
    assert len(people_of(reading(ORDER, stranger))) == 2
    assert len(people_of(reading(stranger, ORDER))) == 2


def test_two_orders_after_one_another_are_of_two_and_the_reviewer_is_told_which_pages_are_whose() -> None:
    found = people_of(reading(COVER, ORDER, OTHER))
    assert sorted(order_of_pages(found).split("; ")) == ["page 2", "page 3"]


def test_a_wife_with_the_same_family_name_is_another_person() -> None:
    wife = OTHER.replace("Mercer, Hugo", "Becker, Anna").replace("07/21/1964", "09/14/1943")
    assert len(people_of(reading(ORDER, wife))) == 2


def test_a_namesake_born_on_another_day_is_another_person() -> None:
    assert len(people_of(reading(ORDER, ORDER.replace("03/04/1941", "08/19/1966")))) == 2


@pytest.mark.parametrize(
    ("said", "read"),
    [("Becker, Alma", "Becker, Aima"), ("Becker, Alma", "Becher, Alma"), ("03/04/1941", "03/04/1947")],
)
def test_a_letter_or_a_digit_misread_makes_nobody_new(said: str, read: str) -> None:
    assert len(people_of(reading(ORDER, ORDER.replace(said, read)))) == 1


def test_a_heading_where_a_name_may_stand_is_nobody() -> None:
    untitled = "Progress Note\nDOB: 03/04/1941   MRN 661029\nSeen today, feels better, will go home with oxygen.\n"
    assert len(people_of(reading(ORDER, untitled))) == 1


def test_a_page_that_names_nobody_is_nobodys() -> None:
    assert people_of(reading(COVER)) == []
    assert [p.pages for p in people_of(reading(COVER, ORDER, "Thank you for your help with this patient.\n"))] == [[2]]


def test_a_name_that_one_engine_alone_read_rightly_ties_the_page() -> None:
    pages = reading(ORDER, SUMMARY.format(who="Patient: Alrna Beckor   DOB: 03/04/1941")).pages
    right = reading(SUMMARY.format(who="Patient: Alma Becker   DOB: 03/04/1941")).pages[0].words
    both = pages[1].model_copy(update={"second": right})
    assert len(people_of(Reading(engine="text", pages=(pages[0], both)))) == 1


def test_whose_an_order_is_is_never_taken_from_a_page_that_may_be_anothers() -> None:
    nameless = "".join(line for line in ORDER.splitlines(keepends=True) if "Becker" not in line)
    stranger = SUMMARY.format(who=HEADS[0].format(**HUGO))
    pages = reading(nameless, stranger)
    assert untied(pages, 1) == {2}
    assert {"member_name", "dob"}.isdisjoint(extract_fields(pages, DocumentClass.DME_ORDER))
    same = reading(ORDER.replace("Date of Birth: 03/04/1941", ""), SUMMARY.format(who=HEADS[0].format(**ALMA)))
    assert untied(same, 1) == frozenset()
    assert extract_fields(same, DocumentClass.DME_ORDER)["dob"].value == "1941-03-04"
