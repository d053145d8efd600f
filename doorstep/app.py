"""The one place that wires: settings -> journal, workers, stream, connectors, HTTP; one life from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from doorstep import http, registry
from doorstep.access.routes import access_router
from doorstep.connector import ConnectorSettings, ConnectorSpec, Delivery, Listen, Match, Notice, Sent
from doorstep.console.api import api_router, health_router
from doorstep.console.figures import report_router
from doorstep.console.pages import pages_router, static_mount
from doorstep.errors import Refused, SettingsError
from doorstep.handler import Subscription
from doorstep.hub import LiveHub, reachable
from doorstep.journal import ALL_TOPICS, Journal, Route, Routes
from doorstep.live_file import ESCALATIONS, LiveFile, escalations
from doorstep.network import RULES_NAME, TIMER, NetworkFile
from doorstep.observe import tell_lost_errors
from doorstep.reports import OwnCounts, Period
from doorstep.rules import rules_dir
from doorstep.settings import Settings
from doorstep.stream.anchor import Anchor
from doorstep.stream.dispatcher import Dispatcher
from doorstep.stream.notices import NOTIFIER, WATCHER, Notifier, Watcher
from doorstep.stream.sender import Sender
from doorstep.stream.ticker import Ticker
from doorstep.stream.work import RetryPolicy, Worker
from doorstep.workers import Workers
from schemas.event import Event
from schemas.outbound import ConfirmationRequested
from schemas.service import PapersDue
from schemas.subscription import SubscriptionNotice

log = logging.getLogger("doorstep.app")

_PORTS = {"hl7v2": "mllp", "email": "smtp"}
_PRELOADED = ("doorstep", "handlers.read", "doorstep.ocr.paddle")
"""What workers read with: imported once for all of them, not by each; where a library is missing they do without."""
"""Connector -> the name of its port in the settings (`mllp_port`) and in the ready file."""


class App:
    """The hub, whole or in roles (intake, handlers, outbound, console)."""

    def __init__(self, settings: Settings, roles: frozenset[str]) -> None:
        settings.check_exposure()
        self._settings = settings
        self._roles = roles
        self._specs = registry.connectors()
        self._own = {name: own_settings(spec, settings) for name, spec in self._specs.items()}
        self._house = set(registry.own_connectors())
        unknown = sorted(set(settings.connectors) - set(self._specs))
        if unknown:
            raise SettingsError(
                "bad-setting", f"connectors.{unknown[0]}: known connectors are {', '.join(self._specs)}"
            )
        self._subscriptions = registry.subscriptions()
        self._tls = _tls(settings, mutual=False)  # a wrong certificate is told before anything listens
        self._stop = asyncio.Event()
        self._stop_by = 0.0

    async def serve(self, ready_file: Path | None = None) -> None:
        """Serve until a signal."""
        loop = asyncio.get_running_loop()
        tell_lost_errors(loop)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        async with AsyncExitStack() as stack:
            try:
                ports = await self._start(stack)
                self._announce(stack, ports, ready_file)
            except OSError as wrong:
                where = f"{wrong.filename}: " if wrong.filename else ""
                raise SettingsError("no-start", f"cannot start: {where}{wrong.strerror or wrong}") from None
            await self._stop.wait()
            self._stop_by = loop.time() + self._settings.grace_seconds
            log.info("stopping")

    def _grace(self) -> float:
        """Return what is left of the time that a stop may take: its parts share it."""
        return max(0.5, self._stop_by - asyncio.get_running_loop().time())

    async def _start(self, stack: AsyncExitStack) -> dict[str, int]:
        settings = self._settings
        os.environ.update(settings.worker_environment)
        journal = await asyncio.to_thread(
            Journal.open,
            settings.journal_url,
            data_dir=settings.data_dir.resolve(),
            routes=routes_of(settings, self._subscriptions, self._specs, self._own),
            rules_dir=rules_dir(),
            live_rules=_live_rules(settings),
            on_failure=self._journal_failed,
        )
        await stack.enter_async_context(journal)
        workers = Workers(
            settings.worker_processes or None,
            scratch=settings.data_dir.resolve() / "scratch",
            preload=_PRELOADED,
        )
        await workers.start()
        stack.push_async_callback(workers.stop)
        hub = LiveHub(settings, journal, workers)

        app, listener = self._http(hub, journal)
        hub.http_port = listener.getsockname()[1]
        await self._start_stream(stack, hub, journal)
        ports = {"http": await stack.enter_async_context(http.serving(app, settings, listener))}
        if "intake" in self._roles:
            ports |= await self._listen(stack, hub)
        return ports

    def _http(self, hub: LiveHub, journal: Journal) -> tuple[FastAPI, Any]:
        """Bind the port first (links need it), build the routes of this process's roles."""
        listener = http.bind(self._settings.host, self._settings.http_port, "DOORSTEP_HTTP_PORT")
        routers = [health_router(journal)]
        if self._settings.access_on and "intake" in self._roles:
            tokens = http.tokens_of(self._settings)
            routers.append(access_router(self._settings.access, tokens, journal, hub.base_url))
        if "intake" in self._roles:
            routers += self._routers(hub)
        if "console" in self._roles:
            counts = partial(own_counts, self._settings)
            routers += [api_router(journal, self._stop), report_router(journal, counts), pages_router(journal, hub.run)]
        app = http.build(self._settings, routers)
        if "console" in self._roles:
            app.router.routes.append(static_mount())
        return app, listener

    def _routers(self, hub: LiveHub) -> list[APIRouter]:
        found = []
        for name, spec in self._specs.items():
            if spec.router is None:
                continue
            try:
                found.append(spec.router(self._own[name], hub))
            except Exception:  # an outside connector may fail in any way; it must not take the hub down
                if name in self._house:
                    raise
                log.exception("connector %s has no HTTP routes: it failed", name)
        return found

    async def _start_stream(self, stack: AsyncExitStack, hub: LiveHub, journal: Journal) -> None:
        settings = self._settings
        worker = Worker(journal, hub)
        if "handlers" in self._roles:
            await journal.write(lambda unit: unit.set_timer(TIMER, unit.now, PapersDue()))
            ticker = Ticker(journal)
            ticker.start()
            stack.push_async_callback(ticker.stop)
            anchor = Anchor(journal, settings.audit_anchor)
            anchor.start()
            stack.push_async_callback(anchor.stop)
        if "handlers" in self._roles and not settings.kafka_bootstrap:
            dispatcher = Dispatcher(journal, self._subscriptions, worker)
            dispatcher.start()
            stack.push_async_callback(lambda: dispatcher.stop(self._grace()))
        elif "handlers" in self._roles:
            from doorstep.stream.kafka import KafkaTransport

            transport = KafkaTransport(
                settings.kafka_bootstrap,
                journal=journal,
                worker=worker,
                subscriptions=self._subscriptions,
                prefix=settings.kafka_prefix,
                partitions=settings.kafka_partitions,
                replication=settings.kafka_replication,
            )
            await transport.start()
            stack.push_async_callback(transport.stop)
        if "outbound" in self._roles:
            sender = Sender(journal, partial(self._send, hub))
            sender.start()
            stack.push_async_callback(lambda: sender.stop(self._grace()))
            watcher = Watcher(journal, partial(self._watch, hub))
            watcher.start()
            stack.push_async_callback(lambda: watcher.stop(self._grace()))
            patience = RetryPolicy(attempts=settings.notice_attempts)
            notifier = Notifier(journal, partial(self._notify, hub), policy=patience)
            notifier.start()
            stack.push_async_callback(lambda: notifier.stop(self._grace()))
            if "intake" not in self._roles and not settings.base_url:
                log.warning("links in offers need DOORSTEP_BASE_URL: this process does not serve them")

    async def _send(self, hub: LiveHub, delivery: Delivery) -> Sent:
        channel = delivery.confirmation.recipient.channel
        spec = self._specs.get(channel)
        if spec is None or spec.send is None:
            raise Refused("no-channel", f"no connector sends on channel {channel}")
        return await spec.send(self._own[channel], hub, delivery)

    async def _watch(self, hub: LiveHub, event: Event[Any]) -> list[Match]:
        found: list[Match] = []
        for name, spec in self._specs.items():
            if spec.watch is not None:
                found += await spec.watch(self._own[name], hub, event)
        return found

    async def _notify(self, hub: LiveHub, notice: Notice) -> None:
        for name, spec in self._specs.items():
            if spec.notify is not None:
                await spec.notify(self._own[name], hub, notice)

    async def _listen(self, stack: AsyncExitStack, hub: LiveHub) -> dict[str, int]:
        """Open every connector's listener; returns the ports by their names in the settings."""
        ports: dict[str, int] = {}
        for name, spec in self._specs.items():
            if spec.inbound is None:
                continue
            setting = _PORTS.get(name)
            port = getattr(self._settings, f"{setting}_port") if setting else spec.default_port or 0
            trusted = self._settings.trusted_network
            listen = Listen(self._settings.host, port, _tls(self._settings, mutual=spec.mutual_tls), trusted)
            try:
                inbound = await stack.enter_async_context(spec.inbound(self._own[name], hub, listen))
            except OSError as taken:
                where = f"DOORSTEP_{setting.upper()}_PORT" if setting else f"[connectors.{name}]"
                raise SettingsError(
                    "listen", f"{name} cannot listen on {port}: {taken.strerror}; set {where}"
                ) from None
            except Exception:  # an outside connector may fail in any way; it must not take the hub down
                if name in self._house:
                    raise
                log.exception("connector %s does not listen: it failed", name)
                continue
            if inbound.port is not None:
                ports[setting or name] = inbound.port
            for own, further in getattr(inbound, "ports", {}).items():
                ports[f"{setting or name}.{own}"] = further
        return ports

    def _announce(self, stack: AsyncExitStack, ports: dict[str, int], ready_file: Path | None) -> None:
        roles = "" if len(self._roles) == 4 else f" ({', '.join(sorted(self._roles))})"
        listening = ", ".join(f"{name} {self._settings.host}:{port}" for name, port in ports.items())
        log.info("ready%s: %s, data in %s", roles, listening, self._settings.data_dir.resolve())
        if "console" in self._roles:
            scheme = "https" if self._tls else "http"
            address = {"url": f"{scheme}://{reachable(self._settings.host)}:{ports['http']}", "pid": os.getpid()}
            told = self._settings.data_dir.resolve() / "hub.json"
            _write_whole(told, json.dumps(address))
            stack.callback(told.unlink, missing_ok=True)
        if ready_file:
            _write_whole(ready_file, json.dumps({**ports, "pid": os.getpid()}))

    def _journal_failed(self, error: BaseException) -> None:
        """End at once: a failed fsync is final, and an orderly close could write again. The next start recovers."""
        log.critical("the journal failed for good (%s): the hub ends; start it again", type(error).__name__)
        logging.shutdown()
        os._exit(1)


