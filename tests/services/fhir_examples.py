"""HL7's published R4 examples for tests: fetched once per checkout through npm, which carries them as a package."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.services.java import CACHE
from tests.services.process import ServiceMissingError

PACKAGE = "hl7.fhir.r4.examples@4.0.1"


def published() -> Path:
    """Return the folder of the examples, a JSON file each; ServiceMissingError where npm cannot bring them."""
    if shutil.which("npm") is None:
        raise ServiceMissingError("the published R4 examples: `npm` is not installed")
    folder = CACHE / "fhir-examples"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = folder / "package"
        if not found.exists():
            _fetch(folder)
    return found


def _fetch(folder: Path) -> None:
    argv = ["npm", "pack", "--silent", PACKAGE]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, timeout=180)
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode != 0 or not archives:
        raise ServiceMissingError(f"the published R4 examples: npm could not fetch {PACKAGE}\n{done.stderr[-300:]}")
    partial = folder / "partial"
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(archives[-1]) as archive:
        archive.extractall(partial, filter="data")
    (partial / "package").rename(folder / "package")
    archives[-1].unlink()
