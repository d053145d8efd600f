"""The parts of a mail: one linear walk over the raw bytes, with every limit checked before the work it bounds.

The standard parsers are not used: `email.policy.default` stalls on hostile headers and both recurse
without a limit; here a part is a span of the one buffer, and outer boundaries always win.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from schemas.codec import CodecError
from schemas.mail.headers import Fields, charset_of, decode_words, parameters, printable, read_fields
from schemas.mail.html import html_to_text
from schemas.mail.kinds import PDF, TIFF, UNKNOWN, kind_of, picture_or_page, why_unread

PARTS_LIMIT = 200
DEPTH_LIMIT = 20
DECODED_LIMIT = 48 * 1024 * 1024
TEXT_LIMIT = 1024 * 1024
_TEXT_BYTES_LIMIT = 2 * TEXT_LIMIT
_PROBLEMS_LIMIT = 50
_LOGO_LIMIT = 64 * 1024
_FALSE_DELIMITERS_LIMIT = 10_000
_NO_CONTENT = frozenset(("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"))
_ENCRYPTED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"))
_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}")


@dataclass(frozen=True, slots=True)
class MailPart:
    """One attachment: `content_type` is told by its bytes; the sender's `declared_type` and `name` are data only."""

    content_type: str
    declared_type: str
    name: str | None
    data: bytes
    location: str
    inline: bool = False
    """A small picture that the text shows (a logo), not an attachment; a pasted photo is too big to be one."""


@dataclass(slots=True)
class Walk:
    """Reads one mail; `parts` and `problems` are complete after `read`."""

    raw: bytes
    parts: list[MailPart] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _count: int = 0
    _decoded: int = 0

    def read(self, fields: Fields) -> str:
        """Return the body text, with the parts collected."""
        texts = self._entity(fields, len(self.raw), depth=0, location="", parent="")
        body = "\n\n".join(text for _, text in texts if text.strip())
        if len(body) > TEXT_LIMIT:
            self.problems.append("the text is longer than 1 MB and was cut")
            body = body[:TEXT_LIMIT]
        return body

    def _entity(self, fields: Fields, stop: int, *, depth: int, location: str, parent: str) -> list[tuple[str, str]]:
        """Walk one entity; return its texts as (`plain` or `html`, text)."""
        self._count += 1
        if self._count > PARTS_LIMIT:
            raise CodecError("too-costly", f"the mail has more than {PARTS_LIMIT} parts", location)
        declared, params = parameters(fields.first("content-type"))
        if not _TYPE.fullmatch(declared):
            declared = "text/plain"
        if declared.startswith("multipart/"):
            return self._multipart(fields, stop, depth, location, declared, params.get("boundary", ""))
        if declared.startswith("message/"):
            self._problem(location, "a mail or delivery report inside the mail, not opened")
            if declared == "message/rfc822":
                self._keep(declared, declared, None, self.raw[fields.body : stop], location)
            return []
        return self._leaf(fields, stop, location, declared, params, related=parent == "multipart/related")

    def _multipart(
        self, fields: Fields, stop: int, depth: int, location: str, declared: str, boundary: str
    ) -> list[tuple[str, str]]:
        if depth >= DEPTH_LIMIT:
            raise CodecError("too-costly", f"the mail nests more than {DEPTH_LIMIT} deep", location)
        delimiter = boundary.rstrip().encode("utf-8", "replace")
        spans, closed = split(self.raw, fields.body, stop, delimiter) if 0 < len(delimiter) <= 200 else ([], False)
        if not spans:
            self._problem(location, "a multipart without its boundary; it was read as text")
            return self._leaf(fields, stop, location, "text/plain", {}, related=False)
        if not closed:
            self._problem(location, "the closing boundary is missing; the mail may be cut")
        if declared == "multipart/encrypted":
            self._problem(location, "encrypted, not read")
            return []
        texts: list[tuple[str, str]] = []
        for number, (start, end) in enumerate(spans, 1):
            place = f"{location}.{number}" if location else str(number)
            inner = read_fields(self.raw, start, end)
            self._check(inner, place)
            texts += self._entity(inner, end, depth=depth + 1, location=place, parent=declared)
        return [preferred(texts)] if declared == "multipart/alternative" and texts else texts

    def _check(self, fields: Fields, location: str) -> None:
        if fields.overflow:
            raise CodecError("too-long", "a header block is over 64 KB", location)
        if fields.oversized:
            self._problem(location, f"{fields.oversized} header fields over 8 KB that matter were left out")

    def _leaf(
        self, fields: Fields, stop: int, location: str, declared: str, params: dict[str, str], *, related: bool
    ) -> list[tuple[str, str]]:
        data = self._decode(fields, stop, location)
        if data is None or declared in _NO_CONTENT:
            return []
        disposition, extra = parameters(fields.first("content-disposition"))
        name = file_name(extra.get("filename") or params.get("name"))
        page = picture_or_page(data)
        if page is None and declared in {"text/plain", "text/html"} and disposition != "attachment":
            text = self._text(data, params, location)
            return [("html", html_to_text(text))] if declared == "text/html" else [("plain", text)]
        shown = disposition != "attachment" and (related or disposition == "inline")
        picture = declared.startswith("image/") and page not in {PDF, TIFF} and len(data) <= _LOGO_LIMIT
        inline = shown and picture and fields.first("content-id") is not None
        self._attachment(declared, name, data, location, inline=inline)
        return []

    def _attachment(self, declared: str, name: str | None, data: bytes, location: str, *, inline: bool) -> None:
        kind = kind_of(data)
        if kind is None and declared.startswith("text/") and b"\x00" not in data:
            kind = declared
        if not data:
            self._problem(location, "an empty attachment")
            return
        if kind is None and not inline:
            why = "encrypted, not read" if declared in _ENCRYPTED else why_unread(data)
            self._problem(location, why or f"a kind of file that is not read (declared as {declared})")
        self._keep(kind or UNKNOWN, declared, name, data, location, inline=inline)

    def _keep(
        self, kind: str, declared: str, name: str | None, data: bytes, location: str, *, inline: bool = False
    ) -> None:
        self.parts.append(MailPart(kind, declared, name, data, location or "1", inline))

    def _decode(self, fields: Fields, stop: int, location: str) -> bytes | None:
        """Undo the transfer encoding; None, with the problem named, when it is broken."""
        body = self.raw[fields.body : stop]
        encoding = (fields.first("content-transfer-encoding") or "7bit").strip().lower()
        if encoding == "base64":
            try:
                body = binascii.a2b_base64(body.translate(None, b" \t\r\n"), strict_mode=True)
            except binascii.Error:
                self._problem(location, "its base64 is broken or cut; the part was not read")
                return None
        elif encoding == "quoted-printable":
            body = binascii.a2b_qp(body)
        elif encoding not in {"7bit", "8bit", "binary", ""}:
            self._problem(location, "an unknown transfer encoding; the part was not read")
            return None
        self._decoded += len(body)
        if self._decoded > DECODED_LIMIT:
            raise CodecError("too-costly", "the decoded parts are over the size limit", location)
        return body

    def _text(self, data: bytes, params: dict[str, str], location: str) -> str:
        if len(data) > _TEXT_BYTES_LIMIT:
            self._problem(location, "the text is very long and was cut")
            data = data[:_TEXT_BYTES_LIMIT]
        charset = charset_of(params.get("charset"))
        if params.get("charset") and not charset:
            self._problem(location, "an unknown character set; it was read as UTF-8 or Windows-1252")
        text = decode_text(data, charset)
        if "\ufffd" in text:
            self._problem(location, "some characters of the text are broken")
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        return unflow(text) if params.get("format", "").lower() == "flowed" else text

    def _problem(self, location: str, what: str) -> None:
        if len(self.problems) < _PROBLEMS_LIMIT:
            self.problems.append(f"part {location}: {what}" if location else what)


