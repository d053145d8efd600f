"""The wheel carries the rooms inside one name, and works from wherever it is put."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds what the wheel holds."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=installed.parent, env=env, capture_output=True, text=True, check=False
    )


def test_one_name_is_added_to_site_packages(installed: Path) -> None:
    assert {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")} == {"doorstep"}


def test_the_rooms_are_found_inside_it(installed: Path) -> None:
    script = "import doorstep, connectors, handlers, schemas; print(doorstep.__file__, connectors.__file__)"
    done = run(installed, "-c", script)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(installed)) == 2


def test_rules_handlers_and_demo_samples_come_with_it(installed: Path) -> None:
    routes = run(installed, "-m", "doorstep", "routes")
    assert "handlers.link.link" in routes.stdout, routes.stderr
    script = "from doorstep.demo.run import samples_dir as d; import json\n"
    script += "names = json.loads((d() / 'demo.json').read_text()).values()\n"
    script += "print(all((d() / n).is_file() for n in names), d())"
    done = run(installed, "-c", script)
    assert done.stdout.startswith(f"True {installed}"), done.stderr + done.stdout
