"""Subscriptions on a hub process with access on: handshake, numbered events, errors, restarts, tenants apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from threading import Event
from typing import Any

import httpx
import pytest

from connectors.fhir.subscriptions.reading import BACKPORT
from doorstep.access.keys import hashed
from doorstep.demo.process import HubProcess
from schemas.fhir import validate
from tests.connectors.fhir.server import SAMPLES
from tests.connectors.fhir.subscriber import Subscriber, subscriber, until
from tests.journeys.road import own_ports
from tests.services.zygote import popen

KEYS = {"north": "dsk_north", "south": "dsk_south", "desk": "dsk_desk", "narrow": "dsk_narrow"}
TOPIC = "urn:doorstep:subscription-topic:task-status"
SECRET = "Authorization: Bearer s3cr3t-of-the-subscriber"
ORDERS = count(1)


@dataclass
class Hub:
    process: HubProcess
    subscriber: Subscriber
    client: httpx.Client

    def ask(self, method: str, path: str, body: Any = None, who: str = "north", **headers: str) -> httpx.Response:
        told = {"Authorization": f"Bearer {KEYS[who]}", "Content-Type": "application/fhir+json", **headers}
        content = None if body is None else json.dumps(body).encode()
        return self.client.request(method, f"{self.process.url}/fhir/{path}", content=content, headers=told)

    def subscribe(self, path: str, who: str = "north", **changes: Any) -> dict[str, Any]:
        answer = self.ask("POST", "Subscription", wish(f"{self.subscriber.url}{path}", **changes), who)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def state(self, one: str, who: str = "north") -> str:
        return str(self.ask("GET", f"Subscription/{one}", who=who).json()["status"])

    def active(self, path: str, who: str = "north", **changes: Any) -> str:
        one = str(self.subscribe(path, who, **changes)["id"])
        until(lambda: self.state(one, who) == "active")
        return one

    def order(self, who: str = "north") -> str:
        """Send an order that opens a case of its own; return its reference."""
        answer = self.ask("POST", "", order(next(ORDERS)), who)
        assert answer.status_code == 200, answer.text
        location = answer.json()["entry"][0]["response"]["location"]
        return str(location.partition("/fhir/")[2].rpartition("/_history")[0])

    def count(self, one: str) -> int:
        status = self.ask("GET", f"Subscription/{one}/$status").json()["entry"][0]["resource"]
        return next(int(p["valueString"]) for p in status["parameter"] if p["name"].startswith("events-since"))


def order(number: int) -> dict[str, Any]:
    """Return a complete order for another person each time."""
    bundle: dict[str, Any] = json.loads((SAMPLES / "transaction.json").read_text("utf-8"))
    for entry in bundle["entry"]:
        resource = entry["resource"]
        match resource["resourceType"]:
            case "ServiceRequest":
                resource["identifier"][0]["value"] = f"SUB{number:06d}"
            case "Patient":
                resource["identifier"][0]["value"] = f"MRN9{number:05d}"
                family = "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")
                resource["name"] = [{"family": f"Q{family}", "given": ["Testa"]}]
                resource["birthDate"] = f"19{number % 60 + 30}-03-{number % 27 + 1:02d}"
            case "Coverage":
                resource["subscriberId"] = f"7XH{number:04d}T9"
    return bundle


def wish(endpoint: str, *, content: str | None = "id-only", heartbeat: int = 0, **changes: Any) -> dict[str, Any]:
    channel: dict[str, Any] = {"type": "rest-hook", "endpoint": endpoint, "header": [SECRET]}
    if content is not None:
        extension = {"url": f"{BACKPORT}/backport-payload-content", "valueCode": content}
        channel |= {"payload": "application/fhir+json", "_payload": {"extension": [extension]}}
    if heartbeat:
        url = f"{BACKPORT}/backport-heartbeat-period"
        channel["extension"] = [{"url": url, "valueUnsignedInt": heartbeat}]
    made = {"resourceType": "Subscription", "status": "requested", "reason": "to be told", "criteria": TOPIC}
    return made | {"channel": channel} | changes


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with subscriber() as there:
        clients = {name: {"keys": [hashed(key)], "operator": name == "desk"} for name, key in KEYS.items()}
        clients["narrow"] |= {"scopes": ["system/Subscription.cruds", "system/ServiceRequest.r"]}
        fhir = "DOORSTEP_CONNECTORS__FHIR__"
        settings = {
            "DOORSTEP_ACCESS__CLIENTS": json.dumps(clients),
            "DOORSTEP_NOTICE_ATTEMPTS": "3",
            f"{fhir}SUBSCRIBERS": json.dumps({"*": [there.url]}),
            f"{fhir}SUBSCRIBER_NETWORKS": '["127.0.0.0/8"]',
            f"{fhir}FULL_RESOURCE": '["north"]',
            f"{fhir}LEAST_HEARTBEAT": "1",
            f"{fhir}NOTICE_TIMEOUT": "30",
        }
        process = HubProcess(tmp_path_factory.mktemp("hub"), settings, ports=own_ports(), popen=popen).start()
        try:
            with httpx.Client(timeout=20, transport=httpx.HTTPTransport(retries=2)) as client:
                yield Hub(process, there, client)
        finally:
            log = process.data_dir / "hub.log"
            process.stop()
            assert "s3cr3t" not in log.read_text("utf-8")


def test_a_wish_is_shaken_hands_with_and_then_told_of_each_event_by_number(hub: Hub) -> None:
    first = hub.subscribe("/told")
    assert (first["status"], "header" in first["channel"]) == ("requested", False)
    until(lambda: hub.state(first["id"]) == "active")
    (shake,) = hub.subscriber.of("/told", "handshake")
    assert shake.status["events-since-subscription-start"]["valueString"] == "0"
    assert shake.headers["Authorization"] == "Bearer s3cr3t-of-the-subscriber"
    order = hub.order()
    task = hub.ask("GET", f"Task?focus={order}").json()["entry"][0]["resource"]["id"]
    until(lambda: len(hub.subscriber.numbers("/told")) >= 2)
    told = hub.subscriber.of("/told")
    assert [one.number for one in told] == list(range(1, len(told) + 1))
    assert {one.focus for one in told} == {f"{hub.process.url}/fhir/Task/{task}"}
    for one in [shake, *told]:
        assert one.body is not None
        assert validate(one.body) == []
        assert (one.body["type"], len(one.body["entry"])) == ("history", 1)
        assert one.status["topic"]["valueCanonical"] == TOPIC
        assert one.status["subscription"]["valueReference"]["reference"].endswith(f"/Subscription/{first['id']}")
    assert "person" not in json.dumps([one.body for one in told])


def test_the_same_wish_again_is_the_same_subscription(hub: Hub) -> None:
    one = hub.active("/again")
    assert hub.subscribe("/again")["id"] == one
    hub.order()
    until(lambda: len(hub.subscriber.numbers("/again")) >= 2)
    assert len(hub.subscriber.of("/again", "handshake")) == 1
    numbers = hub.subscriber.numbers("/again")
    assert numbers == list(range(1, len(numbers) + 1))


def test_partners_are_told_of_their_own_and_see_their_own_subscriptions(hub: Hub) -> None:
    one = hub.active("/south", "south")
    mine = hub.active("/north")
    hub.order("north")
    until(lambda: len(hub.subscriber.numbers("/north")) >= 2)
    order = hub.order("south")
    until(lambda: len(hub.subscriber.numbers("/south")) >= 2)
    own = hub.ask("GET", f"Task?focus={order}", who="south").json()["entry"][0]["resource"]["id"]
    assert {told.focus.rpartition("/")[2] for told in hub.subscriber.of("/south")} == {own}
    for method, path in [
        ("GET", ""), ("DELETE", ""), ("GET", "/$status"), ("GET", "/$events"), ("PUT", ""), ("GET", "/_history"),
        ("GET", "/_history/1"),
    ]:  # fmt: skip
        body = wish(hub.subscriber.url + "/evil") | {"id": one} if method == "PUT" else None
        answer = hub.ask(method, f"Subscription/{one}{path}", body)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (404, "not-found")
    shown = {s["resource"]["id"] for s in hub.ask("GET", "Subscription", who="south").json()["entry"]}
    assert (one in shown, mine in shown) == (True, False)
    everyones = {s["resource"]["id"] for s in hub.ask("GET", "Subscription", who="desk").json()["entry"]}
    assert {one, mine} <= everyones


def test_a_case_is_seen_by_who_sent_something_to_it_and_by_the_operator(hub: Hub) -> None:
    task = hub.ask("GET", f"Task?focus={hub.order()}").json()["entry"][0]["resource"]["id"]

    def number() -> str:
        shown = hub.ask("GET", f"Task/{task}").json()["identifier"][0]
        return str(shown["value"]) if shown["system"].endswith("case") else ""

    until(number)

    def seen(who: str, path: str = "") -> httpx.Response:
        key = {"Authorization": f"Bearer {KEYS[who]}"}
        return hub.client.get(f"{hub.process.url}/api/cases{path}", headers=key)

    one = f"/{number()}"
    for who, sees in (("north", True), ("desk", True), ("south", False)):
        assert (number() in [line["case"] for line in seen(who).json()]) is sees
        assert seen(who, one).status_code == (200 if sees else 404)
    assert seen("south", one).json() == seen("south", "/DS-999999-9").json()
    mine, whole = seen("north", one).json(), seen("desk", one).json()
    assert mine["timeline"][0]["says"] == "received by fhir"
    assert "detail" not in mine
    assert "detail" in whole


def test_an_r4_criterion_is_told_by_a_ping_when_it_fits(hub: Hub) -> None:
    fits = hub.subscribe("/fits", content=None, criteria="Task?status=received&intent=order")["id"]
    never = hub.subscribe("/never", content=None, criteria="Task?status=completed")["id"]
    orders = hub.subscribe("/orders", content=None, criteria="ServiceRequest?code=E0431")["id"]
    until(lambda: {hub.state(one) for one in (fits, never, orders)} == {"active"})
    hub.order()
    until(lambda: len(hub.subscriber.of("/fits", "ping")) >= 2 and len(hub.subscriber.of("/orders", "ping")) >= 2)
    assert len(hub.subscriber.of("/never", "ping")) == 1, "the handshake only"
    assert hub.count(never) == 0
    assert hub.count(orders) >= 1


def test_whole_resources_go_to_who_may_have_them_and_empty_says_nothing(hub: Hub) -> None:
    hub.active("/whole", content="full-resource")
    hub.active("/empty", content="empty")
    refused = hub.ask("POST", "Subscription", wish(hub.subscriber.url + "/x", content="full-resource"), "south")
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (422, "business-rule")
    hub.order()
    until(lambda: hub.subscriber.of("/whole") and hub.subscriber.of("/empty"))
    whole, empty = hub.subscriber.of("/whole")[0], hub.subscriber.of("/empty")[0]
    assert whole.body is not None
    assert empty.body is not None
    assert whole.body["entry"][1]["resource"]["resourceType"] == "Task"
    assert whole.body["entry"][1]["fullUrl"] == whole.focus
    assert "focus" not in empty.event
    assert len(empty.body["entry"]) == 1


def test_heartbeats_come_while_nothing_happens_and_end_with_the_subscription(hub: Hub) -> None:
    one = hub.active("/beats", heartbeat=1)
    until(lambda: len(hub.subscriber.of("/beats", "heartbeat")) >= 2)
    off = hub.ask("PUT", f"Subscription/{one}", wish(hub.subscriber.url + "/beats", status="off") | {"id": one})
    assert (off.status_code, off.json()["status"]) == (200, "off")
    seen = len([told for told in hub.subscriber.told if told.path == "/beats"])
    hub.order()
    assert hub.ask("DELETE", f"Subscription/{one}").status_code == 204
    assert hub.ask("GET", f"Subscription/{one}").status_code == 410
    other = hub.active("/after")
    hub.order()
    until(lambda: hub.subscriber.of("/after"))
    assert other
    assert len([told for told in hub.subscriber.told if told.path == "/beats"]) <= seen + 1, "one was on its way"


def test_who_cannot_be_told_is_in_error_and_asks_later_for_what_it_missed(hub: Hub) -> None:
    hub.subscriber.replies["/broken"] = lambda told: 200 if told.kind == "handshake" else 503
    one = hub.active("/broken")
    hub.order()
    until(lambda: hub.state(one) == "error")
    shown = hub.ask("GET", f"Subscription/{one}").json()
    assert "503" in shown["error"]
    hub.order()
    until(lambda: hub.count(one) >= 4)
    assert hub.subscriber.of("/broken") == []
    missed = hub.ask("GET", f"Subscription/{one}/$events?eventsSinceNumber=2&eventsUntilNumber=3").json()
    parts = [p for p in missed["entry"][0]["resource"]["parameter"] if p["name"] == "notification-event"]
    assert [p["part"][0]["valueString"] for p in parts] == ["2", "3"]
    assert validate(missed) == []
    since = hub.ask("GET", f"Subscription/{one}/$events?eventsSinceNumber=2")
    assert since.status_code == 200, "how far to go may be left out, as in the backport guide"
    parts = [p for p in since.json()["entry"][0]["resource"]["parameter"] if p["name"] == "notification-event"]
    assert [p["part"][0]["valueString"] for p in parts][:2] == ["2", "3"]
    del hub.subscriber.replies["/broken"]
    before = hub.count(one)
    again = hub.ask("PUT", f"Subscription/{one}", wish(hub.subscriber.url + "/broken") | {"id": one})
    assert (again.status_code, "error" in again.json()) == (200, False)
    until(lambda: hub.state(one) == "active")
    hub.order()
    until(lambda: hub.subscriber.of("/broken"))
    assert hub.subscriber.numbers("/broken")[0] > before


def test_a_slow_subscriber_holds_up_nobody_else(hub: Hub) -> None:
    go_on = Event()
    hub.subscriber.replies["/slow"] = lambda told: 200 if told.kind == "handshake" or go_on.wait(25) else 503
    hub.active("/slow")
    hub.active("/quick")
    hub.order()
    until(lambda: len(hub.subscriber.numbers("/quick")) >= 2)
    assert hub.subscriber.numbers("/slow") == []
    go_on.set()
    until(lambda: len(hub.subscriber.numbers("/slow")) >= 2)
    told = list(dict.fromkeys(hub.subscriber.numbers("/slow")))
    assert told == list(range(1, len(told) + 1))
    del hub.subscriber.replies["/slow"]


def test_a_redirect_is_not_followed(hub: Hub) -> None:
    hub.subscriber.replies["/moved"] = lambda _: 302
    one = hub.subscribe("/moved")["id"]
    until(lambda: hub.state(one) == "error")
    assert not [told for told in hub.subscriber.told if told.path == "/elsewhere"]


def test_changes_follow_the_version_that_was_seen(hub: Hub) -> None:
    one = hub.active("/tags")
    body = wish(hub.subscriber.url + "/tags") | {"id": one}
    assert hub.ask("PUT", f"Subscription/{one}", body, **{"If-Match": 'W/"1"'}).status_code == 412
    tag = hub.ask("GET", f"Subscription/{one}").headers["etag"]
    assert hub.ask("PUT", f"Subscription/{one}", body, **{"If-Match": tag}).status_code == 200
    kept = {k: v for k, v in body["channel"].items() if k != "header"}
    assert hub.ask("PUT", f"Subscription/{one}", body | {"channel": kept}).status_code == 200
    until(lambda: hub.state(one) == "active")
    assert hub.subscriber.of("/tags", "handshake")[-1].headers["Authorization"].endswith("s3cr3t-of-the-subscriber")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"criteria": "Observation?code=1"}, "criteria"),
        ({"criteria": "Task?nothing=1"}, "criteria"),
        ({"criteria": "Task?_lastUpdated=gt2020"}, "criteria"),
        ({"criteria": "http://example.org/topic"}, "criteria"),
        ({"status": "error"}, "status"),
        ({"end": "2020-01-01T00:00:00Z"}, "end"),
        ({"channel": {"type": "email", "endpoint": "mailto:a@b.example"}}, "channel.type"),
        ({"channel": {"type": "rest-hook"}}, "channel.endpoint"),
        ({"channel": {"type": "rest-hook", "endpoint": "https://evil.example/x"}}, "channel.endpoint"),
        ({"channel": {"type": "rest-hook", "endpoint": "http://169.254.169.254/latest"}}, "channel.endpoint"),
        ({"channel": {"type": "rest-hook", "endpoint": "file:///etc/passwd"}}, "channel.endpoint"),
    ],
)
def test_what_is_not_done_is_refused_with_its_element(hub: Hub, change: dict[str, Any], where: str) -> None:
    answer = hub.ask("POST", "Subscription", wish(hub.subscriber.url + "/refused") | change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["issue"][0]["expression"] == [f"Subscription.{where}"]


def test_who_may_not_read_a_task_is_not_told_of_one_either(hub: Hub) -> None:
    url = hub.subscriber.url + "/narrow"
    refused = hub.ask("POST", "Subscription", wish(url), "narrow")
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (403, "forbidden")
    taken = hub.ask("POST", "Subscription", wish(url, criteria="ServiceRequest?status=active"), "narrow")
    assert taken.status_code == 201


def test_subscriptions_are_found_by_what_they_say(hub: Hub) -> None:
    one = hub.subscribe("/found")["id"]
    url = f"{hub.subscriber.url}/found"
    found = hub.client.post(
        f"{hub.process.url}/fhir/Subscription/_search",
        data={"url": url},
        headers={"Authorization": f"Bearer {KEYS['north']}"},
    ).json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [one]
    assert hub.ask("GET", f"Subscription?url={url}&status=off").json()["total"] == 0
    assert hub.ask("GET", "Subscription?nothing=1").status_code == 400
    several = hub.ask("GET", f"Subscription/$status?id={one}").json()
    assert several["total"] == 1
    body = {"resourceType": "Parameters", "parameter": [{"name": "id", "valueId": one}]}
    assert hub.ask("POST", "Subscription/$status", body).json()["total"] == 1
    assert hub.ask("GET", f"Subscription/{one}/$events?eventsSinceNumber=x").status_code == 400
    assert hub.ask("GET", f"Subscription/{one}/$events").status_code == 200
    assert hub.ask("GET", f"Subscription/{one}/$events?eventsSinceNumber={2**62}").status_code == 400


def test_headers_that_would_break_http_are_refused(hub: Hub) -> None:
    for header in ("Host: evil", "X: a\r\nY: b", "no colon", "Content-Length: 1", "Transfer-Encoding: chunked"):
        body = wish(hub.subscriber.url + "/refused")
        body["channel"]["header"] = [header]
        assert hub.ask("POST", "Subscription", body).status_code == 422, header


def test_a_killed_hub_leaves_no_gap_and_repeats_under_the_same_number(hub: Hub) -> None:
    for entry in hub.ask("GET", "Subscription", who="desk").json()["entry"]:
        assert hub.ask("DELETE", f"Subscription/{entry['resource']['id']}", who="desk").status_code == 204
    one = hub.active("/kill")
    for after in (1, 4):
        for _ in range(3):
            hub.order()
        until(lambda after=after: len(hub.subscriber.of("/kill")) >= after)  # type: ignore[misc]
        hub.process.kill()
        hub.process.start()
    hub.order()
    until(lambda: hub.ask("GET", "Subscription", who="desk").status_code == 200)
    until(lambda: hub.count(one) >= 14 and max(hub.subscriber.numbers("/kill")) == hub.count(one))
    by_number: dict[int, set[str]] = {}
    for told in hub.subscriber.of("/kill"):
        by_number.setdefault(told.number, set()).add(told.focus + str(told.event["timestamp"]))
    assert sorted(by_number) == list(range(1, hub.count(one) + 1))
    assert all(len(said) == 1 for said in by_number.values())
    firsts = list(dict.fromkeys(hub.subscriber.numbers("/kill")))
    assert firsts == sorted(firsts)
