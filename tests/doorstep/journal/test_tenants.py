"""What one tenant sent is read for that tenant only, on both databases; nobody writes over it."""

from __future__ import annotations

import pytest

from doorstep import clock
from doorstep.connector import Blob, StoredResource, Transmission
from doorstep.errors import NotFound
from doorstep.journal import Journal
from schemas.search import ResourceQuery
from tests.doorstep.journal.support import case


def sent(tenant: str | None, name: str, resource_id: str) -> Transmission:
    kept = StoredResource("Patient", resource_id, {"resourceType": "Patient"}, search=(("active", "true"),))
    return Transmission(
        channel="fhir",
        idempotency_key=name,
        blobs=(Blob("text/plain", name.encode()),),
        received_at=clock.now(),
        sender=tenant,
        tenant=tenant,
        resources=(kept,),
    )


async def test_reads_are_within_a_tenant(journal: Journal) -> None:
    north = await journal.receive(sent("north", "one", "p1"))
    await journal.receive(sent("south", "two", "p2"))
    await journal.receive(sent(None, "three", "p3"))
    opened = case("DS-000001-8").model_copy(update={"document_ids": (north.document_id,)})
    await journal.write(lambda unit: unit.save_case(opened))
    for tenant, sees in (("north", {"p1"}), ("south", {"p2"}), (None, {"p1", "p2", "p3"})):

        def look(reader, tenant=tenant):  # type: ignore[no-untyped-def]
            found = {one for one in ("p1", "p2", "p3") if reader.resource("Patient", one, tenant)}
            versions = {one for one in ("p1", "p2", "p3") if reader.versions("Patient", one, tenant)}
            page = reader.search(ResourceQuery("Patient", tenant))
            searched = {stored.resource_id for _, stored in page.found}
            assert page.total == len(searched)
            kept = reader.resources_of(north.document_id, tenant)
            return (
                found,
                versions,
                searched,
                len(kept),
                len(reader.receipts(tenant=tenant)),
                reader.cases(tenant=tenant),
            )

        found, versions, searched, kept, receipts, cases = await journal.read(look)
        assert found == versions == searched == sees
        assert (kept, receipts) == ("p1" in sees, len(sees))
        assert [one.case_id for one in cases] == (["DS-000001-8"] if "p1" in sees else [])
    own = await journal.read(lambda reader: reader.documents_of("DS-000001-8", "north"))
    assert own == {north.document_id}
    assert await journal.read(lambda reader: reader.documents_of("DS-000001-8", "south")) == set()
    assert await journal.read(lambda reader: reader.tenant_of(north.document_id)) == "north"


@pytest.mark.parametrize("other", ["south", None])
async def test_a_resource_of_another_gets_no_version(journal: Journal, other: str | None) -> None:
    await journal.receive(sent("north", "one", "p1"))
    with pytest.raises(NotFound):
        await journal.receive(sent(other, "two", "p1"))
    await journal.receive(sent("north", "three", "p1"))
    assert len(await journal.read(lambda reader: reader.versions("Patient", "p1"))) == 2
    assert len(await journal.read(lambda reader: reader.receipts())) == 2
