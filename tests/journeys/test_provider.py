"""The provider's side of a running hub, over real HTTP and mail: one hub, one mail server, several orders.

Who accepts first has it; what a provider or the sender takes back reaches the others; escalations are mails.
"""

from __future__ import annotations

import json
import re
import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from typing import Any

import pytest
import yaml

from doorstep.demo.partners import MailServer
from doorstep.demo.process import HubProcess
from doorstep.rules import load
from tests.journeys.road import SAMPLES, eventually, own_ports, web
from tests.services.zygote import popen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ORDER = (SAMPLES / "fhir" / "authorization.json").read_text("utf-8")
FAMILIES = ("Abernathy", "Brixton", "Castellan", "Dunmore", "Eastlake", "Fairbanks")
_NUMBERS = count()
_LINK = re.compile(r"https?://\S+/offers/\S+")
Found = dict[str, Any]


@dataclass
class Road:
    hub: HubProcess
    mail: MailServer
    sent: dict[str, str] = field(default_factory=dict)

    def order(self) -> str:
        """Send an order of a member of its own; return its case, once it is offered."""
        number = next(_NUMBERS)
        text = ORDER.replace("Sample Health Plan", "Aetna").replace("E0260", "E0143")
        text = text.replace("SHP204518", f"W20451{number}").replace("ORD0710841", f"ORD-P{number}")
        text = text.replace("MRN000710", f"MRN-P{number}").replace("Granger", FAMILIES[number])
        text = text.replace("1976-08-23", f"19{50 + number}-0{1 + number}-14")
        self.post(text)
        case_id = str(eventually(self.newest, what="a case"))
        self.sent[case_id] = text
        eventually(lambda: len(self.links(case_id)) == 3, what="three offers")
        return case_id

    def newest(self) -> str | None:
        listed = [one["case"] for one in web().get(f"{self.hub.url}/api/cases").json()]
        return next((one for one in listed if one not in self.sent), None)

    def post(self, bundle: str) -> None:
        sent = web().post(
            f"{self.hub.url}/fhir", content=bundle, headers={"Content-Type": "application/fhir+json"}
        )  # fmt: skip
        assert sent.status_code == 200, sent.text

    def cancel(self, case_id: str) -> None:
        bundle = json.loads(self.sent[case_id])
        next(e["resource"] for e in bundle["entry"] if "intent" in e["resource"])["status"] = "revoked"
        self.post(json.dumps(bundle))

    def case(self, case_id: str) -> Found:
        found: Found = web().get(f"{self.hub.url}/api/cases/{case_id}").json()
        return found

    def mails(self, case_id: str, words: str) -> list[str]:
        return [one.text for one in self.mail.received if case_id in one.text and words in one.text.partition("\n")[0]]

    def links(self, case_id: str) -> list[str]:
        return [found[0] for text in self.mails(case_id, "Service offer") if (found := _LINK.search(text))]

    def says(self, link: str, kind: str, **fields: str) -> Found:
        """Answer an offer as a provider's program would; return what the hub says, with its status."""
        address, _, token = link.partition("?token=")
        answer = web().post(f"{address.replace('/offers/', '/api/offers/')}/{kind}", json={"token": token, **fields})
        return {"status": answer.status_code, **answer.json()}

    def desk(self, case_id: str, command: str, **said: Any) -> None:
        body = {"command": command, "agent": "Marta Lindgren", **said}
        answer = web().post(f"{self.hub.url}/api/desk/cases/{case_id}", json=body)
        assert answer.status_code in {200, 202}, answer.text

    def comes_to(self, case_id: str, state: str) -> Found:
        eventually(lambda: self.case(case_id)["state"] == state, what=state)
        return self.case(case_id)

    def answer_mail(self, subject: str, sender: str, body: str, **headers: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "orders@doorstep.localhost", subject
        mail["Message-ID"] = f"<answer-{len(self.mail.received)}-{sender}>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(body)
        with smtplib.SMTP("127.0.0.1", self.hub.ports["smtp"]) as client:
            client.send_message(mail)


def start(days: int = 3) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="minutes")


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("provider")
    rules = load("escalations")
    levels = [{**level, "email": f"level{level['level']}@desk.example"} for level in rules["levels"]]
    (folder / "escalations.yaml").write_text(yaml.safe_dump({**rules, "levels": levels}), "utf-8")
    mail = MailServer()
    mail.start()
    settings = {
        "DOORSTEP_CONNECTORS__EMAIL__RELAY_HOST": "127.0.0.1",
        "DOORSTEP_CONNECTORS__EMAIL__RELAY_PORT": str(mail.port),
        "DOORSTEP_ESCALATIONS_FILE": str(folder / "escalations.yaml"),
        "DOORSTEP_WORKER_PROCESSES": "1",
        "DOORSTEP_OCR_RAPIDOCR": "off",
    }
    hub = HubProcess(folder / "hub", settings, ports=own_ports(), popen=popen).start()
    try:
        yield Road(hub, mail)
    finally:
        hub.stop()
        mail.stop()


