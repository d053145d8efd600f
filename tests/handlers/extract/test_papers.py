"""Papers that clinics send, and what a careful clerk takes out of each: all of it, and nothing that is another's."""

# ruff: noqa: E501 - papers as wide as they are

from __future__ import annotations

from typing import Any

import pytest

from handlers.extract import extract_fields
from schemas.document import DocumentClass
from tests.handlers.extract.papers import paper

DME, HOME, INFUSION = DocumentClass.DME_ORDER, DocumentClass.HOME_HEALTH_REFERRAL, DocumentClass.INFUSION_ORDER


def read(text: str, kind: DocumentClass = DME) -> dict[str, Any]:
    return {name: found.value for name, found in extract_fields(paper(text), kind).items() if found.value is not None}


def used(text: str, kind: DocumentClass = DME) -> dict[str, Any]:
    """Return the values that the hub would use with no person looking."""
    return {name: found.value for name, found in extract_fields(paper(text), kind).items() if found.evidence.accepted}


OXYGEN = """
CERTIFICATE OF MEDICAL NECESSITY     CMS-484 - OXYGEN
SECTION A     Certification Type/Date:  INITIAL 11/20/2026   REVISED ___/___/___
PATIENT NAME, ADDRESS, TELEPHONE and HIC NUMBER           SUPPLIER NAME, ADDRESS, TELEPHONE and NSC or NPI #
Ruth Delacroix                                            Tri-County Home Oxygen
418 Larch St Apt 2                                        77 Commerce Pkwy
Dayton, OH 45402                                          Columbus, OH 43215
(937) 555-0142     HICN 1EG4-TE5-MK73                     (614) 555-0190     NSC or NPI # 1245319599

PLACE OF SERVICE 12          HCPCS CODE          PT DOB 07/19/1938   Sex F (M/F)   HT 64 (in)   WT 151 (lbs)
NAME and ADDRESS of FACILITY     E1390 Qty 1     PHYSICIAN NAME, ADDRESS, TELEPHONE and NPI NUMBER
if applicable                    E0431 Qty 1     Samuel Oyelaran MD
                                                 2200 Far Hills Ave, Dayton, OH 45419
                                                 (937) 555-0117     NPI # 1003000126
SECTION B     Information in this Section May Not Be Completed by the Supplier of the Items/Supplies
EST. LENGTH OF NEED (# OF MONTHS): 99   1-99 (99=LIFETIME)     DIAGNOSIS CODES (ICD-10): J44.9  J96.11
1. Enter results of most recent test on or before the certification date. (b) O2 Sat 86 %  (c) date 11/14/2026
5. Enter the highest oxygen flow rate ordered for this patient in liters per minute: 2 LPM
SECTION D     Physician Attestation and Signature/Date
PHYSICIAN'S SIGNATURE  ✍                              DATE 11/20/2026
"""

PLAN_OF_CARE = """
Department of Health and Human Services          HOME HEALTH CERTIFICATION AND PLAN OF CARE
1. Patient's HI Claim No.     2. Start Of Care Date     3. Certification Period                         4. Medical Record No.     5. Provider No.
1EG4TE5MK73                   11/21/2026                From: 11/21/2026     To: 01/19/2027             558213                    367012
6. Patient's Name and Address                           7. Provider's Name, Address and Telephone Number
Thea Carver                                             Gentle Hands Home Health
12 Maple Ave                                            900 Agency Blvd, Dayton, OH 45410
Dayton, OH 45402                                        (937) 555-0177
8. Date of Birth 11/19/1940     9. Sex F                10. Medications: Dose/Frequency/Route (N)ew (C)hanged
11. ICD-10-CM   Principal Diagnosis     Date            Lisinopril 10 mg PO daily
I50.22   Chronic systolic heart failure   11/12/2026    Furosemide 40 mg PO BID
13. ICD-10-CM   Other Pertinent Diagnoses   Date
M62.81   Muscle weakness   11/12/2026
21. Orders for Discipline and Treatments (Specify Amount/Frequency/Duration)
G0299 Skilled nursing visit   Qty: 9      9 visits this episode
23. Nurse's Signature and Date of Verbal SOC Where Applicable: 11/20/2026
24. Physician's Name and Address                        26. I certify/recertify that this patient is confined to his/her home
Victor Norwood MD                                       and needs intermittent skilled nursing care.
80 Clinic Way, Dayton, OH 45405     NPI 1234567893
27. Attending Physician's Signature and Date Signed  ✍     11/22/2026
"""

