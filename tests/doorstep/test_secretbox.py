"""Small secrets at rest: sealed for one owner, opened by nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from doorstep.errors import Defect
from doorstep.secret import hub_secret, purpose_key
from doorstep.secretbox import seal, unseal

KEY = purpose_key(b"a test's secret", "headers")


def test_what_is_sealed_shows_nothing_and_opens_for_its_owner() -> None:
    sealed = seal(KEY, b"Bearer s3cr3t", "one")
    assert b"s3cr3t" not in sealed
    assert sealed != seal(KEY, b"Bearer s3cr3t", "one")
    assert unseal(KEY, sealed, "one") == b"Bearer s3cr3t"


@pytest.mark.parametrize("change", ["owner", "key", "bytes", "short"])
def test_anything_else_does_not_open(change: str) -> None:
    sealed = seal(KEY, b"Bearer s3cr3t", "one")
    key = purpose_key(b"another", "headers") if change == "key" else KEY
    data = {"bytes": sealed[:-1] + bytes([sealed[-1] ^ 1]), "short": sealed[:5]}.get(change, sealed)
    with pytest.raises(Defect):
        unseal(key, data, "two" if change == "owner" else "one")


def test_the_hubs_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    assert hub_secret(tmp_path) == hub_secret(tmp_path)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert purpose_key(b"x", "one") != purpose_key(b"x", "two")
