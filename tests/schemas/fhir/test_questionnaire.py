"""A QuestionnaireResponse as the order that it says, whatever the form engine made of its shape."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from schemas.fhir import answer_of, is_answer
from schemas.fhir.questionnaire import FORMS
from schemas.fields import FIELD_NAMES, fields_of


def answered(*items: dict[str, Any]) -> Any:
    return answer_of({"resourceType": "QuestionnaireResponse", "item": list(items)}, "ServiceRequest/1", "d")


def leaf(name: str, **value: Any) -> dict[str, Any]:
    return {"linkId": name, "answer": [value]}


def test_groups_choices_and_numbers() -> None:
    lines = (
        [leaf("order_lines.code", valueString="E1390"), leaf("order_lines.quantity", valueDecimal=Decimal("1.0"))],
        [leaf("order_lines.code", valueCoding={"code": "E0431"})],
    )
    kind, flow = leaf("frequency.kind", valueCoding={"code": "oxygen_lpm"}), Decimal("2.5")
    home = [leaf("line1", valueString="12 Elm St"), leaf("city", valueString="Erie"), leaf("state", valueString="PA")]
    found = answered(
        *({"linkId": "order_lines", "item": line} for line in lines),
        {"linkId": "frequency", "item": [kind, leaf("frequency.value", valueDecimal=flow)]},
        {"linkId": "ship_address", "item": [*home, leaf("ship_address.postal_code", valueString="16501")]},
        {"linkId": "access_barriers", "answer": [{"valueCoding": {"code": "stairs"}}, {"valueString": "gated"}]},
        leaf("discharge_deadline", valueDateTime="2026-11-30T21:00:00Z"),
    )
    assert fields_of(found) == {
        "order_lines": [{"code": "E1390", "quantity": 1}, {"code": "E0431", "quantity": None}],
        "frequency": {"kind": "oxygen_lpm", "value": 2.5},
        "ship_address": "12 Elm St, Erie, PA 16501",
        "access_barriers": ["stairs", "gated"],
        "discharge_deadline": "2026-11-30T16:00",
    }


def test_items_may_be_nested_in_groups_of_the_form() -> None:
    found = answered({"linkId": "page-1", "item": [{"linkId": "g", "item": [leaf("dob", valueDate="1950-01-02")]}]})
    assert fields_of(found) == {"dob": "1950-01-02"}


def test_a_wrong_form_and_two_values_for_one_are_unreadable() -> None:
    payers = {"linkId": "payer", "answer": [{"valueString": "A"}, {"valueString": "B"}]}
    found = answered(leaf("dob", valueDate="1950"), payers)
    assert fields_of(found) == {}
    assert set(found.unreadable) == {"dob", "payer"}


def test_a_tick_is_no_signature_and_other_answers_are_kept() -> None:
    found = answered(leaf("signature_present", valueBoolean=True), leaf("colour", valueString="red"))
    assert fields_of(found) == {}
    kept = {name for name in found.unmapped if name.startswith("QuestionnaireResponse.")}
    assert kept == {"QuestionnaireResponse.signature_present", "QuestionnaireResponse.colour"}


def test_only_a_finished_response_is_an_answer() -> None:
    told = {s: is_answer({"resourceType": "QuestionnaireResponse", "status": s}) for s in ("amended", "in-progress")}
    assert told == {"amended": True, "in-progress": False}


def test_every_form_is_one_of_a_field() -> None:
    assert set(FORMS) <= set(FIELD_NAMES)


def test_an_answer_for_which_an_order_has_no_field_is_a_line_of_its_notes() -> None:
    said = (leaf("oxygen_route", valueString="cannula"), leaf("homebound", valueBoolean=True))
    more = {"linkId": "weight", "answer": [{"valueQuantity": {"value": 81}}, {"valueAttachment": {"url": "x"}}]}
    assert answered(*said, more).notes == ("oxygen_route: cannula", "homebound: yes", "weight: 81")
