"""Which case is an order's own, where an input brought several orders or added to a case that was there. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.case import Case
from schemas.fhir.unmapped import FOCUS

TASK_TYPE = "Doorstep.Task"
"""What is kept of the Task of an order: never a FHIR type name, so no outside address leads to it."""
PAPERS = ("DocumentReference/", "Binary/", "QuestionnaireResponse/", "Communication/")


def case_of_order(cases: Sequence[Case], focus: str, document_id: str, *, orders: int) -> Case | None:
    """Return the case of one order of an input: of the input's cases the one whose focus it is.

    An input that added to an older case has that case, which keeps the older focus, and an order on paper names no
    request; but where the input brought several `orders`, such a case may be another's, so it is no one's.
    """
    mine = next((case for case in cases if case.order.unmapped.get(FOCUS) == focus), None)
    if mine is not None or orders != 1:
        return mine
    papers = focus.startswith(PAPERS)
    return next((case for case in cases if papers or case.order.document_id != document_id), None)
