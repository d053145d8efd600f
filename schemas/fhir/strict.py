"""Reads FHIR JSON without mercy and writes it without loss: what two parsers could read differently is refused."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import orjson

from schemas.codec import CodecError

MAX_DEPTH = 64
MAX_DIGITS = 40
MAX_EXPONENT = 300
SAFE_INT_DIGITS = 18
BAD_ESCAPE = re.compile("[\x00\ud800-\udfff]")


def loads(data: bytes, *, max_bytes: int) -> dict[str, Any]:
    """Return the JSON object in `data`; raise CodecError with a FHIR issue type for anything else.

    Refused: other encodings than UTF-8, duplicate keys, depth over 64, NaN and Infinity, U+0000, lone
    surrogates, numbers beyond reason. Numbers with a fraction or exponent are Decimal: 1.00 stays 1.00.
    """
    if len(data) > max_bytes:
        raise CodecError("too-long", f"the body has more than {max_bytes} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise CodecError("structure", f"the body is not UTF-8 (byte {wrong.start})") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=number_of,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as wrong:
        raise CodecError("structure", f"not JSON: line {wrong.lineno}, column {wrong.colno}") from None
    except RecursionError:
        raise CodecError("structure", f"nested deeper than {MAX_DEPTH} levels") from None
    if not isinstance(value, dict):
        raise CodecError("structure", "the body is not a JSON object")
    _check_tree(value, escapes="\\u" in text)
    return value


def dumps(value: Any) -> bytes:
    """Return compact UTF-8 JSON; a Decimal is written with the digits it came with."""
    return orjson.dumps(value, default=_fragment)


def canonical(value: Any) -> bytes:
    """Return the same bytes for the same JSON value, whatever its key order and white space."""
    return orjson.dumps(value, default=_fragment, option=orjson.OPT_SORT_KEYS)


def plain(value: Any) -> Any:
    """Return the value with each Decimal as int or float, for places that hold plain JSON only."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        # -MAX_EXPONENT..MAX_EXPONENT was checked on reading, so this is finite
        return int(value) if value == value.to_integral_value() and abs(value) < 10**SAFE_INT_DIGITS else float(value)
    return value


def _fragment(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CodecError("structure", "an object has the same key twice")
    return found


def number_of(literal: str) -> Decimal:
    """Return a number with its digits; refuse one that is beyond reason."""
    mantissa, _, exponent = literal.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 4 or (exponent and abs(int(exponent)) > MAX_EXPONENT):
        raise CodecError("value", "a number has too many digits")
    return Decimal(literal)


def _integer(literal: str) -> int | Decimal:
    if len(literal) > MAX_DIGITS:
        raise CodecError("value", "a number has too many digits")
    return int(literal) if len(literal) <= SAFE_INT_DIGITS else Decimal(literal)


def _constant(_: str) -> Any:
    raise CodecError("structure", "NaN and Infinity are not JSON")


def _check_tree(root: Any, *, escapes: bool) -> None:
    """Raise on depth, and where the text had escapes, on characters that no store can hold."""
    level = [root]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            children = item.values() if isinstance(item, dict) else item
            if escapes:
                texts = [*item, *children] if isinstance(item, dict) else children
                if any(isinstance(text, str) and BAD_ESCAPE.search(text) for text in texts):
                    raise CodecError("value", "a text holds U+0000 or half a surrogate pair")
            below.extend(child for child in children if isinstance(child, (dict, list)))
        if not below:
            return
        level = below
    raise CodecError("structure", f"nested deeper than {MAX_DEPTH} levels")
