"""The mapping from HL7 v2 to the canonical order, as data: codes, places in order of preference, names of notes.

A place is `SEG-field`, with a component (`OBR-27.4`) where the value is not the whole field.
"""

from __future__ import annotations

import re
from typing import Literal

from schemas.order import OrderType

Action = Literal["new", "update", "cancel", "status"]
Priority = Literal["routine", "urgent", "asap", "stat"]

ACTIONS: dict[str, Action] = {
    "": "new",
    "NW": "new",
    "RO": "new",
    "PA": "new",
    "CH": "new",
    "XO": "update",
    "RP": "update",
    "CA": "cancel",
    "DC": "cancel",
}
"""ORC-1 (table 0119). What is not here is no request to place, change or cancel an order: CodecError 103."""

STATUS_ACTIONS: dict[str, Action] = {
    **dict.fromkeys(("CA", "DC", "CANCELED", "CANCELLED", "DISCONTINUED"), "cancel"),
    **dict.fromkeys(("", "A", "CM", "IP", "SC", "ACTIVE", "IN PROCESS", "IN PROGRESS", "SCHEDULED"), "status"),
    **dict.fromkeys(("COMPLETE", "COMPLETED"), "status"),
}
"""ORC-5 (table 0038, and its words) under ORC-1 = SC: how far the order is at its sender changes nothing here.

What wants something (HD on hold, RP replaced, ER not found) and what nobody knows is not here: CodecError 103.
"""

REFERRAL_ACTIONS: dict[str, Action] = {"": "new", "P": "new", "A": "new", "NEW": "new", "R": "cancel", "E": "cancel"}
"""RF1-1 (table 0283): a pending referral is exactly our work; rejected or entered in error takes it back."""

EVENT_ACTIONS: dict[str, Action] = {"I13": "update", "I14": "cancel"}
"""The event of REF, where it says more than RF1-1."""

PRIORITIES: dict[str, Priority] = {
    "S": "stat",
    "STAT": "stat",
    "A": "asap",
    "ASAP": "asap",
    "R": "routine",
    "ROUTINE": "routine",
    "T": "urgent",
    "U": "urgent",
    "UR": "urgent",
    "URGENT": "urgent",
    "P": "routine",
    "C": "asap",
}
SEXES: dict[str, Literal["female", "male", "other", "unknown"]] = {
    "F": "female",
    "M": "male",
    "O": "other",
    "A": "other",
    "X": "other",
    "U": "unknown",
    "N": "unknown",
}
RANKS = {"P": 1, "S": 2, "T": 3}

FAX_EQUIPMENT = frozenset({"FX", "FAX"})
NO_PHONE_EQUIPMENT = frozenset({"INTERNET", "X.400", "MD", "BP", "TDD", "TTY"})
VAGUE_ID_TYPES = frozenset({"", "PN", "PRN", "XX", "L", "LR", "PROV", "EI", "MD", "DN", "AN"})
ORDERING_ROLES = frozenset({"RP"})
"""PRD-1 (table 0286) of who refers."""
DELETED = frozenset({"D", "X"})

ICD10_SYSTEMS = frozenset(
    {"I10", "I10C", "I10CM", "ICD10", "ICD-10", "ICD10CM", "ICD10-CM", "ICD-10-CM", "ICD 10 CM"}
    | {"2.16.840.1.113883.6.90", "URN:OID:2.16.840.1.113883.6.90", "HTTP://HL7.ORG/FHIR/SID/ICD-10-CM"}
)
PROCEDURE_SYSTEMS = frozenset(
    ["C4", "CPT", "CPT4", "CPT-4", "C5", "CPT5", "HCPCS", "HCPC", "HPC", "HCP", "HCPT", "CPTM"]
)
OTHER_CODE_SYSTEMS = frozenset(
    [
        "LN",
        "LOINC",
        "SCT",
        "SNM",
        "SNOMED",
        "SNOMED-CT",
        "RXNORM",
        "NDC",
        "I9",
        "I9C",
        "ICD9",
        "I10P",
        "NDDF",
        "MEDCIN",
        "UPC",
    ]
)

