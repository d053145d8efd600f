from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from doorstep.rules import hcpcs_table
from handlers.casework import rulesets_for
from handlers.check import evaluate
from handlers.decide import CONFIRMED
from schemas.case import (
    CaseState,
    InformationRequested,
)
from schemas.document import ReviewRequested
from schemas.element import (
    ElementStatus,
    Waiver,
    unmet,
)
from schemas.noted import day_in, first_number
from schemas.order import Address, Evidence, Order, OrderLine, OrderType
from schemas.rules import Ruleset
from tests.factories import NOW, order, referral
from tests.handlers.memory import MemoryHub, MemoryUnit
from tests.rules.test_rules import REQUIRED

TODAY = NOW.date()


def missing(made: Order) -> dict[str, str]:
    results = evaluate(made, rulesets_for(MemoryUnit(), made.order_type), TODAY)  # type: ignore[arg-type]
    return {result.element_id: str(result.status) for result in unmet(results)}


@pytest.mark.parametrize("order_type", ["dme", "home_health", "infusion"])
def test_a_complete_order_lacks_nothing(order_type: str) -> None:
    assert missing(order(3, order_type)) == {}


@pytest.mark.parametrize("name", REQUIRED)
def test_each_required_element_is_missed_alone(name: str) -> None:
    assert missing(order(without=(name,))) == {name: "missing"}


@pytest.mark.parametrize("name", REQUIRED)
def test_what_could_not_be_read_is_unreadable_and_not_missing(name: str) -> None:
    assert missing(order(without=(name,), more={"unreadable": {name: "below threshold"}})) == {name: "unreadable"}


def test_a_contradiction_stands_even_where_a_value_is_there() -> None:
    assert missing(order(more={"conflicting": {"dob": "two dates"}})) == {"dob": "conflicting"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature_present", False),
        ("clinician_npi", "1234567890"),
        ("dob", "2031-01-01"),
        ("ship_address", "12 Oak St"),
    ],
)
def test_a_value_that_fails_its_own_check_does_not_count(name: str, value: Any) -> None:
    assert missing(order(**{name: value})) == {name: "missing"}


def test_an_order_of_unknown_kind_is_judged_by_the_common_list() -> None:
    assert missing(Order(order_id="o", document_id="d", channel="hl7v2")) == dict.fromkeys(REQUIRED, "missing")


def test_the_home_serves_as_the_address_where_none_else_is_given() -> None:
    made = order(without=("ship_address",))
    home = Address(line1="1 Oak St", city="Dayton", state="OH", postal_code="45402")
    lived = made.model_copy(update={"member": made.member.model_copy(update={"address": home})})
    assert missing(lived) == {}


def ruleset(**changes: Any) -> Ruleset:
    element = {
        "id": "frequency",
        "label": "Flow",
        "path": "frequency.value",
        "gate": "intake",
        "severity": "required",
        "ask": "Flow.",
        "cite": ["test"],
    }
    return Ruleset.model_validate(
        {
            "ruleset": "t",
            "version": "2026-01-01",
            "effective": {"from": "2026-04-13", "until": None},
            "elements": [element | changes],
        }
    )


def statuses(made: Order, rules: Ruleset, day: date = TODAY, gate: Any = "intake") -> list[ElementStatus]:
    return [result.status for result in evaluate(made, [rules], day, gate=gate)]


def test_a_rule_counts_only_while_it_is_in_force() -> None:
    made = order(without=("frequency",))
    assert statuses(made, ruleset(), date(2026, 4, 12)) == []
    assert statuses(made, ruleset(), date(2026, 4, 13)) == [ElementStatus.MISSING]


def test_a_later_gate_is_not_asked_for_at_intake() -> None:
    made = order(without=("frequency",))
    assert statuses(made, ruleset(gate="delivery")) == []
    assert statuses(made, ruleset(gate="delivery"), gate="delivery") == [ElementStatus.MISSING]