LETTER = """
Far Hills Pulmonary Associates
2200 Far Hills Ave, Dayton, OH 45419
Phone: (937) 555-0117     Fax: (937) 555-0118

November 17, 2026

RE: Simon Farrow   DOB 12/14/1964

To Whom It May Concern:

I am writing to order a semi-electric hospital bed (HCPCS E0260, quantity 1) for my patient, Simon Farrow, who has
chronic systolic heart failure (I50.22) and muscle weakness (M62.81). He has Humana Medicare, member ID H45627815.
Please deliver the bed to 515 Willow Dr, Akron, OH 44308, before he is discharged from Mercy Heights on 11/20/2026.
He can be reached at (330) 555-0148. Treatment should start on November 20, 2026. His daughter Ellen can be reached at
(330) 555-0160. There are stairs at the entrance.

Sincerely,
✍
Priya Raman, MD
NPI 1003000126
"""

PORTAL = """
Lakeshore Medical Group                                                     Printed 11/17/2026 14:05   Page 1 of 1
Patient: CARVER, THEA   DOB: 11/19/1940   MRN: 00552341   Sex: F   Age: 86 y.o.
Home Phone: 937-555-0142   Address: 12 Maple Ave, Dayton, OH 45402
Coverage: Humana   Subscriber: CARVER, THEA   Subscriber ID: H45627815   Group: 89571   Relation: Self
Order #: 88123345   Order Date: 11/16/2026   Status: Signed
DME Order - Standard Wheelchair
K0001 STANDARD WHEELCHAIR   Quantity: 1   Dx: M62.81 - Muscle weakness (generalized)
Start date: 11/18/2026   End date: 02/17/2027   Length of need: 3 months
Authorizing Provider: NORWOOD, VICTOR, MD   NPI: 1234567893
Department: LMG Primary Care   Dept phone: 937-555-0101   Dept fax: 937-555-0102
PCP: Hollis, Mara, DO
Electronically signed by NORWOOD, VICTOR, MD on 11/17/2026 13:58
"""

CHECKLIST = """
DME PRESCRIPTION CHECKLIST
Patient Name: Thea Carver                    DOB: 11/19/1940
Insurance: Humana                            Member ID: H45627815
☐ E0143 Walker, folding, wheeled             ☐ E0163 Commode chair
☒ E0260 Hospital bed, semi-electric  Qty 1   ☐ E0277 Low air loss mattress
☐ K0001 Standard wheelchair                  ☒ E0910 Trapeze bar  Qty 1
☐ E0630 Patient lift                         ☐ E0310 Bed side rails
Diagnosis (ICD-10): I50.22, M62.81
Ordering MD/DO/NP/PA: Victor Norwood, MD     NPI#: 1234567893
Signature:  ✍                                Date: 11/17/2026
"""

TABLE = """
STANDARD WRITTEN ORDER
Patient's Name: Thea Carver          Birth Date: 11/19/1940
HCPCS      Description                     Qty      ICD-10
A4351      Intermittent catheter           120      N31.9
A4402      Lubricant                       4        N31.9, R33.9
Prescriber: Victor Norwood, MD       NPI: 1234567893
Signature:  ✍                        Date: 11/17/2026
"""

TWO_COLUMNS = """
REFERRAL FORM
PATIENT                                       ORDERING PROVIDER
Name: Thea Carver                             Name: Victor Norwood, MD
DOB: 11/19/1940                               NPI: 1234567893
Address: 12 Maple Ave                         Address: 80 Clinic Way
City/State/Zip: Dayton, OH 45402              City/State/Zip: Dayton, OH 45405
Phone: (937) 555-0142                         Phone: (937) 555-0101
Emergency contact: Otis Carver                Fax: (937) 555-0102
Phone: (937) 555-0160                         Contact person: Dana Reyes
Insurance: Humana                             Date: 11/17/2026
Policy #: H45627815                           Signature:  ✍
"""

