"""Rows of boxes with one character in each: found by their lines, read as one word without them.

Both engines take such a row for a table and lose letters or cut names into pieces, on clean pages too. The lines say
how many characters there are and where the blanks stand, so a reading of another length is known to be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from doorstep.ocr.engines import Engine
from schemas.reading import Word

DARK = 140
SHORTEST, TALLEST, THICKEST = 22, 75, 8
"""Sides of a box in pixels of a page at 204 dots to the inch, and how thick its lines may be."""
NARROWEST, WIDEST = 0.5, 1.35
"""How wide a box is, in its own height."""
UNEVEN = 0.12
FEWEST, FEWEST_BESIDE = 5, 2
"""So many boxes make a row; fewer do where the page has a row of the same height and pitch."""
MOST, MOST_BOXES = 60, 80
RULE, BROKEN_RULE = 0.9, 0.65
"""This share of a box's upper or lower line is there; less where the upright ones are whole."""
ASTRAY, FAINTEST = 3, 0.7
"""An upright line at the end of a row stands within so many pixels of its place, and this share of it is there."""
LEAST_INK, LEAST_SPOT = 8, 6
RIM = 4
"""So much of a box's line may be left at the rim of its inside."""
DOUBTED = 0.2
"""What is left of a confidence where the letters are not as many as the boxes."""
_EDGE, _SCALE, _INSET = 12, 2, 2

Box = tuple[int, int, int, int]
Grey = NDArray[np.uint8]
Letter = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Comb:
    """One row of boxes: top, bottom and the left and right edge of each upright line."""

    top: int
    bottom: int
    lines: tuple[tuple[int, int], ...]

    @property
    def box(self) -> Box:
        return self.lines[0][0], self.top, self.lines[-1][1], self.bottom

    @property
    def pitch(self) -> float:
        return float(median(b[0] - a[0] for a, b in pairwise(self.lines)))

    def like(self, other: Comb) -> bool:
        """Say whether two rows are drawn alike, by height and pitch."""
        here, there = self.bottom - self.top, other.bottom - other.top
        return abs(here - there) <= 4 and abs(self.pitch - other.pitch) <= 2


