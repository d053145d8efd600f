"""The processes of docker-compose.yml with its settings and commands on real servers: an order crosses them all."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.journeys.road import SAMPLES, eventually

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.postgres, pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]

KEY = "k" * 32


def _environment(service: dict[str, Any], folder: Path, database: str, kafka: str, prefix: str) -> dict[str, str]:
    """Return the compose file's settings with this test's addresses and free ports."""
    filled = {
        name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", re.sub(r"\$\{\w+:\?[^}]*\}", KEY, value))
        for name, value in service["environment"].items()
    }
    here = {
        "DOORSTEP_DATA_DIR": str(folder / "data"),
        "DOORSTEP_FAX_INBOX": str(folder / "data" / "fax" / "inbox"),
        "DOORSTEP_DATABASE_URL": database,
        "DOORSTEP_KAFKA_BOOTSTRAP": kafka,
        "DOORSTEP_KAFKA_PREFIX": prefix,
        "DOORSTEP_HOST": "127.0.0.1",
        **dict.fromkeys(["DOORSTEP_HTTP_PORT", "DOORSTEP_MLLP_PORT", "DOORSTEP_SMTP_PORT"], "0"),
    }
    return {**os.environ, **filled, **here}


@pytest.fixture
def processes(
    tmp_path: Path, postgres_url: str, kafka_bootstrap: str, kafka_prefix: str
) -> Iterator[dict[str, tuple[subprocess.Popen[bytes], dict[str, int]]]]:
    """Each hub process of the compose file with what its ready file says."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, service in services.items():
            if "build" not in service:
                continue
            ready = str(tmp_path / f"{name}.json")
            command = [ready if part == "/tmp/ready.json" else part for part in service["command"]]
            environment = _environment(service, tmp_path, postgres_url, kafka_bootstrap, kafka_prefix)
            with (tmp_path / f"{name}.log").open("wb") as log:
                started[name] = subprocess.Popen(
                    [sys.executable, "-m", "doorstep", *command], env=environment, stderr=log, cwd=tmp_path
                )
        files = {name: tmp_path / f"{name}.json" for name in started}
        eventually(lambda: all(file.exists() for file in files.values()), within=120, what="four ready files")
        yield {name: (started[name], json.loads(file.read_text())) for name, file in files.items()}
    finally:
        for process in started.values():
            process.kill()
            process.wait(timeout=60)


def test_an_order_crosses_the_processes_and_all_of_them_stop_well(
    processes: dict[str, tuple[subprocess.Popen[bytes], dict[str, int]]], tmp_path: Path
) -> None:
    for name in processes:
        check = [sys.executable, ROOT / "deploy" / "healthcheck.py", tmp_path / f"{name}.json"]
        assert subprocess.run(check, check=False, timeout=60).returncode == 0, name
    order = next(
        path
        for path in sorted((SAMPLES / "hl7v2").glob("*.hl7"))
        if json.loads(path.with_suffix(".expected.json").read_text())["outcome"] == "scheduled"
    )
    mllp = processes["intake"][1]["mllp"]
    sent = subprocess.run(
        [sys.executable, "-m", "doorstep", "send", order, "--to", f"mllp://127.0.0.1:{mllp}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert sent.returncode == 0, sent.stderr
    console = f"http://127.0.0.1:{processes['console'][1]['http']}"
    with httpx.Client(base_url=console, headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as client:
        states = eventually(
            lambda: [case["state"] for case in client.get("/api/cases").json() if case["state"] == "dispatching"],
            within=60,
            what="a case that is offered",
        )
    assert states == ["dispatching"]
    for process, _ in processes.values():
        process.terminate()
    assert [process.wait(timeout=60) for process, _ in processes.values()] == [0, 0, 0, 0]