INFUSION_RX = """
HOME INFUSION ORDER
Pt: Thea Carver    DOB: 11/19/1940    Allergies: PCN    Wt: 71 kg
Ins: Humana    Ins ID: H45627815
Drug: Cefazolin (J0690)    Dose: 2 g    Route: IV    Frequency: q8h    Qty: 84
Start of care (SOC): 11/18/2026     Stop date: 12/16/2026
Flush: 0.9% NaCl 10 mL before and after each dose
Dx: M86.9
Anticipated D/C: 11/17/2026 4 PM
Ordering MD: Victor Norwood     NPI#: 1234567893
PCP: Mara Hollis DO     PCP Phone: (937) 555-0133
Signed  ✍     Rx date: 11/16/2026
"""

FACE_SHEET = """
PATIENT FACE SHEET     Mercy Heights Hospital     1 Hospital Dr, Dayton, OH 45404     Main: (937) 555-0100
Name: CARVER, THEA M          MRN: 552341          Acct: 99120045
DOB: 11/19/1940   Age: 86   Sex: F   Marital Status: Widowed
Address: 12 MAPLE AVE, DAYTON, OH 45402
Home Phone: (937) 555-0142          Work Phone:
Admit Date: 11/10/2026              Attending: NORWOOD, VICTOR MD
Primary Insurance: MEDICARE         Policy #: 1EG4TE5MK73
Secondary Insurance: AETNA          Policy #: W123456789          Group #: 45512
Guarantor: CARVER, OTIS             Guarantor DOB: 02/03/1944     Guarantor Phone: (937) 555-0160
Emergency Contact: CARVER, OTIS     Relationship: Son             Phone: (937) 555-0161
"""

SPLIT = """
PATIENT REFERRAL
Last name: Carver          First name: Thea          MI: M
D.O.B.: 11/19/1940         Sex: F
Street: 12 Maple Ave       Apt: 4
City: Dayton               State: OH                 ZIP: 45402
Phone: 937-555-0142
Medicaid No.: 910000123456
Referring provider last name: Norwood     First name: Victor
"""


def test_an_oxygen_certificate() -> None:
    assert read(OXYGEN) == {
        "member_name": "Ruth Delacroix",
        "dob": "1938-07-19",
        "member_id": "1EG4TE5MK73",
        "contact_phone": "9375550142",
        "ship_address": "418 Larch St Apt 2, Dayton, OH 45402",
        "clinician_name": "Samuel Oyelaran",
        "clinician_npi": "1003000126",
        "practice_phone": "9375550117",
        "icd10": ["J44.9", "J96.11"],
        "order_lines": [{"code": "E1390", "quantity": 1}, {"code": "E0431", "quantity": 1}],
        "frequency": {"kind": "oxygen_lpm", "value": 2},
        "service_start": "2026-11-20",
        "signature_present": True,
        "signature_date": "2026-11-20",
    }


def test_a_plan_of_care_with_numbered_boxes() -> None:
    assert read(PLAN_OF_CARE, HOME) == {
        "member_name": "Thea Carver",
        "dob": "1940-11-19",
        "member_id": "1EG4TE5MK73",
        "ship_address": "12 Maple Ave, Dayton, OH 45402",
        "clinician_name": "Victor Norwood",
        "clinician_npi": "1234567893",
        "icd10": ["I50.22", "M62.81"],
        "order_lines": [{"code": "G0299", "quantity": 9}],
        "frequency": {"kind": "visits", "value": 9},
        "service_start": "2026-11-21",
        "service_end": "2027-01-19",
        "signature_present": True,
        "signature_date": "2026-11-22",
    }


