"""How well orders are extracted, apart from legibility: `python -m bench.faxes score --count 200 --seed 1`.

Faxes are made in memory, the words as drawn are extracted at once, and what went wrong is counted by its kind: missed,
wrong, or right on the page but of another field (the worst, since no engine's doubt would have stopped it).
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from bench.fax import NOW, Report, print_report, record_from
from bench.fax_score import Record, Value, plain
from bench.faxes import drawn
from bench.faxes.layouts import Layout
from bench.faxes.layouts.heldout import HELD_OUT
from bench.faxes.layouts.known import KNOWN
from bench.faxes.packet import Fax, make_order
from schemas.reading import Reading


def parser() -> argparse.ArgumentParser:
    asked = argparse.ArgumentParser(prog="python -m bench.faxes score", description=__doc__)
    asked.add_argument("--words", choices=("drawn",), default="drawn", help="the words to extract from")
    asked.add_argument("--set", dest="part", choices=("train", "dev", "test"), default="train")
    asked.add_argument("--count", type=int, default=100, help="orders of each layout")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--layout", action="append", help="only these layouts (several times)")
    asked.add_argument("--held-out", action="store_true", help="the layouts kept for tests instead of the known ones")
    asked.add_argument("--jobs", type=int, default=1)
    asked.add_argument("--show", action="store_true", help="print every value that is not right and accepted")
    return asked


def layout_named(name: str) -> Layout:
    """Return a layout, known or held out."""
    return {**KNOWN, **HELD_OUT}[name]


def one_order(part: str, seed: int, name: str, number: int) -> Fax:
    """Make order `number` on a layout, its pages drawn and never scanned."""
    rng = random.Random(f"bench-faxes-score-{part}-{seed}-{name}-{number}")
    return make_order(rng, part, name, layout_named(name), severity=0, lines=196, scanned=False)


def record_of(asked: tuple[str, int], *, part: str, seed: int) -> Record:
    """Extract one order from its words as drawn and lay it beside its truth."""
    name, number = asked
    fax = one_order(part, seed, name, number)
    reading = Reading.model_validate(drawn.reading(fax.sheets)["reading"])
    return record_from(f"{name}-{number:03d}", fax.expected, reading, NOW)


def kind_of(value: Value, others: Sequence[Value]) -> str | None:
    """Say what went wrong with a value; None where nothing did."""
    if value.right or (value.expected is None and value.got is None):
        return None
    if value.got is None:
        return "missed"
    other = next((o.field for o in others if o.field != value.field and _same(o.expected, value.got)), None)
    if other is not None:
        return f"from {other}"
    return "not printed" if value.expected is None else "wrong"


def _same(expected: Any, got: Any) -> bool:
    return isinstance(got, str) and isinstance(expected, str) and plain("", expected) == plain("", got)


def confusions(records: Iterable[Record]) -> Counter[tuple[str, str, str, str]]:
    """Return how often which field went wrong in which way on which layout, accepted or not."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for record in records:
        for value in record.values:
            kind = kind_of(value, record.values)
            if kind is not None:
                used = "ACCEPTED" if value.wrong_and_accepted and value.got is not None else ""
                found[value.field, kind, record.layout, used] += 1
    return found


def print_confusions(records: Sequence[Record]) -> None:
    """Print the kinds of faults by field, with the layouts they come from."""
    found = confusions(records)
    sums: Counter[tuple[str, str, str]] = Counter()
    for (field, kind, _, used), count in found.items():
        sums[field, kind, used] += count
    print(f"\n{'field':22}{'fault':26}{'times':>6}  layouts")
    for (field, kind, used), total in sorted(sums.items(), key=lambda item: (not item[0][2], -item[1])):
        layouts = Counter({lay: n for (f, k, lay, u), n in found.items() if (f, k, u) == (field, kind, used)})
        named = ", ".join(f"{lay} {n}" for lay, n in layouts.most_common(8))
        print(f"{field:22}{kind + (' ' + used if used else ''):26}{total:>6}  {named}")


def main(arguments: Sequence[str]) -> int:
    asked = parser().parse_args(arguments)
    names = asked.layout or list(HELD_OUT if asked.held_out else KNOWN)
    unknown = [name for name in names if name not in {**KNOWN, **HELD_OUT}]
    if unknown:
        print(f"no layout {unknown[0]}; python -m bench.faxes --list names them", file=sys.stderr)
        return 2
    work = partial(record_of, part=asked.part, seed=asked.seed)
    wanted = [(name, number) for name in names for number in range(asked.count)]
    if asked.jobs == 1:
        records = tuple(map(work, wanted))
    else:
        with ProcessPoolExecutor(asked.jobs, mp_context=get_context("forkserver")) as pool:
            records = tuple(pool.map(work, wanted, chunksize=4))
    print_report(Report(records), show=asked.show)
    print_confusions(records)
    return 0
