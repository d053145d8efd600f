"""X12 005010 as far as payers are asked with it: envelopes, 270/271, 278, 999 and TA1. Pure; raises only CodecError."""

from schemas.x12.acknowledge import Acknowledged, acknowledgements
from schemas.x12.eligibility import eligibility_answers, eligibility_request
from schemas.x12.interchange import Interchange, Segment, Separators, Transaction, parse
from schemas.x12.review import review_answers, review_request
from schemas.x12.writer import Parties

__all__ = [
    "Acknowledged",
    "Interchange",
    "Parties",
    "Segment",
    "Separators",
    "Transaction",
    "acknowledgements",
    "eligibility_answers",
    "eligibility_request",
    "parse",
    "review_answers",
    "review_request",
]
