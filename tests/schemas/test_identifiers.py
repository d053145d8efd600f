"""Identifiers that check themselves: they accept what is valid, repair only what is certain, refuse the rest."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep import rules
from schemas import identifiers
from tests.samples import people

LOOKALIKES = {"0": "O", "1": "I", "2": "Z", "5": "S", "8": "B"}


@given(st.integers())
def test_every_generated_npi_is_read_as_it_is(seed: int) -> None:
    number = people.npi(random.Random(seed))
    assert identifiers.read_npi(number) == identifiers.Checked(number, ("npi-luhn",))


@given(st.integers(), st.integers(0, 9), st.integers(1, 9))
def test_no_npi_with_one_wrong_digit_is_accepted(seed: int, place: int, change: int) -> None:
    number = people.npi(random.Random(seed))
    wrong = number[:place] + str((int(number[place]) + change) % 10) + number[place + 1 :]
    assert identifiers.read_npi(wrong) is None


@given(st.integers(), st.integers(0, 9))
def test_a_look_alike_in_an_npi_is_never_repaired_to_another_number(seed: int, place: int) -> None:
    number = people.npi(random.Random(seed))
    seen = number[:place] + LOOKALIKES.get(number[place], number[place]) + number[place + 1 :]
    read = identifiers.read_npi(seen)
    assert read is not None
    assert read.value == number
    assert read.folded == (seen != number)


@given(st.integers(), st.integers(0, 10))
def test_a_look_alike_in_an_mbi_is_decided_by_its_place(seed: int, place: int) -> None:
    number = people.mbi(random.Random(seed))
    seen = number[:place] + LOOKALIKES.get(number[place], number[place]) + number[place + 1 :]
    read = identifiers.read_mbi(f"{seen[:4]}-{seen[4:7]}-{seen[7:]}")
    assert read is not None
    assert read.value == number


@given(st.text(max_size=20))
def test_nothing_raises_on_any_text(text: str) -> None:
    for read in (identifiers.read_npi, identifiers.read_mbi, identifiers.read_phone):
        found = read(text)
        assert found is None or found.value.isascii()
    identifiers.read_icd10(text, rules.icd10_leaves(), fold=True)
    identifiers.read_hcpcs(text, rules.hcpcs_table(), fold=True)


@pytest.mark.parametrize(
    ("seen", "code", "validators"),
    [
        ("J44.9", "J44.9", ("icd10-leaf",)),
        ("j449", "J44.9", ("icd10-leaf",)),
        ("150.22", "I50.22", ("icd10-leaf", "folded")),
        ("M62.8l", "M62.81", ("icd10-leaf", "folded")),
        ("U07.1", "U07.1", ("icd10-leaf",)),
        ("J44", "J44", ("icd10-shape",)),
    ],
)
def test_diagnosis_codes(seen: str, code: str, validators: tuple[str, ...]) -> None:
    assert identifiers.read_icd10(seen, rules.icd10_leaves(), fold=True) == identifiers.Checked(code, validators)


def test_a_number_is_no_diagnosis_unless_folding_is_asked_for() -> None:
    assert identifiers.read_icd10("150.22", rules.icd10_leaves()) is None
    assert identifiers.read_icd10("999.99", rules.icd10_leaves(), fold=True) is None


@pytest.mark.parametrize(
    ("seen", "fold", "expected"),
    [
        ("E1390", False, identifiers.Checked("E1390", ("hcpcs-table",))),
        ("E139O", True, identifiers.Checked("E1390", ("hcpcs-table", "folded"))),
        ("E139O", False, None),
        ("E9998", False, identifiers.Checked("E9998", ("hcpcs-shape",))),
        ("99213", False, identifiers.Checked("99213", ("cpt-shape",))),
        ("W1234", False, None),
    ],
)
def test_item_codes(seen: str, fold: bool, expected: identifiers.Checked | None) -> None:
    assert identifiers.read_hcpcs(seen, rules.hcpcs_table(), fold=fold) == expected


@pytest.mark.parametrize("text", ["(614) 555-0101", "614.555.0101", "1-614-555-0101", "+1 614 555 0101", "6145550101"])
def test_phones_in_every_common_form(text: str) -> None:
    assert identifiers.read_phone(text) == identifiers.Checked("6145550101", ("nanp",))


@pytest.mark.parametrize(
    "text", ["014-555-0101", "614-155-0101", "911-555-0101", "614-911-0101", "614555010", "٦١٤٥٥٥٠١٠١"]
)
def test_numbers_that_the_numbering_plan_forbids(text: str) -> None:
    assert identifiers.read_phone(text) is None


def test_zip_codes_name_their_state() -> None:
    assert identifiers.state_of_zip("45402-1234", rules.zip3_states()) == ("OH",)
    assert identifiers.state_of_zip("00000", rules.zip3_states()) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("es-US", "es"),
        ("spa", "es"),
        ("Spanish", "es"),
        ("EN", "en"),
        ("eng", "en"),
        ("zh_Hant", "zh"),
        ("hmn", "hmn"),
        ("", None),
        ("Klingon (Qo'noS)", None),
        ("42", None),
    ],
)
def test_a_language_is_told_by_tag_code_or_word(text: str, code: str | None) -> None:
    assert identifiers.language_code(text) == code


@pytest.mark.parametrize("number", ["1234567890", "3234567893", "123456789", "12345678931", "", "x"])
def test_what_is_no_npi(number: str) -> None:
    assert not identifiers.npi_ok(number)
    assert identifiers.npi_ok("1234567893")
