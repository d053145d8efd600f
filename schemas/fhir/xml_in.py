"""FHIR XML to the JSON form of the same resource, by the types of R4 alone (R4 section 2.6.1); no entity, no DTD.

What is not FHIR (an unknown element, a text where none may be) is either refused here or handed on under its name, so
that the validation that JSON goes through names it. A number keeps its digits, a narrative its characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError
from fhir.resources.R4B.element import Element as ElementModel
from fhir.resources.R4B.extension import Extension
from fhir.resources.R4B.resource import Resource

from schemas.codec import CodecError
from schemas.fhir.elements import RESOURCE, Element, elements_of, resource_class
from schemas.fhir.strict import MAX_DEPTH, MAX_DIGITS, number_of
from schemas.fhir.xhtml import MAX_DEPTH as MAX_NARRATIVE_DEPTH
from schemas.fhir.xhtml import XHTML, attribute, escaped

FHIR = "http://hl7.org/fhir"
_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_LANG = "{http://www.w3.org/XML/1998/namespace}"
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
_NO_ELEMENTS = frozenset({"resourceType", "fhir_comments"})
_PLAIN_DIV = re.compile(rb"""<div\s[^>]*?\bxmlns\s*=\s*["']http://www\.w3\.org/1999/xhtml["']""")


@dataclass(slots=True)
class _Node:
    name: str
    attributes: dict[str, str]
    children: list[_Node] = field(default_factory=list)
    narrative: str | None = None


class _Builder:
    """The parser's target: FHIR elements as nodes, a narrative as the text that it was."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root: _Node | None = None
        self.parser: Any = None
        self._open: list[_Node] = []
        self._narrative = _Narrative()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
        if self._narrative.depth or namespace == XHTML:
            if not self._open:
                raise CodecError("structure", "the root is no FHIR element")
            self._narrative.start(namespace, name, attributes, self._at())
            return
        if namespace != FHIR:
            raise CodecError("structure", f"an element is not in the namespace {FHIR}", self._path())
        node = _Node(name, {k: v for k, v in attributes.items() if not k.startswith(_SCHEMA_INSTANCE)})
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        if len(self._open) > MAX_DEPTH:
            raise CodecError("structure", f"nested deeper than {MAX_DEPTH} levels")

    def end(self, tag: str) -> None:
        if not self._narrative.depth:
            self._open.pop()
            return
        if self._narrative.end(tag.rpartition("}")[2]):
            name, text = self._narrative.close(self.data, self._at())
            self._open[-1].children.append(_Node(name, {}, narrative=text))

    def data_(self, text: str) -> None:
        if self._narrative.depth:
            self._narrative.pieces.append(escaped(text))
        elif text.strip():
            raise CodecError("structure", "text stands where only elements may be", self._path())

    def close(self) -> _Node | None:
        return self.root

    def _at(self) -> int:
        return int(self.parser.CurrentByteIndex)

    def _path(self) -> str:
        return ".".join(node.name for node in self._open if node.name.isascii() and len(node.name) < 41)


class _Narrative:
    """One `div` while it is read: where it began, and a spelling of our own for one that does not stand by itself."""

    def __init__(self) -> None:
        self.depth = 0
        self.pieces: list[str] = []
        self._begin = 0
        self._name = "div"
        self._alone = True

    def start(self, namespace: str, name: str, attributes: dict[str, str], at: int) -> None:
        if not self.depth:
            self.pieces, self._begin, self._name, self._alone = [], at, name, True
        self.depth += 1
        if self.depth > MAX_NARRATIVE_DEPTH:
            raise CodecError("structure", "the narrative is nested too deep")
        self._alone = self._alone and namespace == XHTML
        said = [f' xmlns="{XHTML}"'] if self.depth == 1 else []
        named = ((key.replace(_LANG, "xml:"), value) for key, value in attributes.items())
        said += [f' {key}="{attribute(value)}"' for key, value in named if not key.startswith("{")]
        self._alone = self._alone and not any(key.startswith("{") and _LANG not in key for key in attributes)
        self.pieces.append(f"<{name}{''.join(said)}>")

    def end(self, name: str) -> bool:
        """Close one element; tell whether it was the outermost."""
        self.pieces.append(f"</{name}>")
        self.depth -= 1
        return self.depth == 0

    def close(self, data: bytes, at: int) -> tuple[str, str]:
        raw = data[self._begin : data.index(b">", at) + 1]
        if self._alone and _PLAIN_DIV.match(raw):
            return self._name, raw.decode()
        return self._name, "".join(self.pieces)


def xml_loads(data: bytes, *, max_bytes: int) -> dict[str, Any]:
    """Return the resource in FHIR XML as its JSON; CodecError with a FHIR issue type for what is none."""
    if len(data) > max_bytes:
        raise CodecError("too-long", f"the body has more than {max_bytes} bytes")
    declared = _DECLARED.match(data)
    if declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
        raise CodecError("structure", "FHIR XML is UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise CodecError("structure", f"the body is not UTF-8 (byte {wrong.start})") from None
    root = _tree(text.encode())
    model = resource_class(root.name)
    if model is None:
        raise CodecError("structure", "the root is not a resource of FHIR R4")
    return _resource(root, model, root.name)


def _tree(data: bytes) -> _Node:
    builder = _Builder(data)
    target: Any = type("Target", (), {"start": builder.start, "end": builder.end, "close": builder.close})()
    target.data = builder.data_
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    builder.parser = parser.parser
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException:
        raise CodecError("security", "a document type or an entity stands in the body; neither is taken") from None
    except ParseError as wrong:
        line, column = wrong.position
        raise CodecError("structure", f"not XML: line {line}, column {column + 1}") from None
    except (ExpatError, LookupError):
        raise CodecError("structure", "not XML") from None
    if builder.root is None:
        raise CodecError("structure", "not XML")
    return builder.root


def _resource(node: _Node, model: Any, path: str) -> dict[str, Any]:
    return {"resourceType": node.name, **_object(node, model, path)}


def _object(node: _Node, model: Any, path: str) -> dict[str, Any]:
    """Return the JSON object of a resource or a complex element."""
    known = elements_of(model)
    as_attributes = (
        set() if issubclass(model, Resource) else {"id", *(("url",) if issubclass(model, Extension) else ())}
    )
    found: dict[str, Any] = {}
    for name, value in node.attributes.items():
        if name not in as_attributes:
            raise CodecError("structure", "an attribute stands where none may be", path)
        found[name] = value
    grouped: dict[str, list[_Node]] = {}
    for child in node.children:
        grouped.setdefault(child.name, []).append(child)
    for name, nodes in grouped.items():
        element = known.get(name)
        if name in as_attributes or name in _NO_ELEMENTS:
            raise CodecError("structure", "an element stands where none may be", path)
        if element is None or element.kind == "extension":
            found[name] = nodes[0].attributes.get("value", {})  # validation says that it is not known
        elif element.kind == RESOURCE:
            found[name] = _one_or_list(
                element, [_inner_resource(one, _at(path, element, place)) for place, one in enumerate(nodes)]
            )
        elif element.kind == "complex":
            found[name] = _one_or_list(
                element, [_object(one, element.model, _at(path, element, place)) for place, one in enumerate(nodes)]
            )
        else:
            _primitives(found, element, nodes, path)
    return found


def _attributes_of(model: Any) -> set[str]:
    """Return the elements that XML has as attributes: ids within a resource, and an extension's url."""
    if issubclass(model, Resource):
        return set()
    return {"id", "url"} if issubclass(model, Extension) else {"id"}


def _at(path: str, element: Element, place: int) -> str:
    return f"{path}.{element.path}[{place}]" if element.is_list else f"{path}.{element.path}"


def _one_or_list(element: Element, values: list[Any]) -> Any:
    return values if element.is_list or len(values) > 1 else values[0]


def _inner_resource(node: _Node, path: str) -> dict[str, Any]:
    """Return the resource inside `contained`, `resource` or the like; an unknown type is left to validation."""
    if len(node.children) != 1 or node.attributes:
        raise CodecError("structure", "exactly one resource must stand here", path)
    inner = node.children[0]
    model = resource_class(inner.name)
    return {"resourceType": inner.name} if model is None else _resource(inner, model, f"{path}.ofType({inner.name})")


def _primitives(found: dict[str, Any], element: Element, nodes: list[_Node], path: str) -> None:
    values = [_value(element, node) for node in nodes]
    extras = [_extras(element, node, _at(path, element, place)) for place, node in enumerate(nodes)]
    if any(value is not None for value in values):
        found[element.name] = _one_or_list(element, values)
    if any(extras):
        found[f"_{element.name}"] = _one_or_list(element, [extra or None for extra in extras])
    elif all(value is None for value in values):
        found[element.name] = _one_or_list(element, ["" for _ in values])


def _extras(element: Element, node: _Node, path: str) -> dict[str, Any]:
    """Return what a primitive has beside its value: an id and extensions."""
    if element.kind == "Xhtml":
        return {}
    attributes = {name: value for name, value in node.attributes.items() if name != "value"}
    return _object(_Node(node.name, attributes, node.children), ElementModel, path)


def _value(element: Element, node: _Node) -> Any:
    if element.kind == "Xhtml":
        return node.narrative or ""
    text = node.attributes.get("value")
    if text is None:
        return None
    if element.kind == "Boolean":
        return {"true": True, "false": False}.get(text, text)
    if element.kind == "Decimal":
        return number_of(text) if _DECIMAL.fullmatch(text) else text
    if element.kind in {"Integer", "PositiveInt", "UnsignedInt"}:
        return int(text) if _INTEGER.fullmatch(text) and len(text) <= MAX_DIGITS else text
    return text
