"""Cases of the sample payer, and what a payer says, for the tests of benefits, authorization and denials."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.payer import (
    Authorization,
    AuthorizationDecided,
    CoverageStatus,
    Decision,
    Eligibility,
    EligibilityAnswered,
)
from tests.factories import order, referral
from tests.handlers.memory import MemoryHub

PAYER = "Sample Health Plan"
BED = [{"code": "E0260", "quantity": 1}]
WALKER = [{"code": "E0143", "quantity": 1}]
OXYGEN = [{"code": "E1390", "quantity": 1}]


def sample_order(items: list[dict[str, Any]] | None = None, **deviations: Any) -> Order:
    return order(payer=PAYER, order_lines=items or BED, **deviations)


def at_the_payer(items: list[dict[str, Any]] | None = None, **deviations: Any) -> MemoryHub:
    """Return a hub with one complete order of the sample payer, as far as it comes by itself."""
    hub = MemoryHub()
    hub.send(referral(sample_order(items, **deviations)))
    return hub


def requests(hub: MemoryHub, kind: ConfirmationKind) -> list[ConfirmationRequested]:
    return [c for c in hub.seen(ConfirmationRequested) if c.kind is kind]


def covers(hub: MemoryHub, status: CoverageStatus = CoverageStatus.ACTIVE, **said: Any) -> None:
    """Let the payer answer about the coverage."""
    case = hub.only_case()
    assert case.eligibility is not None
    known = {"trace": case.eligibility.trace, "facts": case.eligibility.facts, "checked_at": hub.unit.now}
    told = Eligibility.model_validate({**known, "status": status, **said})
    hub.send(EligibilityAnswered(case_id=case.case_id, eligibility=told, document_id="answer-1"))


def decides(hub: MemoryHub, decision: Decision, *, at: datetime | None = None, **said: Any) -> None:
    """Let the payer decide on the authorization."""
    case = hub.only_case()
    assert case.authorization is not None
    values = {**case.authorization.model_dump(), "decision": decision, "decided_at": at or hub.unit.now, **said}
    decided = AuthorizationDecided(
        case_id=case.case_id, authorization=Authorization.model_validate(values), document_id="answer-2"
    )
    hub.send(decided)
