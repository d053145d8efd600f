"""Writes faxes and what must be read from them: `python -m bench.faxes [OUT_DIR] --set train --count 100 --seed 1`."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.faxes import drawn, fonts, line, score
from bench.faxes.layouts.heldout import HELD_OUT
from bench.faxes.layouts.known import KNOWN
from bench.faxes.others import OTHERS
from bench.faxes.packet import Fax, again, make_order, make_other, over_the_line

ROOT = Path(__file__).resolve().parents[2]
SEVERITIES = (15, 25, 30, 20, 10)
"""How often each severity is drawn when none is asked for."""


def parser() -> argparse.ArgumentParser:
    asked = argparse.ArgumentParser(prog="python -m bench.faxes", description=__doc__)
    asked.add_argument(
        "out", nargs="?", type=Path, default=ROOT / ".cache" / "faxes", help="folder to write to (default .cache/faxes)"
    )
    asked.add_argument("--set", dest="part", choices=("train", "dev", "test"), default="train")
    asked.add_argument("--count", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--severity", type=int, choices=range(5), help="one severity instead of a mixture")
    asked.add_argument("--resolution", choices=("fine", "standard", "both"), default="both")
    asked.add_argument("--layout", help="one layout, or one other kind, instead of all")
    asked.add_argument("--only", choices=("orders", "others"), help="leave out the other papers, or the orders")
    asked.add_argument("--channel", choices=("direct", "t30"), default="direct", help="t30: through a real T.30 call")
    asked.add_argument("--words", action="store_true", help="write the words as drawn beside each fax, NAME.words.json")
    asked.add_argument("--list", action="store_true", help="print the names of layouts and other kinds")
    return asked


def one(
    part: str,
    seed: int,
    number: int,
    *,
    severity: int | None = None,
    resolution: str = "both",
    layout: str | None = None,
    only: str | None = None,
) -> Fax:
    """Make fax `number` of a set: the same for the same arguments, whatever else is made beside it."""
    rng = random.Random(f"bench-faxes-{part}-{seed}-{number}")
    level = rng.choices(range(5), SEVERITIES)[0] if severity is None else severity
    lines = {"fine": 196, "standard": 98, "both": 196 if rng.random() < 0.7 else 98}[resolution]
    orders = only == "orders" or (only is None and rng.random() < 0.75)
    if layout in OTHERS or (layout is None and not orders):
        return make_other(rng, part, layout or rng.choice(tuple(OTHERS)), level, lines)
    names = tuple(KNOWN) if part != "test" or rng.random() < 0.4 or not HELD_OUT else tuple(HELD_OUT)
    name = layout or rng.choice(names)
    fax = make_order(rng, part, name, {**KNOWN, **HELD_OUT}[name], level, lines)
    fax.expected["held_out"] = name in HELD_OUT
    return fax


def faxes(part: str, count: int, seed: int, **choices: object) -> Iterator[tuple[str, Fax]]:
    """Yield (stem, fax); one in fifty orders comes a second time, as a resent copy."""
    for number in range(count):
        stem, fax = f"{part}-{seed}-{number:05d}", one(part, seed, number, **choices)  # type: ignore[arg-type]
        yield stem, fax
        rng = random.Random(f"bench-faxes-again-{part}-{seed}-{number}")
        if fax.expected["kind"] == "order" and rng.random() < 0.02:
            yield f"{stem}-again", again(fax, rng, stem)


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["score"]:
        return score.main(arguments[1:])
    asked = parser().parse_args(arguments)
    if asked.list:
        print(
            *KNOWN, *(f"{name} (test only)" for name in HELD_OUT), *(f"{name} (no order)" for name in OTHERS), sep="\n"
        )
        return 0
    if asked.layout in HELD_OUT and asked.part != "test":
        print(
            f"{asked.layout} is kept for --set test, so that it can show how well unseen forms are read",
            file=sys.stderr,
        )
        return 2
    if asked.layout is not None and asked.layout not in {**KNOWN, **HELD_OUT, **OTHERS}:
        print(f"no layout {asked.layout}; --list names them", file=sys.stderr)
        return 2
    if asked.channel == "t30":
        try:
            line.library()
        except line.LineError as error:
            print(error, file=sys.stderr)
            return 3
    if fonts.absent():
        print(
            f"{len(fonts.absent())} font files are not installed, so pages look more alike: apt-get install {fonts.PACKAGES}",
            file=sys.stderr,
        )
    asked.out.mkdir(parents=True, exist_ok=True)
    began, pages, written = time.perf_counter(), 0, 0
    for stem, fax in faxes(
        asked.part,
        asked.count,
        asked.seed,
        severity=asked.severity,
        resolution=asked.resolution,
        layout=asked.layout,
        only=asked.only,
    ):
        if asked.channel == "t30":
            try:
                over_the_line(fax, random.Random(f"bench-faxes-line-{stem}"))
            except line.LineError as error:
                print(f"{stem}: left out, {error}", file=sys.stderr)
                continue
        (asked.out / f"{stem}{fax.form.suffix}").write_bytes(fax.data)
        if asked.words:
            (asked.out / f"{stem}.words.json").write_text(json.dumps(drawn.reading(fax.sheets)), "utf-8")
        truth = json.dumps(fax.expected, indent=1, sort_keys=True, ensure_ascii=False)
        (asked.out / f"{stem}.expected.json").write_text(truth + "\n", "utf-8")
        pages, written = pages + len(fax.pages), written + 1
    seconds = time.perf_counter() - began
    print(
        f"{written} faxes, {pages} pages in {seconds:.1f} s ({pages / max(seconds, 1e-9):.1f} pages a second) in {asked.out}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
