"""What goes wrong on the command line is one line on stderr and an exit code, never a traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.doorstep.cli.running import doorstep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize(
    "args", [["cases"], ["case", "DS-1"], ["events"], ["find", "--control-id", "x"], ["replay", "x"], ["dead-letters"]]
)
def test_without_a_journal_nothing_is_made(args: list[str], tmp_path: Path) -> None:
    doorstep(*args, cwd=tmp_path, data_dir=str(tmp_path / "none")).failed(1, "no journal")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://"])
def test_a_database_url_of_no_use_is_named(url: str, tmp_path: Path) -> None:
    doorstep("cases", cwd=tmp_path, database_url=url).failed(2, "database URL")
    checked = doorstep("check", cwd=tmp_path, database_url=url)
    checked.failed(1, "need fixing")
    assert "DOORSTEP_DATABASE_URL" in checked.out


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    away = {"database_url": "postgresql+psycopg://u:hunter2@127.0.0.1:1/x"}
    for command in ("cases", "serve"):
        ran = doorstep(command, cwd=tmp_path, **away)
        ran.failed(1, "journal cannot be used")
        assert "hunter2" not in ran.err


@pytest.mark.parametrize(
    ("toml", "word"),
    [("http_port = \n", "doorstep.toml"), ("no_such = 1\n", "no_such"), ("http_port = 'x'", "http_port")],
)
def test_a_bad_settings_file_is_named(toml: str, word: str, tmp_path: Path) -> None:
    (tmp_path / "doorstep.toml").write_text(toml)
    doorstep("serve", cwd=tmp_path).failed(2, word)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"log_level": "LOUD"}, "log_level"),
        ({"connectors": "{x"}, "connectors"),
        ({"connectors__nope__a": "1"}, "connectors.nope"),
        ({"connectors__fax__nope": "1"}, "connectors.fax.nope"),
        ({"config": "/"}, "DOORSTEP_CONFIG"),
        ({"host": "0.0.0.0"}, "DOORSTEP_TLS_CERT"),
        ({"base_url": "hub.example"}, "base_url"),
        ({"data_dir": "/dev/null/x"}, "/dev/null/x"),
        ({"data_dir": "/proc/x"}, "/proc/x"),
        ({"tls_cert": "/nope.pem", "tls_key": "/nope.pem"}, "DOORSTEP_TLS_CERT"),
    ],
)
def test_serve_refuses_a_wrong_setting_by_name(settings: dict[str, str], word: str, tmp_path: Path) -> None:
    doorstep("serve", cwd=tmp_path, **settings).failed(2, word)


@pytest.mark.parametrize("port", ["http", "mllp", "smtp"])
def test_a_taken_port_names_its_setting(port: str, tmp_path: Path) -> None:
    free = {"http_port": "0", "mllp_port": "0", "smtp_port": "0"}
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = {**free, f"{port}_port": str(other.getsockname()[1])}
        doorstep("serve", cwd=tmp_path, **taken).failed(2, f"DOORSTEP_{port.upper()}_PORT")


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["serve", "--only", "intake,nonsense"], "nonsense"),
        (["serve", "--ready-file", "/proc/x/ready.json"], "/proc/x"),
        (["tail", "no.topic"], "no.topic"),
        (["schema", "nope"], "nope"),
        (["send", "doorstep.toml", "--to", "ftp://x"], "--to"),
        (["send", "doorstep.toml", "--to", "mllp://127.0.0.1:abc"], "--to"),
        (["send", "doorstep.toml", "--to", "mllp://["], "--to"),
        (["send", "missing", "--to", "mllp://127.0.0.1:1"], "missing"),
        (["cases", "--state", "nonsense"], "nonsense"),
        (["find"], "exactly one"),
        (["replay"], "event id"),
        (["events", "-n", "99999999999999999999"], "--limit"),
    ],
)
def test_usage_that_makes_no_sense_is_refused(args: list[str], word: str, tmp_path: Path) -> None:
    (tmp_path / "doorstep.toml").write_text("http_port = 0\nmllp_port = 0\nsmtp_port = 0\n")
    doorstep(*args, cwd=tmp_path).failed(2, word)


@pytest.mark.parametrize("to", ["mllp://127.0.0.1:1", "http://127.0.0.1:1", "smtp://127.0.0.1:1"])
def test_a_hub_that_is_not_there_is_said_for_each_file(to: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("x")
    ran = doorstep("send", "a", "b", "--to", to, "--json", cwd=tmp_path)
    ran.failed(1, "2 of 2")
    assert [(line["file"], line["accepted"]) for line in ran.lines] == [("a", False), ("b", False)]


def test_read_has_one_line_for_each_input_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "empty.tif").touch()
    (tmp_path / "[red]noise.pdf").write_bytes(bytes(range(256)))
    names = ["missing.tif", ".", "empty.tif", "[red]noise.pdf"]
    ran = doorstep("read", "--json", *names, cwd=tmp_path)
    ran.failed(1, "4 of 4")
    assert [line["file"] for line in ran.lines] == names
    for line in ran.lines:
        assert (line["document_class"], line["needs_review"], bool(line["review_reasons"])) == (
            "unreadable",
            True,
            True,
        )
    shown = doorstep("read", *names, cwd=tmp_path)
    shown.failed(1)
    assert "[red]noise.pdf" in shown.out


def test_check_names_a_mistyped_variable_and_a_broker_that_is_away(tmp_path: Path) -> None:
    ran = doorstep("check", "--json", cwd=tmp_path, htpp_port="1", kafka_bootstrap="127.0.0.1:1")
    ran.failed(1, "need fixing")
    wrong = {line["what"]: line["advice"] for line in ran.lines if not line["ok"]}
    assert "DOORSTEP_HTPP_PORT" in wrong["settings"]
    assert "DOORSTEP_KAFKA_BOOTSTRAP" in wrong["kafka"]


def test_check_and_serve_refuse_a_provider_directory_that_is_not_right(tmp_path: Path) -> None:
    wrong = tmp_path / "network.yaml"
    wrong.write_text("version: 2026-11-01\nproviders: [{npi: '1285894247', name: X}]\n", "utf-8")
    checked = doorstep("check", cwd=tmp_path, network_file=str(wrong))
    checked.failed(1, "need fixing")
    assert "FIX provider network:" in checked.out
    assert "(provider 1285894247)" in checked.out
    served = doorstep("serve", cwd=tmp_path, network_file=str(wrong), http_port="0", mllp_port="0", smtp_port="0")
    served.failed(2, "(provider 1285894247)")
