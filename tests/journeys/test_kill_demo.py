"""kill -9 in the middle of the demo's load, on every channel at once: nothing lost, no second confirmation."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from doorstep.demo.process import HubProcess
from doorstep.demo.run import Order, Partners, partners, submit
from tests.journeys.backends import BACKENDS, settings_of
from tests.journeys.road import SAMPLES, own_ports, settled
from tests.journeys.test_four_ways import confirmed
from tests.services.zygote import popen

pytestmark = [pytest.mark.slow, pytest.mark.ocr, pytest.mark.timeout(600)]


@pytest.mark.parametrize("backend", [BACKENDS[0], BACKENDS[3]])
def test_the_demos_orders_survive_kills_and_each_sender_hears_each_thing_once(
    backend: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with partners() as there:
        hub = HubProcess(
            tmp_path / "hub", {**there.settings(), **settings_of(request, backend)}, ports=own_ports(), popen=popen
        ).start()
        try:
            orders = submit(hub, SAMPLES)
            rng = random.Random(11)
            for _ in range(4):
                time.sleep(rng.uniform(0.2, 1.5))
                hub.kill()
                hub.start()
            with httpx.Client(base_url=hub.url, timeout=20) as client:
                confirmed(client, orders)
                settled(hub.url)
                cases = client.get("/api/cases").json()
                assert len(cases) == 4
                assert {case["state"] for case in cases} == {"scheduled"}
                assert client.get("/api/dead-letters").json() == []
            _each_thing_was_heard_once(there, hub, orders)
        finally:
            hub.stop()


def _each_thing_was_heard_once(there: Partners, hub: HubProcess, orders: list[Order]) -> None:
    """Two things a sender: a repeat after a kill carries the id of the first, and its receiver knows it by that."""
    outbox = hub.data_dir / "fax" / "outbox"
    heard: dict[str, Iterable[str]] = {
        "email": (c.provider_id for c in there.mail.received if "/offers/" not in c.text),
        "hl7v2": (c.provider_id for c in there.hl7.received),
        "fhir": (c.provider_id for c in there.fhir.received),
        "fax": (path.stem for path in outbox.glob("*.pdf")),
    }
    assert {order.channel for order in orders} == set(heard)
    for channel, ids in heard.items():
        counted = Counter(ids)
        assert len(counted) == 2, (channel, counted)
