"""An X12 interchange: separators from its ISA, segments, and envelopes whose counts and control numbers must agree.

Linear in its input; raises nothing but CodecError, whose code is the TA1 note or AK5/AK9 code that fits best.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.codec import CodecError

ISA_LENGTH = 106
"""ISA is the one segment of fixed width (X12.5): its separators stand at known places."""
_ISA_WIDTHS = (3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
MOST_BYTES = 8 * 1024 * 1024
_MARK = b"\xef\xbb\xbf"
_BETWEEN = "\r\n\t \0\ufeff"


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that one interchange is cut by; `repetition` is empty before version 00402."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    segment: str = "~"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; elements are counted from 1 as in the guides, absent ones are empty."""

    name: str
    elements: tuple[str, ...]
    number: int
    separators: Separators = field(default=Separators(), repr=False)

    def get(self, position: int) -> str:
        return self.elements[position - 1].strip() if position <= len(self.elements) else ""

    def parts(self, position: int) -> tuple[str, ...]:
        """Return the components of a composite element."""
        value = self.get(position)
        return tuple(part.strip() for part in value.split(self.separators.component)) if value else ()

    def repeats(self, position: int) -> tuple[str, ...]:
        """Return the repetitions of an element, empty ones left out."""
        value, by = self.get(position), self.separators.repetition
        found = value.split(by) if by else [value]
        return tuple(one.strip() for one in found if one.strip())


@dataclass(frozen=True, slots=True)
class Transaction:
    """ST to SE, without both: `kind` is ST01, `control` ST02."""

    kind: str
    control: str
    group_control: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Interchange:
    """One ISA to IEA."""

    separators: Separators
    control: str
    sender: str
    receiver: str
    notes: tuple[Segment, ...]
    """TA1 segments: what the far end says of interchanges of ours."""
    transactions: tuple[Transaction, ...]


def parse(data: bytes) -> tuple[Interchange, ...]:
    """Return the interchanges of a file, in order."""
    if len(data) > MOST_BYTES:
        raise CodecError("024", "the interchange is larger than 8 MB")
    text = data.decode("utf-8", "replace") if data[:3] == _MARK else data.decode("latin-1")
    found: list[Interchange] = []
    at = _next(text, 0)
    while at < len(text):
        interchange, at = _interchange(text, at)
        found.append(interchange)
        at = _next(text, at)
    if not found:
        raise CodecError("025", "there is no interchange in it")
    return tuple(found)


def _next(text: str, at: int) -> int:
    """Return where what follows begins: line ends and the like between interchanges mean nothing."""
    while at < len(text) and text[at] in _BETWEEN:
        at += 1
    return at


def _separators(text: str) -> Separators:
    if not text.startswith("ISA") or len(text) < ISA_LENGTH:
        raise CodecError("025", "it does not begin with a whole ISA segment", "ISA")
    element, component, segment = text[3], text[104], text[105]
    fields = text[: ISA_LENGTH - 1].split(element)
    if tuple(len(part) for part in fields) != _ISA_WIDTHS:
        raise CodecError("022", "the elements of ISA have not their fixed widths", "ISA")
    repetition = fields[11] if not fields[11].isalnum() else ""
    used = [one for one in (element, component, repetition, segment) if one]
    if len(set(used)) != len(used) or any(one.isalnum() or one == " " for one in used):
        raise CodecError("022", "the separators of ISA are not distinct signs", "ISA")
    return Separators(element, component, repetition, segment)


def _interchange(text: str, start: int) -> tuple[Interchange, int]:
    by = _separators(text[start : start + ISA_LENGTH])
    segments: list[Segment] = []
    at = start
    while not segments or segments[-1].name != "IEA":
        end = text.find(by.segment, at)
        if end < 0:
            raise CodecError("023", "it ends within a segment: IEA is missing", f"segment {len(segments) + 1}")
        name, *elements = text[at:end].strip("\r\n").split(by.element)
        segments.append(Segment(name.strip(), tuple(elements), len(segments) + 1, by))
        at = end + 1
    return _envelope(by, segments), at


def _envelope(by: Separators, segments: list[Segment]) -> Interchange:
    isa, iea = segments[0], segments[-1]
    if iea.get(2) != isa.get(13):
        raise CodecError("001", "IEA02 is not the control number of ISA13", "IEA-2")
    notes: list[Segment] = []
    groups = 0
    transactions: list[Transaction] = []
    inside: list[Segment] = []
    for one in segments[1:-1]:
        if not inside and one.name == "TA1":
            notes.append(one)
            continue
        if not inside and one.name != "GS":
            raise CodecError("024", "between ISA and IEA stand only TA1 and whole groups", f"segment {one.number}")
        inside.append(one)
        if one.name == "GE":
            transactions += _group(inside)
            groups, inside = groups + 1, []
    if inside:
        raise CodecError("024", "a group does not end", f"segment {inside[0].number}")
    if iea.get(1) != str(groups) and not (notes and not groups and iea.get(1) in {"0", "1"}):
        raise CodecError("021", "IEA01 does not count the groups", "IEA-1")
    return Interchange(by, isa.get(13), isa.get(6), isa.get(8), tuple(notes), tuple(transactions))


def _group(segments: list[Segment]) -> list[Transaction]:
    gs, ge = segments[0], segments[-1]
    if ge.get(2) != gs.get(6):
        raise CodecError("4", "GE02 is not the control number of GS06", f"segment {ge.number}")
    found: list[Transaction] = []
    inside: list[Segment] = []
    for one in segments[1:-1]:
        if not inside and one.name != "ST":
            raise CodecError("2", "between GS and GE stand only whole transaction sets", f"segment {one.number}")
        inside.append(one)
        if one.name == "SE":
            found.append(_transaction(inside, gs.get(6)))
            inside = []
    if inside:
        raise CodecError("2", "a transaction set does not end", f"segment {inside[0].number}")
    if ge.get(1) != str(len(found)):
        raise CodecError("5", "GE01 does not count the transaction sets", f"segment {ge.number}")
    return found


def _transaction(segments: list[Segment], group_control: str) -> Transaction:
    st, se = segments[0], segments[-1]
    if se.get(2) != st.get(2):
        raise CodecError("3", "SE02 is not the control number of ST02", f"segment {se.number}")
    if se.get(1) != str(len(segments)):
        raise CodecError("4", "SE01 does not count the segments", f"segment {se.number}")
    return Transaction(st.get(1), st.get(2), group_control, tuple(segments[1:-1]))
