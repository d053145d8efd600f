"""What forms of other makers taught: choices in a line, headings set in the middle, labels on two lines."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.extract import extract_fields
from handlers.kinds import kind_of, scores_of
from schemas.document import DocumentClass, ExtractedField
from tests.handlers.extract.papers import page, paper


def fields(text: str, kind: DocumentClass = DocumentClass.DME_ORDER) -> dict[str, ExtractedField]:
    return extract_fields(paper(f"ORDER FORM\n{text}\n"), kind)


def read(text: str, kind: DocumentClass = DocumentClass.DME_ORDER) -> dict[str, Any]:
    return {name: field.value for name, field in fields(text, kind).items() if field.value is not None}


@pytest.mark.parametrize(
    "line",
    [
        "Diagnosis:  ☒ G47.33 Obstructive sleep apnea   ☐ G47.31 Central apnea   ☐ G47.37 Apnea elsewhere",
        "ICD-10 Code: (X) G47.33 ( ) G47.31 ( ) G47.37 Other: ____",
    ],
)
def test_a_diagnosis_that_nobody_ticked_is_none(line: str) -> None:
    found = fields(f"Patient: Ruth Delacroix\n{line}")["icd10"]
    assert (found.value, found.evidence.accepted) == (["G47.33"], True)


def test_a_box_at_the_head_of_a_row_takes_the_code_in_a_column_further_right() -> None:
    text = """
    Item                         Code      Quantity
    ☒ CPAP device                E0601     1
    ☐ Bilevel device             E0470
    ☒ Heated humidifier          E0562     1
    """
    assert read(text)["order_lines"] == [{"code": "E0601", "quantity": 1}, {"code": "E0562", "quantity": 1}]


def test_a_heading_in_the_middle_of_its_column_heads_what_stands_at_the_left_edge_of_it() -> None:
    text = """
    Patient: Ruth Delacroix

               Payer                     Plan                Subscriber ID             Group
    Humana                     PPO                   W123456789              44871
    """
    found = read(text)
    assert (found["payer"], found["member_id"], found["group_no"]) == ("Humana", "W123456789", "44871")


def test_a_quantity_stands_in_its_headings_column_or_ends_the_line_of_its_code() -> None:
    column = """
       HCPCS               Formula or supply                    Units per month
    B4152        Formula, 6 cartons a day          640
    B4035        Pump supply kit, 1 per day        30
    """
    dashes = """
    Item - Quantity
    E2103 - CGM receiver, non-adjunctive - 1
    A4239 - CGM supply allowance, 1 month - 3
    """
    assert read(column)["order_lines"] == [{"code": "B4152", "quantity": 640}, {"code": "B4035", "quantity": 30}]
    assert read(dashes)["order_lines"] == [{"code": "E2103", "quantity": 1}, {"code": "A4239", "quantity": 3}]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Patient: Thaddeus De la Cruz", "Thaddeus De la Cruz"),
        ("Patient: Desmond St. James", "Desmond St. James"),
        ("Patient: MARIA DE LOS ANGELES RUIZ", "Maria De Los Angeles Ruiz"),
    ],
)
def test_family_names_of_several_words_are_read_whole(line: str, name: str) -> None:
    assert read(line)["member_name"] == name


def test_who_will_follow_the_patient_is_not_who_orders() -> None:
    text = """
    Patient: Ruth Delacroix
    PCP who will follow: Dolores Baptiste, MD
    Community physician who will assume care (if different): Emmett Yoon, MD
    Ordering physician (print): Roderick Pruitt, MD     NPI: 1003000126
    """
    found = fields(text)["clinician_name"]
    assert (found.value, found.evidence.accepted) == ("Roderick Pruitt", True)


def test_a_limit_in_a_forms_question_is_no_flow() -> None:
    text = 'Highest flow rate in liters per minute. If less than 1 LPM, enter an "X".\nOxygen at 2 LPM by cannula'
    assert read(text)["frequency"] == {"kind": "oxygen_lpm", "value": 2}


def test_a_label_that_goes_on_under_itself_is_one_label() -> None:
    text = """
    1. Patient's HI Claim      2. Start Of Care     3. Sex
       No.                     Date                 F
       1EG4TE5MK73             11/20/2026
    """
    found = read(text)
    assert (found["member_id"], found["service_start"]) == ("1EG4TE5MK73", "2026-11-20")


def test_two_columns_of_labels_and_values_keep_their_people_apart_under_headings_in_the_middle() -> None:
    text = """
             Member                                       Prescriber
    Name       Ruth Delacroix               Name       Samuel Oyelaran, MD
    DOB        07/19/1938                   NPI        1003000126
    Phone      937-555-0142                 Phone      937-555-0117
    """
    found = read(text)
    assert (found["member_name"], found["clinician_name"]) == ("Ruth Delacroix", "Samuel Oyelaran")
    assert (found["contact_phone"], found["practice_phone"]) == ("9375550142", "9375550117")


def test_visits_in_all_are_the_visits_and_not_those_of_a_week() -> None:
    text = "Orders: SN 1 visit/week x 8 weeks = 8 visits for teaching"
    assert read(text, DocumentClass.HOME_HEALTH_REFERRAL)["frequency"] == {"kind": "visits", "value": 8}


def test_a_dose_every_few_weeks_is_an_interval() -> None:
    text = "Medication: immune globulin 30 g IV every 28 days x 6 doses"
    assert read(text, DocumentClass.INFUSION_ORDER)["frequency"] == {"kind": "dose_interval_hours", "value": 672}


def test_a_patients_numbers_stand_behind_fewer_words() -> None:
    found = read("Patient: Ruth Delacroix\nInsurance: Aetna, policy W123456789, group 4487\nAllergies: none")
    assert found["member_id"] == "W123456789"
    assert read("Patient: Ruth Delacroix\nIns: Humana # 3300182683 Grp 41-80211")["member_id"] == "3300182683"


def test_an_empty_box_that_may_be_a_letter_takes_no_code_away() -> None:
    text = "Patient: Ruth Delacroix\n☐ Dx 1: R26.89 Abnormal gait\nSecondary dx: Z96.641 Artificial hip joint"
    assert read(text)["icd10"] == ["R26.89", "Z96.641"]


def test_letters_of_a_discipline_far_below_are_no_state() -> None:
    text = """
    Patient: Ruth Delacroix
    Street Address             City / State / Zip
    7417 Magnolia Ter          Dayton, OH 45402
    Services:    ☒ PT    ☐ OT    ☐ ST    ☐ MSW    ☐ HHA
    """
    assert read(text)["ship_address"] == "7417 Magnolia Ter, Dayton, OH 45402"


def test_the_day_behind_a_signature_needs_no_label() -> None:
    assert read("Patient: Ruth Delacroix\nMD sig: ✍         11/06/2026")["signature_date"] == "2026-11-06"
    assert "signature_date" not in read("Patient: Ruth Delacroix\nPatient signature: ✍         11/06/2026")


def test_the_numbers_at_the_head_of_a_suppliers_form_are_not_the_practices() -> None:
    text = """
    Diabetes Direct Supply, toll free 1-800-555-0142   Fax: 1-800-555-0143
    Patient: Ruth Delacroix
    Physician Name: Samuel Oyelaran, MD
    Phone: 937-555-0117   Fax: 937-555-0118
    """
    found = fields(text)
    assert (found["practice_phone"].value, found["practice_fax"].value) == ("9375550117", "9375550118")
    assert found["practice_fax"].evidence.accepted


def test_a_prescriptions_head_names_who_prescribes() -> None:
    text = "Emmett Vandermeer M.D.\nInternal Medicine\nNPI 1003000126\nName: Ruth Delacroix   DOB: 07/19/1938"
    assert read(text)["clinician_name"] == "Emmett Vandermeer"


def test_the_number_of_visits_is_how_often_a_referral_asks_for_them() -> None:
    text = "Patient: Ruth Delacroix\nServices         Occupational therapy\nNumber of visits     6"
    assert read(text, DocumentClass.HOME_HEALTH_REFERRAL)["frequency"] == {"kind": "visits", "value": 6}


def test_a_consultation_is_no_order() -> None:
    text = """
    CARDIOLOGY CONSULTATION
    Patient: Ruth Delacroix    DOB: 07/19/1938
    Date of consultation: 11/02/2026   Consultant: Samuel Oyelaran, MD
    Reason for consultation: Atrial fibrillation
    Impression: 1. Atrial fibrillation (I48.0). COPD on home oxygen 2 L/min.
    Recommendations: Consider home health nursing at discharge. Thank you for this consultation.
    """
    assert not kind_of(scores_of(page(text))).is_order


@pytest.mark.parametrize(
    "address",
    [
        "5264 Peachtree Ln NW, Worcester, MA 01605",
        "5241 County Road 812 Apt 35B, Duluth, MN 55802",
        "18 NW Division St, Spokane, WA 99204",
    ],
)
def test_a_direction_or_a_number_behind_a_streets_kind_is_part_of_the_street(address: str) -> None:
    assert read(f"Patient: Ruth Delacroix\nDeliver to: {address}")["ship_address"] == address


def test_a_patient_lift_is_no_elevator() -> None:
    assert "access_barriers" not in read("Patient: Ruth Delacroix\nItem: E0630 patient lift, hydraulic   Quantity: 1")


def test_a_request_for_notes_is_no_order() -> None:
    text = """
    Medical Management
    Your request for home health physical therapy, 12 visits, for Ruth Delacroix (DOB 07/19/1938) is pended.
    Please send clinical notes within 5 business days.
    """
    assert not kind_of(scores_of(page(text))).is_order
