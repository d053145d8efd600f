"""Asking a payer over real HTTP: what it answers is kept before the send is done; nothing is submitted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.payer import CONNECTOR, PayerSettings
from connectors.payer.exchange import GARBAGE_TRIES, control_of, send
from connectors.payer.settings import Partner
from doorstep.connector import Delivery
from doorstep.demo.payer import StandInPayer
from doorstep.errors import Refused, SettingsError, Unavailable
from doorstep.registry import connector_settings
from schemas.fhir import loads
from schemas.fhir.pas import read_answer
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.payer import CoverageStatus, Decision
from schemas.transmission import ReplyTo
from schemas.x12 import eligibility_answers, parse, review_answers
from tests.connectors.memory_hub import MemoryHub
from tests.schemas.x12.messages import AT, TRACE, enquiry


@pytest.fixture
def payer() -> Iterator[StandInPayer]:
    there = StandInPayer(slow_seconds=1.0)
    there.start()
    yield there
    there.stop()


def settings(payer: StandInPayer, **more: Any) -> PayerSettings:
    values = {"eligibility_url": f"{payer.url}/x12", "pas_url": f"{payer.url}/fhir", "timeout": 0.5, **more}
    return PayerSettings(partners={"sample": Partner.model_validate(values)})


def delivery(attempt: int = 1, partner: str = "sample", **asked: Any) -> Delivery:
    about = enquiry(**asked)
    requested = ConfirmationRequested(
        confirmation_id=about.trace,
        kind=ConfirmationKind.ELIGIBILITY,
        recipient=ReplyTo(channel="payer", address=partner),
        case_id=about.case_id,
        document_id="doc-1",
        reference=about.case_id,
        enquiry=about,
    )
    return Delivery(requested, attempt)


async def test_coverage_is_asked_by_270_and_the_271_is_kept(payer: StandInPayer) -> None:
    hub = MemoryHub()
    sent = await send(settings(payer), hub, delivery())
    (kept,) = hub.received
    assert (sent.provider_status, sent.provider_id) == ("answered", TRACE)
    assert (kept.channel, kept.details["trace"]) == ("payer", TRACE)
    body = kept.blobs[0].data
    assert isinstance(body, bytes)
    (answer,) = eligibility_answers(parse(body)[0], lambda _: (("12",), AT.date()), AT)
    assert (answer.status, answer.trace, answer.plan) == (CoverageStatus.ACTIVE, TRACE, "SAMPLE GOLD")


async def test_an_authorization_is_submitted_by_pas_and_a_repeat_counts_once(payer: StandInPayer) -> None:
    hub = MemoryHub()
    asked = {"ask": "authorization", "way": "pas"}
    await send(settings(payer), hub, delivery(**asked))
    await send(settings(payer), hub, delivery(2, **asked))
    assert list(payer.submitted) == [TRACE]
    assert payer.asked["$submit"] == 2
    (kept,) = hub.received
    body = kept.blobs[0].data
    assert isinstance(body, bytes)
    assert read_answer(loads(body, max_bytes=len(body))).decision is Decision.APPROVED


@pytest.mark.parametrize(
    ("member_id", "decision"),
    [("WEL123456", Decision.APPROVED), ("DEN123456", Decision.DENIED), ("PEN1", Decision.PENDED)],
)
async def test_an_authorization_is_asked_by_278_too(payer: StandInPayer, member_id: str, decision: Decision) -> None:
    hub = MemoryHub()
    own = settings(payer, review_url=f"{payer.url}/x12")
    for attempt in (1, 2):
        await send(own, hub, delivery(attempt, ask="authorization", way="x12", member_id=member_id))
    assert len(payer.submitted) == len(hub.received) == 1
    body = hub.received[0].blobs[0].data
    assert isinstance(body, bytes)
    (answer,) = review_answers(parse(body)[0])
    assert (answer.decision, answer.trace) == (decision, TRACE)
    assert (answer.number or "").startswith("AUTH") is (decision is Decision.APPROVED)
    assert answer.lines[0].code == "E0260"


async def test_a_pended_one_is_approved_at_the_next_inquiry(payer: StandInPayer) -> None:
    hub = MemoryHub()
    pended = {"way": "pas", "member_id": "PEN123456"}
    await send(settings(payer), hub, delivery(ask="authorization", **pended))
    await send(settings(payer), hub, delivery(ask="authorization-inquiry", trace="t2", submitted=TRACE, **pended))
    bodies = [one.blobs[0].data for one in hub.received]
    decisions = [read_answer(loads(b, max_bytes=len(b))).decision for b in bodies if isinstance(b, bytes)]
    assert decisions == [Decision.PENDED, Decision.APPROVED]


@pytest.mark.parametrize("way", ["pas", "x12"])
async def test_what_was_submitted_is_cancelled_by_the_same_way_and_a_repeat_counts_once(
    payer: StandInPayer, way: str
) -> None:
    hub = MemoryHub()
    own = settings(payer, review_url=f"{payer.url}/x12")
    await send(own, hub, delivery(ask="authorization", way=way))
    cancel = {"ask": "authorization-cancellation", "way": way, "trace": "t2", "submitted": TRACE}
    for attempt in (1, 2):
        await send(own, hub, delivery(attempt, **cancel))
    assert {trace.lower(): about.lower() for trace, about in payer.cancelled.items()} == {"t2": TRACE}
    assert len(payer.submitted) == 1
    body = hub.received[-1].blobs[0].data
    assert isinstance(body, bytes)
    answer = review_answers(parse(body)[0])[0] if way == "x12" else read_answer(loads(body, max_bytes=len(body)))
    assert (answer.decision, answer.trace) == (Decision.CANCELLED, "t2")
    assert len(hub.received) == 2


@pytest.mark.parametrize("member_id", ["ERR123456", "SLO123456"])
async def test_a_payer_that_is_away_or_slow_is_asked_again_later(payer: StandInPayer, member_id: str) -> None:
    hub = MemoryHub()
    with pytest.raises(Unavailable):
        await send(settings(payer), hub, delivery(member_id=member_id))
    assert hub.received == []


async def test_nobody_listens(payer: StandInPayer) -> None:
    gone = settings(payer)
    payer.stop()
    with pytest.raises(Unavailable):
        await send(gone, MemoryHub(), delivery())
    payer.start()


async def test_garbage_is_taken_for_a_passing_fault_first_and_then_kept_for_a_person(payer: StandInPayer) -> None:
    hub = MemoryHub()
    for attempt in range(1, GARBAGE_TRIES):
        with pytest.raises(Unavailable):
            await send(settings(payer), hub, delivery(attempt, member_id="GAR123456"))
    assert hub.received == []
    sent = await send(settings(payer), hub, delivery(GARBAGE_TRIES, member_id="GAR123456"))
    assert sent.provider_status == "unreadable answer"
    assert len(hub.received) == 1


async def test_an_answer_that_cannot_be_kept_is_asked_for_again(payer: StandInPayer) -> None:
    hub = MemoryHub()
    hub.failing = Unavailable("journal", "no")
    with pytest.raises(Unavailable):
        await send(settings(payer), hub, delivery(ask="authorization", way="pas"))
    hub.failing = None
    await send(settings(payer), hub, delivery(2, ask="authorization", way="pas"))
    assert len(payer.submitted) == len(hub.received) == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"partner": "nobody"}, "payer-no-partner"),
        ({"ask": "authorization", "way": "x12"}, "payer-no-url"),
    ],
)
async def test_what_is_not_set_up_is_refused_for_good(payer: StandInPayer, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await send(settings(payer), MemoryHub(), delivery(**asked))
    assert refused.value.code == code


def test_a_control_number_is_the_same_for_every_try() -> None:
    assert control_of(TRACE) == control_of(TRACE)
    assert 0 < int(control_of(TRACE)) < 10**9


@pytest.mark.parametrize("partner", [{}, {"eligibility_url": "ftp://x"}, {"pas_url": "http://x", "originator": "1"}])
def test_a_partner_that_cannot_be_asked_is_told_at_start(partner: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"connectors\.payer\.partners"):
        connector_settings(CONNECTOR, {"partners": {"sample": partner}})


async def test_a_token_is_sent_and_stands_in_no_text(payer: StandInPayer, tmp_path: Path) -> None:
    del tmp_path
    own = settings(payer, token="a-secret")
    assert "a-secret" not in repr(own)
    await asyncio.wait_for(send(own, MemoryHub(), delivery()), 60)
