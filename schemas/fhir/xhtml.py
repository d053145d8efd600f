"""The narrative of a resource: XHTML that is carried character by character, in JSON as a text, in XML as itself."""

from __future__ import annotations

import html
import re
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

XHTML = "http://www.w3.org/1999/xhtml"
MAX_DEPTH = 256
_DIV = re.compile(r"<div(?=[\s/>])")
_DEFAULT_NAMESPACE = re.compile(r"""<div\s[^>]*?\bxmlns\s*=\s*["']""")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    """Return text with what no XML may hold replaced by U+FFFD (FHIR strings forbid it too)."""
    return _FORBIDDEN.sub("\ufffd", text)


def escaped(text: str) -> str:
    return xml_text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attribute(text: str) -> str:
    """Return text as it stands between double quotes; line ends are written as references, else they become blanks."""
    return escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def div_of(narrative: str) -> str:
    """Return a narrative as an XML element: as it is where it is well-formed, else all of it as plain text."""
    text = xml_text(_ENTITY.sub(_character, narrative)).strip()
    if _DIV.match(text) and not _DEFAULT_NAMESPACE.match(text):
        text = f'<div xmlns="{XHTML}"{text[4:]}'
    if _DIV.match(text) and _well_formed(text):
        return text
    return f'<div xmlns="{XHTML}">{escaped(narrative)}</div>'


def _character(match: re.Match[str]) -> str:
    """XML knows five named entities; HTML's others are written as their characters."""
    return match[0] if match[1] in _XML_ENTITIES else html.unescape(match[0])


class _Depth:
    def __init__(self) -> None:
        self.depth = 0

    def start(self, tag: str, attrib: dict[str, str]) -> None:  # noqa: ARG002 - the parser's signature
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError

    def end(self, tag: str) -> None:  # noqa: ARG002
        self.depth -= 1

    def close(self) -> None:
        return None


def _well_formed(text: str) -> bool:
    parser = DefusedXMLParser(target=_Depth(), forbid_dtd=True)
    try:
        parser.feed(text.encode())
        parser.close()
    except (SyntaxError, ExpatError, DefusedXmlException, ValueError):
        return False
    return True
