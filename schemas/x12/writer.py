"""Writes X12: values that cannot hurt the structure, counted envelopes, and the parts that several requests share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from schemas.order import PersonName
from schemas.payer import PayerEnquiry
from schemas.x12.interchange import Separators

_BY = Separators()
_UNSAFE = re.compile(r"[^A-Z0-9 !\"&'()+,\-./;?=%@\[\]_{}|<>#$]")
"""What is not of X12's basic and extended sets, less the separators that we write."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose interchange it is and who is to read it, as agreed with the partner; `originator` is TRN03."""

    sender: str
    receiver: str
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    originator: str = "9DOORSTEP0"
    usage: str = "P"


def safe(value: object, most: int) -> str:
    """Return a value as an element of at most `most` signs: upper case ASCII without separators."""
    plain = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode()
    return " ".join(_UNSAFE.sub(" ", plain.upper()).split())[:most].strip()


def segment(name: str, *elements: str) -> str:
    """Return one segment without its end; empty elements at the end are left out."""
    return _BY.element.join((name, *elements)).rstrip(_BY.element)


def composite(*parts: str) -> str:
    return _BY.component.join(parts).rstrip(_BY.component)


def repeated(values: Iterable[str]) -> str:
    return _BY.repetition.join(values)


def d8(day: date) -> str:
    return f"{day:%Y%m%d}"


def amount(value: Decimal) -> str:
    """Return a number as X12 writes it: no exponent, no zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def interchange(
    parties: Parties, control: str, at: datetime, group: str, version: str, kind: str, body: list[str]
) -> bytes:
    """Return ISA to IEA around one transaction set. The same arguments give the same bytes."""
    isa = (
        "ISA", "00", " " * 10, "00", " " * 10,
        parties.sender_qualifier, safe(parties.sender, 15).ljust(15),
        parties.receiver_qualifier, safe(parties.receiver, 15).ljust(15),
        f"{at:%y%m%d}", f"{at:%H%M}", _BY.repetition, "00501", control.zfill(9), "0", parties.usage, _BY.component,
    )  # fmt: skip
    number = str(int(control))
    names = (safe(parties.sender, 15), safe(parties.receiver, 15))
    lines = [
        _BY.element.join(isa),
        segment("GS", group, *names, d8(at), f"{at:%H%M}", number, "X", version),
        segment("ST", kind, "0001", version),
        *body,
        segment("SE", str(len(body) + 2), "0001"),
        segment("GE", "1", number),
        segment("IEA", "1", control.zfill(9)),
    ]
    return "".join(f"{line}{_BY.segment}" for line in lines).encode("ascii")


def family_and_given(name: PersonName) -> tuple[str, str]:
    """Return NM103 and NM104; of a name in one text the last word is the family name."""
    if name.family:
        return safe(name.family, 60), safe((name.given or "").split(" ")[0], 35)
    words = name.text.replace(",", " ").split()
    return safe(words[-1] if words else "", 60), safe(words[0] if len(words) > 1 else "", 35)


def payer_name(entity: str, enquiry: PayerEnquiry) -> str:
    return segment("NM1", entity, "2", safe(enquiry.payer, 60), "", "", "", "", "PI", safe(enquiry.payer_id, 80))


def requester_name(enquiry: PayerEnquiry) -> str:
    """Return who asks: the ordering clinician, or the practice."""
    npi = ("XX", safe(enquiry.provider_npi, 80)) if enquiry.provider_npi else ("", "")
    if enquiry.provider_name is not None:
        family, given = family_and_given(enquiry.provider_name)
        return segment("NM1", "1P", "1", family, given, "", "", "", *npi)
    return segment("NM1", "1P", "2", safe(enquiry.organization or "UNKNOWN", 60), "", "", "", "", *npi)


def member(enquiry: PayerEnquiry) -> list[str]:
    """Return the subscriber's NM1, N3, N4 and DMG."""
    family, given = family_and_given(enquiry.member_name)
    lines = [segment("NM1", "IL", "1", family, given, "", "", "", "MI", safe(enquiry.member_id, 80))]
    where = enquiry.member_address
    if where is not None and where.city and where.state and where.postal_code:
        lines.append(segment("N3", safe(where.line1, 55), safe(where.line2 or "", 55)))
        lines.append(segment("N4", safe(where.city, 30), safe(where.state, 2), where.postal_code.replace("-", "")))
    sex = {"female": "F", "male": "M"}.get(enquiry.sex or "", "")
    return [*lines, segment("DMG", "D8", d8(enquiry.dob), sex)]


def period(qualifier: str, enquiry: PayerEnquiry) -> list[str]:
    """Return the DTP of the days of service, none where they are not known."""
    start, end = enquiry.service_start, enquiry.service_end
    if start is None:
        return []
    if end is None or end <= start:
        return [segment("DTP", qualifier, "D8", d8(start))]
    return [segment("DTP", qualifier, "RD8", f"{d8(start)}-{d8(end)}")]
