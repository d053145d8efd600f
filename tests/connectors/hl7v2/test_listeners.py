"""Listeners of their own for partners: port, TLS, who may come in, what is taken and how it is read and answered."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest

from connectors.hl7v2 import CONNECTOR, Hl7v2Settings
from connectors.hl7v2.doors import doors_of
from doorstep.connector import Listen
from doorstep.errors import SettingsError
from doorstep.registry import connector_settings
from tests.connectors.hl7v2.wire import Sender, framed, listening, order, sending
from tests.connectors.memory_hub import MemoryHub


def client(certificates: Path, name: str = "") -> ssl.SSLContext:
    """Return the context of a client that knows our CA and shows this certificate."""
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    if name:
        context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


def secured(certificates: Path, **more: Any) -> dict[str, Any]:
    return {
        "port": 0,
        "tls_cert": str(certificates / "hub.pem"),
        "tls_key": str(certificates / "hub.key"),
        **more,
    }


async def taken(sender: Sender, control_id: str, **fields: Any) -> tuple[str, str, str]:
    await sender.send(framed(order(control_id, **fields)))
    return await sender.ack()


async def turned_away(server: Any, listener: str, tls: ssl.SSLContext | None = None) -> bool:
    """Return whether a sender gets no answer but a closed connection."""
    try:
        async with sending(server, listener, tls) as sender:
            await sender.send(framed(order("AWAY")))
            return await sender.closed()
    except (ConnectionError, ssl.SSLError):
        return True


async def test_each_listener_takes_messages_and_is_known_by_its_name() -> None:
    hub = MemoryHub()
    listeners = {
        "lab": {"port": 0},
        "plan": {"port": 0, "default_payer": "Humana", "member_id_assigner": "HUM", "tenant": "h"},
    }
    async with listening(hub, listeners=listeners) as server:
        for name in ("", "lab", "plan"):
            async with sending(server, name) as sender:
                assert await taken(sender, f"ID-{name}") == ("AA", f"ID-{name}", "")
    default, lab, plan = hub.received
    assert "listener" not in default.details
    assert lab.details["listener"] == "lab"
    assert plan.details["listener"] == "plan"
    assert (lab.tenant, plan.tenant) == (None, "h")
    assert (plan.details["default_payer"], plan.details["member_id_assigner"]) == ("Humana", "HUM")


async def test_a_listener_with_its_own_certificate_speaks_tls_and_the_default_one_stays_plain(
    certificates: Path,
) -> None:
    hub = MemoryHub()
    async with listening(hub, listeners={"secure": secured(certificates)}) as server:
        async with sending(server, "secure", client(certificates)) as sender:
            assert await taken(sender, "T1") == ("AA", "T1", "")
        async with sending(server) as sender:
            assert await taken(sender, "P1") == ("AA", "P1", "")
        assert await turned_away(server, "secure")


async def test_a_client_certificate_of_the_partners_ca_is_asked_for_and_its_name_may_be(certificates: Path) -> None:
    hub = MemoryHub()
    mutual = secured(certificates, tls_client_ca=str(certificates / "ca.pem"))
    listeners = {"mutual": mutual, "named": {**mutual, "allowed_subjects": ["client"]}}
    async with listening(hub, listeners=listeners) as server:
        async with sending(server, "mutual", client(certificates, "other")) as sender:
            assert await taken(sender, "M1") == ("AA", "M1", "")
        async with sending(server, "named", client(certificates, "client")) as sender:
            assert await taken(sender, "N1") == ("AA", "N1", "")
        assert await turned_away(server, "mutual", client(certificates))
        assert await turned_away(server, "mutual", client(certificates, "stranger"))
        assert await turned_away(server, "named", client(certificates, "other"))
    assert [t.control_id for t in hub.received] == ["M1", "N1"]


async def test_only_the_networks_that_were_agreed_may_connect() -> None:
    hub = MemoryHub()
    listeners = {
        "here": {"port": 0, "allowed_peers": ["10.0.0.0/8", "127.0.0.1"]},
        "elsewhere": {"port": 0, "allowed_peers": ["10.0.0.0/8"]},
    }
    async with listening(hub, listeners=listeners) as server:
        async with sending(server, "here") as sender:
            assert await taken(sender, "H1") == ("AA", "H1", "")
        assert await turned_away(server, "elsewhere")
    assert [t.control_id for t in hub.received] == ["H1"]


async def test_types_and_processing_ids_are_agreed_for_each_listener() -> None:
    hub = MemoryHub()
    listeners = {"training": {"port": 0, "processing_ids": ["T"], "message_types": ["OML", "ORM^O01"]}}
    async with listening(hub, listeners=listeners, message_types=["OMG"]) as server:
        async with sending(server, "training") as sender:
            assert await taken(sender, "T1", mode="T") == ("AA", "T1", "")
            assert await taken(sender, "T2", mode="P") == ("AR", "T2", "202")
            assert await taken(sender, "T3", mode="T", kind="OMG^O19") == ("AR", "T3", "200")
        async with sending(server) as sender:
            assert await taken(sender, "D1") == ("AR", "D1", "200")
            assert await taken(sender, "D2", kind="OMG^O19") == ("AA", "D2", "")


async def test_a_listener_starts_from_the_terms_of_the_default_one() -> None:
    settings = Hl7v2Settings(time_zone="America/Denver", only_aa=True, listeners={"a": {"port": 0, "only_aa": False}})  # type: ignore[dict-item]
    assert (settings.listeners["a"].time_zone, settings.listeners["a"].only_aa) == ("America/Denver", False)


async def test_a_partner_that_knows_only_aa_gets_aa_whatever_its_header_asks() -> None:
    async with listening(MemoryHub(), only_aa=True) as server, sending(server) as sender:
        assert await taken(sender, "A1", accept="AL|AL") == ("AA", "A1", "")
        assert await taken(sender, "A2", accept="NE|NE", kind="DFT^P03") == ("AR", "A2", "200")
        assert await sender.silent()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"listeners": {"Bad Name": {"port": 0}}}, "small letters"),
        ({"listeners": {"a": {}}}, "listeners.a.port"),
        ({"listeners": {"a": {"port": 0, "color": "red"}}}, "listeners.a.color"),
        ({"allowed_peers": ["10.0.0.300"]}, "allowed_peers"),
        ({"listeners": {"a": {"port": 0, "time_zone": "Mars/Olympus"}}}, "tz database"),
        ({"charset": "EBCDIC"}, "character set"),
        ({"message_types": ["ORMO01"]}, "message types"),
        ({"partners": {"A|B": {"address": "nohost"}}}, "host:port"),
    ],
)
def test_a_setting_that_makes_no_sense_is_told_at_start(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        connector_settings(CONNECTOR, settings)


@pytest.mark.parametrize(
    ("listener", "words"),
    [
        ({"host": "0.0.0.0"}, "reachable from other machines"),
        ({"host": "0.0.0.0", "plain": True}, "reachable from other machines"),
        ({"allowed_subjects": ["client"]}, "client CA"),
        ({"tls_client_ca": "/nowhere/ca.pem"}, "needs tls_cert"),
        ({"tls_cert": "/nowhere/hub.pem", "tls_key": "/nowhere/hub.key"}, "No such file"),
    ],
)
def test_a_listener_that_would_stand_open_is_not_opened(listener: dict[str, Any], words: str) -> None:
    settings = connector_settings(CONNECTOR, {"listeners": {"a": {"port": 0, **listener}}})
    assert isinstance(settings, Hl7v2Settings)
    with pytest.raises(SettingsError, match=words):
        doors_of(settings, Listen("127.0.0.1", 0))


def test_an_open_listener_is_allowed_with_client_certificates_or_in_a_trusted_network(certificates: Path) -> None:
    mutual = secured(certificates, host="0.0.0.0", tls_client_ca=str(certificates / "ca.pem"))
    settings = connector_settings(CONNECTOR, {"listeners": {"a": mutual}})
    assert isinstance(settings, Hl7v2Settings)
    assert len(doors_of(settings, Listen("127.0.0.1", 0))) == 2
    plain = connector_settings(CONNECTOR, {"listeners": {"a": {"port": 0, "host": "0.0.0.0"}}})
    assert isinstance(plain, Hl7v2Settings)
    assert len(doors_of(plain, Listen("127.0.0.1", 0, trusted=True))) == 2


async def test_a_tls_client_that_never_shakes_hands_keeps_nobody_out(certificates: Path) -> None:
    hub = MemoryHub()
    async with listening(hub, listeners={"secure": secured(certificates)}) as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.ports["secure"]) for _ in range(20)]
        async with sending(server, "secure", client(certificates)) as sender:
            assert await taken(sender, "T1") == ("AA", "T1", "")
        for _, writer in idle:
            writer.close()