def test_a_condition_that_does_not_hold_makes_an_element_not_applicable() -> None:
    made = order(without=("frequency",), order_lines=[{"code": "E0143", "quantity": 1}])
    assert statuses(made, ruleset(when={"hcpcs": ["E1390"]})) == [ElementStatus.NOT_APPLICABLE]
    assert statuses(made, ruleset(when={"hcpcs": ["E0143"]})) == [ElementStatus.MISSING]
    by_type = {"path": "order_type", "values": ["infusion"]}
    assert statuses(made, ruleset(when=by_type)) == [ElementStatus.NOT_APPLICABLE]
    turned = made.model_copy(update={"order_type": OrderType.INFUSION})
    assert statuses(turned, ruleset(when=by_type)) == [ElementStatus.MISSING]


def test_advice_never_keeps_an_order_back() -> None:
    made = order(without=("frequency",))
    assert unmet(evaluate(made, [ruleset(severity="advise")], TODAY)) == ()


def test_an_element_of_a_later_ruleset_replaces_the_one_before() -> None:
    made = order(without=("frequency",))
    results = evaluate(made, [ruleset(), ruleset(severity="advise")], TODAY)
    assert [result.severity for result in results] == ["advise"]


def doubted(made: Order, received: date = TODAY) -> dict[str, tuple[str, str]]:
    rulesets = rulesets_for(MemoryUnit(), made.order_type)  # type: ignore[arg-type]
    results = evaluate(made, rulesets, TODAY, received=received)
    return {result.element_id: (str(result.status), result.ask) for result in unmet(results)}


@pytest.mark.parametrize(
    ("days", "believed"), [(-366 * 20, False), (-731, False), (-730, True), (0, True), (366, True), (367, False)]
)
def test_a_first_day_long_past_or_far_ahead_is_not_believed(days: int, believed: bool) -> None:
    found = doubted(order(service_start=str(TODAY + timedelta(days=days))))
    assert set(found) == (set() if believed else {"service_start"})
    assert all(status == "conflicting" and "long past" in ask for status, ask in found.values())


@pytest.mark.parametrize(("days", "believed"), [(-900, True), (0, True), (1, True), (2, False)])
def test_nobody_signs_after_the_order_arrived(days: int, believed: bool) -> None:
    found = doubted(order(signature_date=str(TODAY + timedelta(days=days))))
    assert set(found) == (set() if believed else {"signature_date"})


def test_a_date_is_held_against_the_day_of_receipt_only_where_that_is_known() -> None:
    assert missing(order(service_start="2006-11-24")) == {}


def test_a_signature_without_a_date_is_not_asked_for_one() -> None:
    assert doubted(order(without=("signature_date",))) == {}


@pytest.mark.parametrize("code", ["E9999", "E4500", "K9999", "L0001", "X1234", "E139", "ZZZZZ", "N0123"])
def test_a_code_that_does_not_exist_is_put_before_a_person(code: str) -> None:
    lines = [{"code": "E1390", "quantity": 1}, {"code": code, "quantity": 1}]
    status, ask = doubted(order(order_lines=lines))["order_lines"]
    assert status == "conflicting"
    assert "code not known" in ask


def test_each_code_of_the_table_and_of_a_known_family_passes() -> None:
    common = rulesets_for(MemoryUnit(), OrderType.UNKNOWN)  # type: ignore[arg-type]
    (element,) = [e for e in common[0].elements if e.id == "order_lines"]
    assert element.plausible is not None
    believes = element.plausible.believes
    codes = [*hcpcs_table(), "99509", "97110", "0469T", "e1390", "E1399", "B9998", "T4545"]
    assert len(codes) > 8000
    assert [code for code in codes if not believes(OrderLine(code=code), TODAY)] == []


def test_what_a_person_confirmed_is_believed() -> None:
    sure = {name: Evidence(validators=(CONFIRMED,)) for name in ("service_start", "order_lines")}
    lines = [{"code": "E9999", "quantity": 1}]
    assert doubted(order(service_start="2006-11-24", order_lines=lines, more={"evidence": sure})) == {}


def test_a_doubt_without_its_question_is_no_rule() -> None:
    with pytest.raises(ValidationError):
        ruleset(plausible={"days_after_receipt": 1})


def test_impossible_values_are_asked_for_and_put_before_a_person_and_never_dispatched() -> None:
    hub = MemoryHub()
    hub.send(referral(order(service_start="2006-11-24", order_lines=[{"code": "E9999", "quantity": 1}])))
    assert hub.only_case().state is CaseState.INCOMPLETE
    (review,) = hub.seen(ReviewRequested)
    assert set(review.fields) == {"order_lines", "service_start"}
    assert "code not known" in review.fields["order_lines"]
    assert not hub.unit.offers


