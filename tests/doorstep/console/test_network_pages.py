"""The pages of the network and of a review: what blocks is shown, every input is one that the hub takes."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest

from doorstep.console.network import form_of, network_page, papers_of, provider_page
from doorstep.console.pages import _environment
from doorstep.console.reviewing import FORMS, review_page, typed
from doorstep.rules import load
from schemas.document import DocumentRead, ExtractedField, ReviewRequested
from schemas.event import Event, Payload
from schemas.fields import FIELD_NAMES
from schemas.network import Directory, Entry, Provider
from schemas.order import Evidence
from tests.factories import NOW, case, content, extraction, order, referral

DAY = date(2026, 11, 28)
PROVIDERS = Directory.model_validate(load("network/sample")).providers
FIRST = PROVIDERS[0]


class Looks:
    """What a page asks of the journal."""

    def __init__(self, review: ReviewRequested | None = None, *said: Payload) -> None:
        self.review = review
        self.said = said

    def latest(self, payload: type[Payload], _: str) -> Event[Any] | None:
        return next((Event(id="e", source="t", time=NOW, data=p) for p in self.said if type(p) is payload), None)

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


class Inputs(HTMLParser):
    """Puts the fields of the provider's form together as static/desk.js does: paths, rows, and maps by a key."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: dict[str, Any] = {}
        self.named: set[str] = set()
        self.labels = 0
        self.rows: tuple[str, str | None] | None = None
        self.row: dict[str, Any] | None = None
        self.select: tuple[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "data-rows" in given:
            self.rows = str(given["data-rows"]), given.get("data-keyed")
        if "data-row" in given:
            self.row = {}
        self.labels += tag == "label"
        if tag == "select":
            self.select = str(given["name"]), given.get("data-form")
        if tag == "option" and "selected" in given and self.select is not None:
            self.put(self.select[0], str(given["value"] or ""), self.select[1])
        if tag == "input":
            self.put(str(given["name"]), given.get("value") or "", given.get("data-form"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        if tag == "div" and self.row is not None and self.rows is not None:
            path, key = self.rows
            name = path.split("/")[1]
            if self.row and key is None:
                self.said.setdefault(name, []).append(self.row)
            elif self.row:
                self.said.setdefault(name, {})[self.row.pop(str(key))] = self.row
            self.row = None
        if tag == "fieldset":
            self.rows = None

    def put(self, name: str, text: str, form: str | None) -> None:
        steps = (f"{self.rows[0]}/{name}" if self.rows else name).split("/")
        self.named.add(steps[1] if len(steps) > 1 else name)
        if not text:
            return
        value: Any = [one.strip() for one in text.split(",")] if form == "list" else text
        value = {"number": lambda: int(text), "flag": lambda: text == "true"}.get(form or "", lambda: value)()
        if self.row is not None:
            self.row[name] = value
        elif len(steps) > 1:
            at = self.said
            for step in steps[1:-1]:
                at = at.setdefault(step, {})
            at[steps[-1]] = value


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.npi)
def test_the_form_of_a_provider_holds_all_of_it_and_sent_back_it_changes_nothing(provider: Provider) -> None:
    values = provider_page(Looks(), Entry(provider, 2, "Robin Field"))  # type: ignore[arg-type]
    text = rendered("provider.html", values)
    assert Provider.model_validate(Inputs(text).said) == provider
    assert 'data-method="PUT"' in text
    assert 'data-tag="2"' in text


def test_a_new_provider_has_a_field_for_everything_and_each_has_a_label() -> None:
    form = Inputs(text := rendered("new_provider.html", form_of(None)))
    assert set(Provider.model_fields) <= form.named
    assert text.count("<input") + text.count("<select") == form.labels
    assert 'data-method="POST"' in text


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


def read_with_doubt(**deviations: Any) -> str:
    review = ReviewRequested(
        review_id="r-1", document_id="d-1", case_id="DS-000001-8", reason="x", fields={"dob": "below threshold"}
    )
    read = extraction(doubtful={"dob": ("below threshold",)}, **deviations)
    seen = read.fields["dob"].evidence.model_copy(update={"page": 2, "box": (1, 1, 9, 9), "crop_sha256": "ab"})
    fields = {**read.fields, "dob": read.fields["dob"].model_copy(update={"evidence": seen})}
    page = review_page(Looks(review, read.model_copy(update={"fields": fields})), "r-1")  # type: ignore[arg-type]
    return rendered("review.html", page)


def test_the_value_that_was_read_stands_with_its_picture_beside_its_field() -> None:
    text = read_with_doubt(dob="1950-01-02")
    before, _, after = text.partition('name="fields.dob"')
    assert 'src="/reviews/r-1/pictures/dob"' in before
    assert "on page 2, 40% sure:</span> <b>1950-01-02</b>" in before
    assert 'data-use="fields.dob" data-value="1950-01-02"' in before
    assert "on the case:" in before
    assert "1950-01-02" not in after


def test_what_was_read_is_shown_as_text() -> None:
    assert "<script>alert" not in read_with_doubt(member_name='"><script>alert(1)</script>')


def test_what_was_read_for_the_notes_is_shown_with_its_picture() -> None:
    review = ReviewRequested(review_id="r-1", document_id="d-1", case_id="DS-000001-8", reason="x")
    seen = Evidence(page=2, box=(1, 1, 9, 9), crop_sha256="ab", confidence=0.5, accepted=False)
    line = ExtractedField(value="Oxygen saturation: 86 % at rest", evidence=seen)
    read = extraction().model_copy(update={"facts": {"oxygen_saturation": line}})
    text = rendered("review.html", review_page(Looks(review, read), "r-1"))  # type: ignore[arg-type]
    assert 'src="/reviews/r-1/pictures/oxygen_saturation"' in text
    assert "page 2, 50% sure:</span> <b>Oxygen saturation: 86 % at rest</b>" in text


def test_a_message_shows_what_its_order_says_and_has_no_picture() -> None:
    review = ReviewRequested(review_id="r-1", document_id="d-1", reason="x", fields={"quantity": "another value"})
    ordered = referral(order(order_lines=[{"code": "E1390", "quantity": 2}, {"code": "A4616", "quantity": 1}]))
    text = rendered("review.html", review_page(Looks(review, ordered), "r-1"))  # type: ignore[arg-type]
    assert "<b>E1390 x 2, A4616 x 1</b>" in text
    assert "/pictures/" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (["J44.9", "J96.11"], "J44.9, J96.11"),
        ({"code": "E1390", "quantity": None}, "E1390"),
        ({"kind": "oxygen_lpm", "value": 2}, "oxygen_lpm 2"), ("x", "x"),
    ],
)  # fmt: skip
def test_a_value_is_shown_as_it_would_be_typed(value: Any, text: str) -> None:
    assert typed(value) == text


def test_what_a_mail_says_stands_on_the_page_of_its_review_and_can_hold_no_markup() -> None:
    review = ReviewRequested(review_id="r-1", document_id="d-1", case_id="DS-000001-8", reason="a mail came")
    read = DocumentRead(
        document_id="d-1", channel="email", received_at=NOW, reply_to=None, documents=(), reading=content(b"x"),
        pages=(), engine="text", author="nora@desk.example", text="On <b>Tuesday</b>.",
    )  # fmt: skip
    text = rendered("review.html", review_page(Looks(review, read), "r-1"))  # type: ignore[arg-type]
    assert "On &lt;b&gt;Tuesday&lt;/b&gt;." in text
    assert "nora@desk.example" in text
