"""Codes and identifiers of HL7 v2 as FHIR's Coding, CodeableConcept and Identifier.

A system is named only where it is known; a sender's own name of one becomes a URI of ours: urn:doorstep:code-system:L.
"""
# ruff: noqa: ARG001 - every reading has one signature

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from schemas.hl7v2 import tables, values
from schemas.hl7v2.cells import Cell
from schemas.hl7v2.mapping import Row
from schemas.hl7v2.setting import Setting, clean
from schemas.identifiers import npi_ok, shaped_icd10

V2 = "http://terminology.hl7.org/CodeSystem/v2-"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
NPI = "http://hl7.org/fhir/sid/us-npi"
UCUM = "http://unitsofmeasure.org"
SSN = "http://hl7.org/fhir/sid/us-ssn"
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


def uri(prefix: str, name: str) -> str:
    """Return a URI of ours for a sender's own name of a system: nothing is claimed, nothing is lost."""
    return f"urn:doorstep:{prefix}:{quote(name, safe='')}"


def universal(identifier: str, kind: str) -> str | None:
    """Return a universal id (HD.2, HD.3) as a URI."""
    identifier = identifier.strip()
    if _OID.fullmatch(identifier):
        return f"urn:oid:{identifier}"
    if _UUID.fullmatch(identifier):
        return f"urn:uuid:{identifier.lower()}"
    return identifier if kind.upper() in ("URI", "URL", "") and URI.fullmatch(identifier) else None


