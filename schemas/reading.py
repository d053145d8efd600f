"""The text of a document as it was read: pages, words, boxes. Kept in the document store, not in events."""

from __future__ import annotations

from pydantic import Field

from schemas.event import Model


class Word(Model):
    """One word; `box` is x0, y0, x1, y1 in pixels of the page as it was read, `line` numbers the line it stands on.

    `second` is what the second engine reads in the same place; `agrees` says whether letters and digits are the
    same, None where only one engine reads anything (`second` equals `text` where it was the second). Both are None
    for every word of a page that one engine read alone. `confidence` takes the agreement into account.
    """

    text: str
    box: tuple[int, int, int, int]
    confidence: float = Field(ge=0, le=1)
    line: int = 0
    second: str | None = None
    agrees: bool | None = None


class Page(Model):
    """One page in reading order. `part` counts the attachments of a mail; a fax is one part."""

    number: int = Field(ge=1)
    width: int
    height: int
    source: str = Field(description="`ocr`, `text-layer` or `body`")
    words: tuple[Word, ...]
    rotation: int = 0
    part: int = 1
    leaf: int | None = Field(default=None, description="Its number within its part, where that is not `number`")
    second: tuple[Word, ...] = Field(default=(), description="All that the second engine read, as it read it")
    barcodes: tuple[str, ...] = Field(default=(), description="The texts of its barcodes")
    marks: dict[str, bool] = Field(default_factory=dict, description="What pixels say: signature, checkbox:<label>")

    @property
    def text(self) -> str:
        """The page's words, line by line."""
        lines: dict[int, list[str]] = {}
        for word in self.words:
            lines.setdefault(word.line, []).append(word.text)
        return "\n".join(" ".join(words) for _, words in sorted(lines.items()))


class Reading(Model):
    engine: str
    pages: tuple[Page, ...]
    problems: tuple[str, ...] = ()
