"""Documents inside a message: OBX-5 of type ED, as its senders write it, and the text of a document message. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from schemas.codec import CodecError
from schemas.hl7v2.er7 import Message, Repetition, Segment, split
from schemas.hl7v2.options import AS_SENT, Options

MAX_DOCUMENTS = 20
_TYPES = {
    "PDF": "application/pdf", "TIF": "image/tiff", "TIFF": "image/tiff", "PNG": "image/png", "JPEG": "image/jpeg",
    "JPG": "image/jpeg", "TEXT": "text/plain", "TXT": "text/plain", "PLAIN": "text/plain", "XML": "text/xml",
    "HL7-CDA+XML": "text/xml", "X-HL7-CDA-LEVEL-ONE": "text/xml", "HTML": "text/html",
}  # fmt: skip
"""Tables 0191 and 0291, and the ends of media types -> media type."""
_ENCODINGS = {"BASE64": "base64", "B64": "base64", "BASE-64": "base64", "HEX": "hex", "A": "text"}
"""Table 0299."""
_BARE = ("JVBERi0", "SUkqA", "TU0AK")
"""How the Base64 of a PDF or TIFF begins: such a text is one, whatever OBX-2 calls it."""
_TEXTS = frozenset({"TX", "FT", "ST"})


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One document and where it stood."""

    content_type: str
    data: bytes
    place: str


def enclosed_of(data: bytes, options: Options = AS_SENT) -> tuple[tuple[Enclosed, ...], tuple[str, ...]]:
    """Return the documents of a message, and what cannot be taken out; CodecError when they are too many."""
    return enclosed_in(split(data, options.charset))


def enclosed_in(message: Message, *, text_too: bool = False) -> tuple[tuple[Enclosed, ...], tuple[str, ...]]:
    """As `enclosed_of`; `text_too` for messages that are documents: the text of their TX, FT and ST observations
    together is one as well, and a mere pointer to one (RP) is a document that is missing.
    """
    found: list[Enclosed] = []
    problems: list[str] = []
    lines: list[str] = []
    for segment in message.segments():
        if segment.name != "OBX" or segment.get(11).upper() in {"D", "X", "W"}:
            continue
        kind = segment.get(2).upper()
        if kind == "ED" or segment.get(5).startswith(_BARE):
            for one in _each(segment, declared=kind == "ED"):
                (found if isinstance(one, Enclosed) else problems).append(one)  # type: ignore[arg-type]
        elif kind == "RP" and text_too:
            problems.append(f"{_place(segment, 1)} only points to a document, and pointers are not followed")
        elif kind in _TEXTS:
            lines += [rep.text() for rep in segment.repetitions(5)]
    if text_too and any(line.strip() for line in lines):
        found.insert(0, Enclosed("text/plain", "\n".join(lines).encode("utf-8"), "OBX-5"))
    if len(found) > MAX_DOCUMENTS:
        raise CodecError("104", f"the message holds more than {MAX_DOCUMENTS} documents", "OBX-5")
    return tuple(found), tuple(problems)


def _place(segment: Segment, number: int) -> str:
    return f"OBX[{segment.get(1) or '?'}]-5~{number}"


def _each(segment: Segment, *, declared: bool) -> Iterator[Enclosed | str]:
    """Yield the documents of one OBX, or what is wrong with one."""
    for number, rep in enumerate(segment.repetitions(5), start=1):
        place = _place(segment, number)
        try:
            media, data = decoded(rep, declared=declared)
        except ValueError as wrong:
            yield f"{place} {wrong}"
            continue
        yield Enclosed(media, data, place)


def decoded(rep: Repetition, *, declared: bool) -> tuple[str, bytes]:
    """Return media type and bytes of an ED; ValueError with the reason.

    ED is source, type, subtype, encoding, data. Some leave a component out, or send the data alone: the data follow the
    component that names an encoding, and stand last where none does.
    """
    parts = [rep.get(at) for at in range(1, len(rep.components) + 1)]
    at = next((i for i, part in enumerate(parts) if i and part.upper() in _ENCODINGS), None)
    if at is None:
        at = max((i for i, part in enumerate(parts) if part), default=0) - 1
        encoding = "base64"
    else:
        encoding = _ENCODINGS[parts[at].upper()]
    text = parts[at + 1] if at + 1 < len(parts) else ""
    named = [part.upper().rpartition("/")[2] for part in parts[: max(at, 0)] if part] if declared else []
    media = next((_TYPES[name] for name in reversed(named) if name in _TYPES), "application/octet-stream")
    if not text:
        raise ValueError("is empty")
    if encoding == "text":
        return "text/plain" if media == "application/octet-stream" else media, text.encode("utf-8")
    packed = "".join(text.split())
    try:
        data = bytes.fromhex(packed) if encoding == "hex" else base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is no whole Base64" if encoding == "base64" else "is no whole hexadecimal") from None
    return media, data
