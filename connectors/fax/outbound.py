"""Answers by fax: renders the page once and hands it to HylaFAX's sendfax, or to a folder that others send from.

What was handed over is noted before and after, so that an attempt whose end nobody saw is looked up, not repeated.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from connectors.fax.framing import ten_digits
from connectors.fax.gateways import GenericFax, open_gateway
from connectors.fax.handing import hand_over, surely_not_sent
from connectors.fax.handover import Attempts, put_in_outbox
from connectors.fax.page import render
from connectors.fax.sendfax import SendFax
from connectors.fax.sends import BEGUN, Sends
from connectors.fax.settings import FaxSettings
from doorstep.clock import now
from doorstep.connector import Delivery, Hub, Sent
from doorstep.errors import Ambiguous, HubError, Refused, SettingsError, Unavailable
from schemas.outbound import ConfirmationRequested

HYLAFAX = "hylafax"
_LOOKUP_SECONDS = 600
"""HylaFAX clears done jobs away after 15 minutes: after that, no entry in its queue proves nothing."""


def job_tag(confirmation_id: str) -> str:
    """Return the confirmation's id as a job tag and file name; an id that would not do is replaced by its digest."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", confirmation_id):
        return confirmation_id
    return f"c-{hashlib.sha256(confirmation_id.encode()).hexdigest()[:32]}"


def destination(settings: FaxSettings, confirmation: ConfirmationRequested) -> str:  # noqa: ARG001
    """Name the queue: one for each number, so that a busy line holds up no other."""
    return ten_digits(confirmation.recipient.address) or "nowhere"


async def send(settings: FaxSettings, hub: Hub, delivery: Delivery) -> Sent:
    """Fax one confirmation, once."""
    confirmation = delivery.confirmation
    number = ten_digits(confirmation.recipient.address)
    if not number:
        raise Refused("no-fax-number", "no fax number to answer", detail=confirmation.confirmation_id)
    tag = job_tag(confirmation.confirmation_id)
    folder = hub.data_dir("fax")
    attempts = Attempts(folder / "attempts")
    gateway = way_of(settings, confirmation)
    try:
        if gateway:
            return await _to_gateway(settings, hub, gateway, folder, confirmation, tag, number)
        if settings.sendfax is None:
            return await asyncio.to_thread(_to_outbox, settings, folder, attempts, confirmation, tag, number)
        return await _to_hylafax(settings, settings.sendfax, folder, attempts, delivery, tag, number)
    except OSError as failed:
        raise Unavailable("fax-spool", "the fax spool cannot be written", detail=f"errno {failed.errno}") from failed


def way_of(settings: FaxSettings, confirmation: ConfirmationRequested) -> str:
    """Name the gateway that an answer leaves by: the one that the fax came by, else the default; empty = none."""
    came_by = confirmation.recipient.context
    if came_by.get("gateway") in settings.gateways:
        return came_by["gateway"]
    return "" if settings.sendfax and "commid" in came_by else settings.default_gateway


async def _to_gateway(
    settings: FaxSettings,
    hub: Hub,
    name: str,
    folder: Path,
    confirmation: ConfirmationRequested,
    tag: str,
    number: str,
) -> Sent:
    sends = await asyncio.to_thread(Sends, folder / "sends")
    known = await asyncio.to_thread(sends.look, tag)
    if known is not None and (known["state"] != BEGUN or known["tries"] > 1):
        return Sent("queued", known["provider_id"])  # it was handed over: the follower has it
    if known is None:
        page = await asyncio.to_thread(render, confirmation, settings, now())
        await asyncio.to_thread(sends.begin, tag, confirmation, name, number, page.pdf, page.pages)
    record = await asyncio.to_thread(sends.look, tag)
    assert record is not None
    gateway = open_gateway(settings, hub, record["way"])
    try:
        return Sent("queued", await hand_over(sends, gateway, record, fresh=known is None))
    except HubError as failed:
        if known is None and surely_not_sent(failed):
            await asyncio.to_thread(sends.forget, tag)
        raise
    finally:
        await gateway.close()


