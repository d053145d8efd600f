"""What forms, letters and print-outs of offices never seen before write, each form of words once."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.extract import extract_fields
from handlers.kinds import kind_of, scores_of
from schemas.document import DocumentClass
from tests.handlers.extract.papers import page, paper


def read(text: str) -> dict[str, Any]:
    found = extract_fields(paper(f"ORDER FORM\n{text}\n"), DocumentClass.DME_ORDER)
    return {name: field.value for name, field in found.items() if field.value is not None}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Patient address: 88 Old Mill Rd Lot 8, St. Louis, MO 63110", "88 Old Mill Rd Lot 8, St. Louis, MO 63110"),
        ("Patient address: 19 Quarry Rd St. Paul, MN 55101", "19 Quarry Rd, St. Paul, MN 55101"),
        ("Patient address: 301 9th St, St Augustine, FL 32084", "301 9th St, St Augustine, FL 32084"),
        ("Patient Address\n4 Pond View Ter #204\nSt. Louis, MO 63110", "4 Pond View Ter #204, St. Louis, MO 63110"),
        ("Patient address: 500 Court St Dayton, OH 45402", "500 Court St, Dayton, OH 45402"),
        ("Patient address: 12 Lake St. Dayton, OH 45402", "12 Lake St, Dayton, OH 45402"),
        ("Deliver to: 301 E 9th St #204, Mobile, AL 36604.", "301 E 9th St #204, Mobile, AL 36604"),
        ("Discharge to: home, 77-B Cypress Way, Fargo, ND 58102", "77-B Cypress Way, Fargo, ND 58102"),
        ("Deliver to: 77-B Cypress Way, Fargo, ND 58102", "77-B Cypress Way, Fargo, ND 58102"),
    ],
)
def test_a_street_ends_where_a_saints_city_begins(text: str, address: str) -> None:
    assert read(f"Patient: Ruth Delacroix    DOB: 07/19/1938\n{text}")["ship_address"] == address


def test_a_state_may_still_be_labelled_st() -> None:
    text = "Patient name: Ruth Delacroix\nStreet: 12 Maple Ave\nCity: Dayton   St: OH   Zip: 45402"
    assert read(text)["ship_address"] == "12 Maple Ave, Dayton, OH 45402"


def test_a_code_in_brackets_behind_its_words_is_a_diagnosis_with_or_without_a_dot() -> None:
    text = "Patient: Ruth Delacroix\nProblems\nSepsis, unspecified [A41.9]\nEssential (primary) hypertension [I10]"
    assert read(text)["icd10"] == ["A41.9", "I10"]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("Diagnosis: J96.11   U09.9", ["J96.11", "U09.9"]),
        ("ICD-10: U07 1   J96 11", ["U07.1", "J96.11"]),
        ("ICD-10: C7A 020", ["C7A.020"]),
    ],
)
def test_codes_of_every_chapter_are_read_with_a_blank_for_the_dot_too(line: str, codes: list[str]) -> None:
    assert read(f"Patient: Ruth Delacroix\n{line}")["icd10"] == codes


@pytest.mark.parametrize(
    ("line", "codes", "sure"),
    [
        ("ICD-10: G47.33  110", ["G47.33", "I10"], True),
        ("ICD-10: G47.33, l10", ["G47.33", "I10"], True),
        ("ICD-10: G47.33 110 lbs", ["G47.33"], True),
        ("ICD-10: G47.33 110 Main", ["G47.33"], False),
        ("Sleep apnea [G47.33] hypertension [110]", ["G47.33"], False),
        ("ICD-10: G47.33   Room 110", ["G47.33"], True),
    ],
)
def test_a_code_that_two_engines_read_as_a_number_is_not_left_out_silently(
    line: str, codes: list[str], sure: bool
) -> None:
    found = extract_fields(paper(f"ORDER FORM\nPatient: Ruth Delacroix\n{line}\n"), DocumentClass.DME_ORDER)["icd10"]
    assert (found.value, found.evidence.accepted) == (codes, sure)


def test_a_plan_of_one_state_is_not_that_of_another() -> None:
    text = "Patient: Ruth Delacroix   DOB: 07/19/1938\nPayer: Blue Cross Blue Shield of Minnesota   Group: 4567"
    assert read(text)["payer"] == "Blue Cross Blue Shield of Minnesota"


def test_primary_names_the_payer_under_insurance_only() -> None:
    head = "PATIENT\nName: Ruth Delacroix   DOB: 07/19/1938\n\n"
    covered = read(f"{head}INSURANCE\nPrimary:   Aetna      ID:  W123456789    Group: 4567\nSecondary: none")
    assert (covered["payer"], covered["member_id"]) == ("Aetna", "W123456789")
    assert "payer" not in read(f"{head}DIAGNOSIS\nPrimary:   Emphysema J43.9\nSecondary: none")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Insurance: Aetna #W123456789", "W123456789"),
        ("Ins Aetna XEK523968278", "XEK523968278"),
        ("Insurance: Medicare 1EG4-TE5-MK73", "1EG4TE5MK73"),
        ("Insurance: Aetna 2026", None),
        ("Insurance: Aetna 937-555-0142", None),
    ],
)
def test_the_number_right_behind_the_payer_is_the_members(line: str, number: str | None) -> None:
    assert read(f"Patient: Ruth Delacroix   DOB: 07/19/1938\n{line}").get("member_id") == number


def test_questions_are_labels() -> None:
    text = (
        "Who is the patient?\n  Ruth Delacroix\nPatient's birthday\n  07/19/1938\n"
        "Who is the insurer?\n  Aetna\nWho is ordering?\n  Samuel Oyelaran, MD"
    )
    found = read(text)
    assert found["member_name"] == "Ruth Delacroix"
    assert (found["dob"], found["payer"], found["clinician_name"]) == ("1938-07-19", "Aetna", "Samuel Oyelaran")


def test_a_letter_is_about_the_person_of_its_subject_line() -> None:
    assert read("November 17, 2026\n\nRe: Simon Farrow\nDate of birth: 12/14/1964")["member_name"] == "Simon Farrow"
    assert read("November 17, 2026\n\nRe: Thea J. Carver\nDOB: 12/14/1964")["member_name"] == "Thea J. Carver"
    assert "member_name" not in read("November 17, 2026\n\nRe: Portable Concentrator\nPlease call us about it.")


def test_a_prescription_dispenses_a_quantity() -> None:
    assert read("Patient: Ruth Delacroix\nE0143 Folding walker   Disp #2")["order_lines"] == [
        {"code": "E0143", "quantity": 2}
    ]


def test_the_telephone_of_the_ward_is_not_the_practices() -> None:
    text = (
        "Patient: Ruth Delacroix   DOB: 07/19/1938\nDischarging physician: Samuel Oyelaran, MD   NPI 1003000126\n"
        "Unit phone: (937) 555-0171   Physician office phone: (937) 555-0117"
    )
    found = read(text)
    assert (found["clinician_name"], found["practice_phone"]) == ("Samuel Oyelaran", "9375550117")


X_RAY = """
Valley Imaging - CHEST X-RAY 2 VIEWS
Patient Ruth Delacroix, born 07/19/1938
Referred by Samuel Oyelaran, MD
Clinical history: shortness of breath, home oxygen 2 L
Findings: Hyperinflated lungs. No focal consolidation. No effusion.
Impression: COPD without acute process.
Electronically signed by Alan Brook, MD, Radiology, on 11/17/2026
"""
MISSED_VISIT = """
Home Health Agency - Visit Status Update
Patient: Ruth Delacroix  DOB: 07/19/1938
Dear Samuel Oyelaran, MD, this is to notify you that the skilled nursing visit of 11/17/2026 was missed.
The visit has been rescheduled. No action is needed.
RN case manager: J. Ruiz, (937) 555-0117
"""


@pytest.mark.parametrize(("text", "act"), [(X_RAY, "lab_result"), (MISSED_VISIT, "other")])
def test_a_paper_that_speaks_of_care_is_no_order_of_it(text: str, act: str) -> None:
    assert kind_of(scores_of(page(text))).act == act


@pytest.mark.parametrize(
    ("ending", "sure"), [("Electronically signed by Priya Raman, MD on 11/17/2026", True), ("", False)]
)
def test_the_day_of_a_letter_that_nobody_signed_is_not_used_as_the_signatures(ending: str, sure: bool) -> None:
    letter = f"""
November 17, 2026
Re: Simon Farrow    DOB: 12/14/1964
Please deliver one hospital bed (E0260) to Mr. Farrow.
Sincerely,
Priya Raman, MD
{ending}
"""
    found = extract_fields(paper(letter), DocumentClass.DME_ORDER)
    dated = found.get("signature_date")
    assert (dated is not None and dated.evidence.accepted) is sure
