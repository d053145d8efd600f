"""What the rulesets ask for at each gate, of orders that say it all, say a part, or say it in a sender's own words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from handlers.casework import rulesets_for
from handlers.check import evaluate
from schemas.element import UNMET, ElementResult, ElementStatus
from schemas.order import Order
from tests.factories import NOW, order
from tests.handlers.memory import MemoryUnit

TODAY = NOW.date()
OXYGEN = "SpO2: 86 % at rest on room air on 2026-11-02, performed by Ada Lowe RN"
SEEN = "Face-to-face encounter: 2026-10-30 with the ordering clinician"


def results(made: Order, payer: str = "Medicare", day: date = TODAY) -> dict[str, ElementResult]:
    rulesets = rulesets_for(MemoryUnit(), made.order_type, payer)
    return {one.element_id: one for one in evaluate(made, rulesets, day, gate="claim")}


def lacks(made: Order, payer: str = "Medicare", day: date = TODAY) -> set[str]:
    """Return what a payer's claim would lack."""
    found = results(made, payer, day).values()
    return {one.element_id for one in found if one.status in UNMET and one.severity == "required"}


def ordered(*codes: str, notes: tuple[str, ...] = (), kind: str = "dme", **fields: Any) -> Order:
    lines = [{"code": code, "quantity": 1} for code in codes]
    return order(3, kind, order_lines=lines, more={"notes": notes}, **fields)


def oxygen(*notes: str) -> Order:
    return ordered("E1390", notes=notes)


def test_an_oxygen_order_that_says_it_all_lacks_nothing_and_without_a_word_it_lacks_the_test() -> None:
    assert lacks(oxygen(OXYGEN, SEEN)) == set()
    assert lacks(oxygen(SEEN)) == {"oxygen_result", "oxygen_result_date", "oxygen_condition", "oxygen_performer"}


@pytest.mark.parametrize(
    "said",
    [
        "O2 sat at rest: 86 %",
        "- Oxygen saturation (room air, resting): 86%",
        "SpO2: 91 % at rest; SpO2 during sleep: 87 %",
        "Oxygen saturation in Arterial blood by Pulse oximetry [59408-5]: 86 %",
        "PaO2: 52 mm Hg",
        "ABG: pO2 54 at rest",
    ],
)
def test_a_result_is_understood_in_a_senders_own_words(said: str) -> None:
    assert "oxygen_result" not in lacks(oxygen(said))


@pytest.mark.parametrize(
    "said", ["SpO2: 95 %", "SpO2 on 2 L: 93 %", "PaO2: 70", "Oxygen: 86 % of the time", "SpO2 goal: 88 %", "SpO2: low"]
)
def test_what_does_not_qualify_or_is_no_result_is_not_taken_for_one(said: str) -> None:
    assert "oxygen_result" in lacks(oxygen(said))


def test_eighty_nine_percent_qualifies_only_with_what_group_two_asks_for() -> None:
    at_89 = OXYGEN.replace("86", "89")
    assert lacks(oxygen(at_89, SEEN)) == {"oxygen_group_2"}
    assert lacks(oxygen(at_89, SEEN, "Hematocrit: 58 %")) == set()
    assert lacks(oxygen(at_89, SEEN, "Hematocrit: 48 %")) == {"oxygen_group_2"}
    assert lacks(oxygen(at_89, SEEN, "Dependent edema: yes, suggests CHF")) == set()
    assert lacks(oxygen(at_89, SEEN, "SpO2 during sleep: 85 %")) == set()
    assert lacks(oxygen("PaO2: 57 at rest on 2026-11-02, performed by lab", SEEN)) == {"oxygen_group_2"}


