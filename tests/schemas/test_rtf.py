"""Rich text as words, honest and hostile."""

from __future__ import annotations

import re
import time

import pytest

from schemas.rtf import rtf_text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0\fs20 Home oxygen\par 2 L/min\par}", "Home oxygen\n2 L/min"),
        (rb"{\rtf1\ansi\ansicpg1252 Ren\'e9e \b Doe\b0\line x}", "Renée Doe\nx"),
        (rb"{\rtf1\uc1 Ren\u233?e \u8212-x}", "Renée —x"),
        (rb"{\rtf1\uc0 Ren\u233 e}", "Renée"),
        (rb"{\rtf1 a{\*\generator Word;}b{\pict\bin6 }{}{}}}c}", "abc"),
        (rb"{\rtf1 a\{b\}c\\d\~e}", "a{b}c\\d e"),
        (b"{\\rtf1 one\\\r\ntwo}", "one\ntwo"),
        (rb"{\rtf1 seen {\v hidden}seen too}", "seen seen too"),
        (rb"{\rtf1\trowd A\cell B\cell\row C}", "A\tB\nC"),
        (rb"{\rtf1 cut off {\b here", "cut off here"),
        (rb"}}}\bin99999999 gone", ""),
        (b"", ""),
        (b"{\\rtf1 x\\", "x"),
    ],
)
def test_the_words_of_a_document(data: bytes, text: str) -> None:
    assert re.sub(r"\s*\n", "\n", rtf_text(data)) == text


@pytest.mark.parametrize("data", [b"{" * 1_000_000, b"}" * 1_000_000, b"\\" * 1_000_000, b"\\u1" * 300_000])
def test_a_hostile_document_costs_time_in_proportion_only(data: bytes) -> None:
    began = time.perf_counter()
    rtf_text(data)
    assert time.perf_counter() - began < 6