def test_a_letter() -> None:
    assert read(LETTER) == {
        "member_name": "Simon Farrow",
        "dob": "1964-12-14",
        "payer": "Humana Medicare",
        "member_id": "H45627815",
        "contact_phone": "3305550148",
        "ship_address": "515 Willow Dr, Akron, OH 44308",
        "access_barriers": ["stairs"],
        "clinician_name": "Priya Raman",
        "clinician_npi": "1003000126",
        "practice_phone": "9375550117",
        "practice_fax": "9375550118",
        "icd10": ["I50.22", "M62.81"],
        "order_lines": [{"code": "E0260", "quantity": 1}],
        "service_start": "2026-11-20",
        "discharge_deadline": "2026-11-20",
        "signature_present": True,
        "signature_date": "2026-11-17",
    }


def test_a_print_out_of_a_portal() -> None:
    assert read(PORTAL) == {
        "member_name": "Thea Carver",
        "dob": "1940-11-19",
        "payer": "Humana",
        "member_id": "H45627815",
        "group_no": "89571",
        "contact_phone": "9375550142",
        "ship_address": "12 Maple Ave, Dayton, OH 45402",
        "clinician_name": "Victor Norwood",
        "clinician_npi": "1234567893",
        "practice_phone": "9375550101",
        "practice_fax": "9375550102",
        "icd10": ["M62.81"],
        "order_lines": [{"code": "K0001", "quantity": 1}],
        "service_start": "2026-11-18",
        "service_end": "2027-02-17",
        "signature_present": True,
        "signature_date": "2026-11-17",
    }


def test_a_checklist_gives_what_is_ticked_and_nothing_else() -> None:
    found = read(CHECKLIST)
    assert found["order_lines"] == [{"code": "E0260", "quantity": 1}, {"code": "E0910", "quantity": 1}]
    assert found["clinician_name"] == "Victor Norwood"
    assert found["clinician_npi"] == "1234567893"
    assert found["signature_date"] == "2026-11-17"
    bare = read(CHECKLIST.replace("  Qty 1", "       "))
    assert [line["code"] for line in bare["order_lines"]] == ["E0260", "E0910"]


@pytest.mark.parametrize(("on", "off"), [("[X]", "[ ]"), ("(x)", "( )"), ("X", "_")])
def test_ticks_may_be_typed(on: str, off: str) -> None:
    text = CHECKLIST.replace("☒", on).replace("☐", off)
    assert read(text)["order_lines"] == [{"code": "E0260", "quantity": 1}, {"code": "E0910", "quantity": 1}]


def test_an_order_table_with_diagnoses_by_line() -> None:
    found = used(TABLE)
    assert found["order_lines"] == [{"code": "A4351", "quantity": 120}, {"code": "A4402", "quantity": 4}]
    assert found["icd10"] == ["N31.9", "R33.9"]


def test_two_columns_of_the_same_labels() -> None:
    assert read(TWO_COLUMNS) == {
        "member_name": "Thea Carver",
        "dob": "1940-11-19",
        "contact_phone": "9375550142",
        "ship_address": "12 Maple Ave, Dayton, OH 45402",
        "payer": "Humana",
        "member_id": "H45627815",
        "clinician_name": "Victor Norwood",
        "clinician_npi": "1234567893",
        "practice_phone": "9375550101",
        "practice_fax": "9375550102",
        "signature_present": True,
        "signature_date": "2026-11-17",
    }


def test_an_infusion_order() -> None:
    assert read(INFUSION_RX, INFUSION) == {
        "member_name": "Thea Carver",
        "dob": "1940-11-19",
        "payer": "Humana",
        "member_id": "H45627815",
        "order_lines": [{"code": "J0690", "quantity": 84}],
        "frequency": {"kind": "dose_interval_hours", "value": 8},
        "service_start": "2026-11-18",
        "service_end": "2026-12-16",
        "discharge_deadline": "2026-11-17T16:00",
        "icd10": ["M86.9"],
        "clinician_name": "Victor Norwood",
        "clinician_npi": "1234567893",
        "signature_present": True,
        "signature_date": "2026-11-16",
    }


def test_a_face_sheet_gives_the_patient_and_the_first_insurance() -> None:
    found = read(FACE_SHEET)
    assert found == {
        "member_name": "Thea M Carver",
        "dob": "1940-11-19",
        "payer": "Medicare",
        "member_id": "1EG4TE5MK73",
        "contact_phone": "9375550142",
        "ship_address": "12 MAPLE AVE, DAYTON, OH 45402",
        "clinician_name": "Victor Norwood",
    }


