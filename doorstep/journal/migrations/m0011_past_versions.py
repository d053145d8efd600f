"""What cases and subscriptions looked like at each revision; of those that are there already, from now on."""

TABLES = """
CREATE TABLE case_version (
    case_id TEXT NOT NULL, revision INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (case_id, revision)
){without_rowid};
CREATE TABLE subscription_version (
    subscription_id TEXT NOT NULL, revision INTEGER NOT NULL, tenant TEXT NOT NULL, data TEXT, deleted_at {time},
    PRIMARY KEY (subscription_id, revision)
);
INSERT INTO subscription_version SELECT subscription_id, revision, tenant, data, NULL FROM subscription;
"""
TIMES = {"sqlite": "TEXT", "postgresql": "TIMESTAMPTZ"}
WITHOUT_ROWID = {"sqlite": " WITHOUT ROWID", "postgresql": ""}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    script = TABLES.format(time=TIMES[dialect], without_rowid=WITHOUT_ROWID[dialect])
    return [statement for part in script.split(";") if (statement := part.strip())]