def routes_of(
    settings: Settings,
    subscriptions: list[Subscription],
    specs: Mapping[str, ConnectorSpec],
    own: Mapping[str, ConnectorSettings] | None = None,
) -> Routes:
    """Return who gets which event: the handlers, the sender (one lane a destination) and, with Kafka, the relay."""
    known = own or {name: own_settings(spec, settings) for name, spec in specs.items()}

    def destination(payload: ConfirmationRequested) -> str:
        channel = payload.recipient.channel
        spec = specs.get(channel)
        if spec is None or spec.destination is None:
            return f"{channel}:{payload.recipient.address}"
        return f"{channel}:{spec.destination(known[channel], payload)}"

    extra = [
        (ConfirmationRequested.topic, Route("outbound", lane=destination)),
        (SubscriptionNotice.topic, Route(NOTIFIER)),
    ]
    extra += [(kind.topic, Route(WATCHER, where=where)) for spec in specs.values() for kind, where in spec.watches]
    if settings.kafka_bootstrap:
        extra.append((ALL_TOPICS, Route("relay")))
    return Routes.of(subscriptions, extra)


def _live_rules(settings: Settings) -> dict[str, LiveFile]:
    """Return the rules that the operator has as files of its own."""
    live: dict[str, LiveFile] = {}
    if settings.network_file is not None:
        live[RULES_NAME] = NetworkFile(settings.network_file)
    if settings.escalations_file is not None:
        live[ESCALATIONS] = LiveFile(settings.escalations_file, escalations, "who answers for escalations")
    return live


def own_settings(spec: ConnectorSpec, settings: Settings) -> ConnectorSettings:
    """Return a connector's settings, with what the hub's own settings say of them."""
    raw = dict(settings.connectors.get(spec.name, {}))
    if spec.name == "fax" and settings.fax_inbox:
        raw["inbox"] = settings.fax_inbox.resolve()
    return registry.connector_settings(spec, raw)


def _tls(settings: Settings, *, mutual: bool) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
        if mutual and settings.tls_client_ca:
            context.load_verify_locations(settings.tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as wrong:
        raise SettingsError("bad-certificate", f"DOORSTEP_TLS_CERT/KEY/CLIENT_CA: {wrong.strerror or wrong}") from None
    return context


def _write_whole(path: Path, text: str) -> None:
    """Write so that a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    with contextlib.suppress(OSError):
        draft.chmod(0o644)
    draft.rename(path)


def own_counts(settings: Settings, period: Period) -> OwnCounts:
    """Return what the sources of every connector say of themselves."""
    found: dict[str, tuple[str, ...]] = {}
    for spec in registry.connectors().values():
        if spec.own_counts is not None:
            own = own_settings(spec, settings)
            found |= spec.own_counts(own, settings.data_dir.resolve(), period.since, period.until)
    return found
