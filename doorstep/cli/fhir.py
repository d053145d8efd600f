"""`doorstep fhir ID`: a case as the FHIR message that is published of it, or a received HL7 v2 message as FHIR."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from doorstep.cli.look import ask
from doorstep.connector import Receipt
from doorstep.errors import Refused
from doorstep.journal import Reader
from schemas.codec import CodecError
from schemas.fhir import dumps, message_of
from schemas.hl7v2 import Options
from schemas.hl7v2.bundle import MESSAGE_TYPE, bundle_of
from schemas.transmission import Content


def register(app: typer.Typer) -> None:
    app.command(help="Print a case, or a received HL7 v2 message, as a FHIR R4 Bundle.")(fhir)


def fhir(
    which: Annotated[str, typer.Argument(metavar="ID", help="A case number, MSH-10, or the id that `find` shows.")],
) -> None:
    if not which.isprintable():
        raise Refused("not-found", "there is no such case or message")
    found = ask(lambda reader: _bundle(reader, which))
    if found is None:
        raise Refused("not-found", f"there is no case and no HL7 v2 message {which}")
    print(dumps(found).decode())


def _bundle(reader: Reader, which: str) -> dict[str, Any] | None:
    case = reader.case(which)
    if case is not None:
        return message_of(case, "OrderStatus")
    receipts = [*reader.receipts(document_id=which), *reader.receipts(control_id=which)]
    messages = [receipt for receipt in receipts if receipt.channel == "hl7v2"]
    return _translated(reader, messages[-1]) if messages else None


def _translated(reader: Reader, receipt: Receipt) -> dict[str, Any]:
    ref = Content(url=f"content:{receipt.sha256}", sha256=receipt.sha256, content_type=MESSAGE_TYPE, size=0)
    try:
        return bundle_of(reader.content(ref), Options.of(reader.details_of(receipt.document_id))).bundle
    except CodecError as error:
        raise Refused("unreadable", f"it is no HL7 v2 message: {error.message}", location=error.location) from error
