"""The house rules, as tests: who has a test, how long a module may be, what an import may do."""

from __future__ import annotations

import ast
import os
import pkgutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import connectors
import doorstep
import handlers
import schemas

ROOT = Path(__file__).parents[1]
ROOMS = ("connectors", "handlers", "schemas", "doorstep")
LONGEST = 400


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("room", [connectors, handlers])
def test_every_connector_and_every_step_has_a_test(room: object) -> None:
    name = room.__name__  # type: ignore[attr-defined]
    here = ROOT / "tests" / name
    for module in pkgutil.iter_modules(room.__path__):  # type: ignore[attr-defined]
        single, folder = here / f"test_{module.name}.py", here / module.name
        found = single.is_file() or any(folder.glob("test_*.py"))
        assert found, f"{name}/{module.name} has no test at {single.relative_to(ROOT)}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_it_is_for_and_fits_in_a_head(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= LONGEST
    assert ast.get_docstring(ast.parse(text)), "no module docstring"


def test_only_the_clock_module_reads_the_clock() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in modules()
        if "datetime.now(" in path.read_text("utf-8") and path.name != "clock.py" and "demo" not in path.parts
    ]
    assert readers == []


def test_no_installed_package_brings_our_room_names() -> None:
    found = packages_distributions()
    for room in ("connectors", "handlers", "schemas"):
        assert set(found.get(room, [])) <= {"doorstep"}


def test_importing_every_module_starts_nothing() -> None:
    """No thread, no socket, no reading of the environment's settings: an import is only an import."""
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in modules() if p.name != "__main__.py"]
    script = (
        "import doorstep, importlib, threading\n"
        f"for name in {[n.removesuffix('.__init__') for n in names]!r}: importlib.import_module(name)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    env = {**os.environ, "DOORSTEP_HTTP_PORT": "not a number"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=env, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_changelog_names_the_version() -> None:
    assert f"## [{doorstep.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_page_that_the_docs_link_exists() -> None:
    import re

    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(ROOT)} links {link}"


def test_topics_are_named_only_by_their_payloads() -> None:
    assert schemas.__doc__
    from schemas.topics import TOPICS

    for path in modules():
        if path.is_relative_to(ROOT / "schemas") or path.is_relative_to(ROOT / "doorstep" / "cli"):
            continue
        text = path.read_text("utf-8")
        for topic in TOPICS:
            assert f'"{topic}"' not in text, f"{path.relative_to(ROOT)} writes the topic {topic} out"
