"""Readings made of plain text, for the tests of classification and extraction: one text is one page."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

from handlers.read import body_page
from schemas.reading import Reading
from schemas.transmission import Content

ORDER = """\
DURABLE MEDICAL EQUIPMENT ORDER

Patient Name: Becker, Alma          Date of Birth: 03/04/1941
Payer: Humana                       Member ID: K456278158
Group No.: 89571                    Home Phone: (614) 555-0123
Delivery Address: 12 Maple Ave Apt 4, Dayton, OH 45402
Access barriers: stairs

Diagnosis (ICD-10): J44.9, J96.11
HCPCS: E1390    Qty: 1
Flow: 2 LPM via nasal cannula
Start Date: 11/21/2026              End Date: 02/19/2027

Ordering Physician: Victor Norwood, MD
NPI: 1234567893
Office Phone: 614-555-0101          Office Fax: 614-555-0102
Electronically signed by Victor Norwood, MD on 11/17/2026
"""


def reading(*texts: str) -> Reading:
    """Return a reading with one page for each text."""
    pages = [page for text in texts if (page := body_page(text)) is not None]
    numbered = tuple(page.model_copy(update={"number": n}) for n, page in enumerate(pages, start=1))
    return Reading(engine="text", pages=numbered)


class HandTools:
    """The tools of `prepare` over a dictionary; work runs here and now."""

    def __init__(self, *contents: bytes) -> None:
        self.contents: dict[str, bytes] = {}
        self.refs = [self._put(data, "application/octet-stream") for data in contents]

    def _put(self, data: bytes, content_type: str) -> Content:
        digest = hashlib.sha256(data).hexdigest()
        self.contents[digest] = data
        return Content(url=f"content:{digest}", sha256=digest, content_type=content_type, size=len(data))

    async def content(self, ref: Content) -> bytes:
        return self.contents[ref.sha256]

    async def keep(self, data: bytes, content_type: str, title: str | None = None) -> Content:
        return self._put(data, content_type)

    async def run(self, fn: Callable[..., Any], *args: Any, timeout: float) -> Any:
        assert not inspect.iscoroutinefunction(fn)
        return fn(*args)
