"""Notifications of every gateway: proved before anything is kept, durable before answered, one effect however often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.fax import FaxSettings
from doorstep.errors import Unavailable
from tests.connectors.fax.gateways.house import House, house, running, until
from tests.connectors.fax.gateways.vendors import CALLER, TIFF, VENDORS, Vendor, notification, settings_of

NUDGES = {"srfax", "efax"}


@asynccontextmanager
async def opened(kind: str, folder: Path, **own: Any) -> AsyncIterator[tuple[House, Vendor, httpx.AsyncClient, str]]:
    async with Vendor(kind).serving() as vendor, house(folder) as hub:
        settings = FaxSettings(gateways={"gate": settings_of(vendor, **{"poll_seconds": 0.2, **own})})
        async with running(hub, settings) as client:
            yield hub, vendor, client, f"{hub.url}/webhooks/fax/gate"


async def arrived(hub: House, count: int) -> None:
    async def there() -> bool:
        return len(await hub.received()) >= count

    await until(there)


def records(hub: House, state: str) -> list[Path]:
    return list((hub.folder / "fax" / "gateways" / "gate" / state).glob("*.json"))


async def settled(hub: House) -> None:
    async def done() -> bool:
        return bool(records(hub, "done")) and not records(hub, "open")

    await until(done)


async def looked(kind: str, vendor: Vendor) -> None:
    """Wait for the look that a start takes into the inboxes of those who have one."""

    async def once() -> bool:
        return bool(vendor.calls)

    if kind in NUDGES:
        await until(once)
        await quiet(vendor)


async def quiet(vendor: Vendor) -> None:
    """Wait until nobody calls any more."""

    async def none_new() -> bool:
        before = len(vendor.calls)
        await asyncio.sleep(0.3)
        return before == len(vendor.calls)

    await until(none_new)


@pytest.mark.parametrize("kind", VENDORS)
async def test_a_notified_fax_is_fetched_by_its_id_and_is_an_ordinary_fax(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as (hub, vendor, client, url):
        vendor.received["77"] = TIFF
        vendor.links.add("77")
        answer = await client.send(notification(kind, "77", url))
        assert answer.status_code == 200, answer.text
        await arrived(hub, 1)
        await settled(hub)
        [fax] = await hub.received()
    assert (fax.channel, fax.sender) == ("fax", CALLER)
    assert fax.reply_to is not None
    assert fax.reply_to.address == CALLER
    assert (fax.reply_to.context["gateway"], fax.reply_to.context["fax_id"]) == ("gate", "77")
    assert (fax.contents[0].content_type, fax.contents[0].size) == ("image/tiff", len(TIFF))
    assert fax.identifier == "gate:77"
    assert vendor.viewed == (["77"] if kind in NUDGES else [])


SIGNING = sorted(set(VENDORS) - {"sinch", "documo", "srfax"})
"""The others prove who calls, not what is said: for those the API is asked for everything."""

UNPROVEN: list[tuple[str, dict[str, Any]]] = [
    *((kind, {"secret": "not-the-secret-that-is-set"}) for kind in VENDORS),
    *((kind, {"change": True}) for kind in SIGNING),
    ("telnyx", {"at": time.time() - 3600}),
]


@pytest.mark.parametrize(("kind", "how"), UNPROVEN, ids=[f"{kind}-{next(iter(how))}" for kind, how in UNPROVEN])
async def test_what_does_not_prove_itself_leaves_no_trace(kind: str, how: dict[str, Any], tmp_path: Path) -> None:
    async with opened(kind, tmp_path, poll_seconds=3600) as (hub, vendor, client, url):
        await looked(kind, vendor)
        vendor.calls.clear()
        vendor.received["77"] = TIFF
        answer = await client.send(notification(kind, "77", url, **how))
        assert answer.status_code == 401
        bare = await client.post(url, content=b"{}", headers={"content-type": "application/json"})
        assert bare.status_code == 401
        await asyncio.sleep(0.3)
        assert records(hub, "open") + records(hub, "done") == []
        assert (await hub.received(), vendor.calls) == ([], [])


@pytest.mark.parametrize("kind", VENDORS)
async def test_repeats_at_once_and_later_have_one_effect(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as (hub, vendor, client, url):
        vendor.received |= {"77": TIFF, "78": TIFF + b"2"}
        vendor.links |= {"77", "78"}
        many = [notification(kind, fax_id, url) for fax_id in ["77", "78"] * 5]
        answers = await asyncio.gather(*(client.send(one) for one in many))
        assert {answer.status_code for answer in answers} == {200}
        await arrived(hub, 2)
        await settled(hub)
        downloads = len(vendor.calls)
        assert (await client.send(notification(kind, "77", url))).status_code == 200
        await asyncio.sleep(0.3)
        assert len(await hub.received()) == 2
        assert kind in NUDGES or len(vendor.calls) == downloads


async def test_an_early_notification_waits_until_the_fax_is_complete(tmp_path: Path) -> None:
    async with opened("sinch", tmp_path) as (hub, vendor, client, url):
        vendor.received["77"] = TIFF
        vendor.ready = False
        assert (await client.send(notification("sinch", "77", url))).status_code == 200
        await asyncio.sleep(0.3)
        assert await hub.received() == []
        vendor.ready = True
        await arrived(hub, 1)


@pytest.mark.parametrize(
    "trouble", [("faxes/77$", 503, {"retry-after": "1"}), ("faxes/77$", 500, {}), ("file$", 429, {"retry-after": "1"})]
)
async def test_a_busy_or_broken_api_is_asked_again(trouble: tuple[str, int, dict[str, str]], tmp_path: Path) -> None:
    async with opened("phaxio", tmp_path) as (hub, vendor, client, url):
        vendor.received["77"] = TIFF
        vendor.trouble.append(trouble)
        assert (await client.send(notification("phaxio", "77", url))).status_code == 200
        await arrived(hub, 1)
        assert vendor.trouble == []


async def test_an_expired_link_is_made_anew_through_the_api(tmp_path: Path) -> None:
    async with opened("telnyx", tmp_path) as (hub, vendor, client, url):
        vendor.received["77"] = TIFF
        assert (await client.send(notification("telnyx", "77", url))).status_code == 200
        await arrived(hub, 1)
        assert "POST faxes/77/actions/refresh" in vendor.calls


async def test_a_link_to_another_host_is_never_followed(tmp_path: Path) -> None:
    async with opened("telnyx", tmp_path, link_hosts=[".telnyx.com"]) as (hub, vendor, client, url):
        vendor.received["77"] = TIFF
        vendor.links.add("77")
        assert (await client.send(notification("telnyx", "77", url))).status_code == 200
        await asyncio.sleep(0.5)
        assert await hub.received() == []
        assert not [call for call in vendor.calls if "media" in call]


async def test_the_url_in_a_notification_is_never_called(tmp_path: Path) -> None:
    async with Vendor("phaxio").serving() as trap, opened("telnyx", tmp_path) as (hub, vendor, client, url):
        vendor.received["77"] = TIFF
        vendor.links.add("77")
        sent = notification("telnyx", "77", url, trap=f"{trap.base}/steal")
        assert (await client.send(sent)).status_code == 200
        await arrived(hub, 1)
        assert trap.calls == []


async def test_a_huge_body_is_refused_and_the_next_good_one_is_taken(tmp_path: Path) -> None:
    async with opened("telnyx", tmp_path) as (hub, vendor, client, url):
        assert (await client.post(url, content=bytes(2_000_000))).status_code == 413

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield bytes(100_000)

        assert (await client.post(url, content=endless())).status_code == 413
        vendor.received["77"] = TIFF
        vendor.links.add("77")
        assert (await client.send(notification("telnyx", "77", url))).status_code == 200
        await arrived(hub, 1)


@pytest.mark.parametrize("fax_id", ["../../admin", "..", "", "a/b", "a?b=c", "x" * 300, "a\nb", "%2e%2e"])
async def test_an_odd_id_never_becomes_a_path(fax_id: str, tmp_path: Path) -> None:
    async with opened("documo", tmp_path) as (_hub, vendor, client, url):
        assert (await client.send(notification("documo", fax_id, url))).status_code == 400
        await asyncio.sleep(0.1)
        assert vendor.calls == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"\xff", b"{" * 50_000, b'{"messageId": {}}', b'{"direction": "inbound"}']
)
async def test_what_is_proved_but_broken_is_answered_and_not_kept(body: bytes, tmp_path: Path) -> None:
    async with opened("documo", tmp_path) as (hub, _vendor, client, url):
        good = notification("documo", "77", url)
        answer = await client.post(url, content=body, headers={**good.headers, "content-length": str(len(body))})
        assert answer.status_code in {200, 400}
        assert records(hub, "open") == []


async def test_other_paths_need_the_api_key_still(tmp_path: Path) -> None:
    async with opened("documo", tmp_path) as (_, _, client, _):
        assert (await client.get("/webhooks/other")).status_code == 401
        assert (await client.post("/webhooks/fax/unknown", content=b"{}")).status_code == 404


async def test_while_the_journal_is_away_the_fax_waits_noted(tmp_path: Path) -> None:
    async with opened("srfax", tmp_path) as (hub, vendor, client, url):
        hub.failing = [Unavailable("storage", "storage is full", retry_after=0.2)] * 2
        vendor.received["77"] = TIFF
        await client.send(notification("srfax", "77", url))
        await arrived(hub, 1)
        await settled(hub)
        assert vendor.viewed == ["77"]


async def test_a_restart_goes_on_where_the_hub_died(tmp_path: Path) -> None:
    """The notification is durable before its answer, and upstream hears of our copy only after it is stored."""
    async with Vendor("srfax").serving() as vendor, house(tmp_path) as hub:
        vendor.received["77"] = TIFF
        settings = FaxSettings(gateways={"gate": settings_of(vendor)})
        vendor.trouble = [("Retrieve_Fax", 500, {})] * 50
        async with running(hub, settings):
            await until(lambda: _called(vendor, "Retrieve"))
        assert await hub.received() == []
        assert vendor.viewed == []
        vendor.trouble = [("Update_Viewed", 500, {})] * 50
        for record in records(hub, "open"):
            record.write_text(record.read_text().replace('"due": ', '"due": 0, "old": '))
        async with running(hub, settings):
            await until(lambda: _called(vendor, "Update_Viewed"))
        assert vendor.viewed == []
        vendor.trouble = []
        for record in records(hub, "open"):
            record.write_text(record.read_text().replace('"due": ', '"due": 0, "old": '))
        async with running(hub, settings):
            await settled(hub)
        assert vendor.viewed == ["77"]
        assert vendor.calls.count("POST Retrieve_Fax") == 2
        assert len(await hub.received()) == 1


async def _called(vendor: Vendor, name: str) -> bool:
    return any(name in call for call in vendor.calls)


async def _any(found: list[Path]) -> bool:
    return bool(found)


async def test_many_nudges_do_not_make_the_inbox_be_looked_at_ever_more_often(tmp_path: Path) -> None:
    async with opened("srfax", tmp_path, poll_seconds=3600) as (_hub, vendor, client, url):
        await asyncio.gather(*(client.send(notification("srfax", "77", url)) for _ in range(10)))
        await looked("srfax", vendor)
        assert 1 <= len(vendor.calls) <= 12


async def test_a_broken_inbox_does_not_hold_up_what_was_noted(tmp_path: Path) -> None:
    async with Vendor("srfax").serving() as vendor, house(tmp_path) as hub:
        vendor.received["77"] = TIFF
        vendor.trouble = [("Retrieve_Fax", 500, {})]
        settings = FaxSettings(gateways={"gate": settings_of(vendor)})
        async with running(hub, settings):
            await until(lambda: _any(records(hub, "open")))
            vendor.trouble = [("Get_Fax_Inbox", 500, {})] * 500
            await arrived(hub, 1)
