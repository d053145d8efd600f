"""The fax generator says the truth about its pages, and keeps what is for tests from what is for training."""

from __future__ import annotations

import io
import json
import random
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from bench.faxes import line
from bench.faxes.__main__ import faxes, main, one
from bench.faxes.catalogue import DIAGNOSES, GOODS
from bench.faxes.files import Form, pack
from bench.faxes.fonts import faces
from bench.faxes.layouts.heldout import HELD_OUT
from bench.faxes.layouts.known import KNOWN
from bench.faxes.others import OTHERS
from bench.faxes.page import Page
from bench.faxes.people import make_case
from bench.faxes.pools import PLACES
from bench.faxes.say import Values
from doorstep import rules
from schemas.document import DocumentClass
from schemas.fields import problems_of
from schemas.identifiers import npi_ok, state_of_zip


def drawn(name: str, rng: random.Random, part: str = "test", **how: object) -> tuple[Values, list[Page]]:
    layout = {**KNOWN, **HELD_OUT}[name]
    order_type = rng.choice(layout.types)
    case = make_case(rng, part, order_type, layout.families if order_type == "dme" else (), layout.items)
    values = Values(case, rng, hand=layout.hand, **how)  # type: ignore[arg-type]
    sheets = []
    for draw in layout.pages:
        sheets.append(Page(faces(rng, test=part == "test"), rng))
        draw(sheets[-1], values)
    return values, sheets


def test_the_truth_is_in_the_forms_that_the_hub_reads() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        case = make_case(rng, rng.choice(("train", "test")), rng.choice(tuple(GOODS)), (), 3)
        fields = case.truth.fields()
        assert problems_of(fields) == {}
        assert npi_ok(fields["clinician_npi"])
        assert (
            date.fromisoformat(fields["dob"])
            < date.fromisoformat(fields["signature_date"])
            <= date.fromisoformat(fields["service_start"])
        )


def test_every_code_and_place_is_a_real_one() -> None:
    assert {code for goods in GOODS.values() for good in goods for code in good.icd10} <= DIAGNOSES.keys()
    assert all(code.replace(".", "") in {leaf.replace(".", "") for leaf in rules.icd10_leaves()} for code in DIAGNOSES)
    assert all(state in state_of_zip(postal, rules.zip3_states()) for _, state, postal, _ in PLACES)
    assert len({state for _, state, _, _ in PLACES}) == 51


def test_the_same_seed_gives_the_same_bytes_and_another_set_gives_others() -> None:
    first, again, other = (one(part, 3, 5, severity=2, resolution="standard") for part in ("train", "train", "dev"))
    assert (first.data, first.expected) == (again.data, again.expected)
    assert first.data != other.data


def test_training_never_sees_the_layouts_kept_for_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--set", "train", "--layout", next(iter(HELD_OUT))]) == 2
    assert "kept for --set test" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert len(KNOWN) >= 16
    assert len(HELD_OUT) >= 4


def test_people_of_the_test_set_have_surnames_that_no_training_person_has() -> None:
    surnames = {
        part: {make_case(random.Random(n), part).truth.member_name.split()[-1].split("-")[0] for n in range(300)}
        for part in ("train", "test")
    }
    assert not surnames["train"] & surnames["test"]


@pytest.mark.parametrize("kind", OTHERS)
def test_papers_that_are_no_order_carry_no_fields(kind: str) -> None:
    fax = one("train", 1, 0, severity=1, resolution="standard", layout=kind)
    assert fax.expected["fields"] == {}
    assert DocumentClass(fax.expected["document_class"])
    assert fax.expected["pages"] == len(fax.pages)


@pytest.mark.parametrize("tags", ["honest", "missing", "lying"])
@pytest.mark.parametrize("coding", ["g4", "g3-1d", "g3-2d"])
def test_a_packed_page_is_the_page_itself_whatever_its_tags_say(coding: str, tags: str) -> None:
    page = one("train", 1, 0, severity=2, resolution="standard", layout="letter").pages[0]
    image = Image.open(io.BytesIO(pack([page, page], 98, Form(coding, lsb_first=coding == "g4", tags=tags))))
    assert image.n_frames == 2
    assert image.tag_v2[262] == 0
    assert image.convert("1").tobytes() == page.tobytes()
    assert image.tag_v2.get(283) == {"honest": 98, "missing": None, "lying": 196}[tags]


def test_a_struck_out_value_stands_beside_its_replacement_and_the_truth_is_the_new_one() -> None:
    values, sheets = drawn("written_order", random.Random(8), struck="dob")
    assert sheets[0].struck == ["dob"]
    assert values.fields()["dob"] == values.truth.dob


def test_a_run_writes_each_fax_with_its_truth_beside_it(tmp_path: Path) -> None:
    assert (
        main(
            [
                str(tmp_path),
                "--set",
                "dev",
                "--count",
                "3",
                "--seed",
                "2",
                "--severity",
                "1",
                "--resolution",
                "standard",
            ]
        )
        == 0
    )
    papers = [path for path in tmp_path.iterdir() if path.suffix in {".tif", ".pdf"}]
    assert len(papers) >= 3
    for path in papers:
        expected = json.loads(path.with_name(f"{path.stem}.expected.json").read_text("utf-8"))
        assert {
            "fields",
            "missing",
            "document_class",
            "patients",
            "pages",
            "layout",
            "severity",
            "resolution",
            "outcome",
        } <= expected.keys()


@pytest.mark.slow
def test_two_patients_in_one_packet_go_to_review_without_fields() -> None:
    packets = [
        fax
        for _, fax in faxes("train", 60, 4, severity=0, resolution="standard", only="orders", layout="letter")
        if fax.expected["patients"] == 2
    ]
    assert packets
    assert all(fax.expected["outcome"] == "review" and fax.expected["fields"] == {} for fax in packets)


def test_a_call_without_noise_brings_every_row_and_one_with_noise_spoils_some() -> None:
    try:
        line.library()
    except line.LineError as error:
        pytest.skip(str(error))
    page = one("train", 1, 0, severity=0, resolution="standard", layout="letter").pages[0]
    sent = pack([page], 98, Form("g3-1d"))
    clean = Image.open(io.BytesIO(line.send(sent, 0, random.Random(1)))).convert("1")
    assert clean.tobytes() == page.tobytes()
    noisy = Image.open(io.BytesIO(line.send(sent, 4, random.Random(1)))).convert("1")
    assert noisy.tobytes() != page.tobytes()
    assert noisy.width == 1728
