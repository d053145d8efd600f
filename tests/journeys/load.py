"""Senders under load: HL7 v2 orders that differ, sent over MLLP until each is acknowledged."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

from tests.samples.people import OrderTruth, order_truth

_START, _END = b"\x0b", b"\x1c\r"


@dataclass
class Acknowledged:
    """What the hub has said AA to: from then on it is the hub's to lose."""

    control_ids: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, control_id: str) -> None:
        with self._lock:
            self.control_ids.add(control_id)


def hl7_order(number: int) -> bytes:
    """Return one complete order, a person of its own each time."""
    truth = order_truth(1000 + number, "dme", member_name=f"Person{_letters(number)} Loadtest")
    return message(truth, control_id=f"LOAD{number:05d}")


def message(truth: OrderTruth, *, control_id: str) -> bytes:
    """Return an ORM^O01 that says what the truth says."""
    given, family = truth.member_name.split(" ", 1)
    doctor_given, doctor_family = truth.clinician_name.split(" ", 1)
    street, city, state, postal = truth.address_parts
    ordered = truth.signature_date.replace("-", "")
    doctor = f"{truth.clinician_npi}^{doctor_family}^{doctor_given}^^^^^^NPI^^^^NPI"
    lines = [
        f"MSH|^~\\&|EHR|HOSP|DOORSTEP|HUB|{ordered}120000||ORM^O01|{control_id}|P|2.5.1",
        f"PID|1||{truth.member_id}^^^PAYER^MB||{family}^{given}||{truth.dob.replace('-', '')}|{truth.sex[0].upper()}"
        f"|||{street}^^{city}^{state}^{postal}||{truth.contact_phone}",
        f"IN1|1||PAY^^|{truth.payer}||||{truth.group_no}||||||||||||||||||||||||||||{truth.member_id}",
        f"ORC|NW|{control_id}||||||||||{doctor}",
    ]
    for ordinal, line in enumerate(truth.order_lines, 1):
        lines.append(
            f"OBR|{ordinal}|{control_id}||{line['code']}^{truth.item_text}^HCPCS||{ordered}|"
            f"{truth.service_start.replace('-', '')}|||||||||{doctor}|||||||||||{line['quantity']}"
        )
    lines += [f"DG1|{n}||{code}^^I10" for n, code in enumerate(truth.icd10, 1)]
    return "\r".join(lines).encode() + b"\r"


def send_hl7(raw: bytes, port: int, taken: Acknowledged) -> bool:
    """Send once; True when the hub acknowledged. No answer is no acknowledgement: the sender repeats."""
    control_id = raw.split(b"|")[9].decode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
            link.sendall(_START + raw + _END)
            answer = b""
            while _END not in answer:
                chunk = link.recv(4096)
                if not chunk:
                    return False
                answer += chunk
    except OSError:
        return False
    if f"MSA|AA|{control_id}".encode() not in answer:
        return False
    taken.add(control_id)
    return True


def _letters(number: int) -> str:
    """Return the number in letters, so that no two people of a load have the same name."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))
