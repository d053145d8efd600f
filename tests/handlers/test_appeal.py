"""Appeals: nothing is filed half by accident; what was tried before stands with what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.case import CaseState
from schemas.document import ReviewSettled
from schemas.payer import AppealDecided, AppealFiled, RegulatorAsked
from tests.factories import NOW, order, referral, transmission
from tests.handlers.memory import MemoryHub
from tests.handlers.payer import denied_case, reasons, sample_order

CASE = "DS-000001-0"
ITEMS = ("rationale", "progress_notes", "mobility_measures")


def refusal(hub: MemoryHub, command: str, **said: Any) -> str | None:
    return hub.unit.receipts[hub.command(command, CASE, **said)][1]


def file(hub: MemoryHub, **said: Any) -> str | None:
    return refusal(hub, "appeal", **{"filed_at": hub.unit.now.isoformat(), "filed_to": "Appeals unit", **said})


def arrives(hub: MemoryHub, document_id: str) -> str:
    """Let a paper come by mail that belongs to no case yet."""
    hub.send(transmission("email", document_id=document_id))
    return document_id


def filed_case() -> MemoryHub:
    hub = denied_case()
    for item in ITEMS:
        arrives(hub, f"doc-of-{item}")
        assert refusal(hub, "appeal-item", item=item, document_id=f"doc-of-{item}") is None
    assert file(hub, reference="AP1") is None
    return hub


def test_an_appeal_with_all_its_parts_is_filed_with_its_exhibits() -> None:
    hub = filed_case()
    case = hub.only_case()
    assert case.state is CaseState.APPEALING
    (filed,) = hub.seen(AppealFiled)
    assert {f"doc-of-{item}" for item in ITEMS} <= set(filed.appeal.exhibits)
    assert "doc-1" in filed.appeal.exhibits
    assert (filed.appeal.filed_by, filed.appeal.reference) == ("Marta Lindgren", "AP1")


def test_an_appeal_that_lacks_a_part_is_filed_only_with_a_word_why() -> None:
    hub = denied_case()
    refusal(hub, "appeal-item", item="rationale", document_id="doc-1")
    assert file(hub) == "the appeal is missing: Progress notes, Mobility scores"
    assert file(hub, without="the clinic is closed; the last day is tomorrow") is None


def test_a_part_that_is_none_is_refused() -> None:
    hub = denied_case()
    assert refusal(hub, "appeal-item", item="poem", document_id="d") == (
        "the appeal has no such part: rationale, progress_notes, mobility_measures"
    )


def test_a_part_is_brought_by_a_document_that_exists_and_is_of_no_other_case() -> None:
    """What is put to an appeal goes to the payer with the packet: another member's paper must not."""
    hub = denied_case()
    assert refusal(hub, "appeal-item", item="rationale", document_id="nowhere") == "there is no such document"
    hub.send(referral(order(member_name="Tom Roe", member_id="T9", dob="1951-01-01", document_id="other")))
    (other,) = (one for one in hub.unit.cases.values() if one.case_id != CASE)
    assert refusal(hub, "appeal-item", item="rationale", document_id="other") == (
        f"that document is of case {other.case_id}"
    )
    case = hub.unit.cases[CASE]
    assert "other" not in case.document_ids
    assert len(case.appeals[-1].missing) == 3


def test_a_document_that_comes_to_a_denied_case_is_looked_at_for_its_appeal() -> None:
    hub = denied_case()
    hub.send(referral(sample_order(document_id="notes")))
    assert hub.only_case().state is CaseState.DENIED
    assert [reason for reason in reasons(hub) if reason.startswith("a document came")] == [
        "a document came for a denied case; its appeal still lacks: Rationale, Progress notes, Mobility scores"
    ]
    hub = filed_case()
    hub.send(referral(sample_order(document_id="notes")))
    assert not any(reason.startswith("a document came") for reason in reasons(hub))


def test_an_appeal_that_was_filed_stops_its_clocks() -> None:
    hub = filed_case()
    before = len(reasons(hub))
    hub.pass_time(NOW + timedelta(days=100))
    assert reasons(hub)[before:] == []


