"""Says what kind of document it is; an order anywhere in the packet decides, and what is no order ends here."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rapidfuzz.distance import Levenshtein

from doorstep import rules
from doorstep.handler import Tools, Unit, on
from handlers.casework import hold
from handlers.extract.candidates import LABEL, SENTENCE, Candidate, of_page
from handlers.extract.geometry import sheet_of
from handlers.extract.labels import find_hits
from handlers.finding import sheet_case
from schemas import identifiers
from schemas.document import DocumentClass, DocumentClassified, DocumentRead
from schemas.event import Event, Payload
from schemas.order import OrderType
from schemas.reading import Page, Reading
from schemas.transmission import ReceiptState

log = logging.getLogger("doorstep.classify")

SECONDS = 60.0
CODE_WEIGHT = 8.0
"""A code of what is ordered says more than any words around it."""
FORM_LABELS, FORM_WEIGHT = 6, 3.0
"""A page that announces so many of an order's own fields is an order's form, whatever it is headed."""
SURELY_A_FORM = 9
"""So many of an order's fields stand on no other paper, even if nothing says what is ordered."""
ORDER_LABELS = frozenset(
    {"member_id", "clinician_npi", "icd10", "code", "quantity", "frequency", "service_start", "service_end"}
    | {"ship_address", "clinician_name", "payer", "contact_phone", "practice_phone", "practice_fax"}
)
CLASS_OF_TYPE = {
    OrderType.DME: DocumentClass.DME_ORDER,
    OrderType.HOME_HEALTH: DocumentClass.HOME_HEALTH_REFERRAL,
    OrderType.INFUSION: DocumentClass.INFUSION_ORDER,
    OrderType.UNKNOWN: DocumentClass.DME_ORDER,
}
"""As what an answer to a case's own sheet is read."""
Scores = defaultdict[str, float]
_BLANKS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of a document, how sure that is, and how many patients it names."""

    document_class: DocumentClass
    confidence: float
    patients: int


def classify_reading(reading: Reading) -> Verdict:
    """Weigh the words of every page; an order's page outweighs whatever lies around it."""
    legible = sum(
        1 for p in reading.pages for w in p.words if w.confidence > 0.5 and len(w.text) > 2 and w.text.isascii()
    )
    if legible < int(rules.load("documents/classes")["least_words"]):
        return Verdict(DocumentClass.UNREADABLE, 0.9 if legible < 4 else 0.7, 0)
    pages = [_scores(page) for page in reading.pages if page.words]
    order_page = max(
        (s for s in pages if _is_order(s)), key=lambda s: s["order"] + max(_orders(s).values()), default=None
    )
    if order_page is not None:
        document_class, confidence = _kind_of_order(_orders(order_page))
        other = max((order_page[c] for c in _others()), default=0.0)
        if other > order_page["order"] + order_page[document_class]:
            document_class, confidence = _best({c: order_page[c] for c in _others()})
            confidence = min(confidence, 0.55)
    else:
        whole: Scores = defaultdict(float)
        for scores in pages:
            for name, score in scores.items():
                whole[name] += score
        document_class, confidence = _best({c: whole[c] for c in _others()})
    verdict = DocumentClass(document_class)
    patients = count_patients(reading) if verdict.is_order else 0
    return Verdict(verdict, round(confidence, 4), patients)


@cache
def _phrases() -> Mapping[str, Mapping[str, float]]:
    data: dict[str, Any] = rules.load("documents/classes")
    kinds = {"order": data["order"]["phrases"], **{name: entry["phrases"] for name, entry in data["classes"].items()}}
    return {
        name: {_plain(phrase): float(weight) for phrase, weight in listed.items()} for name, listed in kinds.items()
    }


def _plain(text: str) -> str:
    return f" {_BLANKS.sub(' ', text.lower()).strip()} "


def _scores(page: Page) -> Scores:
    """Add up the weights of the phrases and codes on one page, each phrase once."""
    text = _plain(page.text)
    scores: Scores = defaultdict(float)
    for name, listed in _phrases().items():
        scores[name] = sum(weight for phrase, weight in listed.items() if phrase in text)
    table = rules.hcpcs_table()
    read = [identifiers.read_hcpcs(w.text.strip(".,;:|()[]"), table) for w in page.words]
    labels = {hit.field for hit in find_hits(sheet_of(page))} & ORDER_LABELS
    form = len(labels) >= FORM_LABELS
    scores["form"] = float(len(labels))
    if form:
        scores["order"] += FORM_WEIGHT
    shapes = {"hcpcs-table", "hcpcs-shape"} if form else {"hcpcs-table"}
    codes = {c.value for c in read if c and shapes.intersection(c.validators)}
    for name, entry in rules.load("documents/classes")["classes"].items():
        if "codes" in entry and any(re.match(entry["codes"], code) for code in codes):
            scores[name] += CODE_WEIGHT
            scores["order"] += CODE_WEIGHT / 2
    return scores


def _orders(scores: Mapping[str, float]) -> dict[str, float]:
    return {c.value: scores[c.value] for c in DocumentClass if c.is_order}


def _others() -> tuple[str, ...]:
    return tuple(name for name in rules.load("documents/classes")["classes"] if not DocumentClass(name).is_order)


