"""The hub's own secret, from which its signatures and tokens follow; it stays in the data folder."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path


def purpose_key(secret: bytes, purpose: str) -> bytes:
    """Return the key of one purpose, so that what is signed for one is worth nothing for another."""
    return hmac.new(secret, f"key\0{purpose}".encode(), hashlib.sha256).digest()


def hub_secret(data_dir: Path) -> bytes:
    """Return the hub's own secret, made once (0600); split processes on one data folder share it."""
    path = data_dir / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:  # another process of this hub was first: its secret holds
            pass
        finally:
            draft.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path.read_bytes()
