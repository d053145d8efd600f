"""How well faxes are read: `doorstep bench fax [FOLDER]` compares each fax with the NAME.expected.json beside it.

Readings are kept by the file's digest and the state of the OCR code, so that extraction can be measured again in
seconds. Extraction, classification and the rules run as they do in the hub.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import fax_plot
from bench.fax_score import Record, Value, by_field, documents, group, reliability, tally

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "samples" / "fax"
KEPT = ROOT / ".cache" / "fax-readings"
DRAWN = "drawn"
"""The readings that `python -m bench.faxes --words` writes beside the faxes: perfect words, for work on layouts."""
SUFFIXES = frozenset({".tif", ".tiff", ".pdf", ".png", ".jpg"})
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """All that the benchmark says."""

    records: tuple[Record, ...]

    def as_json(self) -> dict[str, Any]:
        pages = sum(r.pages for r in self.records)
        seconds = sum(r.seconds for r in self.records)
        return {
            "all": {**documents(list(self.records)), **tally(v for r in self.records for v in r.values)},
            "pages": pages,
            "pages_per_second_per_core": pages / seconds if seconds else None,
            "by_severity": group(self.records, lambda r: f"{r.resolution} severity {r.severity}"),
            "by_layout": group(self.records, lambda r: r.layout),
            "by_field": by_field(self.records),
            "reliability": reliability(self.records),
        }


@cache
def engine_version() -> str:
    """Return a digest of the code that turns images into words: another state of it makes other readings."""
    sources = [*sorted((ROOT / "doorstep" / "ocr").glob("*.py")), ROOT / "schemas" / "reading.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def measure(folder: Path, *, jobs: int = 1, only: str = "", readings: str = "") -> Report:
    """Read every fax of a folder that has its truth beside it."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and only in p.name and truth_of(p))
    work = partial(record_of, readings=readings or engine_version())
    if jobs == 1:
        return Report(tuple(_shown(map(work, paths), len(paths))))
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as pool:
        return Report(tuple(_shown(pool.map(work, paths), len(paths))))


def _shown(records: Iterable[Record], total: int) -> Iterable[Record]:
    for number, record in enumerate(records, start=1):
        if sys.stderr.isatty():
            print(f"\r{number}/{total}", end="" if number < total else "\n", file=sys.stderr, flush=True)
        yield record


def truth_of(path: Path) -> dict[str, Any] | None:
    """Return what should come of a fax; None where nobody says so."""
    beside = path.with_name(f"{path.stem}.expected.json")
    return json.loads(beside.read_text("utf-8")) if beside.is_file() else None


def reading_of(path: Path, readings: str) -> tuple[Any, float]:
    """Return a file's reading and the seconds it took when it was made, from the kept ones where it is there."""
    from doorstep.ocr import read_document
    from schemas.reading import Reading

    data = path.read_bytes()
    kept = KEPT / readings / f"{hashlib.sha256(data).hexdigest()}.json"
    if readings == DRAWN:
        kept = path.with_name(f"{path.stem}.words.json")
    if kept.is_file() or readings == DRAWN:
        found = json.loads(kept.read_text("utf-8"))
        return Reading.model_validate(found["reading"]), float(found["seconds"])
    began = time.process_time()
    reading = read_document(data)
    seconds = time.process_time() - began
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps({"seconds": seconds, "reading": reading.model_dump(mode="json")}))
    part.replace(kept)
    return reading, seconds


def record_of(path: Path, readings: str) -> Record:
    """Read one fax and lay what was found beside its truth."""
    from schemas.codec import CodecError

    truth = truth_of(path) or {}
    try:
        reading, seconds = reading_of(path, readings)
    except CodecError:
        return record_from(path.name, truth, None, NOW)
    return record_from(path.name, truth, reading, NOW, seconds)


