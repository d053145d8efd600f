"""Finds the case that a mail without an order speaks of, and keeps the mail with it for a person to read.

A case number can be guessed, the id of a mail of ours hardly: a number counts only from an address the case knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

from doorstep.handler import Unit
from handlers.casework import ask_person, directory, review_id_of, rule, saved, with_document
from handlers.escalation_mail import letter_of, managers, with_mail
from schemas.case import Case
from schemas.desk_rules import Desk
from schemas.document import DocumentRead
from schemas.event import Payload
from schemas.outbound import ConfirmationRequested
from schemas.transmission import ReceiptState, TransmissionReceived

LETTER = "denial letter"
"""The stage of a review of what reads like a denial: a mail has one review, not one for each that looks at it."""
_OURS = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")


def stage_of(case_id: str) -> str:
    return f"correspondence {case_id}"


def correspondence(document_id: str, unit: Unit) -> tuple[Case, str] | None:
    """Return the case that a mail belongs to and how that is known; None for everything else."""
    sent = unit.latest(TransmissionReceived, document_id)
    if sent is None or sent.data.channel != "email":
        return None
    return _by_thread(sent.data, unit) or _by_number(sent.data, unit)


def kept(case: Case, how: str, read: DocumentRead, unit: Unit) -> list[Payload]:
    """Put the mail onto its case; a person reads it, for nobody else knows what it wants."""
    document_id = read.document_id
    sent = unit.latest(TransmissionReceived, document_id)
    if sent is None:
        return []
    known = {address.lower() for address in managers(case, unit)}
    escalation = bool({(sent.data.sender or "").lower(), (read.author or "").lower()} & known)
    mails = with_mail(case.mails, sent.data.message_id) if escalation else case.mails
    saved(case, unit, document_ids=with_document(case, document_id), mails=mails)
    unit.settle_receipt(document_id, ReceiptState.ACCEPTED, reason="kept with its case", case_id=case.case_id)
    told = letter_of(case, sent.data, read, how, "escalation" if escalation else None)
    about = " about an escalation" if case.escalation is not None else " about a denial" if case.denials else ""
    letter = unit.review(review_id_of(unit, document_id, LETTER))
    if letter is not None:  # it reads like a denial, and a person is asked about it already
        if letter.case_id is not None:
            return [told]
        letter = letter.model_copy(update={"case_id": case.case_id})
        unit.save_review(letter)
        return [told, letter]
    stage = stage_of(case.case_id)
    reason = f"a mail came for the case{about}"
    return [told, *ask_person(unit, document_id, stage=stage, reason=reason, case_id=case.case_id)]


def _by_thread(data: TransmissionReceived, unit: Unit) -> tuple[Case, str] | None:
    """Return the case of the mail of ours that this one answers: its Message-ID begins with the confirmation's id."""
    answered = _OURS.match(data.details.get("in_reply_to", ""))
    told = unit.latest(ConfirmationRequested, answered[1]) if answered else None
    case = unit.case(told.data.case_id) if told is not None and told.data.case_id else None
    return (case, "the mail that it answers") if case is not None else None


def _by_number(data: TransmissionReceived, unit: Unit) -> tuple[Case, str] | None:
    case = unit.case(data.details.get("case_number", ""))
    if case is None or (data.sender or "").lower() not in set(_addresses(case, unit)):
        return None
    return case, "the case number in its subject"


def _addresses(case: Case, unit: Unit) -> Iterable[str]:
    """Return who may speak of a case by mail: its sender, the desk, providers that were offered it, managers."""
    offered = {offer.npi for offer in unit.offers_of(case.case_id)}
    desk = (manager.email for manager in rule(unit, "desk", Desk).managers)
    providers = (provider.email for provider in directory(unit).providers if provider.npi in offered)
    sender = case.reply_to.address if case.reply_to is not None and case.reply_to.channel == "email" else None
    return (address.lower() for address in chain((sender,), desk, providers, managers(case, unit)) if address)
