"""The clocks of cases that may pause: a row from their start to their end, with every pause and its cause."""

TABLE = """CREATE TABLE case_clock (
    case_id TEXT NOT NULL, clock TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (case_id, clock)
)"""


def statements(_dialect: str) -> list[str]:
    """Return the statements, the same for `sqlite` and `postgresql`."""
    return [TABLE]
