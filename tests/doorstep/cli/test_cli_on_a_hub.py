"""The command line and the API beside a running hub, and on the journal of one that has stopped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.demo.process import HubProcess
from schemas.fhir import validate, xml_dumps
from tests.doorstep.cli.running import Ran, doorstep, environment
from tests.journeys.road import SAMPLES, eventually, web
from tests.services.zygote import popen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CONTROL_ID = "CLI-1"
HOSTILE = "<script>alert(1)</script>"


@dataclass
class Running:
    """One hub for all tests, with one order and one broken message in it."""

    hub: HubProcess
    folder: Path

    def run(self, *args: str | Path, **settings: str) -> Ran:
        return doorstep(*args, cwd=self.folder, data_dir=str(self.hub.data_dir), **settings)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return web().get(f"{self.hub.url}{path}", headers={k.replace("_", "-"): v for k, v in headers.items()})

    @property
    def case(self) -> str:
        (found,) = self.run("find", "--control-id", CONTROL_ID).lines
        return str(found["case"])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("cli")
    hub = HubProcess(folder / "data", {"DOORSTEP_WORKER_PROCESSES": "1"}, popen=popen).start()
    there = Running(hub, folder)
    lines = (SAMPLES / "hl7v2" / "oml_o21_v251_dme.hl7").read_bytes().replace(b"\r\n", b"\r").split(b"\r")
    head = lines[0].split(b"|")
    head[9] = CONTROL_ID.encode()
    order = b"\r".join([b"|".join(head), *lines[1:]])
    name = next(line for line in lines if line.startswith(b"PID")).split(b"|")[5].split(b"^")[0]
    (folder / "order.hl7").write_bytes(order.replace(name, HOSTILE.encode()))
    sent = there.run("send", "order.hl7", "--to", f"mllp://127.0.0.1:{hub.ports['mllp']}", "--json")
    assert (sent.code, sent.lines[0]["accepted"]) == (0, True), sent
    eventually(lambda: bool(there.case != "None"), within=60, what="a case")
    try:
        yield there
    finally:
        hub.stop()


def test_fhir_in_xml_is_sent_as_what_it_is(running: Running) -> None:
    person = {"resourceType": "Patient", "name": [{"family": "Berg"}]}
    (running.folder / "patient.xml").write_bytes(xml_dumps(person))
    sent = running.run("send", "patient.xml", "--to", f"http://127.0.0.1:{running.hub.ports['http']}", "--json")
    assert "/fhir/Patient/" in sent.out


def test_a_case_and_the_message_it_came_by_are_shown_as_fhir(running: Running) -> None:
    for which in (running.case, CONTROL_ID):
        shown = running.run("fhir", which)
        assert shown.code == 0, shown
        (bundle,) = shown.lines
        assert validate(bundle) == []
        kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
        assert kinds[0] == "MessageHeader"
        assert {"Patient", "DeviceRequest", "Coverage", "Task"} <= set(kinds)
    running.run("fhir", "nothing").failed(1, "no case")


def test_find_has_the_six_words_and_nothing_found_is_a_refusal(running: Running) -> None:
    (line,) = running.run("find", "--control-id", CONTROL_ID).lines
    assert list(line) == ["id", "channel", "received_at", "state", "reason", "case"]
    assert (line["channel"], line["state"]) == ("hl7v2", "accepted")
    running.run("find", "--sha256", "0" * 64).failed(1, "no received input")


def test_the_packet_of_a_case_is_written_whole_or_not_at_all(running: Running) -> None:
    made = running.run("packet", running.case, "-o", "case.pdf")
    assert (made.code, made.out, made.err) == (0, "", "")
    assert (running.folder / "case.pdf").read_bytes().startswith(b"%PDF-")
    assert not list(running.folder.glob("*.partial"))
    running.run("packet", "DS-999999-9", "-o", "none.pdf").failed(1, "no case DS-999999-9")
    assert not (running.folder / "none.pdf").exists()


def test_reports_say_the_same_on_the_command_line_and_over_http(running: Running) -> None:
    for name in ("daily-import-reconciliation", "weekly-open-referrals", "metrics"):
        made = running.run("report", name, "--period", "today", "--json")
        assert (made.code, made.err) == (0, ""), made
        asked = running.get(f"/api/reports/{name}?period=today")
        assert asked.status_code == 200
        assert [t["title"] for t in asked.json()["tables"]] == [t["title"] for t in json.loads(made.out)["tables"]]
        assert HOSTILE not in made.out
    imports = running.get("/api/reports/daily-import-reconciliation?period=today").json()["tables"][0]["rows"]
    counted = next(row for row in imports if row["source"] == "hl7v2")
    assert counted["counted"] == counted["stored"] + counted["rejected"]
    assert running.get("/api/reports/metrics?form=csv").text.startswith("Metrics,")
    assert running.get("/api/reports/metrics?form=pdf").content.startswith(b"%PDF-")
    assert running.get("/api/reports/nothing").status_code == 404
    assert running.get("/api/reports/metrics?period=never").status_code == 422
    assert running.run("report", "metrics", "--format", "pdf", "-o", "m.pdf").code == 0
    assert running.run("report", "metrics", "-o", "m.txt").code == 0
    assert (running.folder / "m.txt").read_text("utf-8").startswith("Metrics, ")
    assert (running.folder / "m.pdf").read_bytes().startswith(b"%PDF-")
    running.run("report", "metrics", "--format", "pdf").failed(1, "-o FILE.pdf")
    running.run("report", "everything").failed(1, "no report everything")


def test_lists_are_read_by_people_and_by_machines(running: Running) -> None:
    for command in (["cases"], ["events"], ["case", running.case], ["routes"], ["dead-letters"]):
        told, parsed = running.run(*command), running.run(*command, "--json")
        assert (told.code, parsed.code) == (0, 0), (told, parsed)
        assert parsed.lines or command == ["dead-letters"]
    assert running.case in running.run("cases").out
    assert "…" not in running.run("events").out, "a pipe gets ids whole"
    running.run("case", "DS-999999-9").failed(1, "DS-999999-9")


def test_the_audit_runs_beside_the_hub_and_finds_a_head_that_is_not_there(running: Running) -> None:
    told = running.run("audit", "head").out.strip()
    checked = running.run("audit", "verify", "--head", told, "--json")
    assert (checked.code, checked.lines[-1]["ok"], checked.lines[-1]["noted_heads"]) == (0, True, 1), checked
    assert "no head was noted" in running.run("audit", "verify", "--events-only").out
    wrong = running.run("audit", "verify", "--head", f"{told.split(':')[0]}:{'0' * 64}")
    wrong.failed(1, "1 finding")
    assert "WRONG seal" in wrong.out
    running.run("audit", "verify", "--head", "nonsense").failed(2, "SEQ:DIGEST")
    running.run("audit", "verify", "--anchor", "none.jsonl").failed(2, "none.jsonl")


def test_tail_ends_after_so_many_and_prints_what_it_follows(running: Running) -> None:
    ran = running.run("tail", "all", "--from-start", "-n", "3", "--json")
    assert [line["seq"] for line in ran.lines] == [1, 2, 3]


def test_a_closed_pipe_is_no_failure(running: Running) -> None:
    command = f"{sys.executable} -m doorstep events --json | head -n 1; exit ${{PIPESTATUS[0]}}"
    env = environment({"DOORSTEP_DATA_DIR": str(running.hub.data_dir)})
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["seq"] == 1


def test_replay_goes_through_the_running_hub(running: Running) -> None:
    first = running.run("events", "--json", "-n", "1").lines[0]
    assert running.run("replay", first["id"], "--json").lines == [{"redelivered": 1}]
    running.run("replay", "no-such-event").failed(1, "no-such-event")
    running.run("replay", first["id"], "--consumer", "nobody").failed(1)


@pytest.mark.parametrize(
    "path",
    [
        "/api/events?after=99999999999999999999", "/api/events?after=-1", "/api/events?limit=0", "/api/events?topic=x",
        "/api/cases?state=%00", "/api/cases?before=%00", "/api/cases/%00", "/api/cases/%F0%9F%92%A9", "/events?topic=x",
        "/cases/%00", "/cases/none", "/api/cases/none",
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_never_an_error_of_ours(running: Running, path: str) -> None:
    assert running.get(path).status_code in {404, 422}


@pytest.mark.parametrize("body", ['{"event_id": "\\ud800"}', '{"event_id": NaN}', "[", '{"event_id": "a\\u0000"}', "1"])
def test_a_replay_of_nonsense_is_refused(running: Running, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = web().post(f"{running.hub.url}/api/replay", content=body, headers=headers)
    assert answer.status_code == 422
    assert "input" not in answer.json()


def test_the_replay_button_comes_back_to_its_page(running: Running) -> None:
    event = running.run("events", "--json", "-n", "1").lines[0]["id"]
    origin = {"Origin": running.hub.url}
    pressed = web().post(f"{running.hub.url}/dead-letters/{event}/translate/replay", headers=origin)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/dead-letters")
    assert web().post(f"{running.hub.url}/dead-letters/nope/translate/replay", headers=origin).status_code == 404


def test_an_event_that_is_not_there_is_404(running: Running) -> None:
    assert web().post(f"{running.hub.url}/api/replay", json={"event_id": "nope"}).status_code == 404


def test_an_origin_that_is_no_address_is_refused(running: Running) -> None:
    assert web().post(f"{running.hub.url}/api/replay", headers={"Origin": "http://["}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/reviews", "/dead-letters", "/inputs"])
def test_pages_are_served(running: Running, path: str) -> None:
    answer = running.get(path)
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text


def test_a_hostile_name_is_shown_and_does_nothing(running: Running) -> None:
    page = running.get(f"/cases/{running.case}").text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert re.findall(r"<script[^>]*>", page) in ([], ['<script src="/static/desk.js" defer>'])


def test_a_paper_of_the_case_is_chosen_by_when_and_how_it_came(running: Running) -> None:
    (found,) = running.run("find", "--control-id", CONTROL_ID).lines
    page = running.get(f"/cases/{running.case}").text
    assert re.search(rf'<option value="{found["id"]}">[^<]+ UTC by hl7v2</option>', page)


def test_live_events_resume_after_the_last_one_seen(running: Running) -> None:
    with httpx.stream("GET", f"{running.hub.url}/events", headers={"Last-Event-ID": "1"}, timeout=20) as stream:
        first = next(line for line in stream.iter_lines() if line.startswith("id: "))
    assert first == "id: 2"
    assert running.get("/events", last_event_id="nonsense").status_code == 400


def test_health_readiness_and_metrics(running: Running) -> None:
    assert running.get("/healthz").json()["pid"] == running.hub.pid
    assert running.get("/readyz").json() == {"ready": True}
    assert "doorstep_events_total" in running.get("/metrics").text


def test_a_stop_ends_open_streams_soon_and_the_journal_can_still_be_looked_at(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path / "data", {"DOORSTEP_GRACE_SECONDS": "600"}, popen=popen).start()
    opened = threading.Event()

    def listen() -> None:
        with httpx.stream("GET", f"{hub.url}/events", timeout=60) as stream:
            for _ in stream.iter_lines():
                opened.set()

    threading.Thread(target=listen, daemon=True).start()
    assert opened.wait(60)
    assert hub.stop() == 0, "a stream held up the stop for all its grace"
    assert not (hub.data_dir / "hub.json").exists()
    settings: dict[str, Any] = {"data_dir": str(hub.data_dir)}
    assert doorstep("cases", "--json", cwd=tmp_path, **settings).code == 0
    assert (hub.data_dir / "secret").stat().st_mode & 0o777 == 0o600
