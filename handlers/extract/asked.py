"""What each label of a page asks for where it stands: a plain `Phone` or `Date` by whose part of the form it is in."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from handlers.extract.geometry import Sheet
from handlers.extract.labels import Hit, plain_hits
from handlers.extract.vocabulary import IGNORED, asks_ours, stranger_words, vocabulary
from handlers.extract.whose import GOES_TO, LENT, LETTERHEAD_ROWS, NEAR_ROWS, PLAIN, Plan

OFF_LINE: Final = 1.8
"""A signature's label may stand so many text heights off the line of the date beside it."""


def find_hits(sheet: Sheet) -> list[Hit]:
    """Return the labels of a page in reading order, with the fields that they ask for where they stand."""
    hits = plain_hits(sheet)
    plan = Plan(sheet, hits)
    return [_resolved(hit, plan) for hit in hits]


def _resolved(hit: Hit, plan: Plan) -> Hit:
    if not hit.field.startswith("generic:"):
        if hit.field in PLAIN and plan.anothers(hit, hit.field):
            return replace(hit, field=IGNORED)
        return hit
    generic = hit.field.removeprefix("generic:")
    if generic in {"from", "to"}:
        return replace(hit, field=_of_period(hit, plan, generic))
    if generic in LENT and plan.anothers(hit, generic):
        return replace(hit, field=IGNORED)
    if generic == "name" and any(h.field == "dob" and h.row == hit.row for h in plan.hits):
        return replace(hit, field="member_name")
    section = plan.section(hit)
    if generic == "date" and _signing(hit, plan):
        section = "signature"
    born = [h for h in plan.hits if h.field == "dob" and 0 <= hit.row - h.row <= NEAR_ROWS]
    if section is None and any(h.box[0] <= hit.box[2] or hit.row >= LETTERHEAD_ROWS for h in born):
        section = "member"
    named = generic in {"name", "last", "first", "middle"}
    if section is None and named and any(h.field == "dob" and 0 <= h.row - hit.row <= NEAR_ROWS for h in plan.hits):
        section = "member"
    before = " ".join(t.text for t in plan.sheet.rows[hit.row][: hit.start])
    if generic in {"phone", "fax"} and GOES_TO.search(before) and plan.column(hit.row, hit.box[0]) is None:
        section = "recipient"
    if section is None and generic in {"phone", "fax"} and hit.row < LETTERHEAD_ROWS:
        section = "clinician"
    field = vocabulary().by_section.get(section or "", {}).get(generic, IGNORED)
    return replace(hit, field=field)


def _signing(hit: Hit, plan: Plan) -> bool:
    """Say whether a date stands behind a signature on its row, or right over one in its column."""
    row = plan.sheet.rows[hit.row]
    mine = plan.column(hit.row, hit.box[0])
    left = [t for t in row[: hit.start] if plan.column(hit.row, t.box[0]) == mine]
    for beside in plan.sheet.rows[max(0, hit.row - 1) : hit.row + 2]:  # ink beside a label moves it off its line
        level = [t for t in beside if abs(t.middle - hit.middle) < OFF_LINE * plan.sheet.height]
        left += [t for t in level if t.box[2] < hit.box[0] and plan.column(t.row, t.box[0]) == mine]
    if any(re.search(r"sign(?:ature|ed)", t.text, re.IGNORECASE) for t in left):
        return True
    if mine is None:
        return False
    near = [h for h in plan.hits if abs(h.row - hit.row) == 1 and plan.column(h.row, h.box[0]) == mine]
    return any(re.search(r"sign(?:ature|ed)", plan.words_of(h), re.IGNORECASE) for h in near)


def _of_period(hit: Hit, plan: Plan, which: str) -> str:
    """Return what a `From` or `To` under or behind the label of a period asks for."""
    for other in plan.hits:
        under = 0 <= hit.row - other.row <= 2 and other.box[0] < hit.box[2] and hit.box[1] - other.box[3] < 80
        if other.field == "service_period" and under:
            right = [h for h in plan.hits if h.row == other.row and h.start >= other.end]
            if all(hit.box[0] < h.box[0] for h in right) or hit.row == other.row:
                return "service_start" if which == "from" else "service_end"
    return IGNORED


def is_strangers(sheet: Sheet, hit: Hit) -> bool:
    """Say whether a label that is not ours to take asks for something of another person."""
    words = Plan(sheet, ()).words_of(hit)
    return hit.field == IGNORED and (bool(stranger_words(words)) or asks_ours(words))
