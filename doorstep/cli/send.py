"""`doorstep send FILE... --to URL`: submits files to a running hub over the real protocol, as a sender would."""

from __future__ import annotations

import json
import mimetypes
import os
import shutil
import smtplib
import socket
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import httpx
import typer

from doorstep.errors import Refused, SettingsError, Unavailable

_START, _END = b"\x0b", b"\x1c\r"
_SENDER, _RECIPIENT = "sender@example.org", "orders@doorstep.example"
_FHIR_TYPES = {"ServiceRequest", "DeviceRequest", "MedicationRequest", "Patient", "Coverage", "Practitioner"}


def register(app: typer.Typer) -> None:
    app.command(help="Submit files to a running hub over the real protocol.")(send)


def send(
    files: Annotated[list[Path], typer.Argument(help="What to send.", exists=True, dir_okay=False)],
    to: Annotated[str, typer.Option(help="mllp://host:port, http://host:port, smtp://host:port or file:FOLDER")],
    sender: Annotated[str, typer.Option(help="Envelope sender of mail.")] = _SENDER,
    recipient: Annotated[str, typer.Option(help="Envelope recipient of mail.")] = _RECIPIENT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a file.")] = False,
) -> None:
    """Send each file and print the hub's answer; exit 1 when any was refused."""
    refused = False
    for path in files:
        accepted, answer = submit(path, to, sender=sender, recipient=recipient)
        refused |= not accepted
        line = {"file": str(path), "accepted": accepted, "answer": answer}
        print(json.dumps(line) if as_json else f"{path}: {'accepted' if accepted else 'REFUSED'}: {answer}")
    if refused:
        raise Refused("refused", "the hub refused at least one file")


def submit(path: Path, to: str, *, sender: str = _SENDER, recipient: str = _RECIPIENT) -> tuple[bool, str]:
    """Send one file to the URL's hub; returns (accepted, the hub's answer). Unavailable when nobody answers."""
    target = urlsplit(to)
    match target.scheme:
        case "mllp":
            return _mllp(path, target)
        case "http" | "https":
            return _http(path, target)
        case "smtp":
            return _smtp(path, target, sender, recipient)
        case "file":
            return _folder(path, target)
    raise SettingsError("bad-url", f"--to must begin with mllp://, http://, https://, smtp:// or file:, not {to!r}")


def _address(target: SplitResult, port: int) -> tuple[str, int]:
    return target.hostname or "127.0.0.1", target.port or port


def _mllp(path: Path, target: SplitResult) -> tuple[bool, str]:
    """Send one message and read its acknowledgement (MSA-1 AA or CA is acceptance)."""
    try:
        with socket.create_connection(_address(target, 2575), timeout=30) as link:
            text = path.read_bytes().replace(b"\r\n", b"\r").replace(b"\n", b"\r")
            link.sendall(_START + text + _END)
            answer = b""
            while _END not in answer:
                chunk = link.recv(65536)
                if not chunk:
                    return False, "connection closed without an acknowledgement"
                answer += chunk
    except OSError as away:
        raise Unavailable("no-connection", f"no MLLP connection: {away}") from away
    segments = answer.strip(_START + _END).decode("utf-8", "replace").split("\r")
    said = [segment for segment in segments if segment.startswith(("MSA", "ERR"))]
    return said[:1] != [] and said[0][4:6] in {"AA", "CA"}, " ".join(said)


def _http(path: Path, target: SplitResult) -> tuple[bool, str]:
    """POST FHIR JSON to /fhir (Bundle) or /fhir/<type>."""
    body = path.read_bytes()
    try:
        found = json.loads(body).get("resourceType", "")
    except (ValueError, AttributeError):
        found = ""
    base = target.path.rstrip("/") or "/fhir"
    route = f"{base}/{found}" if found in _FHIR_TYPES else base
    url = f"{target.scheme}://{target.netloc}{route}"
    try:
        answer = httpx.post(url, content=body, headers={"Content-Type": "application/fhir+json"}, timeout=60)
    except httpx.HTTPError as away:
        raise Unavailable("no-connection", f"no HTTP answer: {type(away).__name__}") from away
    said = answer.headers.get("Location", "") if answer.is_success else answer.text
    return answer.is_success, f"{answer.status_code} {said}".strip()


def _smtp(path: Path, target: SplitResult, sender: str, recipient: str) -> tuple[bool, str]:
    """Send an .eml as it is; any other file as an attachment of a short mail."""
    if path.suffix == ".eml":
        raw = path.read_bytes()
    else:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, recipient, "Order"
        mail["Message-ID"] = make_msgid(domain="example.org")
        mail.set_content("The order is attached.\n")
        kind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").split("/")
        mail.add_attachment(path.read_bytes(), maintype=kind[0], subtype=kind[1], filename=path.name)
        raw = mail.as_bytes()
    host, port = _address(target, 2525)
    try:
        with smtplib.SMTP(host, port, timeout=60) as client:
            client.ehlo()
            client.mail(sender)
            client.rcpt(recipient)
            code, text = client.data(raw)
    except smtplib.SMTPResponseException as refused:
        code, text = refused.smtp_code, str(refused.smtp_error).encode()
    except OSError as away:
        raise Unavailable("no-connection", f"no SMTP connection: {away}") from away
    return code < 400, f"{code} {text.decode('utf-8', 'replace')}"


def _folder(path: Path, target: SplitResult) -> tuple[bool, str]:
    """Put a copy into a watched folder so that it appears there whole: copy under a dotted name, then rename."""
    folder = Path(target.path)
    if not folder.is_dir():
        raise SettingsError("no-folder", f"{folder} is not a folder")
    hidden, final = folder / f".{path.name}.part", folder / path.name
    if final.exists():
        final = folder / f"{path.stem}-{os.getpid()}{path.suffix}"
    shutil.copyfile(path, hidden)
    hidden.rename(final)
    return True, f"put into {folder}"
