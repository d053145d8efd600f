"""What forms of a third hand taught: print-outs of charts, tables of an export, letters, forms printed by a browser."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.extract import extract_fields
from schemas.document import DocumentClass, ExtractedField
from tests.handlers.extract.papers import paper


def fields(text: str, *more: str) -> dict[str, ExtractedField]:
    return extract_fields(paper(f"ORDER FORM\n{text}\n", *more), DocumentClass.DME_ORDER)


def read(text: str, *more: str) -> dict[str, Any]:
    return {name: field.value for name, field in fields(text, *more).items() if field.value is not None}


@pytest.mark.parametrize(
    "address",
    [
        "8302 Burnside Ln, Bowling Green, KY 42101",
        "2875 Plum Creek Ct Bldg F, Green Bay, WI 54301",
        "1182 NW School Street, Rochester, NY 14607",
    ],
)
def test_the_end_of_a_street_is_no_beginning_of_the_next_label(address: str) -> None:
    street, _, city = address.partition(", ")
    assert read(f"Patient Name: Ruth Delacroix\nAddress: {street} City/State/Zip: {city}")["ship_address"] == address


def test_a_payers_name_begins_no_label() -> None:
    text = """
    Patient              Payer Name                  Member ID       Group ID
    Ruth Delacroix       Priority Health             812794993       UD3825
    """
    found = read(text)
    assert (found["payer"], found["member_id"]) == ("Priority Health", "812794993")
    assert read("Patient: Ruth Delacroix\nInsurer\nPresbyterian Health Plan")["payer"] == "Presbyterian Health Plan"


@pytest.mark.parametrize(
    "line",
    [
        "Re: Ruth Delacroix, born 07/19/1938\nPriority Health member 821437281, group 40557",
        "Patient: Ruth Delacroix\nInsurance / ID no.: Priority Health / 821437281",
        "Name Ruth Delacroix   DOB 07/19/1938\nPh 860-507-0146 Ins Priority Health ID 821437281",
    ],
)
def test_a_payer_and_its_number_are_read_where_they_stand_together(line: str) -> None:
    found = read(line)
    assert (found["payer"], found["member_id"]) == ("Priority Health", "821437281")


def test_labels_that_no_list_foresees_go_before_the_shorter_ones_in_them() -> None:
    text = """
    Patient                    Practitioner telephone     Requested start of care
    Ruth Delacroix             907-555-0122               10/09/2026
    """
    found = read(text)
    assert (found["practice_phone"], found["service_start"]) == ("9075550122", "2026-10-09")


def test_where_one_orders_another_only_attends() -> None:
    text = """
    Patient: Ruth Delacroix          Attending: Katarzyna King MD
    Ordering Physician: Nora Silva, MD
    NPI: 1003000126
    """
    found = fields(text)["clinician_name"]
    assert (found.value, found.evidence.accepted) == ("Nora Silva", True)


def test_the_page_that_orders_goes_before_a_face_sheet_with_more_labels() -> None:
    sheet = """
    Name: Ruth Delacroix       Account #: 43905622
    Date of Birth: 07/19/1938  SSN: XXX-XX-5624
    Address: 7417 Magnolia Ter, Dayton, OH 45402
    Home Phone: 937-555-0152
    Insurance: Aetna           Policy Number: W123456789
    Group Number: 4487         Attending: Katarzyna King, MD
    """
    order = """
    PHYSICIAN ORDER
    Patient: Ruth Delacroix    DOB: 07/19/1938
    E0143 folding walker       Quantity: 1
    Physician signature: ✍     Date: 10/28/2026
    Printed name: Nora Silva, MD   NPI: 1003000126
    """
    assert read(sheet, order)["clinician_name"] == "Nora Silva"


def test_an_office_has_its_numbers_below_its_signature() -> None:
    text = """
    Physician signature: ✍     Date: 10/28/2026
    Printed name: Nora Silva, MD   NPI: 1003000126
    Tel: (304) 405-0146   Fax: (304) 696-0113
    """
    found = read(f"Patient: Ruth Delacroix\n{text}")
    assert (found["practice_phone"], found["practice_fax"]) == ("3044050146", "3046960113")
    theirs = read("Nora Silva, MD\nPatient: Ruth Delacroix\nPatient signature: ✍\nTel: (304) 405-0146")
    assert "practice_phone" not in theirs


@pytest.mark.parametrize(
    "heading", ["Practitioner certification", "SECTION 3 - PRESCRIBER", "Part B: Prescriber information"]
)
def test_a_heading_names_its_part_with_whatever_stands_around_it(heading: str) -> None:
    text = f"Patient: Ruth Delacroix\nPhone: 937-555-0152\n{heading}\nName: Nora Silva, MD\nPhone: 907-555-0122"
    found = read(text)
    assert (found["clinician_name"], found["practice_phone"]) == ("Nora Silva", "9075550122")


def test_a_letterhead_beside_the_patient_keeps_its_numbers() -> None:
    text = """
