"""Fixtures of the journal's tests."""

from tests.doorstep.journal.support import database_url, journal

__all__ = ["database_url", "journal"]
