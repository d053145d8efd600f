"""Every structured sample comes to what its expected result says, after the sample that it follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from handlers.translate import orders_in
from schemas.case import CaseState
from schemas.codec import CodecError
from schemas.payer import Decision
from schemas.transmission import ReplyTo
from tests.factories import referral
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import covers, decides

ROOT = Path(__file__).parent.parent / "samples"
SUFFIX = {"hl7v2": ".hl7", "fhir": ".json"}
IDENTITY = {"member_name", "dob", "payer"}
STATES = {
    "scheduled": CaseState.DISPATCHING,
    "duplicate": CaseState.DISPATCHING,
    "updated": CaseState.DISPATCHING,
    "cancelled": CaseState.CANCELLED,
    "incomplete": CaseState.INCOMPLETE,
}


def expected(channel: str) -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for path in sorted((ROOT / channel).glob("*.expected.json")):
        wanted = json.loads(path.read_text("utf-8"))
        if wanted["outcome"] in STATES:
            found.append((channel, path.name.removesuffix(".expected.json"), wanted))
    return found


CASES = [case for channel in SUFFIX for case in expected(channel)]


@pytest.mark.parametrize(("channel", "name", "wanted"), CASES, ids=[f"{c}-{n}" for c, n, _ in CASES])
def test_a_sample_comes_to_what_it_should(channel: str, name: str, wanted: dict[str, Any]) -> None:
    hub = MemoryHub()
    before = wanted.get("of") or wanted.get("after")
    for document_id, sample in (("before", before), ("it", name)):
        if sample is None:
            continue
        data = (ROOT / channel / f"{sample}{SUFFIX[channel]}").read_bytes()
        orders = orders_in(channel, data, document_id)
        assert not isinstance(orders, CodecError), orders
        hub.send(*(referral(order, reply_to=ReplyTo(channel=channel, address="EHR")) for order in orders))
    _the_payer_agrees(hub)
    if IDENTITY & set(wanted.get("missing") or ()):
        assert not hub.unit.cases
        assert hub.unit.reviews
        return
    assert {case.state for case in hub.unit.cases.values()} == {STATES[wanted["outcome"]]}
    assert len(hub.unit.cases) == 1
    assert "it" in hub.only_case().document_ids
    assert [result.element_id for result in hub.only_case().unmet] == (wanted.get("missing") or [])


def _the_payer_agrees(hub: MemoryHub) -> None:
    """Let the payer of an order that waits for it confirm the coverage and authorize what needs it."""
    if any(case.state is CaseState.BENEFITS for case in hub.unit.cases.values()):
        covers(hub)
    if any(case.state is CaseState.AUTH_PENDING for case in hub.unit.cases.values()):
        decides(hub, Decision.APPROVED, number="AUTH1")
