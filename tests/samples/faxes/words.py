"""An order's values as a form prints them: each office has its own way with dates, phones and units."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.samples.people import OrderTruth

INTAKE = "Harbor Post-Acute Intake"
INTAKE_FAX = "6145550100"


def as_date(iso: str, style: str) -> str:
    d = date.fromisoformat(iso)
    return {
        "us": d.strftime("%m/%d/%Y"),
        "dash": d.strftime("%m-%d-%Y"),
        "long": f"{d:%B} {d.day}, {d.year}",
        "short": f"{d.month}/{d.day}/{d:%Y}",
        "iso": iso,
    }[style]


def as_phone(digits: str, style: str) -> str:
    a, b, c = digits[:3], digits[3:6], digits[6:]
    return {"paren": f"({a}) {b}-{c}", "dash": f"{a}-{b}-{c}", "dot": f"{a}.{b}.{c}", "bare": f"{a} {b} {c}"}[style]


class Words:
    """The order as printed; a value that the sample leaves out is an empty string."""

    def __init__(self, truth: OrderTruth, dates: str = "us", phones: str = "paren") -> None:
        self.truth, self._dates, self._phones = truth, dates, phones

    def _has(self, name: str) -> Any:
        return None if name in self.truth.omitted else getattr(self.truth, name)

    def __getitem__(self, name: str) -> str:
        value = self._has(name)
        if value in (None, (), ""):
            return ""
        if name in {"dob", "service_start", "service_end", "signature_date"}:
            return as_date(value, self._dates)
        if name.endswith(("_phone", "_fax")):
            return as_phone(value, self._phones)
        if name == "icd10":
            return ", ".join(value)
        if name == "discharge_deadline":
            day, _, hour = value.partition("T")
            return as_date(day, self._dates) + (f" {hour}" if hour else "")
        return str(value)

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """The ordered lines as (code, description, quantity)."""
        lines = self._has("order_lines") or ()
        return [(line["code"], self.truth.item_text, f"{line['quantity']:g}") for line in lines]

    @property
    def frequency(self) -> str:
        told = self._has("frequency")
        if not told:
            return ""
        value = f"{told['value']:g}"
        return {
            "oxygen_lpm": f"{value} LPM via nasal cannula, continuous",
            "dressings_per_week": f"{value} dressing changes per week",
            "dose_interval_hours": f"every {value} hours",
            "visits": f"{value} visits",
        }[told["kind"]]

    @property
    def equipment(self) -> list[tuple[str, str]]:
        parts = (("Brand", "equipment_brand"), ("Model", "equipment_model"), ("Serial No.", "equipment_serial"))
        return [(label, self[name]) for label, name in parts if self[name]]

    @property
    def signed(self) -> bool:
        return self.truth.signature_present
