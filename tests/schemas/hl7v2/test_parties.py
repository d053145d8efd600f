"""The member as other systems write it: kinds in words, repetitions that differ, spoken orders; nothing vanishes."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.hl7v2 import orders_of
from tests.schemas.hl7v2.test_orders import NPI, OBR, ORC, one

HOME = "1 Main St^^Dayton^OH^45402^USA^"
OTHER = "9 Elm St^^Akron^OH^44308^USA^"


def pid(*, name: str = "Doe^Jane^^^^^L", dob: str = "19500102", sex: str = "F", address: str = HOME + "H") -> str:
    return f"PID|1||MR1^^^FAC^MR||{name}||{dob}|{sex}|||{address}||(937)555-0100^PRN^PH"


@pytest.mark.parametrize(
    "kind",
    [
        "Current",
        "CURRENT",
        "Legal",
        "legal name",
        "Official",
        "Display",
        "Birth",
        "L",
        "l",
        "",
        "Something of their own",
    ],
)
def test_the_only_name_is_the_members_whatever_word_its_kind_has(kind: str) -> None:
    order = one(ORC, OBR, pid=pid(name=f"Doe^Jane^^^^^{kind}"))
    assert order.member.name is not None
    assert order.member.name.text == "Jane Doe"
    assert order.unreadable == {}
    assert "PID-5" not in order.unmapped


@pytest.mark.parametrize("kind", ["A", "Alias", "Maiden", "nickname", "Previous", "Preferred"])
def test_a_name_that_is_not_the_legal_one_is_no_name_and_stays_as_received(kind: str) -> None:
    order = one(ORC, OBR, pid=pid(name=f"Doe^Jane^^^^^{kind}"))
    assert order.member.name is None
    assert "alias or a former" in order.unreadable["member_name"]
    assert order.unmapped["PID-5"] == f"Doe^Jane^^^^^{kind}"


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Roe^Jane^^^^^Maiden~Doe^Jane^^^^^Current", {"PID-5~1": "Roe^Jane^^^^^Maiden"}),
        ("Doe^Jane^^^^^Current~Roe^J^^^^^House", {"PID-5~2": "Roe^J^^^^^House"}),
        ("Doe^Jane^^^^^Legal~Roe^Jane^^^^^Current", {"PID-5~2": "Roe^Jane^^^^^Current"}),
        ("Doe^Jane^^^^^L~DOE^JANE^^^^^Legal", {}),
        ("Doe^Jane^^^^^L^A~D^J^^^^^L^I", {"PID-5~2": "D^J^^^^^L^I"}),
    ],
)
def test_of_several_names_the_others_stay_as_received(name: str, left: dict[str, str]) -> None:
    order = one(ORC, OBR, pid=pid(name=name))
    assert order.member.name is not None
    assert order.member.name.text == "Jane Doe"
    assert {k: v for k, v in order.unmapped.items() if k.startswith("PID-5")} == left


@pytest.mark.parametrize(
    "name", ["Doe^Jane^^^^^L~Roe^Jane^^^^^L", "Doe^Jane~Roe^Jane", "Doe^Jane^^^^^L~Roe^Jane^^^^^Legal"]
)
def test_two_names_of_one_kind_contradict_each_other(name: str) -> None:
    order = one(ORC, OBR, pid=pid(name=name))
    assert order.member.name is None
    assert "different values" in order.conflicting["member_name"]
    assert order.unmapped["PID-5"] == name


def test_names_of_unknown_kinds_are_not_chosen_from() -> None:
    order = one(ORC, OBR, pid=pid(name="Doe^Jane^^^^^Foo~Roe^Jane^^^^^Bar"))
    assert order.member.name is None
    assert "type we know" in order.unreadable["member_name"]
    assert order.unmapped["PID-5"] == "Doe^Jane^^^^^Foo~Roe^Jane^^^^^Bar"


@pytest.mark.parametrize(
    "kind",
    ["Home", "HOME", "home address", "Current", "Permanent", "Mailing", "Legal", "Temporary", "", "Their own word"],
)
def test_the_only_address_is_the_home_whatever_word_its_kind_has(kind: str) -> None:
    order = one(ORC, OBR, pid=pid(address=HOME + kind))
    assert order.member.address is not None
    assert order.delivery_address == order.member.address
    assert "PID-11" not in order.unmapped


@pytest.mark.parametrize("kind", ["BA", "Billing", "Business", "Office", "Vacation"])
def test_an_address_where_nobody_lives_is_no_home_and_stays_as_received(kind: str) -> None:
    order = one(ORC, OBR, pid=pid(address=HOME + kind))
    assert order.delivery_address is None
    assert "no address of a home" in order.unreadable["ship_address"]
    assert order.unmapped["PID-11"] == HOME + kind


def test_of_several_addresses_the_others_stay_as_received() -> None:
    order = one(ORC, OBR, pid=pid(address=f"{OTHER}Billing~{HOME}Home~{OTHER}What"))
    assert order.delivery_address is not None
    assert order.delivery_address.line1 == "1 Main St"
    assert order.unmapped["PID-11~1"] == OTHER + "Billing"
    assert order.unmapped["PID-11~3"] == OTHER + "What"


def test_two_homes_contradict_each_other_unless_a_place_to_deliver_is_named() -> None:
    two = f"{HOME}H~{OTHER}Home"
    order = one(ORC, OBR, pid=pid(address=two))
    assert (order.member.address, order.delivery_address) == (None, None)
    assert "different values" in order.conflicting["ship_address"]
    assert order.unmapped["PID-11"] == two
    order = one(ORC, OBR, pid=pid(address=f"{two}~2 Far Rd^^Akron^OH^44308^USA^Shipping"))
    assert order.delivery_address is not None
    assert order.delivery_address.line1 == "2 Far Rd"
    assert order.conflicting == {}


def test_a_broken_place_to_deliver_is_not_replaced_by_the_home() -> None:
    order = one(ORC, OBR, pid=pid(address=f"{HOME}H~^^Akron^OH^44308^USA^SH"))
    assert order.delivery_address is None
    assert "ship_address" in order.unreadable


def test_two_dates_of_birth_contradict_each_other() -> None:
    order = one(ORC, OBR, pid=pid(dob="19470315~19480316"))
    assert order.member.dob is None
    assert "different values" in order.conflicting["dob"]
    assert order.unmapped["PID-7"] == "19470315~19480316"


@pytest.mark.parametrize("dob", ["19470315~19470315", "19470315~1947-03-15", "19470315~", "19470315120000~19470315"])
def test_a_date_of_birth_that_is_repeated_the_same_is_one(dob: str) -> None:
    order = one(ORC, OBR, pid=pid(dob=dob))
    assert order.member.dob == date(1947, 3, 15)
    assert (order.conflicting, order.unreadable) == ({}, {})


def test_a_good_date_of_birth_beside_a_broken_one_is_not_chosen() -> None:
    order = one(ORC, OBR, pid=pid(dob="19470315~19471399"))
    assert order.member.dob is None
    assert "dob" in order.unreadable


def test_two_sexes_contradict_each_other_and_equal_ones_do_not() -> None:
    assert one(ORC, OBR, pid=pid(sex="F~Female")).member.sex == "female"
    order = one(ORC, OBR, pid=pid(sex="F~M"))
    assert order.member.sex is None
    assert "different values" in order.conflicting["sex"]


def test_a_member_number_that_is_given_twice_differently_is_none() -> None:
    order = one("IN1|1|P|X1|Humana" + "|" * 32 + "POL1~POL2", ORC, OBR)
    assert order.coverage[0].member_id is None
    assert "member_id" in order.conflicting


def test_a_second_phone_and_a_second_number_of_the_clinician_stay_as_received() -> None:
    other = "U77^Smith^Ann^^^^^^^^^^UPIN"
    more = pid() + "~(614)555-0199^WPN^PH"
    order = one(ORC + "~" + other, OBR, pid=more)
    assert order.contact_phone == "9375550100"
    assert order.unmapped["PID-13~2"] == "(614)555-0199^WPN^PH"
    assert order.unmapped["ORC-12~2"] == other


def orc(mode: str, writer: str = "") -> str:
    fields = ORC.split("|")
    fields += [""] * (31 - len(fields))
    fields[10], fields[30] = writer, mode
    return "|".join(fields)


@pytest.mark.parametrize("mode", ["PH", "VO", "vo^Voice^HL70483", "IP", "RE", "T^Telephone", "V^Verbal order^99LOC"])
@pytest.mark.parametrize("writer", ["", "N7^Nurse^Nora"])
def test_an_order_that_was_only_said_is_not_signed(mode: str, writer: str) -> None:
    order = one(orc(mode, writer), OBR)
    assert (order.signature_present, order.signature_date) == (None, None)
    assert order.unmapped["ORC-30"] == mode
    assert order.clinician.npi == NPI


@pytest.mark.parametrize(
    ("mode", "writer"),
    [
        ("", "N7^Nurse^Nora"),
        ("EL", "N7^Nurse^Nora"),
        ("PA", "N7^Nurse^Nora"),
        ("PH", f"{NPI}^Smith^Ann"),
        ("VO", "^smith^ann"),
    ],
)
def test_an_order_that_its_provider_entered_or_wrote_is_signed(mode: str, writer: str) -> None:
    order = one(orc(mode, writer), OBR)
    assert order.signature_present
    assert order.signature_date == date(2026, 11, 18)


def test_one_item_that_was_only_said_leaves_the_order_unsigned() -> None:
    assert one(ORC, OBR, orc("VO"), OBR).signature_present is None


@pytest.mark.parametrize(
    ("said", "code"), [("spa^Spanish^ISO639", "es"), ("EN", "en"), ("^Vietnamese", "vi"), ("?", None)]
)
def test_the_members_language_is_told(said: str, code: str | None) -> None:
    message = f"MSH|^~\\&|A|B|C|D|20261123||ORM^O01|1|P|2.5.1\rPID|1||1||Doe^Jane||19500102|F|||||||{said}\rORC|NW|1\r"
    (found,) = orders_of(message.encode(), "doc")
    assert found.member.language == code
