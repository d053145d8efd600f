"""Where forms write their values: over, under or beside their labels, in boxes, in banners, in answers to questions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.extract import combs, extract_fields
from handlers.extract.geometry import sheet_of
from schemas.document import DocumentClass
from schemas.reading import Page, Word
from tests.handlers.pages import reading


def values(*texts: str, kind: DocumentClass = DocumentClass.DME_ORDER) -> dict[str, Any]:
    return {name: f.value for name, f in extract_fields(reading(*texts), kind).items()}


UNDER_THE_LINE = (
    "Thea Carver                11/19/1960                 614 555 0123\n"
    "Patient Name               Date of Birth              Home Phone\n\n\n"
    "Humana                     A429345056                 89571\n"
    "Insurance                  Member ID                  Group No\n\n\n"
    "Victor Norwood MD          1234567893                 614 555 0101\n"
    "Ordering Physician         NPI                        Office Phone\n\n\n"
    "11/21/2026                 02/19/2027\n"
    "Start Date                 End Date\n"
)


def test_a_form_with_its_captions_under_the_lines_gives_each_value_to_the_caption_below_it() -> None:
    found = values(UNDER_THE_LINE)
    assert found["member_name"] == "Thea Carver"
    assert found["dob"] == "1960-11-19"
    assert (found["payer"], found["member_id"], found["group_no"]) == ("Humana", "A429345056", "89571")
    assert (found["clinician_name"], found["clinician_npi"]) == ("Victor Norwood", "1234567893")
    assert (found["contact_phone"], found["practice_phone"]) == ("6145550123", "6145550101")
    assert (found["service_start"], found["service_end"]) == ("2026-11-21", "2027-02-19")


def test_the_same_form_with_captions_over_the_lines_gives_the_same() -> None:
    rows = [row for row in UNDER_THE_LINE.split("\n") if row]
    turned = "\n\n\n".join(f"{label}\n{value}" for value, label in zip(rows[::2], rows[1::2], strict=True))
    assert values(turned) == values(UNDER_THE_LINE)


def test_an_address_whose_parts_have_a_label_each_is_one() -> None:
    for text in (
        "Street Address: 12 Maple Ave     City: Dayton     State: OH     Zip: 45402\n",
        "Street Address        City         State    Zip\n12 Maple Ave          Dayton       OH       45402\n",
    ):
        assert values(f"Patient Name: Thea Carver\n{text}")["ship_address"] == "12 Maple Ave, Dayton, OH 45402"


def test_a_relatives_number_is_not_the_members() -> None:
    text = (
        "Patient: Thea Carver      DOB: 11/19/1960\nHome Phone: 614 555 0123\n"
        "Emergency Contact: Otis Carver     Relationship: son     Phone: 614 555 0199\n"
    )
    assert values(text)["contact_phone"] == "6145550123"


def test_a_name_over_a_birth_needs_no_label() -> None:
    for banner in (
        "Carver, Thea\nDOB: 11/19/1960   Sex: F   MRN: 552341\n",
        "Thea Carver        DOB: 11/19/1960     MRN: 552341\n",
        "Thea Carver   (F, 66 y.o., 11/19/1960)\n",
    ):
        found = values(banner + "\nMember ID: A429345056\n")
        assert (found["member_name"], found["dob"]) == ("Thea Carver", "1960-11-19"), banner


def test_a_clinicians_name_over_a_birth_is_not_the_members() -> None:
    found = values("Victor Norwood MD\nDOB: 11/19/1960     MRN: 552341\n")
    assert "member_name" not in found


def test_questions_are_labels() -> None:
    text = (
        "1. What is the patient's name?              Thea Carver\n"
        "2. When was the patient born?               11/19/1960\n"
        "3. What insurance does the patient have?    Humana\n"
        "4. What is the provider's NPI?              1234567893\n"
        "5. When should service start?               11/21/2026\n"
    )
    found = values(text)
    assert (found["member_name"], found["dob"], found["payer"]) == ("Thea Carver", "1960-11-19", "Humana")
    assert (found["clinician_npi"], found["service_start"]) == ("1234567893", "2026-11-21")


def test_a_label_that_asks_for_the_family_name_first_is_believed() -> None:
    assert values("Patient (Last, First): Carver Thea\n")["member_name"] == "Thea Carver"


@pytest.mark.parametrize(
    ("written", "born"), [("2-4-46", "1946-02-04"), ("02/04/05", "2005-02-04"), ("1/5/30", "1930-01-05")]
)
def test_a_birth_with_two_digits_for_its_year_lies_in_the_past(written: str, born: str) -> None:
    assert values(f"DOB: {written}\n")["dob"] == born


def test_a_group_number_that_looks_like_a_code_is_no_ordered_item() -> None:
    found = values("Group No: G0299\nHCPCS: E0260     Qty: 1\n")
    assert found["order_lines"] == [{"code": "E0260", "quantity": 1}]


def test_a_diagnosis_is_no_ordered_item() -> None:
    found = values("Dx: E11.65\nE0260 Hospital bed, Qty: 1\n")
    assert (found["icd10"], found["order_lines"]) == (["E11.65"], [{"code": "E0260", "quantity": 1}])


def test_a_code_that_nobody_knows_is_shown_and_never_used_unseen() -> None:
    found = extract_fields(
        reading("E0260 Hospital bed, Qty: 1\nA9123 Something new, Qty: 2\n"), DocumentClass.DME_ORDER
    )
    lines = found["order_lines"]
    assert lines.value == [{"code": "E0260", "quantity": 1}, {"code": "A9123", "quantity": 2}]
    assert not lines.evidence.accepted


def boxes(text: str, *, left: int = 100, top: int = 100, pitch: int = 38, size: int = 18) -> list[Word]:
    """Return a word for each character, as a row of boxes has them."""
    made = []
    for n, letter in enumerate(text):
        if letter != " ":
            x = left + n * pitch
            made.append(Word(text=letter, box=(x, top, x + size, top + 20), confidence=0.9))
    return made


@given(st.from_regex(r"[A-Z0-9]{4,12}", fullmatch=True), st.integers(min_value=30, max_value=60))
def test_characters_in_boxes_are_one_word(text: str, pitch: int) -> None:
    (row,) = combs.joined([list(enumerate(boxes(text, pitch=pitch)))])
    assert [word.text for _, word in row] == [text]


def test_a_blank_box_parts_words_of_one_cell() -> None:
    sheet = sheet_of(Page(number=1, width=1700, height=2200, source="ocr", words=tuple(boxes("THEA CARVER"))))
    ((first, second),) = sheet.rows
    assert (first.text, second.text) == ("THEA", "CARVER")
    assert first.cell == second.cell


def test_single_letters_of_a_sentence_stay_apart() -> None:
    words = [Word(text=t, box=(100 + n * 30, 100, 112 + n * 30, 120), confidence=0.9) for n, t in enumerate("A B")]
    (row,) = combs.joined([list(enumerate(words))])
    assert len(row) == 3