Redstone Orthopedics                                   Ruth Delacroix
240 Commerce Park Dr                                    MRN: 90401416
Dayton, OH 45402                                     DOB: 07/19/1938
Phone: 207-767-0116  Fax: 207-555-0143
Home address: 7417 Magnolia Ter, Dayton, OH 45402
Mobile phone: 813-333-0109
    """
    found = {k: v.value for k, v in extract_fields(paper(text), DocumentClass.DME_ORDER).items()}
    assert (found["member_name"], found["practice_phone"]) == ("Ruth Delacroix", "2077670116")
    assert found["contact_phone"] == "8133330109"


def test_a_banner_on_one_line_has_the_home_under_it() -> None:
    text = """
    Stonebridge Orthopedics   920-739-0101 (o)   920-555-0119 (f)
    DELACROIX, RUTH   10-Nov-1973   F   Chart 45396764
    8538 Plum Creek Way, Chicago, IL 60622
    """
    found = read(text)
    assert (found["member_name"], found["dob"]) == ("Ruth Delacroix", "1973-11-10")
    assert found["ship_address"] == "8538 Plum Creek Way, Chicago, IL 60622"
    assert (found["practice_phone"], found["practice_fax"]) == ("9207390101", "9205550119")


def test_a_birth_in_letters_needs_no_colon() -> None:
    found = read("Delacroix, Ruth DOB Jul 19, 1938 MRN 79551778 Sex F\nE0143 walker Quantity: 1")
    assert (found["member_name"], found["dob"]) == ("Ruth Delacroix", "1938-07-19")


def test_a_number_to_ship_to_is_the_patients() -> None:
    text = "Patient: Ruth Delacroix\nShip to: 7417 Magnolia Ter, Dayton, OH 45402    Telephone: 937-555-0152"
    assert read(text)["contact_phone"] == "9375550152"


@pytest.mark.parametrize(
    ("sentence", "lines"),
    [
        ("I order 2 hospital beds (E0260) and a trapeze bar (E0910).", {"E0260": 2, "E0910": 1}),
        ("Please provide a portable oxygen concentrator (E1392).", {"E1392": 1}),
        ("I order a box of foam dressings (A6212).", {"A6212": None}),
        ("I order 5 liter oxygen (E1390).", {"E1390": None}),
    ],
)
def test_a_letter_says_how_many_before_the_code_in_brackets(sentence: str, lines: dict[str, int | None]) -> None:
    found = read(f"Patient: Ruth Delacroix\n{sentence}")["order_lines"]
    assert {line["code"]: line["quantity"] for line in found} == lines


@pytest.mark.parametrize("label", ["Quantity per 90 days:", "Quantity to be dispensed:", "How many:"])
def test_a_quantity_is_asked_for_in_many_words(label: str) -> None:
    found = read(f"Patient: Ruth Delacroix\nHCPCS: A4253   {label} 3")["order_lines"]
    assert found == [{"code": "A4253", "quantity": 3}]


def test_a_choice_that_ends_like_a_longer_one_does_not_hide_its_box() -> None:
    text = """
    Patient: Ruth Delacroix
    ☐ Lightweight wheelchair                 K0003    Qty:
    ☐ High strength lightweight wheelchair   K0004    Qty:
    ☒ Folding wheeled walker                 E0143    Qty: 1
    ☐ Quad cane                              E0105    Qty:
    """
    found = fields(text)["order_lines"]
    assert (found.value, found.evidence.accepted) == ([{"code": "E0143", "quantity": 1}], True)


def test_a_head_that_counts_for_some_days_is_no_quantity() -> None:
    text = """
    Product            HCPCS Qty 30 days        Change frequency
    Foam dressing      A6209 10                 3 times per week
    """
    found = fields(f"Patient: Ruth Delacroix\n{text}")["order_lines"]
    assert found.value != [{"code": "A6209", "quantity": 30}]


def test_a_day_at_the_label_of_an_electronic_signature_says_that_it_is_signed() -> None:
    found = read(
        "Patient: Ruth Delacroix\n"
        "Name               Phone            E-signed\n"
        "Nora Silva, MD     801-706-0187     10/12/2026"
    )
    assert (found["signature_present"], found["signature_date"]) == (True, "2026-10-12")


def unlabelled(text: str) -> dict[str, Any]:
    drawn = paper(f"ORDER FORM\nPatient: Ruth Delacroix\n{text}")
    pages = [page.model_copy(update={"marks": {"signature:unlabelled": True}}) for page in drawn.pages]
    found = extract_fields(drawn.model_copy(update={"pages": tuple(pages)}), DocumentClass.DME_ORDER)
    return {name: field.value for name, field in found.items()}


@pytest.mark.parametrize(
    "end", ["Nora Silva, MD   10/12/2026", "Nora Silva, MD\nSigned 10/12/2026", "X        10/12/2026"]
)
def test_ink_without_a_label_has_its_day_on_its_line_or_under_it(end: str) -> None:
    found = unlabelled(end)
    assert (found["signature_present"], found["signature_date"]) == (True, "2026-10-12")


def test_a_code_glued_to_its_number_is_read_on_a_page_with_a_box() -> None:
    said = paper("""
        ☐ Trillium Home Health Physician Order
        Patient: Alma Becker        DOB: 03/04/1941
        Dx 1:M86.171  Other acute osteomyelitis, right ankle and foot
        """)
    found = extract_fields(said, DocumentClass.DME_ORDER)
    assert found["icd10"].value == ["M86.171"]
