"""How notifications prove themselves; every comparison takes the same time whatever is wrong."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import TYPE_CHECKING

from connectors.fax.gateways.port import Unauthorized, WebhookRequest
from connectors.fax.gateways.spec import Webhook
from doorstep.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EARLY = {"basic", "secret"}
"""Checks that need no body: made before one byte of it is read."""


class Verifier:
    """One gateway's check with its keys; a missing key is told at start, so that nothing ever stands open."""

    def __init__(self, name: str, rule: Webhook, *, user: str, secret: str, public_key: str, tolerance: float) -> None:
        self.rule = rule
        self._user, self._secret, self._tolerance = user, secret, tolerance
        self._public_key = _ed25519(name, public_key) if rule.check == "ed25519" else None
        where = f"connectors.fax.gateways.{name}"
        if rule.check != "ed25519" and len(secret) < 16:
            raise SettingsError("bad-setting", f"{where}.webhook_secret must be set, with at least 16 characters")
        if rule.check == "basic" and not user:
            raise SettingsError("bad-setting", f"{where}.webhook_user must be set")

    @property
    def early(self) -> bool:
        return self.rule.check in EARLY

    def __call__(self, request: WebhookRequest) -> None:
        """Raise Unauthorized unless the request proves itself."""
        check = {
            "basic": self._basic,
            "secret": self._in_path,
            "hmac-sha256": self._hmac,
            "phaxio": self._phaxio,
            "ed25519": self._signed,
        }[self.rule.check]
        if not check(request):
            raise Unauthorized("not-authentic", "the notification does not prove that the gateway sent it")

    def _basic(self, request: WebhookRequest) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            decoded = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        same = hmac.compare_digest(decoded, f"{self._user}:{self._secret}".encode())
        return scheme.lower() == "basic" and same

    def _in_path(self, request: WebhookRequest) -> bool:
        return hmac.compare_digest(request.secret.encode("utf-8", "replace"), self._secret.encode())

    def _hmac(self, request: WebhookRequest) -> bool:
        given = request.headers.get(self.rule.header.lower(), "").strip().removeprefix("sha256=")
        digest = hmac.new(self._secret.encode(), request.body, hashlib.sha256).digest()
        in_hex = hmac.compare_digest(given.lower().encode("utf-8", "replace"), digest.hex().encode())
        in_base64 = hmac.compare_digest(given.encode("utf-8", "replace"), base64.b64encode(digest))
        return in_hex or in_base64

    def _phaxio(self, request: WebhookRequest) -> bool:
        """HMAC-SHA1 over the URL, the fields by name, and the files by name with their SHA-1."""
        said = request.url
        for name, value in sorted(request.form.fields):
            said += f"{name}{value}"
        for name, data in sorted(request.form.files):
            said += f"{name}{hashlib.sha1(data).hexdigest()}"  # noqa: S324 - the vendor's own signature
        digest = hmac.new(self._secret.encode(), said.encode("utf-8", "surrogatepass"), hashlib.sha1).hexdigest()
        given = request.headers.get(self.rule.header.lower(), "").strip().lower()
        return hmac.compare_digest(given.encode("utf-8", "replace"), digest.encode())

    def _signed(self, request: WebhookRequest) -> bool:
        """Ed25519 over `timestamp|body`; an old signature is a replay."""
        stamp = request.headers.get(self.rule.timestamp_header.lower(), "").strip()
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
            return False
        if abs(time.time() - int(stamp)) > self._tolerance:
            return False
        from cryptography.exceptions import InvalidSignature

        try:
            given = base64.b64decode(request.headers.get(self.rule.header.lower(), ""), validate=True)
            assert self._public_key is not None
            self._public_key.verify(given, stamp.encode() + b"|" + request.body)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def _ed25519(name: str, public_key: str) -> Ed25519PublicKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise SettingsError("missing", "signed fax notifications need the package `cryptography`") from None
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except (binascii.Error, ValueError):
        raise SettingsError(
            "bad-setting", f"connectors.fax.gateways.{name}.public_key is not the base64 of an Ed25519 key"
        ) from None
