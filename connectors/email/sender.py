"""Sends one confirmation through the relay and says what became of it in our own errors."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import AsyncIterator

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from connectors.email.letter import compose, confirms_in_writing, message_id, offer_link, writing_of
from connectors.email.settings import EmailSettings, RelayTls
from doorstep.clock import now
from doorstep.connector import Delivery, Hub, Sent
from doorstep.errors import HubError, Refused, Unavailable
from doorstep.written import SECONDS, written
from schemas.outbound import ConfirmationKind, ConfirmationRequested

log = logging.getLogger("doorstep.connectors.email")
_NO_RELAY = "no mail relay is set: set connectors.email.relay_host (DOORSTEP_CONNECTORS__EMAIL__RELAY_HOST)"
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def destination(_settings: EmailSettings, confirmation: ConfirmationRequested) -> str:
    """Name the queue: one per recipient domain, so that a domain in trouble holds up no other."""
    return f"email:{confirmation.recipient.address.rpartition('@')[2].lower()}"


async def send(settings: EmailSettings, hub: Hub, delivery: Delivery) -> Sent:
    """Send one confirmation; a repeated attempt carries the same Message-ID."""
    confirmation = delivery.confirmation
    if not settings.relay_host:
        raise Refused("relay-missing", _NO_RELAY)
    link = ""
    over = {ConfirmationKind.CANCELLED, ConfirmationKind.RECALLED}
    if confirmation.kind not in over and confirmation.offer_id:  # only providers have one
        link = offer_link(hub.base_url(), confirmation.offer_id, hub.sign("offer", confirmation.offer_id))
    mail = compose(settings, confirmation, link=link, date=now(), pdf=await _writing(settings, hub, confirmation))
    relay = relay_of(settings)
    try:
        async with relay:
            # Not `send_message`: it would fold long Message-IDs into encoded words again.
            refused, _ = await relay.sendmail(settings.from_address, [confirmation.recipient.address], mail.as_bytes())
    except (SMTPException, OSError) as error:
        raise problem_of(error) from error
    if refused:
        raise Refused("relay-recipient", "the relay refused the recipient")
    return Sent(provider_status="250", provider_id=message_id(settings, confirmation))


async def _writing(settings: EmailSettings, hub: Hub, confirmation: ConfirmationRequested) -> bytes:
    """Return the written confirmation that goes with a mail; empty when none does, or it cannot be set."""
    if not confirms_in_writing(confirmation):
        return b""
    try:
        page: bytes = await hub.run(written, *writing_of(settings, confirmation), timeout=SECONDS)
    except Refused as failed:
        log.warning("a written confirmation could not be set: %s", failed.code)
        return b""
    return page


def relay_of(settings: EmailSettings) -> aiosmtplib.SMTP:
    """Return the client of the relay as the settings have it; certificates are verified."""
    encrypted = settings.relay_tls is not RelayTls.NONE
    return aiosmtplib.SMTP(
        hostname=settings.relay_host,
        port=settings.relay_port,
        use_tls=settings.relay_tls is RelayTls.TLS,
        start_tls=settings.relay_tls is RelayTls.STARTTLS,
        username=settings.relay_user or None,
        password=settings.relay_password.get_secret_value() if settings.relay_user else None,
        local_hostname=settings.hostname,
        timeout=settings.relay_seconds,
        tls_context=ssl.create_default_context() if encrypted else None,
    )


def problem_of(error: Exception) -> HubError:
    """Map what the client raised: 5xx will never work, everything else may work later.

    The relay's own words are left out, because they often quote the recipient.
    """
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        return problem_of(error.recipients[0])
    if isinstance(error, SMTPNotSupported):
        return Refused("relay-lacks", "the relay lacks what the mail or the settings need (TLS, login or SMTPUTF8)")
    if isinstance(error, SMTPAuthenticationError):
        return Unavailable("relay-login", "the relay refused the login: see relay_user and relay_password")
    if isinstance(error, SMTPResponseException):
        found = _ENHANCED.search(error.message)
        answer = f"{error.code} {found[0]}" if found else str(error.code)
        if 500 <= error.code < 600:
            return Refused(f"smtp-{error.code}", f"the relay refused the mail: {answer}")
        return Unavailable(f"smtp-{error.code}", f"the relay cannot take the mail now: {answer}")
    return Unavailable("relay-away", "the relay cannot be reached or broke off", detail=type(error).__name__)


async def check(settings: EmailSettings) -> AsyncIterator[tuple[str, bool, str]]:
    """Probe the relay: connect, encrypt and log in as a confirmation would."""
    if not settings.relay_host:
        yield "mail relay", False, _NO_RELAY
        return
    what = f"mail relay {settings.relay_host}:{settings.relay_port}"
    relay = relay_of(settings)
    try:
        async with relay:
            await relay.noop()
    except (SMTPException, OSError) as error:
        yield what, False, problem_of(error).message
    else:
        yield what, True, ""
