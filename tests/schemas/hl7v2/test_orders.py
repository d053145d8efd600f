"""The mapping, place by place: what is preferred, what contradicts, what stays unread, what goes to `unmapped`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from schemas.codec import CodecError
from schemas.hl7v2 import STANDARD, orders_of, placer_number, tells_status
from schemas.order import Order, OrderLine, OrderType

MSH = "MSH|^~\\&|APP|FAC|DOORSTEP|HUB|20261120083000||{kind}|ID1|P|2.5.1"
PID = "PID|1||MR1^^^FAC^MR||Doe^Jane^^^^^L||19500102|F|||1 Main St^^Dayton^OH^45402^USA^H||(937)555-0100^PRN^PH"
NPI = "1234567893"
ORC = f"ORC|NW|P1|||||||20261118101500|||{NPI}^Smith^Ann^^^^^^^^^^NPI"
OBR = "OBR|1|P1||E1390^Oxygen concentrator^HCPCS"


def message(*segments: str, kind: str = "ORM^O01", pid: str = PID) -> bytes:
    return "\r".join([MSH.format(kind=kind), pid, *segments, ""]).encode()


def one(*segments: str, kind: str = "ORM^O01", pid: str = PID) -> Order:
    (order,) = orders_of(message(*segments, kind=kind, pid=pid), "doc")
    return order


@pytest.mark.parametrize("orc", ["ORC|CA|REF77|||CA", "ORC|SC|REF77|||CA", "ORC|DC|REF77"])
def test_a_status_update_takes_an_order_back(orc: str) -> None:
    """IHE 360X: the referring side cancels a referral by OSU^O51."""
    order = one(orc, kind="OSU^O51")
    assert (order.action, order.placer_number) == ("cancel", "REF77")


@pytest.mark.parametrize("orc", ["ORC|NW|REF77", "ORC|XO|REF77", "ORC|OK|REF77|||CM", "ORC|SC|REF77|||HD"])
def test_another_status_update_is_refused(orc: str) -> None:
    with pytest.raises(CodecError) as caught:
        one(orc, kind="OSU^O51")
    assert (caught.value.code, caught.value.location) == ("103", "ORC-1")


@pytest.mark.parametrize(
    ("control", "action"),
    [("NW", "new"), ("", "new"), ("XO", "update"), ("RP", "update"), ("CA", "cancel"), ("DC", "cancel")],
)
def test_the_order_control_code_decides_the_action(control: str, action: str) -> None:
    assert one(ORC.replace("NW", control), OBR).action == action


@pytest.mark.parametrize("status", ["", "IP", "CM", "A", "SC", "Completed"])
@pytest.mark.parametrize("kind", ["ORM^O01", "OSU^O51"])
def test_how_far_an_order_is_at_its_sender_asks_for_nothing(kind: str, status: str) -> None:
    """A filler's or a hospital's progress (ORC-1 SC): each would otherwise be a review that nobody can act on."""
    order = one(f"ORC|SC|REF77|||{status}", kind=kind)
    assert (order.action, order.placer_number) == ("status", "REF77")


@pytest.mark.parametrize("status", ["HD", "RP", "ER", "ZZ"])
def test_a_status_that_wants_something_or_that_nobody_knows_is_a_persons(status: str) -> None:
    with pytest.raises(CodecError) as caught:
        one(f"ORC|SC|REF77|||{status}", OBR)
    assert (caught.value.code, caught.value.location) == ("103", "ORC-1")


@pytest.mark.parametrize(
    ("message_", "alone"),
    [
        (("ORC|SC|P1|||CM",), True),
        (("ORC|SC|P1|||CM", "OBR|1|P1", "ORC| sc |P2|||IP"), True),
        (("ORC|SC|P1|||CM", "ORC|NW|P2"), False),
        (("ORC|SC|P1|||CA",), False),
        (("ORC|SC|P1|||HD",), False),
        (("OBR|1|P1",), False),
    ],
)
def test_a_message_that_only_tells_a_status_wants_no_response(message_: tuple[str, ...], alone: bool) -> None:
    assert tells_status(message(*message_), STANDARD) is alone


@pytest.mark.parametrize("control", ["HD", "ZZ", "RL", "SS"])
def test_a_control_code_that_is_no_request_is_refused_rather_than_taken_for_new(control: str) -> None:
    with pytest.raises(CodecError) as caught:
        orders_of(message(ORC.replace("NW", control), OBR), "doc")
    assert (caught.value.code, caught.value.location) == ("103", "ORC-1")


def test_results_that_ride_along_are_no_orders() -> None:
    order = one(ORC, OBR, "ORC|RE|P0", "OBR|1|P0||E0601^CPAP^HCPCS")
    assert [line.code for line in order.lines] == ["E1390"]


def test_a_replacement_cancels_the_old_order_and_places_the_new_one() -> None:
    old, new = orders_of(message("ORC|RP|P1", OBR, "ORC|RO|P2", OBR.replace("P1", "P2")), "doc")
    assert [(o.action, o.placer_number) for o in (old, new)] == [("cancel", "P1"), ("new", "P2")]


def test_items_of_one_type_are_lines_of_one_order_and_types_are_orders_of_their_own() -> None:
    found = orders_of(message(ORC, OBR, ORC, "OBR|2|P2||E0431^Portable^HCPCS", ORC, "OBR|3|P3||G0299^RN^HCPCS"), "doc")
    assert [(o.order_type, [line.code for line in o.lines]) for o in found] == [
        (OrderType.DME, ["E1390", "E0431"]),
        (OrderType.HOME_HEALTH, ["G0299"]),
    ]
    assert len({o.order_id for o in found}) == 2


def test_two_obr_under_one_orc_are_two_lines() -> None:
    order = one(ORC, OBR, "OBR|2|P1||E0431^Portable^HCPCS")
    assert [line.code for line in order.lines] == ["E1390", "E0431"]
    assert order.clinician.npi == NPI


def test_two_members_are_two_orders() -> None:
    other = PID.replace("Doe^Jane", "Roe^Rita").replace("19500102", "19610304")
    found = orders_of(message(ORC, OBR, other, ORC, OBR), "doc")
    assert [o.member.name and o.member.name.family for o in found] == ["Doe", "Roe"]


def test_an_infusion_pump_goes_with_its_drug() -> None:
    order = one(ORC, "RXO|J3370^Vancomycin^HCPCS|||||||||| 14|dose", ORC, "OBR|1|P2||E0781^Pump^HCPCS")
    assert order.order_type is OrderType.INFUSION
    assert [line.code for line in order.lines] == ["J3370", "E0781"]
    assert order.lines[0].quantity == 14


@pytest.mark.parametrize(
    ("xcn", "npi", "reason"),
    [
        (f"{NPI}^Smith^Ann^^^^^^^^^^NPI", NPI, ""),
        (f"{NPI}^Smith^Ann", NPI, ""),
        (f"{NPI}^Smith^Ann^^^^^^NPI&2.16.840.1.113883.4.6&ISO", NPI, ""),
        (f"U123^Smith^Ann^^^^^^^^^^UPIN~{NPI}^Smith^Ann^^^^^^^^^^NPI", NPI, ""),
        ("1234567890^Smith^Ann^^^^^^^^^^NPI", None, "NPI check"),
        ("1234567890^Smith^Ann", None, ""),
        (f"{NPI}^Smith^Ann^^^^^^^^^^DEA", None, ""),
        (f"{NPI}^Smith^Ann^^^^^^^^^^NPI~1003000126^Smith^Ann^^^^^^^^^^NPI", None, "differ"),
    ],
)
def test_an_npi_is_taken_only_when_it_checks(xcn: str, npi: str | None, reason: str) -> None:
    order = one(f"ORC|NW|P1||||||||||{xcn}", OBR)
    assert order.clinician.npi == npi
    assert order.clinician.name is not None
    assert order.clinician.name.text == "Ann Smith"
    assert reason in (order.unreadable | order.conflicting).get("clinician_npi", "")
    assert bool(reason) == ("clinician_npi" in order.unreadable | order.conflicting)


def test_orc_and_obr_that_name_different_clinicians_conflict() -> None:
    order = one(ORC, f"{OBR}||||||||||||1003000126^Jones^Bob^^^^^^^^^^NPI")
    assert order.clinician.npi is None
    assert "clinician_npi" in order.conflicting


@pytest.mark.parametrize(
    ("obr", "codes", "trouble"),
    [
        ("OBR|1|P1||HME7^Concentrator^L" + "|" * 40 + "E1390^^HCPCS|RR~NU", ["E1390"], False),
        ("OBR|1|P1||E1390^Concentrator^C4", ["E1390"], False),
        ("OBR|1|P1||E1390-RR^Concentrator", ["E1390"], False),
        ("OBR|1|P1||123^x^L^E1390^Concentrator^HCPCS", ["E1390"], False),
        ("OBR|1|P1||97110^Exercise^C4", ["97110"], False),
        ("OBR|1|P1||97110^Local thing", [None], False),
        ("OBR|1|P1||2345-7^Glucose^LN", [None], False),
        ("OBR|1|P1||E1390^x^HCPCS" + "|" * 40 + "E0601^^HCPCS", [None], True),
    ],
)
def test_the_item_code_comes_from_its_system_or_its_shape(obr: str, codes: list[str | None], trouble: bool) -> None:
    order = one(ORC, obr)
    assert [line.code for line in order.lines] == codes
    assert ("order_lines" in order.conflicting) is trouble


def test_a_code_that_is_not_used_stays_in_unmapped() -> None:
    order = one(ORC, "OBR|1|P1||HME7^Concentrator^L")
    assert order.unmapped["OBR-4"] == "HME7^Concentrator^L"
    assert order.lines[0].description == "Concentrator"


@pytest.mark.parametrize(
    ("segments", "quantity", "trouble"),
    [
        (["TQ1|1|4^EA", OBR], 4, ""),
        ([OBR, "TQ1|1|4"], 4, ""),
        ([OBR + "|" * 23 + "6&EA^^^20261121"], 6, ""),
        (["TQ1|1|4", OBR + "|" * 23 + "6"], None, "conflicting"),
        (["TQ1|1|many", OBR], None, "unreadable"),
        (["TQ1|1|-2", OBR], None, "unreadable"),
        ([OBR, "NTE|1||Quantity: 3"], 3, ""),
        (["TQ1|1|4", OBR, "NTE|1||Quantity: 3"], None, "conflicting"),
    ],
)
def test_all_places_of_a_quantity_must_agree(segments: list[str], quantity: int | None, trouble: str) -> None:
    order = one(ORC, *segments)
    assert order.lines[0].quantity == quantity
    for kind in ("conflicting", "unreadable"):
        assert ("order_lines" in getattr(order, kind)) is (trouble == kind)


@pytest.mark.parametrize(
    ("item", "notes", "kind", "value"),
    [
        ("E1390", "Frequency: 2 L/min continuous via nasal cannula", "oxygen_lpm", "2"),
        ("E1390", "Liter flow: 2.5", "oxygen_lpm", "2.5"),
        ("E1390", "oxygen_lpm: 3 LPM", "oxygen_lpm", "3"),
        ("A6212", "Frequency: 3 times per week", "dressings_per_week", "3"),
        ("A6212", "frequency = 3x/week", "dressings_per_week", "3"),
        ("J3370", "Dose interval: q12h", "dose_interval_hours", "12"),
        ("J3370", "Frequency: every 8 hours", "dose_interval_hours", "8"),
        ("J3370", "Frequency: BID", "dose_interval_hours", "12"),
        ("G0299", "Visits: 9", "visits", "9"),
        ("G0299", "Frequency: 9 visits", "visits", "9"),
    ],
)
def test_a_frequency_is_read_where_it_is_stated(item: str, notes: str, kind: str, value: str) -> None:
    order = one(ORC, OBR.replace("E1390", item), f"NTE|1||{notes}")
    assert order.frequency is not None
    assert (order.frequency.kind, order.frequency.value) == (kind, Decimal(value))


@pytest.mark.parametrize(
    "note", ["Frequency: 2 L/min at rest, 4 L/min on exertion", "Frequency: as needed", "Liter flow: two"]
)
def test_a_frequency_that_is_not_certain_is_unreadable(note: str) -> None:
    order = one(ORC, OBR, f"NTE|1||{note}")
    assert order.frequency is None
    assert "frequency" in order.unreadable


def test_two_frequencies_that_differ_conflict() -> None:
    order = one(ORC, OBR, "NTE|1||Liter flow: 2", "OBX|1|NM|3151-8^Inhaled oxygen flow^LN||4|L/min||||F|F")
    assert order.frequency is None
    assert "frequency" in order.conflicting


def test_a_deleted_observation_says_nothing() -> None:
    assert one(ORC, OBR, "OBX|1|NM|3151-8^Flow^LN||4|L/min|||||D").frequency is None


@pytest.mark.parametrize(
    ("note", "barriers"),
    [
        ("stairs, gated community", ("gated", "stairs")),
        ("3 steps and elevator", ("elevator", "stairs")),
        ("no stairs; gate code at desk", ("gated",)),
        ("none", ()),
    ],
)
def test_access_barriers_are_a_list_in_words(note: str, barriers: tuple[str, ...]) -> None:
    order = one(ORC, OBR, f"NTE|1||Access barriers: {note}")
    assert order.access_barriers == barriers
    assert order.unreadable == {}


def test_the_delivery_address_is_the_one_that_is_said_to_be() -> None:
    assert one(ORC, OBR).delivery_address == one(ORC, OBR).member.address
    shipped = PID.replace("1 Main St", "2 Far Rd^^Akron^OH^44308^USA^SH~1 Main St")
    order = one(ORC, OBR, pid=shipped)
    assert order.delivery_address is not None
    assert order.delivery_address.one_line() == "2 Far Rd, Akron, OH 44308"
    assert order.member.address is not None
    assert order.member.address.line1 == "1 Main St"
    order = one(ORC, OBR, "NTE|1||Ship to: 3 New Ave Apt 4, Toledo, OH 43604")
    assert order.delivery_address is not None
    assert order.delivery_address.one_line() == "3 New Ave Apt 4, Toledo, OH 43604"
    order = one(ORC, OBR, "NTE|1||Ship to: the daughter's house")
    assert order.delivery_address is None
    assert "ship_address" in order.unreadable


@pytest.mark.parametrize(
    ("pv2", "deadline"),
    [
        ("20261125", date(2026, 11, 25)),
        ("202611251400", datetime(2026, 11, 25, 19, 0, tzinfo=UTC)),
        ("20261125140000-0600", datetime(2026, 11, 25, 20, 0, tzinfo=UTC)),
        ("20261355", None),
    ],
)
def test_a_discharge_time_without_offset_is_local_to_the_home(pv2: str, deadline: date | None) -> None:
    order = one(f"PV2|||||||||{pv2}", ORC, OBR)
    assert order.discharge_deadline == deadline
    assert ("discharge_deadline" in order.unreadable) is (deadline is None)


@pytest.mark.parametrize("dob", ["1950", "19501301", "00000000", "20270101", "unknown"])
def test_a_date_of_birth_that_cannot_be_is_unreadable_and_the_order_stays(dob: str) -> None:
    order = one(ORC, OBR, pid=PID.replace("19500102", dob))
    assert order.member.dob is None
    assert "dob" in order.unreadable
    assert order.lines[0].code == "E1390"


def test_null_fields_are_absent_not_values() -> None:
    order = one(ORC, OBR, pid='PID|1||""||""||""|""|||""||""')
    assert (order.member.name, order.member.dob, order.member.phone, order.unreadable) == (None, None, None, {})


def test_coverage_follows_its_rank_and_in1_49_goes_before_in1_36() -> None:
    second = "IN1|1|P|X1|Humana||||G2|||||||||||||||||||||||||||| POL2"
    first = "IN1|2|P|X2|Medicare||||||||||||||||||1||||||||||||||POL1|||||||||||||1EG4TE5MK73"
    order = one(second, first, ORC, OBR)
    assert [(c.payer, c.member_id, c.group_no, c.rank) for c in order.coverage] == [
        ("Humana", "POL2", "G2", 1),
        ("Medicare", "1EG4TE5MK73", None, 1),
    ]
    order = one(second + "", first.replace("|1|||", "|1|||", 1), "IN2||||||1EG4TE5MK74", ORC, OBR)
    assert order.coverage[1].member_id == "1EG4TE5MK73"


@pytest.mark.parametrize(
    ("dg1", "codes"),
    [
        (["DG1|1||J449^COPD^I10"], ["J44.9"]),
        (["DG1|1||J44.9|COPD"], ["J44.9"]),
        (["DG1|1||U07.1^COVID-19^I10"], ["U07.1"]),
        (["DG1|1|I10|J44.9"], ["J44.9"]),
        (["DG1|1||496^COPD^I9C^J44.9^COPD^I10C"], ["J44.9"]),
        (["DG1|1||J44.9^^I10|||||||||||| 2", "DG1|2||E11.9^^I10||||||||||||1"], ["E11.9", "J44.9"]),
        (["DG1|1||J44.9^^I10" + "|" * 18 + "D"], []),
        (["DG1|1||J44.9^^I10", "DG1|2||J449^^I10"], ["J44.9"]),
    ],
)
def test_diagnoses_are_icd_10_with_the_dot_by_rank(dg1: list[str], codes: list[str]) -> None:
    assert [d.code for d in one(*dg1, ORC, OBR).diagnoses] == codes


def test_an_icd_9_code_is_not_a_diagnosis_and_says_so() -> None:
    order = one("DG1|1||496^COPD^I9C", ORC, OBR)
    assert order.diagnoses == ()
    assert "ICD-10" in order.unreadable["icd10"]


@pytest.mark.parametrize(("status", "action"), [("P", "new"), ("A", "new"), ("R", "cancel"), ("", "new")])
def test_the_referral_status_decides_the_action(status: str, action: str) -> None:
    rf1 = f"RF1|{status}|A|HHC^Home Health Care||| R77^FAC|20261125|20270124|20261118||F88"
    prd = f"PRD|RP|Smith^Ann||||| {NPI}^NPI".replace("||||| ", "|||555^x|", 1)
    prd = f"PRD|RP|Smith^Ann|||(937)555-0111^WPN^PH~(937)555-0112^WPN^FX||{NPI}^NPI"
    order = one(rf1, prd, "PR1|1||G0299^RN visits^HCPCS", kind="REF^I12")
    assert order.action == action
    assert (order.placer_number, order.filler_number, order.priority) == ("R77", "F88", "asap")
    assert (order.clinician.npi, order.clinician.practice_phone, order.clinician.practice_fax) == (
        NPI,
        "9375550111",
        "9375550112",
    )
    assert (order.service_start, order.service_end, order.authored_on) == (
        date(2026, 11, 25),
        date(2027, 1, 24),
        date(2026, 11, 18),
    )
    assert order.order_type is OrderType.HOME_HEALTH


def test_results_in_a_referral_are_not_items() -> None:
    order = one(
        "RF1|P",
        "PR1|1||G0299^RN^HCPCS",
        "OBR|1|||2708-6^Saturation^LN",
        "OBX|1|NM|2708-6^SpO2^LN||87|%",
        kind="REF^I12",
    )
    assert [line.code for line in order.lines] == ["G0299"]
    assert order.unmapped["OBX-5"] == "87"


def test_an_end_before_the_start_conflicts() -> None:
    order = one(ORC, "TQ1|1|1|||||20261125|20261101", OBR)
    assert (order.service_start, order.service_end) == (date(2026, 11, 25), None)
    assert "service_end" in order.conflicting


def test_a_large_attachment_does_not_swell_the_order() -> None:
    order = one(ORC, OBR, "OBX|1|ED|PDF^Report^L||^application^pdf^Base64^" + "A" * 1_000_000)
    assert len(order.model_dump_json()) < 5_000
    assert "characters" in order.unmapped["OBX-5"]


def test_errors_name_no_value_of_the_message() -> None:
    order = one(ORC.replace(NPI, "1234567890"), OBR, pid=PID.replace("19500102", "19999999"))
    reasons = " ".join([*order.unreadable.values(), *order.conflicting.values()])
    assert "1234567890" not in reasons
    assert "19999999" not in reasons


def test_a_cancel_may_name_the_order_and_nothing_else() -> None:
    order = one("ORC|CA|P1")
    assert (order.action, order.placer_number, order.lines) == ("cancel", "P1", (OrderLine(placer_number="P1"),))


def test_an_order_that_stands_before_its_patient_is_not_lost() -> None:
    data = "\r".join([MSH.format(kind="ORM^O01"), ORC, OBR, PID, "ORC|NW|P2", OBR, ""]).encode()
    (order,) = orders_of(data, "doc")
    assert len(order.lines) == 2


def test_what_has_no_place_is_listed_as_received() -> None:
    order = one(ORC, OBR, "AL1|1||^Penicillin", "ZPM|site\\T\\own", "pid|no segment")
    assert order.unmapped["AL1-3"] == "^Penicillin"
    assert order.unmapped["ZPM-1"] == "site&own"
    assert (order.unmapped["?-0"], order.unmapped["?-1"]) == ("pid", "no segment")


@pytest.mark.parametrize(
    ("note", "phone"),
    [
        ("Contact phone: daughter Ann, (614) 555-0123 ext 4", "6145550123"),
        ("Delivery contact: 1-614-555-0123", "6145550123"),
        ("Contact phone: 614.555.0123 or 614.555.0124", None),
        ("Contact phone: ask at the desk", None),
        ("Contact: the daughter", "9375550100"),
    ],
)
def test_a_stated_contact_goes_before_the_members_own_phone(note: str, phone: str | None) -> None:
    order = one(ORC, OBR, f"NTE|1||{note}")
    assert order.contact_phone == phone
    assert ("contact_phone" in order.unreadable) is (phone is None)


def test_a_note_does_not_settle_a_quantity_on_which_the_fields_differ() -> None:
    order = one(ORC, "TQ1|1|3", f"{OBR}{'|' * 23}2", "NTE|1||Quantity: 4")
    assert order.lines[0].quantity is None
    assert "order_lines" in order.conflicting


def test_a_named_value_goes_on_in_the_next_note_after_a_comma() -> None:
    notes = ["Deliver to: 450 Pine Rd,", "Nampa, ID 83651", "Access barriers: stairs,", "gated", "leave at door"]
    order = one(ORC, OBR, *(f"NTE|{n}||{text}" for n, text in enumerate(notes, start=1)))
    assert order.delivery_address is not None
    assert (order.delivery_address.line1, order.delivery_address.city) == ("450 Pine Rd", "Nampa")
    assert order.access_barriers == ("gated", "stairs")
    assert order.notes == ("Nampa, ID 83651", "gated", "leave at door")
    assert not order.unreadable


def test_a_free_note_and_the_next_named_value_stay_apart() -> None:
    order = one(ORC, OBR, "NTE|1||Please call first,", "NTE|2||at noon", "NTE|3||Brand: Inogen,", "NTE|4||Model: G5")
    assert order.notes == ("Please call first,", "at noon")
    assert order.equipment.model == "G5"
    address = one(ORC, OBR, "NTE|1||Deliver to: 450 Pine Rd, Nampa, ID 83651,", "NTE|2||back door").delivery_address
    assert address is not None
    assert (address.line1, address.postal_code) == ("450 Pine Rd", "83651")


@pytest.mark.parametrize(
    ("said", "deadline"),
    [
        ("11/24/2026 2:00 PM", datetime(2026, 11, 24, 19, tzinfo=UTC)),
        ("11/24/2026 at 12:30 a.m.", datetime(2026, 11, 24, 5, 30, tzinfo=UTC)),
        ("11/24/2026, 14:00", datetime(2026, 11, 24, 19, tzinfo=UTC)),
        ("11/24/2026 14:00", datetime(2026, 11, 24, 19, tzinfo=UTC)),
        ("11/24/2026", date(2026, 11, 24)),
        ("11/24/2026 2:00", None),
        ("11/24/2026 25:00", None),
        ("11/24/2026 13:00 PM", None),
    ],
)
def test_an_american_day_and_hour_is_a_deadline_when_it_has_one_meaning(said: str, deadline: date | None) -> None:
    order = one(ORC, OBR, f"NTE|1||Discharge deadline: {said}")
    assert order.discharge_deadline == deadline
    assert ("discharge_deadline" in order.unreadable) is (deadline is None)


@pytest.mark.parametrize(
    "rest",
    [
        (OBR.replace("concentrator", "concentrator 2 L/min via cannula"),),
        (OBR + "|||||||||O2 2 lpm NC",),
        (OBR, "NTE|1||Deliver at 2 LPM continuous"),
        (OBR, "OBX|1|TX|CMT^Comment||2 liters per minute at night"),
    ],
)
def test_an_oxygen_flow_that_only_the_words_say_is_read(rest: tuple[str, ...]) -> None:
    found = one(ORC, *rest).frequency
    assert found is not None
    assert (found.kind, found.value) == ("oxygen_lpm", 2)


def test_a_flow_in_a_field_goes_before_the_words_and_a_range_in_words_goes_to_a_person() -> None:
    stated = one(ORC, OBR + "|||||||||O2 3 lpm NC", "NTE|1||Oxygen flow: 2 L/min").frequency
    assert stated is not None
    assert stated.value == 2
    ranged = one(ORC, OBR, "NTE|1||Deliver at 2-4 LPM")
    assert ranged.frequency is None
    assert "frequency" in ranged.conflicting


def test_a_measured_flow_is_no_order() -> None:
    assert one(ORC, OBR, "NTE|1||SpO2 84% on 2 L/min").frequency is None


def test_the_one_hcpcs_code_in_the_words_beside_a_local_code_is_the_item() -> None:
    assert one(ORC, "OBR|1|P1||DME100^E1390 Oxygen concentrator^L").lines[0].code == "E1390"
    assert one(ORC, "OBR|1|P1||DME100^E1390 or E1391^L").lines[0].code is None


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("REF001", "REF001"),
        ("REF001^EPIC^1.2.3^ISO", "REF001"),
        ("^^REF001", "REF001"),
        ("^REF001", "REF001"),
        ("^EPIC^1.2.3^ISO", None),
        ("^^1.2.3^ISO", None),
        ("^EPIC^REF001", None),
    ],
)
def test_a_number_that_stands_alone_in_another_component_is_the_number(sent: str, number: str | None) -> None:
    referral = message(f"RF1|P|R|DME^Equipment|||{sent}", "PR1|1||E1390^Oxygen^HCPCS", kind="REF^I12")
    (order,) = orders_of(referral, "doc")
    assert (order.placer_number, placer_number(referral, STANDARD)) == (number, number or "")
    other = one(ORC.replace("P1", sent), OBR.replace("P1", sent))
    assert {other.placer_number, other.lines[0].placer_number} == {number}


def referred(*segments: str) -> tuple[Order, ...]:
    return orders_of(message("RF1|P|R|HH^Home health|||R7", *segments, kind="REF^I12"), "doc")


SPO2 = "OBX|1|NM|59408-5^Oxygen saturation^LN||86|%|||||F"


@pytest.mark.parametrize(
    "result",
    [
        ("OBR|1||L1|718-7^Hemoglobin^LN", "OBX|1|NM|718-7^Hemoglobin^LN||9.1|g/dL|||||F"),
        ("OBR|1||L1|85025^CBC^C4|||20261119||||||||||||||||||F", "OBX|1|NM|WBC^WBC^L||11|||||F"),
        ("OBR|1||L1|CXR^Chest film^L|||||||||||||||||||||F",),
        ("OBR|1||L1|VITALS^Vital signs^L", SPO2),
        ("ORC|RE|X1", "OBR|1|X1|L1|VITALS^Vital signs^L", SPO2),
        ("OBR|1||L1|2708-6^Oxygen saturation in arterial blood^LN", SPO2),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_result_inside_of_a_referral_is_not_ordered(result: tuple[str, ...], first: bool) -> None:
    asked = ("PR1|1||G0299^RN visit^HCPCS", "PR1|2||E1390^Concentrator^HCPCS")
    found = referred(*(result + asked if first else asked + result))
    assert [(o.order_type, [line.code for line in o.lines]) for o in found] == [
        (OrderType.HOME_HEALTH, ["G0299"]),
        (OrderType.DME, ["E1390"]),
    ]
    (alone,) = referred(*result)
    assert (alone.order_type, alone.lines, alone.placer_number) == (OrderType.HOME_HEALTH, (), "R7")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (("OBR|1|P1||E1390^Concentrator^HCPCS", SPO2), "E1390"),
        (("OBR|1|P1||DME1^Oxygen concentrator^L", SPO2), None),
        (("ORC|NW|P1", "OBR|1|P1||TRACH^Tracheostomy care^L", SPO2), None),
        (("OBR|1|P1||TRACH^Tracheostomy care^L", "OBX|1|TX|^Access barriers||stairs||||||F"), None),
        (("OBR|1|P1||TRACH^Tracheostomy care^L", "OBX|1|ED|FACE^Face sheet||^AP^PDF^Base64^JVBERi0=||||||F"), None),
    ],
)
def test_an_item_with_what_was_measured_for_it_stays_ordered(asked: tuple[str, ...], code: str | None) -> None:
    (order,) = referred(*asked)
    assert [line.code for line in order.lines] == [code]


def test_what_a_result_says_stays_with_the_referral() -> None:
    (order,) = referred("OBR|1||L1|VITALS^Vital signs^L", SPO2, "OBX|2|TX|^Oxygen flow||2 L/min||||||F")
    assert order.frequency is not None
    assert order.unmapped["OBX-5"] == "86"
