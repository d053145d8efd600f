"""The pages of the network and of a review: what blocks is shown, every input is one that the hub takes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from doorstep.console.network import network_page, papers_of, provider_page
from doorstep.console.pages import _environment
from doorstep.console.reviewing import FORMS, review_page
from doorstep.rules import load
from schemas.document import ReviewRequested
from schemas.fields import FIELD_NAMES
from schemas.network import Directory, Entry, Provider
from tests.factories import case

DAY = date(2026, 11, 28)
FIRST = Directory.model_validate(load("network/sample")).providers[0]


class Looks:
    """What a page asks of the journal."""

    def __init__(self, review: ReviewRequested | None = None) -> None:
        self.review = review

    def offers(self, **_: Any) -> list[Any]:
        return []

    def open_review(self, _: str) -> ReviewRequested | None:
        return self.review

    def case(self, _: str) -> Any:
        return case()

    def receipts(self, **_: Any) -> list[Any]:
        return []


def rendered(name: str, values: dict[str, Any]) -> str:
    return _environment().get_template(name).render(here="network", counts={"reviews": 0, "dead": 0}, **values)


def test_a_provider_with_something_that_blocks_it_stands_first() -> None:
    blocked = FIRST.model_copy(update={"npi": "1234567893", "name": "Zeta <b>Medical</b>", "ein": None})
    text = rendered("network.html", network_page([Entry(FIRST), Entry(blocked)]))
    assert text.index("Zeta &lt;b&gt;Medical") < text.index(FIRST.name)
    assert "no EIN" in text


def test_each_paper_says_whether_it_is_held_ended_or_missing() -> None:
    lapsed = FIRST.licences[0].model_copy(update={"expires": date(2026, 11, 27)})
    states = {name: state for name, _, state in papers_of(FIRST.model_copy(update={"licences": (lapsed,)}), DAY)}
    assert (states["Licence"], states["EIN"], states["W-9"]) == ("ended", "held", "held")
    bare = FIRST.model_copy(update={"licences": (), "w9_on_file": date(2026, 12, 1)})
    states = {name: state for name, _, state in papers_of(bare, DAY)}
    assert (states["Licence"], states["W-9"]) == ("missing", "not yet")


def test_the_form_of_a_provider_holds_a_provider_that_the_hub_takes() -> None:
    values = provider_page(Looks(), Entry(FIRST, 2, "Robin Field"))  # type: ignore[arg-type]
    assert Provider.model_validate(json.loads(values["as_json"])) == FIRST
    text = rendered("provider.html", values)
    assert 'data-method="PUT"' in text
    assert 'data-tag="2"' in text


@pytest.mark.parametrize("case_id", [None, "DS-000001-8"])
def test_every_field_can_be_given_a_value_on_the_page_of_a_review(case_id: str | None) -> None:
    review = ReviewRequested(
        review_id="r-1", document_id="d-1", case_id=case_id, reason="<i>unsure</i>", fields={"dob": "below threshold"}
    )
    text = rendered("review.html", review_page(Looks(review), "r-1"))  # type: ignore[arg-type]
    assert all(f'name="fields.{name}"' in text for name in FIELD_NAMES)
    assert set(FORMS) <= set(FIELD_NAMES)
    assert text.index('name="fields.dob"') < text.index("Other values")
    assert "<i>unsure" not in text
    assert 'action="/api/reviews/r-1/decision"' in text
