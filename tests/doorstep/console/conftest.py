"""Fixtures of the reports' tests: the journal on both databases, and the PDF validator."""

from tests.doorstep.journal.support import database_url, journal
from tests.services.verapdf import verapdf

__all__ = ["database_url", "journal", "verapdf"]
