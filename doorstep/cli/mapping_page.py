"""docs/hl7v2-fhir.md, generated from the mapping tables: which field of HL7 v2 goes to which element of FHIR."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.hl7v2.mapping import Part, Place, Row, Step, Table, mappings

_HEAD = """# HL7 v2 to FHIR, field by field

Generated from `schemas/hl7v2/mappings` (`make docs`). A message becomes the resources of its table in their order; of
several places with "else" between them the first that holds something counts; "always" fills what is still empty.
What holds for all, and how a row is written: [hl7v2.md](hl7v2.md).
"""


def mapping_page() -> dict[str, str]:
    """Return the page: the messages, then every resource with its rows."""
    maps = mappings()
    lines = [_HEAD, "| message | by | for each patient | for each order | for each result |", "|---|---|---|---|---|"]
    grouped: dict[str, list[str]] = {}
    for name, one in maps.messages.items():
        cells = [one.by, *(", ".join(dict.fromkeys(map(_part, parts))) for parts in (one.person, one.item, one.report))]
        grouped.setdefault(" | ".join(cells), []).append("all others" if name == "*" else name)
    lines += [f"| {', '.join(names)} | {cells} |" for cells, names in grouped.items()]
    for name, table in maps.resources.items():
        title = name if name == table.resource else f"{name} ({table.resource})"
        lines += [
            "",
            f"## {title}",
            "",
            f"By {table.by}: {table.source}.",
            "",
            "| from | to |",
            "|---|---|",
            *_rows(table),
        ]
    lines += ["", "## Data types", "", "| type | component -> element |", "|---|---|"]
    lines += [f"| {name} | {_inside(table)} |" for name, table in sorted(maps.types.items())]
    return {"docs/hl7v2-fhir.md": "\n".join(lines) + "\n"}


def _part(part: Part) -> str:
    return part.table + (f" ({part.each})" if part.each else "")


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        yield f"| {_from(row)}{_when(row)} | {_to(row)} |"


def _inside(table: Table) -> str:
    told = [f"{_from(row) or 'all'} -> {_to(row)}" for row in table.rows]
    return ", ".join(told)


def _from(row: Row) -> str:
    if row.ref:
        return f"the {row.ref}"
    if row.each:
        return f"each {row.each}"
    if row.value is not None and not row.at:
        return "always"
    places = " else ".join(map(_place, row.at)) if row.at else f"type {row.type}"
    return f"make {row.make}" if row.make and not row.at else places


def _to(row: Row) -> str:
    path = ".".join(map(_step, row.to)) or "(itself)"
    if row.ext:
        path = f"extension `{row.ext.partition(' ')[0]}`"
    more = [f"as {row.make}" if row.make and row.at else "", f"code map {row.map}" if row.map else ""]
    more += [f"type {row.type}" if row.type != "text" and not row.ref else ""]
    if row.value is not None and not isinstance(row.value, dict):
        more.append(f"= {row.value}")
    told = ", ".join(word for word in more if word)
    return path + (f" ({told})" if told else "")


def _when(row: Row) -> str:
    told = [f"{_place(t.place)} is {' or '.join(sorted(t.values)).replace('*', 'there')}" for t in row.when]
    told += [f"{_place(t.place)} is not {' or '.join(sorted(t.values)).replace('*', 'there')}" for t in row.unless]
    return f", when {' and '.join(told)}" if told else ""


def _place(place: Place) -> str:
    part = f".{place.part}" if place.part else ""
    if place.segment:
        return f"{place.segment}-{place.field}{part}"
    return f".{place.field}{part}" if place.field else "all"


def _step(step: Step) -> str:
    return step.name + ("" if step.index is None else "[]" if step.index < 0 else f"[{step.index}]")
