"""Every layout prints what its truth says, and the words as drawn are given out for work without OCR."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bench import fax
from bench.fax_prep import plain
from bench.faxes.__main__ import main
from bench.faxes.fonts import faces
from bench.faxes.layouts import Layout
from bench.faxes.layouts.heldout import HELD_OUT
from bench.faxes.layouts.known import KNOWN
from bench.faxes.page import Page
from bench.faxes.people import REQUIRED, make_case
from bench.faxes.say import BARRIER_WORDS, DATES, Values

LAYOUTS = {**KNOWN, **HELD_OUT}
SEEDS = range(3)


def drawn(layout: Layout, rng: random.Random) -> tuple[Values, list[Page]]:
    order_type = rng.choice(layout.types)
    families = layout.families if order_type == "dme" else ()
    values = Values(make_case(rng, "test", order_type, families, layout.items), rng, hand=layout.hand)
    sheets = []
    for draw in layout.pages:
        sheets.append(Page(faces(rng, test=True), rng))
        draw(sheets[-1], values)
    return values, sheets


def forms(name: str, value: Any, values: Values) -> Iterable[list[str]]:
    """Yield for each thing that must be printed the ways in which it may be."""
    if name in {"dob", "service_start", "service_end", "signature_date"}:
        yield [plain(date.fromisoformat(value).strftime(form)) for form in DATES]
    elif name == "discharge_deadline":
        yield [plain(date.fromisoformat(value[:10]).strftime(form)) for form in DATES]
        if "T" in value:
            yield [value[11:13] + value[14:16], f"{(int(value[11:13]) - 1) % 12 + 1}{value[14:16]}"]
    elif name == "icd10":
        yield from ([plain(code)] for code in value)
    elif name == "order_lines":
        yield from ([plain(line["code"])] for line in value)
        yield from ([f"{line['quantity']:g}"] for line in value)
    elif name == "frequency":
        yield [plain(values.frequency)]
    elif name == "ship_address":
        street, city, state, postal = values.truth.address_parts
        yield from ([plain(part)] for part in (*street.split(), city, state, postal))
    elif name == "access_barriers":
        yield from ([plain(words) for words in BARRIER_WORDS[barrier]] for barrier in value)
    elif name in {"member_name", "clinician_name"}:
        yield from ([plain(part)] for part in value.split())
    elif name != "signature_present":
        yield [plain(str(value))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_prints_every_required_element_inside_the_page_and_all_that_its_truth_says(
    name: str, seed: int
) -> None:
    values, sheets = drawn(LAYOUTS[name], random.Random(f"{name}-{seed}"))
    assert set(REQUIRED) <= values.fields().keys()
    assert [words for sheet in sheets for words in sheet.outside] == []
    printed = plain(" ".join(word for sheet in sheets for word, _ in sheet.words))
    absent = [
        (field, ways)
        for field, value in values.fields().items()
        for ways in forms(field, value, values)
        if not any(way in printed for way in ways)
    ]
    assert absent == []


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_a_sender_left_out_is_not_among_the_fields(name: str) -> None:
    rng = random.Random(name)
    layout = LAYOUTS[name]
    case = make_case(rng, "test", layout.types[0], layout.families, layout.items).without(
        "dob", "payer", "icd10", "order_lines", "ship_address"
    )
    values = Values(case, rng)
    sheets = [Page(faces(rng, test=True), rng) for _ in layout.pages]
    for draw, sheet in zip(layout.pages, sheets, strict=True):
        draw(sheet, values)
    assert not {"dob", "payer", "icd10", "order_lines", "ship_address"} & values.fields().keys()
    printed = plain(" ".join(word for sheet in sheets for word, _ in sheet.words))
    assert plain(values.truth.address_parts[0]) not in printed


def test_words_as_drawn_stand_beside_each_fax_and_are_measured_as_readings(tmp_path: Path) -> None:
    asked = f"{tmp_path} --count 1 --seed 3 --severity 1 --resolution standard --only orders --words"
    assert main(asked.split()) == 0
    (paper,) = [path for path in tmp_path.iterdir() if path.suffix in fax.SUFFIXES]
    reading, _ = fax.reading_of(paper, fax.DRAWN)
    truth = json.loads(paper.with_name(f"{paper.stem}.expected.json").read_text("utf-8"))
    assert len(reading.pages) == truth["pages"]
    words = [word for page in reading.pages for word in page.words]
    assert any(re.search(r"[A-Z]\d\d", word.text) for word in words)
    assert all(0 <= word.box[0] < word.box[2] <= 1728 for word in words)
