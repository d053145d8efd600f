"""What a paper is: strangers' orders and strangers' other papers, in words that no rule was copied from."""

from __future__ import annotations

import pytest

from doorstep import rules
from handlers.classify import classify_reading, doubt
from handlers.kinds import ORDER, kind_of, mended, plain, scores_of
from schemas.document import DocumentClass
from tests.handlers.pages import ORDER as DME
from tests.handlers.pages import reading
from tests.handlers.strangers import AROUND, ORDERS, OTHERS, Paper


def opens_a_case(*texts: str) -> bool:
    verdict = classify_reading(reading(*texts))
    return verdict.document_class.is_order and doubt(verdict) is None


@pytest.mark.parametrize("paper", OTHERS, ids=lambda paper: paper[0])
def test_a_paper_that_is_no_order_is_known_for_what_it_is_and_opens_no_case(paper: Paper) -> None:
    _, right, text = paper
    assert classify_reading(reading(text)).document_class.value in right
    assert not opens_a_case(text)


@pytest.mark.parametrize("paper", ORDERS, ids=lambda paper: paper[0])
def test_an_order_is_known_in_whatever_words(paper: Paper) -> None:
    _, right, text = paper
    assert classify_reading(reading(text)).document_class.value in right


@pytest.mark.parametrize("around", AROUND, ids=lambda paper: paper[0])
@pytest.mark.parametrize("order", ORDERS[::6], ids=lambda paper: paper[0])
def test_an_order_gives_its_class_whatever_lies_around_it(order: Paper, around: Paper) -> None:
    for pages in ((around[2], order[2]), (order[2], around[2])):
        assert classify_reading(reading(*pages)).document_class.value in order[1]


def test_most_strangers_orders_need_nobody_to_say_what_they_are() -> None:
    held = [name for name, _, text in ORDERS if not opens_a_case(text)]
    assert len(held) <= len(ORDERS) // 10, held


def test_an_order_for_nobody_is_put_before_a_person() -> None:
    nobody = "".join(line for line in DME.splitlines(keepends=True) if "Becker" not in line)
    verdict = classify_reading(reading(nobody.replace("11/17/2026", "")))
    assert verdict.confidence < float(rules.load("documents/classes")["review_below"])


def test_a_page_that_can_hardly_be_read_keeps_a_result_from_being_put_away() -> None:
    lab = next(text for name, _, text in OTHERS if name == "cbc-result")
    faint = "0rder f0r hom3 Rx 0xyg3n\nNPI prescription Dx physician signature quantity\n" * 2
    assert classify_reading(reading(lab)).confidence > 0.9
    verdict = classify_reading(reading(lab, faint))
    assert doubt(verdict) is not None


def test_one_letter_misread_in_a_long_word_does_not_matter() -> None:
    assert mended(plain("Wheelchalr, prescriptlon of a nebullzer")) == " wheelchair prescription of a nebulizer "
    assert mended(plain("sort lift cart")) == " sort lift cart "


def test_a_confidence_grows_with_the_lead_and_is_never_certain() -> None:
    order, words = scores_of(reading(DME).pages[0]), scores_of(reading("Please order oxygen.\n").pages[0])
    assert kind_of(order).act == ORDER
    assert kind_of(words).act_sure < kind_of(order).act_sure < 1


def test_every_class_has_its_phrases() -> None:
    listed = set(rules.load("documents/classes")["classes"])
    assert listed == {c.value for c in DocumentClass} - {"unreadable"}
