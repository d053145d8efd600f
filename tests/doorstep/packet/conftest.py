"""Fixtures of the packet's tests."""

from tests.doorstep.journal.support import database_url

__all__ = ["database_url"]
