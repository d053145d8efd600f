"""`doorstep check`: settings, database, broker, tesseract and every connector; says what to fix."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

import typer

from doorstep import registry
from doorstep.errors import HubError, Refused
from doorstep.settings import Settings, load

Finding = tuple[str, bool, str]


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
    for finding in (*_exposure(settings), *_data_dir(settings), *_tesseract()):
        yield finding
    yield await asyncio.to_thread(_database, settings)
    yield await asyncio.to_thread(_kafka, settings)
    specs = registry.connectors()
    for name in settings.connectors:
        if name not in specs:
            yield f"connectors.{name}", False, f"there is no such connector; known: {', '.join(specs)}"
    for spec in specs.values():
        try:
            own = registry.connector_settings(spec, settings.connectors.get(spec.name, {}))
        except HubError as wrong:
            yield f"connector {spec.name}", False, wrong.message
            continue
        if spec.check is None:
            yield f"connector {spec.name}", True, "settings are right"
            continue
        async for what, ok, advice in spec.check(own):
            yield f"connector {spec.name}: {what}", ok, advice


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
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    first = version.splitlines()[0] if version else "does not answer"
    new = first.split()[-1].lstrip("v").split(".")[0] == "5"
    yield "tesseract", new, first if new else f"{first}: version 5 is needed"


def _database(settings: Settings) -> Finding:
    import sqlalchemy

    engine = sqlalchemy.create_engine(settings.journal_url)
    try:
        with engine.connect() as link:
            link.execute(sqlalchemy.text("select 1"))
    except sqlalchemy.exc.SQLAlchemyError as away:
        return "database", False, f"cannot be opened ({type(away).__name__}); set DOORSTEP_DATABASE_URL"
    finally:
        engine.dispose()
    return "database", True, engine.url.render_as_string(hide_password=True)


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
