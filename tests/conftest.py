"""Fixtures of all tests; what they do lives in modules of its own."""

import doorstep  # noqa: F401, I001 - the single door: before any room is imported

import tests.services.properties  # noqa: F401 - how hypothesis runs

from tests.services.certificates import certificates
from tests.services.fhir_client import fhir_client_ready
from tests.services.hapi import hapi_parser, hapi_ready
from tests.services.hapi_fhir import fhir_validator
from tests.services.kafka import kafka_bootstrap, kafka_prefix, own_kafka
from tests.services.postgres import own_postgres, postgres_server, postgres_url
from tests.services.required import pytest_runtest_makereport
from tests.services.verapdf import verapdf

__all__ = [
    "certificates",
    "fhir_client_ready",
    "fhir_validator",
    "hapi_parser",
    "hapi_ready",
    "kafka_bootstrap",
    "kafka_prefix",
    "own_kafka",
    "own_postgres",
    "postgres_server",
    "postgres_url",
    "pytest_runtest_makereport",
    "verapdf",
]
