"""The handlers' own state: cases, offers, reviews, and the numbers people quote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, literal, literal_column, select, update

from doorstep.errors import Defect, Unavailable
from doorstep.journal import events
from doorstep.journal.events import parse
from doorstep.journal.tables import (
    case_,
    case_document,
    case_token,
    case_version,
    counter,
    insert_new,
    insert_or_set,
    mark,
    offer,
    review,
    upsert,
)
from doorstep.journal.tasks import TaskWrites
from doorstep.journal.transaction import one_or_many
from schemas.case import Case, CaseState, Offer, OfferState
from schemas.document import ReviewRequested
from schemas.onboarding import ProviderChanged
from schemas.past import CaseVersion
from schemas.service import ProviderRecord


def luhn(digits: str) -> str:
    """Return the check digit of a number (ISO/IEC 7812-1 annex B)."""
    total = sum(d if i % 2 else sum(divmod(2 * d, 10)) for i, d in enumerate(int(c) for c in reversed(digits)))
    return str(-total % 10)


# built once: building a query costs several times what running it does
_OLDEST_FIRST = select(case_.c.case_id, case_.c.data).order_by(case_.c.opened_at, case_.c.case_id)
_BY_ID = _OLDEST_FIRST.where(case_.c.case_id == bindparam("value"))
_BY_ORDER_KEY = _OLDEST_FIRST.where(
    case_.c.order_key == bindparam("value"), case_.c.state != literal_column(f"'{CaseState.CANCELLED.value}'")
)
_BY_DOCUMENT = _OLDEST_FIRST.where(
    case_.c.case_id.in_(select(case_document.c.case_id).where(case_document.c.document_id == bindparam("value")))
)
_BY_IDENTITY = (
    select(case_.c.case_id, case_.c.data).where(case_.c.identity_key == bindparam("value")).order_by(case_.c.case_id)
)
_BY_TOKEN = _OLDEST_FIRST.join(case_token, case_token.c.case_id == case_.c.case_id).where(
    case_token.c.token == bindparam("value")
)
_REVISION = select(case_.c.revision).where(case_.c.case_id == bindparam("value"))
_INSERT_VERSION = insert(case_version)
_UPDATE_CASE = update(case_).where(case_.c.case_id == bindparam("known"))
_MARK = select(mark.c.token).where(mark.c.token == bindparam("value"))
_OFFER = select(offer.c.data).where(offer.c.offer_id == bindparam("value"))
_OFFERS_OF = (
    select(offer.c.data).where(offer.c.case_id == bindparam("value")).order_by(offer.c.sent_at, offer.c.offer_id)
)
_COUNTED = {
    OfferState.ACCEPTED.value: "accepted",
    OfferState.SERVED.value: "accepted",
    OfferState.DECLINED.value: "declined",
    OfferState.EXPIRED.value: "expired",
    OfferState.WITHDRAWN.value: "withdrawn",
}
"""State of an offer -> how it counts in its provider's record; one that is out or was recalled says nothing."""
_LATEST_ANSWERS = (
    select(offer.c.state)
    .where(offer.c.npi == bindparam("value"), offer.c.state.in_(_COUNTED))
    .order_by(offer.c.sent_at.desc())
    .limit(literal_column("50"))
)
_IN_HAND = (
    select(func.count())
    .select_from(offer)
    .where(offer.c.npi == bindparam("value"), offer.c.state == literal_column(f"'{OfferState.ACCEPTED.value}'"))
)
_REVIEW = select(review.c.data).where(review.c.review_id == bindparam("value"))


_OPEN_REVIEWS = (
    select(review.c.data).where(review.c.closed_at.is_(None)).order_by(review.c.opened_at, review.c.review_id)
)
_OF_CASE = _OPEN_REVIEWS.where(review.c.case_id == bindparam("value"))
_OF_DOCUMENT = _OPEN_REVIEWS.where(review.c.document_id == bindparam("value"))


