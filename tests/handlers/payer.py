"""Cases of the sample payer, and what a payer says, for the tests of benefits, authorization and denials."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from handlers.casework import clocks
from schemas.case import CaseClock
from schemas.document import ReviewRequested
from schemas.order import Order
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.payer import (
    Authorization,
    AuthorizationDecided,
    CoverageStatus,
    Decision,
    Eligibility,
    EligibilityAnswered,
    Reason,
)
from tests.factories import order, referral, transmission
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


def payer_sends(hub: MemoryHub, data: bytes, *, trace: str = "", document_id: str = "answer-3", **details: str) -> None:
    """Let a payer's answer arrive as the connector hands it over."""
    sent = transmission("payer", document_id=document_id, body=data)
    kind = "application/fhir+json" if data[:1] == b"{" else "application/edi-x12"
    content = sent.contents[0].model_copy(update={"content_type": kind})
    hub.unit.contents[content.sha256] = data
    told = {**({"trace": trace} if trace else {}), **details}
    hub.send(sent.model_copy(update={"contents": (content,), "details": told}))


def reasons(hub: MemoryHub) -> list[str]:
    """Return why a person was asked, without the clocks of service: those are tested elsewhere."""
    return [one.reason for one in hub.seen(ReviewRequested) if ": not done in time" not in one.reason]


def breaches(hub: MemoryHub) -> list[str]:
    """Return the payers' clocks that ran out."""
    known = {clock.clock for clock in clocks(hub.unit).case}
    return [breach.clock for breach in hub.seen(CaseClock) if breach.clock not in known]


def denied_case(items: list[dict[str, Any]] | None = None) -> MemoryHub:
    """Return a hub whose one case the payer has denied."""
    hub = at_the_payer(items)
    covers(hub)
    decides(hub, Decision.DENIED, reasons=(Reason(system="X12-886", code="0V"),), note="Peer to peer: 800 555 0100")
    return hub
