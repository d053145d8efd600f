"""Standing wishes to be told: each with the count of its events, and its headers sealed."""

TABLES = """
CREATE TABLE subscription (
    subscription_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, state TEXT NOT NULL, events BIGINT NOT NULL,
    revision INTEGER NOT NULL, sealed {bytes}, data TEXT NOT NULL
);
CREATE INDEX subscription_state ON subscription (state);
CREATE INDEX subscription_tenant ON subscription (tenant);
"""
BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    script = TABLES.format(bytes=BYTES[dialect])
    return [statement for part in script.split(";") if (statement := part.strip())]