NOT_SIGNED_MODES = frozenset({"PH", "VO", "IP", "VC", "RE"})
"""ORC-30 (table 0483): by telephone, voice, in person, by video, by an automatic rule."""
NOT_SIGNED_WORDS = re.compile(
    r"\b(?:tele)?phone|\bverbal|\bvoice|\bspoken|\boral\b|in person|\bvideo|\breflexive|\bprotocol"
)

REPEATING = frozenset(["IN1-3", "IN1-4", "IN1-9", "IN1-49", "ORC-7", "ORC-21", "OBR-27", "PRD-4", "PRD-10"])
"""Fields that HL7 lets repeat, of which the first repetition is read; all others hold one value."""

SERVICE_PLACES: tuple[tuple[str, bool], ...] = (
    ("OBR-44", True),
    ("OBR-4", False),
    ("RXO-1", False),
    ("RXO-10", False),
    ("RXO-24", False),
    ("RXE-2", False),
    ("RXE-31", False),
    ("RQD-3", False),
    ("RQD-2", False),
    ("RQD-4", False),
    ("PR1-3", True),
    ("FT1-25", True),
    ("FT1-7", False),
)
"""Where an item's code stands, and whether five bare digits count as CPT there."""
DESCRIPTION_PLACES = ("OBR-4", "RXO-1", "RXE-2", "RQD-3", "RQD-2", "RQD-4", "PR1-3", "OBR-44", "RXO-10", "FT1-7")
MODIFIER_PLACES = ("OBR-45", "PR1-16", "FT1-26")
QUANTITY_PLACES: tuple[tuple[str, str], ...] = (
    ("RXO-11", "RXO-12.1"),
    ("RXE-10", "RXE-11.1"),
    ("RQD-5", "RQD-6.1"),
    ("TQ1-2", "TQ1-2.2"),
    ("OBR-27.1", "OBR-27.1.2"),
    ("ORC-7.1", "ORC-7.1.2"),
    ("FT1-10", "FT1-10.2"),
)
"""Quantity and unit; all that are present must agree."""
DISPENSED_PLACES = (("RXO-11", "RXO-12.1"), ("RXE-10", "RXE-11.1"), ("FT1-10", "FT1-10.2"))
"""The same for drugs: the quantity of their timing (TQ, TQ1) is that of one dose."""
DRUG_SEGMENTS = frozenset({"RXO", "RXE"})
INFUSED = frozenset(
    ["IV", "IVP", "IVPB", "IVB", "CIV", "SC", "SQ", "SUBQ", "SUBCUT", "IM", "EP", "IT", "IA", "IP", "ICV", "IHA"]
)
"""RXR-1 (table 0162 and its usual local codes) of what home infusion gives: by vein, under the skin, into a space."""
INFUSED_WORDS = re.compile(
    r"\b(?:intraven|ivpb?\b|iv\b|subcut|infus|intramusc|epidural|intrathec|inj\b|inject|vial|ampul|picc)"
)
"""The same in words, of the route or, where no route is given, of the drug and its form."""
INTERVAL_PLACES = ("TQ1-3", "OBR-27.2", "ORC-7.2", "RXE-1.2", "RXO-17")
REMARK_PLACES = ("OBR-13", "OBX-5", "RQ1-7", "TQ1-11", "TQ1-10", "OBR-39")
"""Where a sender may write in words what no field says."""
OXYGEN = (("E0424", "E0447"), ("E1390", "E1392"), ("E1405", "E1406"), ("K0738", "K0738"))
"""HCPCS of oxygen and what makes it."""
PRIORITY_PLACES = ("TQ1-9", "OBR-5", "OBR-27.6", "ORC-7.6", "RXE-1.6", "RF1-2")
START_PLACES = ("TQ1-7", "OBR-27.4", "ORC-7.4", "RXE-1.4", "OBR-36", "RF1-7", "ORC-15", "OBR-6", "RQD-10")
END_PLACES = ("TQ1-8", "OBR-27.5", "ORC-7.5", "RXE-1.5", "RF1-8")
AUTHORED_PLACES = ("ORC-9", "RF1-9", "RXE-32", "OBR-6", "RF1-22")
DELIVERY_PLACES = ("RXO-35", "RXE-43")
DEADLINE_PLACES = ("PV2-9", "PV1-45")
PLACER_PLACES = ("RF1-6", "ORC-2", "OBR-2", "ORC-4")
FILLER_PLACES = ("RF1-11", "ORC-3", "OBR-3")
NUMBER_PLACES = frozenset(PLACER_PLACES + FILLER_PLACES)
"""Numbers of type EI: the number stands in the first component, or is all that the field holds."""
RESULT_STATES = frozenset({"A", "C", "F", "P", "R", "FINAL", "PRELIMINARY", "CORRECTED"})
"""OBR-25 (table 0123) of what was done and reported."""
CLINICIAN_PLACES = ("ORC-12", "OBR-16", "RXE-13", "RXO-14")
"""Who ordered; the last two hold the prescriber with a DEA number."""
ORGANIZATION_PLACES = ("ORC-21",)
PRACTICE_PHONE_PLACES = ("ORC-14", "ORC-23", "OBR-17")
DIAGNOSIS_PLACES = ("OBR-31", "ORC-16", "RXO-20", "RXE-27", "RF1-10", "PRB-3")
_SET_IDS = (
    "PID",
    "IN1",
    "IN2",
    "OBR",
    "OBX",
    "NTE",
    "DG1",
    "TQ1",
    "NK1",
    "GT1",
    "PV1",
    "PV2",
    "AL1",
    "PR1",
    "RQD",
    "FT1",
)
_ENVELOPE = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 16, 18, 21)
NOT_REPORTED = frozenset(
    {f"{name}-1" for name in _SET_IDS}
    | {f"MSH-{number}" for number in _ENVELOPE}
    | {"ORC-1", "ORC-5", "RF1-1", "NTE-2", "NTE-4", "DG1-2", "DG1-6", "DG1-15", "OBX-2", "OBX-11", "PRD-1"}
)
"""Set ids, envelope and what the mapping reads as a qualifier: never listed in `Order.unmapped`."""

