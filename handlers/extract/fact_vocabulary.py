"""The labels of facts: those by which the rules ask of an order's notes, and other words for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from doorstep import rules
from handlers.extract.vocabulary import squeeze


@dataclass(frozen=True)
class Words:
    """The labels of facts without blanks -> the label of the line; and what is special about some."""

    phrases: Mapping[str, str]
    common: frozenset[str]
    reasons: frozenset[str]
    may_be_none: frozenset[str]
    of_the_test: Mapping[str, str]
    kinds: Mapping[str, str]
    days: frozenset[str]
    wants: Mapping[str, re.Pattern[str]]


@cache
def words() -> Words:
    """Return the labels of this installation: every one by which a rule asks of the notes, and their other words."""
    data: dict[str, Any] = rules.load("documents/facts")
    asked = list(_asked())
    known = {squeeze(label): label for label, _ in asked}
    kinds: dict[str, str] = {}
    days: set[str] = set()
    for label, ways in asked:
        if any(isinstance(way, dict) and way.get("form") == "dated" for way in ways):
            days.add(label)
    for label, others in data["aliases"].items():
        known.update({squeeze(other): str(label) for other in others})
        known.setdefault(squeeze(label), str(label))
    for kind, needle in _KIND_OF.items():
        kinds.update({label: kind for label in known.values() if re.fullmatch(needle, label, re.IGNORECASE)})
    only_days = {label for label in days if label not in kinds and re.search(_DAY_LABEL, label, re.IGNORECASE)}
    fold = {
        name: frozenset(squeeze(str(one)) for one in data[name]) for name in ("common", "reasons", "none_is_an_answer")
    }
    tests = {squeeze(one): str(what) for what, listed in data["of_the_test"].items() for one in listed}
    wants = {
        squeeze(label): re.compile(str(one["words"]), re.IGNORECASE) for one in data["wants"] for label in one["labels"]
    }
    return Words(
        known, fold["common"], fold["reasons"], fold["none_is_an_answer"], tests, kinds, frozenset(only_days), wants
    )


_KIND_OF = {
    "saturation": r"oxygen saturation|O2 sat\w*|sats|SpO2|SaO2|(?:pulse |overnight )?oximetry|pulse ox",
    "pressure": r"PaO2|pO2|arterial pO2|ABG|(?:arterial )?blood gas",
    "index": r"AHI|RDI|apnea[- ]hypopnea index|AHI/RDI|respiratory disturbance index",
}
_DAY_LABEL = (
    r"\bdate\b|face[- ]to[- ]face|F2F|encounter|visit|evaluation|examination|sleep study|sleep test|polysomnography|"
    r"\bPSG\b|HSAT"
)


def _asked() -> Iterator[tuple[str, list[Any]]]:
    """Yield every label of the rules' elements with the checks of what stands there; not the codes of messages."""
    for path in sorted((rules.rules_dir() / "elements").glob("*.yaml")):
        for element in rules.load(f"elements/{path.stem}").get("elements", ()):
            for way in (element, *element.get("or", ())):
                for label in way.get("notes", ()):
                    if not re.fullmatch(r"[0-9]+-[0-9]", str(label)):
                        yield str(label), [way.get("check")]
