"""`doorstep send FILE... --to URL`: submits files to a running hub over the real protocol, as a sender would."""

from __future__ import annotations

import json
import mimetypes
import re
import secrets
import smtplib
import socket
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

import httpx
import typer

from doorstep.errors import Refused, SettingsError, Unavailable
from doorstep.observe import one_line
from doorstep.settings import load

_SCHEMES = ("mllp", "http", "https", "smtp")
_START, _END = b"\x0b", b"\x1c\r"
_SENDER, _RECIPIENT = "sender@example.org", "orders@doorstep.example"
_FHIR_TYPES = {
    *("ServiceRequest", "DeviceRequest", "MedicationRequest", "NutritionOrder", "Patient", "Coverage", "Practitioner"),
    *("DocumentReference", "QuestionnaireResponse"),
}
_XML_ROOT = re.compile(rb"""<([A-Z][A-Za-z]{1,63})[^>]*\sxmlns\s*=\s*["']http://hl7\.org/fhir["']""")


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
    refused = 0
    _target(to)
    for path in files:
        try:
            accepted, answer = submit(path, to, sender=sender, recipient=recipient)
        except (Refused, Unavailable) as failed:
            accepted, answer = False, failed.message
        refused += not accepted
        answer = one_line(answer)
        line = {"file": str(path), "accepted": accepted, "answer": answer}
        word = "accepted" if accepted else "NOT ACCEPTED"
        print(json.dumps(line) if as_json else one_line(f"{path}: {word}: {answer}"), flush=True)
    if refused:
        raise Refused("refused", f"{refused} of {len(files)} files were not accepted")


def submit(path: Path, to: str, *, sender: str = _SENDER, recipient: str = _RECIPIENT) -> tuple[bool, str]:
    """Send one file to the URL's hub; returns (accepted, the hub's answer). Unavailable when nobody answers."""
    target = _target(to)
    try:
        data = path.read_bytes()
    except OSError as unreadable:
        raise Refused("unreadable", f"the file cannot be read: {unreadable.strerror}") from None
    match target.scheme:
        case "mllp":
            return _mllp(data, target)
        case "smtp":
            return _smtp(path, data, target, sender, recipient)
        case "file":
            return _folder(path, data, Path(to.partition(":")[2].removeprefix("//localhost").removeprefix("//")))
    return _http(data, target)


def _target(to: str) -> SplitResult:
    try:
        target = urlsplit(to)
        known = target.scheme == "file" or (target.scheme in _SCHEMES and target.hostname and target.port != 0)
    except ValueError:
        known = False
    if not known:
        raise SettingsError("bad-url", f"--to must be {', '.join(f'{s}://HOST:PORT' for s in _SCHEMES)} or file:FOLDER")
    return target


def _address(target: SplitResult, port: int) -> tuple[str, int]:
    return target.hostname or "127.0.0.1", target.port or port


def _mllp(data: bytes, target: SplitResult) -> tuple[bool, str]:
    """Send one message and read its acknowledgement (MSA-1 AA or CA is acceptance)."""
    try:
        with socket.create_connection(_address(target, 2575), timeout=30) as link:
            text = data.strip(_START + _END).replace(b"\r\n", b"\r").replace(b"\n", b"\r") + b"\r"
            link.sendall(_START + text + _END)
            answer = b""
            while _END not in answer:
                chunk = link.recv(65536)
                if not chunk:
                    return False, "connection closed without an acknowledgement"
                answer += chunk
    except OSError as away:
        raise Unavailable("no-connection", f"no MLLP answer: {away.strerror or away}") from away
    segments = answer.strip(_START + _END).decode("utf-8", "replace").split("\r")
    said = [segment for segment in segments if segment.startswith(("MSA", "ERR"))]
    accepted = any(segment[:3] == "MSA" and segment[4:6] in {"AA", "CA"} for segment in said)
    return accepted, " ".join(said) or "an answer without MSA"


def _http(body: bytes, target: SplitResult) -> tuple[bool, str]:
    """POST FHIR, JSON or XML, to /fhir (Bundle) or /fhir/<type>."""
    root = _XML_ROOT.search(body[:4096]) if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else None
    try:
        found = root[1].decode() if root else json.loads(body).get("resourceType", "")
    except (ValueError, AttributeError, RecursionError):
        found = ""
    base = target.path.rstrip("/") or "/fhir"
    route = f"{base}/{found}" if found in _FHIR_TYPES else base
    url = f"{target.scheme}://{target.netloc}{route}"
    headers = {"Content-Type": f"application/fhir+{'xml' if root else 'json'}", "Accept": "application/fhir+json"}
    key = load().api_key
    if key:
        headers["Authorization"] = f"Bearer {key.get_secret_value()}"
    try:
        answer = httpx.post(url, content=body, headers=headers, timeout=60)
    except (httpx.HTTPError, httpx.InvalidURL) as away:
        raise Unavailable("no-connection", f"no HTTP answer: {type(away).__name__}") from away
    said = answer.headers.get("Location", "") if answer.is_success else answer.text
    return answer.is_success, f"{answer.status_code} {said}".strip()


def _smtp(path: Path, data: bytes, target: SplitResult, sender: str, recipient: str) -> tuple[bool, str]:
    """Send an .eml as it is; any other file as an attachment of a short mail."""
    if path.suffix.lower() == ".eml":
        raw = re.sub(rb"\r?\n", b"\r\n", data)  # bare line feeds are refused on the wire
    else:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, recipient, "Order"
        mail["Message-ID"] = make_msgid(domain="example.org")
        mail.set_content("The order is attached.\n")
        kind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").split("/")
        name = path.name.encode("utf-8", "replace").decode()
        mail.add_attachment(data, maintype=kind[0], subtype=kind[1], filename=name)
        raw = mail.as_bytes(policy=SMTP)
    host, port = _address(target, 2525)
    try:
        with smtplib.SMTP(host, port, timeout=60) as client:
            client.ehlo()
            code, text = client.mail(sender)
            if code < 400:
                code, text = client.rcpt(recipient)
            if code < 400:
                code, text = client.data(raw)
    except smtplib.SMTPResponseException as refused:
        code, text = refused.smtp_code, str(refused.smtp_error).encode()
    except OSError as away:
        raise Unavailable("no-connection", f"no SMTP answer: {away.strerror or type(away).__name__}") from away
    except UnicodeEncodeError:
        raise SettingsError("bad-address", "mail addresses must be ASCII") from None
    return code < 400, f"{code} {text.decode('utf-8', 'replace')}"


def _folder(path: Path, data: bytes, folder: Path) -> tuple[bool, str]:
    """Put a copy into a watched folder so that it appears there whole: copy under a dotted name, then rename."""
    if not folder.is_dir():
        raise SettingsError("no-folder", f"{folder} is not a folder")
    own = secrets.token_hex(4)
    hidden, final = folder / f".{own}.part", folder / path.name
    if final.exists():
        final = folder / f"{path.stem}-{own}{path.suffix}"
    try:
        hidden.write_bytes(data)
        hidden.rename(final)
    except OSError as failed:
        hidden.unlink(missing_ok=True)
        raise Refused("not-written", f"{folder} cannot be written: {failed.strerror}") from None
    return True, f"put into {folder}"
