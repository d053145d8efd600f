"""The case page's forms on a service say what the desk's route takes: its kinds, its fields, its codes of reasons."""

from __future__ import annotations

import re

import pytest

from doorstep.answers import FIELDS, reasons_for
from doorstep.console.pages import _environment
from schemas.case import CaseState
from tests.factories import case


def page(state: CaseState) -> str:
    values = {
        "case": case(state=state),
        "offers": [],
        "calls": [],
        "mails": [],
        "followups": [],
        "choice": None,
        "steps": [],
        "here": "cases",
    }
    return _environment().get_template("case.html").render(**values, counts={"reviews": 0, "dead": 0})


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (CaseState.SCHEDULED, ["complete", "reschedule", "missed", "withdraw"]),
        (CaseState.MISSED, ["complete", "reschedule", "withdraw"]),
        (CaseState.UNDISPATCHABLE, ["dispatch"]),
        (CaseState.DISPATCHING, []),
        (CaseState.FULFILLED, []),
    ],
)
def test_the_forms_are_those_of_the_state_and_their_fields_are_known(state: CaseState, kinds: list[str]) -> None:
    text = page(state)
    forms = re.findall(
        r'<form class="desk service" action="/api/cases/DS-000001-8/service/(\w+)">(.*?)</form>', text, re.S
    )
    assert [kind for kind, _ in forms] == kinds
    for kind, body in forms:
        names = re.findall(r'<(?:input|select) name="(\w+)"', body)
        assert "by" in names
        assert set(names) <= FIELDS | {"by"}
        codes = re.findall(r'<option value="([\w-]+)">', body)
        assert codes == [reason.code for reason in reasons_for(kind)]
        for name in ("start", "end", "completed_at"):
            assert name not in names or f'name="{name}" type="datetime-local" data-form="instant"' in body
