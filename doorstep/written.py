"""A written confirmation of a scheduled start: one page of PDF/A for a discharge planner's file, naming no person."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

SECONDS = 60.0
_TEMPLATE = """
#let said = json("said.json")
#set document(title: said.title, author: "Doorstep", date: datetime(year: 2000, month: 1, day: 1))
#set page(paper: "us-letter", margin: 1in)
#set text(size: 12pt)
#align(center)[#text(size: 20pt, weight: "bold")[#said.title]]
#v(1.5em)
#for fact in said.facts [
  #text(weight: "bold")[#fact.at(0)] \\
  #text(size: 14pt)[#fact.at(1)]
  #v(0.6em)
]
#v(1fr)
#text(size: 10pt)[#said.foot]
"""


def written(title: str, facts: Sequence[tuple[str, str]], foot: str) -> bytes:
    """Return the page; the same facts give the same bytes, and nothing in them is read as markup."""
    import typst

    folder = Path(tempfile.mkdtemp(prefix="written-"))
    try:
        (folder / "written.typ").write_text(_TEMPLATE, "utf-8")
        said = {"title": _plain(title), "facts": [[_plain(x) for x in fact] for fact in facts], "foot": _plain(foot)}
        (folder / "said.json").write_text(json.dumps(said), "utf-8")
        return bytes(
            typst.compile(folder / "written.typ", root=folder, ignore_system_fonts=True, pdf_standards=["a-2b"])
        )
    finally:
        shutil.rmtree(folder)


def _plain(text: str) -> str:
    """Return text in letters that the page's own font surely has: PDF/A allows none without a glyph."""
    return text.encode("latin-1", "replace").decode("latin-1")
