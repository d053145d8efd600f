"""Logging for operators: ids, codes and sizes, never a payload; our loggers' messages mind that."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
log = logging.getLogger("doorstep.observe")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage().strip(),
        }
        if record.exc_info:
            line["trace"] = _frames(record)
        return json.dumps(line)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        trace = f" | {_frames(record)}" if record.exc_info else ""
        said = one_line(record.getMessage().strip())
        return f"{stamp}Z {record.levelname:<7} {record.name.removeprefix('doorstep.'):<14} {said}{trace}"


def one_line(text: str) -> str:
    """Return the text without control characters: what a sender named cannot forge a line or drive a terminal."""
    return _CONTROLS.sub(" ", text)


def frames(kind: type[BaseException] | None, trace: TracebackType | None) -> str:
    """Return where an exception came from without its message, which may quote the input."""
    found = traceback.extract_tb(trace)[-8:]
    where = " < ".join(f"{Path(f.filename).stem}.{f.name}:{f.lineno}" for f in reversed(found))
    return f"{kind.__name__ if kind else 'error'} in {where or 'no frame'}"


def _frames(record: logging.LogRecord) -> str:
    kind, _, trace = record.exc_info or (None, None, None)
    return frames(kind, trace)


def set_up_logging(level: str, *, as_json: bool) -> None:
    """Send every log line to stderr; third-party loggers only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.raiseExceptions = False  # a line that cannot be formatted would be printed with its arguments
    logging.captureWarnings(True)
    logging.getLogger("doorstep").setLevel(level.upper())
    for noisy in ("mail.log", "aiokafka", "uvicorn.error", "faststream", "asyncio", "py.warnings"):
        logging.getLogger(noisy).setLevel(logging.ERROR)  # some of their warnings quote values


def tell_lost_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Log what no task awaited by its frames: asyncio's own text has the exception's message in it."""

    def told(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        where = frames(type(error), error.__traceback__) if error else "no exception"
        log.error("%s: %s", context.get("message", "unhandled"), where)

    loop.set_exception_handler(told)