def test_a_test_on_exercise_needs_its_three_readings() -> None:
    three = "SpO2: 92 % at rest on room air, 85 % on exercise on room air, 93 % on exercise on 2 L oxygen"
    both = (SEEN, "Oxygen test performed by: Ada Lowe RN", "Date of oxygen test: 2026-11-02")
    assert lacks(oxygen(three, *both)) == set()
    apart = ("SpO2 at rest, RA: 92 %", "SpO2 on exertion, RA: 85 %", "SpO2 on exertion with O2: 93 %")
    assert lacks(oxygen(*apart, *both)) == set()
    assert lacks(oxygen(*apart[:2], *both)) == {"oxygen_exercise_on_oxygen"}
    assert lacks(oxygen(apart[1], *both)) == {"oxygen_rest_on_air", "oxygen_exercise_on_oxygen"}


PAP = ("Clinical evaluation: 2026-09-01", "CPAP training: done")


def test_mild_sleep_apnea_needs_symptoms_or_comorbidities() -> None:
    assert lacks(ordered("E0601", notes=(*PAP, "AHI: 22 on 2026-10-02"))) == set()
    mild = (*PAP, "AHI: 8 on 2026-10-02")
    assert lacks(ordered("E0601", notes=mild, icd10=["G47.33"])) == {"sleep_symptoms"}
    assert lacks(ordered("E0601", notes=(*mild, "Epworth: 14"), icd10=["G47.33"])) == set()
    assert lacks(ordered("E0601", notes=mild, icd10=["G47.33", "I10"])) == set()
    assert lacks(ordered("E0601", notes=(*PAP, "AHI: 3 on 2026-10-02"))) == {"sleep_index"}
    assert lacks(ordered("A7030")) == set()


def test_a_bilevel_device_for_sleep_apnea_follows_a_failed_single_level_one() -> None:
    told = (*PAP, "AHI: 22 on 2026-10-02")
    assert lacks(ordered("E0470", notes=told, icd10=["G47.33"])) == {"pap_tried_and_failed"}
    assert lacks(ordered("E0470", notes=(*told, "CPAP trial: failed at 14 cm"), icd10=["G47.33"])) == set()
    assert lacks(ordered("E0470", icd10=["J44.9"])) == set()


@pytest.mark.parametrize(
    ("code", "day", "listed"),
    [
        ("K0823", "2022-04-13", True),
        ("L0650", "2022-04-12", False),
        ("L0650", "2022-04-13", True),
        ("L1970", "2023-04-16", False),
        ("L1970", "2023-04-17", True),
        ("E0747", "2024-08-12", True),
        ("E0143", "2026-11-23", False),
    ],
)
def test_a_written_order_prior_to_delivery_is_for_the_listed_items_of_that_day(
    code: str, day: str, listed: bool
) -> None:
    found = results(ordered(code), day=date.fromisoformat(day))
    asked = {
        one.element_id
        for one in found.values()
        if one.gate == "delivery"
        and one.status is not ElementStatus.NOT_APPLICABLE
        and "mobility" not in one.element_id
    }
    whole = {"encounter", *(f"written_order_{part}" for part in ("date", "signature", "description", "quantity"))}
    assert asked == (whole if listed else set())


WOUND = (
    "Wound: surgical, left heel, one wound",
    "Wound size: 4 x 3 x 1 cm on 2026-11-10",
    "Drainage: moderate",
    "Dressings per change: 1",
)


def test_dressings_want_the_wound_its_evaluation_of_the_month_and_what_is_used() -> None:
    made = ordered("A6212", notes=WOUND, frequency={"kind": "dressings_per_week", "value": 3})
    assert lacks(made) == set()
    old = tuple(line.replace("2026-11-10", "2026-09-01") for line in WOUND)
    assert results(ordered("A6212", notes=old))["wound_evaluation"].status is ElementStatus.STALE
    assert lacks(ordered("A6212")) >= {"wound", "wound_qualifies", "wound_size", "wound_drainage", "wound_evaluation"}
    assert "wound_qualifies" in lacks(ordered("A6212", notes=("Wound: pressure ulcer, sacrum",)))


