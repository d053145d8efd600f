"""What FHIR resources can be searched by; resources kept before have no rows here and are found by their ids only."""

TABLES = """
CREATE TABLE search (
    type TEXT NOT NULL, id TEXT NOT NULL, partner TEXT NOT NULL, param TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (type, param, value, partner, id)
);
CREATE INDEX search_of ON search (type, id, param);
"""


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    del dialect
    return [statement for part in TABLES.split(";") if (statement := part.strip())]
