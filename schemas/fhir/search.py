"""What of a resource can be searched for, as one table; the values as they are indexed and asked for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Literal

from schemas.codec import CodecError
from schemas.search import Criterion

Kind = Literal["token", "reference", "string", "date"]
Table = Mapping[str, tuple[Kind, str]]
_COMMON: dict[str, tuple[Kind, str]] = {"identifier": ("token", "identifier")}
_NAMED: dict[str, tuple[Kind, str]] = {
    "name": ("string", "name"),
    "family": ("string", "name.family"),
    "given": ("string", "name.given"),
}
_SUBJECT: dict[str, tuple[Kind, str]] = {"patient": ("reference", "subject"), "subject": ("reference", "subject")}
_REQUEST: dict[str, tuple[Kind, str]] = {
    **_COMMON,
    **_SUBJECT,
    "status": ("token", "status"),
    "intent": ("token", "intent"),
    "encounter": ("reference", "encounter"),
    "requester": ("reference", "requester"),
    "performer": ("reference", "performer"),
}
SEARCH: dict[str, dict[str, tuple[Kind, str]]] = {
    "ServiceRequest": {
        **_REQUEST, "code": ("token", "code"), "category": ("token", "category"), "authored": ("date", "authoredOn"),
        "occurrence": ("date", "occurrenceDateTime"), "based-on": ("reference", "basedOn"),
    },
    "DeviceRequest": {
        **_REQUEST, "code": ("token", "codeCodeableConcept"), "authored-on": ("date", "authoredOn"),
        "insurance": ("reference", "insurance"),
    },
    "MedicationRequest": {
        **_REQUEST, "code": ("token", "medicationCodeableConcept"), "authoredon": ("date", "authoredOn"),
        "medication": ("reference", "medicationReference"),
    },
    "NutritionOrder": {
        "identifier": ("token", "identifier"), "patient": ("reference", "patient"), "status": ("token", "status"),
        "provider": ("reference", "orderer"), "datetime": ("date", "dateTime"), "encounter": ("reference", "encounter"),
    },
    "Patient": {
        **_COMMON, **_NAMED, "birthdate": ("date", "birthDate"), "gender": ("token", "gender"),
        "telecom": ("token", "telecom"), "address-postalcode": ("string", "address.postalCode"),
        "address-city": ("string", "address.city"), "address-state": ("string", "address.state"),
        "active": ("token", "active"), "organization": ("reference", "managingOrganization"),
    },
    "Coverage": {
        **_COMMON, "beneficiary": ("reference", "beneficiary"), "patient": ("reference", "beneficiary"),
        "payor": ("reference", "payor"), "status": ("token", "status"), "subscriber": ("reference", "subscriber"),
        "type": ("token", "type"),
    },
    "Practitioner": {**_COMMON, **_NAMED, "active": ("token", "active"), "telecom": ("token", "telecom")},
    "PractitionerRole": {
        **_COMMON, "practitioner": ("reference", "practitioner"), "organization": ("reference", "organization"),
        "specialty": ("token", "specialty"), "active": ("token", "active"),
    },
    "Organization": {**_COMMON, "name": ("string", "name"), "active": ("token", "active"), "type": ("token", "type")},
    "Condition": {
        **_COMMON, **_SUBJECT, "code": ("token", "code"), "clinical-status": ("token", "clinicalStatus"),
        "category": ("token", "category"), "encounter": ("reference", "encounter"),
    },
    "DocumentReference": {
        **_COMMON, **_SUBJECT, "status": ("token", "status"), "type": ("token", "type"), "date": ("date", "date"),
        "category": ("token", "category"), "author": ("reference", "author"),
    },
    "Encounter": {**_COMMON, **_SUBJECT, "status": ("token", "status"), "class": ("token", "class")},
    "Location": {**_COMMON, "name": ("string", "name")},
    "Device": {**_COMMON, "patient": ("reference", "patient"), "type": ("token", "type")},
    "Observation": {
        **_COMMON, **_SUBJECT, "status": ("token", "status"), "code": ("token", "code"),
        "category": ("token", "category"), "date": ("date", "effectiveDateTime"), "based-on": ("reference", "basedOn"),
    },
    "QuestionnaireResponse": {
        **_COMMON, **_SUBJECT, "status": ("token", "status"), "authored": ("date", "authored"),
        "based-on": ("reference", "basedOn"), "questionnaire": ("token", "questionnaire"),
    },
    "Medication": {**_COMMON, "code": ("token", "code")},
}  # fmt: skip
"""Resource type -> search parameter (as R4 names it) -> kind and where it stands."""
TASK: Table = {
    "status": ("token", "status"),
    "business-status": ("token", "businessStatus"),
    "code": ("token", "code"),
    "intent": ("token", "intent"),
    "priority": ("token", "priority"),
    "identifier": ("token", "identifier"),
    "focus": ("reference", "focus"),
    "based-on": ("reference", "basedOn"),
    "patient": ("reference", "for"),
    "subject": ("reference", "for"),
    "owner": ("reference", "owner"),
    "authored-on": ("date", "authoredOn"),
    "modified": ("date", "lastModified"),
}
"""The same for Task, which is made anew from its case whenever somebody asks: it is in no index of values."""
MAX_VALUE = 200
_DATE = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4}(?:-\d{2}(?:-\d{2}(?:T.*)?)?)?)")


def table_of(kind: str) -> Table:
    """Return what resources of a type can be searched for."""
    return TASK if kind == "Task" else SEARCH.get(kind, {})


def index_of(resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (parameter, value) of all that can be searched for (by the table of its type); the same pair once."""
    found: dict[tuple[str, str], None] = {}
    for param, (kind, path) in table_of(str(resource.get("resourceType"))).items():
        for item in _at(resource, path.split(".")):
            for value in _values(kind, item):
                found[(param, value[:MAX_VALUE])] = None
    return list(found)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _values(kind: Kind, item: Any) -> Iterator[str]:
    if kind == "token":
        yield from _tokens(item)
    elif kind == "reference":
        literal = item.get("reference") if isinstance(item, dict) else None
        if isinstance(literal, str):
            yield literal
            yield literal.rpartition("/")[2]
    elif kind == "date":
        if isinstance(item, str):
            yield item[:10]
    else:
        yield from _strings(item)