def test_a_glucose_monitor_that_is_worn_wants_insulin_or_hypoglycemia_and_a_recent_visit() -> None:
    told = ("Insulin: glargine 20 units daily", "Office visit: 2026-10-01", "Training: caregiver trained")
    assert lacks(ordered("E2103", notes=told, icd10=["E11.65"])) == set()
    assert lacks(ordered("E2103", notes=("Insulin: no",), icd10=["E11.65"])) == {
        *("cgm_reason", "cgm_visit", "glucose_training")
    }
    assert lacks(ordered("E2103", notes=told, icd10=["J44.9"])) == {"diabetes"}
    late = results(ordered("E2103", notes=("Office visit: 2026-01-01",)))
    assert late["cgm_visit"].status is ElementStatus.STALE
    assert lacks(ordered("A4253", notes=("Training: done", "Tests per day: 6"), icd10=["E11.9"])) == {
        "more_tests_reason"
    }


def test_a_special_formula_and_a_pump_want_their_reasons() -> None:
    told = ("Length of need: 99 months, permanent", "Indication: dysphagia after stroke")
    assert lacks(ordered("B4150", notes=told)) == set()
    assert lacks(ordered("B4153", "B4035", notes=told)) == {"enteral_formula_reason", "enteral_pump_reason"}


def test_a_heavy_duty_bed_wants_the_weight_and_a_semi_electric_one_the_changes() -> None:
    assert lacks(ordered("E0260")) == {"bed_reason", "bed_changes"}
    heavy = ("Positioning: aspiration", "Repositioning: every 2 hours", "Weight: 372 lb")
    assert lacks(ordered("E0303", notes=heavy)) == set()


HOME = (
    "Homebound: walker and one person, dyspnea at 10 feet",
    "Skilled need: wound care",
    "Plan of care: 2026-11-20",
    "PCP: Dr. Ines Moor",
)


@pytest.mark.parametrize(
    ("encounter", "status"),
    [
        ("2026-08-25", ElementStatus.MET),
        ("2026-08-01", ElementStatus.STALE),
        ("2026-12-20", ElementStatus.MET),
        ("2027-01-05", ElementStatus.MISSING),
    ],
)
def test_home_healths_encounter_lies_from_90_days_before_the_start_of_care_to_30_after_it(
    encounter: str, status: ElementStatus
) -> None:
    notes = (f"F2F: {encounter} with Dr. Moor",)
    made = order(3, "home_health", service_start="2026-11-23", more={"notes": notes})
    assert results(made)["encounter"].status is status
    assert results(made, "Ohio Medicaid")["encounter"].status is status


def test_each_kind_of_payer_asks_for_its_own() -> None:
    made = order(3, "home_health", more={"notes": ()})
    assert lacks(made) >= {"encounter", "homebound", "skilled_need", "plan_of_care", "under_care"}
    assert lacks(made, "State Medicaid") == {"encounter", "plan_of_care"}
    assert lacks(made, "Humana Gold Plus HMO") == {"homebound", "skilled_need", "plan_of_care"}
    assert lacks(made, "Aetna") == set()
    assert lacks(order(3, "home_health", more={"notes": (*HOME, SEEN)})) == set()
    assert "encounter" in lacks(ordered("K0823"), "Medi-Cal")
    assert "encounter" not in lacks(ordered("E0143"), "Medi-Cal")


@pytest.mark.parametrize("kind", ["dme", "home_health", "infusion"])
def test_an_ordinary_complete_order_is_complete_at_intake_and_dispatch_whoever_pays(kind: str) -> None:
    made = order(5, kind)
    for payer in ("Medicare", "Medicaid", "Medicare Advantage", "Aetna"):
        held = [r for r in results(made, payer).values() if r.gate in {"intake", "dispatch"} and r.status in UNMET]
        assert [r.element_id for r in held if r.severity != "advise"] == []
