"""HL7 v2 messages as FHIR Bundles: valid R4, the same each time, nothing lost, the same story as the order's."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.fhir import dumps, loads, validate
from schemas.fhir import orders_of as fhir_orders_of
from schemas.hl7v2 import orders_of
from schemas.hl7v2.bundle import bundle_of, unmapped_of
from schemas.hl7v2.er7 import split
from schemas.hl7v2.mapping import mappings
from schemas.order import Order
from tests.samples import make_hl7v2
from tests.schemas.hl7v2.v2_messages import MESSAGES

SAMPLES = {
    path.stem: path.read_bytes() for path in sorted(make_hl7v2.FOLDER.glob("*.hl7")) if path.stem not in {"no_msh"}
}
EVERY = MESSAGES | SAMPLES
BUNDLES = {name: bundle_of(message).bundle for name, message in EVERY.items()}
REFUSED = {"orm_impossible_values", "orm_HD", "orm_o01_truncated"}
"""Their ORC-1 or what they order is nothing that an order can be made of."""
ORDERS = [n for n, m in EVERY.items() if re.search(rb"\|(?:ORM|OM[LGPSN]|RDE|REF)\^", m) and n not in REFUSED]


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def attachments(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [c["attachment"] for document in resources(bundle, "DocumentReference") for c in document["content"]]


def one(name: str, kind: str) -> dict[str, Any]:
    (found,) = resources(BUNDLES[name], kind)
    return found


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@pytest.mark.parametrize("name", EVERY)
def test_a_bundle_is_valid_r4_and_every_reference_in_it_leads_somewhere(name: str) -> None:
    bundle = BUNDLES[name]
    assert validate(bundle) == []
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    assert {leaf for leaf in leaves(bundle) if isinstance(leaf, str) and leaf.startswith("urn:uuid:")} <= set(urls)
    assert bundle["entry"][0]["resource"]["resourceType"] == "MessageHeader"


@pytest.mark.parametrize("name", EVERY)
def test_a_replay_gives_the_same_bytes(name: str) -> None:
    assert dumps(bundle_of(EVERY[name]).bundle) == dumps(BUNDLES[name])


TURNED = re.compile(r"hl7\d{4}|iso639|internet|base64|2\.16\.840\.1\.113883\.4\.6|[\w+/=]{50,}", re.S)
"""What becomes a system or a digest: table numbers, languages, the OID of the NPI, encodings, and whole documents."""
TIME = re.compile(r"(\d{8,14})(?:\.\d+)?(?:[+-]\d{4})?")


def squeezed(text: str) -> str:
    """Return letters and digits only, times as HL7 writes them."""
    return re.sub(r"[^0-9a-z]", "", re.sub(r"(?<=\d)t(?=\d\d:)", "", text))


@pytest.mark.parametrize("name", EVERY)
def test_every_value_of_a_message_is_in_its_bundle_or_listed_as_not_mapped(name: str) -> None:
    """Codes of up to three letters, names of code systems and dates change their form; all else is as it was sent."""
    texts = [str(leaf) for leaf in leaves(BUNDLES[name])]
    texts += [base64.b64decode(a["data"]).decode() for a in attachments(BUNDLES[name]) if "data" in a]
    text = " ".join(" ".join(texts).lower().split())
    bare, lost, message = squeezed(text), [], split(EVERY[name])
    d = message.delimiters
    for segment in message.segments():
        for number in range(7 if segment.name == "MSH" else 1, len(segment.raw)):
            if (
                f"{segment.name}-{number}" in mappings().settled
                or " ".join(segment.text(number).lower().split()) in text
            ):
                continue
            for rep in segment.repetitions(number):
                for piece in re.split(f"[{re.escape(d.component + d.subcomponent)}]", rep.raw):
                    raw = piece.lower().strip()
                    value = " ".join(d.decode(piece).lower().split())
                    known = value.upper() in mappings().systems or TURNED.fullmatch(value)
                    shown = time[1] if (time := TIME.fullmatch(value)) else squeezed(value)
                    if not (len(value) <= 3 or known or value in text or raw in text or shown in bare):
                        lost.append(f"{segment.name}-{number}: {value}")
    assert lost == []


def _said(order: Order) -> dict[str, Any]:
    """Return what no reader of the order and of the Bundle may see differently."""
    return {
        "name": order.member.name and order.member.name.text.casefold(),
        "dob": order.member.dob,
        "sex": order.member.sex,
        "phone": order.member.phone,
        "payers": [(c.payer, c.member_id, c.group_no) for c in order.coverage] or None,
        "npi": order.clinician.npi,
        "clinician": order.clinician.name and order.clinician.name.family,
        "practice": order.clinician.organization,
        "practice_phone": order.clinician.practice_phone,
        "practice_fax": order.clinician.practice_fax,
        "codes": sorted(line.code for line in order.lines if line.code) or None,
        "diagnoses": sorted(d.code for d in order.diagnoses) or None,
        "first": order.diagnoses[0].code if order.diagnoses else None,
        "start": order.service_start,
        "end": order.service_end,
        "authored": order.authored_on,
        "deadline": order.discharge_deadline,
        "placer": order.lines[0].placer_number if len(order.lines) == 1 else None,
    }


@pytest.mark.parametrize("name", ORDERS)
def test_the_order_and_the_bundle_of_a_message_say_the_same(name: str) -> None:
    """What the canonical order states is what our own FHIR reader finds in the Bundle."""
    orders = orders_of(EVERY[name], "d")
    read = fhir_orders_of(loads(dumps(BUNDLES[name]), max_bytes=10_000_000), "d")
    actions = {order.action for order in orders}
    for order in orders:
        others = [r for r in read if r.order_type == order.order_type or len(read) == len(orders) == 1]
        if len(actions) == 1:
            assert {r.action for r in others} == actions
        said = {key: value for key, value in _said(order).items() if value is not None}
        assert any(all(_said(other)[key] == value for key, value in said.items()) for other in others) or not said, [
            {k: (v, _said(other)[k]) for k, v in said.items() if _said(other)[k] != v} for other in others
        ]


def test_ids_follow_from_sender_and_number_so_an_update_names_the_same_order() -> None:
    first, later = EVERY["orm_XO"].replace(b"ORC|XO", b"ORC|NW"), EVERY["orm_XO"].replace(b"|CXO|", b"|NEXT|")
    ids = [
        {k: resources(bundle_of(m).bundle, k)[0]["id"] for k in ("Patient", "DeviceRequest")} for m in (first, later)
    ]
    assert ids[0] == ids[1]
    assert bundle_of(first).bundle["id"] != bundle_of(later).bundle["id"]
    stranger = bundle_of(first.replace(b"|EPIC|RIVER|", b"|CERNER|RIVER|", 1)).bundle
    assert resources(stranger, "Patient")[0]["id"] != ids[0]["Patient"]


def test_two_lines_under_one_number_stay_two_orders() -> None:
    found = resources(BUNDLES["orm_same_number_twice"], "DeviceRequest")
    assert [f["codeCodeableConcept"]["coding"][0]["code"] for f in found] == ["E1390", "E0431"]
    assert len({f["id"] for f in found}) == 2


def test_an_order_without_a_code_is_kept_and_no_code_is_made_up() -> None:
    assert one("orm_no_code", "ServiceRequest")["code"] == {"text": "Something for the bath"}
    absent = one("orm_no_code_at_all", "MedicationRequest")["medicationCodeableConcept"]
    assert absent["extension"][0]["valueCode"] == "unknown"


@pytest.mark.parametrize(
    ("name", "kind", "status", "task"),
    [
        ("orm_CA", "DeviceRequest", "revoked", "abort"),
        ("orm_SC", "DeviceRequest", "revoked", "abort"),
        ("orm_XO", "DeviceRequest", "active", "change"),
        ("orm_HD", "DeviceRequest", "on-hold", "suspend"),
        ("orm_drug_cancel", "MedicationRequest", "cancelled", "abort"),
        ("orm_impossible_values", "ServiceRequest", "unknown", "fulfill"),
    ],
)
def test_what_the_sender_wants_stands_in_the_status_and_in_the_task(
    name: str, kind: str, status: str, task: str
) -> None:
    assert one(name, kind)["status"] == status
    assert one(name, "Task")["code"]["coding"][0]["code"] == task


def test_of_a_replacement_the_old_order_is_revoked() -> None:
    assert [r["status"] for r in resources(BUNDLES["orm_replaced"], "DeviceRequest")] == ["revoked", "active"]


def test_a_time_keeps_its_precision_and_its_own_offset() -> None:
    assert one("orm_partial_dates", "Patient")["birthDate"] == "1961-03"
    period = one("orm_partial_dates", "Encounter")["period"]
    assert (period["start"], period["end"], period["extension"][0]["valueDateTime"]) == ("2026", "2026", "2026-11")
    assert one("orm_partial_dates", "DeviceRequest")["authoredOn"] == "2026-11"
    assert "timestamp" not in BUNDLES["orm_partial_dates"]
    assert one("orm_rich", "DeviceRequest")["authoredOn"] == "2026-11-20T10:15:00-05:00"


def test_a_time_without_an_offset_is_on_the_clock_of_msh_7_else_of_the_members_home() -> None:
    assert one("orm_home_far_from_sender", "DeviceRequest")["authoredOn"] == "2026-07-20T10:15:00-04:00"
    assert one("orm_no_offset", "DeviceRequest")["authoredOn"] == "2026-07-20T10:00:00-07:00"
    born = one("orm_no_offset", "Patient")
    assert born["birthDate"] == "1961-03-09"
    assert born["_birthDate"]["extension"][0]["valueDateTime"] == "1961-03-09T07:15:00-07:00"
    winter = MESSAGES["orm"].replace(b"20261120083000-0500", b"20260720083000-0400")
    assert resources(bundle_of(winter).bundle, "Encounter")[0]["period"]["start"] == "2026-11-18T07:30:00-05:00"


def test_escapes_subcomponents_and_separators_that_were_not_escaped_come_through() -> None:
    assert one("orm_escapes", "Patient")["name"][0]["family"] == "O&Neil"
    assert unmapped_of(BUNDLES["orm_escapes"]) == {"PID-5.1.2": "von"}
    request = one("orm_escapes", "DeviceRequest")
    assert request["codeCodeableConcept"]["coding"][0]["code"] == "Conc | ^ ~ \\" or "Conc" in str(request)
    assert {"text": "A line | not escaped ^ here & there"} not in request["note"]
    assert request["note"][0]["text"].startswith("A line")


def test_a_null_sets_nothing_and_is_seen() -> None:
    patient = one("orm_nulls", "Patient")
    assert patient["name"] == [{"use": "official", "family": "Hill", "given": ["Tom"]}]
    assert "gender" not in patient
    assert unmapped_of(BUNDLES["orm_nulls"])["PID-8"] == '""'


def test_segments_that_nobody_knows_are_listed_as_they_were_sent() -> None:
    listed = unmapped_of(BUNDLES["orm_rich"])
    assert (listed["ZDS-1"], listed["ZDS-2"]) == ("1.2.3^a^b", "left over")


def test_insurance_is_linked_in_its_rank() -> None:
    bundle = BUNDLES["orm_rich"]
    request = one("orm_rich", "DeviceRequest")
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    plans = [by_url[ref["reference"]] for ref in request["insurance"]]
    assert [plan["subscriberId"] for plan in plans] == ["W777", "1EG4TE5MK73"]
    reasons = [by_url[ref["reference"]]["code"]["coding"][0]["code"] for ref in request["reasonReference"]]
    assert reasons == ["J44.9", "E11.9"]
    withdrawn = [c for c in resources(bundle, "Condition") if "verificationStatus" in c]
    assert [c["code"]["coding"][0]["code"] for c in withdrawn] == ["I10"]


def test_a_referral_has_its_codes_its_parties_and_its_further_services_under_the_first() -> None:
    nursing, therapy = resources(BUNDLES["ref_I12_P"], "ServiceRequest")
    assert nursing["code"]["coding"][0]["code"] == "G0299"
    assert therapy["basedOn"][0]["reference"].endswith(nursing["id"])
    assert nursing["occurrencePeriod"] == {"start": "2026-11-23", "end": "2027-01-23"}
    assert one("ref_I12_P", "DiagnosticReport")["code"]["coding"][0]["code"] == "718-7"
    roles = resources(BUNDLES["ref_I12_P"], "PractitionerRole")
    assert nursing["requester"]["reference"].endswith(roles[0]["id"])


def test_a_merge_links_the_records_that_it_ends() -> None:
    ended, stays = resources(BUNDLES["adt_A40"], "Patient")
    assert stays["link"] == [{"other": {"reference": f"urn:uuid:{ended['id']}"}, "type": "replaces"}]
    assert [i["value"] for i in ended["identifier"]] == ["M2", "M3"]
    assert ended["active"] is False


def test_an_appointment_has_both_ends_or_is_only_proposed() -> None:
    booked = one("siu_S12", "Appointment")
    assert (booked["status"], booked["start"], booked["end"]) == (
        "booked", "2026-11-25T09:00:00-05:00", "2026-11-25T09:30:00-05:00",
    )  # fmt: skip
    assert one("siu_S15", "Appointment")["status"] == "cancelled"
    loose = one("siu_no_times", "Appointment")
    assert loose["requestedPeriod"] == [{"start": "2026-11-25T09:00:00-05:00"}]
    assert loose["status"] == "proposed"


def test_a_document_is_put_aside_under_its_digest_and_referred_to() -> None:
    found = bundle_of(MESSAGES["mdm_pdf"])
    ((digest, data),) = found.enclosed.items()
    assert data.startswith(b"%PDF-1.4")
    document = resources(found.bundle, "DocumentReference")[0]
    attachment = document["content"][0]["attachment"]
    assert attachment["url"] == f"content:{digest}"
    assert attachment["contentType"] == "application/pdf"
    assert document["masterIdentifier"]["value"] == "DOC7"
    text = resources(BUNDLES["mdm_text"], "DocumentReference")[0]["content"][0]["attachment"]["data"]
    assert base64.b64decode(text).decode() == "Line one & more\nLine two"


def test_results_keep_their_digits_their_notes_and_their_report() -> None:
    first = resources(BUNDLES["oru_results"], "Observation")[0]
    assert str(first["valueQuantity"]["value"]) == "55"
    assert [note["text"] for note in first["note"]] == ["Room air", "Repeated"]
    saturation = resources(BUNDLES["orm_rich"], "Observation")[0]
    assert str(saturation["valueQuantity"]["value"]) == "87.50"
    reports = resources(BUNDLES["oru_results"], "DiagnosticReport")
    assert [len(report["result"]) for report in reports] == [5, 2]


def test_bounds_the_wrong_way_round_and_odd_units_are_told_but_not_as_what_they_are_not() -> None:
    dose = one("rde_bounds_the_wrong_way_round", "MedicationRequest")["dosageInstruction"][0]["doseAndRate"][0]
    assert [str(e["valueQuantity"]["value"]) for e in dose["doseRange"]["extension"]] == ["4", "2"]
    _, odd = resources(BUNDLES["oru_odd_units_and_ranges"], "Observation")
    assert (str(odd["valueQuantity"]["value"]), odd["valueQuantity"]["unit"]) == ("4.0", '"very" odd')
    assert "system" not in odd["valueQuantity"]
    event = one("oru_odd_units_and_ranges", "MessageHeader")["eventCoding"]
    assert event == {"system": "urn:doorstep:hl7v2:0003", "code": "Z99"}


def test_a_message_without_a_patient_is_translated_too() -> None:
    assert one("oru_no_pid", "Observation")["valueString"] == "text"
    assert date.fromisoformat(one("siu_nobody", "Provenance")["recorded"][:10]) == date(2026, 11, 20)


def test_no_code_system_of_hl7_is_claimed_for_a_code_that_it_lacks() -> None:
    neighbour = resources(BUNDLES["orm_rich"], "RelatedPerson")[1]
    assert neighbour["relationship"][0]["coding"][0]["system"] == "urn:doorstep:code-system:L"
    for bundle in BUNDLES.values():
        assert "example.com" not in str(bundle)


@given(st.data())
def test_a_damaged_message_gives_a_valid_bundle_or_a_clear_error(data: st.DataObject) -> None:
    message = bytearray(data.draw(st.sampled_from(list(EVERY.values()))))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(8, len(message) - 1))
        piece = data.draw(
            st.sampled_from([b"|", b"^", b"~", b"&", b"\\", b"\r", b'""', b"\x00", b"\xff", b"9", b"A", b" ", b""])
        )
        message[at : at + data.draw(st.integers(0, 3))] = piece
    try:
        bundle = bundle_of(bytes(message)).bundle
    except CodecError:
        return
    assert validate(bundle) == []
