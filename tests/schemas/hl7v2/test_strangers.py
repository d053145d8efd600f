"""Messages as strangers send them: types without events, wrapped and indented lines, spellings of character sets."""

from __future__ import annotations

import pytest

from schemas.codec import CodecError
from schemas.hl7v2 import acknowledgement, check, header_of, orders_of
from schemas.order import Order
from tests.schemas.hl7v2.test_answers import AT
from tests.schemas.hl7v2.test_orders import MSH, OBR, ORC, PID, message, one


def taken(data: bytes) -> Order:
    check(data, header_of(data))
    (order,) = orders_of(data, "doc")
    return order


@pytest.mark.parametrize("kind", ["ORM", "ORM_O01", "orm^o01", "ORM^O01^ORM_O01", "ORM^^ORM_O01", " ORM ^ O01 "])
def test_a_type_that_has_one_event_needs_no_event(kind: str) -> None:
    assert taken(message(ORC, OBR, kind=kind)).lines[0].code == "E1390"


@pytest.mark.parametrize("kind", ["REF", "REF_I12"])
def test_a_referral_without_an_event_may_be_a_cancellation_and_is_refused(kind: str) -> None:
    data = message("RF1|A", kind=kind)
    with pytest.raises(CodecError) as caught:
        check(data, header_of(data))
    assert caught.value.code == "201"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("VXU^V04", "immunizations"),
        ("DFT^P03", "charges"),
        ("BAR^P01", "billing"),
        ("MFN^M02", "master files"),
        ("QBP^Q11", "queries"),
        ("OMI^O23", "imaging"),
        ("RDS^O13", "dispenses"),
        ("XYZ^X01", "not supported"),
    ],
)
def test_what_is_nothing_for_us_is_refused_with_the_reason(kind: str, words: str) -> None:
    data = message(ORC, OBR, kind=kind)
    with pytest.raises(CodecError, match=words) as caught:
        check(data, header_of(data))
    assert caught.value.code == "200"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\r\n\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("indent", ["", "    ", "\t"])
@pytest.mark.parametrize("first", ["", "\ufeff", "\r\n  "])
def test_lines_may_end_and_begin_in_any_way(end: str, last: bool, indent: str, first: str) -> None:
    lines = [MSH.format(kind="ORM^O01"), PID, ORC, OBR]
    text = first + f"{end}{indent}".join(lines) + (end if last else "")
    order = taken(text.encode())
    assert order.clinician.npi == "1234567893"
    assert order.lines[0].code == "E1390"
    assert order.member.name is not None
    assert order.member.name.text == "Jane Doe"


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_a_note_that_was_wrapped_is_one_note(end: str) -> None:
    data = message(ORC, OBR, f"NTE|1||Deliver to: 12 Oak St,{end}please ring twice")
    assert "please ring twice" in " ".join(taken(data).notes)


def test_a_member_id_that_was_wrapped_is_not_taken_for_the_half_of_it() -> None:
    order = one("IN1|1|1|1|Humana" + "|" * 32 + "W123\r45678901", ORC, OBR)
    assert order.coverage[0].member_id is None
    assert "member_id" in order.unreadable


def test_wrapped_lines_are_joined_in_linear_time() -> None:
    order = one(ORC, OBR, "NTE|1||a" + "\rx y" * 200_000)
    assert order.notes


@pytest.mark.parametrize(
    ("declared", "text", "codec"),
    [
        ("UNICODE UTF-8", "Łucja", "utf-8"),
        ("UNICODE", "Łucja", "utf-8"),
        ("utf-8", "Łucja", "utf-8"),
        ("8859/1", "Zoë", "latin-1"),
        ("8859/15", "Zoë€", "iso8859-15"),
        ("8859/2", "Łucja", "iso8859-2"),
        ("ISO_8859-1", "Zoë", "latin-1"),
        ("ISO8859-15", "Zoë€", "iso8859-15"),
        ("WINDOWS-1252", "Zoë€", "cp1252"),
        ("windows 1252", "Zoë€", "cp1252"),
        ("ASCII", "Zoe", "ascii"),
        ("", "Zoë", "utf-8"),
        ("8859/1~UNICODE UTF-8", "Zoë", "latin-1"),
    ],
)
def test_a_name_is_read_in_the_declared_character_set(declared: str, text: str, codec: str) -> None:
    msh = MSH.format(kind="ORM^O01") + "||||||" + declared
    data = "\r".join([msh, PID.replace("Jane", text), ORC, OBR, ""]).encode(codec)
    name = taken(data).member.name
    assert name is not None
    assert name.given == text
    assert acknowledgement(header_of(data), "AA", at=AT)


@pytest.mark.parametrize("declared", ["ISO IR87", "ISO IR159", "UNICODE UTF-16", "GB 18030-2000", "BIG-5", "8859/99"])
def test_a_character_set_that_we_cannot_read_is_refused(declared: str) -> None:
    data = (MSH.format(kind="ORM^O01") + "||||||" + declared + "\rPID|1\rORC|NW\r").encode()
    with pytest.raises(CodecError) as caught:
        check(data, header_of(data))
    assert (caught.value.code, caught.value.location) == ("103", "MSH-18")


def test_a_referral_without_rf1_is_a_new_order() -> None:
    order = one("PRD|RP|Smith^Ann|||||1234567893^NPI", "OBR|1|P1||E1390^Oxygen^HCPCS", kind="REF^I12")
    assert order.action == "new"
    assert order.clinician.npi == "1234567893"


def test_a_cancelled_referral_without_rf1_is_a_cancellation() -> None:
    assert one("PRD|RP|Smith^Ann", kind="REF^I14").action == "cancel"