LOINC_FIELDS: dict[str, str] = {"3151-8": "oxygen_lpm", "8649-6": "discharge_deadline"}
"""OBX-3 with LOINC -> the field it fills."""

NAMED_FIELDS: dict[str, str] = {
    "frequency": "frequency",
    "supply frequency": "frequency",
    "oxygen lpm": "oxygen_lpm",
    "oxygen flow": "oxygen_lpm",
    "oxygen flow rate": "oxygen_lpm",
    "o2 flow": "oxygen_lpm",
    "o2 flow rate": "oxygen_lpm",
    "liter flow": "oxygen_lpm",
    "flow rate": "oxygen_lpm",
    "oxygen liter flow": "oxygen_lpm",
    "oxygen liters per minute": "oxygen_lpm",
    "liters per minute": "oxygen_lpm",
    "lpm": "oxygen_lpm",
    "o2 lpm": "oxygen_lpm",
    "dressings per week": "dressings_per_week",
    "dressing changes per week": "dressings_per_week",
    "dressing changes": "dressings_per_week",
    "number of dressing changes per week": "dressings_per_week",
    "dose interval": "dose_interval_hours",
    "dose interval hours": "dose_interval_hours",
    "dosing interval": "dose_interval_hours",
    "visits": "visits",
    "visit frequency": "visits",
    "number of visits": "visits",
    "service start": "service_start",
    "start of care": "service_start",
    "start date": "service_start",
    "soc date": "service_start",
    "delivery date": "service_start",
    "needed by": "service_start",
    "needed by date": "service_start",
    "date needed": "service_start",
    "requested delivery date": "service_start",
    "requested start date": "service_start",
    "start of care date": "service_start",
    "service end": "service_end",
    "end date": "service_end",
    "ship address": "ship_address",
    "ship to": "ship_address",
    "shipping address": "ship_address",
    "deliver to": "ship_address",
    "delivery address": "ship_address",
    "ship to address": "ship_address",
    "deliver to address": "ship_address",
    "access": "access_barriers",
    "access barriers": "access_barriers",
    "access barrier": "access_barriers",
    "home access": "access_barriers",
    "contact phone": "contact_phone",
    "delivery phone": "contact_phone",
    "delivery contact": "contact_phone",
    "contact number": "contact_phone",
    "contact phone number": "contact_phone",
    "delivery contact phone": "contact_phone",
    "delivery phone number": "contact_phone",
    "phone number for delivery": "contact_phone",
    "discharge deadline": "discharge_deadline",
    "discharge date": "discharge_deadline",
    "expected discharge": "discharge_deadline",
    "expected discharge date": "discharge_deadline",
    "anticipated discharge date": "discharge_deadline",
    "estimated discharge date": "discharge_deadline",
    "planned discharge date": "discharge_deadline",
    "projected discharge date": "discharge_deadline",
    "equipment brand": "equipment_brand",
    "brand": "equipment_brand",
    "manufacturer": "equipment_brand",
    "equipment model": "equipment_model",
    "model": "equipment_model",
    "equipment serial": "equipment_serial",
    "serial": "equipment_serial",
    "serial number": "equipment_serial",
    "quantity": "quantity",
    "qty": "quantity",
    "diagnosis code": "icd10",
    "icd 10 code": "icd10",
    "icd10 code": "icd10",
    "diagnosis": "icd10",
    "diagnoses": "icd10",
    "icd10": "icd10",
    "icd 10": "icd10",
}
"""Name of an OBX (text or code of OBX-3) or key of an NTE line `key: value` -> the field it fills."""

