"""The handlers' state: numbers, cases, offers, reviews, receipts, rules."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from doorstep.errors import Defect, Refused, Unavailable
from doorstep.journal import Journal, JournalUnit, Reader
from doorstep.journal.cases import luhn
from doorstep.journal.subscriptions import notices
from schemas.case import CaseState, OfferDeclined, OfferState
from schemas.document import ReviewRequested
from schemas.transmission import ReceiptState
from tests.doorstep.journal.support import NOON, case, declined, offer, opened, transmission


async def test_case_numbers_go_up_by_one_and_carry_a_check_digit(journal: Journal) -> None:
    ids = await asyncio.gather(*(journal.write(lambda unit: unit.new_case_id()) for _ in range(20)))
    assert sorted(ids) == sorted(set(ids))
    assert min(ids) == "DS-000001-8"
    assert {i[3:9] for i in ids} == {f"{n:06d}" for n in range(1, 21)}


async def test_the_number_of_a_unit_that_failed_is_given_again(journal: Journal) -> None:
    def fails(unit: JournalUnit) -> None:
        unit.new_case_id()
        raise Refused("x", "x")

    with pytest.raises(Refused):
        await journal.write(fails)
    assert await journal.write(lambda unit: unit.new_case_id()) == "DS-000001-8"


def test_the_check_digit_is_that_of_a_known_number() -> None:
    assert luhn("7992739871") == "3"


@given(st.integers(0, 999_999), st.integers(0, 5), st.integers(1, 9))
def test_every_wrong_digit_is_noticed(number: int, place: int, change: int) -> None:
    digits = f"{number:06d}"
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    assert luhn(digits) != luhn(wrong)


async def test_a_case_is_found_by_everything_it_is_known_by(journal: Journal) -> None:
    saved = case(document_ids=("one", "two"), order_key="key", identity_key="who")
    await journal.write(lambda unit: unit.save_case(saved))

    def look(unit: JournalUnit) -> None:
        assert unit.case(saved.case_id) == saved
        assert unit.case_by_order_key("key") == saved
        assert unit.case_by_document("two") == saved
        assert unit.cases_by_document("two") == [saved]
        assert unit.cases_by_identity("who") == [saved]
        assert unit.case("none") is unit.case_by_order_key("none") is unit.case_by_document("none") is None

    await journal.write(look)


@pytest.mark.parametrize("revision", [0, 1, 3])
async def test_an_update_must_carry_the_next_revision(journal: Journal, revision: int) -> None:
    await journal.write(lambda unit: unit.save_case(case()))
    with pytest.raises(Defect, match="revision"):
        await journal.write(lambda unit: unit.save_case(case(revision=revision, state=CaseState.COMPLETE)))
    await journal.write(lambda unit: unit.save_case(case(revision=2, state=CaseState.COMPLETE)))
    kept = await journal.read(lambda reader: reader.case("DS-000001-8"))
    assert kept is not None
    assert (kept.revision, kept.state) == (2, CaseState.COMPLETE)


async def test_of_two_racing_duplicates_one_opens_a_case_and_the_other_may_look_again(journal: Journal) -> None:
    def opens(unit: JournalUnit) -> None:
        unit.save_case(case(unit.new_case_id(), order_key="the same order"))

    results = await asyncio.gather(journal.write(opens), journal.write(opens), return_exceptions=True)
    assert [type(r) for r in results] == [type(None), Unavailable]
    assert len(await journal.read(lambda reader: reader.cases())) == 1


async def test_the_orders_of_one_input_have_each_their_case(journal: Journal) -> None:
    for number, key in (("DS-000001-8", "one"), ("DS-000002-6", "two")):
        await journal.write(lambda unit, n=number, k=key: unit.save_case(case(n, order_key=k, document_ids=("doc-9",))))
    found = await journal.write(lambda unit: unit.cases_by_document("doc-9"))
    assert [one.case_id for one in found] == ["DS-000001-8", "DS-000002-6"]


async def test_the_reviews_of_an_input_are_those_that_wait(journal: Journal) -> None:
    def look(unit: JournalUnit) -> list[str]:
        for name, document_id in (("a", "doc-1"), ("b", "doc-1"), ("c", "doc-2")):
            unit.save_review(ReviewRequested(review_id=name, document_id=document_id, reason="why"))
        unit.close_review("a")
        return [one.review_id for one in unit.waiting_reviews("doc-1")]

    assert await journal.write(look) == ["b"]


async def test_a_cancelled_order_may_be_opened_again(journal: Journal) -> None:
    await journal.write(lambda unit: unit.save_case(case(order_key="key")))
    await journal.write(lambda unit: unit.save_case(case(order_key="key", revision=2, state=CaseState.CANCELLED)))
    await journal.write(lambda unit: unit.save_case(case("DS-000002-6", order_key="key")))
    found = await journal.write(lambda unit: unit.case_by_order_key("key"))
    assert found is not None
    assert found.case_id == "DS-000002-6"


async def test_offers_are_kept_and_changed(journal: Journal) -> None:
    await journal.write(lambda unit: unit.save_case(case()))
    await journal.write(lambda unit: (unit.save_offer(offer("a")), unit.save_offer(offer("b", wave=2))))
    await journal.write(lambda unit: unit.save_offer(offer("a", state=OfferState.ACCEPTED, answered_at=NOON)))
    offers = await journal.write(lambda unit: unit.offers_of("DS-000001-8"))
    assert [(o.offer_id, o.state.value) for o in offers] == [("a", "accepted"), ("b", "sent")]
    [accepted] = await journal.read(lambda reader: reader.offers(npi="1234567893", state="accepted"))
    assert accepted == await journal.read(lambda reader: reader.offer("a"))
    assert await journal.read(lambda reader: reader.offers(npi="1999999992")) == []


async def test_a_review_waits_until_a_person_closes_it_and_a_replay_does_not_open_it_again(journal: Journal) -> None:
    review = ReviewRequested(review_id="r", document_id="d", reason="two patients")
    await journal.write(lambda unit: unit.save_review(review))
    assert await journal.read(lambda reader: reader.reviews()) == [review]
    await journal.write(lambda unit: unit.close_review("r"))
    await journal.write(lambda unit: unit.save_review(review))
    await journal.write(lambda unit: unit.close_review("r"))
    assert await journal.read(lambda reader: reader.reviews()) == []
    assert await journal.write(lambda unit: unit.review("r")) == review
    with pytest.raises(Defect):
        await journal.write(lambda unit: unit.close_review("unknown"))


async def test_a_receipt_keeps_its_case_when_the_next_word_names_none(journal: Journal) -> None:
    receipt = await journal.receive(transmission())
    accepted, rejected = ReceiptState.ACCEPTED, ReceiptState.REJECTED
    await journal.write(lambda unit: unit.settle_receipt(receipt.document_id, accepted, case_id="DS-000001-8"))
    await journal.write(lambda unit: unit.settle_receipt(receipt.document_id, rejected, reason="withdrawn"))
    [kept] = await journal.read(lambda reader: reader.receipts(document_id=receipt.document_id))
    assert (kept.state, kept.reason, kept.case_id) == (rejected, "withdrawn", "DS-000001-8")
    with pytest.raises(Defect):
        await journal.write(lambda unit: unit.settle_receipt("unknown", accepted))


async def test_latest_is_the_newest_event_of_that_type_and_key(journal: Journal) -> None:
    for number, key in ((1, "a"), (2, "a"), (3, "b")):
        await journal.write(lambda unit, n=number, k=key: unit.append(declined(n, k), source="test"))
    found = await journal.write(lambda unit: unit.latest(OfferDeclined, "a"))
    assert found is not None
    assert found.data.reason == "2"
    assert await journal.write(lambda unit: unit.latest(OfferDeclined, "c")) is None


async def test_an_event_is_found_by_its_key_and_not_by_walking_through_its_topic(tmp_path: Path) -> None:
    asked: list[Any] = []

    def job(unit: JournalUnit) -> list[str]:
        sqlalchemy.event.listen(
            unit.connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3]))
        )
        unit.latest(OfferDeclined, "a")
        Reader(unit.connection, unit.context.store).decided_at("a")
        Reader(unit.connection, unit.context.store).details_of("a")
        notices(unit.connection, "a", 1, 2, 3)
        return [
            unit.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).mappings().one()["detail"]
            for query, values in list(asked)
        ]

    async with opened(f"sqlite:///{tmp_path / 'journal.db'}", tmp_path) as journal:
        plans = await journal.write(job)
    assert plans == ["SEARCH event USING INDEX event_key (key=?)"] * 4


async def test_small_json_content_is_read_within_the_unit(journal: Journal) -> None:
    good = await journal.keep(b'{"pages": [1, 2]}', "application/json")
    bad = await journal.keep(b"not json", "application/json")
    assert await journal.write(lambda unit: unit.content(good)) == {"pages": [1, 2]}
    with pytest.raises(Defect):
        await journal.write(lambda unit: unit.content(bad))


async def test_rules_are_parsed_once_and_only_from_their_folder(journal: Journal, tmp_path: Path) -> None:
    rules = tmp_path / "rules" / "elements"
    rules.mkdir(parents=True)
    (rules / "intake.yaml").write_text("required: [dob]\n")
    (rules / "list.yaml").write_text("[1]")
    (rules / "broken.yaml").write_text("{")
    (tmp_path / "secret.yaml").write_text("a: 1")
    assert await journal.write(lambda unit: unit.rules("elements/intake")) == {"required": ["dob"]}
    (rules / "intake.yaml").unlink()
    assert await journal.write(lambda unit: unit.rules("elements/intake")) == {"required": ["dob"]}
    for name in ("../secret", "elements/list", "elements/broken", "none", str(tmp_path / "secret")):
        with pytest.raises(Defect):
            await journal.write(lambda unit, name=name: unit.rules(name))


async def test_a_case_is_found_by_its_tokens_and_indexing_it_again_changes_nothing(journal: Journal) -> None:
    later, first = case("DS-000002-6", opened_at=NOON + timedelta(hours=1)), case("DS-000001-8")

    def index(unit: JournalUnit) -> None:
        unit.index_case(later.case_id, ["both", "both", "later"])
        unit.index_case(first.case_id, iter(["both"]))
        unit.index_case(first.case_id, [])

    def look(unit: JournalUnit) -> None:
        assert unit.cases_by_token("both") == [first, later]
        assert unit.cases_by_token("later") == [later]
        assert unit.cases_by_token("none") == []

    await journal.write(lambda unit: [unit.save_case(later), unit.save_case(first)])
    for _ in range(2):
        await journal.write(index)
        await journal.write(look)
    with pytest.raises(Defect):
        await journal.write(lambda unit: unit.index_case("DS-000009-9", ["none"]))


async def test_a_mark_stays_and_is_the_same_at_every_repetition(journal: Journal) -> None:
    assert await journal.write(lambda unit: unit.marked("token")) is False
    for _ in range(2):
        await journal.write(lambda unit: unit.mark("token"))
        assert await journal.write(lambda unit: unit.marked("token")) is True
    assert await journal.write(lambda unit: unit.marked("other")) is False
