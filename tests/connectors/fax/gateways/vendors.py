"""Gateways on loopback that behave as their documents say: one small server for each vendor's API, over one store."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from doorstep.http import bind, serving
from doorstep.settings import load

SECRET = "a-webhook-secret-of-the-tests"
TIFF = b"II*\0" + b"\x08\0\0\0" + bytes(64)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
VENDORS = ("phaxio", "telnyx", "sinch", "documo", "srfax", "efax")
CALLER, CALLED = "9375550112", "6145550100"
AT = "2026-11-23T14:05:00Z"


@dataclass
class Sent:
    tag: str
    number: str
    pdf: bytes
    state: str = "sending"
    reason: str = ""
    pages_sent: int = 0


@dataclass
class Vendor:
    """One gateway's server. `trouble` answers the next calls that match; `cut` takes a send and breaks the line."""

    kind: str
    base: str = ""
    received: dict[str, bytes] = field(default_factory=dict)
    ready: bool = True
    viewed: list[str] = field(default_factory=list)
    sent: dict[str, Sent] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    trouble: list[tuple[str, int, dict[str, str]]] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    drop_sends: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Vendor]:
        app = FastAPI()

        @app.api_route("/{path:path}", methods=["GET", "POST", "PATCH"])
        async def answer(request: Request, path: str) -> Response:
            return await self._answer(request, path)

        listener = bind("127.0.0.1", 0, "test")
        async with serving(app, load(http_port=0), listener) as port:
            self.base = f"http://127.0.0.1:{port}"
            yield self

    async def _answer(self, request: Request, path: str) -> Response:
        form: dict[str, Any] = {}
        if "form" in request.headers.get("content-type", ""):
            async with request.form() as sent:
                form = {key: value if isinstance(value, str) else await value.read() for key, value in sent.items()}
        name = f"{request.method} {form.get('action') or path}"
        self.calls.append(name)
        for number, (pattern, code, headers) in enumerate(self.trouble):
            if re.search(pattern, name):
                del self.trouble[number]
                return Response("trouble", code, headers=headers)
        if self.kind != "srfax" and not path.startswith(("media/", "tokens")) and not self._authorized(request):
            return Response("who are you", 401)
        answer = await getattr(self, f"_{self.kind}")(request, path, form)
        if self.drop_sends and len(self.sent) and request.method == "POST":
            self.drop_sends -= 1
            return Response("the line broke after the fax was taken", 502)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    def _authorized(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        basic = "Basic " + base64.b64encode(b"the-user:the-password").decode()
        wanted = {"telnyx": "Bearer the-password", "documo": "Basic the-password", "efax": "Bearer the-token"}
        return given == wanted.get(self.kind, basic)

    async def _take(self, tag: str, number: str, file: Any) -> str:
        assert isinstance(file, bytes)
        assert file.startswith(b"%PDF-")
        fax_id = f"out-{len(self.sent) + 1}"
        self.sent[fax_id] = Sent(str(tag), str(number), file)
        return fax_id

    async def _phaxio(self, request: Request, path: str, form: dict[str, Any]) -> Any:
        if request.method == "POST":
            fax_id = await self._take(form["tags[doorstep]"], form["to"], form["file"])
            return {"success": True, "message": "Fax queued for sending", "data": {"id": fax_id}}
        if path == "faxes":
            tag = request.query_params["tag[doorstep]"]
            rows = [{"id": i, "tags": {"doorstep": s.tag}} for i, s in self.sent.items() if s.tag == tag]
            return {"success": True, "data": rows}
        fax_id = path.split("/")[1]
        if path.endswith("/file"):
            return Response(self.received[fax_id], media_type="application/pdf")
        if fax_id in self.received:
            status = "success" if self.ready else "inprogress"
            item: dict[str, Any] = {"from_number": f"+1{CALLER}", "to_number": f"+1{CALLED}", "completed_at": AT}
            return {"success": True, "data": {"id": fax_id, "status": status, "num_pages": 2, **item}}
        if fax_id not in self.sent:
            return JSONResponse({"success": False, "message": "No such fax"}, 404)
        sent = self.sent[fax_id]
        word = {"sending": "inprogress", "delivered": "success", "failed": "failure", "partial": "partialsuccess"}
        told = {"status": word[sent.state], "recipients": [{"error_message": sent.reason}]}
        return {"success": True, "data": {"id": fax_id, "num_pages": 1, **told}}

    async def _telnyx(self, request: Request, path: str, form: dict[str, Any]) -> Any:
        if path.startswith("media/"):
            link = path.removeprefix("media/")
            if link not in self.links:
                return Response("expired", 403)
            return Response(self.received[link.split("-")[0]], media_type="application/pdf")
        if path.endswith("actions/refresh"):
            self.links.add(f"{path.split('/')[1]}-new")
            return {"data": {"result": "ok"}}
        if request.method == "POST":
            return {"data": {"id": await self._take(form["client_state"], form["to"], form["contents"])}}
        if path == "faxes":
            return {"data": [{"id": i, "client_state": s.tag} for i, s in self.sent.items()]}
        fax_id = path.split("/")[1]
        if fax_id in self.received:
            link = f"{fax_id}-new" if f"{fax_id}-new" in self.links else fax_id
            item = {"from": f"+1{CALLER}", "to": f"+1{CALLED}", "media_url": f"{self.base}/media/{link}"}
            status = "received" if self.ready else "receiving"
            return {"data": {"id": fax_id, "status": status, "page_count": 2, "updated_at": AT, **item}}
        if fax_id not in self.sent:
            return JSONResponse({"errors": []}, 404)
        sent = self.sent[fax_id]
        told = {"page_count": sent.pages_sent, "failure_reason": sent.reason or None}
        return {"data": {"id": fax_id, "status": sent.state, **told}}

    async def _sinch(self, request: Request, path: str, form: dict[str, Any]) -> Any:
        path = path.removeprefix("projects/the-account/")
        if request.method == "POST":
            return {"id": await self._take(form["labels[doorstep]"], form["to"], form["file"]), "status": "QUEUED"}
        if path == "faxes":
            return {"faxes": [{"id": i, "labels": {"doorstep": s.tag}} for i, s in self.sent.items()]}
        fax_id = path.split("/")[1]
        if path.endswith("file.pdf"):
            return Response(self.received[fax_id], media_type="application/pdf")
        if fax_id in self.received:
            item = {"from": f"+1{CALLER}", "to": f"+1{CALLED}", "completedTime": AT, "numberOfPages": 2}
            return {"id": fax_id, "status": "COMPLETED" if self.ready else "IN_PROGRESS", **item}
        if fax_id not in self.sent:
            return JSONResponse({"error": "not found"}, 404)
        sent = self.sent[fax_id]
        word = {"sending": "IN_PROGRESS", "delivered": "COMPLETED", "failed": "FAILURE"}[sent.state]
        told = {"pagesSentSuccessfully": sent.pages_sent, "errorMessage": sent.reason}
        return {"id": fax_id, "status": word, "numberOfPages": 1, **told}

    async def _documo(self, request: Request, path: str, form: dict[str, Any]) -> Any:
        if request.method == "POST":
            return {"messageId": await self._take(form["tags"], form["faxNumber"], form["attachments"])}
        if path == "fax/history":
            return {"rows": [{"messageId": i, "tags": [s.tag]} for i, s in self.sent.items()]}
        fax_id = path.split("/")[1]
        if path.endswith("/download"):
            return Response(self.received[fax_id], media_type="application/pdf")
        if fax_id in self.received:
            item = {"faxCallerId": CALLER, "faxNumber": CALLED, "resolvedDate": AT, "pagesComplete": 2}
            return {"messageId": fax_id, "status": "success" if self.ready else "processing", **item}
        if fax_id not in self.sent:
            return JSONResponse({"error": "not found"}, 404)
        sent = self.sent[fax_id]
        word = {"sending": "processing", "delivered": "success", "failed": "failed"}[sent.state]
        return {"status": word, "pagesCount": 1, "pagesComplete": sent.pages_sent, "errorInfo": sent.reason}

    async def _srfax(self, request: Request, path: str, form: dict[str, Any]) -> Any:
        action = form["action"]
        fax_id = str(form.get("sFaxDetailsID", ""))
        if form["access_pwd"] != "the-password":
            return {"Status": "Failed", "Result": "Invalid Access Code / Password"}
        if action == "Get_Fax_Inbox":
            new = [i for i in self.received if i not in self.viewed] if self.ready else []
            rows = [{"FileName": f"20261123-1_1|{i}", "CallerID": CALLER, "Pages": "2", "RemoteID": "H"} for i in new]
            return {"Status": "Success", "Result": rows}
        if action == "Retrieve_Fax" and fax_id in self.received:
            return {"Status": "Success", "Result": base64.b64encode(self.received[fax_id]).decode()}
        if action == "Update_Viewed_Status":
            self.viewed.append(fax_id)
            return {"Status": "Success", "Result": ""}
        if action == "Queue_Fax":
            assert len(form["sAccountCode"]) <= 20
            pdf = base64.b64decode(form["sFileContent_1"])
            return {"Status": "Success", "Result": await self._take(form["sAccountCode"], form["sToFaxNumber"], pdf)}
        if action == "Get_Fax_Outbox":
            rows = [{"FaxDetailsID": i, "AccountCode": s.tag} for i, s in self.sent.items()]
            return {"Status": "Success", "Result": rows}
        if action == "Get_FaxStatus" and fax_id in self.sent:
            sent = self.sent[fax_id]
            word = {"sending": "In Progress", "delivered": "Sent", "failed": "Failed"}[sent.state]
            told = {"SentStatus": word, "Pages": str(sent.pages_sent), "ErrorCode": sent.reason}
            return {"Status": "Success", "Result": told}
        return {"Status": "Failed", "Result": "Invalid FaxDetailsID"}

    async def _efax(self, request: Request, path: str, form: dict[str, Any]) -> Any:
        if path == "tokens":
            good = (form["client_id"], form["client_secret"]) == ("the-user", "the-password")
            return {"access_token": "the-token"} if good else Response("no", 401)
        if request.method == "POST":
            return {"fax_id": await self._take(form["client_reference"], form["destination_fax_number"], form["file"])}
        if path == "faxes/received":
            new = [i for i in self.received if i not in self.viewed] if self.ready else []
            item = {"originating_fax_number": CALLER, "destination_fax_number": CALLED, "completed_timestamp": AT}
            return {"faxes": [{"fax_id": i, **item, "pages": 2} for i in new]}
        if path == "faxes/sent":
            return {"faxes": [{"fax_id": i, "client_reference": s.tag} for i, s in self.sent.items()]}
        fax_id = path.split("/")[1]
        if request.method == "PATCH":
            self.viewed.append(fax_id)
            return {}
        if path.endswith("/file"):
            return Response(self.received[fax_id], media_type="application/pdf")
        if fax_id not in self.sent:
            return JSONResponse({}, 404)
        sent = self.sent[fax_id]
        told = {"pages": 1, "pages_sent": sent.pages_sent, "error_message": sent.reason}
        return {"status": {"sending": "sending", "delivered": "success", "failed": "failed"}[sent.state], **told}


def settings_of(vendor: Vendor, **changes: Any) -> dict[str, Any]:
    own: dict[str, Any] = {
        "vendor": vendor.kind,
        "api_url": vendor.base,
        "user": "the-user",
        "password": "the-password",
        "account": "the-account",
        "from_number": CALLED,
        "webhook_user": "hook",
        "webhook_secret": SECRET,
        "public_key": PUBLIC,
        "link_hosts": ["127.0.0.1"],
        "poll_seconds": 0.05,
        "timeout_seconds": 2,
    }
    return {**own, **changes}


def notification(kind: str, fax_id: str, url: str, *, inbound: bool = True, **how: Any) -> httpx.Request:
    """Return a vendor's own notification, proved as the vendor proves it (or not: `secret`, `at`, `change`)."""
    secret, at = how.get("secret", SECRET), int(how.get("at", time.time()))
    trap = how.get("trap", "https://trap.invalid/fax.pdf")
    headers: dict[str, str] = {}
    if kind == "phaxio":
        way = "received" if inbound else "sent"
        fields = {
            "fax": json.dumps({"id": fax_id, "direction": way, "status": "success", "file_url": trap}),
            "direction": way,
            "event_type": "fax_completed",
            "success": "true",
            "is_test": "false",
        }
        file = how.get("file", TIFF)
        said = url + "".join(f"{n}{v}" for n, v in sorted(fields.items())) + "file" + hashlib.sha1(file).hexdigest()
        headers["X-Phaxio-Signature"] = hmac.new(secret.encode(), said.encode(), hashlib.sha1).hexdigest()
        if how.get("change"):
            fields["success"] = "false"
        return httpx.Request("POST", url, data=fields, files={"file": ("f.tif", file)}, headers=headers)
    if kind == "telnyx":
        payload = {"fax_id": fax_id, "direction": "inbound" if inbound else "outbound", "media_url": trap}
        body = json.dumps({"data": {"event_type": "fax.received", "id": f"e-{at}", "payload": payload}}).encode()
        key = KEY if secret == SECRET else Ed25519PrivateKey.from_private_bytes(bytes(32))
        headers["telnyx-timestamp"] = str(at)
        headers["telnyx-signature-ed25519"] = base64.b64encode(key.sign(f"{at}|".encode() + body)).decode()
    elif kind == "sinch":
        event = "INCOMING_FAX" if inbound else "FAX_COMPLETED"
        body = json.dumps({"event": event, "fax": {"id": fax_id, "contentUrl": trap}}).encode()
    elif kind == "documo":
        body = json.dumps({"messageId": fax_id, "direction": "inbound" if inbound else "outbound"}).encode()
    elif kind == "srfax":
        body = f"sFaxDetailsID={fax_id}&sStatus=Sent".encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
        url = f"{url}/{secret}"
    else:
        body = json.dumps({"fax_id": fax_id, "image_url": trap}).encode()
        headers["X-HMAC-Signature"] = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if kind in {"sinch", "documo"}:
        headers["authorization"] = "Basic " + base64.b64encode(f"hook:{secret}".encode()).decode()
    if how.get("change"):
        body = body.replace(b"fax", b"FAX", 1) + b" "
    return httpx.Request("POST", url, content=body, headers={"content-type": "application/json", **headers})
