"""Writes tests/samples/hl7v2: order messages of several versions, separators and character sets, with their meaning.

Run `python -m tests.samples.make_hl7v2`; the files come out byte-identical each time. The writer below is on purpose
not the codec under test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.samples.people import OrderTruth, order_truth

FOLDER = Path(__file__).parent / "hl7v2"
CLASSES = {"dme": "dme_order", "home_health": "home_health_referral", "infusion": "infusion_order"}
SENDER, FACILITY = "EPICCARE", "RIVERSIDE"


@dataclass
class Writer:
    """Writes segments with one set of separators; values are escaped, structure is given as nested lists."""

    separators: str = "|^~\\&"
    line_end: str = "\r"
    codec: str = "utf-8"
    lines: list[str] = field(default_factory=list)

    def escape(self, text: str) -> str:
        f, s, r, e, t = self.separators
        names = {e: "E", f: "F", s: "S", r: "R", t: "T"}
        return "".join(f"{e}{names[c]}{e}" if c in names else c for c in text)

    def value(self, value: Any, depth: int = 1) -> str:
        if isinstance(value, list):
            return self.separators[2].join(self.value(v) for v in value)
        if isinstance(value, tuple):
            return self.separators[1 if depth == 1 else 4].join(self.value(v, depth + 1) for v in value)
        return self.escape("" if value is None else str(value))

    def add(self, name: str, values: dict[int, Any]) -> None:
        fields = [self.value(values.get(n)) for n in range(1, max(values, default=0) + 1)]
        self.lines.append(self.separators[0].join([name, *fields]))

    def msh(self, kind: str, control_id: str, version: str, **more: Any) -> None:
        code, event, structure = kind.split("^")
        parts = (code, event, structure) if version >= "2.3.1" else (code, event)
        values = {3: SENDER, 4: FACILITY, 5: "DOORSTEP", 6: "HUB", 7: "20261120083000-0500", 9: parts, 10: control_id}
        values |= {11: "P", 12: version} | {int(k.removeprefix("f")): v for k, v in more.items()}
        fields = [self.value(values.get(n)) for n in range(3, max(values) + 1)]
        self.lines.append(f"MSH{self.separators[0]}" + self.separators[0].join([self.separators[1:], *fields]))

    def bytes(self) -> bytes:
        return (self.line_end.join(self.lines) + self.line_end).encode(self.codec)


def dtm(iso: str) -> str:
    return iso.replace("-", "").replace("T", "").replace(":", "")


def xtn(number: str, *, equipment: str = "PH", use: str = "WPN") -> tuple[Any, ...]:
    return (f"({number[:3]}){number[3:6]}-{number[6:]}", use, equipment)


def person(truth: OrderTruth) -> tuple[Any, ...]:
    given, family = truth.clinician_name.split(" ")
    npi = "clinician_npi" not in truth.omitted
    number = truth.clinician_npi if npi else ""
    return (number, family, given, "", "", "", "MD", "", "", "L", "", "", "NPI" if npi else "")


def pid(w: Writer, t: OrderTruth, *, ship: bool = False) -> None:
    given, family = t.member_name.split(" ")
    street, city, state, postal = t.address_parts
    home: Any = (street, "", city, state, postal, "USA", "SH" if ship else "H")
    if ship:
        home = [("1 Elsewhere Plaza", "", city, state, postal, "USA", "H"), home]
    w.add(
        "PID",
        {
            1: 1,
            3: (f"MRN{t.seed:06d}", "", "", FACILITY, "MR"),
            5: (family, given, "", "", "", "", "L"),
            7: dtm(t.dob) if "dob" not in t.omitted else "",
            8: t.sex[0].upper(),
            11: home,
            13: "" if "contact_phone" in t.omitted else xtn(t.contact_phone, use="PRN", equipment="CP"),
        },
    )


def in1(w: Writer, t: OrderTruth, *, at: int = 36) -> None:
    w.add("IN1", {1: 1, 2: "PLAN", 3: "PAYER01", 4: t.payer, 8: t.group_no, 22: 1, at: t.member_id})


def dg1(w: Writer, t: OrderTruth, *, system: str = "I10") -> None:
    for n, code in enumerate(t.icd10, 1):
        w.add("DG1", {1: n, 3: (code.replace(".", "") if n % 2 else code, "", system), 6: "W", 15: n})


def extras(t: OrderTruth) -> Iterator[tuple[str, str]]:
    """Yield what HL7 v2 has no segment for, by the names that docs/hl7v2.md gives."""
    if t.frequency:
        yield t.frequency["kind"].replace("_", " "), f"{t.frequency['value']}"
    if t.access_barriers:
        yield "access barriers", ", ".join(t.access_barriers)
    for name in ("brand", "model", "serial"):
        if value := getattr(t, f"equipment_{name}"):
            yield f"equipment {name}", value


def notes(w: Writer, t: OrderTruth, *more: str) -> None:
    for n, line in enumerate([*(f"{k}: {v}" for k, v in extras(t)), *more], 1):
        w.add("NTE", {1: n, 2: "P", 3: line})


def observations(w: Writer, t: OrderTruth) -> None:
    for n, (key, value) in enumerate(extras(t), 1):
        numeric = value.replace(".", "").isdigit() and "equipment" not in key
        code: Any = ("3151-8", "Inhaled oxygen flow rate", "LN") if key == "oxygen lpm" else (key, key, "L")
        w.add("OBX", {1: n, 2: "NM" if numeric else "ST", 3: code, 5: value, 11: "F"})


def orc(w: Writer, t: OrderTruth, *, control: str = "NW", number: str = "", timing: Any = None) -> None:
    fields: dict[int, Any] = {1: control, 2: (number or t.order_number, SENDER), 9: dtm(t.signature_date) + "101500"}
    fields |= {12: person(t), 21: t.practice, 7: timing}
    fields[14] = [xtn(t.practice_phone), xtn(t.practice_fax, equipment="FX")]
    w.add("ORC", fields)


def tq1(w: Writer, t: OrderTruth, quantity: int) -> None:
    w.add("TQ1", {1: 1, 2: (quantity, "EA"), 7: dtm(t.service_start), 8: dtm(t.service_end), 9: "R"})


def orm23(w: Writer, t: OrderTruth, control_id: str, *, control: str = "NW", version: str = "2.3", **msh: Any) -> None:
    """ORM^O01 the old way: quantity and timing in ORC-7 and OBR-27, what else there is in notes."""
    w.msh("ORM^O01^ORM_O01", control_id, version, **msh)
    pid(w, t)
    w.add("PV1", {1: 1, 2: "O"})
    in1(w, t)
    for n, line in enumerate(t.order_lines, 1):
        timing = (line["quantity"], "", "", dtm(t.service_start), dtm(t.service_end), "R")
        orc(w, t, control=control, number=f"{t.order_number}" if n == 1 else f"{t.order_number}-{n}", timing=timing)
        number = (t.order_number if n == 1 else f"{t.order_number}-{n}", SENDER)
        text = t.item_text if n == 1 else "Second item"
        w.add("OBR", {1: n, 2: number, 4: (line["code"], text, "HCPCS"), 16: person(t), 27: timing})
        if n == 1:
            notes(w, t, "Please call before delivery.")
            dg1(w, t)


def oml(w: Writer, t: OrderTruth, control_id: str, *, control: str = "NW", version: str = "2.5.1", **msh: Any) -> None:
    """OML^O21: TQ1, the code in OBR-44, observations for the rest."""
    w.msh("OML^O21^OML_O21", control_id, version, **msh)
    pid(w, t, ship=True)
    w.add("PV1", {1: 1, 2: "I"})
    if t.discharge_deadline:
        w.add("PV2", {9: dtm(t.discharge_deadline) + "00"})
    in1(w, t, at=49)
    line = t.order_lines[0]
    orc(w, t, control=control)
    tq1(w, t, line["quantity"])
    w.add(
        "OBR",
        {
            1: 1,
            2: (t.order_number, SENDER),
            4: ("HME01", t.item_text, "L"),
            16: person(t),
            44: (line["code"], "", "HCPCS"),
        },
    )
    dg1(w, t, system="I10C")
    observations(w, t)


def omg(w: Writer, t: OrderTruth, control_id: str) -> None:
    """OMG^O19 as 360X sends it: no acknowledgement asked for but commit, reasons in OBR-31."""
    w.msh("OMG^O19^OMG_O19", control_id, "2.5.1", f15="AL", f16="NE", f18="UNICODE UTF-8", f21="360X")
    pid(w, t)
    w.add("PV1", {1: 1, 2: "O"})
    in1(w, t)
    orc(w, t)
    tq1(w, t, t.order_lines[0]["quantity"])
    reasons = [(code, "", "I10") for code in t.icd10]
    w.add("OBR", {1: 1, 2: (t.order_number, SENDER), 4: (t.order_lines[0]["code"], t.item_text, "HCPCS"), 31: reasons})
    notes(w, t)


def ref(w: Writer, t: OrderTruth, control_id: str, *, version: str = "2.5.1", status: str = "P") -> None:
    """REF^I12: RF1, PRD for who refers and who is asked, PR1 for the item."""
    w.msh("REF^I12^REF_I12", control_id, version)
    kind = {"home_health": ("HHC", "Home Health Care"), "dme": ("DME", "Durable medical equipment")}
    w.add(
        "RF1",
        {1: status, 2: "R", 3: (*kind.get(t.order_type, ("", "Home infusion")), "L"), 6: (t.order_number, SENDER)}
        | {7: dtm(t.service_start), 8: dtm(t.service_end), 9: dtm(t.signature_date)},
    )
    given, family = t.clinician_name.split(" ")
    phones = [xtn(t.practice_phone), xtn(t.practice_fax, equipment="FX")]
    prd = {1: "RP", 2: (family, given, "", "", "Dr."), 5: phones, 7: (t.clinician_npi, "NPI")}
    w.add("PRD", prd)
    w.add("PRD", {1: "RT", 2: ("Doorstep",), 5: xtn("9375550199")})
    pid(w, t)
    in1(w, t)
    dg1(w, t)
    for n, line in enumerate(t.order_lines, 1):
        w.add("PR1", {1: n, 3: (line["code"], t.item_text, "HCPCS"), 5: dtm(t.service_start)})
        w.add("NTE", {1: 1, 3: f"quantity: {line['quantity']}"})
    notes(w, t)


def rxo(w: Writer, t: OrderTruth, control_id: str) -> None:
    """ORM^O01 with a drug: RXO and RXR, the interval in TQ1-3."""
    w.msh("ORM^O01^ORM_O01", control_id, "2.5.1")
    pid(w, t)
    in1(w, t)
    dg1(w, t)
    orc(w, t)
    hours = t.frequency["value"] if t.frequency else 24
    w.add("TQ1", {1: 1, 3: (f"Q{hours}H",), 7: dtm(t.service_start), 8: dtm(t.service_end), 9: "S"})
    line = t.order_lines[0]
    w.add("RXO", {1: (line["code"], t.item_text, "HCPCS"), 2: 1, 4: "g", 11: line["quantity"], 12: "dose"})
    w.add("RXR", {1: ("IV", "Intravenous", "HL70162")})
    if t.access_barriers:
        w.add("NTE", {1: 1, 3: "Access barriers: " + " and ".join(t.access_barriers)})


def samples() -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Yield name, message and expected result of every sample."""

    def ready(name: str, w: Writer, t: OrderTruth, outcome: str, **more: Any) -> tuple[str, bytes, dict[str, Any]]:
        base = {"channel": "hl7v2", "outcome": outcome, "document_class": CLASSES[t.order_type], "missing": []}
        return name, w.bytes(), base | {"fields": t.fields(), "ack": {"code": "AA"}} | more

    def refused(name: str, data: bytes, error: str, where: str) -> tuple[str, bytes, dict[str, Any]]:
        base = {"channel": "hl7v2", "outcome": "rejected", "document_class": "other", "missing": [], "fields": {}}
        return name, data, base | {"ack": {"code": "AR", "error": error, "location": where}}

    oxygen = order_truth(301)
    w = Writer()
    orm23(w, oxygen, "MSG00301")
    yield ready("orm_o01_v23_dme", w, oxygen, "scheduled")

    infusion = order_truth(302, "infusion")
    w = Writer()
    rxo(w, infusion, "MSG00302")
    yield ready("orm_o01_v251_infusion", w, infusion, "scheduled")

    inpatient = order_truth(303, discharge_deadline="2026-11-23T15:30")
    w = Writer()
    oml(w, inpatient, "MSG00303")
    yield ready("oml_o21_v251_dme", w, inpatient, "scheduled")

    visits = order_truth(304, "home_health", member_name="Zoë Łukasiewicz")
    w = Writer()
    oml(w, visits, "MSG00304", version="2.8", f18="UNICODE UTF-8")
    yield ready("oml_o21_v28_utf8", w, visits, "scheduled")

    dressing = order_truth(306)
    w = Writer()
    omg(w, dressing, "MSG00305")
    yield ready("omg_o19_v251_360x", w, dressing, "scheduled", ack={"code": "CA"})

    referral = order_truth(306, "home_health", clinician_name="Rosa O&Malley")
    w = Writer("!@#$%")
    ref(w, referral, "MSG00306", version="2.4")
    yield ready("ref_i12_v24_separators", w, referral, "scheduled")

    referral = order_truth(307)
    w = Writer(line_end="\r\n")
    ref(w, referral, "MSG00307", status="A")
    yield ready("ref_i12_v251_crlf", w, referral, "scheduled")

    two = order_truth(
        308,
        member_name="Renée Müller",
        order_lines=({"code": "E1390", "quantity": 1}, {"code": "E0431", "quantity": 2}),
    )
    w = Writer(codec="iso8859-1")
    orm23(w, two, "MSG00308", version="2.4", f18="8859/1")
    yield ready("orm_o01_v24_latin1_two_items", w, two, "scheduled")

    poor = order_truth(309, omitted=("clinician_npi", "contact_phone"))
    w = Writer()
    orm23(w, poor, "MSG00309", version="2.5.1")
    yield ready("orm_o01_incomplete", w, poor, "incomplete", missing=["clinician_npi", "contact_phone"])

    nobody = order_truth(318, omitted=("dob",))
    w = Writer()
    oml(w, nobody, "MSG00318")
    yield ready("oml_o21_no_dob", w, nobody, "review", missing=["dob"])

    changed = order_truth(303, discharge_deadline="2026-11-25T10:00")
    w = Writer()
    oml(w, changed, "MSG00310", control="XO")
    yield ready("oml_o21_update", w, changed, "updated", of="oml_o21_v251_dme", action="update")

    w = Writer()
    orm23(w, oxygen, "MSG00311", control="CA")
    yield ready("orm_o01_cancel", w, oxygen, "cancelled", of="orm_o01_v23_dme", action="cancel")

    w = Writer()
    omg(w, dressing, "MSG00312")
    yield ready("omg_o19_duplicate", w, dressing, "duplicate", of="omg_o19_v251_360x", ack={"code": "CA"})

    site = order_truth(313)
    w = Writer(line_end="\n")
    orm23(w, site, "MSG00313", version="2.6")
    w.lines.insert(1, "ZPM|1|SITE^SPECIFIC|value with \\T\\ and \\X41\\")
    w.lines.append("ZZZ|anything")
    yield ready("orm_o01_z_segments_lf", w, site, "scheduled")

    w = Writer()
    orm23(w, order_truth(314), "MSG00314")
    yield refused("no_msh", "\r".join(w.lines[1:]).encode() + b"\r", "100", "MSH")

    w = Writer()
    w.msh("QRY^A19^QRY_A19", "MSG00315", "2.4")
    w.add("QRD", {1: "20261120083000", 2: "R", 3: "I", 4: "Q315", 8: ("MRN000315",), 9: "DEM"})
    yield refused("qry_a19_unknown_type", w.bytes(), "200", "MSH-9.1")

    w = Writer()
    orm23(w, order_truth(316), "MSG00316")
    whole = w.bytes()
    yield refused("orm_o01_truncated", whole[: whole.index(b"\rORC") - 20], "100", "ORC")

    w = Writer()
    orm23(w, order_truth(317), "")
    yield refused("orm_o01_no_control_id", w.bytes(), "101", "MSH-10")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, message, expected in samples():
        (FOLDER / f"{name}.hl7").write_bytes(message)
        text = json.dumps(expected, indent=2, ensure_ascii=False, sort_keys=False)
        (FOLDER / f"{name}.expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
