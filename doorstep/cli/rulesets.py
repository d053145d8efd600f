"""`doorstep rules`: check a rules file before it counts, and see what it would change for the orders of before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import typer
import yaml
from pydantic import ValidationError

from doorstep import rules
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
from schemas.rules import Rule, Ruleset

RuleT = TypeVar("RuleT", bound=Rule)
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


@commands.command(help="Say whether a file of rules/elements, or rules/clocks.yaml, is valid, and what it holds.")
def check(file: Annotated[Path, typer.Argument(dir_okay=False, help="The YAML file.")]) -> None:
    """Exit 1 with the place of each fault."""
    raw = _yaml(file)
    if isinstance(raw, dict) and "ruleset" not in raw and "business" in raw:
        known = _valid(file, raw, Clocks)
        still = sum(bool(rule.pauses) for rule in known.case)
        print(f"clocks@{known.version}: valid, {len(known.case)} clocks, {still} pause for {len(known.pauses)} causes")
        return
    ruleset = _valid(file, raw, Ruleset)
    gates = Counter(element.gate for element in ruleset.elements)
    held = ", ".join(f"{gates[gate]} at {gate}" for gate in GATES if gates[gate])
    print(f"{ruleset.ruleset}@{ruleset.version}: valid, {len(ruleset.elements)} elements ({held or 'none'})")
    for name in (*ruleset.extends, *ruleset.narrowed_by):
        if not (rules.rules_dir() / "elements" / f"{name}.yaml").is_file() and name != ruleset.ruleset:
            raise Refused("bad-rules", f"{file.name} names the ruleset {name}, which is not in rules/elements")


@commands.command("try", help="Judge the cases of this journal under a new file and show what would change.")
def try_(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The YAML file.")],
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="How many cases, the newest first.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a change.")] = False,
) -> None:
    """Nothing is written: neither cases nor rules."""
    new = RuleFiles(read(file)).unit
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
    """Return a ruleset from its file; Refused names each fault with its place."""
    return _valid(file, _yaml(file), Ruleset)


def _yaml(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise Refused("bad-rules", f"{file.name} is not YAML{where}") from None


def _valid(file: Path, raw: Any, model: type[RuleT]) -> RuleT:
    try:
        return model.model_validate(raw)
    except ValidationError as wrong:
        faults = "; ".join(_fault(error, raw) for error in wrong.errors(include_url=False, include_input=False))
        raise Refused("bad-rules", f"{file.name}: {faults}") from None


def _fault(error: Mapping[str, Any], raw: Any) -> str:
    """Say where a fault is, an element by its id, a clock or a cause by its name, and what is wrong."""
    place = list(error["loc"])
    kinds = {"elements": ("element", "id"), "case": ("clock", "clock"), "pauses": ("cause", "cause")}
    if len(place) > 1 and place[0] in kinds and isinstance(place[1], int):
        kind, name = kinds[place[0]]
        element = raw[place[0]][place[1]] if isinstance(raw, dict) else None
        named = element.get(name) if isinstance(element, dict) else None
        place = [f"{kind} {named or place[1] + 1}", *place[2:]]
    return f"{'.'.join(map(str, place)) or 'file'}: {error['msg']}"


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
