"""Sets a packet as PDF/A-3b with Typst; runs in a worker process, for the documents in it come from anybody."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from doorstep import __version__
from doorstep.packet.attest import checked
from doorstep.packet.leaves import ImageLeaf, TextLeaf, leaves
from doorstep.packet.story import Edition, Exhibit, Packet, Said, initials
from schemas.element import GATES, ElementResult, ElementStatus
from schemas.outbound import SELF_PAY
from schemas.published import OrderMessage

PACKET_SECONDS = 300.0
_REPEATS = OrderMessage.topic
"""Entries that only tell other systems what the one before them says; they stand in the manifest, not on paper."""
_TEMPLATE = Path(__file__).with_name("packet.typ")
_LATIN, _GREEK, _CYRILLIC = "\u00a0-\u00ac\u00ae-\u017f\u1e00-\u1e9f\u1ea0-\u1ef9", "Α-ΡΣ-Ωα-ω", "А-я"
_UNPRINTABLE = re.compile(f"[^\n -~{_LATIN}{_GREEK}{_CYRILLIC}–—‘’“”•…€™]")


def typeset(packet: Packet) -> bytes:
    """Return the packet's PDF. The same packet gives the same bytes."""
    import typst

    folder = Path(tempfile.mkdtemp(prefix="packet-"))
    try:
        shutil.copyfile(_TEMPLATE, folder / "packet.typ")
        content = _content(packet, folder)
        (folder / "packet.json").write_text(json.dumps(content))
        return bytes(
            typst.compile(folder / "packet.typ", root=folder, ignore_system_fonts=True, pdf_standards=["a-3b"])
        )
    finally:
        shutil.rmtree(folder)


def printable(text: object) -> str:
    """Return text of which every character stands in the packet's own fonts; others are named (`[U+4E2D]`)."""
    return _UNPRINTABLE.sub(lambda found: f"[U+{ord(found.group()):04X}]", str(text))


def _content(packet: Packet, folder: Path) -> dict[str, Any]:
    case, as_of = packet.case, packet.as_of.astimezone(UTC)
    full = packet.edition is Edition.PAYER
    exhibits = [_exhibit(number, one, folder, full=full) for number, one in enumerate(packet.exhibits, start=1)]
    labels = {of.document_id: number for number, of in reversed(list(enumerate(packet.exhibits, start=1)))}
    manifest = json.dumps(_manifest(packet), indent=1, sort_keys=True, default=str)
    return {
        "case": case.case_id,
        "edition": packet.edition.value,
        "date": [as_of.year, as_of.month, as_of.day, as_of.hour, as_of.minute, as_of.second],
        "facts": _printed(_facts(packet, full=full)),
        "fields": [_printed([_label(name), _value(value), checked(found)]) for name, value, found in packet.fields],
        "rulesets": _printed(packet.rulesets),
        "elements": _elements(packet.elements),
        "not_asked": sum(one.status is ElementStatus.NOT_APPLICABLE for one in packet.elements),
        "offers": [
            _printed([moment(o.sent_at), o.provider_name, f"wave {o.wave}", o.state.value, o.decline_reason or ""])
            for o in packet.offers
        ],
        "payer": [_said(line, labels) for line in packet.payer],
        "desk": [_said(line, labels) for line in packet.desk],
        "timeline": [
            [*_printed([moment(row.time), row.says, f"{row.source}, entry {row.seq}"]), labels.get(row.document_id, 0)]
            for row in packet.timeline
            if row.topic != _REPEATS
        ],
        "attested": [_said(line, labels) for line in packet.attested],
        "record": _printed(_record(packet, manifest)),
        "sent": [_printed([moment(s.time), s.what, s.far_id, f"try {s.attempt}"]) for s in packet.sent],
        "exhibits": exhibits,
        "manifest": manifest,
    }


_STATUS = {
    ElementStatus.MET: "met",
    ElementStatus.MISSING: "missing",
    ElementStatus.UNREADABLE: "unreadable",
    ElementStatus.CONFLICTING: "conflicting",
    ElementStatus.STALE: "too old",
    ElementStatus.NOT_APPLICABLE: "not applicable",
    ElementStatus.WAIVED: "waived",
}


def _elements(results: Iterable[ElementResult]) -> list[list[str]]:
    """Return what the order must say, in the order of the gates; what does not apply to it is counted only."""
    asked = [one for one in results if one.status is not ElementStatus.NOT_APPLICABLE]
    return [
        _printed([one.label, one.gate, _STATUS[one.status] + (f" ({one.why})" if one.why else ""), "; ".join(one.cite)])
        for one in sorted(asked, key=lambda one: GATES.index(one.gate))
    ]


