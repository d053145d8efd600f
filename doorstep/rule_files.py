"""Which kinds of files `rules/` has, how one is known, and where in it something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from doorstep.errors import Refused
from schemas.clock_rules import Clocks
from schemas.desk_rules import Desk, Escalations
from schemas.fhir.profile import TaskProfiles
from schemas.network import Directory, Papers, Reasons
from schemas.payer_rules import AppealRules, PayerIndex, PayerPolicy
from schemas.rules import Ruleset
from schemas.table_rules import (
    Calibration,
    Classes,
    DenialWords,
    FactWords,
    HcpcsRanges,
    Labels,
    OrderTypes,
    PayerNames,
    PreventableDenials,
    Thresholds,
    Zip3,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: what it is, where it lies (`*`: any name), its shape, and words that only it has at the top."""

    name: str
    place: str
    model: type[BaseModel]
    signs: tuple[str, ...]

    def lies_at(self, path: Path) -> bool:
        return path.match(self.place)


KINDS = (
    Kind("required elements", "elements/*.yaml", Ruleset, ("ruleset",)),
    Kind("order types", "elements/order_types.yaml", OrderTypes, ("order_types",)),
    Kind("clocks", "clocks.yaml", Clocks, ("business", "offer")),
    Kind("a payer", "payers/*.yaml", PayerPolicy, ("payer",)),
    Kind("which payer has which file", "payers/index.yaml", PayerIndex, ()),
    Kind("provider directory", "network/*.yaml", Directory, ("providers",)),
    Kind("papers of providers", "network/papers.yaml", Papers, ("papers",)),
    Kind("reasons of declines", "network/reasons.yaml", Reasons, ("decline", "withdraw")),
    Kind("appeals", "appeals.yaml", AppealRules, ("warn_days", "elements")),
    Kind("preventable denials", "denials.yaml", PreventableDenials, ("preventable",)),
    Kind("escalations", "escalations.yaml", Escalations, ("levels",)),
    Kind("desk", "desk.yaml", Desk, ("managers",)),
    Kind("Tasks by guide", "tasks.yaml", TaskProfiles, ("profiles",)),
    Kind("payers' names", "codes/payers.yaml", PayerNames, ("payers", "kinds")),
    Kind("HCPCS ranges", "codes/hcpcs_ranges.yaml", HcpcsRanges, ("ranges",)),
    Kind("ZIP codes", "codes/zip3.yaml", Zip3, ("states",)),
    Kind("words of denials", "documents/denials.yaml", DenialWords, ("denies",)),
    Kind("labels", "documents/labels.yaml", Labels, ("by_section",)),
    Kind("labels of facts", "documents/facts.yaml", FactWords, ("of_the_test",)),
    Kind("classes of documents", "documents/classes.yaml", Classes, ("classes",)),
    Kind("calibration", "documents/calibration.yaml", Calibration, ("biases",)),
    Kind("thresholds", "documents/thresholds.yaml", Thresholds, ("measured",)),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place of a file."""

    place: tuple[str | int, ...]
    what: str


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file of rules that has its kind's shape."""

    path: Path
    kind: Kind
    raw: dict[str, Any]
    rules: Any
    node: yaml.Node


def read(path: Path) -> RuleFile:
    """Return a file with its kind; Refused names each fault with its line, its place and what is allowed there."""
    try:
        text = path.read_text("utf-8")
        node, raw = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise Refused("bad-rules", f"{path.name} is not YAML{where}") from None
    if not isinstance(raw, dict) or node is None:
        raise Refused("bad-rules", f"{path.name}: a rules file is a mapping of words to what they mean")
    kind = kind_of(path, raw)
    try:
        rules = kind.model.model_validate(raw)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
        raise refused(path, node, raw, (_fault(error, kind.model) for error in errors)) from None
    return RuleFile(path, kind, raw, rules, node)


def kind_of(path: Path, raw: Mapping[str, Any]) -> Kind:
    """Return the kind that a file is of: by the words that only one kind has, else by where it lies."""
    told = [kind for kind in KINDS if kind.signs and all(sign in raw for sign in kind.signs)]
    lies = [kind for kind in KINDS if kind.lies_at(path)]
    both = [kind for kind in told if kind in lies]
    for found in (both, told, lies):
        if found:
            return max(found, key=lambda kind: len(kind.signs) if found is told else len(kind.place))
    known = "; ".join(f"{kind.place} ({', '.join(kind.signs) or 'version, payers'})" for kind in KINDS)
    said = ", ".join(map(str, list(raw)[:8])) or "nothing"
    raise Refused("bad-rules", f"{path.name} is no file of rules that we know. It has: {said}. Known are: {known}")


def refused(path: Path, node: yaml.Node, raw: Any, faults: Iterable[Fault]) -> Refused:
    """Return the refusal that names every fault with its line and place."""
    told = [f"{path.name}:{line_of(node, one.place)}: {named(raw, one.place)}: {one.what}" for one in faults]
    return Refused("bad-rules", "\n".join(told))


def line_of(node: yaml.Node, place: Iterable[str | int]) -> int:
    """Return the line (from 1) of a place, or of what holds it where it is not there."""
    line = node.start_mark.line
    for step in place:
        inside = _step(node, step)
        if inside is None:
            continue
        line, node = inside
    return line + 1


def _step(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


_CALLED = {"elements": "element", "case": "clock", "pauses": "cause", "papers": "paper", "providers": "provider"}
_NAMES = ("id", "clock", "cause", "npi", "paper", "code", "level", "name")


def named(raw: Any, place: Iterable[str | int]) -> str:
    """Return a place in words: what stands in a list is called by its id, its code or its name."""
    told: list[str] = []
    for step in place:
        inside = raw[step] if _holds(raw, step) else None
        name = next((inside[word] for word in _NAMES if word in inside), None) if isinstance(inside, dict) else None
        if isinstance(step, int) and isinstance(raw, list) and name is not None and told:
            told[-1] = f"{_CALLED.get(told[-1], told[-1])} {name}"
        else:
            told.append(str(step))
        raw = inside if inside is not None or not isinstance(step, int) else raw
    return ".".join(told) or "file"


def _holds(raw: Any, step: str | int) -> bool:
    if isinstance(raw, dict):
        return step in raw
    return isinstance(raw, list) and isinstance(step, int) and step < len(raw)


def _fault(error: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    place = tuple(one for one in error["loc"] if one != "[key]")
    what = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        what = f"{place[-1]} is missing"
    elif error["type"] == "extra_forbidden":
        words = sorted({word for inner in _models_at(model, place[:-1]) for word in _words_of(inner)})
        what = f"no such word here; allowed are {', '.join(words)}" if words else "no such word here"
    return Fault(place, what)


def _words_of(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _models_at(model: type[BaseModel], place: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """Return the models that may stand at a place."""
    here: list[Any] = [model]
    for step in place:
        inside: list[Any] = []
        for one in here:
            for part in _parts(one):
                if isinstance(part, type) and issubclass(part, BaseModel):
                    fields = {field.alias or name: field for name, field in part.model_fields.items()}
                    inside += [fields[step].annotation] if step in fields else []
                    inside += [part] if isinstance(step, int) else []
        here = inside or here
    return [part for one in here for part in _parts(one) if isinstance(part, type) and issubclass(part, BaseModel)]


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
