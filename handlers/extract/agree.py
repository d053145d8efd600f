"""Two engines' opinions of a field become one value, with what speaks for it and against it as plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue
from rapidfuzz.distance import Levenshtein

from handlers.extract.candidates import LABEL, SENTENCE
from handlers.extract.geometry import Sheet, Span, Token
from handlers.extract.opinion import Opinion, View

CHECKS = frozenset(
    {"npi-luhn", "mbi-pattern", "icd10-leaf", "hcpcs-table", "payer-list", "zip-state", "electronic-signature"}
)
PREFERENCE: Mapping[str, float] = {"first": 0.08, "second": 0.0}
"""Where all else is equal the leading engine is right more often: 3 % wrong values of the right shape against 9 %."""
MISREAD = 3
"""Two readings of one identifier differ by at most so many letters."""
DECIDING = frozenset({"npi-luhn", "mbi-pattern", "icd10-leaf", "hcpcs-table"})
"""Checks that leave one answer where an engine took a letter for the digit that looks like it."""
_LOOKS = str.maketrans("oqdil|zsbg", "0001112586")
Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Settled:
    """The value that is given for a field and the evidence for it."""

    opinion: Opinion
    features: Features
    validators: tuple[str, ...]
    conflict: bool


def settle(opinions: Sequence[Opinion], views: Sequence[View], elsewhere: Sequence[Opinion] = ()) -> Settled:
    """Choose among the engines' opinions of one field; `elsewhere` are their opinions of the other fields.

    The same letters at the same place are no agreement where the other engine gives them to another field.
    """
    best = max(opinions, key=_weight)
    others = [o for o in opinions if o is not best]
    pixels = "pixels" in best.validators
    agree = any(o.key == best.key for o in others)
    rivals = [o for o in others if o.key != best.key]
    echoing = [view for view in views if view is not best.view] if not agree else []
    given_away = any(_takes(other, best) for other in elsewhere if other.view in echoing)
    echo = not given_away and any(_echoed(best, view) for view in echoing)
    exact = _exact(best)
    part = not agree and bool(rivals) and all(is_part(rival, best) for rival in rivals)
    outvoted = not agree and not part and bool(rivals) and all(fails_check(best, rival) for rival in rivals)
    differ = given_away or (
        not (part or outvoted or (echo and _misread(best, rivals))) and any(_rivals(best, rival) for rival in rivals)
    )
    same = [o for o in opinions if o.key == best.key]
    validators = dict.fromkeys(v for o in same for v in o.validators)
    if any("folded" not in o.validators for o in same):
        validators.pop("folded", None)
    checked = bool(CHECKS.intersection(validators))
    features: Features = {
        "agree": float(agree and not pixels),
        "echo": float(echo and not pixels),
        "part": float(part and not echo),
        "outvoted": float(outvoted and not echo),
        "alone": float(not (agree or echo or exact or pixels or part or outvoted)),
        "differ": float(differ),
        "exact": float(exact),
        "unsure": 1.0 - max(o.confidence for o in same),
        "unsure_best": 1.0 - best.best.found.span.confidence,
        "label": float(best.best.strength == LABEL),
        "sentence": float(best.best.strength == SENTENCE),
        "checked": float(checked),
        "folded": float("folded" in validators),
        "pixels": float(pixels),
        "poor": 1.0 - best.best.found.quality,
        "repeated": float(max(o.places for o in same) > 1),
    }
    if len(views) > 1 and not pixels:
        named = "engines-agree" if agree or echo else "engines-differ" if differ else "one-engine"
        validators[named] = None
    conflict = any(o.conflict for o in same)
    return Settled(best, features, tuple(validators), conflict)


def on_its_page(settled: Settled, noise: float, thin: float) -> Settled:
    """Return the value with what its surroundings say of it: how badly its page was read, how little was found of it.

    Where a form is not understood few of its values are found, and those are the more often another's.
    """
    return replace(settled, features={**settled.features, "noise": noise, "thin": thin})


def _weight(opinion: Opinion) -> float:
    """Say how far to trust one opinion before the other is asked."""
    found = opinion.best.found
    checked = bool(CHECKS.intersection(opinion.validators))
    return (
        opinion.best.strength
        + 0.5 * checked
        - 0.3 * ("folded" in opinion.validators)
        - 0.8 * opinion.conflict
        + found.quality
        + 0.5 * found.span.confidence
        + PREFERENCE.get(opinion.view.engine, 0.0)
        + (0.1 * min(3, len(found.value)) if isinstance(found.value, list) else 0.0)
    )


def _exact(opinion: Opinion) -> bool:
    """Say whether the value comes from text that no engine had to read."""
    sheet = opinion.view.sheet(opinion.best.found.span.page)
    return sheet is not None and sheet.source != "ocr" and opinion.confidence > 0.5


def _rivals(best: Opinion, other: Opinion) -> bool:
    """Say whether a differing opinion is worth doubting the best one for."""
    if other.best.strength < best.best.strength:
        return False
    a, b = best.best.found, other.best.found
    return b.quality * b.span.confidence > 0.2 * a.quality * a.span.confidence


def fails_check(best: Opinion, other: Opinion) -> bool:
    """Say whether the check that one value passes refuses the other, which then is a misreading of it."""
    return (
        best.best.field in {"clinician_npi", "member_id", "payer"}
        and bool(CHECKS.intersection(best.validators))
        and "folded" not in best.validators
        and not CHECKS.intersection(other.validators)
        and Levenshtein.distance(best.key, other.key) <= MISREAD
    )


def is_part(other: Opinion, best: Opinion) -> bool:
    """Say whether one engine read less of the same: fewer codes, or a code without its quantity."""
    a, b = best.value, other.value
    if not isinstance(a, list) or not isinstance(b, list) or best.best.field == "access_barriers":
        return False
    return all(any(_covers(mine, theirs) for mine in a) for theirs in b)


def _covers(mine: JsonValue, theirs: JsonValue) -> bool:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine["code"] == theirs["code"] and theirs["quantity"] in {None, mine["quantity"]}
    return mine == theirs


def _misread(best: Opinion, rivals: Sequence[Opinion]) -> bool:
    """Say whether the rivals are the same words a little differently cut, not another value."""
    return all(Levenshtein.normalized_similarity(best.key, r.key) > 0.6 and r.key in best.key for r in rivals)


def _echoed(opinion: Opinion, view: View) -> bool:
    """Say whether the other engine read the same letters at the same place, wherever it saw the label."""
    span = opinion.best.found.span
    sheet = view.sheet(span.page)
    decided = bool(DECIDING.intersection(opinion.validators)) and "folded" not in opinion.validators
    return sheet is not None and bool(span.tokens) and echoes(span, sheet, folded=decided)


def _takes(other: Opinion, best: Opinion) -> bool:
    """Say whether an opinion gives the value of another field to its own, from the same place of the page."""
    here, there = best.best.found.span, other.best.found.span
    return (
        other.best.field != best.best.field
        and other.key == best.key
        and here.page == there.page
        and bool(here.tokens and there.tokens)
        and _overlap(here.tokens[0].box, there.tokens[0].box)
    )


def echoes(span: Span, sheet: Sheet, *, folded: bool = False) -> bool:
    """Say whether each word of a span stands at its place on another engine's sheet.

    With `folded`, letters and digits that look alike count as one: a check or a code table has decided which it is.
    """
    bare = _folded if folded else _bare
    return all(_stands(token, sheet, bare) for token in span.tokens if any(c.isalnum() for c in token.text))


def _stands(token: Token, sheet: Sheet, bare: Callable[[str], str]) -> bool:
    wanted = bare(token.text)
    near = [t for row in sheet.rows for t in row if _overlap(t.box, token.box)]
    if any(bare(t.text) == wanted for t in near):
        return True
    joined = "".join(bare(t.text) for t in sorted(near, key=lambda t: (t.row, t.box[0])))
    return len(wanted) > 3 and wanted in joined


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    middle = (a[1] + a[3]) / 2
    return b[1] - 4 <= middle <= b[3] + 4 and a[0] < b[2] and a[2] > b[0]


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _folded(text: str) -> str:
    return _bare(text).translate(_LOOKS)
