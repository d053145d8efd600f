"""The chain over the events: a seal for each commit that appended some (doorstep/journal/chain.py)."""

BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    return [
        f"CREATE TABLE seal (last_seq BIGINT PRIMARY KEY, leaves {BYTES[dialect]} NOT NULL, "
        f"digest {BYTES[dialect]} NOT NULL)"
    ]
