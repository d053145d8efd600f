"""A gateway made from its specification: all vendors go through here, none has code of its own."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping

from pydantic import JsonValue

from connectors.fax.fates import classify
from connectors.fax.framing import ten_digits
from connectors.fax.gateway_settings import GatewaySettings
from connectors.fax.gateways.client import Api, Reply, encoded
from connectors.fax.gateways.port import (
    BadNotice,
    FaxFile,
    GatewayAway,
    GatewayGone,
    GatewayRefused,
    Notice,
    Outgoing,
    Status,
    WebhookRequest,
)
from connectors.fax.gateways.spec import SentStatus, at, load, text_at
from connectors.fax.gateways.verify import Verifier
from doorstep.errors import Ambiguous, Refused
from schemas.outbound import FailureClass

_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._:@+=-]{1,200}")


class GenericFax:
    """One gateway as the settings and the specification make it."""

    def __init__(self, name: str, settings: GatewaySettings, callback: str, *, max_bytes: int) -> None:
        spec = load(settings.vendor or name, settings.spec)
        secret = settings.webhook_secret.get_secret_value()
        self.name, self.spec, self._max_bytes = name, spec, max_bytes
        self.callback = settings.public_url or callback
        if spec.webhook and spec.webhook.check == "secret":
            self.callback = f"{self.callback.rstrip('/')}/{secret}"
        number = ten_digits(settings.from_number)
        values = {
            "user": settings.user.get_secret_value(),
            "password": settings.password.get_secret_value(),
            "account": settings.account,
            "from_number": number,
            "from_e164": f"+1{number}" if number else "",
            "callback": self.callback if spec.webhook else "",
        }
        self._links = spec.received.link_hosts if settings.link_hosts is None else settings.link_hosts
        self.verifier = (
            Verifier(
                name,
                spec.webhook,
                user=settings.webhook_user,
                secret=secret,
                public_key=settings.public_key,
                tolerance=settings.tolerance_seconds,
            )
            if spec.webhook
            else None
        )
        self.api = Api(name, spec, settings.api_url or spec.api, values, seconds=settings.timeout_seconds)

    @property
    def body_limit(self) -> int:
        """How large a notification may be: room for the fax only where it comes along."""
        carries = self.spec.webhook is not None and (self.spec.webhook.file or self.spec.webhook.check == "phaxio")
        nested = self.spec.webhook is not None and self.spec.webhook.nested
        return self._max_bytes * 4 // 3 + 1_000_000 if carries or nested else 1_000_000

    def verify(self, request: WebhookRequest) -> None:
        if self.verifier is None:
            raise Refused("no-webhook", "this gateway has no notifications")
        self.verifier(request)

    def parse_inbound(self, request: WebhookRequest) -> Notice | None:
        rule = self.spec.webhook
        assert rule is not None
        if not rule.id:
            return Notice("", inbound=True)
        said = _facts_of(request, rule.nested)
        way = text_at(said, rule.direction).lower()
        inbound = way in rule.received or not rule.direction
        if not inbound and way not in rule.sent:
            return None
        fax_id = text_at(said, rule.id)
        if not _ID.fullmatch(fax_id):
            raise BadNotice("bad-notice", "the notification names no fax")
        if not inbound:
            known = self.spec.status
            told = _status(known, said) if known and known.call is None else None
            return Notice(fax_id, inbound=False, status=told)
        received = self.spec.received
        file = _attached(request, said, rule.file) if rule.file else None
        if received.call is None and received.file is None and file is None:
            raise BadNotice("bad-notice", "the notification carries no fax, and there is no API to ask for it")
        facts = {name: text_at(said, path) for name, path in received.facts.items()}
        return Notice(fax_id, inbound=True, facts=facts, file=file)

    async def fetch(self, fax_id: str, known: Mapping[str, str]) -> tuple[Mapping[str, str], FaxFile] | None:
        rule = self.spec.received
        item: JsonValue = None
        facts = dict(known)
        if rule.call:
            item = _item(await self.api.json(rule.call, {"id": fax_id}), rule.item)
            word = text_at(item, rule.word).lower()
            if rule.ready and word not in rule.ready:
                if word in rule.failed:
                    raise GatewayRefused("fax-failed", "the gateway could not receive this fax", FailureClass.UNKNOWN)
                return None
            facts |= {name: text_at(item, path) for name, path in rule.facts.items()}
        if rule.link:
            reply = await self._linked(fax_id, text_at(item, rule.link))
        elif rule.file:
            reply = await self.api.call(rule.file, {"id": fax_id}, limit=self._max_bytes * 4 // 3 + 100_000)
        else:
            raise GatewayRefused("no-file", "this gateway has no way to get a fax", FailureClass.ACCOUNT)
        if rule.base64 and rule.file:
            return facts, FaxFile(_decoded(reply, rule.file.success, rule.base64))
        return facts, FaxFile(reply.body, reply.content_type)

    async def _linked(self, fax_id: str, link: str) -> Reply:
        """Get a file by its link; an expired one is made anew once, through the API."""
        rule = self.spec.received
        try:
            return await self.api.download(link, self._links, limit=self._max_bytes)
        except (GatewayGone, GatewayRefused) as gone:
            if gone.code == "gateway-link" and link:
                raise
        assert rule.call is not None
        if rule.refresh:
            await self.api.call(rule.refresh, {"id": fax_id})
        item = _item(await self.api.json(rule.call, {"id": fax_id}), rule.item)
        try:
            return await self.api.download(text_at(item, rule.link), self._links, limit=self._max_bytes)
        except (GatewayGone, GatewayRefused) as still:
            if still.code == "gateway-link" and text_at(item, rule.link):
                raise
            raise GatewayAway("gateway-link-old", "the fax's link has expired and no new one works") from still

    async def acknowledge(self, fax_id: str) -> None:
        if self.spec.received.acknowledge:
            call = self.spec.received.acknowledge
            reply = await self.api.call(call, {"id": fax_id})
            if call.success:
                _checked(call.success, reply.json())

    async def poll(self) -> list[Notice]:
        rule = self.spec.inbox
        if rule is None:
            return []
        items = at(await self.api.json(rule.call, {}), rule.items)
        found = []
        for item in items if isinstance(items, list) else []:
            fax_id = text_at(item, rule.id)
            fax_id = fax_id.rpartition(rule.id_after)[2] if rule.id_after else fax_id
            if _ID.fullmatch(fax_id):
                facts = {name: text_at(item, path) for name, path in rule.facts.items()}
                found.append(Notice(fax_id, inbound=True, facts=facts))
        return found

    async def send(self, fax: Outgoing) -> str:
        rule = self.spec.send
        if rule is None:
            raise Refused("no-send", "this gateway does not send")
        reply = await self.api.json(rule.call, _values(fax.tag, fax.number, fax), fax.pdf)
        fax_id = text_at(reply, rule.id)
        if not _ID.fullmatch(fax_id):
            raise GatewayAway("gateway-reply", "the fax gateway's answer names no fax", maybe_taken=True)
        return fax_id

    async def find(self, tag: str, number: str = "") -> str | None:
        rule = self.spec.find
        if rule is None:
            raise Ambiguous("fax-outcome", "the gateway may have it, and cannot be asked", detail=tag)
        items = at(await self.api.json(rule.call, _values(tag, number)), rule.items)
        wanted = _values(tag, number)[{"plain": "tag", "base64": "tag_base64", "digest": "tag_digest"}[rule.form]]
        for item in items if isinstance(items, list) else []:
            if text_at(item, rule.tag) == wanted and _ID.fullmatch(text_at(item, rule.id)):
                return text_at(item, rule.id)
        return None

    async def status(self, fax_id: str) -> Status | None:
        rule = self.spec.status
        if rule is None or rule.call is None:
            return None
        return _status(rule, await self.api.json(rule.call, {"id": fax_id}))

    async def close(self) -> None:
        await self.api.close()


def _values(tag: str, number: str, fax: Outgoing | None = None) -> dict[str, str]:
    values = {"tag": tag, "tag_base64": encoded(tag.encode()), "number": number}
    values |= {"tag_digest": hashlib.sha256(tag.encode()).hexdigest()[:20]}
    values |= {"e164": f"+1{number}", "eleven": f"1{number}"}
    if fax:
        values |= {"pages": str(fax.pages), "pdf_base64": encoded(fax.pdf)}
    return values


def _item(reply: JsonValue, path: str) -> JsonValue:
    return at(reply, path) if path else reply


def _checked(success: Mapping[str, str], reply: JsonValue) -> None:
    for path, wanted in success.items():
        if not re.fullmatch(wanted, text_at(reply, path), re.IGNORECASE):
            raise GatewayAway("gateway-reply", "the fax gateway did not do what it was asked")


def _decoded(reply: Reply, success: Mapping[str, str], path: str) -> bytes:
    said = reply.json()
    for where, wanted in success.items():
        if not re.fullmatch(wanted, text_at(said, where), re.IGNORECASE):
            raise GatewayGone("gateway-gone", "the fax gateway does not give this fax")
    return _unbase64(at(said, path))


def _unbase64(found: JsonValue) -> bytes:
    try:
        return base64.b64decode("".join(str(found or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise GatewayAway("gateway-reply", "the fax gateway's file is no base64") from None


def _facts_of(request: WebhookRequest, nested: str) -> JsonValue:
    """Return the notification as one tree, whether it came as JSON or as a form with JSON in a field."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            fields: dict[str, JsonValue] = dict(request.form.fields)
            if nested and isinstance(fields.get(nested), str):
                fields[nested] = json.loads(str(fields[nested]))
            return fields
        said: JsonValue = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadNotice("bad-notice", "the notification cannot be read") from None
    if not isinstance(said, dict):
        raise BadNotice("bad-notice", "the notification is no JSON object")
    return said


def _attached(request: WebhookRequest, said: JsonValue, path: str) -> FaxFile | None:
    for name, data in request.form.files:
        if name == path:
            return FaxFile(data)
    found = at(said, path)
    if not isinstance(found, str) or not found:
        return None
    try:
        return FaxFile(_unbase64(found))
    except GatewayAway:
        raise BadNotice("bad-notice", "the notification's file is no base64") from None


def _status(rule: SentStatus, reply: JsonValue) -> Status:
    item = _item(reply, rule.item)
    word = text_at(item, rule.word)
    sent, pages = _number(text_at(item, rule.pages_sent)), _number(text_at(item, rule.pages))
    state = word.lower()
    if state in rule.delivered:
        return Status(word, delivered=True, pages_sent=sent, pages=pages)
    if state in rule.partial:
        return Status(word, failure=FailureClass.PARTIAL, pages_sent=sent, pages=pages)
    if state in rule.failed:
        said = [text for path in rule.reasons if (text := text_at(item, path))]
        return Status(word, failure=classify(said, rule.classes), pages_sent=sent, pages=pages)
    return Status(word, pages_sent=sent, pages=pages)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
