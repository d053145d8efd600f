"""Each state of a case is published once as a FHIR message, in the words of what happened."""

from __future__ import annotations

from handlers.publish import publish, scheduled
from schemas.case import CaseState, CaseStateChanged
from schemas.event import Event
from schemas.published import OrderMessage
from schemas.service import ServiceScheduled
from tests.factories import NOW, case, order
from tests.handlers.memory import MemoryUnit


def _changed(to: CaseState, before: CaseState | None = None) -> Event[CaseStateChanged]:
    data = CaseStateChanged(case_id="DS-000001-8", from_state=before, to_state=to, cause="test")
    return Event(f"e-{to}", "test", NOW, data)


def _run(unit: MemoryUnit, state: CaseState, revision: int) -> list[OrderMessage]:
    known = unit.case("DS-000001-8")
    made = case(order(1), state=state, revision=revision)
    assert known is None or known.revision < revision or known == made
    unit.cases[made.case_id] = made
    found = [payload for payload in publish(_changed(state), unit) if isinstance(payload, OrderMessage)]
    for payload in found:
        unit.newest[OrderMessage.topic, payload.key] = Event(f"m{revision}", "test", NOW, payload)
    return found


def test_the_first_message_of_a_case_is_a_new_order_then_its_state_its_change_and_its_end() -> None:
    unit = MemoryUnit()
    told = [
        _run(unit, state, revision)[0].entry[0].resource["eventCoding"]
        for revision, state in enumerate(
            (CaseState.OPEN, CaseState.COMPLETE, CaseState.OPEN, CaseState.DISPATCHING, CaseState.CANCELLED), start=1
        )
    ]
    codes = [coding["code"] for coding in told if isinstance(coding, dict)]
    assert codes == ["OrderNew", "OrderStatus", "OrderUpdate", "OrderStatus", "OrderCancel"]


def test_a_state_that_was_told_is_not_told_again() -> None:
    unit = MemoryUnit()
    (first,) = _run(unit, CaseState.OPEN, 1)
    assert _run(unit, CaseState.OPEN, 1) == []
    assert first.key == first.case_id == "DS-000001-8"
    assert first.identifier.value == "DS-000001-8.1"


def test_a_start_that_is_set_is_published() -> None:
    unit = MemoryUnit()
    unit.cases["DS-000001-8"] = case(order(1), state=CaseState.SCHEDULED, scheduled_start=NOW)
    data = ServiceScheduled(case_id="DS-000001-8", offer_id="o", npi="1", provider_name="P", start=NOW)
    (message,) = scheduled(Event("e", "test", NOW, data), unit)
    assert isinstance(message, OrderMessage)
    tasks = [e.resource for e in message.entry if e.resource["resourceType"] == "Task"]
    assert [task["businessStatus"] for task in tasks] == [
        {"coding": [{"system": "urn:doorstep:business-status", "code": "scheduled"}], "text": "scheduled"}
    ]


def test_of_a_case_that_is_not_there_nothing_is_told() -> None:
    assert list(publish(_changed(CaseState.OPEN), MemoryUnit())) == []
