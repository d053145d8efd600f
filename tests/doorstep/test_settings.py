"""Settings: environment over file over default, and a wrong one names itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from doorstep.errors import SettingsError
from doorstep.settings import load


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONFIG", "HTTP_PORT", "DATA_DIR", "HOST"):
        monkeypatch.delenv(f"DOORSTEP_{name}", raising=False)


def test_defaults_are_loopback_and_sqlite() -> None:
    settings = load()
    assert settings.loopback
    assert settings.journal_url.startswith("sqlite:///")
    assert (settings.http_port, settings.mllp_port, settings.smtp_port) == (8080, 2575, 2525)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "doorstep.toml").write_text('http_port = 9001\nmllp_port = 9002\n[connectors.fax]\nhub_name = "Hub"\n')
    monkeypatch.setenv("DOORSTEP_HTTP_PORT", "9003")
    settings = load()
    assert (settings.http_port, settings.mllp_port) == (9003, 9002)
    assert settings.connectors == {"fax": {"hub_name": "Hub"}}


def test_a_connectors_setting_may_be_json_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_CONNECTORS__HL7V2__PARTNERS", '{"EHR|HOSP": "127.0.0.1:2576"}')
    assert load().connectors == {"hl7v2": {"partners": {"EHR|HOSP": "127.0.0.1:2576"}}}


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("http_port = 70000\n", "http_port"),
        ("no_such = 1\n", "no_such"),
        ("http_port = \n", "doorstep.toml"),
        ('[connectors]\nfax = "x"\n', "connectors.fax"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, toml: str, named: str) -> None:
    (tmp_path / "doorstep.toml").write_text(toml)
    with pytest.raises(SettingsError, match=named):
        load()


def test_a_config_file_that_is_named_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_CONFIG", "missing.toml")
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load()


def test_listening_to_other_machines_needs_tls_and_credentials() -> None:
    with pytest.raises(SettingsError, match="DOORSTEP_TLS_CERT, DOORSTEP_TLS_KEY, DOORSTEP_TLS_CLIENT_CA"):
        load(host="0.0.0.0").check_exposure()
    load(host="0.0.0.0", trusted_network=True).check_exposure()
    load(host="::1").check_exposure()


def test_a_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(load(api_key="hunter2"))