def find_combs(page: Image.Image) -> list[Comb]:
    """Return the rows of boxes on an upright page (square pixels, 204 dots to the inch)."""
    dark = (np.asarray(page.convert("L")) < DARK).astype(np.uint8)
    whole = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((5, 1), np.uint8))
    upright = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((SHORTEST - 2, 1), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(upright, connectivity=8)
    lines = [
        (int(x), int(y), int(x + w), int(y + h))
        for x, y, w, h, _ in stats[1:]
        if w <= THICKEST and SHORTEST <= h <= TALLEST
    ]
    runs = _apart([_grown(dark, comb) for run in _runs(lines) for comb in _ruled(dark, run)])
    sure = [comb for comb in runs if len(comb.lines) > FEWEST]
    return [comb for comb in runs if any(comb.like(other) for other in sure)][:MOST]


def _runs(lines: Sequence[Box]) -> list[Comb]:
    """Return the runs of equally high lines at one pitch."""
    runs: list[list[Box]] = []
    for line in sorted(lines):
        for run in reversed(runs):
            if _continues(run, line):
                run.append(line)
                break
        else:
            runs.append([line])
    return [
        Comb(
            round(median(line[1] for line in run)),
            round(median(line[3] for line in run)),
            tuple((line[0], line[2]) for line in run),
        )
        for run in runs
        if len(run) > FEWEST_BESIDE
    ]


def _continues(run: Sequence[Box], line: Box) -> bool:
    last = run[-1]
    high = last[3] - last[1]
    step = line[0] - last[0]
    if abs(line[1] - last[1]) > 3 or abs(line[3] - last[3]) > 3 or not NARROWEST * high <= step <= WIDEST * high:
        return False
    pitch = median(b[0] - a[0] for a, b in pairwise(run)) if len(run) > 1 else step
    return abs(step - pitch) <= max(2.0, UNEVEN * pitch)


def _ruled(dark: Grey, comb: Comb) -> Iterator[Comb]:
    """Yield the parts of a run whose boxes have a line at their top or foot.

    Letters that stand in a row have none, nor has the gap between two rows of boxes.
    """
    closed = [_has_rule(dark, comb, n) for n in range(len(comb.lines) - 1)]
    start = 0
    for n, there in enumerate((*closed, False)):
        if there:
            continue
        if n - start >= FEWEST_BESIDE:
            yield Comb(comb.top, comb.bottom, comb.lines[start : n + 1])
        start = n + 1


def _grown(dark: Grey, comb: Comb) -> Comb:
    """Return a run with the boxes at its ends whose lines are too broken to have been taken for some."""
    lines = list(comb.lines)
    pitch = (lines[-1][0] - lines[0][0]) / (len(lines) - 1)
    for way in (-1, 1):
        while len(lines) < MOST_BOXES:
            at = lines[0 if way < 0 else -1][0] + way * pitch
            line = _faint_line(dark, comb, round(at))
            wider = [*lines, line] if way > 0 else [line, *lines]
            grown = Comb(comb.top, comb.bottom, tuple(one for one in wider if one is not None))
            if line is None or not _has_rule(dark, grown, 0 if way < 0 else len(lines) - 1, BROKEN_RULE):
                break
            lines = list(grown.lines)
    return Comb(comb.top, comb.bottom, tuple(lines))


def _faint_line(dark: Grey, comb: Comb, at: int) -> tuple[int, int] | None:
    """Return the upright line within a few pixels of a place; None where there is too little of one."""
    spots = range(max(1, at - ASTRAY), min(dark.shape[1] - 1, at + ASTRAY + 1))
    shares = [(float(dark[comb.top : comb.bottom, x - 1 : x + 2].max(axis=1).mean()), -abs(x - at), x) for x in spots]
    share, _, x = max(shares, default=(0.0, 0, 0))
    return (x, x + 1) if share >= FAINTEST else None


def _apart(runs: Sequence[Comb]) -> list[Comb]:
    """Return the runs without those that a longer one, grown over its broken lines, has taken in."""
    kept: list[Comb] = []
    for comb in sorted(runs, key=lambda c: -len(c.lines)):
        left, top, right, bottom = comb.box
        inside = (
            min(right, other.box[2]) - max(left, other.box[0]) > RIM and top < other.bottom and bottom > other.top
            for other in kept
        )
        if not any(inside):
            kept.append(comb)
    return sorted(kept, key=lambda c: (c.top, c.lines))


def _has_rule(dark: Grey, comb: Comb, place: int, least: float = RULE) -> bool:
    left, right = comb.lines[place][0], comb.lines[place + 1][1]
    ends = (dark[max(0, y - 3) : y + 4, left:right] for y in (comb.top, comb.bottom - 1))
    return any(float(end.max(axis=0).mean()) > least for end in ends)


def read_combs(page: Image.Image, combs: Sequence[Comb], engine: Engine) -> list[Word]:
    """Read what stands in the rows of boxes, a word for each run of boxes that are not blank."""
    grey = np.asarray(page.convert("L"))
    return [word for comb in combs for word in _read(grey, comb, engine)]


def outside(words: Sequence[Word], combs: Sequence[Comb]) -> list[Word]:
    """Return the words that do not stand in a row of boxes."""
    return [word for word in words if not any(_within(word.box, comb.box) for comb in combs)]


def without(page: Image.Image, combs: Sequence[Comb]) -> Image.Image:
    """Return the page with the rows of boxes whitened: each box looks like one for a tick."""
    if not combs:
        return page
    bare = page.copy()
    for comb in combs:
        left, top, right, bottom = comb.box
        bare.paste(255, (left - 2, top - 3, right + 2, bottom + 3))
    return bare


def _within(box: Box, comb: Box) -> bool:
    across = min(box[2], comb[2]) - max(box[0], comb[0])
    middle = (box[1] + box[3]) / 2
    return comb[1] - 2 <= middle <= comb[3] + 2 and across > 0.5 * (box[2] - box[0])


def _read(page: Grey, comb: Comb, engine: Engine) -> list[Word]:
    cells = [_inked(page, comb, n) for n in range(len(comb.lines) - 1)]
    groups: list[list[int]] = []
    for n, cell in enumerate(cells):
        if cell is None:
            continue
        if not groups or cells[n - 1] is None:
            groups.append([])
        groups[-1].append(n)
    if not groups:
        return []
    letters = _letters(engine, [[cells[n] for n in group] for group in groups])
    if len(letters) != sum(map(len, groups)):
        parts = [_letters(engine, [[cells[n] for n in group]]) for group in groups]
    else:
        starts = [sum(map(len, groups[:place])) for place in range(len(groups))]
        parts = [letters[start : start + len(group)] for start, group in zip(starts, groups, strict=True)]
    after = [group[0] for group in groups[1:]]
    return [
        _word(comb, group, part, upto) for group, part, upto in zip(groups, parts, [*after, None], strict=True) if part
    ]


def _inked(page: Grey, comb: Comb, place: int) -> Grey | None:
    """Return the character in a box, cut to its width; None where the box is blank."""
    left, right = comb.lines[place][1] + _INSET, comb.lines[place + 1][0] - _INSET
    inside = page[comb.top + _INSET + 2 : comb.bottom - _INSET - 2, left:right]
    if inside.size == 0:
        return None
    dark = (inside < DARK).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    spots = [n for n in range(1, count) if stats[n][cv2.CC_STAT_AREA] >= LEAST_SPOT and not _is_rule(stats[n], dark)]
    if sum(int(stats[n][cv2.CC_STAT_AREA]) for n in spots) < LEAST_INK:
        return None
    ink = np.isin(labels, spots)
    columns = np.flatnonzero(ink.any(axis=0))
    near = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8))
    alone = np.where(near > 0, inside, np.uint8(255)).astype(np.uint8)
    return alone[:, columns[0] : columns[-1] + 1]


