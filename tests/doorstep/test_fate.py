"""What later became of a send stands on the journal once for each attempt, whatever is told again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from doorstep.errors import Refused
from doorstep.hub import record_fate
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed, ConfirmationKind, FailureClass
from tests.doorstep.journal.support import confirmation, opened


def fate(**changes: Any) -> dict[str, Any]:
    asked = confirmation(1, "a")
    known = {"confirmation_id": asked.confirmation_id, "case_id": asked.case_id, "kind": ConfirmationKind.ACKNOWLEDGED}
    return {**known, "channel": "fax", "provider_status": "busy", "provider_id": "7", "attempt": 1, **changes}


async def test_each_attempt_has_one_fate(tmp_path: Path) -> None:
    busy = ConfirmationFailed(**fate(failure_class=FailureClass.BUSY, final=False))
    delivered = ConfirmationDelivered(**fate(attempt=2, provider_status="done"))
    late = ConfirmationFailed(**fate(attempt=2, failure_class=FailureClass.BUSY, final=True))
    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        asked = await journal.write(lambda unit: unit.append(confirmation(1, "a"), source="test"))
        for told in (busy, busy, delivered, late, busy):
            await journal.write(lambda unit, told=told: record_fate(unit, told))
        topics = [ConfirmationDelivered.topic, ConfirmationFailed.topic]
        events = await journal.read(lambda r: r.events_after(0, topics=topics))
    assert [e.data for e in events] == [busy, delivered]
    assert {e.causation_id for e in events} == {asked.id}


async def test_the_fate_of_what_was_never_requested_is_refused(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        with pytest.raises(Refused):
            await journal.write(lambda unit: record_fate(unit, ConfirmationDelivered(**fate())))
