# ruff: noqa: INP001 - a script of its own, copied into the image
"""Container health check: the hub of a ready file lives, and its own health page says so."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path


def main(ready_file: str) -> None:
    """Return quietly when healthy; any exception ends the process with 1, which is what Docker asks for."""
    ready = json.loads(Path(ready_file).read_text(encoding="utf-8"))
    os.kill(ready["pid"], 0)
    if ready.get("http"):
        port = int(str(ready["http"]).rsplit(":", 1)[-1].strip("/"))
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=4).close()


if __name__ == "__main__":
    main(sys.argv[1])
