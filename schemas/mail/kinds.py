"""What bytes are, told by the bytes and never by their label or name."""

from __future__ import annotations

import json
import re

PDF, TIFF, PNG, JPEG = "application/pdf", "image/tiff", "image/png", "image/jpeg"
HL7, FHIR = "x-application/hl7-v2+er7", "application/fhir+json"
UNKNOWN = "application/octet-stream"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
)
_UNREAD: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or office document, not unpacked"),
    (b"PK\x05\x06", "a zip archive, not unpacked"),
    (b"\x1f\x8b", "a gzip archive, not unpacked"),
    (b"Rar!", "a rar archive, not unpacked"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive, not unpacked"),
    (b"\x78\x9f\x3e\x22", "a winmail.dat (TNEF), not unpacked"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document or Outlook item, not read"),
)
_HL7 = re.compile(rb"(?:\xef\xbb\xbf)?[\x0b\s]{0,20}(?:MSH|FHS|BHS)[^\w\s]")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,1000}\{")
_JSON_LIMIT = 8 * 1024 * 1024


def picture_or_page(data: bytes) -> str | None:
    """Return the content type of a PDF, TIFF, PNG or JPEG, else None."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    return PDF if b"%PDF-" in data[:1024] else None


def kind_of(data: bytes) -> str | None:
    """Return the content type of what the hub can read (pages, HL7 v2, FHIR JSON), else None."""
    page = picture_or_page(data)
    if page:
        return page
    if _HL7.match(data):
        return HL7
    return FHIR if _is_fhir(data) else None


def why_unread(data: bytes) -> str | None:
    """Name a container that is never opened, else None."""
    return next((why for signature, why in _UNREAD if data.startswith(signature)), None)


def _is_fhir(data: bytes) -> bool:
    if len(data) > _JSON_LIMIT or not _JSON.match(data) or b'"resourceType"' not in data:
        return False
    try:
        body = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and isinstance(body.get("resourceType"), str)
