"""`doorstep rules`: check a rules file before it counts, and see what it would change for the orders of before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from doorstep import rule_files, rule_links, rules
from doorstep.cli.look import ask
from doorstep.errors import Refused
from doorstep.handler import Unit
from handlers.check import judged
from schemas.case import (
    Case,
)
from schemas.clock_rules import Clocks
from schemas.element import (
    GATES,
    ElementResult,
    unmet,
)
from schemas.rules import Ruleset

commands = typer.Typer(name="rules", help="Check rules, and try them on the orders of before.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(commands)


@dataclass(frozen=True, slots=True)
class Change:
    """One element of one case whose verdict is another under the new rules."""

    case_id: str
    element: str
    gate: str
    before: str
    after: str


class RuleFiles:
    """The rules as installed, with a new file in place of its own; the one part of a unit that judging needs."""

    def __init__(self, *new: Ruleset) -> None:
        self._new = {f"elements/{one.ruleset}": one.model_dump(by_alias=True) for one in new}

    def rules(self, name: str) -> Mapping[str, Any]:
        return self._new[name] if name in self._new else rules.load(name)

    @property
    def unit(self) -> Unit:
        return cast("Unit", self)


@commands.command(help="Say whether a file of rules/ is right, of whatever kind, and what it holds.")
def check(file: Annotated[Path, typer.Argument(dir_okay=False, exists=True, help="The YAML file.")]) -> None:
    """Exit 1 with the line and place of each fault, and what is allowed there."""
    found = rule_files.read(file)
    wrong = rule_links.faults(found)
    if wrong:
        raise rule_files.refused(file, found.node, found.raw, wrong)
    print(f"{file.name}: valid, {_summary(found)}")
    for note in rule_links.notes(found):
        print(f"note: {note}")


def _summary(found: rule_files.RuleFile) -> str:
    """Return the kind of a file, its version and how much is in it."""
    rules, kind = found.rules, found.kind.name
    if isinstance(rules, Ruleset):
        gates = Counter(element.gate for element in rules.elements)
        held = ", ".join(f"{gates[gate]} at {gate}" for gate in GATES if gates[gate])
        return f"{rules.ruleset}@{rules.version}, {len(rules.elements)} elements ({held or 'none'})"
    if isinstance(rules, Clocks):
        still = sum(bool(rule.pauses) for rule in rules.case)
        return f"clocks@{rules.version}, {len(rules.case)} clocks, {still} pause for {len(rules.pauses)} causes"
    held = ", ".join(f"{len(v)} {k}" for k, v in found.raw.items() if isinstance(v, list | dict) and k != "cite")
    return f"{kind}@{found.raw.get('version')}: {held}"


@commands.command("try", help="Judge the cases of this journal under new files and show what would change.")
def try_(
    files: Annotated[list[Path], typer.Argument(dir_okay=False, exists=True, help="The YAML files.")],
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many cases, the newest first.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a change.")] = False,
) -> None:
    """Nothing is written: neither cases nor rules."""
    new = RuleFiles(*map(read, files)).unit
    cases = ask(lambda reader: reader.cases(limit=limit))
    changes = [change for case in cases for change in changed(case, RuleFiles().unit, new)]
    if as_json:
        for change in changes:
            print(json.dumps({name: getattr(change, name) for name in Change.__slots__}))
        return
    for change in changes:
        print(f"{change.case_id}  {change.element} ({change.gate}): {change.before} -> {change.after}")
    for (element, before, after), number in Counter((c.element, c.before, c.after) for c in changes).most_common():
        print(f"{number:>6}  {element}: {before} -> {after}")
    print(f"{len(cases)} cases judged, {len({change.case_id for change in changes})} would be judged otherwise")


def read(file: Path) -> Ruleset:
    """Return a ruleset from its file; Refused names each fault with its line and place."""
    found = rule_files.read(file)
    if not isinstance(found.rules, Ruleset):
        raise Refused("bad-rules", f"{file.name} holds {found.kind.name}: only required elements can be tried")
    wrong = rule_links.faults(found)
    if wrong:
        raise rule_files.refused(file, found.node, found.raw, wrong)
    return found.rules


def changed(case: Case, old: Unit, new: Unit) -> Iterable[Change]:
    """Yield the elements of a case whose verdict differs."""
    before, after = _verdicts(case, old), _verdicts(case, new)
    for element in sorted(before.keys() | after.keys()):
        was, now = _word(before.get(element)), _word(after.get(element))
        if was != now:
            known = after.get(element) or before[element]
            yield Change(case.case_id, element, known.gate, was, now)


def _verdicts(case: Case, unit: Unit) -> dict[str, ElementResult]:
    _, found = judged(case, case.received_at.date(), unit)
    return {result.element_id: result for result in found}


def _word(result: ElementResult | None) -> str:
    """Return the verdict, and whether it holds the order back."""
    if result is None:
        return "not asked"
    return f"{result.status.value}{' (holds the order)' if unmet([result]) else ''}"
