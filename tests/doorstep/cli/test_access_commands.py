"""`doorstep keys` and what `doorstep check` says of access."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doorstep.access.keys import hashed
from doorstep.cli.check import _access
from doorstep.cli.keys import keys
from doorstep.settings import load


def test_a_new_key_is_shown_once_with_what_the_settings_keep(capsys: pytest.CaptureFixture[str]) -> None:
    keys("north", as_json=True)
    keys("north", as_json=True)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["key"] != second["key"]
    assert len(first["key"]) > 40
    assert first["hash"] == hashed(first["key"])
    keys("north")
    told = capsys.readouterr().out
    assert '[access.clients."north"]' in told
    assert "sha256:" in told


def test_the_check_says_who_may_call_and_how(tmp_path: Path) -> None:
    assert [ok for _, ok, _ in _access(load())] == [True]
    north = {"keys": ["sha256:" + "0" * 64], "scopes": ["system/*.rs"]}
    missing = {"jwks_file": str(tmp_path / "none.json")}
    private = {"jwks": {"keys": [{"kty": "RSA", "d": "x"}]}}
    access = {"clients": {"north": north, "missing": missing, "private": private}}
    found = {what: (ok, advice) for what, ok, advice in _access(load(access=access))}
    assert found["access: operator"][0] is False
    assert "DOORSTEP_API_KEY" in found["access: operator"][1]
    assert found["access: north"] == (True, "tenant north, system/*.rs; by 1 API key(s)")
    assert found["access: missing"][0] is False
    assert "private" in found["access: private"][1]
    known = {what: ok for what, ok, _ in _access(load(api_key="k", access={"clients": {"north": north}}))}
    assert known == {"access: operator": True, "access: north": True}
