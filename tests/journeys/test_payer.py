"""Orders that need their payer, over real HTTP: asked once whatever is killed, and from a denial to the doorstep."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.demo.process import HubProcess
from doorstep.demo.run import Partners, partners
from tests.doorstep.cli.running import doorstep
from tests.journeys.road import SAMPLES, eventually, own_ports, web
from tests.services.zygote import popen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ORDER = (SAMPLES / "fhir" / "authorization.json").read_text("utf-8")


@dataclass
class Road:
    there: Partners
    hub: HubProcess

    def order(self, member_id: str, status: str = "active") -> str:
        """Send an order of a member whom the payer treats as the first letters say; return its case."""
        identifier = f"order-of-{member_id}"
        bundle = json.loads(ORDER.replace("SHP204518", member_id))
        for entry in bundle["entry"]:
            if entry["resource"]["resourceType"] == "DeviceRequest":
                entry["resource"]["identifier"] = [{"system": "urn:test", "value": identifier}]
                entry["resource"]["status"] = status
        with httpx.Client(base_url=self.hub.url, timeout=20) as client:
            sent = client.post("/fhir", json=bundle, headers={"Content-Type": "application/fhir+json"})
            assert sent.status_code == 200, sent.text
            known = eventually(lambda: [c["case"] for c in client.get("/api/cases").json()], what="a case")
            return str(known[0])

    def case(self, case_id: str) -> dict[str, Any]:
        found: dict[str, Any] = web().get(f"{self.hub.url}/api/cases/{case_id}").json()
        return found

    def comes_to(self, case_id: str, state: str) -> dict[str, Any]:
        eventually(lambda: self.case(case_id)["state"] == state, what=f"{state}, not {self._story(case_id)}")
        return self.case(case_id)

    def says(self, case_id: str, command: str, **said: Any) -> None:
        body = {"command": command, "agent": "Marta Lindgren", **said}
        answer = web().post(f"{self.hub.url}/api/desk/cases/{case_id}", json=body)
        assert answer.status_code in {200, 202}, answer.text
        key = {"document_id": answer.json()["document_id"]}

        def receipt() -> Any:
            found = web().get(f"{self.hub.url}/api/receipts", params=key).json()
            return found and found[0]["state"] != "pending" and found[0]

        assert eventually(receipt, what="the word is taken")["state"] == "accepted"

    def _story(self, case_id: str) -> list[str]:
        return [step["says"] for step in self.case(case_id)["timeline"]][-5:]


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    with partners() as there:
        there.payer.slow_seconds = 2.0
        hub = HubProcess(tmp_path / "hub", there.settings(), ports=own_ports(), popen=popen).start()
        try:
            yield Road(there, hub)
        finally:
            hub.stop()


def test_a_payer_that_is_away_and_a_hub_that_is_killed_delay_but_submit_once(road: Road) -> None:
    payer = road.there.payer
    payer.broken = True
    case_id = road.order("SLO204518")
    eventually(lambda: payer.asked["x12"] >= 2, what="the hub tries again")
    assert road.case(case_id)["state"] == "benefits"
    payer.broken = False
    eventually(lambda: payer.asked["$submit"], what="the submission is under way")
    road.hub.kill()
    time.sleep(0.3)
    road.hub.start()
    case = road.comes_to(case_id, "scheduled")
    assert payer.asked["$submit"] >= 2
    assert len(payer.submitted) == 1
    assert case["detail"]["authorization"]["number"].startswith("AUTH")
    assert len([step for step in case["timeline"] if step["topic"] == "authorization.decided"]) == 1
    _cancelled_once(road, case_id)


def _cancelled_once(road: Road, case_id: str) -> None:
    """The payer has the cancellation before it, and the hub is killed before it hears of it."""
    payer = road.there.payer
    payer.slow_seconds, before = 1.0, payer.asked["$submit"]
    road.order("SLO204518", status="revoked")
    eventually(lambda: payer.asked["$submit"] > before, what="the cancellation is under way")
    road.hub.kill()
    road.hub.start()
    eventually(
        lambda: road.case(case_id)["detail"]["authorization"]["decision"] == "cancelled", what="the payer's word"
    )
    assert list(payer.cancelled.values()) == list(payer.submitted)
    told = [step["says"] for step in road.case(case_id)["timeline"]]
    assert told.count("the payer has cancelled the authorization") == 1


def test_from_a_denial_by_the_payer_to_the_doorstep(road: Road) -> None:
    case_id = road.order("DEN204518")
    case = road.comes_to(case_id, "denied")
    (denial,) = case["detail"]["denials"]
    assert denial["reasons"][0]["code"] == "0V"
    assert "800 555 0100" in denial["peer_contact"]
    now = datetime.now(UTC)
    road.says(
        case_id, "call", direction="out", with_whom="Dr. Osgood, peer review", at=now.isoformat(),
        reason="peer to peer", outcome="stands by it; file in writing",
    )  # fmt: skip
    eta = (now + timedelta(hours=3)).isoformat()
    road.says(case_id, "escalate", reason="discharge is near", committed_eta=eta, level=2)
    for item in case["detail"]["appeals"][0]["items"]:
        road.says(case_id, "appeal-item", item=item["item"], document_id=case["detail"]["document_ids"][0])
    road.says(case_id, "appeal", filed_at=now.isoformat(), filed_to="Sample Health Plan, appeals", reference="AP1")
    road.comes_to(case_id, "appealing")
    road.says(case_id, "appeal-decision", outcome="overturned", number="AUTH900001")
    case = road.comes_to(case_id, "scheduled")
    told = [step["says"] for step in case["timeline"]]
    assert any(text.startswith("call to Dr. Osgood") for text in told)
    assert any(text.startswith("escalated to level 2: Samuel Orchard") for text in told)
    assert any("the denial was overturned" in text for text in told)
    page = web().get(f"{road.hub.url}/cases/{case_id}")
    assert page.status_code == 200
    for text in ("AUTH900001", "stands by it; file in writing", "X12-886 0V", "Samuel Orchard"):
        assert text in page.text
    packet = road.hub.data_dir / "packet.pdf"
    _write_packet(road, case_id, packet)
    assert packet.read_bytes()[:5] == b"%PDF-"


def _write_packet(road: Road, case_id: str, path: Path) -> None:
    done = doorstep("packet", case_id, "-o", path, cwd=path.parent, data_dir=str(road.hub.data_dir))
    assert done.code == 0, done
