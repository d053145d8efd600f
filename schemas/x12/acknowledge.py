"""What the far end says of an interchange as such: TA1 and 999 (005010X231A1), before any answer to its content."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.x12.interchange import Interchange

_TAKEN = frozenset({"A", "E", "P"})
"""Accepted; accepted with errors noted; partly accepted. Everything else is a refusal."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One acknowledgement: of an interchange (TA1) or a group (999) by its control number, taken or not."""

    control: str
    taken: bool
    reasons: tuple[str, ...]


def acknowledgements(found: Interchange) -> tuple[Acknowledged, ...]:
    """Return what an interchange acknowledges, TA1 first."""
    told = [Acknowledged(one.get(1), one.get(4) in _TAKEN, _codes("TA1", one.get(5))) for one in found.notes]
    for transaction in found.transactions:
        if transaction.kind not in {"999", "997"}:
            continue
        control, verdict = "", ""
        reasons: list[str] = []
        for one in transaction.segments:
            match one.name:
                case "AK1":
                    control = one.get(2)
                case "IK3" | "AK3":
                    reasons += _codes(f"{one.get(1)} {one.get(2)}", one.get(4))
                case "IK4" | "AK4":
                    reasons += _codes(f"element {one.get(1)}", one.get(3))
                case "IK5" | "AK5":
                    reasons += _codes("set", one.get(2))
                case "AK9":
                    verdict = one.get(1)
                    reasons += _codes("group", one.get(5))
                case _:
                    pass
        told.append(Acknowledged(control, verdict in {"A", "E"}, tuple(reasons)))
    return tuple(told)


def _codes(where: str, code: str) -> tuple[str, ...]:
    return (f"{where}: {code}",) if code and code != "000" else ()
