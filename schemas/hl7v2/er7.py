"""ER7, the pipe form of HL7 v2: split, decode, escape. Linear in its input; raises nothing but CodecError."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from schemas.codec import CodecError

CHARACTER_SETS: dict[str, str] = {
    "ASCII": "ascii",
    "USASCII": "ascii",
    "ISOIR6": "ascii",
    "ISOIR100": "iso8859_1",
    "LATIN1": "iso8859_1",
    "UNICODE": "utf-8",
    "UNICODEUTF8": "utf-8",
    "UTF8": "utf-8",
    "ISOIR192": "utf-8",
    "WINDOWS1252": "cp1252",
    "CP1252": "cp1252",
} | {f"{body}8859{part}": f"iso8859_{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15) for body in ("", "ISO")}
"""MSH-18 (table 0211) as letters and digits alone -> Python codec: 8859/1, ISO 8859-1 and ISO_8859-1 are one."""

SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{2}")
_TEXTS = ("NTE", "OBX")
"""Segments whose last field may be text of several lines."""
REPLACEMENT = "\ufffd"
NULL = '""'
_LITERALS = {"H": "", "N": "", ".br": "\n", ".sp": "\n", ".nf": "", ".fi": "", ".ce": "\n"}
_LAYOUT = re.compile(r"\.(?:sp|in|ti|sk)[ +-]?\d{0,3}|Z[0-9A-Za-z]*")
_HEX = re.compile(r"X(?:[0-9A-Fa-f]{2})+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The separators of one message (MSH-1 and MSH-2); an empty `escape` or `subcomponent` is not in use."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def msh2(self) -> str:
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation

    def decode(self, text: str, codec: str = "utf-8") -> str:
        """Return the text with its escape sequences resolved; what is no sequence stays as it is."""
        escape = self.escape
        if not escape or escape not in text:
            return text
        parts = text.split(escape)
        out = [parts[0]]
        i, last = 1, len(parts) - 1
        while i <= last:
            value = self._sequence(parts[i], codec) if i < last else None
            if value is None:
                out += (escape, parts[i])
                i += 1
            else:
                out += (value, parts[i + 1])
                i += 2
        return "".join(out)

    def _sequence(self, name: str, codec: str) -> str | None:
        """Return what an escape sequence of that name stands for; None when it is none."""
        own = {
            "F": self.field,
            "S": self.component,
            "R": self.repetition,
            "E": self.escape,
            "T": self.subcomponent,
            "P": self.truncation,
        }.get(name)
        if own is not None:
            return own
        if name in _LITERALS:
            return _LITERALS[name]
        if _HEX.fullmatch(name):
            return bytes.fromhex(name[1:]).decode(codec, "replace")
        if name[:1] in ("C", "M") and re.fullmatch(r"[0-9A-Fa-f]{4,6}", name[1:]):
            return REPLACEMENT  # a switch to another character set, which we do not follow
        return "" if _LAYOUT.fullmatch(name) else None

    def encode(self, text: str) -> str:
        """Return the text safe inside any field: separators and control characters as escape sequences."""
        if not self.escape:
            return self.plain(text)
        e = self.escape
        table = {
            e: f"{e}E{e}",
            self.field: f"{e}F{e}",
            self.component: f"{e}S{e}",
            self.repetition: f"{e}R{e}",
        }
        if self.subcomponent:
            table[self.subcomponent] = f"{e}T{e}"
        if self.truncation:
            table[self.truncation] = f"{e}P{e}"
        safe = "".join(table.get(c, c) for c in text)
        return _CONTROL.sub(lambda m: f"{e}X{ord(m.group()):02X}{e}", safe)

    def plain(self, text: str) -> str:
        """Return the text without separators and control characters (for values that are echoed)."""
        drop = {ord(c): None for c in self.field + self.msh2}
        return _CONTROL.sub("", text.translate(drop))


STANDARD = Delimiters()


class Repetition:
    """One repetition of a field: components and subcomponents by number from 1, decoded, null and blank as ''."""

    __slots__ = ("_codec", "_delimiters", "components", "mark", "raw")

    def __init__(self, raw: str, delimiters: Delimiters, codec: str, mark: tuple[int, int, int]) -> None:
        self.raw = raw
        self.mark = mark
        """Where it stands: ordinal of its segment, field, number from 1."""
        self._delimiters = delimiters
        self._codec = codec
        self.components = raw.split(delimiters.component)

    def get(self, component: int = 1, subcomponent: int = 1) -> str:
        """Return one subcomponent."""
        if component > len(self.components):
            return ""
        text = self.components[component - 1]
        separator = self._delimiters.subcomponent
        if separator and separator in text:
            parts = text.split(separator)
            text = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        elif subcomponent > 1:
            return ""
        text = text.strip()
        return "" if text == NULL else self._delimiters.decode(text, self._codec).strip()

    def text(self) -> str:
        """Return the whole as one text (for ST, TX and FT fields whose sender did not escape its separators)."""
        return "" if self.raw.strip() == NULL else self._delimiters.decode(self.raw, self._codec).strip()


class Segment:
    """One segment; `raw[n]` is field n as received, `ordinal` its place in the message (MSH is 0)."""

    __slots__ = ("_codec", "_delimiters", "name", "ordinal", "raw")

    def __init__(self, raw: list[str], ordinal: int, delimiters: Delimiters, codec: str) -> None:
        self.raw = raw
        self.name = raw[0]
        self.ordinal = ordinal
        self._delimiters = delimiters
        self._codec = codec

    def repetitions(self, number: int) -> list[Repetition]:
        """Return the repetitions of a field that hold anything."""
        if number >= len(self.raw) or not self.raw[number]:
            return []
        parts = self.raw[number].split(self._delimiters.repetition)
        return [
            Repetition(p, self._delimiters, self._codec, (self.ordinal, number, n))
            for n, p in enumerate(parts, start=1)
            if p.strip() not in ("", NULL)
        ]

    def get(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """Return one value of the first repetition."""
        found = self.repetitions(number)
        return found[0].get(component, subcomponent) if found else ""

    def text(self, number: int) -> str:
        """Return a whole field decoded as one text."""
        if number >= len(self.raw):
            return ""
        raw = self.raw[number]
        return "" if raw.strip() == NULL else self._delimiters.decode(raw, self._codec).strip()


class Message:
    """A split message. `fields` holds each segment's raw fields; MSH is shifted so that index n is field n."""

    __slots__ = ("codec", "delimiters", "fields", "guessed")

    def __init__(self, fields: list[list[str]], delimiters: Delimiters, codec: str, *, guessed: bool) -> None:
        self.fields = fields
        self.delimiters = delimiters
        self.codec = codec
        self.guessed = guessed
        """True when the character set was not declared (or was ASCII) and 8-bit text had to be guessed."""

    def segments(self) -> Iterator[Segment]:
        """Yield every segment in order."""
        for ordinal, raw in enumerate(self.fields):
            yield Segment(raw, ordinal, self.delimiters, self.codec)


