"""The confirmation as a page, for partners that file documents: what the response says in its notes, set by Typst."""

from __future__ import annotations

import json

_PAGE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title, author: "Doorstep", date: none)
#set page(paper: "us-letter", margin: 1in, footer: align(right, text(size: 8pt, context counter(page).display())))
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), size: 11.5pt, hyphenate: false, lang: "en", region: "US")
#text(size: 18pt, weight: "bold")[Order status]
#v(6pt)
#for line in data.lines { block(below: 9pt, line) }
"""


def letter(title: str, lines: list[str]) -> bytes:
    """Return a PDF of these lines; the same lines give the same bytes. They are never read as markup."""
    import typst

    told = json.dumps({"title": title, "lines": lines})
    return bytes(typst.compile(_PAGE.encode(), sys_inputs={"data": told}, ignore_system_fonts=True))
