"""What each step of page preparation is worth: `python -m bench.fax_prep [FOLDER...] [--only WORD] [--jobs N]`.

For each step and engine: the share of printed truth values that stand in the text that was read (blanks, dots and
hyphens aside), the share of values misread as another value of the same shape, and processor seconds a page.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from PIL import Image
from rapidfuzz.distance import Levenshtein

from doorstep.ocr import decode, document, prepare
from doorstep.ocr.agree import merge, plain
from doorstep.ocr.engines import choose_engine, choose_lead
from schemas.reading import Word

ROOT = Path(__file__).resolve().parent.parent
DATES = ("%m%d%Y", "%m%d%y", "%Y%m%d", "%B%d%Y", "%b%d%Y", "%d%b%Y", "%d%B%Y")
SKIPPED = frozenset({"signature_present", "access_barriers", "frequency", "discharge_deadline"})
CHECKED = frozenset(
    {"clinician_npi", "member_id", "icd10", "order_lines", "dob", "signature_date", "contact_phone", "practice_phone"}
)
Step = Callable[[Image.Image], Image.Image]


def turned(page: Image.Image) -> Image.Image:
    angle = prepare.skew(page)
    return page.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255) if abs(angle) >= 0.15 else page


STEPS: dict[str, tuple[Step, ...]] = {
    "square pixels": (),
    "+ straight": (turned,),
    "+ straight, edges off": (turned, prepare.drop_edges),
    "+ straight, edges off, soft": (turned, prepare.drop_edges, prepare.soften),
}


def printed(name: str, value: Any) -> Iterator[set[str]]:
    """Yield for each value of a field the ways in which it may be printed, letters and digits only."""
    if name in SKIPPED or value in (None, [], False, True):
        return
    for one in value if isinstance(value, list) else [value]:
        text = str(one["code"] if isinstance(one, dict) and "code" in one else one)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            forms = {plain(day.strftime(form)) for form in DATES}
            bare = (f"{day.month}{day.day}{day:%Y}", f"{day.month}{day.day}{day:%y}", f"{day.day}{day:%b%Y}")
            yield forms | {plain(form) for form in (*bare, f"{day:%B}{day.day}{day:%Y}", f"{day:%b}{day.day}{day:%Y}")}
        elif name == "ship_address":
            yield {plain(text.split(",", maxsplit=1)[0])}
        elif name in {"member_name", "clinician_name"} and len(text.split()) > 1:
            yield {plain(text), plain(" ".join([text.rsplit(maxsplit=1)[-1], *text.split()[:-1]]))}
        elif not isinstance(one, dict) or "code" in one:
            yield {plain(text)}


def misread(forms: set[str], words: set[str]) -> bool:
    """Say whether a value is absent and another one of the same shape and within two letters stands in its place."""
    shape = {re.sub(r"[a-z]", "a", re.sub(r"\d", "0", form)): form for form in forms if len(form) >= 5}
    for word in words:
        form = shape.get(re.sub(r"[a-z]", "a", re.sub(r"\d", "0", word)))
        if form is not None and 0 < Levenshtein.distance(form, word) <= 2:
            return True
    return False


def images(path: Path) -> Iterator[tuple[Image.Image, Image.Image]]:
    """Yield each page with square pixels and as it came."""
    if path.suffix != ".tif":
        return
    with Image.open(path) as came:
        for number, raw in enumerate(decode.image_pages(path.read_bytes(), "TIFF")):
            if raw.image is not None:
                came.seek(number)
                yield raw.image, decode.flatten(came)


def read(path: Path) -> list[tuple[str, str, str, int, int, int, int, float]]:
    """Return (step, engine, group, values, found, checked values, misread, seconds) for one fax."""
    truth = json.loads(path.with_name(f"{path.stem}.expected.json").read_text("utf-8"))
    group = f"{truth.get('resolution')} severity {truth.get('severity')}"
    base, lead = choose_engine(), choose_lead()
    engines: dict[str, Callable[[Image.Image], list[Word]]] = {"T": base.read}
    if lead is not None:
        engines["R"] = lead.read
    got: dict[tuple[str, str], list[Word]] = defaultdict(list)
    spent: dict[tuple[str, str], float] = defaultdict(float)
    pages = 0
    for square, came in images(path):
        pages += 1
        here: dict[tuple[str, str], list[Word]] = {}
        upright = square
        for turn in (None, *document.TURNS.values()):
            upright = square if turn is None else square.transpose(turn)
            if document.legible(base.read(upright)) >= document.FEW_WORDS:
                break
        for step, engine in [("as it came", e) for e in engines] + [(s, e) for s in STEPS for e in engines]:
            began = time.process_time()
            page = came if step == "as it came" else upright
            for change in STEPS.get(step, ()):
                page = change(page)
            here[step, engine] = words = engines[engine](page)
            spent[step, engine] += time.process_time() - began
            got[step, engine] += document.number_lines(tuple(words))
        if lead is not None:
            both = merge(here["+ straight, edges off", "R"], here["+ straight, edges off, soft", "T"])
            got["merged", "both"] += document.number_lines(tuple(both))
            got["merged, agreed only", "both"] += [w for w in document.number_lines(tuple(both)) if w.agrees]
    rows = []
    for (step, engine), words in got.items():
        text = plain("".join(w.text for w in words))
        single = {plain(w.text) for w in words}
        values = [(name, forms) for name, value in truth.get("fields", {}).items() for forms in printed(name, value)]
        found = sum(any(form in text for form in forms) for _, forms in values)
        checked = [forms for name, forms in values if name in CHECKED]
        wrong = sum(not any(form in text for form in forms) and misread(forms, single) for forms in checked)
        rows.append((step, engine, group, len(values), found, len(checked), wrong, spent[step, engine] / max(1, pages)))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "tests" / "samples" / "fax"])
    parser.add_argument("--only", default="")
    parser.add_argument("--every", type=int, default=1, help="take each n-th fax only")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    found = (p for folder in options.folders for p in folder.rglob("*.tif") if options.only in p.name)
    paths = [p for p in sorted(found) if _is_order(p)][:: options.every]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("forkserver")) as pool:
        rows = [row for each in pool.map(partial(read), paths) for row in each]
    groups = sorted({row[2] for row in rows})
    print("share of printed values in the text, %; then misread, % of checked values; then processor seconds a page")
    print(f"{'':38}" + "".join(f"{g.replace(' severity ', '/'):>12}" for g in (*groups, "all")) + f"{'s/page':>8}")
    for step, engine in sorted({row[:2] for row in rows}, key=lambda key: (key[1], key[0])):
        cells = []
        for group in (*groups, ""):
            mine = [r for r in rows if r[:2] == (step, engine) and group in {r[2], ""}]
            n, f, c, w = (sum(r[i] for r in mine) for i in (3, 4, 5, 6))
            cells.append(f"{100 * f / max(1, n):.0f} ({100 * w / max(1, c):.1f})")
        seconds = sum(r[7] for r in rows if r[:2] == (step, engine))
        seconds /= max(1, sum(1 for r in rows if r[:2] == (step, engine)))
        print(f"{engine + ': ' + step:38}" + "".join(f"{cell:>12}" for cell in cells) + f"{seconds:>8.2f}")
    return 0


def _is_order(path: Path) -> bool:
    beside = path.with_name(f"{path.stem}.expected.json")
    return beside.is_file() and bool(json.loads(beside.read_text("utf-8")).get("fields"))


if __name__ == "__main__":
    sys.exit(main())
