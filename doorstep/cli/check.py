"""`doorstep check`: settings, database, broker, tesseract and every connector; says what to fix."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import typer
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from doorstep import clock, registry
from doorstep.access.jwks import listed as listed_keys
from doorstep.errors import HubError, Refused
from doorstep.journal import Journal, Routes
from doorstep.live_file import escalations
from doorstep.network import checked, read
from doorstep.ocr.engines import find_tessdata
from doorstep.rules import rules_dir
from doorstep.settings import Settings, load
from schemas.desk_rules import Escalations
from schemas.network import lacks

Finding = tuple[str, bool, str]
_PATIENCE = 10.0


def register(app: typer.Typer) -> None:
    app.command(help="Check settings, database, broker, tesseract and every connector.")(check)


def check(as_json: Annotated[bool, typer.Option("--json", help="One JSON line a finding.")] = False) -> None:
    """Print one line a finding; exit 1 when anything needs fixing."""
    settings = load()
    failed = 0

    async def run() -> None:
        nonlocal failed
        async for what, ok, advice in _findings(settings):
            failed += not ok
            print(
                json.dumps({"what": what, "ok": ok, "advice": advice})
                if as_json
                else f"{'ok ' if ok else 'FIX'} {what}: {advice}"
            )

    asyncio.run(run())
    if failed:
        raise Refused("check", f"{failed} finding(s) need fixing")


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    from doorstep.app import own_settings  # the whole hub: no other command waits for it

    for finding in (*_environment(), *_exposure(settings), *_access(settings), *_data_dir(settings), *_tesseract()):
        yield finding
    yield _network(settings)
    yield _escalations(settings)
    yield await _database(settings)
    yield await asyncio.to_thread(_kafka, settings)
    specs = registry.connectors()
    for name in settings.connectors:
        if name not in specs:
            yield f"connectors.{name}", False, f"there is no such connector; known: {', '.join(specs)}"
    for spec in specs.values():
        try:
            own = own_settings(spec, settings)
        except HubError as wrong:
            yield f"connector {spec.name}", False, wrong.message
            continue
        if spec.check is None:
            yield f"connector {spec.name}", True, "settings are right"
            continue
        try:
            async for what, ok, advice in spec.check(own):
                yield f"connector {spec.name}: {what}", ok, advice
        except Exception as failed:  # a connector's own check may fail in any way; the others are still checked
            yield f"connector {spec.name}", False, f"its check failed with {type(failed).__name__}"


def _environment() -> Iterator[Finding]:
    """Name variables that look like settings and are none: a mistyped one would silently do nothing."""
    known = {f"DOORSTEP_{name.upper()}" for name in Settings.model_fields} | {"DOORSTEP_CONFIG", "DOORSTEP_PYTHON"}
    for name in sorted(os.environ):
        if name.upper() in known or not name.startswith("DOORSTEP_"):
            continue
        if not name.startswith(("DOORSTEP_ACCESS__", "DOORSTEP_CONNECTORS__", "DOORSTEP_TEST")):
            yield "settings", False, f"{name} is no setting: see docs/settings.md"


def _exposure(settings: Settings) -> Iterator[Finding]:
    try:
        settings.check_exposure()
    except HubError as exposed:
        yield "listeners", False, exposed.message
    else:
        yield (
            "listeners",
            True,
            f"{settings.host} (HTTP {settings.http_port}, MLLP {settings.mllp_port}, SMTP {settings.smtp_port})",
        )


def _access(settings: Settings) -> Iterator[Finding]:
    """Say who may call over HTTP, and how each proves itself."""
    if not settings.access_on:
        yield "access", True, "off: whoever reaches the listeners may call (loopback only)"
        return
    operators = [name for name, client in settings.access.clients.items() if client.operator]
    listed = ["DOORSTEP_API_KEY"] * (settings.api_key is not None) + operators
    advice = ", ".join(listed) or "nobody can look at the console or replay: set DOORSTEP_API_KEY"
    yield "access: operator", bool(listed), advice
    for name, client in settings.access.clients.items():
        broken = ""
        try:
            if client.jwks_file is not None:
                listed_keys(json.loads(client.jwks_file.read_bytes()))
            elif client.jwks is not None:
                listed_keys(client.jwks)
        except (OSError, ValueError) as wrong:
            broken = f"its public keys cannot be used ({wrong if not isinstance(wrong, OSError) else wrong.strerror})"
        proofs = [f"{len(client.keys)} API key(s)"] * bool(client.keys)
        proofs += [f"certificate {one}" for one in client.certificates]
        proofs += ["signed assertions"] * client.asserts
        whose = "operator" if client.operator else f"tenant {client.tenant or name}, {' '.join(client.scopes)}"
        yield f"access: {name}", not broken, broken or f"{whose}; by {', '.join(proofs)}"


def _network(settings: Settings) -> Finding:
    """Say whether the provider directory is right, and how many of it may take offers."""
    if settings.network_file is None:
        return "provider network", True, "the synthetic sample: set DOORSTEP_NETWORK_FILE to your own directory"
    try:
        providers = checked(read(settings.network_file)).providers
    except HubError as wrong:
        return "provider network", False, wrong.message
    today = clock.now().date()
    blocked = sum(bool(lacks(provider, today)) for provider in providers)
    return "provider network", True, f"{len(providers)} providers, {blocked} of them lack something"


def _escalations(settings: Settings) -> Finding:
    """Say whether the file of escalations is right, and which levels a person must tell."""
    if settings.escalations_file is None:
        return "escalations", True, "the synthetic people: set DOORSTEP_ESCALATIONS_FILE to your own; no mail is sent"
    try:
        levels = Escalations.model_validate(escalations(settings.escalations_file)).levels
    except HubError as wrong:
        return "escalations", False, wrong.message
    silent = ", ".join(str(level.level) for level in levels if level.email is None)
    return "escalations", True, f"{len(levels)} levels" + (f"; no mail address: level {silent}" if silent else "")


def _data_dir(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".check"
        probe.write_bytes(b"1")
        probe.unlink()
    except OSError as wrong:
        yield "data folder", False, f"{folder} cannot be written: {wrong.strerror}; set DOORSTEP_DATA_DIR"
        return
    free = shutil.disk_usage(folder).free // 2**20
    yield "data folder", free > 512, f"{folder}, {free} MiB free" + ("" if free > 512 else ": make room")


def _tesseract() -> Iterator[Finding]:
    path = shutil.which("tesseract")
    if path is None:
        yield "tesseract", False, "not found: apt-get install tesseract-ocr, or brew install tesseract"
        return
    try:
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        version = ""
    first = version.splitlines()[0] if version else "tesseract does not answer"
    new = first.split()[-1].lstrip("v").split(".")[0] == "5"
    yield "tesseract", new, first if new else f"{first}: version 5 is needed"
    if new:
        data = find_tessdata()
        yield "tesseract data", data is not None, data or "no English data: apt-get install tesseract-ocr-eng"


async def _database(settings: Settings) -> Finding:
    url = settings.journal_url
    if not settings.database_url and not (settings.data_dir / "journal.db").is_file():
        return "database", True, "no journal yet: `doorstep serve` makes it"
    try:
        name = make_url(url).render_as_string(hide_password=True)
        async with (
            asyncio.timeout(_PATIENCE),
            Journal.open(
                url, data_dir=settings.data_dir, routes=Routes(), rules_dir=rules_dir(), readonly=True
            ) as journal,
        ):
            await journal.read(lambda reader: reader.connection.execute(text("select 1")))
    except (HubError, SQLAlchemyError) as away:
        why = f"{away.message} {away.detail}".strip() if isinstance(away, HubError) else type(away).__name__
        return "database", False, f"cannot be opened ({why}); set DOORSTEP_DATABASE_URL"
    except TimeoutError:
        return "database", False, f"no answer in {_PATIENCE:.0f} s; set DOORSTEP_DATABASE_URL"
    return "database", True, name


def _kafka(settings: Settings) -> Finding:
    if not settings.kafka_bootstrap:
        return "kafka", True, "not used: the embedded dispatcher runs the handlers"
    for address in settings.kafka_bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=5).close()
        except (OSError, ValueError):
            continue
        return "kafka", True, f"{address} answers"
    return "kafka", False, f"no broker of {settings.kafka_bootstrap} answers; set DOORSTEP_KAFKA_BOOTSTRAP"
