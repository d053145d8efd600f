"""What a file of rules names of others: payers, codes, rulesets, files, elements; what nothing has is a fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from doorstep.rule_files import Fault, RuleFile
from doorstep.rules import icd10_leaves, rules_dir
from schemas.clock_rules import Clocks
from schemas.desk_rules import Desk, Escalations
from schemas.fhir.profile import TaskProfiles
from schemas.fhir.task import BUSINESS_STATUS, TASK_STATUS
from schemas.network import ANY_PAYER, Directory, Papers
from schemas.order import OrderType
from schemas.payer_rules import PayerIndex, PayerPolicy
from schemas.rules import Ruleset, covers
from schemas.table_rules import PreventableDenials
from schemas.yaml_text import parsed

OUR_CLOCKS = ("discharge",)
"""Clocks that the steps of a case ask for by name."""
BEYOND_ELEMENTS = ("any", "claim elements", "eligibility", "authorization", "claim clock")
"""What may have caught a denial besides an element."""
DEFAULT_PAYER = "any"
REFUSED = ("refused", "referral-received")
"""Business states of a Task that no state of a case has."""
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """A whole folder of rules, against which the names of one file of it are held."""

    path: Path

    def load(self, name: str) -> Any:
        return _parsed(self.path / f"{name}.yaml")

    def names(self, folder: str) -> set[str]:
        return {one.stem for one in (self.path / folder).glob("*.yaml")}

    def payers(self) -> set[str]:
        """Return every name, spelling and kind of payer, folded."""
        raw = self.load("codes/payers")
        said = [*raw["payers"].items(), *(raw.get("kinds") or {}).items()]
        return {_fold(str(word)) for name, others in said for word in (name, *(others or ()))}

    def codes(self) -> tuple[str, ...]:
        """Return the stretches in which HCPCS or CPT codes exist: those by which an order's own codes are believed."""
        for one in self.load("elements/common.intake")["elements"]:
            if one.get("id") == "order_lines":
                return tuple((one.get("plausible") or {}).get("codes") or ())
        return ()

    def elements(self) -> set[str]:
        return {
            one["id"] for name in self.names("elements") for one in self.load(f"elements/{name}").get("elements", [])
        }


@cache
def _parsed(path: Path) -> Any:
    return parsed(path.read_text("utf-8"))


def folder_of(path: Path) -> Folder:
    """Return the folder of rules in which a file lies, else the installed one."""
    own = next((up for up in path.resolve().parents if (up / "codes" / "payers.yaml").is_file()), None)
    return Folder(own or rules_dir())


def faults(file: RuleFile) -> list[Fault]:
    """Return the names in a file that nothing has."""
    folder = folder_of(file.path)
    own = _OWN.get(type(file.rules))
    return [*_codes(file.raw, folder), *_diagnoses(file.raw), *(own(file, folder) if own else ())]


def notes(file: RuleFile) -> list[str]:
    """Return what is no fault and still keeps a file from having an effect."""
    if not isinstance(file.rules, Ruleset):
        return []
    name, folder = file.rules.ruleset, folder_of(file.path)
    heads = {kind.value for kind in OrderType} | {"common.intake"}
    others = [folder.load(f"elements/{other}") for other in folder.names("elements")]
    named = {one for raw in others for one in (*raw.get("extends", ()), *raw.get("narrowed_by", ()))}
    if name in heads or name in named:
        return []
    parents = ", ".join(f"elements/{kind}.yaml" for kind in sorted(heads - {"unknown", "common.intake"}))
    return [f"nobody is asked for it yet: no ruleset names {name}. Name it in `narrowed_by` of one of {parents}"]


def _ruleset(file: RuleFile, folder: Folder) -> Iterator[Fault]:
    rules: Ruleset = file.rules
    known = folder.names("elements") | {rules.ruleset}
    for word in ("extends", "narrowed_by"):
        for number, name in enumerate(getattr(rules, word)):
            if name not in known:
                listed = ", ".join(sorted(known))
                yield Fault((word, number), f"there is no ruleset {name} in rules/elements; there are {listed}")
    if file.path.stem != rules.ruleset and file.path.parent.name == "elements":
        yield Fault(("ruleset",), f"the file of ruleset {rules.ruleset} is called {rules.ruleset}.yaml")
    yield from _payers(rules.applies.payers, ("applies", "payers"), folder)


def _policy(file: RuleFile, folder: Folder) -> Iterator[Fault]:
    yield from _payer(file.rules.payer, ("payer",), folder, or_else=DEFAULT_PAYER)


def _papers(file: RuleFile, folder: Folder) -> Iterator[Fault]:
    for number, one in enumerate(file.rules.papers):
        yield from _payers(one.payers, ("papers", number, "payers"), folder)


def _directory(file: RuleFile, folder: Folder) -> Iterator[Fault]:
    for number, one in enumerate(file.rules.providers):
        yield from _payers(one.payers, ("providers", number, "payers"), folder)
        yield from _payers(one.fee_schedules, ("providers", number, "fee_schedules"), folder, keys=True)


