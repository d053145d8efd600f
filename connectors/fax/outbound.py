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
from connectors.fax.handover import Attempts, put_in_outbox
from connectors.fax.page import render
from connectors.fax.sendfax import SendFax
from connectors.fax.settings import FaxSettings
from doorstep.clock import now
from doorstep.connector import Delivery, Hub, Sent
from doorstep.errors import Ambiguous, Refused, Unavailable
from schemas.outbound import ConfirmationRequested

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
    try:
        if settings.sendfax is None:
            return await asyncio.to_thread(_to_outbox, settings, folder, attempts, confirmation, tag, number)
        return await _to_hylafax(settings, settings.sendfax, folder, attempts, delivery, tag, number)
    except OSError as failed:
        raise Unavailable("fax-spool", "the fax spool cannot be written", detail=f"errno {failed.errno}") from failed


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
        return Sent("queued", before.result)
    if before is not None or delivery.again:
        job = await sendfax.find(tag)
        if job is not None:
            await asyncio.to_thread(attempts.end, tag, job)
            return Sent("queued", job)
        if before is not None and before.age > _LOOKUP_SECONDS:
            raise Ambiguous("fax-outcome", "an earlier attempt may have been sent; HylaFAX no longer knows", detail=tag)
    await asyncio.to_thread(attempts.begin, tag)
    page = await asyncio.to_thread(render, delivery.confirmation, settings, now())
    job = await sendfax.submit(tag, number, page.pdf)
    await asyncio.to_thread(attempts.end, tag, job)
    return Sent("queued", job)


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
