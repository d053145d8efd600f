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
    with pytest.raises(SettingsError, match=r"set DOORSTEP_API_KEY$"):
        load(host="0.0.0.0", trusted_network=True).check_exposure()
    load(host="0.0.0.0", trusted_network=True, api_key="k").check_exposure()
    load(host="::1").check_exposure()


def test_a_hub_behind_a_proxy_needs_credentials_too() -> None:
    with pytest.raises(SettingsError, match=r"DOORSTEP_BASE_URL=https://hub\.example"):
        load(base_url="https://hub.example").check_exposure()
    load(base_url="https://hub.example", api_key="k").check_exposure()
    load(base_url="http://localhost:8080").check_exposure()
    desk = {"operator": True, "keys": ["sha256:" + "0" * 64]}
    load(base_url="https://hub.example", access={"clients": {"desk": desk}}).check_exposure()


@pytest.mark.parametrize(
    ("client", "named"),
    [
        ({}, "no way to prove itself"),
        ({"keys": ["plain"]}, "doorstep keys"),
        ({"keys": ["sha256:" + c * 64 for c in "abc"]}, "keys"),
        ({"jwks": {}, "jwks_uri": "https://x.example"}, "one of jwks"),
        ({"jwks_uri": "http://x.example/keys"}, "https"),
        ({"jwks": {}, "scopes": ["openid"]}, "scope"),
        ({"certificates": ["hospital.example"]}, "DNS:"),
        ({"jwks": {}, "tenant": "two words"}, "tenant"),
        ({"jwks": {}, "secret": "x"}, "secret"),
    ],
)
def test_a_client_that_is_set_wrong_is_named(client: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(access={"clients": {"north": client}})


def test_certificates_as_proof_need_the_ca_that_signs_them() -> None:
    settings = load(access={"clients": {"north": {"certificates": ["DNS:north.example"]}}})
    with pytest.raises(SettingsError, match="DOORSTEP_TLS_CLIENT_CA"):
        settings.check_exposure()


def test_clients_can_be_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_ACCESS__TOKEN_SECONDS", "60")
    monkeypatch.setenv("DOORSTEP_ACCESS__CLIENTS", '{"north": {"keys": ["sha256:%s"]}}' % ("0" * 64))
    settings = load()
    assert settings.access_on
    assert settings.access.token_seconds == 60
    assert settings.access.clients["north"].registered[0].text == "system/*.cruds"


def test_a_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(load(api_key="hunter2"))
