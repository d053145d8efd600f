"""What is to happen at a time: the event that a timer appends when it is due."""

TABLES = """
CREATE TABLE timer (timer_id TEXT PRIMARY KEY, due_at {time} NOT NULL, topic TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX timer_due ON timer (due_at);
"""
TIMES = {"sqlite": "TEXT", "postgresql": "TIMESTAMPTZ"}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    script = TABLES.format(time=TIMES[dialect])
    return [statement for part in script.split(";") if (statement := part.strip())]
