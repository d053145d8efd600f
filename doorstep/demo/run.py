"""`doorstep demo`: a real hub in a process of its own, four real senders, and each order's way shown as it happens."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from doorstep.cli import send
from doorstep.demo.partners import FhirServer, Hl7Receiver, MailServer, ProviderDesk
from doorstep.demo.payer import StandInPayer
from doorstep.demo.process import HubProcess
from doorstep.errors import Refused, Unavailable
from schemas.outbound import ConfirmationSent

TIME_LIMIT = 90.0
"""Seconds until the demo gives up; on two cores it takes a fraction of that."""


@dataclass
class Partners:
    """Everyone around the hub: the senders' far ends and a provider's desk behind one mail server."""

    desk: ProviderDesk = field(default_factory=ProviderDesk)
    mail: MailServer = field(default_factory=MailServer)
    hl7: Hl7Receiver = field(default_factory=Hl7Receiver)
    fhir: FhirServer = field(default_factory=FhirServer)
    payer: StandInPayer = field(default_factory=StandInPayer)

    def start(self) -> None:
        self.mail.on_mail = self.desk.on_mail
        for partner in (self.mail, self.hl7, self.fhir, self.payer):
            partner.start()

    def stop(self) -> None:
        for partner in (self.mail, self.hl7, self.fhir, self.payer):
            partner.stop()

    def settings(self) -> dict[str, str]:
        """Return the environment that points a hub at these partners."""
        return {
            "DOORSTEP_CONNECTORS__EMAIL__RELAY_HOST": "127.0.0.1",
            "DOORSTEP_CONNECTORS__EMAIL__RELAY_PORT": str(self.mail.port),
            "DOORSTEP_CONNECTORS__HL7V2__DEFAULT_PARTNER": f"127.0.0.1:{self.hl7.port}",
            "DOORSTEP_CONNECTORS__FHIR__PUSH_URL": self.fhir.url,
            **self.payer.settings(),
        }


@contextmanager
def partners() -> Iterator[Partners]:
    """Start the partners, stop them at the end."""
    there = Partners()
    there.start()
    try:
        yield there
    finally:
        there.stop()


@dataclass
class Order:
    """One sample on its way: which question finds its receipt, and what is known of it so far."""

    channel: str
    path: Path
    key: dict[str, str]
    case: dict[str, Any] | None = None
    started: float = field(default_factory=time.monotonic)
    finished: float | None = None

    def ask(self, client: httpx.Client) -> None:
        """Ask the hub how far the order has come."""
        if self.finished:
            return
        receipts = client.get("/api/receipts", params=self.key).json()
        if receipts and receipts[-1]["case"]:
            self.case = client.get(f"/api/cases/{receipts[-1]['case']}").json()
        if self.confirmed:
            self.finished = time.monotonic()

    @property
    def timeline(self) -> list[dict[str, Any]]:
        return self.case["timeline"] if self.case else []

    @property
    def confirmed(self) -> bool:
        """True when the sender has been sent the acknowledgement and the scheduled start."""
        sent = [e["says"] for e in self.timeline if e["topic"] == ConfirmationSent.topic]
        return any(s.startswith("acknowledged") for s in sent) and any(s.startswith("scheduled") for s in sent)


def run(data_dir: Path, samples: Path, settings: dict[str, str], *, stay: bool) -> None:
    """Run the demonstration in `data_dir`; Refused when an order has no confirmation in time."""
    console = Console(highlight=False)
    began = time.monotonic()
    with partners() as there:
        hub = HubProcess(data_dir, {**there.settings(), **settings})
        try:
            hub.start()
            console.print(
                f"The hub listens: HTTP and console {hub.url}, MLLP {hub.ports['mllp']}, "
                f"SMTP {hub.ports['smtp']},\nfax folder {data_dir / 'fax' / 'inbox'}",
                soft_wrap=True,
            )
            orders = submit(hub, samples)
            _watch(console, hub, orders)
            _story(console, orders, there)
            late = [order.channel for order in orders if not order.confirmed]
            if late:
                raise Refused("demo", f"no confirmation in {TIME_LIMIT:.0f} s for: {', '.join(late)}")
            console.print(f"Four orders in, four confirmed, in {time.monotonic() - began:.1f} s.")
            if stay:
                console.print(f"The console is at {hub.url} until Ctrl-C.")
                _stay(hub)
        finally:
            hub.stop()


def _stay(hub: HubProcess) -> None:
    """Wait until a person ends it, or the hub dies."""
    sys.stdout.flush()
    try:
        while hub.running:
            time.sleep(0.2)
    except KeyboardInterrupt:
        return
    raise Unavailable("hub-died", "the hub has ended")


def submit(hub: HubProcess, samples: Path) -> list[Order]:
    """Send one sample down each channel with a real client; returns how to find each again."""
    inbox = hub.data_dir / "fax" / "inbox"
    ways = {
        "fax": f"file:{inbox}",
        "email": f"smtp://127.0.0.1:{hub.ports['smtp']}",
        "hl7v2": f"mllp://127.0.0.1:{hub.ports['mllp']}",
        "fhir": hub.url,
    }
    chosen: dict[str, str] = json.loads((samples / "demo.json").read_text("utf-8"))
    orders = []
    for channel, to in ways.items():
        path = samples / chosen[channel]
        orders.append(Order(channel, path, _key(channel, path)))
        accepted, answer = send.submit(path, to)
        if not accepted:
            raise Refused("demo", f"{channel}: the hub refused the sample: {answer}")
    return orders


def _key(channel: str, path: Path) -> dict[str, str]:
    """Return the query that finds the sample's receipt by what its sender knows of it."""
    raw = path.read_bytes()
    if channel == "hl7v2":
        return {"control_id": raw.decode("utf-8", "replace").split("|")[9]}
    if channel == "email":
        line = next(line for line in raw.split(b"\n") if line.lower().startswith(b"message-id:"))
        return {"message_id": line.split(b":", 1)[1].strip().decode()}
    return {"sha256": hashlib.sha256(raw).hexdigest()}