def delimiters_of(msh: str) -> Delimiters:
    """Read the separators from the start of an MSH segment."""
    field = msh[3:4]
    end = msh.find(field, 4) if field else -1
    return _delimiters(field, msh[4:12] if end < 0 else msh[4 : min(end, 12)])


@lru_cache(maxsize=64)
def _delimiters(field: str, chars: str) -> Delimiters:
    every = field + chars
    if not 2 <= len(chars) <= 5 or len(set(every)) != len(every):
        raise CodecError("102", "the separators are not two to five different characters", "MSH-2")
    if any(c.isalnum() or not "!" <= c <= "~" or c == '"' for c in every):
        raise CodecError("102", "a separator is a letter, a digit, a quote or a control character", "MSH-2")
    return Delimiters(field, *chars, *[""] * (5 - len(chars)))


def first_line(data: bytes) -> bytes:
    """Return the MSH segment (at most 64 KiB of it); CodecError 100 when the message has none."""
    start = 0
    if not data.startswith(b"MSH"):
        start = len(data) - len(data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n \t"))
    if data[start : start + 3] != b"MSH":
        raise CodecError("100", "the message does not begin with an MSH segment", "MSH")
    end = data.find(b"\r", start)
    line = data[start : end if end >= 0 else len(data)][:65536]
    if b"\n" in line:
        separator = re.escape(line[3:4])
        found = re.search(rb"\n(?:[ \t]*[A-Z][A-Z0-9]{2}" + separator + rb"|$)", line)
        line = line[: found.start()] if found else line
    return line


@lru_cache(maxsize=256)
def known_codec(declared: str) -> str | None:
    """Return the Python codec of a character set by any of its usual spellings; None for one that is not known."""
    return CHARACTER_SETS.get("".join(c for c in declared.upper() if c.isascii() and c.isalnum()))


def codec_of(declared: str) -> str | None:
    """Return the Python codec for MSH-18 as received; None when nothing is declared."""
    if not declared.strip() or declared.strip() == NULL:
        return None
    codec = known_codec(declared)
    if codec is None:
        raise CodecError("103", "the character set is not supported", "MSH-18")
    return codec


def split(data: bytes, charset: str = "") -> Message:
    """Split one message into segments and fields; any of CR, LF and CR LF ends a segment.

    `charset` is how eight-bit text is read that declares nothing; '' guesses.
    """
    line = first_line(data).decode("latin-1")
    delimiters = delimiters_of(line)
    header = line.split(delimiters.field, 18)
    declared = codec_of(header[17].split(delimiters.repetition)[0]) if len(header) > 17 and header[17] else None
    text, codec, guessed = _decoded(data, declared, known_codec(charset))
    field = delimiters.field
    fields = [row.split(field) for row in _rows(text, field) if row]
    fields[0][1:1] = [field]
    if any(row[0] == "MSH" for row in fields[1:]):
        raise CodecError("100", "there is more than one MSH segment in the message", "MSH")
    return Message(fields, delimiters, codec, guessed=guessed)


def _decoded(data: bytes, declared: str | None, otherwise: str | None) -> tuple[str, str, bool]:
    """Decode by the declared set; undeclared 8-bit text as was agreed, else UTF-8 if it can be, else ISO 8859-1."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if declared not in (None, "ascii"):
        return data.decode(declared, "replace"), declared, False
    if otherwise not in (None, "ascii") and not data.isascii():
        return data.decode(otherwise, "replace"), otherwise, False
    try:
        return data.decode("utf-8"), "utf-8", not data.isascii()
    except UnicodeDecodeError:
        return data.decode("iso8859_1"), "iso8859_1", True


def _rows(text: str, field: str) -> list[str]:
    """Split into segments; a line feed that no segment follows is text inside a field, as some senders write it.

    A line that does not look like a segment is the rest of the one before it, which a mailer or an editor has wrapped.
    Only notes and observations may have been meant so: elsewhere the replacement character spoils the broken value.
    """
    separator = re.escape(field)
    text = text.lstrip("\r\n \t")
    if "\n" in text:
        text = text.replace("\r\n", "\r")
        text = re.sub(rf"\n(?=[ \t]*[A-Z][A-Z0-9]{{2}}(?:{separator}|[\r\n]|\Z)|\Z)", "\r", text)
    shape = re.compile(rf"[ \t]*(?:\w{{1,5}}{separator}|\w{{3}}\Z|\Z)")
    rows: list[list[str]] = []
    for row in text.split("\r"):
        if not rows or shape.match(row):
            rows.append([row.lstrip(" \t")])
        else:
            rows[-1].append(row if rows[-1][0].startswith(_TEXTS) else REPLACEMENT + row)
    return ["\n".join(parts) for parts in rows]