def authority(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Return the `system` or the assigner of an identifier from an HD."""
    name, identifier, kind = clean(cell.get(1)), cell.get(2), cell.get(3)
    system = universal(identifier, kind)
    shown = name or (identifier if system is None else "")
    found: dict[str, Any] = {"system": system} if system else {}
    if shown:
        found["assigner"] = {"display": shown}
    return found or None


def endpoint(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return the address of an application from an HD."""
    name, identifier, kind = clean(cell.get(1)), cell.get(2), cell.get(3)
    return universal(identifier, kind) or (uri("application", name or identifier) if name or identifier else None)


def entity_authority(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Return the same from an EI, whose second to fourth components are an HD where the first holds the number."""
    if not cell.get(1):
        return None
    name, identifier, kind = clean(cell.get(2)), cell.get(3), cell.get(4)
    system = universal(identifier, kind)
    shown = name or (identifier if system is None else "")
    found: dict[str, Any] = {"system": system} if system else {}
    return found | ({"assigner": {"display": shown}} if shown else {}) or None


def entity_number(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return the number of an EI."""
    return clean(values.entity_number(cell.get)) or None


def universal_id(cell: Cell, setting: Setting, row: Row) -> str | None:
    return universal(cell.get(2), cell.get(3)) or clean(cell.get(2)) or None


def provider_number(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Read the number of an XCN (row type `xcn_number`) or a PLN; an NPI by the rules that the order is read by."""
    number = clean(cell.get(1))
    if not number:
        return None
    places = ((13, 9), (13, 8)) if row.type == "xcn_number" else ((2, 4), (5, 4), (13, 9))
    found: dict[str, Any] = {"use": "official", "value": number}
    kind_at = 13 if row.type == "xcn_number" else 2
    kind = cell.get(kind_at).upper()
    if kind:
        found["type"] = _typed(kind, setting)
    for type_at, assigner_at in places:
        if _npi(cell, type_at, assigner_at):
            for at in (type_at, assigner_at):
                cell.get(at)
                cell.get(at, 2)
            return found | {"system": NPI}
    if row.type == "xcn_number":
        found |= authority(cell.narrow(9), setting, row) or {}
    return found


def _npi(cell: Cell, type_at: int, assigner_at: int) -> bool:
    """Tell whether it is one: declared as such, or ten digits that pass the check and are not called something else."""
    value, kind = cell.get(1).replace(" ", ""), cell.get(type_at).upper()
    assigner = {cell.get(assigner_at).upper(), cell.get(assigner_at, 2)}
    declared = kind == "NPI" or bool(assigner & {"NPI", "US-NPI", "2.16.840.1.113883.4.6"})
    if assigner_at == 8 and not declared:
        return False
    return npi_ok(value) and (declared or kind in tables.VAGUE_ID_TYPES)


def _typed(kind: str, setting: Setting) -> dict[str, Any]:
    if kind in setting.maps.v2_codes["0203"]:
        return {"coding": [{"system": f"{V2}0203", "code": kind}]}
    return {"text": kind}


def id_type(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    kind = clean(cell.get()).upper()
    return _typed(kind, setting) if kind else None


def id_system(cell: Cell, setting: Setting, row: Row) -> str | None:
    """Return the system that an identifier's type stands for by itself (NPI, SS)."""
    return {"NPI": NPI, "SS": SSN}.get(cell.get().upper())


def concept(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Read CE, CF, CNE or CWE (a bare ID or IS, too): both triplets and the third, the original text, the text."""
    codings: list[dict[str, Any]] = []
    texts: list[str] = []
    for at, names in ((1, 3), (4, 6), (10, 12)):
        found, shown, system = clean(cell.get(at)), clean(cell.get(at + 1)), clean(cell.get(names))
        if found:
            coding = _coding(found, system or (row.system if at == 1 else ""), row.table if at == 1 else "", setting)
            version = clean(cell.get({1: 7, 4: 8, 10: 13}[at]))
            codings.append(coding | ({"version": version} if version else {}) | ({"display": shown} if shown else {}))
        elif shown:
            texts.append(shown)
            if system:
                texts[-1] += f" [{system}]"
    original = clean(cell.get(9))
    shown = "; ".join(dict.fromkeys([original, *texts] if original else texts))
    made: dict[str, Any] = {"coding": codings} if codings else {}
    return (made | ({"text": shown} if shown else {})) or None


def _coding(found: str, system: str, table: str, setting: Setting) -> dict[str, Any]:
    name = " ".join(system.upper().split())
    known = setting.maps.systems.get(name)
    number = re.fullmatch(r"HL7(?:V2)?[-_]?(\d{4})", name)
    if number or (not name and table):
        digits = number[1] if number else table
        listed = found in setting.maps.v2_codes.get(digits, frozenset())
        return {"system": f"{V2}{digits}" if listed else uri("hl7v2", digits), "code": found}
    if known == ICD10:
        return {"system": ICD10, "code": shaped_icd10(found) or found}
    if known:
        return {"system": known, "code": found}
    address = universal(system, "")
    return {"system": address or uri("code-system", system), "code": found} if system else {"code": found}


def coding(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Return the first coding of a concept."""
    found = concept(cell, setting, row)
    return found["coding"][0] if found and "coding" in found else None


def diagnosis(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Read a diagnosis: a code of ICD-10-CM's shape under no system is one, as it is for the order."""
    found = concept(cell, setting, row)
    for one in (found or {}).get("coding", []):
        shaped = shaped_icd10(one["code"]) if "system" not in one else None
        if shaped:
            one |= {"system": ICD10, "code": shaped}
    return found


def language(cell: Cell, setting: Setting, row: Row) -> dict[str, Any] | None:
    """Return a language as FHIR takes it: BCP 47, which has one code for each; else in words."""
    found = concept(cell, setting, row) or {}
    shown = found.get("text") or next((c.get("display", c["code"]) for c in found.get("coding", ())), "")
    known = setting.maps.codes["language"]
    named = next((known[c["code"].lower()] for c in found.get("coding", ()) if c["code"].lower() in known), None)
    named = named or known.get(shown.lower())
    made: dict[str, Any] = {"coding": [{"system": "urn:ietf:bcp:47", "code": named}]} if named else {}
    return made | ({"text": shown} if shown else {}) or None
