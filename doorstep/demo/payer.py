"""A stand-in payer: a real HTTP server that answers 270, 278 and FHIR PAS, by the first letters of the member id.

Like a good payer it knows a request by its trace number: a repeat gets the first answer again and counts once.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from schemas.fhir.pas import PROFILES, TRACE_SYSTEM
from schemas.x12 import Interchange, parse
from schemas.x12.reading import Tree
from schemas.x12.review import CANCEL
from schemas.x12.writer import Parties, interchange

BEHAVIOURS = {
    "DEN": "denies",
    "PEN": "pends, then approves",
    "PAR": "approves a part",
    "INA": "knows no active coverage",
    "UNK": "does not find the member",
    "SLO": "answers slowly",
    "ERR": "answers 500",
    "GAR": "answers garbage",
}
"""The first three letters of a member id and what then happens; every other member is covered and approved."""


@dataclass
class StandInPayer:
    """`submitted` are the distinct authorization requests, `asked` counts every request by its operation.

    `cancelled` are the distinct cancellations, each with what it is about: a number, or the trace of a submission.
    """

    pends: int = 1
    slow_seconds: float = 3.0
    asked: Counter[str] = field(default_factory=Counter)
    submitted: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled: dict[str, str] = field(default_factory=dict)
    inquiries: Counter[str] = field(default_factory=Counter)
    broken: bool = False
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        payer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                status, kind, answer = payer.answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settings(self) -> dict[str, str]:
        """Return the environment that makes this the partner `sample` of a hub."""
        partner = {"eligibility_url": f"{self.url}/x12", "pas_url": f"{self.url}/fhir", "receiver": "SAMPLE01"}
        return {"DOORSTEP_CONNECTORS__PAYER__PARTNERS": json.dumps({"sample": partner})}

    def answer(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Return status, content type and body for one request."""
        with self._lock:
            self.asked[path.rpartition("/")[2]] += 1
        if self.broken:
            return 503, "text/plain", b"away"
        try:
            if path == "/x12":
                return self._eligibility(body)
            return self._review(json.loads(body), inquiry=path.endswith("$inquire"))
        except (ValueError, KeyError, IndexError, StopIteration):
            return 400, "text/plain", b"that cannot be read"

    def _spoilt(self, member_id: str) -> tuple[int, str, bytes] | None:
        match member_id[:3]:
            case "ERR":
                return 500, "text/plain", b"an error"
            case "GAR":
                return 200, "text/html", b"<html>we are away</html>"
            case "SLO":
                time.sleep(self.slow_seconds)
        return None

    def _eligibility(self, body: bytes) -> tuple[int, str, bytes]:
        (asked,) = parse(body)
        loop = next(one for one in Tree(asked.transactions[0].segments).loops if one.level == "22")
        name, trace = loop.first("NM1", 1, "IL"), loop.first("TRN", 1, "1")
        assert name is not None
        member_id = name.get(9)
        if (spoilt := self._spoilt(member_id)) is not None:
            return spoilt
        if asked.transactions[0].kind == "278":
            return self._review_278(asked, member_id)
        said = {"INA": ["EB*6**30"], "UNK": ["AAA*N**75*C"]}.get(member_id[:3])
        assert trace is not None
        body_271 = [
            "BHT*0022*11*STANDIN*20261123*1500", "HL*1**20*1", "NM1*PR*2*SAMPLE HEALTH PLAN*****PI*SAMPLE01",
            "HL*2*1*21*1", "NM1*1P*2*REQUESTER", "HL*3*2*22*0", f"TRN*2*{trace.get(2)}*9STANDIN00",
            f"NM1*IL*1*{name.get(3)}*{name.get(4)}****MI*{member_id}",
            *(said or ["DTP*346*D8*20200101", "EB*1**30**SAMPLE GOLD", "EB*1*IND*12^18^42"]),
        ]  # fmt: skip
        parties = Parties(sender="SAMPLE01", receiver=asked.sender)
        answer = interchange(parties, "1", datetime.now(UTC), "HB", "005010X279A1", "271", body_271)
        return 200, "application/edi-x12", answer

    def _review_278(self, asked: Interchange, member_id: str) -> tuple[int, str, bytes]:
        """Decide on a 278: one action for the whole, repeated for every service line."""
        tree = Tree(asked.transactions[0].segments)
        event = tree.level("EV")[0]
        trace = next(one.get(2) for one in event.all("TRN"))
        hcr = {"DEN": "HCR*A3**0V", "PEN": "HCR*A4"}.get(member_id[:3], f"HCR*A1*{authorization_number(trace)}")
        wanted, given = event.first("UM"), event.first("REF", 1, "BB")
        before = given.get(2) if given else [one.get(2) for one in event.all("TRN")][-1]
        with self._lock:
            if wanted is not None and wanted.get(2) == CANCEL:
                self.cancelled.setdefault(trace, before)
                hcr = "HCR*C"
            else:
                self.submitted.setdefault(trace, {"services": len(tree.level("SS"))})
        body = [
            "BHT*0007*11*STANDIN*20261123*1500*18", "HL*1**20*1", "NM1*X3*2*SAMPLE HEALTH PLAN*****PI*SAMPLE01",
            "HL*2*1*21*1", "NM1*1P*2*REQUESTER", "HL*3*2*22*1", f"NM1*IL*1*MEMBER*****MI*{member_id}",
            "HL*4*3*EV*1", f"TRN*2*{trace}*9STANDIN00", hcr,
        ]  # fmt: skip
        for number, service in enumerate(tree.level("SS"), start=5):
            sv1 = service.first("SV1")
            assert sv1 is not None
            body += [f"HL*{number}*4*SS*0", hcr, f"SV1*{sv1.get(1)}**UN*{sv1.get(4)}"]
        parties = Parties(sender="SAMPLE01", receiver=asked.sender)
        return 200, "application/edi-x12", interchange(
            parties, "1", datetime.now(UTC), "HI", "005010X217", "278", body
        )  # fmt: skip

    def _review(self, bundle: dict[str, Any], *, inquiry: bool) -> tuple[int, str, bytes]:
        resources = [one["resource"] for one in bundle["entry"]]
        claim = resources[0]
        trace = claim["identifier"][0]["value"]
        member_id = next(one["subscriberId"] for one in resources if one["resourceType"] == "Coverage")
        if (spoilt := self._spoilt(member_id)) is not None:
            return spoilt
        if _cancels(claim):
            with self._lock:
                self.cancelled.setdefault(trace, claim["related"][0]["claim"]["reference"].rpartition("/")[2])
            return 200, "application/fhir+json", json.dumps(claim_response(claim, trace, "CANCEL")).encode()
        with self._lock:
            if inquiry:
                self.inquiries[trace] += 1
            else:
                self.submitted.setdefault(trace, claim)
            kind = member_id[:3]
            if kind == "PEN" and self.inquiries[trace] >= self.pends:
                kind = "APP"
        answer = claim_response(self.submitted[trace], trace, kind)
        return 200, "application/fhir+json", json.dumps(answer).encode()


