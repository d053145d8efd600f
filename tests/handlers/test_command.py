"""Words of the desk: whatever is wrong with them is refused with its place, and nothing changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.commands import NAMES
from schemas.desk import CallLogged
from schemas.transmission import ReceiptState
from tests.factories import NOW, transmission
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import denied_case

CALL: dict[str, Any] = {
    "command": "call",
    "agent": "Marta Lindgren",
    "direction": "out",
    "with_whom": "Payer, prior authorization",
    "at": NOW.isoformat(),
    "reason": "status",
    "outcome": "pended until Friday",
}


def say(hub: MemoryHub, body: Any, command: str = "call", case_id: str = "DS-000001-0", word: str = "w1") -> str | None:
    sent = transmission("desk", document_id=word, body=body)
    hub.unit.contents[sent.contents[0].sha256] = body if isinstance(body, bytes) else json.dumps(body).encode()
    hub.send(sent.model_copy(update={"details": {"command": command, "case_id": case_id}}))
    state, reason, _ = hub.unit.receipts[word]
    assert (state is ReceiptState.REJECTED) == bool(reason)
    return reason


def test_a_good_command_is_obeyed() -> None:
    hub = denied_case()
    assert say(hub, CALL) is None
    assert len(hub.seen(CallLogged)) == 1


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({**CALL, "agent": " "}, "call.agent"),
        ({**CALL, "direction": "sideways"}, "call.direction"),
        ({**CALL, "at": "2026-11-23T10:00:00"}, "call.at"),
        ({**CALL, "more": 1}, "call.more"),
        ({**CALL, "reason": "a\u0000b"}, "call.reason"),
        ({**CALL, "command": "dance"}, "its beginning"),
        ([], "its beginning"),
        ("call", "its beginning"),
    ],
)
def test_a_command_that_is_not_right_is_refused_with_its_place(body: Any, place: str) -> None:
    hub = denied_case()
    before = hub.unit.state()[0]
    reason = say(hub, body)
    assert reason == f"the command is not right at {place}"
    assert hub.unit.state()[0] == before


def test_a_command_is_not_taken_for_another_one() -> None:
    hub = denied_case()
    assert say(hub, CALL, command="escalate") == "the command is not of this kind"


def test_a_command_for_no_case_is_refused() -> None:
    hub = denied_case()
    assert say(hub, CALL, case_id="DS-000009-9") == "there is no such case"


@given(
    st.sampled_from(sorted(NAMES)),
    st.dictionaries(st.sampled_from([*CALL, "level", "status"]), st.text() | st.integers()),
)
def test_no_body_can_break_a_step(command: str, body: dict[str, Any]) -> None:
    hub = denied_case()
    say(hub, {**body, "command": command}, command=command)
