"""Reads the body of an answer: a form, JSON, or (with a photo of the signed slip) a form of parts; within limits."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from doorstep.answers import DOCUMENT_LIMIT, FIELDS, Malformed, document_of
from doorstep.connector import Blob
from doorstep.errors import TooLarge, WrongType

BODY_LIMIT = 16 * 1024
FORM, JSON, PARTS = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"
_DOCUMENT = "document"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _InMemory(MultiPartParser):
    spool_max_size = DOCUMENT_LIMIT + BODY_LIMIT  # no person's paper in a temporary file


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def fields_of(
    request: Request, *, document: bool = False, also: frozenset[str] = frozenset()
) -> tuple[dict[str, str], Blob | None]:
    """Return the body's fields as text, no name twice, none unknown, and the document if one may come with it."""
    kind = media_type(request)
    if kind not in ({FORM, JSON, PARTS} if document else {FORM, JSON}):
        raise WrongType("content-type", "send application/json or a form")
    if kind == PARTS:
        return await _parts(request)
    # in JSON a document stands in base64, which takes four letters for three bytes
    limit = BODY_LIMIT + (DOCUMENT_LIMIT * 4 // 3 if document and kind == JSON else 0)
    body = b"".join([piece async for piece in _limited(request, limit)])
    pairs: Sequence[tuple[str, object]]
    try:
        text = body.decode("utf-8")
        pairs = _json_pairs(text) if kind == JSON else parse_qsl(text, keep_blank_values=True, max_num_fields=30)
    except (ValueError, RecursionError):
        raise Malformed("structure", "the answer cannot be read", location="body") from None
    given = next((value for name, value in pairs if name == _DOCUMENT), None) if document else None
    kept = [(name, value) for name, value in pairs if not (document and name == _DOCUMENT)]
    return _checked(kept, FIELDS | also), _of_base64(given) if given is not None else None


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLarge("too-long", f"the answer is over {limit // 1024} KB")
        yield piece


async def _parts(request: Request) -> tuple[dict[str, str], Blob | None]:
    stream = _limited(request, DOCUMENT_LIMIT + BODY_LIMIT)
    try:
        parser = _InMemory(request.headers, stream, max_files=1, max_fields=30, max_part_size=BODY_LIMIT)
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError):
        raise Malformed("structure", "the answer cannot be read", location="body") from None
    try:
        pairs = form.multi_items()
        files = [(name, value) for name, value in pairs if isinstance(value, UploadFile)]
        fields = _checked([(name, value) for name, value in pairs if not isinstance(value, UploadFile)], FIELDS)
        if any(name != _DOCUMENT for name, _ in files):
            raise Malformed("structure", "the only file is `document`", location="body")
        data = await files[0][1].read() if files else b""
    finally:
        await form.close()
    return fields, document_of(data) if data else None


def _checked(pairs: Sequence[tuple[str, object]], known: frozenset[str]) -> dict[str, str]:
    fields = {name: value for name, value in pairs if isinstance(value, str) and not _CONTROL.search(value)}
    wrong = next((name for name, _ in pairs if name in known and name not in fields), None)
    if wrong:
        raise Malformed("value", f"{wrong} is not plain text", location=wrong)
    if len(fields) != len(pairs) or not fields.keys() <= known:
        raise Malformed("structure", f"known fields are {', '.join(sorted(known))}, each once", location="body")
    return fields


def _json_pairs(text: str) -> list[tuple[str, object]]:
    """Return the members of the one object; a null counts as absent."""
    pairs = json.loads(text, object_pairs_hook=lambda members: members)
    if (
        not isinstance(pairs, list)
        or not all(isinstance(pair, tuple) for pair in pairs)
        or not text.lstrip("\ufeff \t\r\n").startswith("{")
    ):
        raise ValueError("no object")
    return [(name, value) for name, value in pairs if value is not None]


def _of_base64(value: object) -> Blob:
    try:
        return document_of(base64.b64decode(value if isinstance(value, str) else "?", validate=True))
    except (binascii.Error, ValueError):
        raise Malformed("value", "document must be base64", location=_DOCUMENT) from None