def split(raw: bytes, start: int, stop: int, boundary: bytes) -> tuple[list[tuple[int, int]], bool]:
    """Return the spans between the boundary's delimiter lines, and whether the closing one was there."""
    needle = b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened, false_ones, at = -1, 0, start
    first = raw.startswith(needle, start, stop)
    while True:
        hit = start if first else raw.find(b"\n" + needle, at, stop) + 1
        if not first and hit == 0:
            break
        first = False
        line_end = raw.find(b"\n", hit, stop)
        line_end = stop if line_end < 0 else line_end
        tail = raw[hit + len(needle) : min(line_end, hit + len(needle) + 100)].rstrip()
        at = line_end
        if tail not in (b"", b"--"):
            false_ones += 1
            if false_ones > _FALSE_DELIMITERS_LIMIT:
                raise CodecError("too-costly", "too many lines look like a boundary")
            continue
        if opened >= 0:
            end = hit - 2 if raw[hit - 2 : hit] == b"\r\n" else hit - 1
            spans.append((opened, max(opened, end)))
        if tail == b"--":
            return spans, True
        opened = min(line_end + 1, stop)
        if len(spans) > PARTS_LIMIT:
            raise CodecError("too-costly", f"the mail has more than {PARTS_LIMIT} parts")
    if opened >= 0:
        spans.append((opened, stop))
    return spans, False


def preferred(texts: list[tuple[str, str]]) -> tuple[str, str]:
    """Choose between alternatives: the plain text, unless it is blank or a stub beside a much longer HTML text."""
    plain = "\n".join(text for kind, text in texts if kind == "plain").strip()
    rich = "\n".join(text for kind, text in texts if kind == "html").strip()
    stub = len(plain) <= 200 and len(rich) > 3 * len(plain)
    return ("html", rich) if rich and stub else ("plain", plain)


def decode_text(data: bytes, charset: str | None) -> str:
    """Decode by the label, else as UTF-8, else as Windows-1252; never fails."""
    if charset and charset not in {"us-ascii", "ascii"}:
        try:
            return data.decode(charset, "replace")
        except LookupError:
            pass  # the label looks like an encoding that this Python lacks: guess below
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def unflow(text: str) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676)."""
    out: list[str] = []
    for line in text.split("\n"):
        unstuffed = line.removeprefix(" ")
        soft = unstuffed.endswith(" ") and unstuffed != "-- "
        out.append(unstuffed if soft else unstuffed + "\n")
    return "".join(out).removesuffix("\n")


def file_name(text: str | None) -> str | None:
    """Return the sender's file name as display data: one line, at most 200 characters, never a path to use."""
    if not text:
        return None
    return printable(decode_words(text))[:200].strip() or None
