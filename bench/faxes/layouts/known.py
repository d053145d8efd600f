"""The layouts that training and development may use."""

from __future__ import annotations

from bench.faxes.layouts import Layout, boxed, free

KNOWN: dict[str, Layout] = {
    "written_order": Layout((boxed.written_order,), items=3),
    "plan_of_care": Layout((boxed.plan_of_care,), types=("home_health",), items=3),
    "checklist": Layout((boxed.checklist,), types=("dme",), items=3),
    "letter": Layout((free.letter,), items=2),
    "leaders": Layout((free.leaders,), items=2),
    "portal": Layout((free.portal,), items=3),
}
