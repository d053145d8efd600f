"""HL7 v2 data types as our values; None stands for nothing, Unusable for what is not to be trusted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from schemas.hl7v2 import tables
from schemas.hl7v2.er7 import REPLACEMENT, Repetition
from schemas.identifiers import CPT, HCPCS, npi_ok, shaped_icd10
from schemas.order import Address, Diagnosis, Identifier, PersonName

_DTM = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:(\d{2})(?:\.\d{1,6})?)?)?([+-]\d{4})?|"
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?)?(Z|[+-]\d{2}:?\d{2})?"
)
_US_DATE = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?:(?:,| at)? (\d{1,2}):(\d{2})(?: ?([ap])\.?m\.?)?)?", re.IGNORECASE
)
_EXTENSION = re.compile(r"[A-Za-z]")
_HCPCS = re.compile(rf"({HCPCS.pattern})(?:[-:, ]*([A-Z0-9]{{2}}(?:[-:, ]+[A-Z0-9]{{2}}){{0,3}}))?")
_NUMBER = re.compile(r"[+]?\d{1,9}(?:\.\d{1,4})?")
_PHONE = re.compile(r"(?<![\d-])(?:\+?1[-. ]?)?\(?([2-9]\d\d)\)?[-. ]{0,2}(\d{3})[-. ]?(\d{4})(?!\d)")
_ZIP = re.compile(r"(\d{5})(?:-?(\d{4}))?")
_OID_NPI = "2.16.840.1.113883.4.6"
_NPI_WORDS = re.compile(r"\bNPI\b|NATIONAL PROVIDER ID")
_SSN = re.compile(r"(?!000|666|9)(\d{3})-?(?!00)(\d{2})-?(?!0000)(\d{4})")


class Unusable(ValueError):
    """A value is there and cannot be trusted; the text says why, without the value."""


def entity_number(part: Callable[..., str]) -> str:
    """Return the number of an EI by its components; `^^REF001` holds nothing but the number, in another one's place."""
    number = part(1)
    if number or part(4):  # with a type in the fourth the third is who gave the number
        return number
    others = [text for text in (part(2), part(3)) if text]
    return others[0] if len(others) == 1 else ""


