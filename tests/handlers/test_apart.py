"""A large message is read in a worker, a small one at once; what took a worker too much is a reason for a person."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from doorstep.errors import Refused
from handlers.apart import LARGE, read_apart
from handlers.translate import orders_in
from schemas.codec import CodecError
from schemas.hl7v2 import notices_of
from tests.connectors.hl7v2.wire import order
from tests.handlers.pages import HandTools


class Workers(HandTools):
    """Gives everything the way to a worker and back."""

    def __init__(self, refused: Refused | None = None) -> None:
        self.ran = 0
        self.refused = refused

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        del timeout
        self.ran += 1
        if self.refused is not None:
            raise self.refused
        there, given = pickle.loads(pickle.dumps((fn, args)))
        return pickle.loads(pickle.dumps(there(*given)))


async def test_a_large_message_is_read_as_a_small_one_is() -> None:
    tools, message = Workers(), order()
    small, large = [await read_apart(tools, n, orders_in, "hl7v2", message, "d") for n in (LARGE - 1, LARGE)]
    assert (small, tools.ran) == (large, 1)
    told = [await read_apart(tools, n, notices_of, order(kind="ADT^A08"), "d") for n in (LARGE - 1, LARGE)]
    assert told[0] == told[1]


async def test_what_cannot_be_read_says_why_also_from_a_worker() -> None:
    found = await read_apart(Workers(), LARGE, orders_in, "hl7v2", b"x", "d")
    assert isinstance(found, CodecError)
    assert found.code == "100"


async def test_what_takes_a_worker_too_much_is_a_reason_for_a_person() -> None:
    with pytest.raises(CodecError, match="too-slow"):
        await read_apart(Workers(Refused("too-slow", "it took too long")), LARGE, orders_in, "hl7v2", b"x", "d")