def _record(packet: Packet, manifest: str) -> list[str]:
    """Return what the record is that a custodian signs for: how much of it there is, and the digest of its list."""
    documents = f"{len(packet.exhibits)} document{'' if len(packet.exhibits) == 1 else 's'}"
    return [
        f"This packet was made by Doorstep {__version__} from its journal as of position {packet.position}, "
        f"{moment(packet.as_of)}. It holds {documents} as received and {len(packet.timeline)} entries of the timeline.",
        "SHA-256 of the embedded manifest.json:",
        f"{hashlib.sha256(manifest.encode()).hexdigest()}",
    ]


def _said(line: Said, labels: dict[str, int]) -> list[Any]:
    return [*_printed([moment(line.time), line.what, line.says]), labels.get(line.document_id, 0)]


def _facts(packet: Packet, *, full: bool) -> list[list[str]]:
    case, name, primary = packet.case, packet.case.order.member.name, packet.case.order.primary_coverage
    who = (name.text if name else "not stated") if full else initials(name)
    facts = [
        ["Member", who],
        ["Order type", _label(case.order.order_type.value)],
        ["Payer", (primary.payer if primary else None) or "not stated"],
        ["Received", f"{moment(case.received_at)} by {case.order.channel}"],
        ["State", case.state.value.replace("-", " ")],
        ["Case manager", f"{case.manager.name}, extension {case.manager.extension}"],
    ]
    if case.self_pay:
        facts.append(["Payment", SELF_PAY])
    if case.authorization is not None and case.authorization.number:
        facts.append(["Authorization", f"{case.authorization.number} ({case.authorization.decision})"])
    if case.provider_name:
        facts.append(["Provider", f"{case.provider_name} (NPI {case.provider_npi})"])
    if case.scheduled_start:
        facts.append(["Scheduled start", moment(case.scheduled_start)])
    facts.append(["As of", f"{moment(packet.as_of)}, journal position {packet.position}"])
    return facts


def moment(at: datetime) -> str:
    """Return a time as the packet prints it: UTC, to the second, with its zone."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _label(name: str) -> str:
    words = name.replace("_", " ")
    words = words.upper() if words in {"dme", "dob"} else words
    return re.sub(r"\b(npi|id|icd10|hcpcs)\b", lambda m: m.group().upper(), words[:1].upper() + words[1:])


def _value(value: JsonValue) -> str:
    if isinstance(value, list):
        return "; ".join(_value(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{_label(k)}: {_value(v)}" for k, v in value.items() if v is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _printed(value: Any) -> Any:
    return [_printed(item) for item in value] if isinstance(value, list | tuple) else printable(value)


def _exhibit(number: int, exhibit: Exhibit, folder: Path, *, full: bool) -> dict[str, Any]:
    content = exhibit.content
    facts = [
        ["Received", f"{moment(exhibit.received_at)} by {exhibit.channel}"],
        ["From", (exhibit.sender or "not stated") if full else "withheld"],
        *([name, value] for name, value in (exhibit.header if full else ())),
        ["Type", content.content_type],
        ["Size", f"{content.size:,} bytes"],
        ["SHA-256", content.sha256],
    ]
    return {
        "number": number,
        "title": printable(f"Received {moment(exhibit.received_at)} by {exhibit.channel}"),
        "facts": _printed(facts),
        "headed": full and (exhibit.channel == "fax" or bool(exhibit.header)),
        "leaves": list(_leaves(number, exhibit, folder)) if full else [],
    }


def _leaves(number: int, exhibit: Exhibit, folder: Path) -> Iterator[dict[str, Any]]:
    for page, leaf in enumerate(leaves(exhibit.data, exhibit.content.content_type, exhibit.reading), start=1):
        match leaf:
            case TextLeaf(lines, note):
                yield {"lines": [printable(line) for line in lines], "note": printable(note)}
            case ImageLeaf(png, width, height, words):
                name = f"exhibit-{number}-{page}.png"
                (folder / name).write_bytes(png)
                shown = [[printable(text), *(round(share, 5) for share in box)] for text, *box in words]
                yield {"image": name, "width": width, "height": height, "words": shown}


def _manifest(packet: Packet) -> dict[str, Any]:
    """Return what is embedded for machines: the timeline, and the digest of every document."""
    return {
        "case": packet.case.case_id,
        "edition": packet.edition.value,
        "position": packet.position,
        "as_of": packet.as_of.astimezone(UTC).isoformat(),
        "doorstep": __version__,
        "documents": [
            {
                "document_id": one.document_id,
                "channel": one.channel,
                "received_at": one.received_at.astimezone(UTC).isoformat(),
                "sha256": hashlib.sha256(one.data).hexdigest(),
                "content_type": one.content.content_type,
                "size": one.content.size,
            }
            for one in packet.exhibits
        ],
        "timeline": [
            {
                "seq": row.seq,
                "time": row.time.astimezone(UTC).isoformat(),
                "says": row.says,
                "source": row.source,
                "topic": row.topic,
                "event": row.event_id,
            }
            for row in packet.timeline
        ],
    }
