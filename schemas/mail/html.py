"""HTML to text in one forward pass: lines stay lines, a two-cell table row reads `label: value`; nothing is fetched."""

from __future__ import annotations

import contextlib
import html
import re

_BLOCKS = {
    "p",
    "div",
    "br",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "tbody",
    "thead",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
}
_BLOCKS |= {"hr", "section", "article", "header", "footer", "blockquote", "pre", "dt", "dl"}
_CELLS = frozenset(("td", "th", "dd"))
_HIDDEN = frozenset(("script", "style", "head", "title", "template", "svg", "select"))
_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_MARKUP = re.compile(r"<(?=[!?/a-zA-Z])")
_CELL, _SOFT = "\x1f", "\x1e"


def html_to_text(source: str) -> str:
    """Return the visible text of an HTML document; broken markup ends as text, never as an error."""
    return _Text(source).read()


class _Text:
    def __init__(self, source: str) -> None:
        self._source = source.replace(_CELL, " ").replace(_SOFT, " ")
        self._out: list[str] = []
        self._in_cell = False
        self._pre = False
        self._unclosed: set[str] = set()
        """Endings that do not occur any more, so that no search runs twice to the end."""

    def read(self) -> str:
        source, at = self._source, 0
        while at < len(source):
            opening = _MARKUP.search(source, at)
            if opening is None:
                self._text(source[at:])
                break
            self._text(source[at : opening.start()])
            at = self._markup(opening.start())
        lines = [_row(line) for line in "".join(self._out).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def _markup(self, at: int) -> int:
        """Handle what begins with `<` at `at`; return where reading goes on."""
        source = self._source
        if source.startswith("<!--", at):
            end = self._find("-->", at + 4)
            return len(source) if end < 0 else end + 3
        tag = _TAG.match(source, at + 1)
        end = self._find(">", at)
        if end < 0:
            self._text(source[at:])
            return len(source)
        if tag is not None:
            name = tag[2].lower()
            if not tag[1] and name in _HIDDEN:
                return self._skip(name, end + 1)
            self._tag(name, closing=bool(tag[1]))
        return end + 1

    def _find(self, what: str, at: int) -> int:
        if what in self._unclosed:
            return -1
        found = self._source.find(what, at)
        if found < 0:
            self._unclosed.add(what)
        return found

    def _skip(self, name: str, at: int) -> int:
        """Return the place after the hidden element; a head that is never closed hides nothing."""
        if name not in self._unclosed:
            closing = re.compile(rf"</{name}[^>]{{0,100}}>", re.IGNORECASE).search(self._source, at)
            if closing:
                return closing.end()
            self._unclosed.add(name)
        return at if name in {"head", "title", "select", "svg", "template"} else len(self._source)

    def _tag(self, name: str, *, closing: bool) -> None:
        if name in {"tr", "table", "dt", "dl"}:
            self._in_cell = False
            self._out.append("\n")
        elif name in _CELLS:
            self._in_cell = True
            if not closing:
                self._out.append(_CELL)
        elif name in _BLOCKS:
            self._out.append(_SOFT if self._in_cell else "\n")
        if name == "pre":
            self._pre = not closing

    def _text(self, piece: str) -> None:
        if not piece:
            return
        with contextlib.suppress(ValueError):  # a character reference of thousands of digits stays as it stands
            piece = html.unescape(piece)
        piece = piece.replace(_CELL, " ").replace(_SOFT, " ")
        if self._pre and not self._in_cell:
            self._out.append(piece.replace("\r", ""))
        else:
            self._out.append(re.sub(r"\s+", " ", piece))


def _row(line: str) -> str:
    """Return one line; two short cells read as label and value, a cell of many lines keeps its lines."""
    if _CELL not in line and _SOFT not in line:
        return line.strip()
    cells = [cell.strip(_SOFT + " ") for cell in line.split(_CELL)]
    cells = [cell for cell in cells if cell]
    if len(cells) < 2 or any(cell.count(_SOFT) > 2 for cell in cells):
        lines = "\n".join(cells).split(_SOFT) if cells else [""]
        return "\n".join(part.strip() for part in lines)
    flat = [re.sub(rf"[{_SOFT} ]+", " ", cell) for cell in cells]
    if len(flat) == 2:
        return f"{flat[0]} {flat[1]}" if flat[0].endswith(":") else f"{flat[0]}: {flat[1]}"
    return "  ".join(flat)
