"""Every way in which an office writes an order, as functions that draw one page or several; some are kept for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.faxes.page import Page
from bench.faxes.say import Values

Draw = Callable[[Page, Values], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """A form: the pages it has, the order types and families of goods it is used for, and how many items it holds."""

    pages: tuple[Draw, ...]
    types: tuple[str, ...] = ("dme", "home_health", "infusion")
    families: tuple[str, ...] = ()
    items: int = 1
    order_page: int = 1
    hand: bool = False
    """Filled in by hand, as a rule."""
