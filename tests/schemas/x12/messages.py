"""Payers' messages written by the guides, for tests: every part of them can be replaced."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from schemas.order import Address, PersonName
from schemas.payer import PayerEnquiry, ServiceLine

AT = datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)
TRACE = "5b1c9f0e-0000-5000-8000-000000000001"


def enquiry(**deviations: object) -> PayerEnquiry:
    values: dict[str, object] = {
        "ask": "eligibility",
        "way": "x12",
        "trace": TRACE,
        "case_id": "DS-000001-8",
        "asked_at": AT,
        "payer": "Sample Health Plan",
        "payer_id": "SAMPLE01",
        "member_id": "W123456789",
        "member_name": PersonName(text="Odessa Brightwater", given="Odessa", family="Brightwater"),
        "dob": date(1951, 4, 9),
        "sex": "female",
        "member_address": Address(line1="12 Maple Ave", city="Dayton", state="OH", postal_code="45402"),
        "provider_name": PersonName(text="Ruth Castellan"),
        "provider_npi": "1234567893",
        "diagnoses": ("J44.9", "I50.9"),
        "lines": (ServiceLine(sequence=1, code="E0260", modifiers=("RR",), quantity=Decimal(1)),),
        "service_types": ("12", "18"),
        "service_start": date(2026, 11, 25),
    }
    return PayerEnquiry.model_validate({**values, **deviations})


def wrapped(kind: str, version: str, group: str, *body: str, end: str = "~", control: str = "000000042") -> bytes:
    """Return an interchange around the segments of one transaction set."""
    isa = f"ISA*00*          *00*          *ZZ*SAMPLE01       *ZZ*DOORSTEP       *261123*1504*^*00501*{control}*0*P*:"
    lines = [
        isa,
        f"GS*{group}*SAMPLE01*DOORSTEP*20261123*1504*7*X*{version}",
        f"ST*{kind}*0001*{version}",
        *body,
        f"SE*{len(body) + 2}*0001",
        "GE*1*7",
        f"IEA*1*{control}",
    ]
    return "".join(line + end for line in lines).encode()


def answer_271(*of_member: str, above: tuple[str, ...] = (), trace: str = TRACE, end: str = "~") -> bytes:
    """Return a 271 about one subscriber; `above` stands in the payer's own loop."""
    return wrapped(
        "271", "005010X279A1", "HB",
        "BHT*0022*11*REF1*20261123*150406",
        "HL*1**20*1", "NM1*PR*2*SAMPLE HEALTH PLAN*****PI*SAMPLE01", *above,
        "HL*2*1*21*1", "NM1*1P*1*CASTELLAN*RUTH****XX*1234567893",
        "HL*3*2*22*0", f"TRN*2*{trace}*9DOORSTEP0", "NM1*IL*1*BRIGHTWATER*ODESSA****MI*W123456789", *of_member,
        end=end,
    )  # fmt: skip


def answer_278(
    event: tuple[str, ...] = (), services: tuple[tuple[str, ...], ...] = (), trace: str = TRACE, above: str = ""
) -> bytes:
    """Return a 278 response to one patient event with its services."""
    lines = [
        "BHT*0007*11*REF2*20261123*150406*19",
        "HL*1**20*1", "NM1*X3*2*SAMPLE HEALTH PLAN*****PI*SAMPLE01", *([above] if above else []),
        "HL*2*1*21*1", "NM1*1P*1*CASTELLAN*RUTH****XX*1234567893",
        "HL*3*2*22*1", "NM1*IL*1*BRIGHTWATER*ODESSA****MI*W123456789",
        f"HL*4*3*EV*{int(bool(services))}", f"TRN*2*{trace}*9DOORSTEP0", "UM*HS*I*12", *event,
    ]  # fmt: skip
    for number, service in enumerate(services, start=5):
        lines += [f"HL*{number}*4*SS*0", *service]
    return wrapped("278", "005010X217", "HI", *lines)
