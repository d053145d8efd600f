"""What HylaFAX tells of its jobs: the notify hook's notes and the lines of xferfaxlog. All of it is read as hostile."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connectors.fax.fates import classify
from connectors.fax.files import open_file, open_folder, read_fd, read_small
from connectors.fax.gateways.port import Status
from schemas.outbound import FailureClass

_NOTE_MAX = 16_000
_LINE_MAX = 4_000
_CHUNK = 1 << 20
_STOPPED = {"removed", "killed"}
_DOCUMENT = {"format_failed", "no_formatter"}
_FAILED = {"failed", "rejected", "timedout"}


@dataclass(frozen=True, slots=True)
class Note:
    """One word of the notify hook on one job."""

    name: str
    tag: str
    job: str
    status: Status


@dataclass(frozen=True, slots=True)
class Line:
    """One line of xferfaxlog; `at` is None when its date cannot be read."""

    kind: str
    commid: str
    job: str
    tag: str
    tsid: str
    pages: int
    reason: str
    callers: tuple[str, ...]
    at: datetime | None
    end: int


def notes(folder: Path) -> list[Note]:
    """Return the notes that lie in the hook's folder, oldest first."""
    found: list[Note] = []
    with open_folder(folder) as handle:
        for name in sorted(os.listdir(handle)):  # noqa: PTH208 - the folder is a descriptor
            if name.endswith(".json") and not name.startswith("."):
                note = _note(name, read_small(handle, name, _NOTE_MAX))
                if note:
                    found.append(note)
    return found


def drop(folder: Path, note: Note) -> None:
    (folder / note.name).unlink(missing_ok=True)


def _note(name: str, raw: bytes | None) -> Note | None:
    try:
        told = json.loads(raw or b"")
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    said = {key: str(value)[:500] for key, value in told.items() if isinstance(value, str | int)}
    why = said.get("why", "")
    sent, pages = _count(said.get("npages", "")), _count(said.get("totpages", "")) or None
    return Note(name, said.get("jobtag", ""), said.get("jobid", ""), _status(why, said.get("status", ""), sent, pages))


def _status(why: str, said: str, sent: int | None, pages: int | None) -> Status:
    failure: FailureClass | None = None
    if why in _STOPPED:
        failure = FailureClass.DECLINED  # a person took it out of the queue, so it is not put there again
    elif why in _DOCUMENT:
        failure = FailureClass.DOCUMENT
    elif why in _FAILED:
        failure = classify([said] if said else [])
        if why == "rejected" and failure is FailureClass.UNKNOWN:
            failure = FailureClass.DECLINED
    return Status(why, delivered=why == "done", failure=failure, pages_sent=sent, pages=pages)


def status_of_line(line: Line, *, last: bool) -> Status:
    """Return what a SEND or UNSENT line says; a failed call is final only when HylaFAX makes no further one."""
    if not line.reason and line.kind == "SEND":
        return Status("sent", delivered=True, pages_sent=line.pages)
    failure = classify([line.reason]) if last or line.kind == "UNSENT" else None
    return Status("unsent" if failure else "retrying", failure=failure, pages_sent=line.pages)


def read_log(path: Path, start: int) -> Iterator[Line]:
    """Return the whole lines from an offset on; a line still being written is left for the next time."""
    with open_folder(path.parent) as folder, open_file(folder, path.name) as handle:
        os.lseek(handle, start, os.SEEK_SET)
        data = read_fd(handle, _CHUNK)
    begin = 0
    while (stop := data.find(b"\n", begin)) >= 0:
        yield _line(data[begin : min(stop, begin + _LINE_MAX)].decode("utf-8", "replace"), start + stop + 1)
        begin = stop + 1
    if not begin and len(data) == _CHUNK:  # no line is that long: step over it
        yield _line("", start + _CHUNK)


def whole_log(path: Path) -> Iterator[Line]:
    """Return every whole line of the log as it is now."""
    start = 0
    while lines := list(read_log(path, start)):
        yield from lines
        start = lines[-1].end


def _line(text: str, end: int) -> Line:
    """Split one line. HylaFAX+ has more columns at the end and more kinds of lines; those before are the same."""
    fields = [field.strip().strip('"') for field in text.rstrip("\r").split("\t")]
    fields += [""] * (18 - len(fields))
    return Line(
        kind=fields[1].upper(),
        commid=fields[2],
        job=Path(fields[4]).name,
        tag=fields[5],
        tsid=fields[8],
        pages=_count(fields[10]) or 0,
        reason=fields[13],
        callers=tuple(fields[14:17]),
        at=_date(fields[0]),
        end=end,
    )


def _date(text: str) -> datetime | None:
    for form in ("%m/%d/%y %H:%M", "%m/%d/%Y %H:%M"):
        try:
            return datetime.strptime(text, form).astimezone()  # the log has local time and two digits for the year
        except ValueError:
            continue
    return None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
