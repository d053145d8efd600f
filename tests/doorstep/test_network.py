"""The operator's directory: a right file is taken while the hub runs, a wrong one is refused and the old stays."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from doorstep.cli import build
from doorstep.errors import Refused, SettingsError
from doorstep.journal import Journal, Routes
from doorstep.network import NetworkFile, put, read
from doorstep.rules import load, rules_dir
from schemas.network import Directory
from schemas.onboarding import ProviderChanged

SAMPLE = load("network/sample")
RUN = CliRunner()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "network.yaml"
    write(path, {"version": "2026-11-01", "providers": SAMPLE["providers"][:3]})
    return path


def write(path: Path, raw: object) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(raw if isinstance(raw, str) else yaml.safe_dump(raw), "utf-8")
    draft.replace(path)


def npis(found: object) -> list[str]:
    return [provider["npi"] for provider in found["providers"]]  # type: ignore[index]


def test_a_changed_file_is_taken_at_the_next_look_and_the_same_is_not_read_again(file: Path) -> None:
    live = NetworkFile(file)
    first = live()
    assert live() is first
    write(file, {"version": "2026-11-02", "providers": SAMPLE["providers"][:5]})
    assert len(npis(live())) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "[]",
        "providers: {",
        "version: 2026-11-01\nproviders: [{npi: '1'}]",
        {"version": "2026-11-01", "providers": [{**SAMPLE["providers"][0], "npi": "1285894247"}]},
        {"version": "2026-11-01", "providers": [SAMPLE["providers"][0]] * 2},
        {"version": "2026-11-01", "providers": [{**SAMPLE["providers"][0], "tax_id": "1"}]},
    ],
)
def test_a_wrong_file_is_refused_and_the_old_one_stays(file: Path, wrong: object) -> None:
    live = NetworkFile(file)
    before = npis(live())
    write(file, wrong)
    assert npis(live()) == before
    assert npis(live()) == before
    with pytest.raises(SettingsError):
        NetworkFile(file)
    write(file, {"version": "2026-11-03", "providers": SAMPLE["providers"][:1]})
    assert npis(live()) == before[:1]


def test_a_file_that_is_gone_leaves_the_old_one(file: Path) -> None:
    live = NetworkFile(file)
    before = npis(live())
    file.unlink()
    assert npis(live()) == before


def test_a_provider_is_put_in_the_place_of_its_own_and_a_wrong_one_changes_nothing(file: Path) -> None:
    one = {**SAMPLE["providers"][1], "capacity": 7}
    assert put(file, one) is False
    assert put(file, SAMPLE["providers"][4]) is True
    found = read(file)
    assert {p["npi"]: p["capacity"] for p in found["providers"]}[one["npi"]] == 7
    before = file.read_bytes()
    with pytest.raises(Refused, match="npi"):
        put(file, {**one, "npi": "12"})
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_the_command_checks_shows_and_puts(file: Path, tmp_path: Path) -> None:
    app = build("network")
    checked = RUN.invoke(app, ["network", "check", str(file)])
    assert (checked.exit_code, checked.stdout) == (
        0,
        "right: 3 providers, 0 with something that keeps offers from them\n",
    )
    lapsed = next(p for p in SAMPLE["providers"] if p["name"] == "Lapsed Licence Medical")
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(lapsed), "utf-8")
    assert RUN.invoke(app, ["network", "put", str(tmp_path / "one.yaml"), str(file)]).stdout == "added\n"
    shown = RUN.invoke(app, ["network", "show", str(file)]).stdout
    assert "Lapsed Licence Medical: no licence that holds" in shown
    assert "Buckeye Home Medical: may take offers" in shown
    as_json = RUN.invoke(app, ["network", "show", "--json", str(file)]).stdout.splitlines()
    assert len(as_json) == 4
    write(file, "providers: {")
    assert isinstance(RUN.invoke(app, ["network", "check", str(file)]).exception, SettingsError)


def test_show_has_what_the_api_put_in_and_a_named_file_only_itself(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Directory.model_validate(SAMPLE).providers[0]
    changed = first.model_copy(update={"name": "Renamed Medical"})
    new = first.model_copy(update={"npi": "1234567893", "name": "New Medical"})

    async def put_in() -> None:
        url = f"sqlite:///{tmp_path / 'journal.db'}"
        async with Journal.open(url, data_dir=tmp_path, routes=Routes(), rules_dir=rules_dir()) as journal:
            for one in (changed, new):
                said = ProviderChanged(npi=one.npi, revision=1, by="Robin Field", changed=("name",), provider=one)
                await journal.write(lambda unit, said=said: unit.append(said, source="test"))

    asyncio.run(put_in())
    monkeypatch.setenv("DOORSTEP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DOORSTEP_NETWORK_FILE", str(file))
    shown = RUN.invoke(build(), ["network", "show"]).stdout
    assert f"{first.npi}  Renamed Medical (revision 1, by Robin Field): may take offers" in shown
    assert "1234567893  New Medical" in shown
    assert first.name not in shown
    lines = RUN.invoke(build(), ["network", "show", "--json"]).stdout.splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["api", "file", "file", "api"]
    assert "New Medical" not in RUN.invoke(build(), ["network", "show", str(file)]).stdout
