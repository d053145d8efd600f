"""Messages that order nothing: what they tell of a patient, and the documents inside them."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.hl7v2 import check, header_of, notices_of
from schemas.order import Identifier
from schemas.patient import NoticeKind

PID = "PID|1||552341^^^MERCY^MR||Carver^Thea||19601119|F|||12 Maple Ave^^Dayton^OH^45402||(937)555-0123"
PDF = b"%PDF-1.4 an order"


def message(kind: str, *segments: str, end: str = "\r") -> bytes:
    return end.join([f"MSH|^~\\&|EHR|HOSP|DS|HUB|20261120083000||{kind}|N1|P|2.5.1", *segments, ""]).encode()


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("A01", NoticeKind.DEMOGRAPHICS),
        ("A08", NoticeKind.DEMOGRAPHICS),
        ("A31", NoticeKind.DEMOGRAPHICS),
        ("A03", NoticeKind.DISCHARGE),
        ("A13", NoticeKind.DISCHARGE_CANCELLED),
        ("A40", NoticeKind.MERGE),
        ("A02", NoticeKind.OTHER),
        ("A60", NoticeKind.OTHER),
    ],
)
def test_each_adt_event_tells_its_kind(event: str, kind: NoticeKind) -> None:
    raw = message(f"ADT^{event}", f"EVN|{event}|20261120", PID)
    check(raw, header_of(raw))
    (one,) = notices_of(raw, "d1").patients
    assert one.kind is kind
    assert one.told.member.name is not None
    assert one.told.member.name.text == "Thea Carver"
    assert one.told.member.identifiers == (Identifier(system="MERCY", value="552341"),)


def test_a_sender_that_names_the_event_in_evn_alone_is_understood() -> None:
    raw = message("ADT", "EVN|A03|20261120", PID, "PV1|1|I" + "|" * 43 + "20261121140000-0500")
    check(raw, header_of(raw))
    found = notices_of(raw, "d1")
    assert found.event == "ADT^A03"
    assert found.patients[0].told.discharge_deadline == datetime(2026, 11, 21, 19, 0, tzinfo=UTC)


def test_a_merge_tells_the_numbers_that_end() -> None:
    raw = message("ADT^A40^ADT_A39", "EVN|A40|20261120", PID, "MRG|99887^^^MERCY^MR~77665^^^MERCY^MR")
    assert notices_of(raw, "d1").patients[0].prior == (
        Identifier(system="MERCY", value="99887"),
        Identifier(system="MERCY", value="77665"),
    )


def test_a_merge_of_two_pairs_is_two_notices() -> None:
    other = PID.replace("552341", "111").replace("Thea", "Otis")
    raw = message("ADT^A40", "EVN|A40|20261120", PID, "MRG|1^^^MERCY^MR", other, "MRG|2^^^MERCY^MR")
    assert [n.prior[0].value for n in notices_of(raw, "d1").patients] == ["1", "2"]


def test_an_appointment_tells_when_and_whether_it_holds() -> None:
    raw = message("SIU^S15", "SCH|1|2|||||||||^^^20261201093000", PID)
    (one,) = notices_of(raw, "d1").patients
    assert (one.kind, one.visit_status) == (NoticeKind.VISIT, "cancelled")
    assert one.visit_start == datetime(2026, 12, 1, 9, 30)  # noqa: DTZ001 - local, as it was sent


def test_a_document_inside_a_message_comes_out_whole() -> None:
    text = base64.b64encode(PDF).decode()
    for kind in ("Application^PDF", "^PDF", "AP^application/pdf", "TEXT^PDF"):
        raw = message("MDM^T02", "EVN|T02|2026", PID, "TXA|1|CN", f"OBX|1|ED|X^Order||^{kind}^Base64^{text}||||||F")
        found = notices_of(raw, "d1")
        assert [(d.content_type, d.data) for d in found.documents] == [("application/pdf", PDF)], kind
        assert found.patients[0].kind is NoticeKind.RESULT


def test_a_document_that_is_cut_off_is_told_and_never_read() -> None:
    raw = message("ORU^R01", PID, "OBR|1", "OBX|1|ED|X||^AP^PDF^Base64^JVBER!!||||||F")
    found = notices_of(raw, "d1")
    assert found.documents == ()
    assert "Base64" in found.problems[0]


def test_a_result_with_several_groups_of_one_patient_is_one_notice() -> None:
    raw = message("ORU^R01", PID, "OBR|1", "OBX|1|NM|A||1", PID, "OBR|2", "OBX|1|NM|B||2")
    assert len(notices_of(raw, "d1").patients) == 1


@pytest.mark.parametrize(
    ("kind", "segments", "code"),
    [
        ("ADT^Z01", (PID,), "201"),
        ("ADT^A08", (), "100"),
        ("SIU^S12", (PID,), "100"),
        ("ORU^R01", (PID,), "100"),
        ("DFT^P03", (PID,), "200"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_code(kind: str, segments: tuple[str, ...], code: str) -> None:
    raw = message(kind, *segments)
    with pytest.raises(CodecError) as refused:
        check(raw, header_of(raw))
    assert refused.value.code == code


def test_what_has_no_place_is_kept_in_sight() -> None:
    raw = message("ADT^A08", "EVN|A08|20261120", PID, "ZPD|custom|value")
    (one,) = notices_of(raw, "d1").patients
    assert one.told.unmapped["ZPD-1"] == "custom"
    assert one.told.member.dob == date(1960, 11, 19)


@given(
    st.lists(
        st.sampled_from([PID, "PID", "MRG|1", "OBX|1|ED|||||", "OBX||ED|x||^^^^QQ", "SCH|", "EVN", "\x0b", "PV1|||||"])
    )
)
def test_any_order_of_segments_is_read_or_refused(segments: list[str]) -> None:
    for kind in ("ADT^A40", "ORU^R01", "SIU^S12", "MDM^T02"):
        try:
            notices_of(message(kind, *segments), "d1")
        except CodecError:
            continue
