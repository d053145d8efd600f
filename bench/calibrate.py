"""Fits how sure a value is, on faxes apart from any test: `python -m bench.calibrate TRAIN... [--write]`.

One logistic sum for all fields, with a bias of its own for each group of fields; pulled towards the weights that
stand in rules/documents/calibration.yaml, so that a small training set moves only what it has evidence for. The first
engine's reading alone is fitted as well, for installations without the second.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bench.fax import SUFFIXES, engine_version, reading_of, truth_of
from bench.fax_score import same

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules" / "documents" / "calibration.yaml"
GROUPS = {
    "identifier": ("clinician_npi", "member_id", "group_no", "equipment_serial"),
    "phone": ("contact_phone", "practice_phone", "practice_fax"),
    "name": ("member_name", "clinician_name"),
    "date": ("dob", "service_start", "service_end", "signature_date", "discharge_deadline"),
    "code": ("icd10", "order_lines", "frequency"),
    "text": ("payer", "ship_address", "equipment_brand", "equipment_model"),
    "mark": ("signature_present", "access_barriers"),
}
PULL = 1.0
"""How firmly the fit holds to what was there before (inverse variance of each weight)."""
SIGNS = {"differ": -1, "unsure": -1, "unsure_best": -1, "poor": -1, "folded": -1, "alone": -1, "agree": 1, "echo": 1}
"""More of such evidence may never count the other way, however small the training set."""
Row = tuple[str, dict[str, float], bool]


def rows_of(path: Path, readings: str) -> Iterator[Row]:
    """Yield (field, evidence, right) for each value extracted from one fax."""
    from handlers.extract.assemble import settled_fields
    from schemas.codec import CodecError
    from schemas.document import DocumentClass

    truth = truth_of(path) or {}
    if not truth.get("fields") or truth.get("outcome") not in {"scheduled", "incomplete"}:
        return
    try:
        reading, _ = reading_of(path, readings)
    except CodecError:
        return
    alone = reading.model_copy(update={"pages": tuple(p.model_copy(update={"second": ()}) for p in reading.pages)})
    for one in (reading, alone):
        settled, _, _ = settled_fields(one, DocumentClass(truth["document_class"]))
        for field, found in settled.items():
            value = found.opinion.value
            if value is None or found.conflict:
                continue
            wanted = (truth["fields"].get(field), *truth.get("accept", {}).get(field, ()))
            yield field, found.features, any(same(field, said, value) for said in wanted)


def fit(rows: Sequence[Row], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new weights: Newton's steps on the penalised likelihood."""
    group_of = {field: group for group, fields in GROUPS.items() for field in fields}
    names = [*before["shared"], *(f"bias:{group}" for group in GROUPS)]
    prior = np.array([before["shared"].get(n, before["biases"].get(n.removeprefix("bias:"), 0.0)) for n in names])
    table = np.array(
        [
            [
                1.0 if n == "bias" else float(n == f"bias:{group_of.get(f, 'text')}") if ":" in n else e.get(n, 0.0)
                for n in names
            ]
            for f, e, _ in rows
        ]
    )
    right = np.array([float(r) for _, _, r in rows])
    weights = prior.copy()
    for _ in range(60):
        sure = 1 / (1 + np.exp(-np.clip(table @ weights, -30, 30)))
        slope = table.T @ (right - sure) - PULL * (weights - prior)
        curve = (table * (sure * (1 - sure))[:, None]).T @ table + PULL * np.eye(len(names))
        step = np.linalg.solve(curve, slope)
        weights += step
        for place, name in enumerate(names):
            if name in SIGNS and weights[place] * SIGNS[name] < 0:
                weights[place] = 0.0
        if float(np.abs(step).max()) < 1e-5:
            break
    fitted = dict(zip(names, (round(float(w), 3) for w in weights), strict=True))
    return {
        "shared": {n: w for n, w in fitted.items() if ":" not in n},
        "biases": {n.removeprefix("bias:"): w for n, w in fitted.items() if ":" in n},
    }


def loss(rows: Sequence[Row], weights: Mapping[str, Any]) -> float:
    """Return the mean surprise of the rows."""
    group_of = {field: group for group, fields in GROUPS.items() for field in fields}
    total = 0.0
    for field, evidence, right in rows:
        value = weights["shared"]["bias"] + weights["biases"].get(group_of.get(field, "text"), 0.0)
        value += sum(weights["shared"].get(n, 0.0) * x for n, x in evidence.items())
        sure = 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))
        total -= math.log(max(1e-9, sure if right else 1 - sure))
    return total / max(1, len(rows))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--readings", default="")
    parser.add_argument("--write", action="store_true", help="put the result into rules/documents/calibration.yaml")
    parser.add_argument("--date", default="", help="the day that the file shall bear")
    options = parser.parse_args()
    paths = [p for folder in options.folders for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES]
    rows = [row for path in paths for row in rows_of(path, options.readings or engine_version())]
    before = yaml.safe_load(RULES.read_text("utf-8"))
    after = fit(rows, before)
    wrong = sum(not right for _, _, right in rows)
    print(f"{len(paths)} faxes, {len(rows)} values, {wrong} wrong")
    print(f"mean surprise before {loss(rows, before):.4f}, after {loss(rows, after):.4f}")
    for name, weight in after["shared"].items():
        print(f"  {name:12} {before['shared'][name]:8.3f} -> {weight:8.3f}")
    print("  groups", after["biases"])
    if options.write:
        groups = {field: group for group, fields in GROUPS.items() for field in fields}
        text = {
            "version": options.date or str(before["version"]),
            "fitted": {"faxes": len(paths), "values": len(rows), "wrong": wrong},
            "groups": groups,
            **after,
        }
        head = "# How the evidence for a value adds up (a logistic sum), with a bias for each group of fields.\n"
        head += "# Fitted by python -m bench.calibrate on faxes of python -m bench.faxes --set train.\n"
        RULES.write_text(head + yaml.safe_dump(text, sort_keys=False, width=120), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
