"""docker-compose.yml and the Dockerfile say only what the code understands, and hold no secret."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from doorstep import registry
from doorstep.cli import build
from doorstep.cli.serve import ROLES, roles_of
from doorstep.settings import Settings, load

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
HUB = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()


def _filled(value: str) -> str:
    """Put something in place of ${VARIABLE:?why} and the default in place of ${VARIABLE:-default}."""
    value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{\w+:\?[^}]*\}", "x" * 32, value)


def _options(command: list[str]) -> dict[str, Any]:
    """Parse a service's command as the command line does."""
    group: Any = typer.main.get_command(build())
    name, *arguments = command
    parsed: dict[str, Any] = group.commands[name].make_context(name, list(arguments)).params
    return parsed


@pytest.mark.parametrize("name", HUB)
def test_the_settings_of_each_hub_process_are_known_and_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in HUB[name]["environment"].items():
        monkeypatch.setenv(variable, _filled(value))
    fields = {f"DOORSTEP_{field.upper()}" for field in Settings.model_fields}
    named = {variable.split("__")[0] for variable in HUB[name]["environment"]}
    assert named <= fields
    settings = load()
    settings.check_exposure()
    assert settings.kafka_bootstrap
    assert settings.journal_url.startswith("postgresql+psycopg://")
    specs = registry.connectors()
    assert set(settings.connectors) <= set(specs)
    for channel, own in settings.connectors.items():
        registry.connector_settings(specs[channel], own)


def test_every_role_runs_in_exactly_one_process() -> None:
    roles = Counter(role for service in HUB.values() for role in roles_of(_options(service["command"])["only"]))
    assert roles == dict.fromkeys(ROLES, 1)


def test_every_hub_process_writes_the_ready_file_that_its_health_check_reads() -> None:
    for service in HUB.values():
        ready = str(_options(service["command"])["ready_file"])
        assert service["healthcheck"]["test"][-1] == ready
        assert any(ready.startswith(folder) for folder in service["tmpfs"]), "a stale one must not outlive a restart"


def test_every_service_has_a_health_check_and_the_hub_waits_for_those_it_needs() -> None:
    assert all(service["healthcheck"]["test"] for service in SERVICES.values())
    others = set(SERVICES) - set(HUB)
    for service in HUB.values():
        assert service["depends_on"] == {name: {"condition": "service_healthy"} for name in others}


def test_addresses_in_the_settings_are_services_and_their_ports() -> None:
    environment = next(iter(HUB.values()))["environment"]
    kafka, port = environment["DOORSTEP_KAFKA_BOOTSTRAP"].split(":")
    assert f"://{kafka}:{port}" in SERVICES[kafka]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    database = re.search(r"@(\w+):5432/(\w+)$", environment["DOORSTEP_DATABASE_URL"])
    assert database is not None
    assert SERVICES[database[1]]["environment"]["POSTGRES_DB"] == database[2]
    assert environment["DOORSTEP_CONNECTORS__EMAIL__RELAY_HOST"] in SERVICES


def test_the_hub_processes_share_the_data_folder() -> None:
    folder = next(iter(HUB.values()))["environment"]["DOORSTEP_DATA_DIR"]
    mounts = {mount for service in HUB.values() for mount in service["volumes"]}
    assert mounts == {f"data:{folder}"}
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_nothing_is_published_beyond_this_machine_and_no_port_twice() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service["environment"].items() if "environment" in service else ():
            if re.search(r"PASSWORD|SECRET|KEY|TOKEN", name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), f"{name} must come from the environment"
            assert not re.search(r"://\w+:(?!\$\{)[^@/]+@", value), f"{name} holds a password"


def test_every_variable_that_must_be_given_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / "deploy" / "example.env").read_text()
    given = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    assert set(given) == wanted
    assert not any(given.values()), "an example with values becomes somebody's password"


def test_the_image_copies_what_exists_and_what_its_ignore_file_lets_in() -> None:
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in shlex.split(line)[:-1]
    ]
    allowed = {
        line[1:]
        for line in (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source in allowed or source.split("/")[0] in allowed, source


def test_the_image_holds_everything_that_the_wheel_is_built_from() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    rooms = re.search(r"only-include = \[([^\]]+)\]", project)
    assert rooms is not None
    for room in re.findall(r'"([^"]+)"', rooms[1]):
        copied = [folder.as_posix() for folder in (Path(room), *Path(room).parents)]
        assert any(re.search(rf"^COPY {folder} ", DOCKERFILE, re.MULTILINE) for folder in copied), room


def test_the_image_is_pinned_by_hash_and_does_not_run_as_root() -> None:
    installs = re.findall(r"pip install (.+)", DOCKERFILE)
    assert all("--require-hashes" in install or "--no-index" in install for install in installs)
    assert re.search(r"^USER (?!0\b|root\b)\S+$", DOCKERFILE, re.MULTILINE)
    assert "tesseract-ocr" in DOCKERFILE
