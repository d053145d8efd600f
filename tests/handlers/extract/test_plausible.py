"""A value that cannot be what it is given for is never used unseen."""

from __future__ import annotations

import pytest

from handlers.extract import extract_fields
from handlers.extract.plausible import doubt_about, doubt_about_codes
from schemas.document import DocumentClass
from schemas.reading import Page, Reading
from tests.handlers.pages import ORDER, reading


@pytest.mark.parametrize(
    "name",
    ["Progress Note", "Final Lab", "Copper Canyon Cardiology", "Intake Department Hometown Oxygen", "Moss Vincent F"],
)
def test_a_heading_a_house_or_a_turned_name_is_no_persons_name(name: str) -> None:
    assert doubt_about("member_name", name) == doubt_about("clinician_name", name) == "no-name"


@pytest.mark.parametrize("name", ["Alma Becker", "J. R. O'Neil", "Maria del Carmen Ruiz", "Otis Price", "Li Wu"])
def test_names_are_names(name: str) -> None:
    assert doubt_about("member_name", name) is None


@pytest.mark.parametrize(
    ("field", "value"), [("equipment_model", "Senal"), ("equipment_brand", "Mode!"), ("payer", "Subscr")]
)
def test_a_label_misread_or_cut_off_is_no_value(field: str, value: str) -> None:
    assert doubt_about(field, value) == "label-not-value"


@pytest.mark.parametrize(
    ("field", "value"), [("equipment_model", "Inogen One G5"), ("payer", "Humana"), ("member_id", "W123456789")]
)
def test_values_are_values(field: str, value: str) -> None:
    assert doubt_about(field, value) is None


def test_an_implausible_name_is_shown_and_not_used() -> None:
    found = extract_fields(reading(ORDER.replace("Becker, Alma", "Progress Review F")), DocumentClass.DME_ORDER)
    name = found.get("member_name")
    assert name is None or not name.evidence.accepted


def test_a_page_of_dirt_with_a_mark_on_it_is_no_failure() -> None:
    page = reading(ORDER).pages[0]
    dirt = page.words[0].model_copy(update={"text": "|"})
    odd = Page(number=2, width=page.width, height=900, source="ocr", words=(dirt,), marks={"signature": True})
    whole = Reading(engine="text", pages=(page, odd))
    assert extract_fields(whole, DocumentClass.DME_ORDER)["member_name"].value == "Alma Becker"


def test_the_end_of_a_street_is_no_city() -> None:
    assert doubt_about("ship_address", "4177 Vista, Drive, AL 36604") == "no-city"
    assert doubt_about("ship_address", "4177 Vista Drive, Mobile, AL 36604") is None


def test_days_of_one_order_that_lie_many_years_apart_are_not_used() -> None:
    found = extract_fields(reading(ORDER.replace("11/17/2026", "11/17/2076")), DocumentClass.DME_ORDER)
    assert "years-apart" in found["signature_date"].evidence.validators
    assert not found["signature_date"].evidence.accepted


def test_a_diagnosis_is_another_one_with_the_letter_that_looks_like_its_first() -> None:
    assert doubt_about_codes(["C82.20"]) == "look-alike-code"
    assert doubt_about_codes(["J44.9"]) is None