def test_of_three_that_accept_at_once_one_has_it_and_giving_it_back_asks_others(road: Road) -> None:
    case_id = road.order()
    links, when = road.links(case_id), start()
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda link: road.says(link, "accept", start=when), links))
    case = road.comes_to(case_id, "scheduled")
    states = [offer["state"] for offer in case["offers"]]
    assert sorted(states) == ["accepted", "recalled", "recalled"]
    assert sum(answer["status"] == 200 for answer in answers) <= 1
    holder = next(link for link in links if road.says(link, "accept", start=when)["status"] == 200)
    late = next(link for link in links if link != holder)
    assert "no answer is needed any more" in web().get(late).text
    eventually(lambda: road.mails(case_id, "Your service"), what="the details to the provider")
    assert FAMILIES[0] in web().get(holder).text
    assert road.says(holder, "withdraw", code="other")["status"] in {200, 202}
    eventually(lambda: len(road.links(case_id)) > 3, what="offers to others")
    assert road.case(case_id)["state"] == "dispatching"
    assert "You gave this order back" in web().get(holder).text


def test_a_decline_leaves_the_offer_to_the_others_and_a_mail_accepts_a_proposed_window(road: Road) -> None:
    case_id = road.order()
    *others, last = road.case(case_id)["offers"]
    for one in others:
        link = next(link for link in road.links(case_id) if one["offer_id"] in link)
        assert road.says(link, "decline", code="no-capacity", reason="full this week")["status"] in {200, 202}
    offer = next(text for text in road.mails(case_id, "Service offer") if last["offer_id"] in text)
    providers = load("network/sample")["providers"]
    domain = next(one["email"].partition("@")[2] for one in providers if str(one["npi"]) == last["npi"])
    road.answer_mail(f"Re: {offer.partition(chr(10))[0]}", f"dispatch@{domain}", "ACCEPT 2")
    case = road.comes_to(case_id, "scheduled")
    assert case["provider"] == last["provider_name"]
    assert sorted(one["state"] for one in case["offers"]) == ["accepted", "declined", "declined"]


def test_a_hold_recalls_the_offers_and_a_cancellation_reaches_the_provider_that_holds_the_order(road: Road) -> None:
    case_id = road.order()
    first = road.links(case_id)
    road.desk(case_id, "hold", cause="patient-unavailable", until=start(2), note="the daughter called")
    eventually(lambda: {o["state"] for o in road.case(case_id)["offers"]} == {"recalled"}, what="no offer out")
    assert road.says(first[0], "accept", start=start())["status"] == 409
    road.desk(case_id, "release", cause="patient-unavailable", note="she is home again")
    eventually(lambda: len(road.links(case_id)) > 3, what="offers again")
    road.says(road.links(case_id)[-1], "accept", start=start())
    road.comes_to(case_id, "scheduled")
    road.cancel(case_id)
    road.comes_to(case_id, "cancelled")
    eventually(lambda: road.mails(case_id, "Order cancelled"), what="the provider is told")
    assert "please do not carry it out" in web().get(road.links(case_id)[-1]).text


def test_an_escalation_and_its_answer_are_one_thread_on_the_case(road: Road) -> None:
    case_id = road.order()
    road.desk(case_id, "escalate", reason="no delivery date", committed_eta=start(1))
    (raised,) = eventually(lambda: road.mails(case_id, "Case escalated to level 1"), what="the escalation mail")
    sent_id = next(one.provider_id for one in road.mail.received if one.text == raised)
    road.answer_mail("Re: your case", "level1@desk.example", "The driver comes on Tuesday.", In_Reply_To=sent_id)
    eventually(lambda: len(road.case(case_id)["mails"]) == 2, what="both mails")
    mails = road.case(case_id)["mails"]
    assert [(mail["ours"], mail["who"]) for mail in mails] == [
        (True, "level1@desk.example"), (False, "level1@desk.example"),
    ]  # fmt: skip
    assert mails[1]["says"] == "The driver comes on Tuesday."
    page = web().get(f"{road.hub.url}/cases/{case_id}").text
    assert "Mails about the escalation" in page
    assert "The driver comes on Tuesday." in page
    assert json.dumps(road.case(case_id)["detail"]["mails"]).count("answer-") == 1
