"""Whose a label is: the member's, the clinician's, or somebody's whose numbers are not ours to take.

A `Phone:` says nothing by itself. It belongs to the column and the heading it stands under, or to whoever was named
just before it: `Emergency contact: ... Phone: ...`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from handlers.extract.geometry import Sheet, Span, cells_of
from handlers.extract.labels import MAX_LABEL_TOKENS, Hit
from handlers.extract.vocabulary import IGNORED, bare_key, section_named, stranger_words, vocabulary

Box = tuple[int, int, int, int]
LETTERHEAD_ROWS: Final = 5
NEAR_ROWS: Final = 4
"""A telephone number in the first rows, before any heading, is that of the sender's letterhead."""
REACH: Final = 4
"""So many labels after the one that names somebody a number may still be that person's,"""
REACH_ROWS: Final = 3
"""on so many rows."""
FAR: Final = 3.2
"""A row so many text heights under the one before it begins another part of the form."""
APART: Final = 8
"""Headings of columns stand at least so many text heights apart."""
GOES_TO = re.compile(
    r"\b(?:return|send|submit|forward|intake|pharmacy|supplier)\b|(?<!ship )(?<!deliver )(?<!delivered )\bto:?\s",
    re.IGNORECASE,
)
"""Words before a number on its line that make it the number of whoever shall get the order."""
_OURS = re.compile(
    r"\b(?:patients?|pts?|home|cell|mobile|member|client|resident|best|beneficiary|subscriber|individual|primary|ordering|physicians?|office|"
    r"practice|clinic|prescribers?|provider)\b",
    re.IGNORECASE,
)
"""Words in a label that say whose it is, whatever stands around it."""
_NOT_ORDERING = re.compile(r"\b(?:patient|beneficiary|member|guardian|witness|nurse|supplier)", re.IGNORECASE)
"""Who may sign beside the clinician: what stands at that signature is nothing of the practice."""
_ONE_THING = re.compile(r"\b(?:phone|fax|tel|telephone|npi|date|id|number|no|dob|birth)\b\W*$", re.IGNORECASE)
LENT = frozenset({"phone", "fax", "name", "address"})
"""Generic labels that a named person may have on the rows that follow."""
PLAIN = frozenset({"dob", "clinician_npi", "member_id", "group_no", "payer", "contact_phone", "city_state_zip"})
_OF_COVER = frozenset({"member_id", "group_no", "payer"})
_OWN = frozenset(
    {
        "member_name", "dob", "payer", "member_id", "clinician_name", "clinician_npi", "name_and_address",
        "clinician_name_and_address", "icd10", "code", "service_start", "ship_address", "frequency",
    }
)  # fmt: skip
"""Labels of ours that end what was said of somebody else."""
BLOCKS: Final = {"name_and_address": "member", "clinician_name_and_address": "clinician"}
BLOCK_ROWS: Final = 6
IN_BLOCKS: Final = frozenset(
    {
        "generic:phone", "generic:fax", "practice_phone", "practice_fax", "contact_phone", "clinician_npi", "member_id",
        "unit", "city", "state", "zip", "city_state_zip",
    }
)  # fmt: skip
"""Labels that the lines of a block may have; another one at the left edge begins the next row of boxes."""
_PRACTICE = frozenset({"facility", "hospital"})
"""Who is named so among a clinician's labels is the practice."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A heading or a telling label: which part of the form begins at it."""

    section: str
    box: Box
    row: int
    heading: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows that are read column by column, because each column has a heading of its own."""

    first: int
    last: int
    edges: tuple[float, ...]

    def index(self, x: float) -> int:
        return max(0, sum(x >= edge for edge in self.edges) - 1)


class Plan:
    """A page's headings, columns and labels, able to say whose a label is."""

    def __init__(self, sheet: Sheet, hits: Sequence[Hit]) -> None:
        self.sheet, self.hits = sheet, hits

    @cached_property
    def anchors(self) -> tuple[Anchor, ...]:
        """The headings and telling labels, headings last."""
        words = vocabulary()
        headings: list[Anchor] = []
        for index, row in enumerate(self.sheet.rows):
            for tokens in cells_of(row):
                key = bare_key("".join(t.text for t in tokens))
                signing = len(tokens) <= MAX_LABEL_TOKENS and "signature" in key
                section = "signature" if signing else section_named(Span(tokens).text)
                if section == "coverage" and not self._alone(index):
                    continue
                if section is not None:
                    box = Span(tokens).box
                    assert box is not None
                    headings.append(Anchor(section, box, index, heading=True))
        taken = {heading.box for heading in headings}
        found: list[Anchor] = []
        for hit in self.hits:
            key = bare_key(self.words_of(hit))
            if "signature" in key or key in {"signed", "authorizedby"}:
                section = "other" if _NOT_ORDERING.search(self.words_of(hit)) else "signature"
                found.append(Anchor(section, hit.box, hit.row, heading=False))
            elif hit.field in words.section_of and hit.box not in taken:
                found.append(Anchor(words.section_of[hit.field], hit.box, hit.row, heading=False))
            elif hit.field == IGNORED and words.sections.get(key) in {"recipient", "clinician", "other"}:
                found.append(Anchor(words.sections[key], hit.box, hit.row, heading=False))
        return (*found, *headings)

    @cached_property
    def columns(self) -> tuple[Columns, ...]:
        """The parts of the page that have headings side by side."""
        headed: dict[int, list[Anchor]] = {}
        for anchor in self.anchors:
            if anchor.heading and anchor.section != "signature":
                headed.setdefault(anchor.row, []).append(anchor)
        found: list[Columns] = []
        for row, anchors in sorted({**headed, **self._blocks(headed)}.items()):
            side = sorted({a.box: a for a in anchors}.values(), key=lambda a: a.box[0])
            far = [b.box[0] - a.box[0] > APART * self.sheet.height for a, b in pairwise(side)]
            if len(side) < 2 or not all(far) or len({a.section for a in side}) < 2:
                continue
            if row not in headed:
                last = self._gap_after(row)
            elif self._labels_on(row + 1):
                last = min((r for r in headed if r > row and self._whole_row(r)), default=len(self.sheet.rows)) - 1
            else:
                continue
            edges = tuple(self._edge(anchor, row, last) for anchor in side)
            found.append(Columns(row, self._broken(row, last, edges), edges))
        return tuple(found)

    def _broken(self, row: int, last: int, edges: Sequence[float]) -> int:
        """Return the last row before one that does not keep to the columns, or stands far below the row before it."""
        rows = self.sheet.rows
        for index in range(row + 1, last + 1):
            cells = [(c[0].box[0], c[-1].box[2]) for c in cells_of(rows[index])]
            slack = self.sheet.height
            across = any(x0 < edge - slack and x1 > edge + 2 * slack for x0, x1 in cells for edge in edges[1:])
            gap = min(t.box[1] for t in rows[index]) - max(t.box[3] for t in rows[index - 1])
            if across or gap > FAR * self.sheet.height:
                return index - 1
        return last

    def _blocks(self, headed: Mapping[int, Sequence[Anchor]]) -> dict[int, list[Anchor]]:
        """Return the labels of blocks (`Name and address of ...`) that stand side by side, by row."""
        found: dict[int, list[Anchor]] = {}
        for hit in self.hits:
            section = BLOCKS.get(hit.field)
            words = set(re.findall(r"[a-z]+", self.words_of(hit).lower()))
            if section is None and hit.field == IGNORED and {"name", "address"} <= words:
                section = "recipient"
            if section is not None and hit.row not in headed:
                found.setdefault(hit.row, []).append(Anchor(section, hit.box, hit.row, heading=True))
        return found

    def _gap_after(self, row: int) -> int:
        """Return the last row of the lines that follow each other closely from a row on."""
        rows = self.sheet.rows
        for index in range(row, min(row + BLOCK_ROWS, len(rows) - 1)):
            if any(h.row == index + 1 and h.start == 0 and h.field not in IN_BLOCKS for h in self.hits):
                return index
            bottom = max(t.box[3] for t in rows[index])
            if min(t.box[1] for t in rows[index + 1]) - bottom > 1.6 * self.sheet.height:
                return index
        return min(row + BLOCK_ROWS, len(rows) - 1)

    def _alone(self, row: int) -> bool:
        """Say whether a row has headings and labels only, no value."""
        named = {p for h in self.hits if h.row == row for p in range(h.start, h.end)}
        cells = cells_of(self.sheet.rows[row])
        if len(cells) == 1:
            following = [h for h in self.hits if h.row == row + 1]
            return bool(following) or self.words_at(row) not in vocabulary().phrases
        at = 0
        for cell in cells:
            places = set(range(at, at + len(cell)))
            at += len(cell)
            if not places <= named and bare_key("".join(t.text for t in cell)) not in vocabulary().sections:
                return False
        return True

    def _labels_on(self, row: int) -> int:
        return sum(h.row == row for h in self.hits)

    def _whole_row(self, row: int) -> bool:
        """Say whether a heading has its row to itself, or shares it with other headings only."""
        cells = cells_of(self.sheet.rows[row])
        return all(bare_key("".join(t.text for t in c)) in vocabulary().sections for c in cells)

    def _edge(self, anchor: Anchor, row: int, last: int) -> float:
        """Return where a column begins: at its heading, or left of it where most of its lines do."""
        starts = [
            cell[0].box[0] for r in self.sheet.rows[row + 1 : min(last + 1, row + 13)] for cell in cells_of(r)
        ]  # fmt: skip
        near = [x for x in starts if anchor.box[0] - 14 * self.sheet.height < x <= anchor.box[0] + self.sheet.height]
        often = [x for x in near if sum(abs(x - y) < self.sheet.height for y in starts) >= 3]
        labels = {h.box[0] for h in self.hits if row < h.row <= last}
        return max([x for x in often if x in labels] or often, default=float(anchor.box[0])) - self.sheet.height

    def column(self, row: int, x: float) -> tuple[int, int] | None:
        """Return which column of which part a place stands in; None where the page is read across."""
        for part, columns in enumerate(self.columns):
            if columns.first <= row <= columns.last:
                return part, columns.index(x)
        return None

    def words_at(self, row: int) -> str:
        """Return the key of a whole row."""
        return bare_key("".join(t.text for t in self.sheet.rows[row]))

    def words_of(self, hit: Hit) -> str:
        """Return a label as printed."""
        return " ".join(t.text for t in self.sheet.rows[hit.row][hit.start : hit.end])

    def before(self, hit: Hit) -> list[Hit]:
        """Return the labels before a label in the order of reading, the nearest first."""
        mine = self.column(hit.row, hit.box[0])
        earlier = [h for h in self.hits if (h.row, h.start) < (hit.row, hit.start)]
        if mine is not None:
            first = self.columns[mine[0]].first
            earlier = [h for h in earlier if h.row < first or self.column(h.row, h.box[0]) == mine]
        return earlier[::-1]

    def stranger(self, hit: Hit) -> bool:
        """Say whether a label names somebody who is neither the member nor the clinician."""
        if hit.field != IGNORED:
            return False
        named = stranger_words(self.words_of(hit))
        return bool(named) and not (named <= _PRACTICE and self.section(hit) == "clinician")

    def anothers(self, hit: Hit, kind: str) -> bool:
        """Say whether a label asks for something of the one who was named just before it."""
        own = self.words_of(hit)
        if stranger_words(own):
            return True
        if _OURS.search(own) and not (kind in _OF_COVER and "primary" not in own.lower()):
            return False
        if self._heading(hit) in {"recipient", "other"}:
            return True
        for count, other in enumerate(self.before(hit)):
            same_row = other.row == hit.row
            if count >= REACH or hit.row - other.row > REACH_ROWS:
                return False
            if not same_row and (other.box[0] > hit.box[0] + 3 * self.sheet.height or self._complete(other)):
                continue
            if self.stranger(other):
                cover = bool({"secondary", "2nd"} & stranger_words(self.words_of(other)))
                if cover != (kind in _OF_COVER) and not (cover and kind == "name"):
                    return False
                lends = kind == "contact_phone" or (kind in LENT and kind != "name")
                return same_row or lends or self._opens(other)
            if other.field in _OWN and not (kind in _OF_COVER and other.field in _OF_COVER):
                return False
            if kind in _OF_COVER and other.field == "payer":
                return kind != "payer" and self.anothers(other, "payer")
        return False

    def _complete(self, hit: Hit) -> bool:
        """Say whether a label asks for one thing of somebody (`Pharmacy fax`) and says no more of them."""
        return bool(_ONE_THING.search(self.words_of(hit)))

    def _opens(self, hit: Hit) -> bool:
        """Say whether a label stands as a heading: nothing on its row behind it in its column."""
        row = self.sheet.rows[hit.row]
        return hit.end == len(row) and hit.start == 0

    def section(self, hit: Hit) -> str | None:
        """Return the part of the form at a label: its column's, else the nearest heading or telling label."""
        mine = self.column(hit.row, hit.box[0])
        if mine is None:
            return self._neighbours(hit) or section_of(self.anchors, self.sheet.height, hit)
        heading = self._heading(hit)
        if heading in {"member", "clinician", "recipient", "delivery", "coverage"}:
            return heading
        inside = [a for a in self.anchors if self.column(a.row, a.box[0]) == mine]
        return section_of(inside, self.sheet.height, hit)

    def _neighbours(self, hit: Hit) -> str | None:
        """Return the section of the label before a plain one on its row, where none stands over it in its column."""
        row = [h for h in self.hits if h.row == hit.row and h.start < hit.start]
        if not row or not hit.field.startswith("generic:"):
            return None
        near = 2 * self.sheet.height
        over = [h for h in self.hits if h.row == hit.row - 1 and abs(h.box[0] - hit.box[0]) < near]
        sections = vocabulary().section_of
        if any(h.field in sections or h.field.startswith("generic:") for h in over):
            return None
        return {"clinician_name": "clinician", "clinician_npi": "clinician", "member_name": "member"}.get(row[-1].field)

    def _heading(self, hit: Hit) -> str | None:
        """Return the section of the last heading over a label in its column; None where the page is read across."""
        mine = self.column(hit.row, hit.box[0])
        if mine is None:
            return None
        listed = [*self.anchors, *(a for anchors in self._blocks({}).values() for a in anchors)]
        inside = [a for a in listed if a.heading and self.column(a.row, a.box[0]) == mine]
        above = [a for a in inside if a.row < hit.row or (a.row == hit.row and a.box[0] < hit.box[0])]
        return max(above, key=lambda a: a.row).section if above else None


def section_of(anchors: Sequence[Anchor], height: float, hit: Hit) -> str | None:
    """Return the section of the nearest heading or telling label above a label or left of it."""
    best: tuple[float, str] | None = None
    for anchor in anchors:
        box, section = anchor.box, anchor.section
        down = hit.middle - (box[1] + box[3]) / 2
        across = hit.box[0] - box[0]
        same_row = abs(down) < 0.6 * height
        if down < -0.6 * height or (same_row and across <= 0) or box == hit.box:
            continue
        if not same_row and across < -2 * height and box[0] > hit.box[2]:
            continue
        beside_it = same_row and section == "signature"
        distance = (
            max(0.0, down) + (0.1 if beside_it else 0.25) * abs(across) + (4 * height if across < -2 * height else 0)
        )
        if distance < 26 * height and (best is None or distance < best[0]):
            best = (distance, section)
    return best[1] if best else None
