"""How well the samples are read: `python -m bench.read_samples [FOLDER] [--only WORD] [--show]`.

Prints per field how many printed values were found right, found wrong, accepted right and accepted wrong,
the class accuracy and the orders read wholly. It calls the same functions that the worker processes run.
"""

# ruff: noqa: E501 - lines of a report

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pickle
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".tif", ".tiff", ".pdf", ".png", ".jpg"}


def reading_of(path: Path, cache: Path | None) -> Any:
    """Read a file, or take an earlier reading of the same bytes from the cache (for work on later steps only)."""
    from doorstep.ocr import read_document

    data = path.read_bytes()
    kept = cache / hashlib.sha256(data).hexdigest() if cache else None
    if kept is not None and kept.is_file():
        return pickle.loads(kept.read_bytes())
    reading = read_document(data)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(reading))
    return reading


def same(expected: Any, got: Any) -> bool:
    if isinstance(expected, str) and isinstance(got, str):
        return expected.lower() == got.lower()
    if isinstance(expected, list) and isinstance(got, list):
        return sorted(map(str, expected)) == sorted(map(str, got))
    return bool(expected == got)


def main() -> int:
    from handlers.classify import classify_reading
    from handlers.extract import extract_fields
    from schemas.codec import CodecError
    from schemas.document import DocumentClass

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "tests" / "samples" / "fax")
    parser.add_argument("--only", default="")
    parser.add_argument(
        "--show", action="store_true", help="print each value that is missing or wrong (synthetic people)"
    )
    parser.add_argument("--cache", type=Path, help="keep readings here")
    options = parser.parse_args()
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    counts: Counter[tuple[str, str]] = Counter()
    classes: Counter[str] = Counter()
    began, pages, whole, orders = time.perf_counter(), 0, 0, 0
    for path in sorted(p for p in options.folder.iterdir() if p.suffix in SUFFIXES and options.only in p.name):
        expected = json.loads(path.with_name(path.stem + ".expected.json").read_text("utf-8"))
        try:
            reading = reading_of(path, options.cache)
        except CodecError as error:
            if "fields" in expected:
                print(f"{path.name}: not read ({error.code})")
            classes["right" if expected.get("document_class") in {None, "unreadable"} else "wrong"] += 1
            continue
        pages += len(reading.pages)
        verdict = classify_reading(reading)
        right_class = verdict.document_class == expected.get("document_class", verdict.document_class)
        classes["right" if right_class else "wrong"] += 1
        if not right_class or (
            expected.get("fields") and verdict.patients != expected.get("patients", verdict.patients)
        ):
            print(
                f"{path.name}: {verdict.document_class} ({verdict.confidence:.2f}), {verdict.patients} patients; "
                f"expected {expected.get('document_class')}, {expected.get('patients')}"
            )
        if not expected.get("fields") or expected.get("outcome") not in {"scheduled", "incomplete"}:
            continue
        found = extract_fields(reading, DocumentClass(expected["document_class"]))
        orders += 1
        clean = True
        for name in sorted(expected["fields"].keys() | found.keys()):
            truth, got = expected["fields"].get(name), found.get(name)
            kind = (
                "missing"
                if got is None
                else "extra"
                if truth is None
                else "right"
                if same(truth, got.value)
                else "wrong"
            )
            if name == "signature_present" and truth is None and got is not None and got.value is False:
                kind = "right"
            counts[name, kind] += 1
            if got is not None and got.evidence.accepted:
                counts[name, "accepted" if kind == "right" else "ACCEPTED WRONG"] += 1
            bad = kind != "right" or (got is not None and not got.evidence.accepted)
            clean = clean and not bad
            if options.show and bad:
                detail = (
                    "-"
                    if got is None
                    else f"{got.value!r} {got.evidence.confidence:.2f} {'ACC' if got.evidence.accepted else 'no'} {got.evidence.validators}"
                )
                print(f"  {path.stem} {name} {kind}: {truth!r} <- {detail}")
        whole += clean
    seconds = time.perf_counter() - began
    kinds = ("right", "accepted", "missing", "wrong", "extra", "ACCEPTED WRONG")
    print(f"{'field':20}" + "".join(f"{kind:>15}" for kind in kinds) + f"{'recall':>8}{'precision':>10}")
    for name in [*sorted({name for name, _ in counts}), "all"]:
        row = [sum(n for (f, k), n in counts.items() if k == kind and name in {f, "all"}) for kind in kinds]
        there, given = row[0] + row[2] + row[3], row[0] + row[3] + row[4]
        print(
            f"{name:20}"
            + "".join(f"{n:>15}" for n in row)
            + f"{row[0] / max(1, there):>8.3f}{row[0] / max(1, given):>10.3f}"
        )
    print(
        f"class: {classes['right']} right, {classes['wrong']} wrong; {whole} of {orders} orders wholly right and accepted; "
        f"{pages} pages in {seconds:.1f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
