"""The forms of the case page say what the desk's commands take: every field of a form is one of its command's."""

from __future__ import annotations

from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from doorstep.case_clocks import case_clocks
from doorstep.console import clock_views, views
from doorstep.console.pages import _environment
from schemas.case import Case, CaseState, Escalation
from schemas.clock import Hold
from schemas.commands import NAMES, Command
from schemas.payer import Appeal, AppealItem
from tests.factories import NOW, case

MODELS = {get_args(model.model_fields["command"].annotation)[0]: model for model in get_args(Command)}


class Forms(HTMLParser):
    """Collects each form's command and the names and kinds of its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._now: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._now = {}
        if tag == "form" and given.get("class") == "desk" and "data-command" in given:
            self._now = self.forms.setdefault(str(given["data-command"]), {})
        if tag in {"input", "select"} and given.get("name"):
            self._now[str(given["name"])] = str(given.get("data-form") or given.get("type") or tag)


def page_of(of: Case) -> str:
    running = clock_views.shown("x", "A clock", "running", due_at=NOW.isoformat(), remaining_seconds=60)
    values = {"case": of, "offers": [], "calls": [], "choice": None, "steps": [], "here": "cases", "clocks": [running]}
    values["followups"] = [one for one in case_clocks().case if one.by_word]
    causes = [pause for pause in case_clocks().pauses if pause.most_days]
    return (
        _environment()
        .get_template("case.html")
        .render(**values, mails=[], causes=causes, counts={"reviews": 0, "dead": 0})
    )


def shown(state: CaseState, *, escalated: bool = False) -> dict[str, dict[str, str]]:
    raised = Escalation(
        level=1, reason="x", supervisor="S", manager_name="M", manager_contact="C", opened_by="A", opened_at=NOW,
        committed_eta=NOW + timedelta(hours=1),
    )  # fmt: skip
    part = AppealItem(item="rationale", label="Rationale", ask="The rationale.")
    appeal = Appeal(level=1, items=(part,), until=NOW.date(), filed_at=None if state is CaseState.DENIED else NOW)
    waits = Hold(cause="on-hold", label="Wait", owner="desk", by="A", note="N", since=NOW, until=NOW)
    text = page_of(case(state=state, escalation=raised if escalated else None, appeals=(appeal,), holds=(waits,)))
    forms = Forms()
    forms.feed(text)
    return forms.forms


def test_every_command_has_its_model() -> None:
    assert set(MODELS) == NAMES


@pytest.mark.parametrize("escalated", [False, True])
@pytest.mark.parametrize(
    "state",
    [
        *(CaseState.AUTH_PENDING, CaseState.DENIED, CaseState.DISPATCHING, CaseState.SCHEDULED),
        *(CaseState.APPEALING, CaseState.EXTERNAL_REVIEW, CaseState.FULFILLED),
    ],
)
def test_the_fields_of_a_form_are_those_of_its_command(state: CaseState, escalated: bool) -> None:
    forms = shown(state, escalated=escalated)
    assert {"call", "authorization", "coverage", "hold", "release"} <= set(forms)
    assert ("escalate" in forms) is not escalated
    for command, fields in forms.items():
        model = MODELS[command]
        assert set(fields) <= set(model.model_fields), command
        required = {name for name, field in model.model_fields.items() if field.is_required()} - {"command"}
        assert required <= set(fields), command
        for name, kind in fields.items():
            if datetime in get_args(model.model_fields[name].annotation) or name in {
                "at",
                "committed_eta",
                "filed_at",
                "until",
            }:
                assert kind == "instant", name


def test_a_denied_case_can_be_brought_to_its_end_on_its_page() -> None:
    assert {"appeal-item", "appeal", "regulator", "close-denied"} <= set(shown(CaseState.DENIED))
    assert {"appeal-decision", "regulator", "close-denied"} <= set(shown(CaseState.APPEALING))
    assert "claim" in shown(CaseState.FULFILLED)


def test_the_page_shows_what_is_written_in_it_as_text() -> None:
    raised = Escalation(
        level=1, reason="<script>alert(1)</script>", supervisor="S", manager_name="M", manager_contact="C",
        opened_by="A", opened_at=NOW, committed_eta=NOW,
    )  # fmt: skip
    text = page_of(case(escalation=raised))
    assert "<script>alert" not in text
    assert views.instant(NOW) in text
    assert (Path("doorstep/console/static") / "desk.js").is_file()
