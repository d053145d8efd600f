"""The states of a case, and which may follow which."""

from __future__ import annotations

from enum import StrEnum


class CaseState(StrEnum):
    OPEN = "open"
    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    BENEFITS = "benefits"
    AUTH_PENDING = "auth-pending"
    AUTHORIZED = "authorized"
    DENIED = "denied"
    APPEALING = "appealing"
    EXTERNAL_REVIEW = "external-review"
    CLOSED_DENIED = "closed-denied"
    NOT_COVERED = "closed-not-covered"
    DISPATCHING = "dispatching"
    UNDISPATCHABLE = "undispatchable"
    PROVIDER_ACCEPTED = "provider-accepted"
    SCHEDULED = "scheduled"
    MISSED = "missed"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


CLOSED: frozenset[CaseState] = frozenset(
    {CaseState.FULFILLED, CaseState.CLOSED_DENIED, CaseState.NOT_COVERED, CaseState.CANCELLED}
)
"""The states in which nothing more is expected to happen."""

_REDISPATCH = frozenset({CaseState.DISPATCHING, CaseState.UNDISPATCHABLE, CaseState.BENEFITS, CaseState.CANCELLED})

ALLOWED: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.INCOMPLETE, CaseState.COMPLETE, CaseState.CANCELLED}),
    CaseState.INCOMPLETE: frozenset({CaseState.OPEN, CaseState.INCOMPLETE, CaseState.COMPLETE, CaseState.CANCELLED}),
    CaseState.COMPLETE: frozenset(
        {
            CaseState.OPEN,
            CaseState.INCOMPLETE,
            CaseState.BENEFITS,
            CaseState.AUTH_PENDING,
            CaseState.DENIED,
            CaseState.DISPATCHING,
            CaseState.UNDISPATCHABLE,
            CaseState.CANCELLED,
        }
    ),
    CaseState.BENEFITS: frozenset(
        {
            CaseState.OPEN,
            CaseState.AUTH_PENDING,
            CaseState.DENIED,
            CaseState.NOT_COVERED,
            CaseState.DISPATCHING,
            CaseState.UNDISPATCHABLE,
            CaseState.CANCELLED,
        }
    ),
    CaseState.AUTH_PENDING: frozenset(
        {
            CaseState.OPEN,
            CaseState.AUTHORIZED,
            CaseState.DENIED,
            CaseState.NOT_COVERED,
            CaseState.DISPATCHING,
            CaseState.UNDISPATCHABLE,
            CaseState.CANCELLED,
        }
    ),
    CaseState.AUTHORIZED: frozenset(
        {
            CaseState.OPEN,
            CaseState.AUTH_PENDING,
            CaseState.DENIED,
            CaseState.DISPATCHING,
            CaseState.UNDISPATCHABLE,
            CaseState.CANCELLED,
        }
    ),
    CaseState.DENIED: frozenset(
        {
            CaseState.OPEN,
            CaseState.AUTHORIZED,
            CaseState.APPEALING,
            CaseState.EXTERNAL_REVIEW,
            CaseState.CLOSED_DENIED,
            CaseState.DISPATCHING,
            CaseState.UNDISPATCHABLE,
            CaseState.CANCELLED,
        }
    ),
    CaseState.APPEALING: frozenset(
        {
            CaseState.OPEN,
            CaseState.AUTHORIZED,
            CaseState.DENIED,
            CaseState.EXTERNAL_REVIEW,
            CaseState.CLOSED_DENIED,
            CaseState.CANCELLED,
        }
    ),
    CaseState.EXTERNAL_REVIEW: frozenset(
        {CaseState.OPEN, CaseState.AUTHORIZED, CaseState.DENIED, CaseState.CLOSED_DENIED, CaseState.CANCELLED}
    ),
    CaseState.CLOSED_DENIED: frozenset({CaseState.OPEN, CaseState.CANCELLED}),
    CaseState.NOT_COVERED: frozenset({CaseState.OPEN, CaseState.CANCELLED}),
    CaseState.DISPATCHING: frozenset(
        {
            CaseState.OPEN,
            CaseState.PROVIDER_ACCEPTED,
            CaseState.UNDISPATCHABLE,
            CaseState.DISPATCHING,
            CaseState.BENEFITS,
            CaseState.AUTH_PENDING,
            CaseState.DENIED,
            CaseState.CANCELLED,
        }
    ),
    CaseState.UNDISPATCHABLE: frozenset(
        {
            CaseState.UNDISPATCHABLE,
            CaseState.OPEN,
            CaseState.DISPATCHING,
            CaseState.INCOMPLETE,
            CaseState.BENEFITS,
            CaseState.AUTH_PENDING,
            CaseState.DENIED,
            CaseState.CANCELLED,
        }
    ),
    CaseState.PROVIDER_ACCEPTED: _REDISPATCH | {CaseState.SCHEDULED},
    CaseState.SCHEDULED: _REDISPATCH | {CaseState.MISSED, CaseState.FULFILLED},
    CaseState.MISSED: _REDISPATCH | {CaseState.SCHEDULED, CaseState.FULFILLED},
    CaseState.FULFILLED: frozenset(),
    CaseState.CANCELLED: frozenset(),
}
"""Which state may follow which; a test walks random events through it. A changed order goes back to `open`."""
