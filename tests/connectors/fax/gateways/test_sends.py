"""Answers through every gateway: sent once, followed to their end, tried again only where that helps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.fax import FaxSettings
from connectors.fax.fates import WAITS, classify, wait_before
from connectors.fax.follow import Follower
from connectors.fax.gateways import open_gateway
from connectors.fax.records import stamp
from doorstep.errors import Ambiguous, Refused, Unavailable
from schemas.outbound import ConfirmationDelivered, ConfirmationFailed, FailureClass
from schemas.transmission import ReplyTo
from tests.connectors.fax.answers import confirmation
from tests.connectors.fax.gateways.house import House, house
from tests.connectors.fax.gateways.vendors import VENDORS, Vendor, settings_of

TAG = confirmation().confirmation_id
BY_GATE = ReplyTo(channel="fax", address="9375550112", context={"gateway": "gate", "fax_id": "77"})


@asynccontextmanager
async def at(kind: str, folder: Path, **settings: Any) -> AsyncIterator[tuple[House, Vendor, FaxSettings, Follower]]:
    async with Vendor(kind).serving() as vendor, house(folder) as hub:
        own = settings_of(vendor, **settings.pop("own", {}))
        made = FaxSettings(gateways={"gate": own}, **{"retry_factor": 0, **settings})
        gateway = open_gateway(made, hub, "gate")
        try:
            yield hub, vendor, made, Follower(made, hub, {"gate": gateway})
        finally:
            await gateway.close()


async def look(follower: Follower) -> None:
    follower.nudged.set()
    await follower.look()


@pytest.mark.parametrize("kind", VENDORS)
async def test_an_answer_goes_the_way_the_fax_came_and_counts_when_all_pages_went(kind: str, tmp_path: Path) -> None:
    async with at(kind, tmp_path) as (hub, vendor, settings, follower):
        sent = await hub.answer(settings, recipient=BY_GATE)
        assert (sent.provider_status, list(vendor.sent)) == ("queued", [sent.provider_id])
        [fax] = vendor.sent.values()
        assert fax.number.lstrip("+") == "19375550112"
        assert await hub.answer(settings, recipient=BY_GATE, attempt=2, again=True) == sent
        assert len(vendor.sent) == 1
        await look(follower)
        assert await hub.fates() == []
        fax.state, fax.pages_sent = "delivered", 1
        await look(follower)
        await look(follower)
        [fate] = await hub.fates()
    assert isinstance(fate, ConfirmationDelivered)
    assert (fate.confirmation_id, fate.provider_id, fate.attempt) == (TAG, sent.provider_id, 1)


@pytest.mark.parametrize("kind", ["telnyx", "sinch", "documo", "srfax", "efax"])
async def test_fewer_pages_than_submitted_are_never_delivered(kind: str, tmp_path: Path) -> None:
    async with at(kind, tmp_path) as (hub, vendor, settings, follower):
        await hub.answer(settings, recipient=BY_GATE)
        next(iter(vendor.sent.values())).state = "delivered"
        await look(follower)
        [fate] = await hub.fates()
    assert (fate.failure_class, fate.final, fate.pages_sent) == (FailureClass.PARTIAL, False, 0)


@pytest.mark.parametrize("kind", VENDORS)
async def test_a_busy_line_is_tried_again_under_another_tag_and_three_times_at_most(kind: str, tmp_path: Path) -> None:
    async with at(kind, tmp_path) as (hub, vendor, settings, follower):
        await hub.answer(settings, recipient=BY_GATE)
        for _ in range(8):
            for fax in vendor.sent.values():
                fax.state, fax.reason = "failed", "user_busy" if kind == "telnyx" else "User busy"
            await look(follower)
        fates = await hub.fates()
        assert len(vendor.sent) == 3
        assert len({fax.tag for fax in vendor.sent.values()}) == 3
        assert len({fax.pdf for fax in vendor.sent.values()}) == 1
    assert [(f.failure_class, f.attempt, f.final) for f in fates] == [
        (FailureClass.BUSY, 1, False),
        (FailureClass.BUSY, 2, False),
        (FailureClass.BUSY, 3, True),
    ]


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("destination_invalid", FailureClass.BAD_NUMBER),
        ("receiver_decline", FailureClass.DECLINED),
        ("account_disabled", FailureClass.ACCOUNT),
        ("file_size_limit_exceeded", FailureClass.DOCUMENT),
    ],
)
async def test_what_no_repeat_cures_is_not_repeated(reason: str, failure: FailureClass, tmp_path: Path) -> None:
    async with at("telnyx", tmp_path) as (hub, vendor, settings, follower):
        await hub.answer(settings, recipient=BY_GATE)
        fax = vendor.sent["out-1"]
        fax.state, fax.reason = "failed", reason
        for _ in range(3):
            await look(follower)
        [fate] = await hub.fates()
        assert len(vendor.sent) == 1
    assert isinstance(fate, ConfirmationFailed)
    assert (fate.failure_class, fate.final) == (failure, True)


@pytest.mark.parametrize("kind", VENDORS)
async def test_a_send_whose_answer_was_lost_is_found_by_its_tag(kind: str, tmp_path: Path) -> None:
    async with at(kind, tmp_path) as (hub, vendor, settings, _):
        vendor.drop_sends = 1
        with pytest.raises(Unavailable):
            await hub.answer(settings, recipient=BY_GATE)
        sent = await hub.answer(settings, recipient=BY_GATE, attempt=2)
        assert list(vendor.sent) == [sent.provider_id]


async def test_a_lost_send_is_repeated_only_when_the_gateway_surely_has_it_not(tmp_path: Path) -> None:
    async with at("phaxio", tmp_path) as (hub, vendor, settings, follower):
        vendor.trouble = [("POST faxes", 502, {})]
        with pytest.raises(Unavailable):
            await hub.answer(settings, recipient=BY_GATE)
        with pytest.raises(Unavailable) as settling:
            await hub.answer(settings, recipient=BY_GATE, attempt=2)
        assert settling.value.retry_after
        assert vendor.sent == {}
        record = follower.sends.look(TAG)
        assert record
        follower.sends.change(record, changed=stamp() - 61)
        await hub.answer(settings, recipient=BY_GATE, attempt=3)
        assert len(vendor.sent) == 1


async def test_what_was_surely_not_taken_is_sent_at_once_the_next_time(tmp_path: Path) -> None:
    async with at("phaxio", tmp_path) as (hub, vendor, settings, _):
        vendor.trouble = [("POST faxes", 429, {"retry-after": "7"})]
        with pytest.raises(Unavailable) as busy:
            await hub.answer(settings, recipient=BY_GATE)
        assert busy.value.retry_after == 7
        await hub.answer(settings, recipient=BY_GATE, attempt=2)
        assert len(vendor.sent) == 1


async def test_wrong_credentials_are_refused_with_their_class(tmp_path: Path) -> None:
    async with at("phaxio", tmp_path, own={"password": "wrong"}) as (hub, vendor, settings, _):
        with pytest.raises(Refused) as refused:
            await hub.answer(settings, recipient=BY_GATE)
        assert getattr(refused.value, "failure", None) is FailureClass.ACCOUNT
        assert vendor.sent == {}


async def test_a_try_under_way_at_a_crash_is_looked_up_by_the_follower(tmp_path: Path) -> None:
    async with at("phaxio", tmp_path) as (hub, vendor, settings, follower):
        await hub.answer(settings, recipient=BY_GATE)
        vendor.sent["out-1"].state, vendor.sent["out-1"].reason = "failed", "busy"
        await look(follower)
        vendor.drop_sends = 1
        await look(follower)
        assert len(vendor.sent) == 2
        record = follower.sends.look(TAG)
        assert record
        assert (record["state"], record["tries"]) == ("begun", 2)
        follower.sends.change(record, due=0)
        await look(follower)
        record = follower.sends.look(TAG)
        assert record
        assert (record["state"], record["provider_id"], len(vendor.sent)) == ("handed", "out-2", 2)


async def test_without_any_word_for_a_day_a_person_is_told(tmp_path: Path) -> None:
    async with at("phaxio", tmp_path) as (hub, _, settings, follower):
        await hub.answer(settings, recipient=BY_GATE)
        record = follower.sends.look(TAG)
        assert record
        follower.sends.change(record, changed=stamp() - 25 * 3600)
        await look(follower)
        [fate] = await hub.fates()
        assert (fate.failure_class, fate.final) == (FailureClass.UNKNOWN, True)


async def test_a_gateway_of_ones_own_is_a_yaml_file(tmp_path: Path) -> None:
    """No status call and no search: its own word is the fate, and a send in doubt is for a person."""
    spec = tmp_path / "own.yaml"
    spec.write_text(
        """
