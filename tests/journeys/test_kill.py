"""kill -9 in the middle of the load: what was acknowledged is there afterwards, and nothing is confirmed twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from doorstep.demo.process import HubProcess
from doorstep.demo.run import Partners, partners
from tests.journeys.backends import BACKENDS, settings_of
from tests.journeys.load import Acknowledged, hl7_order, send_hl7
from tests.journeys.road import eventually, own_ports, settled, web
from tests.services.zygote import popen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ORDERS, KILLS, UNDER_WAY = 36, 4, 1


@pytest.mark.parametrize("backend", [BACKENDS[0], BACKENDS[3]])
def test_a_killed_hub_loses_nothing_it_acknowledged_and_repeats_nothing(
    backend: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with partners() as there:
        hub = HubProcess(
            tmp_path / "hub", {**there.settings(), **settings_of(request, backend)}, ports=own_ports(), popen=popen
        ).start()
        try:
            taken = _send_while_killing(hub)
            settled(hub.url)
            _everything_acknowledged_is_a_case(hub, taken)
            eventually(lambda: _scheduled(hub) == ORDERS, what="every order scheduled")
            settled(hub.url)
            _every_sender_heard_each_thing_once(there, taken)
        finally:
            hub.stop()


def _send_while_killing(hub: HubProcess) -> Acknowledged:
    """Send from three senders, each repeating an unacknowledged message; kill the hub at random meanwhile."""
    taken = Acknowledged()
    numbers = iter(range(ORDERS))
    lock = threading.Lock()

    def sender() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            message = hl7_order(number)
            while not send_hl7(message, hub.ports["mllp"], taken):
                time.sleep(0.1)

    senders = [threading.Thread(target=sender) for _ in range(3)]
    for thread in senders:
        thread.start()
    rng = random.Random(7)
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.3, 1.2))
        hub.kill()
        hub.start()
    for thread in senders:
        thread.join(120)
    assert len(taken.control_ids) == ORDERS
    return taken


def _everything_acknowledged_is_a_case(hub: HubProcess, taken: Acknowledged) -> None:
    with httpx.Client(base_url=hub.url, timeout=20) as client:
        for control_id in taken.control_ids:
            (receipt,) = client.get("/api/receipts", params={"control_id": control_id}).json()
            assert receipt["case"], receipt
        assert len(client.get("/api/cases", params={"limit": 1000}).json()) == ORDERS


def _scheduled(hub: HubProcess) -> int:
    return len(web().get(f"{hub.url}/api/cases", params={"state": "scheduled", "limit": 1000}).json())


def _every_sender_heard_each_thing_once(there: Partners, taken: Acknowledged) -> None:
    """Each order was acknowledged and scheduled, and nothing was said of it twice (a later gate may ask for more).

    A send that was under way at a kill is repeated under its own MSH-10, by which its receiver knows it again: no more
    than the sends that can be under way at once.
    """
    ids = Counter(confirmation.provider_id for confirmation in there.hl7.received)
    said = Counter(_said(text) for text in {heard.provider_id: heard.text for heard in there.hl7.received}.values())
    assert max(said.values()) == 1, said.most_common(3)
    for news in ("The order was received and has a case number.", "The service is scheduled."):
        assert {control_id for control_id, first in said if first == news} == taken.control_ids
    assert ids.total() - len(ids) <= KILLS * UNDER_WAY, ids.most_common(3)
    assert len(set(there.desk.accepted)) >= len(taken.control_ids)


def _said(message: str) -> tuple[str, str]:
    """Return what an HL7 v2 response answers (MSA-2) and its first sentence (NTE-3)."""
    fields = {line[:5]: line.split("|") for line in message.split("\r") if line.startswith(("MSA|A", "NTE|1"))}
    return fields["MSA|A"][2], fields["NTE|1"][3]
