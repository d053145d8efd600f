"""What an order prints that has no field becomes lines of notes, by which the rules judge; never a wrong one."""

# ruff: noqa: E501 - a page and its line are easier to read side by side

from __future__ import annotations

from datetime import date

import pytest

from handlers.casework import rulesets_for
from handlers.check import evaluate
from handlers.extract.facts import noted
from handlers.normalize import order_from
from schemas.element import unmet
from tests.factories import extraction
from tests.handlers.memory import MemoryUnit
from tests.handlers.pages import reading

TODAY = date(2026, 11, 16)


def lines(text: str) -> list[str]:
    """Return the lines that are used unseen of a page."""
    return [str(fact.value) for fact in noted(reading(text)).values() if fact.evidence.accepted]


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("O2 Sat: 86% on room air at rest", "Oxygen saturation: 86 % at rest on room air"),
        ("SpO2 at rest (room air): 84 %", "Oxygen saturation: 84 % at rest on room air"),
        ("Oxygen saturation 87% RA on exertion 11/02/2026", "Oxygen saturation: 87 % on exercise on room air on 2026-11-02"),
        ("Qualifying saturation: 86% asleep, tested on 11/02/2026", "Oxygen saturation: 86 % asleep on 2026-11-02"),
        ("PaO2: 52 mm Hg at rest on room air", "PaO2: 52 mm Hg at rest on room air"),
        ("AHI: 32", "AHI: 32"),
        ("Sleep Study Date: Oct 1, 2026", "Sleep study: 2026-10-01"),
        ("Face-to-Face Encounter Date: 11/10/2026", "Face-to-face encounter: 2026-11-10"),
        ("F2F date: 11/10/26 with Dr. Norwood", "F2F date: 2026-11-10 with Dr. Norwood"),
        ("Allergies: NKDA", "Allergies: NKDA"),
        ("Weight: 172 lbs", "weight: 172 lbs"),
        ("Weight (kg): 82", "weight: 82 kg"),
        ("Height: 5'4\"", "height: 5'4\""),
        ("Wound size: 3 x 2 x 0.5 cm", "wound size: 3x2x 0.5 cm"),
        ("Drainage: moderate serosanguineous", "Drainage: moderate serosanguineous"),
        ("Homebound: needs a walker and one person; leaving is taxing", "homebound: needs a walker and one person; leaving is taxing"),
        ("Length of need: 99 months", "length of need: 99 months"),
        ("Delivery device: nasal cannula", "delivery device: nasal cannula"),
        ("Calories per day: 1500", "calories per day: 1500"),
        ("Testing frequency: 4 times a day", "testing frequency: 4 times a day"),
        ("Insulin use: glargine 20 units nightly", "insulin use: glargine 20 units nightly"),
        ("Plan of care date: 11/12/2026", "plan of care date: 2026-11-12"),
        ("CPAP pressure: 10 cm H2O", "CPAP pressure: 10 cm H2O"),
    ],
)  # fmt: skip
def test_a_labelled_fact_is_a_line(printed: str, line: str) -> None:
    assert line.casefold() in [one.casefold() for one in lines(f"DME ORDER\n{printed}\nQty: 1")]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Her oxygen saturation was 86% on room air at rest on 11/02/2026.", "Oxygen saturation: 86 % at rest on room air on 2026-11-02"),
        ("On 11/02/2026 his SpO2 dropped to 84% while walking on room air.", "Oxygen saturation: 84 % on exercise on room air on 2026-11-02"),
        ("The home sleep test of 10/01/2026 showed an AHI of 32.4 events per hour.", "AHI: 32.4 on 2026-10-01"),
        ("Ms. Becker was evaluated face-to-face on 11/10/2026 by Dr. Norwood.", "Face-to-face encounter: 2026-11-10 by Dr. Norwood"),
        ("I saw the patient in my office on 11/10/2026 for her lung disease.", "Office visit: 2026-11-10"),
        ("She is homebound due to severe dyspnea and requires a walker.", "Homebound: due to severe dyspnea and requires a walker"),
        ("He requires skilled nursing for wound care and teaching.", "Skilled need: skilled nursing for wound care and teaching"),
        ("She takes insulin glargine nightly and tests her blood sugar 4 times a day.", "Tests per day: 4"),
        ("The patient weighs 172 pounds and lives alone with her dog.", "Weight: 172 pounds"),
        ("She can safely self-propel the chair in her home.", "Self-propel: She can safely self-propel the chair in her home"),
    ],
)  # fmt: skip
def test_a_sentence_is_a_line(said: str, line: str) -> None:
    assert line in lines(f"Dear colleagues,\n\nThank you for taking care of our patient today. {said}\n\nSincerely,")