@pytest.mark.parametrize(("status", "kind", "action"), [("C", "REF^I14", "cancel"), ("NEW", "REF^I12", "new")])
def test_the_sites_own_word_for_the_status_stops_no_referral_that_is_clear_without_it(
    status: str, kind: str, action: str
) -> None:
    assert one(f"RF1|{status}|R|HHC|||R77", kind=kind).action == action


def test_a_day_in_the_place_of_the_referrals_number_is_no_number() -> None:
    """Two referrals of one day would have the same: seen in messages whose RF1 is a field short."""
    order = one("RF1|P|R|HHC|||20251108", kind="REF^I12")
    assert (order.placer_number, order.unmapped["RF1-6"]) == (None, "20251108")
    assert one("RF1|P|R|HHC|||2025110877", kind="REF^I12").placer_number == "2025110877"


def test_an_address_that_is_a_component_short_is_not_used() -> None:
    order = one(ORC, OBR, pid="PID|1||MR1||Doe^Jane||19500102|F|||Dayton^OH^45402^USA")
    assert (order.member.address, order.delivery_address) == (None, None)
    assert order.unmapped["PID-11"] == "Dayton^OH^45402^USA"
    assert "ship_address" in order.unreadable


def test_what_is_no_condition_of_acknowledgement_leaves_the_mode_the_original_one() -> None:
    header = header_of(b"MSH|^~\\&|A|B|C|D|20261120||ORM^O01|1|P|2.3.1|||2.3.1\r")
    assert not header.enhanced


@pytest.mark.parametrize(
    "xcn",
    [
        "1234567893^Smith^Ann^^^^^^National Provider ID^Personnel^^^National Provider Identifier",
        "X9^Smith^Ann^^^^^^^^^^External Identifier~1234567893^Smith^Ann^^^^^^^^^^National Provider Identifier",
        "1234567893^Smith^Ann^^^^^^^^^^NPI Number",
    ],
)
def test_an_npi_may_be_called_so_in_words(xcn: str) -> None:
    assert one(f"ORC|NW|P1||||||||||{xcn}", OBR).clinician.npi == "1234567893"


def test_a_number_that_is_called_an_npi_must_be_one() -> None:
    order = one("ORC|NW|P1||||||||||1234567890^Smith^Ann^^^^^^^^^^National Provider Identifier", OBR)
    assert order.clinician.npi is None
    assert "NPI check" in order.unreadable["clinician_npi"]


@pytest.mark.parametrize(
    ("address", "state", "postal_code"),
    [
        ("1 Elm St^^Akron^OH^44308^USA", "OH", "44308"),
        ("1 Elm St^^Akron^Ohio^44308", "OH", "44308"),
        ("1 Calle Sol^^San Juan^PR^00901^PR", "PR", "00901"),
        ("Birkenweg 3^^Kiel^SH^24103^DE", None, None),
        ("Birkenweg 3^^Kiel^SH^24103", None, None),
        ("1 Main St^^Sydney^NSW^12000^AU", None, None),
        ("Rua A^^Lisboa^MD^20001^PT", None, None),
    ],
)
def test_a_place_outside_of_the_united_states_is_not_taken_for_one_inside(
    address: str, state: str | None, postal_code: str | None
) -> None:
    found = one(ORC, OBR, pid=PID.replace("1 Main St^^Dayton^OH^45402^USA^H", f"{address}^H")).delivery_address
    if found is not None:
        assert (found.state, found.postal_code) == (state, postal_code)
    assert (found is None) <= (state is None)


@pytest.mark.parametrize(
    "xtn", ["^WPN^PH^^49^431^5550600", "+47 22 85 50 50", "+351243123456", "^PRN^PH^^+44^207^9460958", "555-1234"]
)
def test_a_telephone_number_of_another_country_is_not_taken_for_an_american_one(xtn: str) -> None:
    order = one(ORC, OBR, pid=PID.replace("(937)555-0100^PRN^PH", xtn))
    assert order.contact_phone is None
    assert "contact_phone" in order.unreadable


@pytest.mark.parametrize("xtn", ["^PRN^PH^^1^937^5550100", "+1 937 555 0100", "^PRN^PH^^+1^937^5550100", "9375550100"])
def test_an_american_one_may_say_so(xtn: str) -> None:
    assert one(ORC, OBR, pid=PID.replace("(937)555-0100^PRN^PH", xtn)).contact_phone == "9375550100"


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("219-09-9998", True),
        ("219099998", True),
        ("000-00-0000", False),
        ("999-99-9999", False),
        ("111-11-1111", False),
        ("666-12-3456", False),
        ("219-00-9998", False),
        ("219-09-0000", False),
        ("SSN", False),
        ("", False),
    ],
)
def test_a_social_security_number_that_nobody_has_identifies_nobody(number: str, kept: bool) -> None:
    order = one(ORC, OBR, pid=PID + f"||||||{number}")
    assert [i.value for i in order.member.identifiers if i.system and "ssn" in i.system] == [number] * kept
    assert ("PID-19" in order.unmapped) is (bool(number) and not kept)


@pytest.mark.parametrize(
    ("said", "flow"),
    [
        ("OBX|1|NM|1001^Oxygen flow rate (L/min)?^L||2||||||F", 2),
        ("OBX|1|ST|1001^LPM^L||2||||||F", 2),
        ("OBX|1|ST|1001^Liters per minute:^L||3 L/min||||||F", 3),
        ("NTE|1||Oxygen flow (L/min): 4", 4),
        ("NTE|1||Oxygen liter flow? = 2.5 lpm", 2.5),
        ("OBX|1|ST|1001^Oxygen saturation (%)^L||88||||||F", None),
    ],
)
def test_a_question_is_known_by_its_words_whatever_its_punctuation(said: str, flow: float | None) -> None:
    found = one(ORC, OBR, said).frequency
    assert (float(found.value) if found else None) == flow
