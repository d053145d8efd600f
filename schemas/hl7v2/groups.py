"""The segments of a message by patient and ordered item: what belongs together, nothing of what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.hl7v2.er7 import Message, Segment

Segments = Mapping[str, list[Segment]]

ITEM_SEGMENTS = frozenset({"OBR", "RXO", "RXE", "RQD", "PR1", "ODS", "ODT", "RQ1"})
"""Each stands for one ordered item."""
_ADDING = {"RQ1": "RQD", "RXE": "RXO"}
"""These say more of the same item where they follow the other."""
_PATIENT_SEGMENTS = frozenset(
    [
        "PID",
        "PD1",
        "PV1",
        "PV2",
        "NK1",
        "IN1",
        "IN2",
        "IN3",
        "GT1",
        "AL1",
        "ACC",
        "RF1",
        "PRD",
        "AUT",
        "EVN",
        "MRG",
        "SCH",
        "TXA",
    ]
)


@dataclass(slots=True)
class Item:
    """One ordered item: its ORC (which items may share), its detail segment and what follows them."""

    segments: dict[str, list[Segment]] = field(default_factory=dict)

    def add(self, segment: Segment) -> None:
        self.segments.setdefault(segment.name, []).append(segment)

    @property
    def has_detail(self) -> bool:
        return any(name in self.segments for name in ITEM_SEGMENTS)


@dataclass(slots=True)
class Patient:
    """One PID, what belongs to it, and its items."""

    segments: dict[str, list[Segment]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    def add(self, segment: Segment) -> None:
        self.segments.setdefault(segment.name, []).append(segment)


def patients_of(message: Message, *, nobody: bool = False) -> tuple[list[Patient], list[Segment]]:
    """Return the patients with their items, and the segments without a valid segment id.

    With `nobody`, a message without a PID has one patient of whom nothing is known.
    """
    patients: list[Patient] = []
    common = Patient()
    current = common
    strange: list[Segment] = []
    for segment in message.segments():
        name = segment.name
        if name == "PID":
            current = Patient({key: list(found) for key, found in common.segments.items()})
            current.add(segment)
            patients.append(current)
        elif len(name) != 3 or not (name.isascii() and name.isalnum() and name.isupper()):
            strange.append(segment)
        elif name == "MSH" or name in _PATIENT_SEGMENTS:
            current.add(segment)
        else:
            _add_to_item(current, segment)
    if patients:
        patients[0].items[:0] = common.items  # out of order, yet nothing that was ordered may fall away
    elif nobody:
        patients.append(common)
    return patients, strange


def _add_to_item(patient: Patient, segment: Segment) -> None:
    name, items = segment.name, patient.items
    if name == "ORC":
        items.append(Item())
    elif name in ITEM_SEGMENTS:
        if not items:
            items.append(Item())
        elif items[-1].has_detail and not _adds(name, items[-1]):
            shared = items[-1].segments.get("ORC", [])
            items.append(Item({"ORC": shared} if shared else {}))
    elif not items:
        patient.add(segment)
        return
    items[-1].add(segment)


def _adds(name: str, item: Item) -> bool:
    return name not in item.segments and _ADDING.get(name, "") in item.segments
