"""The second engine: PP-OCR detection and recognition by onnxruntime, with the models that the rapidocr wheel carries.

Only the wheel's model files are used: its own pipeline reads every script (we need Latin letters), gives a line one
confidence (we need one for each word) and has a downloader (nothing is fetched at run time).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from schemas.reading import Word

DETECT_SIDE = 960
INK, SURE = 0.3, 0.5
GROW = 1.6
LINE_HEIGHT = 48
LEAST_WIDTH = 48
BATCH_WIDTH = 1600
MAX_LINES = 1500
STEP = 8
"""The recogniser answers once for so many columns of a line."""
LATIN = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x100)))) | set("–—‘’“”•…™☐☑☒□✓✔")

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]
Letter = tuple[str, float, int]
"""A letter, how sure it is, and at which answer of its line it stands."""


@dataclass(frozen=True, slots=True)
class Line:
    """A place where a line of text stands: centre, size and tilt in degrees."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    def cut(self, page: Grey) -> Grey:
        """Return the line's pixels, lying level."""
        matrix = cv2.getRotationMatrix2D((self.x, self.y), self.angle, 1.0)
        matrix[0, 2] += self.width / 2 - self.x
        matrix[1, 2] += self.height / 2 - self.y
        size = (max(1, round(self.width)), max(1, round(self.height)))
        return np.asarray(
            cv2.warpAffine(page, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )


class PaddleEngine:
    """Finds lines on a page and reads each; its sessions are kept for the life of the process."""

    name = "rapidocr"

    def __init__(self, models: Path) -> None:
        self._detector = _session(next(models.glob("*_det_*.onnx")))
        self._recogniser = _session(next(models.glob("*_rec_*.onnx")))

    def read(self, image: Image.Image) -> list[Word]:
        page = np.asarray(image.convert("L"))
        lines = self._find(page)[:MAX_LINES]
        return self._read_lines(page, lines)

    def read_line(self, image: Image.Image) -> list[Word]:
        """Read an image that holds a single line of text, without looking for lines first."""
        page = np.asarray(image.convert("L"))
        return self._read_lines(page, [Line(image.width / 2, image.height / 2, image.width, image.height)])

    def _find(self, page: Grey) -> list[Line]:
        high, wide = page.shape
        scale = min(1.0, DETECT_SIDE / max(high, wide))
        size = (max(32, round(wide * scale / 32) * 32), max(32, round(high * scale / 32) * 32))
        small = cv2.resize(page, size, interpolation=cv2.INTER_LINEAR)
        found: Floats = self._detector.run(None, {"x": _as_input(np.asarray(small, np.uint8))[None]})[0][0, 0]
        ink = cv2.dilate((found > INK).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(ink, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        lines = [line for line in (_line(found, c, (wide / size[0], high / size[1])) for c in contours) if line]
        usual = float(np.median([line.height for line in lines])) if lines else 0.0
        return [_lying(line, usual) for line in lines]

    def _read_lines(self, page: Grey, lines: Sequence[Line]) -> list[Word]:
        words: list[Word] = []
        for batch in _batches(lines):
            width = max(_width(lines[place]) for place in batch)
            inputs = np.zeros((len(batch), 3, LINE_HEIGHT, width), np.float32)
            for row, place in enumerate(batch):
                cut = cv2.resize(lines[place].cut(page), (_width(lines[place], least=1), LINE_HEIGHT))
                inputs[row, :, :, : cut.shape[1]] = _as_input(np.asarray(cut, np.uint8))
            answers = self._recogniser.run(None, {"x": inputs})[0][:, :, self._columns]
            for row, place in enumerate(batch):
                words += self._words(answers[row], lines[place], place + 1)
        return words

    @cached_property
    def _alphabet(self) -> list[tuple[int, str]]:
        listed = self._recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
        return [(0, ""), *((n, c) for n, c in enumerate([*listed, " "], start=1) if c in LATIN)]

    @cached_property
    def _columns(self) -> NDArray[np.int64]:
        return np.array([n for n, _ in self._alphabet])

    def _words(self, answer: Floats, line: Line, number: int) -> Iterator[Word]:
        """Take repeated answers as one letter and cut at spaces; a word is as sure as its least sure letter."""
        best, sure = answer.argmax(axis=1), answer.max(axis=1)
        new = (best > 0) & np.diff(best, prepend=0).astype(bool)
        letters = [(self._alphabet[best[at]][1], float(sure[at]), int(at)) for at in np.flatnonzero(new)]
        for piece in _pieces(letters):
            yield Word(
                text="".join(letter for letter, _, _ in piece),
                box=_box(line, piece[0][2], piece[-1][2]),
                confidence=round(min(1.0, *(sure for _, sure, _ in piece)), 4),
                line=number,
            )


def _pieces(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """Cut a line's letters at spaces, and at gaps where the recogniser left the space out."""
    steps = [b[2] - a[2] for a, b in pairwise(letters)]
    gap = max(5.0, 2.2 * float(np.median(steps))) if steps else 0.0
    piece: list[Letter] = []
    for letter in letters:
        if piece and (letter[0] == " " or letter[2] - piece[-1][2] >= gap):
            yield piece
            piece = []
        if letter[0] != " ":
            piece.append(letter)
    if piece:
        yield piece


def find_models() -> Path | None:
    """Return the folder of models inside the installed rapidocr, without importing it."""
    spec = find_spec("rapidocr")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "models"
        if any(folder.glob("*_det_*.onnx")) and any(folder.glob("*_rec_*.onnx")):
            return folder
    return None


def _session(model: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _as_input(grey: Grey) -> Floats:
    """Return the picture as three equal planes from -1 to 1."""
    plane = grey.astype(np.float32) / 127.5 - 1.0
    return np.broadcast_to(plane, (3, *plane.shape))


def _line(found: Floats, contour: Any, scale: tuple[float, float]) -> Line | None:
    """Return the rectangle of one spot of text, grown to the letters' edges; None when it is too small or unsure."""
    (x, y), (wide, high), angle = cv2.minAreaRect(contour)
    if min(wide, high) < 3:
        return None
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.drawContours(mask, [contour - (left, top)], -1, 1, thickness=cv2.FILLED)
    if cv2.mean(found[top : top + height, left : left + width], mask)[0] < SURE:
        return None
    if abs(angle) > 45:
        angle, wide, high = angle - math.copysign(90, angle), high, wide
    grow = wide * high * GROW / (2 * (wide + high))
    across, down = scale
    return Line(x * across, y * down, (wide + 2 * grow) * across, (high + 2 * grow) * down, angle)


def _lying(line: Line, usual: float) -> Line:
    """Turn a standing line so that it lies; a single tall figure is no standing line."""
    if line.height < 1.5 * line.width or line.height < 2.2 * usual:
        return line
    return Line(line.x, line.y, line.height, line.width, line.angle + 90)


def _width(line: Line, least: int = LEAST_WIDTH) -> int:
    return max(least, round(LINE_HEIGHT * line.width / line.height))


def _batches(lines: Sequence[Line]) -> Iterator[list[int]]:
    """Group lines of like width, so that little of a batch is padding and its memory stays bounded."""
    batch: list[int] = []
    for place in sorted(range(len(lines)), key=lambda n: _width(lines[n])):
        width = _width(lines[place])
        if batch and (width * (len(batch) + 1) > BATCH_WIDTH or width > 1.25 * _width(lines[batch[0]])):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _box(line: Line, first: int, last: int) -> tuple[int, int, int, int]:
    """Return the upright box around the answers first..last of a line."""
    unit = STEP * line.height / LINE_HEIGHT
    start, end = max(0.0, (first - 0.5) * unit), min(line.width, (last + 1.5) * unit)
    angle = np.deg2rad(line.angle)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    margin = line.height * 0.12
    xs, ys = [], []
    for along in (start - line.width / 2, end - line.width / 2):
        for across in (margin - line.height / 2, line.height / 2 - margin):
            xs.append(line.x + along * cos - across * sin)
            ys.append(line.y + along * sin + across * cos)
    left, top = max(0, round(min(xs))), max(0, round(min(ys)))
    return left, top, max(left + 1, round(max(xs))), max(top + 1, round(max(ys)))
