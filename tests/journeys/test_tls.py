"""A hub that others can reach: TLS on every listener, a client certificate for MLLP, a key for HTTP."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from doorstep.demo.process import HubProcess
from tests.journeys.load import hl7_order
from tests.services.zygote import popen

pytestmark = pytest.mark.slow


@pytest.fixture
def hub(certificates: Path, tmp_path: Path) -> Iterator[HubProcess]:
    settings = {
        "DOORSTEP_HOST": "0.0.0.0",
        "DOORSTEP_TLS_CERT": str(certificates / "hub.pem"),
        "DOORSTEP_TLS_KEY": str(certificates / "hub.key"),
        "DOORSTEP_TLS_CLIENT_CA": str(certificates / "ca.pem"),
        "DOORSTEP_API_KEY": "a-key-for-tests",
        "DOORSTEP_ACCESS__CLIENTS": '{"north": {"certificates": ["CN:client"]}}',
    }
    process = HubProcess(tmp_path / "hub", settings, popen=popen).start()
    yield process
    assert process.stop() == 0


def trusting(certificates: Path, *, as_client: bool = False, name: str = "client") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    if as_client:
        context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


def test_every_listener_asks_for_what_it_should(hub: HubProcess, certificates: Path) -> None:
    https = f"https://127.0.0.1:{hub.ports['http']}"
    context = trusting(certificates)
    assert httpx.get(f"{https}/api/cases", verify=context).status_code == 401
    key = {"Authorization": "Bearer a-key-for-tests"}
    assert httpx.get(f"{https}/api/cases", verify=context, headers=key).json() == []
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{hub.ports['http']}/healthz")

    as_north = trusting(certificates, as_client=True)
    assert httpx.get(f"{https}/fhir/Patient", verify=context).status_code == 401
    assert httpx.get(f"{https}/fhir/Patient", verify=as_north).json()["total"] == 0
    assert httpx.get(f"{https}/api/events", verify=as_north).status_code == 403
    assert httpx.get(f"{https}/api/events", verify=as_north, headers=key).status_code == 200
    nobody = trusting(certificates, as_client=True, name="hub")
    assert httpx.get(f"{https}/fhir/Patient", verify=nobody).status_code == 401
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{https}/fhir/Patient", verify=trusting(certificates, as_client=True, name="stranger"))
    statement = httpx.get(f"{https}/fhir/metadata", verify=context).json()
    assert "certificate" in statement["rest"][0]["security"]["description"]

    assert b"MSA|AA|LOAD00001" in _mllp(hub, trusting(certificates, as_client=True))
    with pytest.raises((OSError, AssertionError)):
        _mllp(hub, trusting(certificates))

    with smtplib.SMTP("127.0.0.1", hub.ports["smtp"], timeout=20) as client:
        client.ehlo()
        assert client.mail("desk@practice.example")[0] == 530
        client.starttls(context=context)
        client.ehlo()
        assert client.mail("desk@practice.example")[0] == 250


def _mllp(hub: HubProcess, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection(("127.0.0.1", hub.ports["mllp"]), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as link,
    ):
        link.sendall(b"\x0b" + hl7_order(1) + b"\x1c\r")
        answer = link.recv(4096)
    assert answer, "closed without an answer"
    return answer