def test_a_name_and_an_address_in_boxes_of_their_own_are_joined() -> None:
    found = read(SPLIT)
    assert found["member_name"] == "Thea M Carver"
    assert found["ship_address"] == "12 Maple Ave Apt 4, Dayton, OH 45402"
    assert found["member_id"] == "910000123456"
    assert found["dob"] == "1940-11-19"
    assert found["clinician_name"] == "Victor Norwood"


HEADER = "Patient Name: Thea Carver     DOB: 11/19/1940\n"


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("D.O.B.: 11/19/1940", "dob", "1940-11-19"),
        ("DOB (MM/DD/YYYY): 11 / 19 / 1940", "dob", "1940-11-19"),
        ("Subscriber ID: H45627815", "member_id", "H45627815"),
        ("Policy #: H45627815", "member_id", "H45627815"),
        ("Ins ID H45627815", "member_id", "H45627815"),
        ("Medicaid No. 910000123456", "member_id", "910000123456"),
        ("Medicare #: 1EG4-TE5-MK73", "member_id", "1EG4TE5MK73"),
        ("Pt: Thea Carver", "member_name", "Thea Carver"),
        ("Start of care (SOC): 11/21/2026", "service_start", "2026-11-21"),
        ("Date of service: 11/21/2026", "service_start", "2026-11-21"),
        ("Anticipated D/C: 11/21/2026", "discharge_deadline", "2026-11-21"),
        ("est. discharge 11/21/2026 14:30", "discharge_deadline", "2026-11-21T14:30"),
        ("Est. D/C date/time: 11/21/2026 @ 2:30 pm", "discharge_deadline", "2026-11-21T14:30"),
        ("Ordering MD: Victor Norwood", "clinician_name", "Victor Norwood"),
        ("Ordering NP: Victor Norwood, FNP-C", "clinician_name", "Victor Norwood"),
        ("Attending: Dr. Victor Norwood", "clinician_name", "Victor Norwood"),
        ("Prescriber (print): NORWOOD, VICTOR MD", "clinician_name", "Victor Norwood"),
        ("NPI#1234567893", "clinician_npi", "1234567893"),
        ("NPI# 1234567893", "clinician_npi", "1234567893"),
        ("Primary insurance: Humana     Secondary insurance: Aetna", "payer", "Humana"),
        ("Home environment: lives on 2nd floor - no elevator", "access_barriers", ["stairs"]),
        ("Delivery notes: gate code 1234", "access_barriers", ["gated"]),
        ("Access: 3rd floor walk-up, no elevator. Gated community.", "access_barriers", ["stairs", "gated"]),
        ("Home access: elevator building, no stairs", "access_barriers", ["elevator"]),
        ("Delivery instructions: 12 steps up to the front door", "access_barriers", ["stairs"]),
        (
            "Frequency: three (3) times per week dressing change",
            "frequency",
            {"kind": "dressings_per_week", "value": 3},
        ),
        ("O2 @ 2.5 L/min via NC continuous", "frequency", {"kind": "oxygen_lpm", "value": 2.5}),
    ],
)
def test_one_line(line: str, field: str, value: object) -> None:
    assert read(HEADER * (field not in {"dob", "member_name"}) + "\n" + line + "\n").get(field) == value


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("Gait: unsteady, steps short and shuffling", "access_barriers"),
        ("Patient denies difficulty with stairs", "access_barriers"),
        ("Access: ground floor, no stairs, no gate", "access_barriers"),
        ("Propagated and investigated by elevator company", "access_barriers"),
        ("Next steps: call the office", "access_barriers"),
        ("Guarantor: Otis Carver     Guarantor DOB: 02/03/1944", "dob"),
        ("Caregiver DOB: 02/03/1944", "dob"),
        ("Spouse date of birth: 02/03/1944", "dob"),
        ("Facility NPI: 1234567893", "clinician_npi"),
        ("Group NPI: 1234567893", "clinician_npi"),
        ("Organization NPI 1234567893", "clinician_npi"),
        ("Facility: Mercy Heights Hospital     Phone: (937) 555-0100     Fax: (937) 555-0109", "practice_phone"),
        ("Facility: Mercy Heights Hospital     Phone: (937) 555-0100     Fax: (937) 555-0109", "practice_fax"),
        ("Fax completed form to Anchor DME at (614) 555-0170", "practice_fax"),
        ("Questions? Call intake at (614) 555-0171", "practice_phone"),
        ("Supplier: Anchor DME   Tel: (614) 555-0171   Fax: (614) 555-0170", "practice_phone"),
        ("Emergency contact: Otis Carver (son) (937) 555-0160", "contact_phone"),
        ("Case manager: Dana Reyes RN   Phone: (937) 555-0150", "practice_phone"),
        ("Case manager: Dana Reyes RN   Phone: (937) 555-0150", "clinician_name"),
        ("Facility contact: Dana Reyes", "member_name"),
        ("Representative: Dana Reyes", "member_name"),
        ("Secondary insurance: Aetna     Policy #: W123456789", "member_id"),
        ("Secondary insurance: Aetna     Policy #: W123456789", "payer"),
        ("Supplier rep: Dana Reyes     Date: 11/19/2026", "signature_date"),
        ("Order date: 11/19/2026", "service_start"),
        ("Admission date: 11/10/2026", "service_start"),
        ("Verbal order date: 11/10/2026", "service_start"),
        ("Prior auth #: A99120045", "member_id"),
        ("Order #: 88123345", "member_id"),
    ],
)
def test_what_is_anothers_is_not_taken(line: str, field: str) -> None:
    assert not read("Order for equipment\n\n" + line + "\n").get(field)


