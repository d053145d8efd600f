"""Fixtures of the stream's tests."""

from tests.doorstep.journal.support import database_url, journal

__all__ = ["database_url", "journal"]