def _is_order(scores: Mapping[str, float]) -> bool:
    """Say whether a page is an order: its words say so and its kind, or it is the form of one beyond doubt."""
    limits = rules.load("documents/classes")
    kind = max(_orders(scores).values())
    return bool(
        scores["order"] >= limits["order"]["least"]
        and (kind >= limits["least_score"] or (kind > 0 and scores["form"] >= SURELY_A_FORM))
    )


def _kind_of_order(scores: Mapping[str, float]) -> tuple[str, float]:
    """Return the best kind; one that little speaks for is unsure, so that a person looks."""
    name, top = max(scores.items(), key=lambda item: item[1])
    limits = rules.load("documents/classes")
    return _best(scores) if top >= limits["least_score"] else (name, limits["review_below"] - 0.05)


def _best(scores: Mapping[str, float]) -> tuple[str, float]:
    """Return the best class and a confidence from its score and its lead."""
    limits = rules.load("documents/classes")
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    (name, top), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0.0
    if top < limits["least_score"]:
        return DocumentClass.OTHER.value, 0.5
    lead = (top - second) / top
    return name, min(0.99, 0.5 + 0.3 * min(1.0, top / limits["sure_at"]) + 0.25 * lead)


def count_patients(reading: Reading) -> int:
    """Count the different people that the pages name as patient: a name with a date of birth, misreadings forgiven."""
    people: list[tuple[str, str]] = []
    for page in reading.pages:
        if not page.words:
            continue
        found = of_page(sheet_of(page), DocumentClass.OTHER)
        names, births = _values(found, "member_name"), _values(found, "dob")
        pairs = [
            (names[i] if i < len(names) else "", births[i] if i < len(births) else "")
            for i in range(max(len(names), len(births)))
        ]
        people += [pair for pair in pairs if pair not in people]
    distinct: list[tuple[str, str]] = []
    for name, birth in people:
        if not any(_one_person((name, birth), known) for known in distinct):
            distinct.append((name, birth))
    return len(distinct)


def _values(found: list[Candidate], field: str) -> list[str]:
    """Return the different values of a field on one page, the surest first, sentences only where no label speaks."""
    for strength in (LABEL, SENTENCE):
        listed = [c for c in found if c.field == field and c.strength == strength and c.confidence > 0.5]
        if listed:
            return list(dict.fromkeys(str(c.found.value) for c in listed))
    return []


def _one_person(one: tuple[str, str], two: tuple[str, str]) -> bool:
    """Say whether two (name, birth) pairs may be one person: whichever part both give must nearly agree."""
    if one[1] and two[1] and one[1] == two[1]:
        return not (one[0] and two[0]) or Levenshtein.normalized_similarity(one[0].lower(), two[0].lower()) > 0.5
    if one[0] and two[0]:
        near = Levenshtein.distance(one[0].lower(), two[0].lower()) <= 2 or set(one[0].lower().split()) <= set(
            two[0].lower().split()
        )
        births = not (one[1] and two[1]) or Levenshtein.distance(one[1], two[1]) <= 1
        return near and births
    return not (one[1] and two[1])


def verdict_of(data: bytes) -> Verdict:
    """Classify a kept reading (in a worker process)."""
    return classify_reading(Reading.model_validate_json(data))


async def _prepare(event: Event[DocumentRead], tools: Tools) -> Verdict:
    verdict: Verdict = await tools.run(verdict_of, await tools.content(event.data.reading), timeout=SECONDS)
    return verdict


@on(DocumentRead, prepare=_prepare)
def classify(event: Event[DocumentRead], unit: Unit, verdict: Verdict) -> Iterable[Payload]:
    data = event.data
    case = sheet_case(data.returned, unit)
    if case is not None and not verdict.document_class.is_order:
        # an answer on our own sheet need not look like an order; what it is about is known
        verdict = Verdict(CLASS_OF_TYPE[case.order.order_type], 1.0, verdict.patients)
    classified = DocumentClassified(
        document_id=data.document_id,
        channel=data.channel,
        received_at=data.received_at,
        reply_to=data.reply_to,
        documents=data.documents,
        returned=data.returned if case is not None else None,
        reading=data.reading,
        document_class=verdict.document_class,
        class_confidence=verdict.confidence,
        patients=verdict.patients,
        problems=data.problems,
    )
    reason = doubt(verdict, data.problems)
    if reason is not None:
        return hold(
            unit, data.document_id, data.reply_to, stage="classify", reason=reason,
            document_class=verdict.document_class, documents=data.documents,
        )  # fmt: skip
    if not verdict.document_class.is_order:
        log.info("document %s is %s: no case", data.document_id, verdict.document_class.value)
        unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, reason=f"no order: {verdict.document_class.value}")
    return [classified]


def doubt(verdict: Verdict, problems: Iterable[str] = ()) -> str | None:
    """Return why a person must look at the document before anything is made of it; None when nobody must."""
    broken = next((problem for problem in problems if not problem.startswith("unsupported")), None)
    if broken is not None:
        return f"not all of it could be read: {broken}"
    if verdict.document_class is DocumentClass.UNREADABLE:
        return "too little of it can be read"
    if verdict.document_class is DocumentClass.OTHER:
        return "it is not known what it is"
    if verdict.document_class is DocumentClass.WRONG_RECIPIENT:
        return "it seems to be meant for somebody else"
    if verdict.confidence < float(rules.load("documents/classes")["review_below"]):
        return f"it may be {verdict.document_class.value}, but that is not certain"
    return None