def _cancels(claim: dict[str, Any]) -> bool:
    codes = [one["valueCodeableConcept"]["coding"][0]["code"] for one in claim.get("extension", [])]
    return codes == [CANCEL]


def authorization_number(trace: str) -> str:
    """Return the number of an approval: the same for every repeat of a request."""
    return f"AUTH{int(hashlib.sha256(trace.lower().encode()).hexdigest()[:8], 16) % 1_000_000:06d}"


def claim_response(claim: dict[str, Any], trace: str, kind: str) -> dict[str, Any]:
    """Return the Bundle that decides on a claim; `kind` are the first letters of the member id."""
    number = authorization_number(trace)
    today = datetime.now(UTC).date()
    days = {"start": today.isoformat(), "end": (today + timedelta(days=90)).isoformat()}
    items = []
    for place, item in enumerate(claim["item"]):
        action = {"CANCEL": "C", "DEN": "A3", "PAR": "A1" if place == 0 else "A3"}.get(kind, "A1")
        parts: list[dict[str, Any]] = [
            {"url": PROFILES + "extension-reviewActionCode", "valueCodeableConcept": {"coding": [{"code": action}]}}
        ]
        if action == "A1":
            parts.append({"url": "number", "valueString": number})
        elif action != "C":
            reason = {"coding": [{"system": "https://codesystem.x12.org/external/886", "code": "0V"}]}
            parts.append({"url": "reasonCode", "valueCodeableConcept": reason})
        review = {"url": PROFILES + "extension-reviewAction", "extension": parts}
        adjudication = {"category": {"coding": [{"code": "submitted"}]}, "extension": [review]}
        items.append({"itemSequence": item["sequence"], "adjudication": [adjudication]})
    response: dict[str, Any] = {
        "resourceType": "ClaimResponse",
        "identifier": [{"system": TRACE_SYSTEM, "value": trace}],
        "status": "active",
        "use": "preauthorization",
        "outcome": "queued" if kind == "PEN" else "complete",
    }
    if kind == "PEN":
        items = []
    elif kind == "CANCEL":
        response["disposition"] = "Cancelled."
    elif kind == "DEN":
        response["disposition"] = "Not medically necessary as documented. Peer to peer: 800 555 0100 within 10 days."
    else:
        response |= {"preAuthRef": number, "preAuthPeriod": days}
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {**response, "item": items}}]}
