"""The fax samples are what their expectations say, and their generator writes the same bytes each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.samples import make_fax

FOLDER = make_fax.FOLDER
TIFFS = sorted(FOLDER.glob("order-*.tif")) + sorted(FOLDER.glob("other-*.tif"))


@pytest.mark.slow
def test_the_generator_writes_the_same_bytes_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_fax, "FOLDER", tmp_path)
    make_fax.main()
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in FOLDER.iterdir()}


def test_there_are_enough_of_each_kind() -> None:
    told = [json.loads(path.read_text()) for path in FOLDER.glob("order-*.expected.json")]
    assert len(told) >= 24
    assert len({t["layout"] for t in told}) >= 7
    assert {t["resolution"] for t in told} == {"204x98", "204x196", "text"}
    assert {t["form"] for t in told} == {"g3-1d", "g3-2d", "g4", "pdf-text", "pdf-scan"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 6_000_000


@pytest.mark.parametrize("path", TIFFS, ids=lambda path: path.stem)
def test_each_tiff_is_a_fax_with_true_resolution_tags(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())
    with Image.open(path) as image:
        assert (image.mode, image.width) == ("1", 1728)
        assert getattr(image, "n_frames", 1) == expected["pages"]
        down = image.info["dpi"][1]
        assert image.info["dpi"][0] == 204
        assert image.height == {98: 1078, 196: 2156}[down]
        for page in range(expected["pages"]):
            image.seek(page)
            image.load()
    if "resolution" in expected:
        assert expected["resolution"] == f"204x{int(down)}"
