"""Says what kind of document it is; an order anywhere in the packet decides, and what is no order ends here."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from doorstep import rules
from doorstep.handler import Tools, Unit, on
from handlers.casework import hold, saved, with_document
from handlers.correspond import correspondence, kept
from handlers.extract.people import people_of
from handlers.finding import escalated_case, request_case, sheet_case
from handlers.kinds import COVER, ORDER, Kind, kind_of, scores_of, together
from schemas.document import DocumentClass, DocumentClassified, DocumentRead
from schemas.event import Event, Payload
from schemas.order import OrderType
from schemas.reading import Page, Reading
from schemas.transmission import ReceiptState

log = logging.getLogger("doorstep.classify")

SECONDS = 60.0
SOME_ORDER = 1.5
"""A page that nobody knows and that speaks so much of an order may be one that can hardly be read."""
LETTERS = frozenset({DocumentClass.OTHER, DocumentClass.LAB_RESULT})
"""What a mail about a case may look like; an order always goes the way of orders."""
PAPERS = frozenset({DocumentClass.OTHER, DocumentClass.UNREADABLE, DocumentClass.LAB_RESULT})
"""What comes inside of an order's own FHIR input and is no order: notes, results, pictures belong to its case."""
CLASS_OF_TYPE = {
    OrderType.DME: DocumentClass.DME_ORDER,
    OrderType.HOME_HEALTH: DocumentClass.HOME_HEALTH_REFERRAL,
    OrderType.INFUSION: DocumentClass.INFUSION_ORDER,
    OrderType.UNKNOWN: DocumentClass.DME_ORDER,
}
"""As what an answer to a case's own sheet is read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of a document, how sure that is, and how many patients it names."""

    document_class: DocumentClass
    confidence: float
    patients: int


def classify_reading(reading: Reading) -> Verdict:
    """Weigh the words of every page; an order's page outweighs whatever lies around it."""
    limits = rules.load("documents/classes")
    legible = sum(
        1 for p in reading.pages for w in p.words if w.confidence > 0.5 and len(w.text) > 2 and w.text.isascii()
    )
    if legible < int(limits["least_words"]):
        return Verdict(DocumentClass.UNREADABLE, 0.9 if legible < 4 else 0.7, 0)
    written = [page for page in reading.pages if page.words]
    scores = [scores_of(page) for page in written]
    kinds = [kind_of(one) for one in scores]
    ordered = [kind for kind in kinds if kind.is_order]
    if ordered:
        whole = max(ordered, key=lambda kind: kind.order_act)
        patients = len(people_of(reading))
        sure = whole.act_sure * whole.order_sure
        nobodys = not patients and not any(kind.person for kind in kinds)
        if nobodys or not any(kind.clinician for kind in kinds):  # an offer, an empty form, a payer's approval
            sure = min(sure, float(limits["review_below"]) - 0.05)
        return Verdict(DocumentClass(whole.order), round(sure, 4), patients)
    telling = [one for one, kind in zip(scores, kinds, strict=True) if kind.act != COVER] or scores
    whole = kind_of(together(telling))
    if whole.is_order:  # no page of it says so alone
        sure = min(whole.act_sure * whole.order_sure, float(limits["review_below"]) - 0.05)
        return Verdict(DocumentClass(whole.order), round(sure, 4), len(people_of(reading)))
    sure = whole.act_sure
    if any(_may_hide_an_order(page, kind) for page, kind in zip(written, kinds, strict=True)):
        sure = min(sure, float(limits["review_below"]) - 0.05)
    return Verdict(_class_of(whole), round(sure, 4), 0)


def _may_hide_an_order(page: Page, kind: Kind) -> bool:
    """Say whether a page of which nobody knows what it is may be an order that can hardly be read."""
    if kind.act != "":
        return False
    legible = sum(1 for w in page.words if w.confidence > 0.75 and len(w.text) > 2)
    return kind.order_act >= SOME_ORDER or (len(page.words) > 8 and legible < 0.4 * len(page.words))


def _class_of(kind: Kind) -> DocumentClass:
    """Return the class of what is no order; a cover sheet alone and what nobody knows are `other`."""
    return DocumentClass(kind.act) if kind.act not in {"", ORDER, COVER} else DocumentClass.OTHER


def verdict_of(data: bytes) -> Verdict:
    """Classify a kept reading (in a worker process)."""
    return classify_reading(Reading.model_validate_json(data))


async def _prepare(event: Event[DocumentRead], tools: Tools) -> Verdict:
    verdict: Verdict = await tools.run(verdict_of, await tools.content(event.data.reading), timeout=SECONDS)
    return verdict


@on(DocumentRead, prepare=_prepare)
def classify(event: Event[DocumentRead], unit: Unit, verdict: Verdict) -> Iterable[Payload]:
    data = event.data
    if escalated_case(data.returned, unit) is not None:  # `read` has put it onto its case
        return []
    case = sheet_case(data.returned, unit)
    whole = request_case(data.about, data.reply_to, unit)
    if case is not None:
        # an answer need not look like an order: what it is about is known by our own sheet, or the mail it answers
        kind = verdict.document_class if verdict.document_class.is_order else CLASS_OF_TYPE[case.order.order_type]
        verdict = Verdict(kind, 1.0, verdict.patients)
    classified = DocumentClassified(
        document_id=data.document_id,
        channel=data.channel,
        received_at=data.received_at,
        reply_to=data.reply_to,
        documents=data.documents,
        returned=data.returned if case is not None else None,
        about=data.about if whole is not None else None,
        reading=data.reading,
        document_class=verdict.document_class,
        class_confidence=verdict.confidence,
        patients=verdict.patients,
        problems=data.problems,
    )
    if whole is not None and case is None and verdict.document_class in PAPERS:
        saved(whole, unit, document_ids=with_document(whole, data.document_id))
        told = f"papers of the case: {verdict.document_class.value}"
        unit.settle_receipt(data.document_id, ReceiptState.ACCEPTED, reason=told, case_id=whole.case_id)
        return [classified]
    mail = correspondence(data.document_id, unit) if verdict.document_class in LETTERS and case is None else None
    if mail is not None and not data.problems:
        return [classified, *kept(*mail, data, unit)]
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