def _clocks(file: RuleFile, folder: Folder) -> Iterator[Fault]:  # noqa: ARG001 - one form for all kinds
    known = {one.clock for one in file.rules.case}
    for name in OUR_CLOCKS:
        if name not in known:
            yield Fault(("case",), f"there is no clock {name}, which the hub asks for by name")


def _escalations(file: RuleFile, folder: Folder) -> Iterator[Fault]:  # noqa: ARG001
    levels = [one.level for one in file.rules.levels]
    if levels != list(range(1, len(levels) + 1)):
        yield Fault(("levels",), "the levels stand once each, from 1 upwards")


def _desk(file: RuleFile, folder: Folder) -> Iterator[Fault]:  # noqa: ARG001
    extensions = [one.extension for one in file.rules.managers]
    for number, value in enumerate(extensions):
        if value in extensions[:number]:
            yield Fault(("managers", number, "extension"), f"{value} stands twice")


def _index(file: RuleFile, folder: Folder) -> Iterator[Fault]:
    for name, stem in file.rules.payers.items():
        yield from _payer(name, ("payers", name), folder)
        if stem not in folder.names("payers"):
            listed = ", ".join(sorted(folder.names("payers") - {"index"}))
            yield Fault(("payers", name), f"there is no file payers/{stem}.yaml; there are {listed}")


def _caught(file: RuleFile, folder: Folder) -> Iterator[Fault]:
    known = {*folder.elements(), *BEYOND_ELEMENTS}
    for number, one in enumerate(file.rules.preventable):
        for at, name in enumerate(one.elements):
            if name not in known:
                what = f"there is no element {name}; besides elements there are {', '.join(BEYOND_ELEMENTS)}"
                yield Fault(("preventable", number, "elements", at), what)


def _tasks(file: RuleFile, folder: Folder) -> Iterator[Fault]:  # noqa: ARG001
    states, words = set(map(str, TASK_STATUS.values())), {*BUSINESS_STATUS.values(), *REFUSED}
    for name, profile in file.rules.profiles.items():
        for word, known, said in (("status", states, profile.status), ("business", words, profile.business)):
            for one in said:
                if one not in known:
                    allowed = ", ".join(sorted(known))
                    yield Fault(("profiles", name, word, one), f"the hub's Tasks never say {one}; they say {allowed}")


def _payers(named: Iterable[str], place: Place, folder: Folder, *, keys: bool = False) -> Iterator[Fault]:
    for number, name in enumerate(named):
        yield from _payer(name, (*place, name if keys else number), folder, or_else=ANY_PAYER)


def _payer(name: str, place: Place, folder: Folder, *, or_else: str | None = None) -> Iterator[Fault]:
    if name != or_else and _fold(name) not in folder.payers():
        raw = folder.load("codes/payers")
        listed = ", ".join([*raw["payers"], *(raw.get("kinds") or {})])
        yield Fault(place, f"no payer is called {name} in codes/payers.yaml; there are {listed}")


def _codes(raw: Any, folder: Folder, place: Place = ()) -> Iterator[Fault]:
    """Yield every code under `hcpcs` that lies where no code was ever assigned."""
    for step, value in _inside(raw):
        if step in {"hcpcs", "not_hcpcs"} and isinstance(value, list):
            for number, code in enumerate(value):
                first, _, last = str(code).partition("-")
                if not (covers(folder.codes(), first) or (last and covers(folder.codes(), last))):
                    yield Fault((*place, step, number), f"there is no code {code} in HCPCS or CPT")
        else:
            yield from _codes(value, folder, (*place, step))


def _diagnoses(raw: Any, place: Place = ()) -> Iterator[Fault]:
    """Yield every diagnosis that a condition names and ICD-10-CM has not."""
    if isinstance(raw, dict) and raw.get("path") == "diagnoses.code":
        for number, code in enumerate(raw.get("values") or ()):
            if not _icd10(str(code)):
                yield Fault((*place, "values", number), f"there is no code {code} in ICD-10-CM")
    for step, value in _inside(raw):
        yield from _diagnoses(value, (*place, step))


@cache
def _icd10(code: str) -> bool:
    plain = code.replace(".", "").upper()
    return any(leaf.startswith(plain) for leaf in icd10_leaves())


def _inside(raw: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(raw, Mapping):
        return ((str(step), value) for step, value in raw.items())
    return enumerate(raw) if isinstance(raw, list) else ()


def _fold(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", name.lower().replace("'", "")))


_OWN: dict[type, Callable[[RuleFile, Folder], Iterator[Fault]]] = {
    Ruleset: _ruleset,
    PayerPolicy: _policy,
    PayerIndex: _index,
    Papers: _papers,
    Directory: _directory,
    Clocks: _clocks,
    PreventableDenials: _caught,
    Escalations: _escalations,
    Desk: _desk,
    TaskProfiles: _tasks,
}
