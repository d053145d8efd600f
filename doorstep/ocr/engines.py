"""The OCR engines behind one small interface: Tesseract in this process where its wheel works, by program otherwise."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from doorstep.errors import Unavailable
from schemas.reading import Word

log = logging.getLogger("doorstep.ocr")

ENV_ENGINE = "DOORSTEP_OCR_ENGINE"
ENV_RAPIDOCR = "DOORSTEP_OCR_RAPIDOCR"
LANGUAGE = "eng"
RESOLUTION = 204
PAGE_SECONDS = 60


class Engine(Protocol):
    """Reads one upright page in grey with square pixels; keeps no state that one page could leave for the next."""

    @property
    def name(self) -> str: ...

    def read(self, image: Image.Image) -> list[Word]:
        """Return the words with pixel boxes, confidences from 0 to 1 and their line's number."""

    def read_line(self, image: Image.Image) -> list[Word]:
        """Read an image that holds a single line of text."""


class TesserocrEngine:
    """Tesseract through its library in this process: no start-up and no temporary files for each page."""

    def __init__(self, tessdata: str) -> None:
        import tesserocr

        self._lib: Any = tesserocr
        self._api: Any = tesserocr.PyTessBaseAPI(
            path=tessdata, lang=LANGUAGE, psm=tesserocr.PSM.AUTO, oem=tesserocr.OEM.LSTM_ONLY
        )
        self._api.SetVariable("debug_file", os.devnull)
        self.name = "tesserocr"

    def read(self, image: Image.Image) -> list[Word]:
        return self._read(image, self._lib.PSM.AUTO)

    def read_line(self, image: Image.Image) -> list[Word]:
        return self._read(image, self._lib.PSM.SINGLE_LINE)

    def _read(self, image: Image.Image, mode: int) -> list[Word]:
        api, lib = self._api, self._lib
        try:
            api.SetPageSegMode(mode)
            api.SetImage(image)
            api.SetSourceResolution(RESOLUTION)
            api.Recognize()
            return self._words(api.GetIterator(), lib)
        finally:
            api.Clear()

    @staticmethod
    def _words(iterator: Any, lib: Any) -> list[Word]:
        words: list[Word] = []
        line = 0
        if iterator is None:
            return words
        level = lib.RIL.WORD
        for item in lib.iterate_level(iterator, level):
            if item.Empty(level):
                continue
            if item.IsAtBeginningOf(lib.RIL.TEXTLINE):
                line += 1
            text = (item.GetUTF8Text(level) or "").strip()
            box = item.BoundingBox(level)
            if text and box:
                words.append(Word(text=text, box=box, confidence=_share(item.Confidence(level)), line=line))
        return words


class PytesseractEngine:
    """Tesseract through its program: works wherever the program does."""

    def __init__(self) -> None:
        self.name = "pytesseract"

    def read(self, image: Image.Image) -> list[Word]:
        return self._read(image, 3)

    def read_line(self, image: Image.Image) -> list[Word]:
        return self._read(image, 7)

    def _read(self, image: Image.Image, mode: int) -> list[Word]:
        import pytesseract

        config = f"--psm {mode} --oem 1 --dpi {RESOLUTION}"
        try:
            found = pytesseract.image_to_data(
                image, lang=LANGUAGE, config=config, timeout=PAGE_SECONDS, output_type=pytesseract.Output.DICT
            )
        except pytesseract.TesseractNotFoundError as error:
            raise _no_tesseract() from error
        words: list[Word] = []
        numbers: dict[tuple[int, int, int], int] = {}
        for place, text in enumerate(found["text"]):
            if not text.strip():
                continue
            key = (found["block_num"][place], found["par_num"][place], found["line_num"][place])
            line = numbers.setdefault(key, len(numbers) + 1)
            x, y = found["left"][place], found["top"][place]
            box = (x, y, x + found["width"][place], y + found["height"][place])
            words.append(Word(text=text.strip(), box=box, confidence=_share(float(found["conf"][place])), line=line))
        return words


def _share(percent: float) -> float:
    return round(min(100.0, max(0.0, percent)) / 100, 4)


def _no_tesseract() -> Unavailable:
    return Unavailable(
        "no-ocr", "Tesseract with its English data is not installed; on Debian: apt-get install tesseract-ocr."
    )


def find_tessdata() -> str | None:
    """Return the folder of eng.traineddata: TESSDATA_PREFIX, what `tesseract` says, or the usual places."""
    places = [os.environ.get("TESSDATA_PREFIX", ""), os.path.join(os.environ.get("TESSDATA_PREFIX", ""), "tessdata")]  # noqa: PTH118 - may be empty
    program = shutil.which("tesseract")
    if program:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=20, check=False)
        places += [part for line in (listed.stdout + listed.stderr).splitlines()[:1] for part in line.split('"')[1:2]]
    places += ["/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tessdata", "/opt/homebrew/share/tessdata"]
    return next((str(p) for p in map(Path, filter(None, places)) if (p / f"{LANGUAGE}.traineddata").is_file()), None)


@cache
def choose_engine(wanted: str | None = None) -> Engine:
    """Return the engine by name (argument, then DOORSTEP_OCR_ENGINE), or the best that works here; one a process."""
    name = (wanted or os.environ.get(ENV_ENGINE, "")).strip().lower()
    if name not in {"", "auto", "tesserocr", "pytesseract"}:
        raise Unavailable("no-ocr", f"There is no OCR engine of the name in {ENV_ENGINE}: tesserocr or pytesseract.")
    if name != "pytesseract":
        tessdata = find_tessdata()
        try:
            if tessdata is not None:
                return TesserocrEngine(tessdata)
        except (ImportError, RuntimeError) as error:
            if name == "tesserocr":
                raise Unavailable("no-ocr", "tesserocr cannot be used here.") from error
        if name == "tesserocr":
            raise _no_tesseract()
    if shutil.which("tesseract") is None:
        raise _no_tesseract()
    return PytesseractEngine()


@cache
def choose_lead() -> Engine | None:
    """Return rapidocr where its wheels are installed and DOORSTEP_OCR_RAPIDOCR is not `off`; one a process."""
    wanted = os.environ.get(ENV_RAPIDOCR, "").strip().lower()
    if wanted not in {"", "auto", "on", "off"}:
        raise Unavailable("no-ocr", f"{ENV_RAPIDOCR} is none of auto, on, off.")
    if wanted == "off":
        return None
    try:
        from doorstep.ocr.paddle import PaddleEngine, find_models

        models = find_models()
        if models is not None:
            return PaddleEngine(models)
    except ImportError as error:
        if wanted == "on":
            raise Unavailable("no-ocr", "rapidocr cannot be used here.") from error
    if wanted == "on":
        raise Unavailable("no-ocr", "The models of rapidocr are not installed here.")
    log.info("rapidocr is not installed: Tesseract reads alone")
    return None
