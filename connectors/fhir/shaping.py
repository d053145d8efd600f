"""A part of a resource, as a search asks for it: named elements, the summary, the text, the data (R4 3.1.1.5.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schemas.fhir.elements import elements_of, resource_class
from schemas.fhir.graph import part, parts

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
ALWAYS = frozenset({"resourceType", "id", "meta"})
SUMMARIES = frozenset({"true", "text", "data"})


@dataclass(frozen=True, slots=True)
class Shape:
    """`summary` is one of SUMMARIES or nothing, `elements` the names of the only elements that are wanted."""

    summary: str = ""
    elements: frozenset[str] = frozenset()

    def of(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the resource in this shape, tagged as a part where it is one."""
        if not self.summary and not self.elements:
            return dict(body)
        wanted = ALWAYS | self._wanted(str(body.get("resourceType")))
        kept = {name: item for name, item in body.items() if name.removeprefix("_") in wanted}
        if self.summary == "data":
            kept = {name: item for name, item in body.items() if name != "text"}
        meta = part(body.get("meta"))
        return kept | {"meta": {**meta, "tag": [*parts(meta.get("tag")), SUBSETTED]}}

    def _wanted(self, kind: str) -> set[str]:
        model = resource_class(kind)
        known = elements_of(model)
        needed = {e.name for e in known.values() if e.required or e.choice_required}
        if self.summary == "true":
            return needed | {
                field.alias or name
                for name, field in model.model_fields.items()
                if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("summary_element_property")
            }
        if self.summary == "text":
            return needed | {"text"}
        return needed | {e.name for e in known.values() if e.name in self.elements or e.choice in self.elements}


WHOLE = Shape()
