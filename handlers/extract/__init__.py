"""What the order says: document.classified -> fields.extracted, every value with its evidence, never a guess."""

from handlers.extract.assemble import extract_fields
from handlers.extract.subscription import extract

__all__ = ["extract", "extract_fields"]