def _to_outbox(
    settings: FaxSettings, folder: Path, attempts: Attempts, confirmation: ConfirmationRequested, tag: str, number: str
) -> Sent:
    outbox = settings.outbox or folder / "outbox"
    sent = Sent("spooled", f"{tag}.pdf")
    if (outbox / f"{tag}.json").exists():
        return sent
    before = attempts.look(tag)
    if before is not None:
        if before.result:
            return sent
        raise Ambiguous(
            "fax-outbox",
            "an earlier attempt may have been sent from the outbox already",
            detail=confirmation.confirmation_id,
        )
    attempts.begin(tag)
    page = render(confirmation, settings, now())
    facts = {
        "number": number,
        "kind": confirmation.kind.value,
        "reference": confirmation.reference,
        "pages": page.pages,
        "sha256": hashlib.sha256(page.pdf).hexdigest(),
    }
    try:
        put_in_outbox(outbox, tag, page.pdf, facts)
    except OSError:
        attempts.forget(tag)  # the page was not offered: its facts come last
        raise
    attempts.end(tag, sent.provider_id)
    return sent


async def _to_hylafax(
    settings: FaxSettings, program: Path, folder: Path, attempts: Attempts, delivery: Delivery, tag: str, number: str
) -> Sent:
    sendfax = SendFax(program, settings.sendfax_host, folder / "hylafax", settings.sendfax_seconds)
    before = await asyncio.to_thread(attempts.look, tag)
    if before is not None and before.result:
        await asyncio.to_thread(_queued, settings, folder, attempts, tag, before.result)
        return Sent("queued", before.result)
    if before is not None or delivery.again:
        job = await sendfax.find(tag)
        if job is not None:
            await asyncio.to_thread(_queued, settings, folder, attempts, tag, job)
            return Sent("queued", job)
        if before is not None and before.age > _LOOKUP_SECONDS:
            raise Ambiguous("fax-outcome", "an earlier attempt may have been sent; HylaFAX no longer knows", detail=tag)
    await asyncio.to_thread(attempts.begin, tag)
    page = await asyncio.to_thread(render, delivery.confirmation, settings, now())
    sends = await asyncio.to_thread(Sends, folder / "sends")
    if follows_hylafax(settings):
        await asyncio.to_thread(sends.begin, tag, delivery.confirmation, HYLAFAX, number, page.pdf, page.pages)
    try:
        job = await sendfax.submit(tag, number, page.pdf, told=settings.hylafax_fates is not None)
    except Refused:
        if follows_hylafax(settings):
            await asyncio.to_thread(sends.forget, tag)
        raise
    await asyncio.to_thread(_queued, settings, folder, attempts, tag, job)
    return Sent("queued", job)


def _queued(settings: FaxSettings, folder: Path, attempts: Attempts, tag: str, job: str) -> None:
    if follows_hylafax(settings):
        sends = Sends(folder / "sends")
        record = sends.records.get(tag)
        if record is not None and record["state"] == BEGUN:
            sends.handed(record, job)
    attempts.end(tag, job)


def follows_hylafax(settings: FaxSettings) -> bool:
    """Say whether HylaFAX tells us what became of a job."""
    return settings.hylafax_fates is not None or settings.hylafax_log is not None


async def check(settings: FaxSettings) -> AsyncIterator[tuple[str, bool, str]]:
    """Say whether faxes can be taken and how answers leave."""
    if settings.inbox is None:
        yield "fax inbox", True, "fax/inbox in the data folder"
    else:
        there = settings.inbox.is_dir() and os.access(settings.inbox, os.R_OK | os.W_OK | os.X_OK)
        makeable = not settings.inbox.exists() and os.access(settings.inbox.parent, os.W_OK | os.X_OK)
        advice = (
            "ready" if there else "will be made" if makeable else "give the hub's user read and write on the folder"
        )
        yield "fax inbox", there or makeable, advice
    for name, own in settings.gateways.items():
        try:
            await GenericFax(name, own, "", max_bytes=settings.max_bytes).close()
        except SettingsError as wrong:
            yield f"fax gateway {name}", False, wrong.message
        else:
            yield f"fax gateway {name}", True, "its settings are whole; the gateway itself was not asked"
    if settings.default_gateway:
        yield "fax answers", True, f"by gateway {settings.default_gateway}, or the one that a fax came by"
        return
    if settings.sendfax is None:
        where = settings.outbox or "fax/outbox in the data folder"
        yield "fax answers", True, f"no sendfax is set: answers are written to {where} and something must send them"
        return
    if shutil.which(settings.sendfax) is None:
        yield (
            "fax answers",
            False,
            "connectors.fax.sendfax is not a program: install hylafax-client or correct the path",
        )
        return
    problem = await SendFax.reachable(settings.sendfax, settings.sendfax_host)
    yield "fax answers", problem is None, problem or "by HylaFAX's sendfax"
