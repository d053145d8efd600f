"""Whose order is it, and which order? Pure comparisons; in doubt the answer is doubt, never a merge.

Two orders are of the same member when member ID and date of birth agree and the names do not speak against it,
or when name, date of birth and payer agree and the member IDs do not speak against it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from rapidfuzz import fuzz

from handlers.casework import fold
from handlers.difference import was_read
from schemas.case import Case
from schemas.fields import fields_of, person_name, without_fields
from schemas.order import Clinician, Coverage, Equipment, Member, Order, OrderType
from schemas.transmission import ReplyTo

_SIMILAR = 85
"""Percent of likeness from which two spellings of a name are taken as one, where member ID and birth agree."""


class Verdict(StrEnum):
    SAME = "same"
    OTHER = "other"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Person:
    """What identifies a member, folded for comparison; None where the order does not say it."""

    given: str | None
    family: str | None
    dob: date | None
    payer: str | None
    member_id: str | None

    @property
    def name(self) -> str | None:
        return f"{self.given or ''} {self.family}".strip() if self.family else None

    @property
    def settled(self) -> bool:
        """Enough to open a case: name, date of birth and payer."""
        return bool(self.name and self.dob and self.payer)

    def unsettled(self) -> list[str]:
        return [n for n, v in (("member_name", self.name), ("dob", self.dob), ("payer", self.payer)) if not v]

    def tokens(self) -> tuple[str, ...]:
        """Return the digests under which a case of this member is found."""
        pairs = (
            ("member-id", self.member_id, self.dob),
            ("name", self.name, self.dob),
            ("named-id", self.member_id, self.name),
        )
        return tuple(digest(kind, str(a), str(b)) for kind, a, b in pairs if a and b)

    def key(self) -> str:
        """Return the identity key of a member seen for the first time."""
        if self.member_id:
            return digest("identity", self.member_id, str(self.dob))
        return digest("identity", str(self.name), str(self.dob), str(self.payer))


def digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def person_of(order: Order, payer_key: Callable[[str | None], str | None]) -> Person:
    """Return what identifies this order's member: first given name and family name, the primary payer and its ID."""
    name = order.member.name
    if name is not None and not name.family and name.text.strip():
        name = person_name(name.text)
    given = fold(name.given).split() if name and name.given else []
    cover = order.primary_coverage or Coverage()
    member_id = re.sub(r"[^A-Z0-9]", "", (cover.member_id or "").upper())
    return Person(
        given=given[0] if given else None,
        family=(fold(name.family) or None) if name and name.family else None,
        dob=order.member.dob,
        payer=payer_key(cover.payer) or (cover.payer_id or None),
        member_id=member_id or None,
    )


def recorded(person: Person, order: Order) -> bool:
    """Say whether an order without a payer is of a certain person all the same: typed, with a record number (MRN).

    Its sender knows the patient; the payer is then asked for like any other element.
    """
    return bool(person.name and person.dob and order.member.identifiers) and not was_read(order)


def compare(one: Person, two: Person) -> Verdict:
    """Say whether two orders are of the same member, of different ones, or whether a person must say."""
    born = one.dob is not None and one.dob == two.dob
    same_name = one.name is not None and one.name == two.name
    both_ids = bool(one.member_id and two.member_id)
    same_id = both_ids and one.member_id == two.member_id
    if same_id and born:
        alike = same_name or fuzz.ratio(one.name or "", two.name or "") >= _SIMILAR
        married = one.given is not None and one.given == two.given
        return Verdict.SAME if alike or married else Verdict.DOUBT
    if same_name and born:
        return Verdict.SAME if not both_ids and one.payer and one.payer == two.payer else Verdict.DOUBT
    return Verdict.DOUBT if same_name and same_id else Verdict.OTHER


def agrees(one: Person, two: Person) -> bool:
    """Say whether an order with a known order number may be of this member: nothing that both say differs."""
    return all(a == b for a, b in ((one.name, two.name), (one.dob, two.dob)) if a and b)


def placer_tokens(order: Order, reply_to: ReplyTo | None) -> tuple[str, ...]:
    """Return digests of the sender's own order numbers, its own only: two senders may use the same number."""
    sender = f"{reply_to.channel}|{reply_to.address}" if reply_to else order.channel
    numbers = [order.placer_number, *(line.placer_number for line in order.lines)]
    if order.channel == "fhir":
        numbers += order.unmapped.get("requests", "").split()  # the hub's own ids: an update (PUT) names them
    return tuple(dict.fromkeys(digest("placer", sender, number) for number in numbers if number))


def record_tokens(order: Order, reply_to: ReplyTo | None) -> tuple[str, ...]:
    """Return digests of the member's record numbers (MRN); those without an assigner are the sender's own."""
    sender = f"{reply_to.channel}|{reply_to.address}" if reply_to else order.channel
    return tuple(
        dict.fromkeys(digest("record", i.system or sender, i.value) for i in order.member.identifiers if i.value)
    )


