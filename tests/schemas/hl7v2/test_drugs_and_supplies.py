"""Home infusion and supplies come as pharmacy and requisition orders: OMP, RDE, OMS, OMN."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from schemas.hl7v2 import orders_of
from schemas.order import Frequency, Order, OrderType

NPI = "1234567893"
PID = "PID|1||MR1^^^FAC^MR||Doe^Jane^^^^^L||19500102|F|||1 Main St^^Dayton^OH^45402^USA^H"
ORC = f"ORC|NW|RX1|||||||20261118101500|||{NPI}^Smith^Ann^^^^^^^^^^NPI"
RXO = "RXO|1664986^Vancomycin 1 GM^RXNORM|1||g||||||J3370^Vancomycin^HCPCS|28|dose||||||||T81.4XXA^Infection^I10"
RXE = "RXE|1^Q12H^D14^20261120^20261204^R|1664986^Vancomycin 1 GM^RXNORM|1||g|VIAL||||28|dose|0"
RXR = "RXR|IV^Intravenous^HL70162"


def orders(*segments: str, kind: str = "RDE^O11") -> tuple[Order, ...]:
    msh = f"MSH|^~\\&|APP|FAC|DOORSTEP|HUB|20261120083000||{kind}|ID1|P|2.5.1"
    return orders_of("\r".join([msh, PID, *segments, ""]).encode(), "doc")


def one(*segments: str, kind: str = "RDE^O11") -> Order:
    (order,) = orders(*segments, kind=kind)
    return order


def test_an_encoded_pharmacy_order_is_one_infusion_line_whatever_segments_say_it() -> None:
    order = one(ORC, RXO, RXE, RXR)
    assert order.order_type is OrderType.INFUSION
    (line,) = order.lines
    assert (line.code, line.quantity, line.unit) == ("J3370", Decimal(28), "dose")
    assert line.description == "Vancomycin 1 GM"
    assert order.frequency == Frequency(kind="dose_interval_hours", value=Decimal(12))
    assert (order.service_start, order.service_end) == (date(2026, 11, 20), date(2026, 12, 4))
    assert [d.code for d in order.diagnoses] == ["T81.4XXA"]
    assert order.clinician.npi == NPI
    assert order.signature_date == date(2026, 11, 18)
    assert order.conflicting == {}


def test_what_is_requested_and_what_is_encoded_must_agree() -> None:
    order = one(ORC, RXO, RXE.replace("|28|dose|0", "|14|dose|0"), RXR)
    assert order.lines[0].quantity is None
    assert "order_lines" in order.conflicting


def test_the_amount_of_one_dose_is_not_the_quantity_of_the_order() -> None:
    assert one(ORC, "TQ1|1|2^TAB|Q12H", RXE.replace("|28|dose|0", ""), RXR).lines[0].quantity is None
    order = one(ORC.replace("RX1||||||", "RX1|||||2^Q12H"), RXE, RXR)
    assert order.lines[0].quantity == 28


def test_two_drugs_are_two_lines() -> None:
    second = RXE.replace("1664986^Vancomycin 1 GM", "1791701^Cefepime 2 GM")
    assert [line.description for line in one(ORC, RXE, RXR, ORC, second, RXR).lines] == [
        "Vancomycin 1 GM",
        "Cefepime 2 GM",
    ]


@pytest.mark.parametrize("route", ["IV^Intravenous^HL70162", "47625008^Intravenous route^SCT", "^IVPB infusion", ""])
def test_a_drug_that_is_infused_is_an_infusion_order(route: str) -> None:
    assert one(ORC, RXE, f"RXR|{route}").order_type is OrderType.INFUSION


@pytest.mark.parametrize("route", ["PO^Oral^HL70162", "TP", "26643006^Oral route^SCT", "IH^Inhalation"])
def test_a_tablet_or_an_ointment_is_not(route: str) -> None:
    assert one(ORC, RXE, f"RXR|{route}").order_type is OrderType.UNKNOWN


@pytest.mark.parametrize(
    ("drug", "kind"),
    [
        ("^Vancomycin 1 GM IVPB^L", OrderType.INFUSION),
        ("^Heparin inj 5000 units^L", OrderType.INFUSION),
        ("J3370^Vancomycin^HCPCS", OrderType.INFUSION),
        ("^Metformin 500 mg tablet^L", OrderType.UNKNOWN),
        ("^Activan^L", OrderType.UNKNOWN),
    ],
)
def test_a_drug_without_a_route_is_judged_by_its_own_words(drug: str, kind: OrderType) -> None:
    assert one(ORC, f"RXO|{drug}|1||mg").order_type is kind


def test_the_prescriber_may_stand_with_a_dea_number_only() -> None:
    order = one("ORC|NW|RX1", RXE + "|AS1234563^Smith^Ann^^^^^^DEA", RXR)
    assert order.clinician.name is not None
    assert order.clinician.name.text == "Ann Smith"
    assert order.clinician.npi is None


def test_the_encoded_order_says_where_to_deliver() -> None:
    order = one(ORC, RXE + "|" * 31 + "12 Oak St^^Xenia^OH^45385", RXR)
    assert order.delivery_address is not None
    assert order.delivery_address.one_line() == "12 Oak St, Xenia, OH 45385"


@pytest.mark.parametrize("kind", ["OMP^O09", "OMP^O09^OMP_O09", "OMP_O09", "omp^o09"])
def test_a_pharmacy_order_that_is_not_encoded_yet_is_taken_too(kind: str) -> None:
    order = one(ORC, RXO, RXR, kind=kind)
    assert order.order_type is OrderType.INFUSION
    assert order.lines[0].code == "J3370"


@pytest.mark.parametrize("kind", ["OMS^O05", "OMN^O07", "OMS^O01"])
def test_a_requisition_of_supplies_is_an_order_of_equipment(kind: str) -> None:
    rqd = "RQD|1|4411^Foam dressing 4x4^L|A6210^Foam dressing^HCPCS||30|EA|||{}|20261125"
    order = one(ORC, rqd.format(""), ORC, rqd.replace("A6210", "A4253").format(""), kind=kind)
    assert order.order_type is OrderType.DME
    assert [(line.code, line.quantity, line.unit) for line in order.lines] == [
        ("A6210", Decimal(30), "EA"),
        ("A4253", Decimal(30), "EA"),
    ]
    assert order.service_start == date(2026, 11, 25)
