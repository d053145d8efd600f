"""How many inputs came in which hour and what became of each, a re-send included: nothing else keeps a re-send."""

TABLES = """
CREATE TABLE intake_count (
    hour {time} NOT NULL, channel TEXT NOT NULL, source TEXT NOT NULL, outcome TEXT NOT NULL, number BIGINT NOT NULL,
    PRIMARY KEY (hour, channel, source, outcome)
);
"""
TIMES = {"sqlite": "TEXT", "postgresql": "TIMESTAMPTZ"}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    script = TABLES.format(time=TIMES[dialect])
    return [statement for part in script.split(";") if (statement := part.strip())]
