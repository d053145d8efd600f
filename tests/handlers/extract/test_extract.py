"""Extraction: what an order says, from layouts of every sort, with doubt where there is doubt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.ocr.agree import merge
from doorstep.ocr.document import number_lines
from handlers.extract import extract_fields
from schemas.document import DocumentClass
from schemas.reading import Page, Reading, Word
from tests.handlers.pages import ORDER, reading


def fields(*texts: str, kind: DocumentClass = DocumentClass.DME_ORDER) -> dict[str, Any]:
    return {name: f.value for name, f in extract_fields(reading(*texts), kind).items() if f.evidence.accepted}


def test_a_form_gives_every_field_in_its_outside_form() -> None:
    assert fields(ORDER) == {
        "member_name": "Alma Becker",
        "dob": "1941-03-04",
        "payer": "Humana",
        "member_id": "K456278158",
        "group_no": "89571",
        "contact_phone": "6145550123",
        "ship_address": "12 Maple Ave Apt 4, Dayton, OH 45402",
        "access_barriers": ["stairs"],
        "icd10": ["J44.9", "J96.11"],
        "order_lines": [{"code": "E1390", "quantity": 1}],
        "frequency": {"kind": "oxygen_lpm", "value": 2},
        "service_start": "2026-11-21",
        "service_end": "2027-02-19",
        "clinician_name": "Victor Norwood",
        "clinician_npi": "1234567893",
        "practice_phone": "6145550101",
        "practice_fax": "6145550102",
        "signature_present": True,
        "signature_date": "2026-11-17",
    }


def test_values_may_stand_under_their_labels() -> None:
    text = (
        "Patient Name          Date of Birth        Member No\n\n"
        "Thea Carver           11/19/1960           A429345056\n"
    )
    found = fields(text)
    assert (found["member_name"], found["dob"], found["member_id"]) == ("Thea Carver", "1960-11-19", "A429345056")


def test_a_letter_gives_its_values_in_sentences() -> None:
    text = (
        "Dear colleagues,\n\nI am ordering a hospital bed (HCPCS E0260, quantity 1) for my patient Simon Farrow,\n"
        "born December 14, 1964, with diagnosis I50.22 and M62.81. Service should start on\n"
        "November 3, 2026 and end on February 1, 2027. Deliver to 515 Willow Dr, Akron, OH 44308.\n"
    )
    found = fields(text)
    assert found["member_name"] == "Simon Farrow"
    assert found["dob"] == "1964-12-14"
    assert found["icd10"] == ["I50.22", "M62.81"]
    assert found["order_lines"] == [{"code": "E0260", "quantity": 1}]
    assert (found["service_start"], found["service_end"]) == ("2026-11-03", "2027-02-01")
    assert found["ship_address"] == "515 Willow Dr, Akron, OH 44308"


def test_a_table_gives_each_code_its_own_quantity() -> None:
    text = (
        "HCPCS     Description            Qty\nE0260     Hospital bed           1\nE0910     Trapeze bar            2\n"
    )
    assert fields(text)["order_lines"] == [{"code": "E0260", "quantity": 1}, {"code": "E0910", "quantity": 2}]


def test_a_code_without_a_quantity_is_never_accepted() -> None:
    found = extract_fields(reading("HCPCS: E0260\nDescription: Hospital bed\n"), DocumentClass.DME_ORDER)
    assert found["order_lines"].value == [{"code": "E0260", "quantity": None}]
    assert not found["order_lines"].evidence.accepted


def test_two_different_npis_contradict_each_other() -> None:
    text = "Ordering Physician NPI: 1234567893\n\nPrescriber NPI: 1245319599\n"
    found = extract_fields(reading(text), DocumentClass.DME_ORDER)["clinician_npi"]
    assert not found.evidence.accepted
    assert "conflict" in found.evidence.validators


def test_an_npi_that_fails_its_check_is_there_but_unreadable() -> None:
    found = extract_fields(reading("NPI: 1234567890\n"), DocumentClass.DME_ORDER)["clinician_npi"]
    assert found.value is None
    assert not found.evidence.accepted
    assert found.evidence.validators == ("unreadable",)


def test_a_blank_after_a_label_is_missing_and_not_unreadable() -> None:
    assert "clinician_npi" not in extract_fields(reading("NPI: ______  Date: 11/17/2026\n"), DocumentClass.DME_ORDER)


@pytest.mark.parametrize("line", ["Supplier NPI: 1234567893", "Pharmacy NPI: 1234567893", "Facility NPI: 1234567893"])
def test_the_npi_of_somebody_else_is_not_the_clinicians(line: str) -> None:
    assert "clinician_npi" not in fields(line + "\n")


def test_dates_that_contradict_each_other_are_not_accepted() -> None:
    found = fields("Date of Birth: 03/04/2012\nStart Date: 11/21/2010\nEnd Date: 12/21/2026\n")
    assert "dob" not in found
    assert "service_start" not in found


def test_an_address_whose_zip_code_lies_elsewhere_is_not_accepted() -> None:
    found = extract_fields(reading("Ship to: 12 Maple Ave, Dayton, OH 90210\n"), DocumentClass.DME_ORDER)
    assert not found["ship_address"].evidence.accepted


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("Frequency: 3 dressing changes per week", DocumentClass.DME_ORDER, {"kind": "dressings_per_week", "value": 3}),
        ("A6212 foam, change daily", DocumentClass.DME_ORDER, {"kind": "dressings_per_week", "value": 7}),
        ("Change wound dressing every day", DocumentClass.DME_ORDER, {"kind": "dressings_per_week", "value": 7}),
        ("Frequency: dressing changed BID", DocumentClass.DME_ORDER, {"kind": "dressings_per_week", "value": 14}),
        ("Oxygen at 2.5 liters per minute", DocumentClass.DME_ORDER, {"kind": "oxygen_lpm", "value": 2.5}),
        ("Sig: 1 g IV q12h", DocumentClass.INFUSION_ORDER, {"kind": "dose_interval_hours", "value": 12}),
        ("Give 2 g IV once daily", DocumentClass.INFUSION_ORDER, {"kind": "dose_interval_hours", "value": 24}),
        ("Frequency: 9 visits", DocumentClass.HOME_HEALTH_REFERRAL, {"kind": "visits", "value": 9}),
    ],
)
def test_frequencies_in_their_common_words(text: str, kind: DocumentClass, expected: dict[str, Any]) -> None:
    assert fields(text + "\n", kind=kind)["frequency"] == expected


def test_a_drug_that_is_taken_daily_is_no_dressing() -> None:
    assert "frequency" not in fields("Lisinopril 10 mg PO daily\nDressing kit, if changed call daily nurse\n")


def test_a_discharge_time_is_kept() -> None:
    assert fields("Planned discharge: 11/23/2026 4:30 PM\n")["discharge_deadline"] == "2026-11-23T16:30"


def test_barriers_answered_with_yes_and_no() -> None:
    assert fields("Stairs: No\nGated: Yes\nElevator: No\n")["access_barriers"] == ["gated"]


def test_every_value_says_where_it_stands() -> None:
    found = extract_fields(reading("Cover\n", ORDER), DocumentClass.DME_ORDER)["clinician_npi"].evidence
    assert found.page == 2
    assert found.raw == "1234567893"
    assert found.box is not None
    assert found.box[0] < found.box[2]
    assert found.validators == ("npi-luhn",)


def test_a_word_read_without_confidence_is_not_accepted() -> None:
    page = reading(ORDER).pages[0]
    dim = tuple(w.model_copy(update={"confidence": 0.4}) if w.text == "K456278158" else w for w in page.words)
    dull = Reading(engine="text", pages=(page.model_copy(update={"words": dim}),))
    found = extract_fields(dull, DocumentClass.DME_ORDER)["member_id"]
    assert found.value == "K456278158"
    assert not found.evidence.accepted


def test_a_signature_is_what_the_pixels_say() -> None:
    page = reading("Signature:            Date: 11/17/2026\n").pages[0]
    for state in (True, False):
        marked = Reading(engine="text", pages=(page.model_copy(update={"marks": {"signature": state}}),))
        found = extract_fields(marked, DocumentClass.DME_ORDER)
        assert found["signature_present"].value is state
        assert found["signature_date"].value == "2026-11-17"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=12), max_size=40), st.randoms(use_true_random=False))
def test_no_page_of_any_words_raises(texts: list[str], rng: Any) -> None:
    def word(text: str) -> Word:
        x, y = rng.randrange(1600), rng.randrange(2200)
        return Word(text=text, box=(x, y, x + rng.randrange(1, 200), y + rng.randrange(1, 60)), confidence=rng.random())

    words = tuple(word(text) for text in [*texts, "NPI:", "Patient", "E1390", "J44.9", "Date", "12/31/2026"])
    page = Page(number=1, width=1800, height=2300, source="ocr", words=words)
    extract_fields(Reading(engine="x", pages=(page,)), DocumentClass.DME_ORDER)


def test_an_empty_reading_has_no_fields() -> None:
    assert extract_fields(Reading(engine="x", pages=()), DocumentClass.DME_ORDER) == {}


def test_a_line_to_write_on_has_its_label_under_it() -> None:
    text = "\n\n                              11/17/2026\nPhysician signature           Date\n"
    dated = extract_fields(reading(text), DocumentClass.DME_ORDER)["signature_date"]
    assert dated.value == "2026-11-17"
    assert not dated.evidence.accepted, "nothing is signed"


def test_a_number_for_whoever_gets_the_order_is_not_the_practices() -> None:
    assert "practice_fax" not in fields(
        "Return to Anchor Intake  Fax (614) 555-0170\n\n" + "Patient Name: Alma Becker\n"
    )


def test_a_date_struck_out_and_replaced_is_never_accepted() -> None:
    found = extract_fields(reading("D.O.B.: 07/12/1931 07/12/1938\n"), DocumentClass.DME_ORDER)["dob"]
    assert found.value == "1938-07-12"
    assert not found.evidence.accepted


def test_the_state_before_a_zip_code_is_no_label() -> None:
    found = fields("Patient Address: 12 Maple Ave, Boise, ID 83702\nMember ID: K456278158\n")
    assert found["member_id"] == "K456278158"


def second_reads(first: str, second: str) -> Reading:
    """Return one page that two engines read, each in its way, word for word in the same places."""
    one, two = reading(first).pages[0], reading(second).pages[0]
    words = number_lines(tuple(merge(one.words, two.words)))
    return Reading(engine="x+y", pages=(one.model_copy(update={"source": "ocr", "words": words, "second": two.words}),))


def test_what_two_engines_read_alike_is_accepted_and_what_they_read_differently_is_not() -> None:
    other = ORDER.replace("K456278158", "K456273158")
    alike = extract_fields(second_reads(ORDER, ORDER), DocumentClass.DME_ORDER)
    apart = extract_fields(second_reads(ORDER, other), DocumentClass.DME_ORDER)
    assert alike["member_id"].evidence.accepted
    assert "engines-agree" in alike["member_id"].evidence.validators
    assert not apart["member_id"].evidence.accepted
    assert "engines-differ" in apart["member_id"].evidence.validators


def test_what_one_engine_alone_read_is_used_only_where_a_check_seconds_it() -> None:
    blind = ORDER.replace("Date of Birth: 03/04/1941", "").replace("NPI: 1234567893", "")
    found = extract_fields(second_reads(ORDER, blind), DocumentClass.DME_ORDER)
    assert {"one-engine", "unseconded"} <= set(found["dob"].evidence.validators)
    assert (found["dob"].value, found["dob"].evidence.accepted) == ("1941-03-04", False)
    assert (found["clinician_npi"].value, found["clinician_npi"].evidence.accepted) == ("1234567893", True)
    assert found["member_name"].evidence.accepted


def test_a_look_alike_counts_as_agreement_only_where_a_table_decides() -> None:
    text = ORDER.replace("HCPCS: E1390    Qty: 1", "HCPCS: G0155    Qty: 4").replace("89571", "S9155")
    page = second_reads(text, text.replace("G0155", "60155").replace("S9155", "59155"))
    found = extract_fields(page, DocumentClass.HOME_HEALTH_REFERRAL)
    assert found["order_lines"].evidence.accepted
    assert not found["group_no"].evidence.accepted


def test_a_dot_read_as_a_comma_is_still_a_dot() -> None:
    text = "Patient Name: Norma H, Goldberg\nPatient Phone: 614,555.0123\nPatient was bom on: 03/04/1941\n"
    found = extract_fields(reading(text), DocumentClass.DME_ORDER)
    assert (found["member_name"].value, found["contact_phone"].value) == ("Norma H. Goldberg", "6145550123")


def test_letters_that_the_other_engine_gives_to_another_field_are_no_agreement() -> None:
    text = "Office phone: unread\nOffice fax: 916-555-0158\n"
    page = second_reads(text, text.replace("fax:", "phone:").replace("phone: unread", "voic unread"))
    found = extract_fields(page, DocumentClass.DME_ORDER)
    assert "engines-differ" in found["practice_phone"].evidence.validators
    assert not any(f.evidence.accepted for f in found.values())
