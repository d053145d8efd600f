"""A provider put in by the API stands in the network from then on, once, validated, and with its author."""

from __future__ import annotations

from json import dumps
from typing import Any

import handlers.onboard  # noqa: F401
from doorstep.rules import load
from handlers.casework import directory
from schemas.onboarding import ProviderChanged
from schemas.transmission import ReceiptState
from tests.factories import transmission
from tests.handlers.memory import OURS, MemoryHub

OURS.add("onboard")
FIRST = load("network/sample")["providers"][0]
NEW = {**FIRST, "npi": "1234567893", "name": "Newly Contracted"}


def put(hub: MemoryHub, provider: Any, revision: int, word: str = "w-1") -> tuple[ReceiptState, str | None]:
    body = {"revision": revision, "by": "Robin Field", "provider": provider}
    sent = transmission("desk", document_id=word, body={"word": word})
    hub.unit.contents[sent.contents[0].sha256] = dumps(body, default=str).encode()
    hub.send(sent.model_copy(update={"details": {"command": "provider", "caller": "desk-1"}}))
    state, reason, _ = hub.unit.receipts[word]
    return state, reason


def test_a_new_provider_may_be_offered_work_from_then_on() -> None:
    hub = MemoryHub()
    count = len(directory(hub.unit).providers)
    assert put(hub, NEW, -1) == (ReceiptState.ACCEPTED, None)
    there = directory(hub.unit).provider("1234567893")
    assert (there and there.name, len(directory(hub.unit).providers)) == ("Newly Contracted", count + 1)
    (changed,) = hub.seen(ProviderChanged)
    assert (changed.revision, changed.by, changed.caller) == (1, "Robin Field", "desk-1")


def test_a_change_takes_the_place_of_the_files_provider_and_says_what_differs() -> None:
    hub = MemoryHub()
    assert put(hub, {**FIRST, "active": False}, 0)[0] is ReceiptState.ACCEPTED
    there = directory(hub.unit).provider(FIRST["npi"])
    assert there is not None
    assert not there.active
    assert hub.seen(ProviderChanged)[0].changed == ("active",)
    assert put(hub, {**FIRST, "active": False}, 1, "w-2")[0] is ReceiptState.ACCEPTED
    assert len(hub.seen(ProviderChanged)) == 1, "nothing changed, nothing is said"


def test_of_two_changes_to_one_revision_the_second_is_refused() -> None:
    hub = MemoryHub()
    put(hub, {**FIRST, "capacity": 3}, 0)
    state, reason = put(hub, {**FIRST, "capacity": 4}, 0, "w-2")
    assert (state, reason) == (ReceiptState.REJECTED, "the provider was changed meanwhile: read it again")
    there = directory(hub.unit).provider(FIRST["npi"])
    assert there is not None
    assert there.capacity == 3


def test_what_is_not_right_is_refused_here_too() -> None:
    hub = MemoryHub()
    assert put(hub, {**NEW, "npi": "1234567890"}, -1)[0] is ReceiptState.REJECTED
    assert not hub.seen(ProviderChanged)