@pytest.mark.parametrize("fields", [{}, {"service_start": "2024-08-01"}])
def test_a_value_that_a_person_confirms_as_it_is_lets_the_order_go_on(fields: dict[str, str]) -> None:
    hub = MemoryHub()
    hub.send(referral(order(service_start="2024-08-01")))
    (review,) = hub.seen(ReviewRequested)
    hub.say("desk", "w", {"review_id": review.review_id, "decision": "accept", "reviewer": "R", "fields": fields})
    assert hub.only_case().state is CaseState.DISPATCHING
    hub.send(referral(order(document_id="doc-2", service_start="2024-08-01", more={"placer_number": "A"})))
    changed = {"action": "update", "placer_number": "A"}
    hub.send(referral(order(document_id="doc-3", service_start="2007-08-01", more=changed)))
    assert hub.only_case().state is CaseState.INCOMPLETE  # what was confirmed is that value, not the next one


def test_an_answer_with_the_right_date_and_code_takes_the_place_of_the_impossible() -> None:
    hub = MemoryHub()
    hub.send(referral(order(service_start="2006-11-24", order_lines=[{"code": "E9999", "quantity": 1}])))
    hub.send(referral(order(document_id="doc-2")))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert str(hub.only_case().order.service_start) == order().service_start.isoformat()  # type: ignore[union-attr]


def claim(made: Order, payer: str = "Medicare", *, waived: dict[str, Waiver] | None = None) -> dict[str, str]:
    """Return what the claim gate finds open of an order for this payer."""
    rulesets = rulesets_for(MemoryUnit(), made.order_type, payer)  # type: ignore[arg-type]
    results = evaluate(made, rulesets, TODAY, gate="claim", waived=waived or {})
    return {result.element_id: str(result.status) for result in unmet(results, "claim")}


def oxygen(*notes: str) -> Order:
    return order(order_lines=[{"code": "E1390", "quantity": 1}], more={"notes": notes})


def test_later_gates_hold_nothing_back_at_intake_and_are_kept_in_view() -> None:
    assert {"oxygen_result", "encounter"} <= set(claim(oxygen()))
    assert missing(oxygen()) == {}


def test_a_line_of_the_notes_meets_an_element_that_has_no_field() -> None:
    said = oxygen("SpO2: 86 % at rest on 11/02/2026", "Face-to-face encounter: 2026-10-30 with the ordering clinician")
    assert set(claim(said)) & {"oxygen_result", "oxygen_result_date", "encounter"} == set()
    assert claim(oxygen("o2 SAT :  95 % at rest"))["oxygen_result"] == "missing"
    assert claim(oxygen("SpO2 of 86 was not measured"))["oxygen_result"] == "missing"


def test_what_is_too_old_is_stale_and_a_newer_one_heals_it() -> None:
    old, new = "F2F: 2026-01-05", "F2F: 2026-11-05"
    assert claim(oxygen(old))["encounter"] == "stale"
    assert "encounter" not in claim(oxygen(old, new))
    assert claim(oxygen("F2F: next month"))["encounter"] == "missing"


def test_a_payers_own_rules_are_for_its_orders_only() -> None:
    assert "encounter" in claim(oxygen(), "medicare part b")
    assert "encounter" not in claim(oxygen(), "Aetna")
    assert "oxygen_result" in claim(oxygen(), "Aetna")


def test_rules_hold_from_their_day_on() -> None:
    rulesets = rulesets_for(MemoryUnit(), OrderType.DME, "Medicare")  # type: ignore[arg-type]

    def asked(day: date) -> set[str]:
        return {r.element_id for r in unmet(evaluate(oxygen(), rulesets, day, gate="claim"), "claim")}

    assert "encounter" not in asked(date(2026, 4, 12))
    assert "encounter" in asked(date(2026, 4, 13))