def order_key(identity_key: str, order: Order) -> str:
    """Return what makes the same order recognisable on any channel: member, codes and first day of service.

    An order that does not say its codes or its day is only like itself.
    """
    codes = codes_of(order)
    if not codes or order.service_start is None:
        return digest("order", order.order_id)
    return digest("order", identity_key, ",".join(codes), str(order.service_start))


def codes_of(order: Order) -> list[str]:
    return sorted({line.code for line in order.lines if line.code})


def answers(order: Order, case: Case) -> bool:
    """Say whether an order may be the answer to what this case lacks: nothing in it speaks against that.

    What was asked for again, because it could not be right, may be answered with another value.
    """
    asked = {result.element_id for result in case.unmet}
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("order_lines", codes_of(order), codes_of(case.order)),
        ("service_start", order.service_start, case.order.service_start),
    )
    kinds = {order.order_type, case.order.order_type} - {OrderType.UNKNOWN}
    misread = "order_lines" in asked and (was_read(order) or was_read(case.order))
    if len(kinds) > 1 and not misread:
        return False
    return all(a == b for name, a, b in pairs if a and b and name not in asked)


def numbered_apart(order: Order, known: Order) -> bool:
    """Say whether the numbers of two orders of one channel tell them apart."""
    numbered = order.channel == known.channel and order.placer_number and known.placer_number
    return bool(numbered) and order.placer_number != known.placer_number


def vague(order: Order) -> bool:
    """Say whether an order leaves open which one it is: it does not say its codes or its day."""
    return not codes_of(order) or order.service_start is None


def partly_read(one: Order, two: Order) -> bool:
    """Say whether one of two orders for the same day may be the other with a part of its items unread."""
    codes, others = set(codes_of(one)), set(codes_of(two))
    read = was_read(one) or was_read(two)
    return (
        read
        and one.service_start == two.service_start
        and bool(codes and others)
        and (codes < others or others < codes)
    )


def surely_again(order: Order, known: Order) -> bool:
    """Say whether a vague order is certainly another sending of a known one that nothing in it contradicts.

    Another order number makes it another. It was written on the same day or, where one of them does not say when,
    by the same clinician or practice; and where its items were not read, its first day or a diagnosis must agree too.
    """
    if numbered_apart(order, known):
        return False
    written = (order.authored_on or order.signature_date, known.authored_on or known.signature_date)
    author = (order.clinician.npi, known.clinician.npi)
    practice = (fold(order.clinician.organization or ""), fold(known.clinician.organization or ""))
    numbers = {order.clinician.practice_fax, order.clinician.practice_phone} - {None}
    same_office = bool(numbers & {known.clinician.practice_fax, known.clinician.practice_phone})
    by_same = (author[0] == author[1]) if all(author) else (all(practice) and practice[0] == practice[1]) or same_office
    if not (written[0] == written[1] if all(written) else by_same):
        return False
    if codes_of(order):
        return True
    described = [{w for line in one.lines for w in fold(line.description or "").split()} for one in (order, known)]
    if all(described):
        return bool(described[0] & described[1])
    diagnoses = [{diagnosis.code for diagnosis in one.diagnoses} for one in (order, known)]
    return (order.service_start is not None and order.service_start == known.service_start) or bool(
        diagnoses[0] & diagnoses[1]
    )


def completed(order: Order, news: Order, unmet: tuple[str, ...] = ()) -> Order:
    """Return the order with its gaps, and what it was asked for, filled from another sending of it.

    Notes only grow: what one sending says of the member, the next need not say again.
    """
    present = fields_of(news)
    merged: Order = _fill(without_fields(order, [name for name in unmet if name in present]), news)
    known = fields_of(merged)
    return merged.model_copy(
        update={
            "unreadable": {n: why for n, why in {**news.unreadable, **order.unreadable}.items() if n not in known},
            "conflicting": {
                n: why
                for n, why in {**news.conflicting, **order.conflicting}.items()
                if n not in known or (n in order.conflicting and n not in present)
            },
        }
    )


def _fill(base: Any, extra: Any) -> Any:
    updates: dict[str, Any] = {}
    for name in type(base).model_fields:
        mine, other = getattr(base, name), getattr(extra, name)
        if name == "notes":
            updates[name] = tuple(dict.fromkeys([*mine, *other]))
        elif mine in (None, (), OrderType.UNKNOWN):
            updates[name] = other
        elif isinstance(mine, Member | Clinician | Equipment):
            updates[name] = _fill(mine, other)
        elif name == "coverage" and other:
            updates[name] = (_fill(mine[0], other[0]), *mine[1:])
        elif isinstance(mine, dict):
            updates[name] = {**other, **mine}
    changed = {name: value for name, value in updates.items() if value != getattr(base, name)}
    return base.model_copy(update=changed) if isinstance(base, BaseModel) and changed else base
