"""A payer's decision held against what was asked: only just that, with a number, is an approval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reconcile import reconciled
from schemas.payer import Authorization, AuthorizedLine, Decision, ReviewAnswer, ServiceLine
from tests.factories import NOW
from tests.schemas.x12.messages import TRACE, enquiry

ASKED = enquiry(
    lines=(
        ServiceLine(sequence=1, code="E0260", quantity=Decimal(1)),
        ServiceLine(sequence=2, code="E0277", quantity=Decimal(2)),
    )
)
KNOWN = Authorization(trace=TRACE, way="pas", decision=Decision.SUBMITTED, codes=("E0260", "E0277"), submitted_at=NOW)


def line(sequence: int, decision: Decision = Decision.APPROVED, **more: Any) -> AuthorizedLine:
    return AuthorizedLine.model_validate({"sequence": sequence, "decision": decision, **more})


def decided(decision: Decision = Decision.APPROVED, *lines: AuthorizedLine, **more: Any) -> Authorization:
    values: dict[str, Any] = {"decision": decision, "number": "AUTH1", "lines": lines, **more}
    return reconciled(KNOWN, ReviewAnswer.model_validate(values), ASKED, NOW)


def test_an_approval_of_everything_is_one() -> None:
    found = decided(Decision.APPROVED, line(1), line(2, units=2))
    assert (found.decision, found.number, found.decided_at) == (Decision.APPROVED, "AUTH1", NOW)
    assert [one.code for one in found.lines] == ["E0260", "E0277"]
    assert decided().decision is Decision.APPROVED


@pytest.mark.parametrize(
    ("lines", "more", "decision"),
    [
        ((line(1),), {}, Decision.PARTIAL),
        ((line(1), line(2, units=1)), {}, Decision.MODIFIED),
        ((line(1), line(2, code="E0371")), {}, Decision.MODIFIED),
        ((line(1), line(2), line(7)), {}, Decision.MODIFIED),
        ((), {"number": None}, Decision.UNCLEAR),
        ((line(1, number="N1"), line(2)), {"number": None}, Decision.APPROVED),
        ((), {"valid_from": date(2026, 11, 26)}, Decision.MODIFIED),
        ((), {"valid_from": date(2026, 11, 25)}, Decision.APPROVED),
    ],
)
def test_anything_less_than_what_was_asked_is_no_approval(lines: Any, more: Any, decision: Decision) -> None:
    assert decided(Decision.APPROVED, *lines, **more).decision is decision


def test_one_that_begins_today_serves_an_order_whose_first_day_has_passed() -> None:
    late = ASKED.model_copy(update={"service_start": date(2026, 11, 1)})
    answer = ReviewAnswer(decision=Decision.APPROVED, number="AUTH1", valid_from=NOW.date())
    assert reconciled(KNOWN, answer, late, NOW).decision is Decision.APPROVED


def test_no_number_is_needed_where_no_authorization_is() -> None:
    assert decided(Decision.NOT_REQUIRED, number=None).decision is Decision.NOT_REQUIRED


def test_it_is_valid_only_as_long_as_every_line_is() -> None:
    found = decided(
        Decision.APPROVED,
        line(1, valid_to=date(2027, 1, 31)),
        line(2, valid_from=date(2026, 11, 25), valid_to=date(2026, 12, 31)),
        valid_to=date(2027, 2, 28),
    )
    assert (found.valid_from, found.valid_to) == (date(2026, 11, 25), date(2026, 12, 31))


def test_a_pended_one_is_not_decided() -> None:
    assert decided(Decision.PENDED).decided_at is None


@given(
    st.sampled_from(list(Decision)),
    st.lists(st.builds(line, st.integers(1, 4), st.sampled_from(list(Decision))), max_size=4),
    st.none() | st.just("AUTH1"),
)
def test_it_never_says_more_than_the_payer(decision: Decision, lines: list[AuthorizedLine], number: str | None) -> None:
    found = decided(decision, *lines, number=number)
    good = {Decision.APPROVED, Decision.NOT_REQUIRED}
    assert found.decision not in good or decision in good