def record_from(name: str, truth: Mapping[str, Any], reading: Any, now: datetime, seconds: float = 0.0) -> Record:
    """Lay what is found in a reading (None: nothing could be read) beside its truth."""
    from doorstep.reading import Said, said_of

    began = time.process_time()
    said = said_of(reading, "fax", now) if reading is not None else Said()
    seconds += time.process_time() - began
    also = truth.get("accept", {})
    expected_class = (truth.get("document_class") or "unreadable", *also.get("document_class", ()))
    is_order = truth.get("outcome") in {"scheduled", "incomplete"} and bool(truth.get("fields"))
    return Record(
        name=name,
        layout=str(truth.get("layout") or Path(name).stem),
        severity=str(truth.get("severity", "-")),
        resolution=str(truth.get("resolution", "-")),
        expected_class=expected_class,
        found_class=said.document_class.value,
        expected_outcome=str(truth.get("outcome")),
        patients=said.patients,
        pages=len(reading.pages) if reading is not None else 0,
        seconds=seconds,
        needs_review=said.in_doubt,
        missing=tuple(said.missing),
        values=tuple(_values(truth["fields"], also, said.fields)) if is_order else (),
    )


def _values(truth: Mapping[str, Any], also: Mapping[str, Any], found: Mapping[str, Any]) -> Iterable[Value]:
    from bench.fax_score import plain

    for name in sorted(truth.keys() | found.keys()):
        expected = truth.get(name) if plain(name, truth.get(name)) is not None else None
        field = found.get(name)
        denied = field is not None and field.value is False and expected is True
        if field is None or (plain(name, field.value) is None and not denied):
            yield Value(name, expected, None, 0.0, accepted=False)
        else:
            evidence = field.evidence
            yield Value(
                name, expected, field.value, evidence.confidence or 0.0, accepted=evidence.accepted,
                validators=evidence.validators, raw=evidence.raw, also=tuple(also.get(name, ())),
            )  # fmt: skip


def print_report(report: Report, *, show: bool = False) -> None:
    """Print the tables; with `show` every value that is not right and accepted (synthetic people only)."""
    if show:
        for record in report.records:
            _print_faults(record)
    said = report.as_json()
    for title, rows in (("severity", "by_severity"), ("layout", "by_layout"), ("field", "by_field")):
        _print_table(title, said[rows])
    _print_table("all", {"all": said["all"]})
    whole = said["all"]
    speed = said["pages_per_second_per_core"]
    print(
        f"class {whole['class_accuracy']:.3f} of {whole['documents']}; wholly right {whole['wholly_right']:.3f}; "
        f"complete orders that pass {whole['passed']} of {whole['complete']}, "
        f"clean ones {whole['clean_passed']} of {whole['clean_complete']}; "
        f"{said['pages']} pages, {speed:.2f} a second per core"
        if speed
        else "nothing read"
    )


def _print_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    names = ("printed", "recall", "precision", "f1", "abstention", "accepted", "accepted_wrong", "wrong_and_accepted")
    extra = ("documents", "class_accuracy", "wholly_right", "passed", "complete")
    columns = (*names, *extra) if "documents" in next(iter(rows.values()), {}) else names
    print(f"\n{title:28}" + "".join(f"{name[:12]:>13}" for name in columns))
    for name, row in rows.items():
        cells = (f"{row[c]:>13.4f}" if isinstance(row[c], float) else f"{row[c]:>13}" for c in columns)
        print(f"{name[:27]:28}" + "".join(cells))


def _print_faults(record: Record) -> None:
    head = f"{record.name} [{record.layout} {record.resolution} s{record.severity}]"
    if not record.class_right:
        print(f"{head}: {record.found_class}, expected {record.expected_class[0]}")
    if record.expected_outcome == "scheduled" and not record.passed:
        print(f"{head}: does not pass (missing {', '.join(record.missing) or 'nothing'}; {record.patients} patients)")
    for value in record.values:
        if (value.right and value.accepted) or (value.expected is None and value.got is None):
            continue
        kind = "ACCEPTED WRONG" if value.wrong_and_accepted else "right" if value.right else "wrong"
        kind = "missing" if value.got is None else kind
        found = f"{value.got!r} {value.confidence:.2f} {value.validators}" if value.got is not None else "-"
        print(f"  {record.name} {value.field} {kind}: {value.expected!r} <- {found}")


def plot(report: Report, path: Path) -> None:
    """Write the reliability plot."""
    fax_plot.draw(report.as_json()["reliability"], path, f"{len(report.records)} faxes")
