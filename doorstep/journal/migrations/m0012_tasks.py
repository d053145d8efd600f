"""How each order stands that its sender follows, filled from what is there; resources in the order of their change.

`search_of` holds whole rows: else SQLite, which has no statistics, asks for one resource's values by the other index,
and walks through those of all resources for each of them.
"""

from sqlalchemy import Connection

TABLES = """
CREATE TABLE task (
    task_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, document_id TEXT NOT NULL, words TEXT NOT NULL, state TEXT NOT NULL,
    case_id TEXT, turn INTEGER NOT NULL, priority TEXT, provider TEXT, authored_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX task_updated ON task (tenant, updated_at, task_id);
CREATE INDEX task_state ON task (tenant, state, updated_at, task_id);
CREATE INDEX task_case ON task (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX task_document ON task (document_id);
CREATE INDEX resource_updated ON resource (type, updated_at, id);
DROP INDEX search_of;
CREATE INDEX search_of ON search (type, id, param, value, partner);
"""
TIMES = {"sqlite": "TEXT", "postgresql": "TIMESTAMPTZ"}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    return [statement for part in TABLES.format(time=TIMES[dialect]).split(";") if (statement := part.strip())]


def fill(connection: Connection) -> None:
    """Follow the orders of before."""
    from doorstep.journal.tasks import rebuild

    rebuild(connection)