def _tokens(item: Any) -> Iterator[str]:
    """Yield `code`, `system|code` and `system|` of a code, Coding, CodeableConcept, Identifier or ContactPoint."""
    if isinstance(item, bool):
        yield str(item).lower()
    elif isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        for coding in item["coding"] if isinstance(item.get("coding"), list) else [item]:
            value = coding.get("value", coding.get("code")) if isinstance(coding, dict) else None
            if isinstance(value, str):
                yield value
                yield f"{coding.get('system') or ''}|{value}"
                yield f"{coding.get('system') or ''}|"


def _strings(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield folded(item)
    elif isinstance(item, dict):
        for part in ("text", "family", "given", "prefix", "suffix"):
            for text in item[part] if isinstance(item.get(part), list) else [item.get(part)]:
                if isinstance(text, str):
                    yield folded(text)


def folded(text: str) -> str:
    """Return text as strings are compared: without regard to case, accents and doubled blanks."""
    import unicodedata

    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.lower().split())


def criterion(kind_of: str, name: str, value: str) -> Criterion:
    """Return one parameter as a criterion; CodecError with FHIR's issue code for one that is not offered.

    `value` may hold several alternatives apart by commas; a comma after a backslash is none of these.
    """
    param, _, modifier = name.partition(":")
    known = table_of(kind_of).get(param)
    if known is None:
        raise CodecError("not-supported", "this search parameter is not offered here", param[:40])
    kind = known[0]
    if modifier == "missing":
        if value not in {"true", "false"}:
            raise CodecError("value", ":missing takes true or false", param)
        return Criterion(param, "missing" if value == "true" else "present", ())
    parts = tuple(part.replace("\\,", ",") for part in re.split(r"(?<!\\),", value) if part)
    if not parts:
        raise CodecError("value", "the search parameter has no value", param)
    if kind == "date":
        return _range(param, modifier, parts)
    if kind == "string":
        how = {"": "begins", "exact": "is", "contains": "holds"}.get(modifier)
        if how is None:
            raise CodecError("not-supported", "this modifier is not offered here", name[:60])
        return Criterion(param, how, tuple(folded(part) for part in parts))  # type: ignore[arg-type]
    if modifier == "not" and kind == "token":
        return Criterion(param, "not", parts)
    if modifier and not (kind == "reference" and modifier[:1].isupper()):
        raise CodecError("not-supported", "this modifier is not offered here", name[:60])
    typed = tuple(f"{modifier}/{part}" if modifier and "/" not in part else part for part in parts)
    return Criterion(param, "is", typed)


def _range(param: str, modifier: str, parts: Iterable[str]) -> Criterion:
    """Return the days that a date parameter means (prefixes of R4 3.1.1.4.5); one value only."""
    listed = list(parts)
    match = _DATE.fullmatch(listed[0]) if len(listed) == 1 and not modifier else None
    if match is None:
        raise CodecError("value", "give one date with an optional prefix eq, gt, ge, lt or le", param)
    prefix, text = match[1] or "eq", match[2][:10]
    try:
        first, after = days_of(text)
    except (ValueError, OverflowError):
        raise CodecError("value", "this is no possible date", param) from None
    low, high = {
        "eq": (first, after), "ge": (first, ""), "gt": (after, ""), "sa": (after, ""), "le": ("", after),
        "lt": ("", first), "eb": ("", first),
    }.get(prefix, ("?", "?"))  # fmt: skip
    if low == "?":
        raise CodecError("not-supported", "this prefix is not offered here", param)
    return Criterion(param, "range", (low, high))


def days_of(text: str) -> tuple[str, str]:
    """Return the first day of a year, month or day, and the day after its last."""
    year, month, day = (int(part) for part in [*text.split("-"), "0", "0"][:3])
    if not month:
        return f"{year:04d}-01-01", f"{year + 1:04d}-01-01"
    if not day:
        following = (year + 1, 1) if month == 12 else (year, month + 1)
        return str(date(year, month, 1)), str(date(*following, 1))
    return str(date(year, month, day)), str(date(year, month, day) + timedelta(days=1))
