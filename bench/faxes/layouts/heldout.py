"""The layouts that only `--set test` draws: nobody who works on extraction looks at these."""

from __future__ import annotations

from bench.faxes.layouts import Layout

HELD_OUT: dict[str, Layout] = {}
