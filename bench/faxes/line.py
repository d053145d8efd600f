"""A real T.30 call between two libspandsp endpoints in this process, over audio with line noise and without error correction."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

import ctypes
import io
import random
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

PACKAGE = "libspandsp2"
STEP = 160
"""Samples that pass at once: 20 ms at 8,000 a second, as in any telephone network."""
LIMIT = 8000 * 900
"""No call lasts longer than fifteen minutes of line time."""

TRUE = 1
MODEMS = 0x01 | 0x02 | 0x04  # V.27ter, V.29, V.17
COMPRESSIONS = 0x02 | 0x04  # T.4 in one and two dimensions
RESOLUTIONS = 0x01 | 0x02 | 0x20000  # standard, fine, R8
SIZES = 0x01 | 0x10000 | 0x20000 | 0x80000  # 215 mm wide, any length
NOISE_DBM0 = (-72.0, -62.0, -58.0, -54.0, -51.0)
BURST_DBM0 = -20.0
BURSTS_A_SECOND = (0.0, 0.04, 0.15, 0.5, 1.5)
"""Clicks on the line by severity: each spoils a few rows."""


class LineError(RuntimeError):
    """The call could not be made or brought no page."""


@cache
def library() -> ctypes.CDLL:
    """Load libspandsp or say which package brings it."""
    try:
        found = ctypes.CDLL("libspandsp.so.2")
    except OSError as error:
        raise LineError(f"--channel t30 needs libspandsp: apt-get install {PACKAGE}") from error
    found.fax_init.restype = ctypes.c_void_p
    found.fax_init.argtypes = [ctypes.c_void_p, ctypes.c_int]
    found.fax_get_t30_state.restype = ctypes.c_void_p
    found.fax_get_t30_state.argtypes = [ctypes.c_void_p]
    for name in ("fax_rx", "fax_tx"):
        getattr(found, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    found.fax_set_transmit_on_idle.argtypes = [ctypes.c_void_p, ctypes.c_int]
    found.fax_free.argtypes = [ctypes.c_void_p]
    found.t30_set_tx_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    found.t30_set_rx_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    found.t30_set_phase_e_handler.argtypes = [ctypes.c_void_p, _PhaseE, ctypes.c_void_p]
    for name in (
        "ecm_capability",
        "supported_modems",
        "supported_compressions",
        "supported_resolutions",
        "supported_image_sizes",
    ):
        getattr(found, f"t30_set_{name}").argtypes = [ctypes.c_void_p, ctypes.c_int]
    return found


_PhaseE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)


class _End:
    """One fax machine on the line."""

    def __init__(self, calling: bool, use_file: Callable[[int], None]) -> None:
        self.lib = library()
        self.fax = self.lib.fax_init(None, int(calling))
        if not self.fax:
            raise LineError("fax_init failed")
        self.done: int | None = None
        t30 = self.lib.fax_get_t30_state(self.fax)
        self.lib.t30_set_ecm_capability(t30, 0)
        self.lib.t30_set_supported_modems(t30, MODEMS)
        self.lib.t30_set_supported_compressions(t30, COMPRESSIONS)
        self.lib.t30_set_supported_resolutions(t30, RESOLUTIONS)
        self.lib.t30_set_supported_image_sizes(t30, SIZES)
        self._kept = _PhaseE(self._ended)
        self.lib.t30_set_phase_e_handler(t30, self._kept, None)
        self.lib.fax_set_transmit_on_idle(self.fax, TRUE)
        use_file(t30)
        self.samples = np.zeros(STEP, np.int16)
        self.at = self.samples.ctypes.data

    def _ended(self, _state: int, _user: int, code: int) -> None:
        self.done = code

    def speak(self) -> None:
        sent = self.lib.fax_tx(self.fax, self.at, STEP)
        self.samples[sent:] = 0

    def hear(self, heard: NDArray[np.int16]) -> None:
        self.lib.fax_rx(self.fax, heard.ctypes.data, STEP)

    def hang_up(self) -> None:
        self.lib.fax_free(self.fax)


def _amplitude(dbm0: float) -> float:
    """Return the root mean square of 16-bit samples at a level (a full-scale sine is +3.14 dBm0)."""
    return float(32768 / np.sqrt(2) * 10 ** ((dbm0 - 3.14) / 20))


def send(data: bytes, severity: int, rng: random.Random, pages: int = 1) -> bytes:
    """Send a TIFF over the line and return the TIFF that the other machine wrote, bad rows and all.

    A call that brings fewer pages is made again over a line half as bad, as a sender redials.
    """
    for attempt in range(5):
        noise = np.random.default_rng(rng.randrange(2**32))
        received = _call(
            data, noise, _amplitude(NOISE_DBM0[severity] - 3 * attempt), BURSTS_A_SECOND[severity] / 2**attempt
        )
        if received and _pages_of(received) == pages:
            return received
    raise LineError("no call brought every page over")


def _pages_of(data: bytes) -> int:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return int(getattr(image, "n_frames", 1))
    except UnidentifiedImageError:
        return 0


def _call(data: bytes, noise: np.random.Generator, hiss: float, bursts: float) -> bytes:
    lib = library()
    with tempfile.TemporaryDirectory() as folder:
        sent, received = Path(folder) / "sent.tif", Path(folder) / "received.tif"
        sent.write_bytes(data)
        caller = _End(True, lambda t30: lib.t30_set_tx_file(t30, str(sent).encode(), -1, -1))
        answerer = _End(False, lambda t30: lib.t30_set_rx_file(t30, str(received).encode(), -1))
        burst, passed = 0, 0
        while (caller.done is None or answerer.done is None) and passed < LIMIT:
            caller.speak()
            answerer.speak()
            if burst == 0 and noise.random() < bursts * STEP / 8000:
                burst = int(noise.integers(1, 3))
            level = _amplitude(BURST_DBM0) if burst else hiss
            burst = max(0, burst - 1)
            answerer.hear(_mixed(caller.samples, noise, level))
            caller.hear(_mixed(answerer.samples, noise, hiss))
            passed += STEP
        caller.hang_up()
        answerer.hang_up()
        return received.read_bytes() if received.is_file() else b""


def _mixed(samples: NDArray[np.int16], noise: np.random.Generator, level: float) -> NDArray[np.int16]:
    mixed = samples + noise.standard_normal(STEP, dtype=np.float32) * level
    return np.clip(mixed, -32768, 32767).astype(np.int16)