def _watch(console: Console, hub: HubProcess, orders: list[Order]) -> None:
    """Show every order's steps until all are confirmed or time is up."""
    deadline = time.monotonic() + TIME_LIMIT
    with httpx.Client(base_url=hub.url, timeout=10) as client, Live(console=console, refresh_per_second=8) as live:
        while time.monotonic() < deadline:
            try:
                for order in orders:
                    order.ask(client)
            except (httpx.HTTPError, ValueError) as gone:
                raise Unavailable("hub-died", f"the hub gave no answer: {type(gone).__name__}") from gone
            live.update(_progress(orders))
            if all(order.finished for order in orders):
                return
            time.sleep(0.2)


def _progress(orders: list[Order]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for name in ("order by", "case", "state", "seconds", "last step"):
        table.add_column(name, no_wrap=name != "last step", justify="right" if name == "seconds" else "left")
    for order in orders:
        took = (order.finished or time.monotonic()) - order.started
        last = next((e["says"] for e in reversed(order.timeline) if not e["minor"]), "received, being read")
        case, state = (order.case["case"], order.case["state"]) if order.case else ("", "")
        table.add_row(order.channel, case, state, f"{took:.1f}", last)
    return table


def _story(console: Console, orders: list[Order], there: Partners) -> None:
    """Print each order's timeline (in UTC, without the internal steps) and what reached the far ends."""
    for order in orders:
        lines = Table.grid(padding=(0, 2))
        for step in order.timeline:
            if not step["minor"]:
                lines.add_row("", step["time"][11:23], Text(step["says"]))
        name = order.case["case"] if order.case else "no case"
        console.print()
        console.print(Text(f"{order.channel}: {order.path.name} -> {name}  (times in UTC)", style="bold"), lines)
    console.print(
        f"\nAt the far ends: {len(there.mail.received)} mails (offers to providers among them), "
        f"{len(there.hl7.received)} HL7 v2 responses, {len(there.fhir.received)} FHIR Task updates, "
        f"{len(there.desk.accepted)} answers of providers taken, "
        f"{len(there.payer.submitted)} request for authorization."
    )


def samples_dir() -> Path:
    """Return the folder of samples: beside the rooms in a checkout, inside the package in an installation."""
    here = Path(__file__).parents[1]
    installed = here / "_rooms" / "samples"
    return installed if installed.is_dir() else here.parent / "tests" / "samples"
