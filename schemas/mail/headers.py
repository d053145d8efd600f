"""Header fields of a mail or a MIME part, read in one bounded pass; it never trusts a name or a length."""

from __future__ import annotations

import binascii
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

HEADER_BLOCK_LIMIT = 64 * 1024
FIELD_LIMIT = 8 * 1024
_ADDRESS_FIELD_LIMIT = 998

_MATTERING = frozenset(("from", "reply-to", "subject", "message-id", "in-reply-to", "auto-submitted"))
_NAME = re.compile(rb"[!-9;-~]{1,200}[ \t]*\Z")
_ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9_.:*-]{1,40})\?([bBqQ])\?([^?\s]{0,4000})\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t]{1,8}(?==\?)")
_PARAMETER = re.compile(r';\s{0,20}([^\s=;"]{1,100})\s{0,20}=\s{0,20}("(?:[^"\\]|\\.)*"|[^;\s"]*)')
_ADDRESS = re.compile(r"""[^\s<>()\[\]\\,;:@"\x00-\x20\x7f-\xa0]{1,64}@[^\W_](?:[\w.-]{0,251}[^\W_])?""")
_CHARSETS = re.compile(
    r"(us-)?ascii|utf-?8|utf-?16(le|be)?|(iso-?)?8859-\d{1,2}|iso-8859-\d{1,2}|latin-?1|(windows-|cp)125\d|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5|shift_jis|euc-(jp|kr)|iso-2022-jp|macintosh",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one header block in order; `body` is where the body begins in the raw bytes.

    Fields over 8 KB are left out; `oversized` counts those that say what the mail is or where it goes.
    """

    items: tuple[tuple[str, bytes], ...]
    body: int
    overflow: bool = False
    oversized: int = 0
    unseparated: bool = False

    def first(self, name: str) -> str | None:
        """Return the first field of that name (lower case), unfolded, without control characters."""
        for key, value in self.items:
            if key == name:
                return printable(text_of(value)).strip()
        return None


def read_fields(raw: bytes, start: int, stop: int) -> Fields:
    """Read the header block that begins at `start`; what passes a limit is left out and counted, never parsed."""
    found: list[list[int]] = []  # name start, colon, end
    limit = min(stop, start + HEADER_BLOCK_LIMIT)
    at, body, unseparated, overflow = start, stop, False, False
    while at < stop:
        newline = raw.find(b"\n", at, limit)
        if newline < 0 and limit < stop:
            overflow = True
            break
        end = newline if newline >= 0 else stop
        line = raw[at:end].rstrip(b"\r")
        if not line:
            body = min(end + 1, stop)
            break
        if line[:1] in b" \t" and found:
            found[-1][2] = end
        else:
            colon = line.find(b":")
            if colon > 0 and _NAME.match(line[:colon]):
                found.append([at, at + colon, end])
            elif at > start or not line.startswith(b"From "):
                body, unseparated = at, True
                break
        at = end + 1
    items: list[tuple[str, bytes]] = []
    oversized = 0
    for first, colon, last in found:
        name = raw[first:colon].decode("ascii").strip().lower()
        if last - first <= FIELD_LIMIT:
            items.append((name, raw[colon + 1 : last]))
        elif name.startswith("content-") or name in _MATTERING:
            oversized += 1
    return Fields(tuple(items), body, overflow, oversized, unseparated)


def text_of(value: bytes) -> str:
    """Decode a raw field value: UTF-8 as RFC 6532 has it, else Latin-1."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def printable(text: str) -> str:
    """Return the text on one line, without control, format (bidirectional overrides) or surrogate characters."""
    text = text.replace("\r", "").replace("\n", " ").replace("\t", " ")
    if text.isprintable():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})


def charset_of(label: str | None) -> str | None:
    """Return a text encoding that is safe to use, None when the label names none of them."""
    label = (label or "").strip().lower()
    return label if _CHARSETS.fullmatch(label) else None


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded words; what is broken stays as it stands."""

    def word(match: re.Match[str]) -> str:
        charset = charset_of(match[1].partition("*")[0])
        try:
            data = (
                binascii.a2b_base64(match[3])
                if match[2] in "bB"
                else binascii.a2b_qp(match[3].encode("ascii"), header=True)
            )
            return data.decode(charset, "replace") if charset else match[0]
        except (ValueError, LookupError):
            return match[0]

    return printable(_ENCODED_WORD.sub(word, _BETWEEN_WORDS.sub(r"\1", value)))


def parameters(value: str | None) -> tuple[str, dict[str, str]]:
    """Split `text/plain; charset="utf-8"` into the word in lower case and its parameters (RFC 2231 included)."""
    if not value:
        return "", {}
    word = value.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    # Two quotes at the end close a string that was left open, so that no search runs twice to the end.
    for key, quoted in _PARAMETER.findall(value[len(value.partition(";")[0]) :] + '""'):
        text = re.sub(r"\\(.)", r"\1", quoted[1:-1]) if quoted.startswith('"') else quoted
        name, star, rest = key.lower().partition("*")
        if not star:
            plain.setdefault(name, text)
            continue
        number = rest.rstrip("*")
        if number == "" or (number.isascii() and number.isdigit() and len(number) <= 3):
            pieces.setdefault(name, {}).setdefault(int(number or 0), (key.endswith("*"), text))
    return word, {**plain, **{name: _join_2231(parts) for name, parts in pieces.items()}}


def _join_2231(parts: dict[int, tuple[bool, str]]) -> str:
    """Join the pieces of one RFC 2231 parameter and undo its percent encoding."""
    charset, data = "utf-8", b""
    for index, (encoded, text) in sorted(parts.items()):
        if encoded and index == min(parts) and text.count("'") >= 2:
            label, _, rest = text.split("'", 2)
            charset = charset_of(label) or "utf-8"
        else:
            rest = text
        data += unquote_to_bytes(rest) if encoded else rest.encode("utf-8", "replace")
    return data.decode(charset, "replace")


def address_of(value: str | None) -> str | None:
    """Return the one address of a From or Reply-To value; None for none, for several and for a doubtful one."""
    if not value or len(value) > _ADDRESS_FIELD_LIMIT:
        return None
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", value)
    bare = re.sub(r"\([^()]*\)", "", bare)
    entries = [entry.strip() for entry in bare.split(",") if entry.strip()]
    if len(entries) != 1:
        return None
    angle = re.fullmatch(r"[^<>]*<([^<>]*)>", entries[0])
    return valid_address(angle[1].strip() if angle else entries[0])


def valid_address(text: str) -> str | None:
    """Return the text when it is one plain mail address (no quoting, no literal, nothing to inject), else None."""
    if len(text) > 254 or not _ADDRESS.fullmatch(text) or not text.isprintable():
        return None
    local, _, domain = text.rpartition("@")
    return None if ".." in text or local[0] == "." or local[-1] == "." or ".-" in domain or "-." in domain else text


def plain_address(text: str) -> str:
    """Return a mail address that a rule or a person may name to be written to; ValueError for what is none."""
    if valid_address(text) is None or not text.isascii():
        raise ValueError("is not one plain mail address")
    return text