def test_the_one_who_orders_is_not_the_family_doctor() -> None:
    text = HEADER + "PCP: Mara Hollis, DO\nOrdering Physician: Victor Norwood, MD\n"
    assert read(text)["clinician_name"] == "Victor Norwood"
    text = HEADER + "Ordering Physician: Victor Norwood, MD     Referring Physician: Mara Hollis, DO\n"
    assert read(text)["clinician_name"] == "Victor Norwood"


def test_a_day_in_three_boxes() -> None:
    text = "Patient Name: Thea Carver\nDate of Birth\nMonth     Day     Year\n11        19      1940\n"
    assert read(text)["dob"] == "1940-11-19"


LABELS_UNDER = """
Thea Carver                         11/19/1940              F
____________________________        ________________        ___
Patient Name                        Date of Birth           Sex

12 Maple Ave                        Dayton                  OH          45402
____________________________        ________________        ____        _______
Street Address                      City                    State       Zip

Victor Norwood, MD                  1234567893              (937) 555-0101
____________________________        ________________        ________________
Ordering Provider                   NPI                     Office Phone
"""


def test_captions_under_rules() -> None:
    assert read(LABELS_UNDER) == {
        "member_name": "Thea Carver",
        "dob": "1940-11-19",
        "ship_address": "12 Maple Ave, Dayton, OH 45402",
        "clinician_name": "Victor Norwood",
        "clinician_npi": "1234567893",
        "practice_phone": "9375550101",
    }


def test_captions_in_the_head_of_a_table() -> None:
    text = (
        "Patient                  DOB             Insurance        Member ID       Group\n"
        "Carver, Thea             11/19/1940      Humana           H45627815       89571\n"
    )
    assert read(text) == {
        "member_name": "Thea Carver",
        "dob": "1940-11-19",
        "payer": "Humana",
        "member_id": "H45627815",
        "group_no": "89571",
    }


INSURANCES = """
INSURANCE INFORMATION
                     PRIMARY                  SECONDARY
Company              Humana                   Aetna
Policy #             H45627815                W123456789
Group #              89571                    45512
"""


def test_the_first_insurance_of_a_table_of_two() -> None:
    found = read(HEADER + INSURANCES)
    assert (found["payer"], found["member_id"], found["group_no"]) == ("Humana", "H45627815", "89571")


