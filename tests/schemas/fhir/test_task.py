"""The Task of a case: valid FHIR in every state, and it says what the sender needs to know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.case import (
    Case,
    CaseManager,
    CaseState,
)
from schemas.element import (
    ElementResult,
    ElementStatus,
)
from schemas.fhir import BUSINESS_STATUS, TASK_STATUS, orders_of, pending_task, task_id, task_of, validate
from schemas.transmission import ReceiptState
from tests.samples.make_fhir import contained
from tests.samples.people import order_truth

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def case(state: CaseState = CaseState.OPEN, **changes: Any) -> Case:
    resource = {
        **contained(order_truth(810), "ServiceRequest"),
        "id": "order-1",
        "subject": {"reference": "Patient/p1"},
    }
    unmet = ElementResult(
        element_id="dob",
        label="Date of birth",
        status=ElementStatus.MISSING,
        severity="required",
        ask="The date of birth",
    )
    met = unmet.model_copy(update={"element_id": "payer", "status": ElementStatus.MET})
    values: dict[str, Any] = {
        "case_id": "DS-000123-7",
        "state": state,
        "order": orders_of(resource, "document")[0],
        "manager": CaseManager(name="Robin Field", extension="4417", email="robin@hub.example"),
        "reply_to": None,
        "identity_key": "i",
        "order_key": "o",
        "document_ids": ("document",),
        "received_at": NOON,
        "opened_at": NOON,
        "updated_at": NOON,
        "unmet": (unmet, met),
        "revision": 3,
    }
    return Case(**{**values, **changes})


@pytest.mark.parametrize("state", list(CaseState))
def test_the_task_of_every_state_is_valid_fhir(state: CaseState) -> None:
    bare = task_of(case(state))
    full = task_of(case(state, provider_name="Oxygen Co", provider_npi="1234567893", scheduled_start=NOON))
    for task in (bare, full):
        assert validate(task) == []
        assert task["status"] == TASK_STATUS[state]
        assert task["businessStatus"]["coding"][0]["code"] == BUSINESS_STATUS[state]
        assert task["meta"]["versionId"] == "3"
        assert task["lastModified"] == "2026-11-23T12:00:00.000Z"
        assert task["identifier"][0]["value"] == "DS-000123-7"
        assert "Robin Field" in task["note"][0]["text"]
        assert "4417" in task["note"][0]["text"]


def test_an_incomplete_case_lists_what_is_unmet_and_nothing_else() -> None:
    output = task_of(case(CaseState.INCOMPLETE))["output"]
    assert [(o["type"]["coding"][0]["code"], o["valueString"]) for o in output] == [("dob", "The date of birth")]
    assert "output" not in task_of(case(CaseState.COMPLETE))


def test_a_scheduled_case_says_when_and_who() -> None:
    task = task_of(case(CaseState.SCHEDULED, scheduled_start=NOON, provider_name="Oxygen Co"))
    assert task["output"][0]["valueDateTime"] == "2026-11-23T12:00:00.000Z"
    assert task["owner"] == {"display": "Oxygen Co"}


def test_the_id_follows_from_the_order_alone() -> None:
    first, later = task_of(case()), task_of(case(CaseState.SCHEDULED, revision=9))
    assert first["id"] == later["id"] == task_id("ServiceRequest/order-1")
    assert first["focus"] == {"reference": "ServiceRequest/order-1"}
    assert first["for"] == {"reference": "Patient/p1"}


def test_a_case_from_another_channel_has_a_task_without_focus() -> None:
    order = case().order.model_copy(update={"unmapped": {}, "channel": "fax"})
    task = task_of(case(order=order))
    assert validate(task) == []
    assert "focus" not in task


@pytest.mark.parametrize("state", list(ReceiptState))
def test_an_order_without_a_case_has_a_valid_task(state: ReceiptState) -> None:
    task = pending_task(
        identifier="t", focus="ServiceRequest/1", document_id="d", received_at=NOON, state=state, reason="not ours"
    )
    assert validate(task) == []
    assert task["status"] == ("rejected" if state is ReceiptState.REJECTED else "received")
    assert ("statusReason" in task) is (state is ReceiptState.REJECTED)