BARRIERS: dict[str, Literal["stairs", "gated", "elevator"]] = {
    "stair": "stairs",
    "stairs": "stairs",
    "steps": "stairs",
    "staircase": "stairs",
    "gate": "gated",
    "gated": "gated",
    "elevator": "elevator",
    "lift": "elevator",
}

TYPE_RANGES: tuple[tuple[str, str, OrderType], ...] = (
    ("G0068", "G0070", OrderType.INFUSION),
    ("G0088", "G0090", OrderType.INFUSION),
    ("G0151", "G0164", OrderType.HOME_HEALTH),
    ("G0299", "G0300", OrderType.HOME_HEALTH),
    ("G0493", "G0496", OrderType.HOME_HEALTH),
    ("G2168", "G2169", OrderType.HOME_HEALTH),
    ("Q5001", "Q5001", OrderType.HOME_HEALTH),
    ("S5035", "S5036", OrderType.INFUSION),
    ("S5497", "S5523", OrderType.INFUSION),
    ("S9061", "S9061", OrderType.INFUSION),
    ("S9097", "S9098", OrderType.HOME_HEALTH),
    ("S9122", "S9131", OrderType.HOME_HEALTH),
    ("S9208", "S9214", OrderType.HOME_HEALTH),
    ("S9325", "S9379", OrderType.INFUSION),
    ("S9490", "S9590", OrderType.INFUSION),
    ("S9810", "S9810", OrderType.INFUSION),
    ("T1000", "T1004", OrderType.HOME_HEALTH),
    ("T1019", "T1022", OrderType.HOME_HEALTH),
    ("T1030", "T1031", OrderType.HOME_HEALTH),
    ("99500", "99600", OrderType.HOME_HEALTH),
    ("99601", "99602", OrderType.INFUSION),
    ("J0000", "J9999", OrderType.INFUSION),
    ("A4000", "A9999", OrderType.DME),
    ("B4000", "B9999", OrderType.DME),
    ("E0100", "E9999", OrderType.DME),
    ("K0000", "K9999", OrderType.DME),
    ("L0000", "L9999", OrderType.DME),
    ("T4521", "T4545", OrderType.DME),
)
"""First range that holds the code decides."""
INFUSION_EQUIPMENT = (("E0776", "E0791"), ("A4220", "A4232"), ("K0455", "K0455"), ("K0552", "K0605"))
"""DME that belongs to an infusion order when there is one in the same message."""