def test_the_first_insurance_of_two_blocks() -> None:
    text = (
        HEADER
        + "Primary Insurance\nName: Humana     ID #: H45627815     Group #: 89571\n"
        + "Secondary Insurance\nName: Aetna     ID #: W123456789     Group #: 45512\n"
    )
    found = read(text)
    assert (found["payer"], found["member_id"], found["group_no"]) == ("Humana", "H45627815", "89571")
    assert found["member_name"] == "Thea Carver"


PHYSICIAN_BLOCK = """
Patient: Thea Carver     DOB: 11/19/1940
Name and address of physician:               Name and address of pharmacy:
Victor Norwood, MD                           Anchor Pharmacy
80 Clinic Way                                1 Supply Rd
Dayton, OH 45405                             Columbus, OH 43215
Phone: (937) 555-0101                        Phone: (614) 555-0171
Fax: (937) 555-0102                          Fax: (614) 555-0170
"""


def test_blocks_of_name_and_address() -> None:
    assert read(PHYSICIAN_BLOCK) == {
        "member_name": "Thea Carver",
        "dob": "1940-11-19",
        "clinician_name": "Victor Norwood",
        "practice_phone": "9375550101",
        "practice_fax": "9375550102",
    }


def test_what_values_are_may_stand_in_brackets_behind_them() -> None:
    text = (
        "CARVER, THEA (client)                11/19/1940 (date of birth)\n"
        "HUMANA (paid by)                     H45627815 (member ID)\n"
        "12 Maple Ave, Dayton, OH 45402 (delivery address)\n"
        "11/21/2026 (to begin)                02/19/2027 (to end)\n"
    )
    found = read(text)
    assert (found["member_name"], found["dob"], found["payer"]) == ("Thea Carver", "1940-11-19", "Humana")
    assert found["ship_address"] == "12 Maple Ave, Dayton, OH 45402"
    assert (found["service_start"], found["service_end"]) == ("2026-11-21", "2027-02-19")


def test_a_banner_says_whose_it_is_without_labels() -> None:
    text = (
        "Orders at discharge                         THEA M. CARVER\n"
        "                                            11/19/1940   F   MRN552341\n"
        "                                            12 Maple Ave\n"
        "                                            Dayton, OH 45402\n"
        "                                            937 555 0142\n"
    )
    found = read(text)
    assert (found["member_name"], found["dob"]) == ("Thea M. Carver", "1940-11-19")
    assert found["ship_address"] == "12 Maple Ave, Dayton, OH 45402"
    assert found["contact_phone"] == "9375550142"


@pytest.mark.parametrize(
    ("line", "quantity"),
    [
        ("12 of E0260 hospital bed", 12),
        ("14 x E0260 hospital bed", 14),
        ("[E0260], 2 in all", 2),
        ("E0260 bed, fax 603 555 0195", None),
    ],
)
def test_how_many_may_stand_before_a_code(line: str, quantity: int | None) -> None:
    assert read(line + "\n")["order_lines"] == [{"code": "E0260", "quantity": quantity}]


@pytest.mark.parametrize(
    ("line", "born"),
    [("DOB: 20JUL1944", "1944-07-20"), ("Who is the patient, and when born? Agnes Mitchell - 08/14/47", None)],
)
def test_a_birth_is_not_read_out_of_a_name(line: str, born: str | None) -> None:
    assert read(line + "\n").get("dob") == born


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("Last date of service: 05/23/2027", "service_end", "2027-05-23"),
        ("First date of service 10/11/2026", "service_start", "2026-10-11"),
        ("National Provider ID: 1234567893", "clinician_npi", "1234567893"),
        ("Insurance # 11171044", "member_id", "11171044"),
        ("Reno, NV 89502", "member_id", None),
        ("Office Phone/Fax: 614-555-0101 / 614-555-0102", "practice_fax", "6145550102"),
        ("Patient Name: DE LA CRUZ, GERTRUDE", "member_name", "Gertrude De La Cruz"),
    ],
)
def test_labels_are_read_whole(line: str, field: str, value: str | None) -> None:
    assert read(line + "\n").get(field) == value


def test_two_births_of_unlike_people_are_not_used_unseen() -> None:
    text = "DOB: 11/19/1940\nDOB: 02/03/1944\nPatient Name: Thea Carver\n"
    assert "dob" not in used(text)
