"""Other people's software: HAPI's MLLP client and python-hl7's mllp_send send, HAPI's parser reads our ACKs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.hl7v2 import AckError, acknowledgement, document_of, header_of, response_of, update_of
from schemas.outbound import ConfirmationKind, ConfirmationRequested
from schemas.transmission import ReplyTo
from tests.connectors.hl7v2.wire import listening, order, read_ack
from tests.connectors.memory_hub import MemoryHub
from tests.services.hapi import HapiParser, HapiSender

AT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
ANSWERED = {
    "ORM^O01": "2.3 2.3.1 2.4 2.5 2.5.1 2.6",
    "OML^O21": "2.4 2.5 2.5.1 2.6 2.7 2.8",
    "OMG^O19": "2.4 2.5 2.5.1 2.6 2.7 2.8",
    "OMP^O09": "2.4 2.5 2.5.1 2.6 2.7 2.8",
    "RDE^O11": "2.4 2.5 2.5.1 2.6 2.7 2.8",
    "RDE^O01": "2.3.1",
    "OMS^O05": "2.4 2.5 2.5.1 2.6 2.7 2.8",
    "OMS^O01": "2.3.1",
    "OMN^O07": "2.4 2.5 2.5.1 2.6 2.7 2.8",
    "REF^I12": "2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.8",
}
"""Message that gets a response -> the versions whose structures HAPI knows for it."""
VERSIONS = ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"]


def confirmation(kind: ConfirmationKind, context: dict[str, str], **more: Any) -> ConfirmationRequested:
    return ConfirmationRequested(
        confirmation_id="c1",
        kind=kind,
        recipient=ReplyTo(channel="hl7v2", address="A|B", context=context),
        case_id="DS-000001-8",
        document_id="d1",
        reference="DS-000001-8",
        **more,
    )


@pytest.mark.hapi
async def test_hapi_sends_several_orders_over_one_connection(hapi_ready: None) -> None:
    hub = MemoryHub()
    async with listening(hub) as server:
        sender = await asyncio.to_thread(HapiSender, server.port)
        try:
            for number in range(3):
                reply = await asyncio.to_thread(sender.send, order(f"H{number}"))
                assert read_ack(reply.encode())[:2] == ("AA", f"H{number}")
            refused = await asyncio.to_thread(sender.send, order("H9", kind="DFT^P03"))
            assert read_ack(refused.encode())[:2] == ("AR", "H9")
        finally:
            sender.close()
    assert [receipt.control_id for receipt in hub.received if not receipt.rejected] == ["H0", "H1", "H2"]


async def test_python_hl7_sends_a_file_with_mllp_send(tmp_path: Path) -> None:
    hub = MemoryHub()
    (tmp_path / "order.hl7").write_bytes(order("P1"))
    async with listening(hub) as server:
        program = Path(sys.executable).with_name("mllp_send")
        argv = [program, "--loose", "--file", tmp_path / "order.hl7", "--port", str(server.port), "127.0.0.1"]
        done = await asyncio.to_thread(subprocess.run, argv, capture_output=True, timeout=30, check=True)
    assert b"MSA|AA|P1" in done.stdout
    assert len(hub.received) == 1


@pytest.mark.hapi
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("error", [None, AckError("101", "PID-3.1", "a member & its id are missing")])
def test_our_acknowledgements_are_strictly_valid_in_every_version(
    hapi_parser: HapiParser, version: str, error: AckError | None
) -> None:
    header = header_of(order("A1", version=version))
    ack = acknowledgement(header, "AR" if error else "AA", at=AT, error=error)
    # HAPI's tables call ERR-1 of 2.1 an ID; the components are those that 2.2 spells out
    known = {"ERR-1 has more components than ID"} if version == "2.1" else set()
    assert set(hapi_parser.faults(ack)) <= known


@pytest.mark.hapi
def test_hapi_strict_sees_what_is_wrong(hapi_parser: HapiParser) -> None:
    good = b"MSH|^~\\&|A|B|C|D|20261120083000||ACK^O01^ACK|1|P|2.5.1\rMSA|AA|2\r"
    assert hapi_parser.faults(good) == []
    assert hapi_parser.faults(good.replace(b"MSA|AA|2\r", b"")) == ["ACK: MSA is required"]
    assert hapi_parser.faults(good + b"MSA|AA|3\r") == ["ACK: MSA2 does not belong here"]
    assert hapi_parser.faults(good + b"NTE|1\r") == ["ACK: NTE does not belong here"]
    assert hapi_parser.faults(good + b"ZDS|1\r") == []
    assert hapi_parser.faults(good.replace(b"|AA|", b"||")) == ["MSA-1 is required"]
    assert hapi_parser.faults(good.replace(b"20261120083000", b"yesterday"))
    assert hapi_parser.faults(good.replace(b"|P|", b"|P^^^^X|")) == ["MSH-11 has more components than PT"]


@pytest.mark.hapi
@pytest.mark.parametrize("version", ["2.3", "2.5.1", "2.7"])
@pytest.mark.parametrize("kind", ["MDM^T02", "ORU^R01"])
def test_the_status_to_the_sender_of_a_document_is_strictly_valid(
    hapi_parser: HapiParser, kind: str, version: str
) -> None:
    told = ConfirmationRequested(
        confirmation_id="c1",
        kind=ConfirmationKind.SCHEDULED,
        recipient=ReplyTo(channel="hl7v2", address="A|B", context={"message_type": kind, "version": version}),
        case_id="DS-000001-8",
        document_id="d1",
        reference="DS-000001-8",
        provider_name="Buckeye Home Medical",
        scheduled_start=AT,
    )
    sent = response_of(told, at=AT)
    assert b"|ORU^R01" in sent
    assert b"Buckeye Home Medical" in sent
    assert hapi_parser.faults(sent) == []


@pytest.mark.hapi
@pytest.mark.parametrize(
    ("kind", "version"), [(kind, version) for kind, versions in ANSWERED.items() for version in versions.split()]
)
@pytest.mark.parametrize("told", [ConfirmationKind.INFORMATION_REQUESTED, ConfirmationKind.SCHEDULED])
def test_every_response_is_strictly_valid_in_the_senders_version(
    hapi_parser: HapiParser, kind: str, version: str, told: ConfirmationKind
) -> None:
    scheduled = told is ConfirmationKind.SCHEDULED
    context = {"message_type": kind, "version": version, "control_id": "C1", "placer_number": "P1"}
    asked = confirmation(
        told,
        context,
        asks=("The number of the member's plan is missing.",),
        provider_name="Buckeye Home Medical" if scheduled else None,
        scheduled_start=AT if scheduled else None,
    )
    assert hapi_parser.faults(response_of(asked, at=AT)) == []


@pytest.mark.hapi
@pytest.mark.parametrize("version", ["2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_the_document_that_a_partner_gets_is_strictly_valid(hapi_parser: HapiParser, version: str) -> None:
    context = {"message_type": "ORM^O01", "version": version, "control_id": "C1", "placer_number": "P1"}
    told = confirmation(ConfirmationKind.SCHEDULED, context, scheduled_start=AT)
    assert hapi_parser.faults(document_of(told, b"%PDF-1.7 letter", at=AT)) == []


@pytest.mark.hapi
@pytest.mark.parametrize("told", [ConfirmationKind.INFORMATION_REQUESTED, ConfirmationKind.CANCELLED])
def test_an_order_status_update_is_strictly_valid(hapi_parser: HapiParser, told: ConfirmationKind) -> None:
    context = {"message_type": "REF^I12", "version": "2.8", "control_id": "C1", "placer_number": "P1"}
    asked = confirmation(told, context, asks=("The number of the member's plan is missing.",))
    sent = update_of(asked, at=AT)
    assert b"|OSU^O51^OSU_O51|" in sent
    # HAPI's 2.8 has the same structure under the number that the ballot had given it.
    assert hapi_parser.faults(sent.replace(b"OSU^O51^OSU_O51", b"OSU^O41^OSU_O41")) == []
