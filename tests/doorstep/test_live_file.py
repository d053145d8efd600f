"""Who answers for escalations, as a file of the operator's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from doorstep.cli.check import _escalations
from doorstep.errors import SettingsError
from doorstep.live_file import LiveFile, escalations
from doorstep.rules import load
from doorstep.settings import Settings

RULES: dict[str, Any] = load("escalations")


def write(path: Path, email: object, *, level: int = 0) -> None:
    levels = [{**one, **({"email": email} if number == level else {})} for number, one in enumerate(RULES["levels"])]
    draft = path.with_suffix(".draft")
    draft.write_text(yaml.safe_dump({**RULES, "levels": levels}), "utf-8")
    draft.replace(path)


def test_a_changed_address_counts_at_the_next_escalation_and_a_wrong_one_leaves_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "escalations.yaml"
    write(file, "nora@desk.example")
    live = LiveFile(file, escalations, "escalations")
    for email, counts in (("other@desk.example", "other@desk.example"), ("no address", "other@desk.example")):
        write(file, email)
        assert live()["levels"][0]["email"] == counts


@pytest.mark.parametrize("email", ["no address", "a@b.example\r\nBcc: c@d.example", "ü@desk.example", 7])
def test_a_level_has_one_plain_address_or_none(tmp_path: Path, email: object) -> None:
    file = tmp_path / "escalations.yaml"
    write(file, email)
    with pytest.raises(SettingsError, match=r"levels\.0\.email"):
        escalations(file)


def test_the_check_names_the_levels_that_a_person_must_tell(tmp_path: Path) -> None:
    file = tmp_path / "escalations.yaml"
    write(file, "nora@desk.example")
    known = Settings(escalations_file=file, data_dir=tmp_path)
    assert _escalations(known) == ("escalations", True, "3 levels; no mail address: level 2, 3")
    file.write_text("levels: []")
    assert _escalations(known)[1] is False