def _is_rule(spot: NDArray[np.int32], inside: Grey) -> bool:
    """Say whether a spot is what is left of the box's own lines: thin, and at an edge."""
    x, y, wide, high = (int(n) for n in spot[:4])
    level = high <= RIM and (y == 0 or y + high == inside.shape[0])
    return level or (wide <= RIM and (x == 0 or x + wide == inside.shape[1]))


def _letters(engine: Engine, words: Sequence[Sequence[Grey | None]]) -> list[Letter]:
    """Read characters set close together as in print, with blanks between the words; return each and how sure it is."""
    first = next(cell for word in words for cell in word if cell is not None)
    high = first.shape[0]
    blank = np.full((high, max(2, round(0.1 * high))), 255, np.uint8)
    space = np.full((high, max(4, round(0.35 * high))), 255, np.uint8)
    parts: list[Grey] = []
    for word in words:
        parts += [part for cell in word if cell is not None for part in (cell, blank)]
        parts.append(space)
    line = Image.fromarray(np.hstack(parts))
    line = line.resize((line.width * _SCALE, line.height * _SCALE), Image.Resampling.BICUBIC)
    found = engine.read_line(ImageOps.expand(line, _EDGE, fill=255))
    return [(letter, word.confidence) for word in found for letter in word.text]


def _word(comb: Comb, group: Sequence[int], letters: Sequence[Letter], upto: int | None) -> Word:
    """Return one word; it reaches up to the next one of its row, so that both stay in one cell of the form."""
    right = comb.lines[group[-1] + 1][0] if upto is None else comb.lines[upto][0]
    sure = min(confidence for _, confidence in letters)
    return Word(
        text="".join(letter for letter, _ in letters),
        box=(comb.lines[group[0]][1], comb.top + 4, right - 1, comb.bottom - 4),
        confidence=sure if len(letters) == len(group) else round(DOUBTED * sure, 4),
    )