auth: basic
webhook: {check: basic, id: messageId, direction: direction, received: [inbound], sent: [outbound], file: image}
received: {facts: {calling_number: from}}
send:
  call: {method: POST, path: faxes, file: file, form: {to: "{e164}", "tags[doorstep]": "{tag}"}}
  id: data.id
status: {word: status, delivered: [ok], failed: [bad], reasons: [why], pages_sent: pages}
"""
    )
    async with at("phaxio", tmp_path / "hub", own={"spec": spec}) as (hub, vendor, settings, follower):
        from connectors.fax.gateways.importing import Importer
        from connectors.fax.gateways.port import WebhookRequest
        from connectors.fax.gateways.webhook import _keep

        sent = await hub.answer(settings, recipient=BY_GATE)
        gateway = open_gateway(settings, hub, "gate")
        importer = Importer(gateway, settings.gateways["gate"], hub, hub.data_dir("fax") / "gateways" / "gate")

        async def say(body: str) -> str:
            said = WebhookRequest("", {"content-type": "application/json"}, body=body.encode())
            return await _keep(importer, gateway.parse_inbound(said))

        busy = f'{{"messageId": "{sent.provider_id}", "direction": "outbound", "status": "bad", "why": "busy"}}'
        assert await say(busy) == "noted"
        late = f'{{"messageId": "{sent.provider_id}", "direction": "outbound", "status": "ok", "pages": 1}}'
        assert await say(late) == "noted"
        await look(follower)
        [fate] = await hub.fates()
        assert fate.failure_class is FailureClass.BUSY
        inline = '{"messageId": "i-1", "direction": "inbound", "from": "9375550112", "image": "SUkqAAgAAAA="}'
        assert await say(inline) == "taken"
        assert await say(inline) == "known"
        assert len(await hub.received()) == 1
        vendor.trouble = [("POST", 502, {})]
        with pytest.raises(Unavailable):
            await hub.answer(settings, recipient=BY_GATE, confirmation_id="another")
        with pytest.raises(Ambiguous):
            await hub.answer(settings, recipient=BY_GATE, confirmation_id="another", attempt=2)
        await gateway.close()


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ("Busy signal detected", FailureClass.BUSY),
        ("receiver_no_answer", FailureClass.NO_ANSWER),
        ("No answer from remote", FailureClass.NO_ANSWER),
        ("No carrier detected", FailureClass.NOT_A_FAX),
        ("receiver_call_dropped", FailureClass.DROPPED),
        ("No receiver protocol (T.30 T1 timeout)", FailureClass.NEGOTIATION),
        ("Failure to train remote modem at 2400 bps or minimum speed", FailureClass.NEGOTIATION),
        ("fax_initial_communication_timeout", FailureClass.NEGOTIATION),
        ("receiver_unallocated_number", FailureClass.BAD_NUMBER),
        ("Invalid dialing command", FailureClass.BAD_NUMBER),
        ("receiver_decline", FailureClass.DECLINED),
        ("Insufficient balance", FailureClass.ACCOUNT),
        ("DOCUMENT_CONVERSION_ERROR", FailureClass.DOCUMENT),
        ("something quite new", FailureClass.UNKNOWN),
        ("", FailureClass.UNKNOWN),
    ],
)
def test_words_of_failure_have_their_class(said: str, failure: FailureClass) -> None:
    assert classify([said]) is failure


def test_only_what_may_pass_is_tried_again() -> None:
    for failure in FailureClass:
        waits = [wait_before(failure, tries, 3) for tries in (1, 2, 3)]
        if failure in WAITS:
            assert waits[0]
            assert waits[1]
            assert waits[0] < waits[1]
            assert waits[2] is None
        else:
            assert waits == [None, None, None]


async def test_settings_that_would_leave_a_door_open_are_refused(tmp_path: Path) -> None:
    from doorstep.errors import SettingsError

    async with at("phaxio", tmp_path) as (hub, vendor, _, _):
        for wrong in (
            {"webhook_secret": "short"},
            {"api_url": "http://fax.example/api"},
            {"vendor": "unheard-of"},
            {"vendor": "telnyx", "public_key": "no key"},
            {"vendor": "sinch", "webhook_user": ""},
        ):
            made = FaxSettings(gateways={"gate": {**settings_of(vendor), **wrong}})
            with pytest.raises(SettingsError):
                open_gateway(made, hub, "gate")
    await asyncio.sleep(0)
