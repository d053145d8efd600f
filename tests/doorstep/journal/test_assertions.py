"""A client's assertion counts once, on both databases, for as long as it could be used again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import func, select

from doorstep import clock
from doorstep.journal import Journal
from doorstep.journal.tables import assertion


async def test_the_same_jti_of_the_same_client_counts_once(journal: Journal) -> None:
    until = clock.now() + timedelta(minutes=5)

    async def use(client: str, jti: str) -> bool:
        return await journal.write(lambda unit: unit.use_assertion(client, jti, until))

    assert sorted(await asyncio.gather(*(use("ehr", "a") for _ in range(5)))) == [False] * 4 + [True]
    assert await use("other", "a")
    assert await use("ehr", "b")
    assert await use("e", "hra") is await use("eh", "ra") is True


async def test_what_is_over_is_forgotten(journal: Journal) -> None:
    past, future = clock.now() - timedelta(seconds=1), clock.now() + timedelta(minutes=5)
    await journal.write(lambda unit: unit.use_assertion("ehr", "old", past))
    await journal.write(lambda unit: unit.use_assertion("ehr", "new", future))
    count = select(func.count()).select_from(assertion)
    assert await journal.read(lambda reader: reader.connection.execute(count).scalar_one()) == 1