TYPE_WORDS: tuple[tuple[str, OrderType], ...] = (
    ("infusion", OrderType.INFUSION),
    ("intravenous", OrderType.INFUSION),
    ("parenteral nutrition", OrderType.INFUSION),
    ("home health", OrderType.HOME_HEALTH),
    ("home care", OrderType.HOME_HEALTH),
    ("skilled nursing", OrderType.HOME_HEALTH),
    ("nursing visit", OrderType.HOME_HEALTH),
    ("physical therapy", OrderType.HOME_HEALTH),
    ("occupational therapy", OrderType.HOME_HEALTH),
    ("speech therapy", OrderType.HOME_HEALTH),
    ("home health aide", OrderType.HOME_HEALTH),
    ("durable medical equipment", OrderType.DME),
    ("dme", OrderType.DME),
    ("oxygen", OrderType.DME),
    ("wheelchair", OrderType.DME),
    ("hospital bed", OrderType.DME),
    ("walker", OrderType.DME),
    ("cpap", OrderType.DME),
    ("dressing", OrderType.DME),
    ("nebulizer", OrderType.DME),
)
REFERRAL_TYPES = {"SKN": OrderType.HOME_HEALTH, "NSG": OrderType.HOME_HEALTH, "HOM": OrderType.HOME_HEALTH}

_STATES = (
    "AL=Alabama|AK=Alaska|AZ=Arizona|AR=Arkansas|CA=California|CO=Colorado|CT=Connecticut|DE=Delaware|"
    "FL=Florida|GA=Georgia|HI=Hawaii|ID=Idaho|IL=Illinois|IN=Indiana|IA=Iowa|KS=Kansas|KY=Kentucky|"
    "LA=Louisiana|ME=Maine|MD=Maryland|MA=Massachusetts|MI=Michigan|MN=Minnesota|MS=Mississippi|"
    "MO=Missouri|MT=Montana|NE=Nebraska|NV=Nevada|NH=New Hampshire|NJ=New Jersey|NM=New Mexico|"
    "NY=New York|NC=North Carolina|ND=North Dakota|OH=Ohio|OK=Oklahoma|OR=Oregon|PA=Pennsylvania|"
    "RI=Rhode Island|SC=South Carolina|SD=South Dakota|TN=Tennessee|TX=Texas|UT=Utah|VT=Vermont|"
    "VA=Virginia|WA=Washington|WV=West Virginia|WI=Wisconsin|WY=Wyoming|DC=District of Columbia"
)
STATES = {name.upper(): code for code, _, name in (pair.partition("=") for pair in _STATES.split("|"))}
STATE_CODES = frozenset(STATES.values()) | {"PR", "VI", "GU", "AS", "MP", "AA", "AE", "AP"}
UNITED_STATES = frozenset(["US", "USA", "U.S", "U.S.A", "UNITED STATES", "UNITED STATES OF AMERICA", "840"]) | {
    "PR",
    "PRI",
    "VI",
    "VIR",
    "GU",
    "GUM",
    "AS",
    "ASM",
    "MP",
    "MNP",
}
"""XAD.6 (ISO 3166 or a name) of where we deliver; an empty one is taken for here."""
