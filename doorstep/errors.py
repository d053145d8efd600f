"""The one family of errors, with their consequences as data; each edge maps them to its protocol once.

HubError
+-- SettingsError   a setting is wrong or missing          exit 2
+-- Refused         will never work as it is               AR / 550 / 422, parked
|   +-- Forbidden, NotFound, Conflict, TooLarge, WrongType 403, 404, 409, 413, 415 over HTTP
+-- Unavailable     cannot now, try later                  AE / 451 / 503 + Retry-After, retried
+-- Ambiguous       sent, outcome unknown                  a person decides, never automatic
+-- Defect          ours                                   AE / 451 / 500, parked, logged with trace
"""

from __future__ import annotations

from typing import ClassVar


class HubError(Exception):
    """Base of all our errors.

    `code` is stable and machine-readable, `message` is safe to tell the sender (no person, no path),
    `detail` is for the operator (ids and sizes, never clinical data).
    """

    exit_code: ClassVar[int] = 1
    hl7_ack: ClassVar[str] = "AE"
    smtp_reply: ClassVar[str] = "451 4.3.0"
    http_status: ClassVar[int] = 500
    retry: ClassVar[bool] = False

    def __init__(self, code: str, message: str, *, detail: str = "", location: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.detail = detail
        self.location = location
        """Where in the input: a FHIRPath expression, `PID-3`, a MIME part number, a page; empty if nowhere."""


class SettingsError(HubError):
    exit_code = 2


class Refused(HubError):
    """The input or the send will never work as it is."""

    hl7_ack = "AR"
    smtp_reply = "550 5.6.0"
    http_status = 422


class Forbidden(Refused):
    """The caller may not do this (HTTP)."""

    http_status = 403


class NotFound(Refused):
    """There is no such thing (HTTP)."""

    http_status = 404


class Conflict(Refused):
    """What is there is not what the caller thinks (HTTP)."""

    http_status = 409


class PreconditionFailed(Refused):
    """It does not stand as the caller believes (If-Match, If-None-Match)."""

    http_status = 412


class TooLarge(Refused):
    """The body is over its cap (HTTP)."""

    http_status = 413


class WrongType(Refused):
    """The body's media type is not taken here (HTTP)."""

    http_status = 415


class Unavailable(HubError):
    """Something needed is away; the same thing may work later. `retry_after` is in seconds."""

    smtp_reply = "451 4.3.0"
    http_status = 503
    retry = True

    def __init__(
        self, code: str, message: str, *, detail: str = "", location: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(code, message, detail=detail, location=location)
        self.retry_after = retry_after


class Ambiguous(HubError):
    """It was sent and nobody knows whether it arrived; only a person may repeat it."""


class Defect(HubError):
    """Our own fault."""
