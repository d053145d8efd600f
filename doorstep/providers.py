"""The network as it stands: the directory file, and in its place what the API has put in (decision 0090)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from doorstep import rules, settings
from doorstep.journal import Journal
from doorstep.network import RULES_NAME, read
from schemas.network import Directory, Entry
from schemas.onboarding import ProviderChanged


def configured() -> Mapping[str, Any]:
    """Return the directory that this hub is set up with, as it is parsed: the operator's file, else the sample."""
    path = settings.load().network_file
    return read(path) if path is not None else rules.load(RULES_NAME)


async def entries(journal: Journal) -> list[Entry]:
    """Return every provider as handlers see it: the file's, and in their place what the API says of them."""
    kept = await journal.read(lambda reader: reader.providers())
    return with_kept(Directory.model_validate(await asyncio.to_thread(journal.rules, RULES_NAME)), kept)


def with_kept(filed: Directory, said: Iterable[ProviderChanged]) -> list[Entry]:
    """Return the file's providers, and in their place what the API says of them."""
    kept = {one.npi: one for one in said}
    whole = filed.with_kept(one.provider for one in kept.values())
    made = {npi: Entry(one.provider, one.revision, one.by) for npi, one in kept.items()}
    return [made.get(one.npi) or Entry(one) for one in whole.providers]
