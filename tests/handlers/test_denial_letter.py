"""Letters that read like a denial are put before a person with their case; an order or an approval is not one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.correspond import kept
from handlers.denial_letter import Letter, denial_letter, letter_of
from handlers.read import body_page
from schemas.document import DocumentRead, ReviewRequested
from schemas.event import Event
from schemas.reading import Reading
from tests.factories import NOW, content, transmission
from tests.handlers.payer import denied_case

DENIED = """Sample Health Plan. Notice of Adverse Benefit Determination. Your request for a bed has been denied.
It is not medically necessary as documented (CO-50). Our reference: case DS-000001-0. You may appeal this decision in
writing no later than January 22, 2027, or ask for a peer-to-peer review."""


def read() -> DocumentRead:
    kept = content(b"reading")
    return DocumentRead(
        document_id="letter-1", channel="fax", received_at=NOW, reply_to=None, reading=kept,
        documents=(content(b"fax", "image/tiff"),), pages=(), engine="t",
    )  # fmt: skip


def test_a_denial_is_known_with_its_case_its_code_and_its_last_day() -> None:
    assert letter_of(DENIED) == Letter(("DS-000001-0",), ("CARC 50",), "January 22, 2027")


@pytest.mark.parametrize(
    "text",
    [
        "Order for a hospital bed E0260. Diagnosis J44.9. Deliver by 11/25/2026.",
        "Your prior authorization request has been approved. Number AUTH77. You may appeal any part of it.",
        "The patient denied chest pain. Peer review of the notes is complete.",
        "The claim is denied.",
        "",
    ],
)
def test_other_letters_are_none(text: str) -> None:
    assert letter_of(text) is None


@pytest.mark.parametrize(("found", "case_id"), [(letter_of(DENIED), "DS-000001-0"), (Letter((), (), None), None)])
def test_a_person_is_asked_once_and_nothing_is_recorded(found: Letter, case_id: str | None) -> None:
    hub = denied_case()
    before = len(hub.only_case().denials)
    event: Event[Any] = Event(id="e", source="t", time=NOW, data=read())
    (asked,) = denial_letter(event, hub.unit, found)
    assert isinstance(asked, ReviewRequested)
    assert asked.case_id == case_id
    assert "it reads like a payer's denial" in asked.reason
    assert list(denial_letter(event, hub.unit, found)) == []
    assert len(hub.only_case().denials) == before
    assert list(denial_letter(event, hub.unit, None)) == []


@pytest.mark.parametrize("letter_first", [True, False])
def test_a_mail_that_reads_like_a_denial_is_one_review_whoever_looks_first(letter_first: bool) -> None:
    hub = denied_case()
    case = hub.only_case()
    hub.append(transmission("email", document_id="letter-1", body=b"a mail"))
    event: Event[Any] = Event(id="e", source="t", time=NOW, data=read())
    asked: set[str] = set()
    for look in ("letter", "mail") if letter_first else ("mail", "letter"):
        found = (
            denial_letter(event, hub.unit, Letter((), (), None))
            if look == "letter"
            else kept(hub.only_case(), "the mail that it answers", read(), hub.unit)
        )
        asked |= {one.review_id for one in found if isinstance(one, ReviewRequested)}
    (review_id,) = asked
    review = hub.unit.reviews[review_id]
    assert review.case_id == case.case_id
    assert "reads like a payer's denial" in review.reason


@given(st.text(max_size=300))
def test_any_text_is_looked_at(text: str) -> None:
    letter_of(text)


def test_a_letter_that_is_a_mails_text_is_read_like_a_page() -> None:
    page = body_page(DENIED)
    assert page is not None
    reading = Reading(engine="text", pages=(page,))
    assert letter_of("\n".join(" ".join(w.text for w in p.words) for p in reading.pages)) is not None