def test_the_three_readings_of_an_exercise_test_each_have_their_condition() -> None:
    text = """Dear colleagues,

    On 11/02/2026 her oxygen saturation was 91% at rest on room air, 85% with exertion on room air
    and 93% with exertion on 2 L."""
    assert lines(text) == [
        "Oxygen saturation: 91 % at rest on room air on 2026-11-02",
        "Oxygen saturation: 85 % on exercise on room air on 2026-11-02",
        "Oxygen saturation: 93 % on exercise with oxygen at 2 L/min on 2026-11-02",
    ]


def test_what_is_said_of_all_readings_is_said_of_each() -> None:
    text = "Dear colleagues,\n\nHer oxygen saturation on room air was 91% at rest and 86% when walking in the hall."
    assert lines(text) == [
        "Oxygen saturation: 91 % at rest on room air",
        "Oxygen saturation: 86 % on exercise on room air",
    ]


def test_the_day_the_condition_and_the_performer_of_a_test_stand_beside_it_or_under_it() -> None:
    text = """O2 Sat: 87%          Test Date: 11/02/2026
Test condition: [ ] At rest [X] Exercise [ ] Sleep
Tested by: Lakeview Hospital Lab"""
    assert set(lines(text)) == {
        "Oxygen saturation: 87 %",
        "Oxygen test date: 2026-11-02",
        "Oxygen test condition: on exercise",
        "Oxygen test performed by: Lakeview Hospital Lab",
    }


def test_two_columns_of_labels_do_not_mix() -> None:
    text = """Height: 5'4"                      Weight: 172 lbs
Homebound:                        Length of need: 12 months"""
    assert set(lines(text)) == {"height: 5'4\"", "weight: 172 lbs", "length of need: 12 months"}


@pytest.mark.parametrize(
    "printed",
    [
        "SpO2: ____ %     Test date: ________",
        "Homebound:\nPhysician signature: Victor Norwood",
        "Homebound: [ ] Yes [X] No",
        "Homebound: No",
        "Homebound: Yes No",
        "[ ] Homebound: needs help of another person",
        "Homebound: [ ] needs a walker    [ ] needs another person",
        "Homebound: ___ needs a walker    ___ needs another person",
        "Drainage: none minimal moderate heavy",
        "Drainage: none / minimal / moderate / heavy",
        "Test condition: at rest / exercise / sleep\nO2 sat:",
        "Length of need (number of months):",
        "Mobility limitation: describe",
        "Insulin treated? Y / N",
        "Oxygen saturation (must be 88% or lower):",
        "O2 sat on discharge goal 92%",
        "History: father had an AHI of 40 in his sleep study.",
        "SpO2 98% required for discharge",
        "Reason for pump: (check one)",
        "Weight loss: 20 lbs",
        "Homebound status: not homebound",
        "Patient is able to leave home; not homebound: drives",
        "PLAN OF CARE: see attached 485",
        "Allergies:\nWeight:",
        "Target SpO2: 90%",
        "Keep SpO2 above 90% at all times please.",
        "Oxygen saturation at or below 88%: Yes",
        "Was the O2 sat 88% or less? [X] Yes",
        "SpO2: not done",
        "SpO2: 88% or less qualifies",
        "SpO2: 88-92 %",
        "Insulin: No",
        "Insulin: none at this time",
        "Weight:",
        "Ideal body weight: 60 kg",
        "Skilled need: ______________",
        "She is not homebound because she drives to church on her own.",
        "The patient is homebound if leaving home takes a taxing effort.",
        "A face-to-face encounter must take place by 11/30/2026 at the office.",
        "A face-to-face encounter is scheduled on 11/30/2026 with Dr. Norwood.",
        "Face-to-face encounter: pending",
        "Face-to-face encounter date: see attached",
        "A sleep study with an AHI of at least 15 is required for coverage.",
        "The sleep study of 10/01/2026 was not diagnostic and will be repeated.",
        "Her mother takes insulin glargine nightly and lives with her.",
        "She does not take insulin and has never been on insulin before.",
        "Patient's FiO2 was 40% in the hospital with an ejection fraction of 35%.",
        "PT: Delgado, Dominic N",
        "Home access: gated community",
        "Access: Elevator",
        "Pulse: 86",
        "Test date: 11/02/2026",
    ],
)
def test_what_is_blank_negative_allowed_or_only_aimed_at_is_no_fact(printed: str) -> None:
    assert lines(f"DME ORDER\n{printed}\nQty: 1") == []


