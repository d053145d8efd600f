"""Logging for operators: ids, codes and sizes, never a payload; our loggers' messages mind that."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = _frames(record)
        return json.dumps(line)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        trace = f"\n{_frames(record)}" if record.exc_info else ""
        return f"{stamp} {record.levelname:<7} {record.name.removeprefix('doorstep.'):<14} {record.getMessage()}{trace}"


def _frames(record: logging.LogRecord) -> str:
    """Return where an exception came from without its message, which may quote the input."""
    import traceback

    kind, _, trace = record.exc_info or (None, None, None)
    frames = traceback.extract_tb(trace)[-8:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{kind.__name__ if kind else 'error'} in {where}"


def set_up_logging(level: str, *, as_json: bool) -> None:
    """Send every log line to stderr; third-party loggers only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("doorstep").setLevel(level.upper())
    for noisy in ("mail.log", "aiokafka", "uvicorn.error", "faststream"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
