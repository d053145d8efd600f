"""One order, four ways in, all the way to the confirmation on the sender's own channel, on every backend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.cli import send
from doorstep.demo.process import HubProcess
from doorstep.demo.run import Order, Partners, partners, submit
from tests.journeys.backends import BACKENDS, settings_of
from tests.journeys.road import SAMPLES, eventually, settled
from tests.services.zygote import popen

pytestmark = [pytest.mark.slow, pytest.mark.ocr, pytest.mark.timeout(600)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_channels_order_is_confirmed_on_that_channel(
    backend: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with partners() as there:
        hub = HubProcess(tmp_path / "hub", {**there.settings(), **settings_of(request, backend)}, popen=popen).start()
        try:
            orders = submit(hub, SAMPLES)
            with httpx.Client(base_url=hub.url, timeout=20) as client:
                confirmed(client, orders)
                cases = client.get("/api/cases").json()
                assert sorted(case["channel"] for case in cases) == ["email", "fax", "fhir", "hl7v2"]
                assert {case["state"] for case in cases} == {"scheduled"}
                assert len({case["case"] for case in cases}) == 4
                settled(hub.url)
                _each_far_end_was_told(there, hub, orders)
                _a_resend_gets_the_same_answer_and_no_second_case(client, hub, there)
        finally:
            assert hub.stop() == 0


def confirmed(client: httpx.Client, orders: list[Order], within: float = 280) -> None:
    def all_confirmed() -> bool:
        for order in orders:
            order.ask(client)
        return all(order.confirmed for order in orders)

    def story() -> Any:
        return {o.channel: [t["says"] for t in o.timeline] for o in orders}

    try:
        eventually(all_confirmed, within=within)
    except AssertionError:
        pytest.fail(f"not all confirmed: {json.dumps(story(), indent=1)}")


def _each_far_end_was_told(there: Partners, hub: HubProcess, orders: list[Order]) -> None:
    by_channel = {order.channel: order.case for order in orders}
    heard = {
        "email": [c.text for c in there.mail.received if "/offers/" not in c.text],
        "hl7v2": [c.text for c in there.hl7.received],
        "fhir": [c.text for c in there.fhir.received],
        "fax": [p.read_text() for p in (hub.data_dir / "fax" / "outbox").glob("*.json")],
    }
    for channel, case in by_channel.items():
        assert case is not None
        mine = [text for text in heard[channel] if case["case"] in text]
        assert len(mine) == 2, f"{channel}: an acknowledgement and a scheduled start, not {len(mine)}"
    for channel in ("email", "hl7v2"):
        case = by_channel[channel]
        assert case is not None
        assert all(case["manager"] in t and case["extension"] in t for t in heard[channel] if case["case"] in t)
    member = by_channel["email"]["detail"]["order"]["member"]["name"]["text"]  # type: ignore[index]
    assert not any(member in text for text in heard["email"]), "mail carries no name"


def _a_resend_gets_the_same_answer_and_no_second_case(client: httpx.Client, hub: HubProcess, there: Partners) -> None:
    before = (len(there.hl7.received), len(there.fhir.received), len(client.get("/api/cases").json()))
    chosen = json.loads((SAMPLES / "demo.json").read_text("utf-8"))
    hl7, fhir = SAMPLES / chosen["hl7v2"], SAMPLES / chosen["fhir"]
    first, again = (send.submit(hl7, f"mllp://127.0.0.1:{hub.ports['mllp']}") for _ in range(2))
    assert first == again
    assert first[0]
    assert send.submit(fhir, hub.url)[0]
    settled(hub.url)
    after = (len(there.hl7.received), len(there.fhir.received), len(client.get("/api/cases").json()))
    assert after == before
