"""YAML is read as plain data, the same by libyaml as by Python."""

from __future__ import annotations

import pytest
import yaml

from doorstep.rules import rules_dir
from schemas.yaml_text import parsed


@pytest.mark.parametrize("name", ["clocks", "network/reasons", "desk"])
def test_a_file_of_the_rules_says_the_same_to_both_readers(name: str) -> None:
    text = (rules_dir() / f"{name}.yaml").read_text("utf-8")
    assert parsed(text) == yaml.safe_load(text)


@pytest.mark.parametrize("text", ["!!python/object/apply:os.getcwd []", "a: [1", "\x00"])
def test_what_is_no_plain_data_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        parsed(text)
