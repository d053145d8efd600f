"""Fixtures of all tests; what they do lives in modules of its own."""

import doorstep  # noqa: F401, I001 - the single door: before any room is imported

from tests.services.kafka import kafka_bootstrap, kafka_prefix, own_kafka
from tests.services.postgres import own_postgres, postgres_server, postgres_url

__all__ = ["kafka_bootstrap", "kafka_prefix", "own_kafka", "own_postgres", "postgres_server", "postgres_url"]
