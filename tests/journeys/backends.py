"""The four backends that every journey runs on: {SQLite, PostgreSQL} x {embedded, Apache Kafka}."""

from __future__ import annotations

import pytest

BACKENDS = [
    pytest.param(("sqlite", "embedded"), id="sqlite-embedded"),
    pytest.param(("postgres", "embedded"), id="postgres-embedded", marks=pytest.mark.postgres),
    pytest.param(("sqlite", "kafka"), id="sqlite-kafka", marks=pytest.mark.kafka),
    pytest.param(("postgres", "kafka"), id="postgres-kafka", marks=[pytest.mark.postgres, pytest.mark.kafka]),
]


def settings_of(request: pytest.FixtureRequest, backend: tuple[str, str]) -> dict[str, str]:
    """Return the environment of a hub on this backend, with a database and topics of its own."""
    database, stream = backend
    settings = {}
    if database == "postgres":
        settings["DOORSTEP_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    if stream == "kafka":
        settings["DOORSTEP_KAFKA_BOOTSTRAP"] = request.getfixturevalue("kafka_bootstrap")
        settings["DOORSTEP_KAFKA_PREFIX"] = request.getfixturevalue("kafka_prefix")
    return settings
