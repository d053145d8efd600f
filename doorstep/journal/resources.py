"""What FHIR resources the journal keeps: the newest, each version, those of an input, and those that fit a search."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    Connection,
    exists,
    func,
    select,
)

from doorstep.connector import StoredResource, Version
from doorstep.errors import Defect
from doorstep.journal import search
from doorstep.journal.paging import Key, cut, paged
from doorstep.journal.tables import receipt, resource
from schemas.search import Page, ResourceQuery


class ResourceReads:
    """The FHIR resources' share of a reader."""

    connection: Connection

    def resource(self, resource_type: str, resource_id: str, tenant: str | None = None) -> dict[str, JsonValue] | None:
        """Return the newest version of a FHIR resource; with a tenant only if it is that one's."""
        query = select(resource.c.body).where(resource.c.type == resource_type, resource.c.id == resource_id)
        if tenant is not None:
            query = query.where(_owned(tenant))
        row = self.connection.execute(query.order_by(resource.c.version.desc()).limit(1)).first()
        return body_of(row[0], f"{resource_type}/{resource_id}") if row else None

    def versions(self, resource_type: str, resource_id: str, tenant: str | None = None) -> list[dict[str, JsonValue]]:
        """Return every version of a FHIR resource, oldest first; with a tenant only if they are that one's."""
        query = select(resource.c.body).where(resource.c.type == resource_type, resource.c.id == resource_id)
        if tenant is not None:
            query = query.where(_owned(tenant))
        rows = self.connection.execute(query.order_by(resource.c.version)).scalars()
        return [body_of(body, f"{resource_type}/{resource_id}") for body in rows]

    def resources(self, resource_type: str, *, limit: int = 1000) -> list[StoredResource]:
        """Return the newest version of every resource of a type, by id."""
        newest = (
            select(resource.c.id, func.max(resource.c.version).label("version"))
            .where(resource.c.type == resource_type)
            .group_by(resource.c.id)
            .subquery()
        )
        query = select(resource).join(newest, (resource.c.id == newest.c.id) & (resource.c.version == newest.c.version))
        query = query.where(resource.c.type == resource_type).order_by(resource.c.id).limit(limit)
        return [_stored(row) for row in self.connection.execute(query).mappings()]

    def search(self, query: ResourceQuery) -> Page[tuple[datetime, StoredResource]]:
        """Return one page of the resources that fit, each with the time of its last change."""
        kind = query.resource_type
        query = search.narrowed(self.connection, query)
        rows, after = search.page(self.connection, query)
        found = [
            (row["updated_at"], StoredResource(kind, row["id"], body_of(row["body"], f"{kind}/{row['id']}")))
            for row in rows
        ]
        return Page(found, search.total(self.connection, query) if query.counted else 0, after)

    def history(self, query: ResourceQuery) -> Page[Version]:
        """Return one page of all versions of all resources of a type and partner, the newest first."""
        keys = [Key(column, descending=True) for column in (resource.c.updated_at, resource.c.id, resource.c.version)]
        found = select(resource).where(resource.c.type == query.resource_type)
        if query.partner is not None:
            found = found.where(_owned(query.partner))
        if query.updated_from is not None:
            found = found.where(resource.c.updated_at >= query.updated_from)
        number = select(func.count()).select_from(found.with_only_columns(resource.c.id).subquery())
        rows = self.connection.execute(paged(found, keys, query.after, query.limit)).mappings().all()
        shown, after = cut(rows, keys, query.limit)
        versions = [Version(row["version"], row["updated_at"], _stored(row)) for row in shown]
        return Page(versions, self.connection.execute(number).scalar_one() if query.counted else 0, after)

    def resources_of(self, document_id: str, tenant: str | None = None) -> list[StoredResource]:
        """Return the FHIR resources kept with one transmission; with a tenant only if it is that one's."""
        query = select(resource).where(resource.c.document_id == document_id).order_by(resource.c.type, resource.c.id)
        if tenant is not None:
            query = query.where(_owned(tenant))
        return [_stored(row) for row in self.connection.execute(query).mappings()]


def _owned(tenant: str) -> ColumnElement[bool]:
    return exists().where(receipt.c.document_id == resource.c.document_id, receipt.c.tenant == tenant)


def body_of(text: str, what: str) -> dict[str, JsonValue]:
    """Return a resource as it was kept, its numbers with their digits."""
    try:
        body = json.loads(text, parse_float=Decimal)
    except ValueError:
        raise Defect("journal.data", "a stored resource is not JSON", detail=what) from None
    assert isinstance(body, dict)
    return body


def _stored(row: Any) -> StoredResource:
    return StoredResource(row["type"], row["id"], body_of(row["body"], f"{row['type']}/{row['id']}"))
