"""A partner's own listener on a real hub: its port in the ready file, its terms in what became of the message."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from doorstep.demo.process import HubProcess
from tests.journeys.road import eventually, web
from tests.services.zygote import popen

pytestmark = pytest.mark.slow

ORDER = (
    "MSH|^~\\&|PLAN|CARE|DOORSTEP|HUB|20261120083000||ORM^O01|L1|P|2.5.1\r"
    "PID|1||M1^^^CARE^MR~H777^^^HUM^MB||Doe^Jane^^^^^L||19500102|F|||1 Main St^^Dayton^OH^45402^USA^H||9375550100\r"
    "ORC|NW|P1|||||||20261118|||1234567893^Smith^Ann^^^^^^^^^^NPI\rOBR|1|P1||E1390^Oxygen^HCPCS\r"
)


def sent(port: int, message: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(b"\x0b" + message.encode() + b"\x1c\r")
        data = b""
        while not data.endswith(b"\x1c\r"):
            data += link.recv(65536)
    return data.decode()


def test_an_order_on_a_plans_own_listener_is_one_of_that_plan(tmp_path: Path) -> None:
    listeners = {"plan": {"port": 0, "default_payer": "Humana", "member_id_assigner": "HUM"}}
    hub = HubProcess(
        tmp_path / "hub", {"DOORSTEP_CONNECTORS__HL7V2__LISTENERS": json.dumps(listeners)}, popen=popen
    ).start()
    try:
        ports = json.loads((tmp_path / "hub" / "ready-all.json").read_text())
        assert "MSA|AA|L1" in sent(ports["mllp.plan"], ORDER)
        assert "MSA|AA|L1" in sent(ports["mllp"], ORDER)  # the same message is the same, wherever it comes in
        (case,) = eventually(lambda: web().get(f"{hub.url}/api/cases").json(), within=20, what="a case")
        order = web().get(f"{hub.url}/api/cases/{case['case']}").json()["detail"]["order"]
        (coverage,) = order["coverage"]
        assert (coverage["payer"], coverage["member_id"]) == ("Humana", "H777")
    finally:
        assert hub.stop() == 0
