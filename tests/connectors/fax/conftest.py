"""A temporary folder that other users may enter: pytest's own lie below one that is closed to them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="doorstep-fax-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