def test_one_that_was_filed_too_late_is_told() -> None:
    hub = denied_case()
    hub.pass_time(NOW + timedelta(days=50))
    assert file(hub, without="late") is None
    assert any("after its last day" in reason for reason in reasons(hub))


def test_an_appeal_that_is_won_sends_the_order_to_the_providers() -> None:
    hub = filed_case()
    assert refusal(hub, "appeal-decision", outcome="overturned", number="AUTH9", valid_to="2027-03-01") is None
    case = hub.only_case()
    assert case.state is CaseState.DISPATCHING
    assert case.authorization is not None
    assert case.authorization.number == "AUTH9"
    assert case.appeals[-1].outcome == "overturned"


def test_an_appeal_that_is_lost_opens_the_next_level_with_its_own_last_day() -> None:
    hub = filed_case()
    assert refusal(hub, "appeal-decision", outcome="upheld", next_until="2027-02-01") is None
    case = hub.only_case()
    assert case.state is CaseState.DENIED
    assert [(one.level, one.outcome) for one in case.appeals] == [(1, "upheld"), (2, None)]
    assert str(case.appeals[-1].until) == "2027-02-01"
    assert file(hub, without="the same record") is None
    assert [one.appeal.level for one in hub.seen(AppealFiled)] == [1, 2]


def test_the_next_level_begins_with_the_parts_that_the_last_one_held() -> None:
    hub = denied_case()
    for part in ("rationale", "progress_notes"):
        assert refusal(hub, "appeal-item", item=part, document_id=hub.only_case().document_ids[0]) is None
    assert file(hub, without="no measures are needed") is None
    assert refusal(hub, "appeal-decision", outcome="upheld") is None
    assert [item.item for item in hub.only_case().appeals[-1].missing] == ["mobility_measures"]


def test_a_decision_needs_an_appeal_and_counts_once() -> None:
    hub = denied_case()
    assert refusal(hub, "appeal-decision", outcome="upheld") == "no appeal waits for a decision"
    hub = filed_case()
    refusal(hub, "appeal-decision", outcome="upheld")
    assert refusal(hub, "appeal-decision", outcome="upheld") == "no appeal waits for a decision"
    assert len(hub.seen(AppealDecided)) == 1


def test_a_regulator_hears_of_every_attempt_before() -> None:
    hub = filed_case()
    refusal(hub, "appeal-decision", outcome="upheld")
    assert refusal(hub, "regulator", body="State department of insurance", reference="R1") is None
    (asked,) = hub.seen(RegulatorAsked)
    assert asked.attempts == (
        "denial 1 of 2026-11-23",
        "appeal level 1 filed 2026-11-23 to Appeals unit: upheld",
    )
    assert hub.only_case().state is CaseState.EXTERNAL_REVIEW


def test_a_denial_that_stands_is_closed_and_its_clocks_with_it() -> None:
    hub = denied_case()
    assert refusal(hub, "close-denied", note="the family chose another way") is None
    assert hub.only_case().state is CaseState.CLOSED_DENIED
    before = len(reasons(hub))
    hub.pass_time(NOW + timedelta(days=100))
    assert reasons(hub)[before:] == []
    assert refusal(hub, "close-denied", note="again") == "only a denied case can be closed as denied"


def test_a_word_that_does_what_was_asked_settles_its_review_and_no_other() -> None:
    hub = denied_case()
    (asked,) = [review for review in hub.unit.open_reviews(CASE) if review.reason.startswith("denied: appeal until")]
    call = {"direction": "out", "with_whom": "payer", "at": NOW.isoformat(), "reason": "r", "outcome": "o"}
    assert refusal(hub, "call", **call) is None
    assert refusal(hub, "appeal", filed_at=NOW.isoformat(), filed_to="Appeals unit") is not None
    assert asked in hub.unit.open_reviews(CASE)
    assert file(hub, without="the record is with the payer") is None
    assert asked not in hub.unit.open_reviews(CASE)
    assert [(one.review_id, one.command) for one in hub.seen(ReviewSettled)] == [(asked.review_id, "appeal")]
    assert f"clock appeal_decision {CASE}" in hub.unit.timers
    assert f"clock looked {CASE}" not in hub.unit.timers
