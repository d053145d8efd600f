"""What is wrong with an input in FHIR's own words: issues and the OperationOutcome that carries them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. `code` is a FHIR issue type, `expression` a FHIRPath; `diagnostics` holds no value of the input."""

    severity: Literal["fatal", "error", "warning", "information"]
    code: str
    diagnostics: str
    expression: str = ""

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"severity": self.severity, "code": self.code, "diagnostics": self.diagnostics}
        if self.expression:
            found["expression"] = [self.expression]
        return found


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return the OperationOutcome resource; with no issue it says that all is well."""
    listed = [issue.as_json() for issue in issues]
    if not listed:
        listed = [Issue("information", "informational", "all is well").as_json()]
    return {"resourceType": "OperationOutcome", "issue": listed}
