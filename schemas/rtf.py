"""The text of a Rich Text document. Pictures, objects, fields' codes and hidden text are left out; nothing is run."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

START = b"{\\rtf"
MAX_DEPTH = 500
_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,9})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|(\\)", re.DOTALL
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object objdata fldinst themedata colorschememapping datastore latentstyles "
    b"listtable listoverridetable rsidtbl generator xmlnstbl filetbl revtbl bkmkstart bkmkend nonshppict template "
    b"userprops mmathPr wgrffmtfilter blipuid pgptbl pntext".split()
)
"""Destinations that hold no text of the document."""
_BREAKS = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t",
    b"emdash": "—", b"endash": "–", b"bullet": "•",
    b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
}  # fmt: skip
_SIGNS = {b"~": " ", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n", b"{": "{", b"}": "}", b"\\": "\\"}


@dataclass(slots=True)
class _Group:
    skipped: bool = False
    hidden: bool = False
    fallback: int = 1
    """Characters that stand after a \\uN for readers without Unicode (\\ucN)."""


def rtf_text(data: bytes) -> str:
    """Return the words; a document that is cut off yields what is there."""
    reader = _Reader()
    at = 0
    while found := _TOKEN.match(data, at):
        at = found.end() + reader.token(found)
    lines = (" ".join(line.split(" ")).rstrip() for line in "".join(reader.out).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader:
    def __init__(self) -> None:
        self.out: list[str] = []
        self._groups = [_Group()]
        self._too_deep = 0
        self._codec = "cp1252"
        self._owed = 0

    def token(self, found: re.Match[bytes]) -> int:
        """Take one token; returns how many bytes after it are data of its own (the bin word)."""
        word, number, code, sign, brace, plain, _ = found.groups()
        if brace:
            self._brace(brace)
        elif word:
            return self._word(word, int(number) if number else None)
        elif code:
            self._text(bytes.fromhex(code.decode()).decode(self._codec, "replace"))
        elif sign == b"*":
            self._group.skipped = True
        elif sign is not None:
            self._text(_SIGNS.get(sign, ""))
        elif plain:
            self._text(plain.decode(self._codec, "replace"))
        return 0

    @property
    def _group(self) -> _Group:
        return self._groups[-1]

    def _brace(self, brace: bytes) -> None:
        self._owed = 0
        if brace == b"{":
            if len(self._groups) >= MAX_DEPTH:
                self._too_deep += 1
            else:
                now = self._group
                self._groups.append(_Group(now.skipped, now.hidden, now.fallback))
        elif self._too_deep:
            self._too_deep -= 1
        elif len(self._groups) > 1:
            self._groups.pop()

    def _word(self, word: bytes, number: int | None) -> int:
        group = self._group
        if word == b"bin":
            return max(number or 0, 0)
        if word in _SKIPPED:
            group.skipped = True
        elif word == b"v":
            group.hidden = number != 0
        elif word == b"plain":
            group.hidden = False
        elif word == b"uc":
            group.fallback = min(max(number or 0, 0), 8)
        elif word == b"ansicpg" and number:
            self._codec = _codec(number)
        elif word == b"u" and number is not None:
            self._owed = 0
            value = number % 65536
            self._text("" if 0xD800 <= value < 0xE000 else chr(value))
            self._owed = group.fallback
        elif word in _BREAKS:
            self._text(_BREAKS[word])
        return 0

    def _text(self, text: str) -> None:
        owed = min(self._owed, len(text))
        self._owed -= owed
        if not self._group.skipped and not self._group.hidden:
            self.out.append(text[owed:])


def _codec(number: int) -> str:
    name = {65001: "utf-8", 10000: "mac-roman"}.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
