"""The page for people at a provider: each input has a label, an error stands at its field, what was typed stays."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest

from connectors.dispatch.page import Wrong, offer_page
from connectors.dispatch.work import work_page
from schemas.case import CaseState, Offer, OfferState
from tests.factories import NOW, case

OFFER = Offer(
    offer_id="of-1", case_id="DS-000001-8", npi="1234567893", provider_name="Buckeye <Home> Medical", wave=1,
    state=OfferState.SENT, sent_at=NOW, respond_by=NOW + timedelta(hours=2),
)  # fmt: skip
ZONE = "America/New_York"


class Seen(HTMLParser):
    """Collects what a browser or a screen reader makes of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: dict[str, dict[str, str | None]] = {}
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "label":
            self.labels.add(str(given["for"]))
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.fields[str(given.get("id"))] = given
        if tag == "a":
            self.links.add(str(given["href"]))


def offered(wrong: Wrong | None = None) -> str:
    page = offer_page(OFFER, case(), "tok", ZONE, now=NOW, wrong=wrong or Wrong())
    return bytes(page.body).decode()


def taken_on(wrong: Wrong | None = None) -> str:
    held = OFFER.model_copy(update={"state": OfferState.ACCEPTED})
    return bytes(work_page(held, case(state=CaseState.SCHEDULED), "tok", ZONE, wrong=wrong or Wrong()).body).decode()


@pytest.mark.parametrize("text", [offered(), taken_on()], ids=["an open offer", "a service that is taken on"])
def test_every_field_has_its_label_and_every_name_stands_once(text: str) -> None:
    seen = Seen(text)
    assert seen.labels == set(seen.fields)
    assert len(seen.ids) == len(set(seen.ids))
    assert {link[1:] for link in seen.links} <= set(seen.ids)
    described = {part for one in seen.fields.values() for part in str(one.get("aria-describedby") or "").split()}
    assert described <= set(seen.ids)


def test_an_error_stands_at_its_field_and_what_was_typed_is_still_there() -> None:
    typed = {"start": "2026-11-20T09:00", "end": "2026-11-20T12:00", "zone": "America/Chicago", "token": "tok"}
    seen = Seen(text := offered(Wrong("accept", "start", "the start must lie in the future", typed)))
    wrong = seen.fields["accept-start"]
    assert (wrong["aria-invalid"], wrong["value"]) == ("true", "2026-11-20T09:00")
    assert "autofocus" in wrong
    assert str(wrong["aria-describedby"]).split()[0] == "accept-start-wrong"
    assert seen.fields["accept-end"]["value"] == "2026-11-20T12:00"
    assert "aria-invalid" not in seen.fields["accept-end"]
    assert '<option value="America/Chicago" selected>' in text
    assert "#accept-start" in seen.links


def test_an_error_of_one_form_leaves_the_others_as_they_were() -> None:
    typed = {"signed_by": 'A "quoted" <name>', "zone": "UTC"}
    seen = Seen(taken_on(Wrong("complete", "completed_at", "completed_at must not lie ahead", typed)))
    assert seen.fields["complete-signed_by"]["value"] == 'A "quoted" <name>'
    assert [name for name, given in seen.fields.items() if "aria-invalid" in given] == ["complete-completed_at"]
    assert seen.fields["reschedule-start"]["value"] == ""


def test_a_refusal_that_is_of_no_field_stands_above_the_forms() -> None:
    text = offered(Wrong("accept", "", "the offer was recalled before", {"start": "2026-11-25T09:00"}))
    assert '<p class="problem" role="alert">the offer was recalled before</p>' in text
    assert "aria-invalid=" not in text
    assert Seen(text).fields["accept-start"]["value"] == "2026-11-25T09:00"
