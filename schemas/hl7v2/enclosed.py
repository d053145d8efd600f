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
UNKNOWN = "application/octet-stream"
_TYPES = {
    "PDF": "application/pdf", "TIF": "image/tiff", "TIFF": "image/tiff", "PNG": "image/png", "JPEG": "image/jpeg",
    "JPG": "image/jpeg", "RTF": "application/rtf", "TEXT": "text/plain", "TXT": "text/plain",
    "PLAIN": "text/plain", "XML": "text/xml",
    "HL7-CDA+XML": "text/xml", "X-HL7-CDA-LEVEL-ONE": "text/xml", "HTML": "text/html",
}  # fmt: skip
"""Tables 0191 and 0291, and the ends of media types -> media type."""
_ENCODINGS = {"BASE64": "base64", "B64": "base64", "BASE-64": "base64", "HEX": "hex", "A": "text"}
"""Table 0299."""
_BARE = ("JVBERi0", "SUkqA", "TU0AK")
"""How the Base64 of a PDF or TIFF begins: such a text is one, whatever OBX-2 calls it."""
_STARTS = (b"%PDF", b"II*\0", b"MM\0*", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"<", b"\xef\xbb\xbf<", b"PK")
"""How a file begins that says itself what it is; a piece of a file that was cut begins otherwise."""
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
    pieces: list[list[_Piece]] = []
    problems: list[str] = []
    lines: list[str] = []
    for segment in message.segments():
        if segment.name != "OBX" or segment.get(11).upper() in {"D", "X", "W"}:
            continue
        kind = segment.get(2).upper()
        if kind == "ED" or segment.get(5).startswith(_BARE):
            for piece in _pieces(segment, declared=kind == "ED"):
                if pieces and _goes_on(pieces[-1], piece):
                    pieces[-1].append(piece)
                else:
                    pieces.append([piece])
        elif kind == "RP" and text_too:
            problems.append(f"{_place(segment, 1)} only points to a document, and pointers are not followed")
        elif kind in _TEXTS:
            lines += [rep.text() for rep in segment.repetitions(5)]
    if len(pieces) >= MAX_DOCUMENTS + (not lines):
        raise CodecError("104", f"the message holds more than {MAX_DOCUMENTS} documents", "OBX-5")
    found: list[Enclosed] = []
    for cut in pieces:
        try:
            found.append(_joined(cut))
        except ValueError as wrong:
            problems.append(f"{cut[0].place} {wrong}")
    if text_too and any(line.strip() for line in lines):
        found.insert(0, Enclosed("text/plain", "\n".join(lines).encode("utf-8"), "OBX-5"))
    return tuple(found), tuple(problems)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one OBX-5 holds: a document, or a part of one that its sender cut."""

    observed: str
    ordinal: int
    place: str
    media: str
    encoding: str
    text: str


def _pieces(segment: Segment, *, declared: bool) -> Iterator[_Piece]:
    for number, rep in enumerate(segment.repetitions(5), start=1):
        media, encoding, text = _labelled(rep, declared=declared)
        yield _Piece(segment.text(3), segment.ordinal, _place(segment, number), media, encoding, text)


def _goes_on(document: list[_Piece], piece: _Piece) -> bool:
    """Tell whether a piece goes on with the document before it.

    It does when it stands in the same or the next OBX under the same OBX-3, the document says by its first bytes what
    it is, and the piece does not begin a file of its own.
    """
    first, last = document[0], document[-1]
    beside = piece.ordinal - last.ordinal <= 1 and piece.observed == first.observed
    alike = piece.encoding == first.encoding and piece.media in (first.media, UNKNOWN)
    return beside and alike and _begins(first) and not _begins(piece) and bool(piece.text)


def _begins(piece: _Piece) -> bool:
    """Tell whether the text begins a file that is known by its first bytes."""
    head = "".join(piece.text[:64].split())[:24]
    try:
        start = _bytes(head[: len(head) // 4 * 4], piece.encoding)
    except ValueError:
        return False
    return start.startswith(_STARTS)


def _joined(cut: list[_Piece]) -> Enclosed:
    """Return the whole document: its text was cut, or its bytes were and each part encoded for itself."""
    whole = "".join(piece.text for piece in cut)
    try:
        data = _bytes(whole, cut[0].encoding)
    except ValueError:
        if len(cut) == 1:
            raise
        data = b"".join(_bytes(piece.text, piece.encoding) for piece in cut)
    return Enclosed(cut[0].media, data, cut[0].place)


def _place(segment: Segment, number: int) -> str:
    return f"OBX[{segment.get(1) or '?'}]-5~{number}"


def decoded(rep: Repetition, *, declared: bool) -> tuple[str, bytes]:
    """Return media type and bytes of an ED; ValueError with the reason."""
    media, encoding, text = _labelled(rep, declared=declared)
    return media, _bytes(text, encoding)


def _labelled(rep: Repetition, *, declared: bool) -> tuple[str, str, str]:
    """Return media type, encoding and the text of an ED.

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
    media = next((_TYPES[name] for name in reversed(named) if name in _TYPES), UNKNOWN)
    return "text/plain" if encoding == "text" and media == UNKNOWN else media, encoding, text


def _bytes(text: str, encoding: str) -> bytes:
    if not text:
        raise ValueError("is empty")
    if encoding == "text":
        return text.encode("utf-8")
    packed = "".join(text.split())
    try:
        return bytes.fromhex(packed) if encoding == "hex" else base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is no whole Base64" if encoding == "base64" else "is no whole hexadecimal") from None
