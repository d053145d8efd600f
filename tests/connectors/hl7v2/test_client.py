"""Sending responses: the acknowledgement must be for our message, and each outcome has its consequence."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.hl7v2 import CONNECTOR, Hl7v2Settings
from doorstep.connector import Delivery, Sent
from doorstep.errors import HubError, Refused, Unavailable
from schemas.case import CaseManager
from schemas.hl7v2 import control_id_of, enclosed_of, header_of, split
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo
from tests.connectors.hl7v2.wire import framed, listening, order, partner, sending
from tests.connectors.memory_hub import MemoryHub


def confirmation(number: int = 1, kind: ConfirmationKind = ConfirmationKind.ACKNOWLEDGED) -> ConfirmationRequested:
    context = {"control_id": "ID1", "message_type": "OML^O21", "version": "2.5.1", "placer_number": "P1"}
    return ConfirmationRequested(
        confirmation_id=f"confirmation-{number}",
        kind=kind,
        recipient=ReplyTo(channel="hl7v2", address="APP|FAC", context=context),
        case_id="DS-000123-7",
        document_id="doc",
        reference="DS-000123-7",
        manager=CaseManager(name="Nora Neil", extension="4411"),
    )


def ack(message: bytes, code: str, control_id: str | None = None) -> bytes:
    name = control_id or header_of(message).control_id
    return framed(f"MSH|^~\\&|APP|FAC|DOORSTEP|HUB|2026||ACK|1|P|2.5.1\rMSA|{code}|{name}\r".encode())


async def deliver(target: str | dict[str, Any], wanted: ConfirmationRequested | None = None, **settings: Any) -> Sent:
    assert CONNECTOR.send is not None
    values = Hl7v2Settings(partners={"APP|FAC": target} if target else {}, **settings)
    hub = MemoryHub()
    hub.packets["DS-000123-7"] = b"%PDF-1.7 the record"
    return await CONNECTOR.send(values, hub, Delivery(wanted or confirmation(), 1))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("AA", None),
        ("CA", None),
        ("AE", Unavailable),
        ("CE", Unavailable),
        ("AR", Refused),
        ("CR", Refused),
        ("??", Unavailable),
    ],
)
async def test_the_acknowledgement_code_decides(code: str, outcome: type[HubError] | None) -> None:
    async with partner(lambda m: [ack(m, code)]) as (target, got):
        if outcome is None:
            assert await deliver(target) == Sent(code, control_id_of("confirmation-1"))
        else:
            with pytest.raises(outcome):
                await deliver(target)
    assert header_of(got[0]).message_type == "ORL^O22"


async def test_an_acknowledgement_for_another_message_is_not_ours() -> None:
    stale: Callable[[bytes], list[bytes]] = lambda m: [b"noise", ack(m, "AR", "STALE"), framed(b"junk"), ack(m, "AA")]  # noqa: E731
    async with partner(stale) as (target, _):
        assert (await deliver(target)).provider_status == "AA"
    async with partner(lambda m: [ack(m, "AA", "STALE")]) as (target, _):
        with pytest.raises(Unavailable):
            await deliver(target, answer_timeout=0.2)


async def test_no_answer_in_time_is_tried_again_with_the_same_id() -> None:
    async with partner(lambda m: [ack(m, "AA")], delay=0.4) as (target, got):
        with pytest.raises(Unavailable):
            await deliver(target, answer_timeout=0.1)
        assert (await deliver(target, answer_timeout=5)).provider_status == "AA"
    assert header_of(got[0]).control_id == header_of(got[1]).control_id


async def test_a_partner_that_hangs_up_or_is_away_is_tried_later() -> None:
    async with partner(lambda m: []) as (target, _):
        with pytest.raises(Unavailable):
            await deliver(target)
    with pytest.raises(Unavailable):
        await deliver(target)


async def test_an_acknowledgement_that_comes_in_pieces_is_read() -> None:
    async with partner(lambda m: [bytes([b]) for b in ack(m, "AA")]) as (target, _):
        assert (await deliver(target)).provider_status == "AA"


async def test_an_unknown_partner_is_refused_with_the_setting_to_set() -> None:
    with pytest.raises(Refused, match=r"connectors\.hl7v2\.partners"):
        await deliver("")


async def test_the_default_partner_stands_in() -> None:
    async with partner(lambda m: [ack(m, "AA")]) as (target, got):
        await deliver("", default_partner=target)
    assert len(got) == 1


async def test_an_offer_has_no_hl7_form() -> None:
    async with partner(lambda m: [ack(m, "AA")]) as (target, got):
        with pytest.raises(Refused):
            await deliver(target, confirmation(kind=ConfirmationKind.OFFER))
    assert got == []


async def test_each_partner_has_its_own_queue() -> None:
    assert CONNECTOR.destination is not None
    settings = Hl7v2Settings(partners={"APP|FAC": "10.0.0.5:2575"})
    assert CONNECTOR.destination(settings, confirmation()) == "hl7v2:10.0.0.5:2575"
    assert CONNECTOR.destination(Hl7v2Settings(), confirmation()) == "hl7v2:APP|FAC"


@pytest.mark.parametrize("target", ["nohost", "host:", ":2575", "host:70000", "host:x"])
def test_a_partner_address_that_is_none_is_a_settings_error(target: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        Hl7v2Settings(partners={"APP|FAC": target})


async def test_check_tells_which_partner_answers() -> None:
    assert CONNECTOR.check is not None
    async with partner(lambda m: []) as (target, _):
        settings = Hl7v2Settings(partners={"A|B": target, "C|D": "127.0.0.1:1"}, connect_timeout=1)
        found = [line async for line in CONNECTOR.check(settings)]
    assert [(what, ok) for what, ok, _ in found] == [("hl7v2 partner A|B", True), ("hl7v2 partner C|D", False)]
    assert "127.0.0.1:1" in found[1][2]


async def test_our_own_listener_recognises_a_response_and_lets_it_pass() -> None:
    hub = MemoryHub()
    async with listening(hub) as server:
        with pytest.raises(Unavailable):
            await deliver(f"127.0.0.1:{server.port}", answer_timeout=0.3)
        async with sending(server) as sender:
            await sender.send(framed(order()))
            assert (await sender.ack())[0] == "AA"
    assert len(hub.received) == 1
    await asyncio.sleep(0)


def listening_with(certificates: Path, *, mutual: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "hub.pem", certificates / "hub.key")
    if mutual:
        context.load_verify_locations(certificates / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_a_partner_that_wants_tls_gets_our_certificate_and_must_show_one_that_we_trust(
    certificates: Path,
) -> None:
    ours = {"tls_cert": str(certificates / "client.pem"), "tls_key": str(certificates / "client.key")}
    async with partner(lambda m: [ack(m, "AA")], tls=listening_with(certificates, mutual=True)) as (target, got):
        known = {"address": target, "tls": True, "tls_ca": str(certificates / "ca.pem")}
        assert (await deliver({**known, **ours})).provider_status == "AA"
        for wrong in (known, {**known, **ours, "tls_ca": str(certificates / "other-ca.pem")}, {"address": target}):
            with pytest.raises(Unavailable):
                await deliver(wrong, answer_timeout=2)
    assert len(got) == 1


async def test_a_partner_that_files_documents_gets_the_same_as_a_pdf_with_the_same_id_each_time() -> None:
    async with partner(lambda m: [ack(m, "AA")]) as (target, got):
        for _ in "ab":
            await deliver({"address": target, "answer": "document"})
    first, again = got
    assert header_of(first).message_type == "MDM^T02"
    assert header_of(first).control_id == header_of(again).control_id == control_id_of("confirmation-1")
    (document,), problems = enclosed_of(first)
    assert document.data.startswith(b"%PDF-")
    assert problems == ()
    assert enclosed_of(again)[0] == (document,)
    txa = next(s for s in split(first).segments() if s.name == "TXA")
    assert (txa.get(14), txa.get(15)) == ("P1", "DS-000123-7")
    assert b"Doe" not in first


async def test_the_record_of_a_completed_case_goes_along_where_the_partner_wants_it() -> None:
    wanted = {"answer": "document", "packet": True}
    done = confirmation(kind=ConfirmationKind.COMPLETED)
    async with partner(lambda m: [ack(m, "AA")]) as (target, got):
        await deliver({"address": target, **wanted}, done)
        await deliver({"address": target, **wanted})
        await deliver({"address": target, "answer": "document"}, done)
    assert [len(enclosed_of(message)[0]) for message in got] == [2, 1, 1]
    assert enclosed_of(got[0])[0][1].data == b"%PDF-1.7 the record"


async def test_a_partner_that_takes_order_status_updates_gets_these() -> None:
    async with partner(lambda m: [ack(m, "AA")]) as (target, got):
        await deliver({"address": target, "answer": "status"})
    (told,) = got
    assert header_of(told).message_type == "OSU^O51"
    orc = next(s for s in split(told).segments() if s.name == "ORC")
    assert (orc.get(2), orc.get(3), orc.get(5)) == ("P1", "DS-000123-7", "IP")
    assert b"extension 4411" in told


async def test_check_tells_a_partner_whose_certificate_is_not_trusted(certificates: Path) -> None:
    assert CONNECTOR.check is not None
    async with partner(lambda m: [], tls=listening_with(certificates)) as (target, _):
        known = {"address": target, "tls": True, "tls_ca": str(certificates / "other-ca.pem")}
        settings = Hl7v2Settings(partners={"A|B": known}, connect_timeout=30)
        ((_, ok, advice),) = [line async for line in CONNECTOR.check(settings)]
    assert not ok
    assert "not trusted" in advice