def test_a_reading_at_rest_and_on_exercise_at_once_says_neither() -> None:
    assert lines("Dear colleagues,\n\nHer saturation was 86% at rest with exertion planned for later on.") == []


def test_a_line_has_its_place_on_the_page() -> None:
    found = noted(reading("DME ORDER\nO2 Sat: 86% on room air at rest\nQty: 1"))["oxygen_saturation"]
    assert (found.evidence.page, found.evidence.raw, found.evidence.accepted) == (1, "86% on room air at rest", True)
    assert found.evidence.box is not None


def test_two_results_of_one_test_are_not_used_unseen() -> None:
    found = noted(reading("O2 Sat: 86% at rest\nQty: 1\nO2 Sat: 96% at rest"))
    assert [one.evidence.accepted for one in found.values()] == [False, False]


def test_a_ticked_choice_is_said_and_the_others_are_not() -> None:
    text = "DME ORDER\nHomebound: [X] needs a walker    [ ] bed bound    [X] leaving is taxing"
    assert lines(text) == ["homebound: needs a walker leaving is taxing"]


def test_a_table_of_tests_is_read_by_its_rows() -> None:
    text = """OXYGEN ORDER
Test              Result        Date            Condition
SpO2              86%           11/02/2026      At rest, room air"""
    assert "Oxygen saturation: 86 % at rest on room air on 2026-11-02" in lines(text)


def test_a_page_of_another_patient_says_nothing_of_this_one() -> None:
    mine = """DME ORDER
Patient Name: Alma Becker     Date of Birth: 03/04/1941
HCPCS: E1390    Qty: 1
Member ID: K456278158
Ordering Physician: Victor Norwood, MD"""
    other = """VISIT NOTE
Patient Name: Walter Quinones     Date of Birth: 05/09/1958
O2 Sat: 86% on room air at rest"""
    found = noted(reading(mine, other))
    assert [one.value for one in found.values() if one.evidence.accepted] == []


LETTERHEAD = """OXYGEN ORDER
Patient Name: Alma Becker     Date of Birth: 03/04/1941
Payer: Medicare               Member ID: 1EG4TE5MK73
HCPCS: E1390                  Qty: 1
Diagnosis: J44.9
"""
PRINTED = """O2 Sat: 86% on room air at rest, 11/02/2026, performed by Lakeview Hospital Lab
Face-to-Face Encounter Date: 11/10/2026
"""
OXYGEN_ELEMENTS = {"oxygen_result", "oxygen_result_date", "oxygen_condition", "oxygen_performer", "encounter"}


def asked(text: str) -> dict[str, str]:
    """Return what the claim gate finds open of the order on a page."""
    page = reading(text)
    data = extraction(order_lines=[{"code": "E1390", "quantity": 1}], payer="Medicare")
    order = order_from(data.model_copy(update={"facts": noted(page)}), MemoryUnit())
    rulesets = rulesets_for(MemoryUnit(), order.order_type, "Medicare")
    results = evaluate(order, rulesets, TODAY, gate="claim")
    return {result.element_id: str(result.status) for result in unmet(results, "claim")}


def test_what_is_printed_on_an_oxygen_order_is_not_asked_for() -> None:
    assert set(asked(LETTERHEAD)) >= OXYGEN_ELEMENTS
    assert set(asked(LETTERHEAD + PRINTED)) & OXYGEN_ELEMENTS == set()


def test_what_stands_there_and_is_not_sure_goes_to_a_person_before_the_sender_is_asked() -> None:
    found = asked(LETTERHEAD + "O2 Sat: 86% at rest\nRoute: nasal cannula\nO2 Sat: 36% at rest\n")
    assert found["oxygen_result"] == "unreadable"
    assert found["encounter"] == "missing"


def test_a_page_without_facts_has_no_lines() -> None:
    assert noted(reading(LETTERHEAD)) == {}
