"""A provider's latest offers and those in its hand, found at once however many there are."""


def statements(dialect: str) -> list[str]:
    """Return the statements; they are the same for `sqlite` and `postgresql`."""
    del dialect
    return [
        "CREATE INDEX offer_of_provider ON offer (npi, sent_at)",
        "CREATE INDEX offer_by_state ON offer (npi, state)",
    ]