class CaseWrites(TaskWrites):
    """The cases' share of a unit of work."""

    def new_case_id(self) -> str:
        """Return the next case number, DS-000123-7; a number whose unit fails is given again."""
        statement = upsert(self.dialect, counter).values(name="case", value=1)
        again = statement.on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + 1})
        digits = f"{self.connection.execute(again.returning(counter.c.value)).scalar_one():06d}"
        return f"DS-{digits}-{luhn(digits)}"

    def case(self, case_id: str) -> Case | None:
        return self._first(_BY_ID, case_id)

    def case_by_order_key(self, order_key: str) -> Case | None:
        """Return the open case that this very order already opened."""
        return self._first(_BY_ORDER_KEY, order_key)

    def case_by_document(self, document_id: str) -> Case | None:
        """Return the case that a document belongs to; the one opened first when it opened several."""
        return self._first(_BY_DOCUMENT, document_id)

    def cases_by_document(self, document_id: str) -> list[Case]:
        """Return the cases of the orders that one input brought or belongs to, oldest first."""
        return self._cases(_BY_DOCUMENT, document_id)

    def cases_by_identity(self, identity_key: str) -> list[Case]:
        return self._cases(_BY_IDENTITY, identity_key)

    def cases_by_token(self, token: str) -> list[Case]:
        """Return the cases that were put under this token, oldest first."""
        return self._cases(_BY_TOKEN, token)

    def index_case(self, case_id: str, tokens: Iterable[str]) -> None:
        """Put a saved case under these tokens too."""
        rows = [{"token": token, "case_id": case_id} for token in dict.fromkeys(tokens)]
        if rows:
            self.connection.execute(insert_new(self.dialect, case_token), one_or_many(rows))

    def mark(self, token: str) -> None:
        """Remember a token; marking it again changes nothing."""
        self.connection.execute(insert_new(self.dialect, mark), {"token": token})

    def marked(self, token: str) -> bool:
        return self.connection.execute(_MARK, {"value": token}).first() is not None

    def _first(self, query: Select[Any], value: str) -> Case | None:
        row = self.connection.execute(query, {"value": value}).first()
        return parse(Case, row[1], f"case {row[0]}") if row else None

    def _cases(self, query: Select[Any], value: str) -> list[Case]:
        rows = self.connection.execute(query, {"value": value})
        return [parse(Case, row[1], f"case {row[0]}") for row in rows]

    def save_case(self, case: Case) -> None:
        """Insert or update; an update must carry the next `revision`, else Defect."""
        row = {
            "case_id": case.case_id,
            "state": case.state.value,
            "identity_key": case.identity_key,
            "order_key": case.order_key,
            "opened_at": case.opened_at,
            "updated_at": case.updated_at,
            "revision": case.revision,
            "data": case.model_dump_json(),
        }
        live = case.state is not CaseState.CANCELLED
        holder = self.connection.execute(_BY_ORDER_KEY, {"value": case.order_key}).first() if live else None
        if holder is not None and holder[0] != case.case_id:
            raise Unavailable("case.order_key", "another case holds this order", detail=holder[0], retry_after=0)
        known = self.connection.execute(_REVISION, {"value": case.case_id}).scalar()
        if (known or 0) + 1 != case.revision:
            raise Defect("case.revision", "the case was changed meanwhile", detail=f"{case.case_id} {known}")
        if known is None:
            self.connection.execute(insert(case_), row)
        else:
            self.connection.execute(_UPDATE_CASE, {"known": case.case_id, **row})
        version = CaseVersion.of(case).model_dump_json(exclude_defaults=True)
        past = {"case_id": case.case_id, "revision": case.revision, "data": version}
        self.connection.execute(_INSERT_VERSION, past)
        links = [{"document_id": document_id, "case_id": case.case_id} for document_id in case.document_ids]
        joined = 0
        if links:
            linked = insert_new(self.dialect, case_document).execution_options(preserve_rowcount=True)
            joined = self.connection.execute(linked, one_or_many(links)).rowcount
        self.follow_case(case, joined=joined != 0)

    def offer(self, offer_id: str) -> Offer | None:
        data = self.connection.execute(_OFFER, {"value": offer_id}).scalar()
        return parse(Offer, data, f"offer {offer_id}") if data else None

    def offers_of(self, case_id: str) -> list[Offer]:
        """Return the offers of a case, oldest first."""
        rows = self.connection.execute(_OFFERS_OF, {"value": case_id}).scalars()
        return [parse(Offer, data, "offer") for data in rows]

    def save_offer(self, saved: Offer) -> None:
        row = {
            "offer_id": saved.offer_id,
            "case_id": saved.case_id,
            "npi": saved.npi,
            "state": saved.state.value,
            "sent_at": saved.sent_at,
            "data": saved.model_dump_json(),
        }
        changes = ("case_id", "npi", "state", "sent_at", "data")
        self.connection.execute(insert_or_set(self.dialect, offer, ("offer_id",), changes), row)

    def providers(self) -> list[ProviderChanged]:
        """Return the newest word of the API on each provider, by NPI."""
        return events.providers(self.connection)

    def provider_record(self, npi: str) -> ProviderRecord:
        """Return how a provider answered its latest offers, and how many of our orders it has in hand."""
        counts = dict.fromkeys(_COUNTED.values(), 0)
        for state in self.connection.execute(_LATEST_ANSWERS, {"value": npi}).scalars():
            counts[_COUNTED[state]] += 1
        in_hand = self.connection.execute(_IN_HAND, {"value": npi}).scalar_one()
        return ProviderRecord(**counts, open_jobs=in_hand)

    def review(self, review_id: str) -> ReviewRequested | None:
        """Return a review, open or closed."""
        data = self.connection.execute(_REVIEW, {"value": review_id}).scalar()
        return parse(ReviewRequested, data, f"review {review_id}") if data else None

    def save_review(self, saved: ReviewRequested) -> None:
        """Insert or update; what a person has closed stays closed."""
        changes = {"document_id": saved.document_id, "case_id": saved.case_id, "data": saved.model_dump_json()}
        statement = insert_or_set(self.dialect, review, ("review_id",), tuple(changes))
        self.connection.execute(statement, {"review_id": saved.review_id, "opened_at": self.now, **changes})

    def open_reviews(self, case_id: str) -> list[ReviewRequested]:
        """Return the reviews of a case that wait for a person, oldest first."""
        return self._reviews(_OF_CASE, case_id)

    def waiting_reviews(self, document_id: str) -> list[ReviewRequested]:
        """Return the reviews of an input that wait for a person, oldest first."""
        return self._reviews(_OF_DOCUMENT, document_id)

    def _reviews(self, query: Select[Any], value: str) -> list[ReviewRequested]:
        rows = self.connection.execute(query, {"value": value}).scalars()
        return [parse(ReviewRequested, data, "review") for data in rows]

    def close_review(self, review_id: str) -> None:
        """Close a review; closing it again changes nothing."""
        closed_at = func.coalesce(review.c.closed_at, literal(self.now, review.c.closed_at.type))
        statement = update(review).where(review.c.review_id == review_id).values(closed_at=closed_at)
        if self.connection.execute(statement).rowcount != 1:
            raise Defect("review.unknown", "there is no such review", detail=review_id)
