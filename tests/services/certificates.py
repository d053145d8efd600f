"""Certificates for tests, made by openssl: a CA, the hub's and clients' certificates, and a stranger's CA."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


def make(folder: Path) -> Path:
    """Fill a folder with ca.pem, hub.pem/key, client.pem/key, other.pem/key, and stranger.pem/key of another CA."""
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for ca in ("ca", "other-ca"):
        openssl("req", "-x509", *key, "-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-subj", f"/CN=Test {ca}")
    for name, ca in (("hub", "ca"), ("client", "ca"), ("other", "ca"), ("stranger", "other-ca")):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signed = (
            "-CA",
            f"{ca}.pem",
            "-CAkey",
            f"{ca}.key",
            "-CAcreateserial",
            "-extfile",
            "san",
            "-out",
            f"{name}.pem",
        )
        openssl("x509", "-req", "-in", f"{name}.csr", *signed)
    return folder


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("certificates"))
