"""The layouts that training and development may use."""

from __future__ import annotations

from bench.faxes.layouts import Layout, boxed, clinic, counter, forge, free, loose, pads, referral, special, tables
from bench.faxes.layouts.strange import STRANGE

KNOWN: dict[str, Layout] = {
    "written_order": Layout((boxed.written_order,), items=3),
    "plan_of_care": Layout((boxed.plan_of_care,), types=("home_health",), items=3),
    "checklist": Layout((boxed.checklist,), types=("dme",), items=3),
    "letter": Layout((free.letter,), items=2),
    "leaders": Layout((free.leaders,), items=2),
    "portal": Layout((free.portal,), items=3),
    "case_manager": Layout((referral.case_manager,), types=("home_health", "home_health", "dme"), items=3),
    "infusion_rx": Layout((referral.infusion_rx,), types=("infusion",), items=2),
    "packet_second": Layout((referral.summary, referral.packet_order), items=2, order_page=2),
    "packet_third": Layout((referral.summary, referral.medications, referral.packet_order), items=2, order_page=3),
    "typed_memo": Layout((referral.typed_memo,), items=3),
    "pap": Layout((special.pap,), types=("dme",), families=("pap",), items=4),
    "wound": Layout((special.wound,), types=("dme",), families=("wound",), items=3),
    "oxygen": Layout((special.oxygen,), types=("dme",), families=("oxygen",), items=2),
    "rx_pad": Layout((pads.rx_pad,), types=("dme", "home_health"), hand=True),
    "striped": Layout((tables.striped,), items=3),
    "three_columns": Layout((tables.three_columns,), items=3),
    "mobility": Layout((tables.mobility,), types=("dme",), families=("mobility", "bed"), items=3),
    "by_hand": Layout((pads.by_hand,), hand=True, items=2),
    "forge": Layout((forge.form,), items=3),
    "card": Layout((loose.card,), items=3),
    "questionnaire": Layout((loose.questions,), items=2),
    "phone_notes": Layout((loose.call,), items=2),
    "letter_boxes": Layout((loose.combs,), items=1),
    "narrow_column": Layout((loose.column,), items=2),
    "certificate": Layout((clinic.certificate,), types=("dme",), items=2),
    "face_sheet": Layout((clinic.face_sheet,), items=2),
    "two_sides": Layout((clinic.two_sides,), items=2),
    "pieces": Layout((counter.pieces,), items=2),
    "grid": Layout((counter.grid,), types=("dme", "dme", "home_health"), items=3),
    "tick_list": Layout((counter.tick_list,), types=("dme",), items=3),
    "run_on": Layout((counter.run_on,), items=2),
    "infusion_sheet": Layout((clinic.infusion_sheet,), types=("infusion",), items=2),
    **STRANGE,
}