def clean(text: str) -> str:
    """Return the text with its white space in order; Unusable when bytes could not be decoded."""
    if REPLACEMENT in text:
        raise Unusable("holds bytes that are not in the declared character set")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def moment(text: str) -> date | datetime | None:
    """Read DTM or ISO 8601: a date, an instant in UTC, or a naive local time when no offset was given."""
    text = text.strip()
    if not text:
        return None
    found = _DTM.fullmatch(text)
    if found is None:
        us = _US_DATE.fullmatch(text)
        if us is None:
            raise Unusable("is not a full date")
        return _us_moment(*us.groups())
    year, month, day, hour, minute, second, zone = found.groups()[:7] if found[1] else found.groups()[7:]
    day_only = _date(year, month, day)
    if hour is None:
        return day_only
    try:
        parts = (int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        return datetime(*parts, tzinfo=_zone(zone)).astimezone(UTC) if zone else datetime(*parts)  # noqa: DTZ001
    except (ValueError, OverflowError):
        raise Unusable("is not a possible time") from None


def _us_moment(month: str, day_: str, year: str, hour: str | None, minute: str, half: str | None) -> date | datetime:
    """Read 11/24/2026 2:00 PM, the local time of the home; an hour that may be of either half of the day is none."""
    day_only = _date(year, month, day_)
    if hour is None:
        return day_only
    of_clock = int(hour)
    if int(minute) > 59 or not (1 <= of_clock <= 12 if half else 13 <= of_clock <= 23):
        raise Unusable("is not a time of one meaning")
    if half:
        of_clock = of_clock % 12 + (12 if half in "pP" else 0)
    return datetime(day_only.year, day_only.month, day_only.day, of_clock, int(minute))  # noqa: DTZ001


def day(text: str) -> date | None:
    """Read the date of a DTM as its sender wrote it: the offset does not move the day."""
    text = text.strip()
    found = _DTM.fullmatch(text)
    if found is not None:
        return _date(*(found.groups()[:3] if found[1] else found.groups()[7:10]))
    value = moment(text)
    return value.date() if isinstance(value, datetime) else value


def _date(year: str, month: str, day_: str) -> date:
    try:
        value = date(int(year), int(month), int(day_))
    except ValueError:
        raise Unusable("is not a possible date") from None
    if not 1850 <= value.year <= 2200:
        raise Unusable("is not a plausible date")
    return value


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def digits10(text: str) -> str | None:
    """Read a US phone number as ten digits."""
    text = text.strip()
    if not text:
        return None
    text = text.removeprefix("tel:")
    if text.startswith("+") and not text.startswith("+1"):
        raise Unusable("is not a number in the United States")
    kept = re.sub(r"\D", "", _EXTENSION.split(text, maxsplit=1)[0])
    if len(kept) == 11 and kept[0] == "1":
        kept = kept[1:]
    if len(kept) != 10 or kept[0] in "01":
        raise Unusable("is not a ten-digit phone number")
    return kept


def phone_in(text: str) -> str | None:
    """Read the one phone number that a text such as `daughter Ann, (937) 555-0100` holds."""
    found = {"".join(groups) for groups in _PHONE.findall(text)}
    if len(found) > 1:
        raise Unusable("holds more than one phone number")
    return digits10(found.pop() if found else text)


def phone(rep: Repetition) -> str | None:
    """Read an XTN: the formatted number, the unformatted one, or area code and number."""
    parts = rep.get(1), rep.get(12), rep.get(6) + rep.get(7)
    text = next((p for p in parts if any(c.isdigit() for c in p)), "")
    if text and rep.get(5).lstrip("+0") not in {"", "1"}:
        raise Unusable("is not a number in the United States")
    return digits10(text)


def is_fax(rep: Repetition) -> bool:
    return rep.get(3).upper() in tables.FAX_EQUIPMENT


def is_phone(rep: Repetition) -> bool:
    return not is_fax(rep) and rep.get(3).upper() not in tables.NO_PHONE_EQUIPMENT and rep.get(2).upper() != "NET"


def name(rep: Repetition, first: int = 1) -> PersonName | None:
    """Read a name whose family name is component `first` (XPN 1, XCN 2)."""
    family, given, middle, suffix = (clean(rep.get(first + i)) for i in range(4))
    if not family and not given:
        return None
    text = " ".join(part for part in (given, middle, family, suffix) if part)
    if not any(c.isalpha() for c in text):
        raise Unusable("is not a name")
    return PersonName(text=text, given=given or None, family=family or None)


def npi(rep: Repetition, *, type_at: int, assigner_at: int) -> str | None:
    """Read an NPI from XCN or PLN-like identifiers: declared as one, or ten digits that pass its check."""
    value = rep.get(1).replace(" ", "")
    kind = rep.get(type_at).upper()
    named = f"{kind}\n{rep.get(assigner_at).upper()}"
    declared = rep.get(assigner_at, 2) == _OID_NPI or rep.get(assigner_at) == _OID_NPI or bool(_NPI_WORDS.search(named))
    if not value or (kind and not declared and kind not in tables.VAGUE_ID_TYPES):
        return None
    if npi_ok(value):
        return value
    if declared:
        raise Unusable("does not pass the NPI check")
    return None


def address(rep: Repetition) -> Address | None:
    """Read XAD or AD."""
    line1, line2, city = clean(rep.get(1)), clean(rep.get(2)), clean(rep.get(3))
    if not line1:
        if city or rep.get(5):
            raise Unusable("has no street")
        return None
    if _ZIP.fullmatch(city):
        raise Unusable("has a postal code in the place of the city")
    state = clean(rep.get(4)).upper()
    state = tables.STATES.get(state, state)
    postal = _ZIP.fullmatch(clean(rep.get(5)).replace(" ", ""))
    country = clean(rep.get(6)).upper().rstrip(".")
    if (len(country) > 1 and country not in tables.UNITED_STATES) or (state and state not in tables.STATE_CODES):
        state, postal = "", None  # its state and postal code would be taken for American ones
    return Address(
        line1=line1,
        line2=line2 or None,
        city=city or None,
        state=state or None,
        postal_code=(f"{postal[1]}-{postal[2]}" if postal[2] else postal[1]) if postal else None,
    )


def address_text(text: str) -> Address | None:
    """Read `street[, line 2], City, ST 12345`, or the components of an XAD written into a text."""
    text = clean(text)
    if not text:
        return None
    parts = [p.strip() for p in text.split(",") if p.strip()]
    tail = re.fullmatch(r"([A-Za-z]{2})\.? +(\d{5}(?:-\d{4})?)", parts[-1]) if parts else None
    if tail is None or len(parts) < 3:
        raise Unusable("is not an address of the form street, City, ST 12345")
    return Address(
        line1=parts[0],
        line2=", ".join(parts[1:-2]) or None,
        city=parts[-2],
        state=tail[1].upper(),
        postal_code=tail[2],
    )


def ssn(text: str) -> str | None:
    """Return a social security number that can have been issued; None for 000-00-0000 and its like."""
    found = _SSN.fullmatch(text.strip())
    return text.strip() if found and len(set("".join(found.groups()))) > 1 else None


def identifier(rep: Repetition) -> Identifier | None:
    """Read a CX: the value and who gave it (universal id, else namespace, else the identifier type)."""
    value = clean(rep.get(1))
    if not value:
        return None
    universal, kind = rep.get(4, 2), rep.get(4, 3).upper()
    prefix = {"ISO": "urn:oid:", "UUID": "urn:uuid:"}.get(kind, "")
    system = prefix + universal if universal else rep.get(4, 1) or rep.get(5)
    return Identifier(system=system or None, value=value)


def service_code(rep: Repetition, *, bare_cpt: bool) -> tuple[str, tuple[str, ...]] | None:
    """Read HCPCS or CPT and modifiers from either triplet of a CE or CWE, by its system or else by its shape."""
    for at in (1, 4, 10):
        text = rep.get(at).upper()
        system = rep.get(at + 2 if at < 10 else 12).upper()
        if not text or system in tables.OTHER_CODE_SYSTEMS or system.startswith("I1"):
            continue
        hcpcs = _HCPCS.fullmatch(text)
        if hcpcs is not None:
            return hcpcs[1], tuple(re.findall(r"[A-Z0-9]{2}", hcpcs[2] or ""))
        if CPT.fullmatch(text) and (system in tables.PROCEDURE_SYSTEMS or (bare_cpt and not system)):
            return text, ()
    return None


def diagnosis(rep: Repetition, *, system: str = "") -> Diagnosis | None:
    """Read an ICD-10-CM code from either triplet of a CE or CWE."""
    seen = ""
    for at in (1, 4, 10):
        text = rep.get(at).upper()
        named = rep.get(at + 2 if at < 10 else 12).upper() or (system if at == 1 else "")
        if not text:
            continue
        seen = seen or text
        if named and named not in tables.ICD10_SYSTEMS:
            continue
        code = shaped_icd10(text)
        if code is not None:
            return Diagnosis(code=code, description=clean(rep.get(at + 1 if at < 10 else 11)) or None)
    if seen:
        raise Unusable("is not an ICD-10-CM code")
    return None


def number(text: str) -> Decimal | None:
    """Read a positive NM."""
    text = text.strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise Unusable("is not a number")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Unusable("is not a number") from None
    if value <= 0:
        raise Unusable("is not a positive number")
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def diagnosis_codes(text: str) -> list[str]:
    """Return the ICD-10-CM codes written in a text such as `J44.9, J96.11`."""
    found = (shaped_icd10(part) for part in re.split(r"[,;\s]+", text))
    return [code for code in found if code]
