"""Specifications: the vendors' and the one in the docs can be loaded, a wrong one is told with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.fax.gateways.spec import VENDORS, at, load, text_at
from doorstep.errors import SettingsError

DOCS = Path(__file__).parents[4] / "docs" / "fax.md"


@pytest.mark.parametrize("vendor", sorted(path.stem for path in VENDORS.glob("*.yaml")))
def test_every_vendor_receives_sends_and_can_look_up_what_is_in_doubt(vendor: str) -> None:
    spec = load(vendor, None)
    assert spec.api.startswith("https://")
    assert spec.webhook
    assert spec.send
    assert spec.find
    assert spec.status
    assert spec.status.call
    assert spec.received.file or spec.received.link


def test_the_example_of_the_docs_can_be_loaded(tmp_path: Path) -> None:
    example = re.search(r"\n((?:    .*\n)*?    api: .*\n(?:    .*\n)+)", DOCS.read_text("utf-8"))
    assert example
    file = tmp_path / "example.yaml"
    file.write_text(example.group(1))
    spec = load("example", file)
    assert spec.webhook
    assert spec.webhook.file == "image"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("api: [", "is not YAML"),
        ("webhook: {check: none}", "webhook.check"),
        ("send: {call: {path: x}, id: i, more: 1}", "send.more"),
        ("send: {call: {path: '{secret}'}, id: i}", "{secret}"),
        ("- a", "Input should be"),
    ],
)
def test_a_wrong_specification_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(told)):
        load("own", file)


def test_paths_find_what_is_there_and_nothing_else() -> None:
    tree = {"a": [{"b": "x", "n": 2, "t": True, "z": None}], "a.b": "no"}
    assert text_at(tree, "a.0.b") == "x"
    assert text_at(tree, "$.a[0].n") == "2"
    assert text_at(tree, "a.0.t") == "true"
    for path in ("a.1.b", "a.-1.b", "a.0.b.c", "a.0.z", "", "a", "a.99999999999999"):
        assert text_at(tree, path) == ""
    assert at(None, "a") is None