def test_a_waived_element_holds_nothing_back_and_says_by_whom() -> None:
    waiver = Waiver(reason="member has no phone", by="R. Viewer", at=NOW)
    made = order(without=("contact_phone",))
    results = evaluate(made, rulesets_for(MemoryUnit(), made.order_type), TODAY, waived={"contact_phone": waiver})  # type: ignore[arg-type]
    assert unmet(results) == ()
    assert next(r for r in results if r.element_id == "contact_phone").why == "R. Viewer: member has no phone"
    met = evaluate(order(), rulesets_for(MemoryUnit(), made.order_type), TODAY, waived={"contact_phone": waiver})  # type: ignore[arg-type]
    assert next(r for r in met if r.element_id == "contact_phone").status is ElementStatus.MET


@pytest.mark.parametrize("element", [{"path": [], "notes": []}, {"id": "a"}])
def test_an_element_stands_somewhere_and_once(element: dict[str, Any]) -> None:
    made = {"id": "b", "label": "B", "path": "lines", "gate": "claim", "severity": "advise", "ask": "?", "cite": ["c"]}
    raw = {"ruleset": "r", "version": "2026-01-01", "effective": {"from": "2026-01-01"}}
    with pytest.raises(ValidationError):
        Ruleset.model_validate({**raw, "elements": [made | {"id": "a"}, made | element]})


@given(st.text(max_size=60))
def test_any_text_can_be_searched_for_a_number_and_a_day(text: str) -> None:
    day_in(text)
    first_number(text)


def test_numbers_and_days_are_found_apart() -> None:
    assert first_number("on 2026-11-02: 86.5 %") == Decimal("86.5")
    assert day_in("86 % (11/2/2026)") == date(2026, 11, 2)
    assert day_in("2026-13-40, then 2026-11-02") is None or day_in("13/40/2026") is None
    assert first_number("none") is None


def test_after_three_rounds_that_did_not_complete_the_order_a_person_calls() -> None:
    hub = MemoryHub()
    gaps = ["clinician_npi", "contact_phone", "member_id", "signature_present"]
    for number in range(4):
        without = tuple(gaps[number:])
        hub.send(referral(order(document_id=f"doc-{number}", without=without, more={"placer_number": "P-1"})))
        assert hub.only_case().rounds == number + 1
        called = [r for r in hub.seen(ReviewRequested) if "please call the sender" in r.reason]
        assert len(called) == (number >= 3)
    assert len(hub.seen(InformationRequested)) == 4


class StricterUnit(MemoryUnit):
    """A unit whose oxygen rules hold an order back until its route is known."""

    def rules(self, name: str) -> Any:
        raw = super().rules(name)
        if name != "elements/dme.oxygen":
            return raw
        made = [e | {"severity": "required"} if e["id"] == "oxygen_route" else e for e in raw["elements"]]
        return self.__dict__.setdefault("_stricter", {**raw, "elements": made})


def stricter() -> MemoryHub:
    hub = MemoryHub()
    hub.unit = StricterUnit()
    return hub


def test_what_only_notes_can_say_is_asked_for_and_answered_by_a_line_of_notes_in_a_repeat() -> None:
    hub = stricter()
    hub.send(referral(oxygen("Route: nasal cannula")))
    assert hub.only_case().state is CaseState.DISPATCHING

    hub = stricter()
    hub.send(referral(oxygen("SpO2: 86 %")))
    assert [one.element_id for one in hub.only_case().unmet] == ["oxygen_route"]
    told = order(document_id="doc-2", order_lines=[{"code": "E1390", "quantity": 1}], more={"notes": ("Route: mask",)})
    hub.send(referral(told))
    assert hub.only_case().state is CaseState.DISPATCHING
    assert hub.only_case().order.notes == ("SpO2: 86 %", "Route: mask")


def test_what_a_repeat_or_an_update_adds_to_the_notes_stays_with_the_case() -> None:
    hub = MemoryHub()
    hub.send(referral(oxygen("SpO2: 86 %")))
    lines = [{"code": "E1390", "quantity": 1}]
    for number, extra in ((2, {}), (3, {"action": "update", "placer_number": None})):
        more = {"notes": (f"Note {number}",), **extra}
        hub.send(referral(order(document_id=f"doc-{number}", order_lines=lines, more=more)))
    assert set(hub.only_case().order.notes) == {"SpO2: 86 %", "Note 2", "Note 3"}
