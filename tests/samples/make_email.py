"""Writes the mail samples: python -m tests.samples.make_email rewrites tests/samples/email, always the same bytes."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image, ImageFilter

from tests.samples.faxes.degrade import LEVELS, fax_page
from tests.samples.faxes.layouts import ORDERS
from tests.samples.faxes.sheet import RasterSheet
from tests.samples.faxes.tiff import text_pdf, tiff
from tests.samples.faxes.words import INTAKE_FAX, Words
from tests.samples.people import OrderTruth, order_truth

FOLDER = Path(__file__).parent / "email"
CLASSES = {"dme": "dme_order", "home_health": "home_health_referral", "infusion": "infusion_order"}
INTAKE = "orders@hub.example"
File = tuple[str, str, bytes]
"""Declared content type, name and bytes of one attachment."""


def sender_of(truth: OrderTruth) -> str:
    return f"orders@{truth.practice.lower().replace(' ', '-')}.example"


def letter(number: int, sender: str, subject: str, text: str, **fields: str) -> EmailMessage:
    """Return a mail with its text; the date and all ids follow from the sample's number."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"Order desk <{sender}>"
    mail["To"] = INTAKE
    mail["Subject"] = subject
    mail["Date"] = f"Fri, 20 Nov 2026 {8 + number // 4:02d}:{(number * 7) % 60:02d}:00 -0500"
    mail["Message-ID"] = f"<sample-{number:02d}@{sender.partition('@')[2]}>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text, cte="quoted-printable")
    return mail


def attach(mail: EmailMessage, *files: File) -> EmailMessage:
    for declared, name, data in files:
        main, _, sub = declared.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    mail.set_boundary(f"=_{mail['Message-ID'][1:10]}_edge")
    return mail


def rows_of(truth: OrderTruth) -> list[tuple[str, str]]:
    """Return an order as label and value; what the sample leaves out has no row."""
    words = Words(truth, "us", "paren")
    items = [f"{code} {text}, quantity {quantity}" for code, text, quantity in words.lines]
    signed = (
        f"Electronically signed by {words['clinician_name']}, MD on {words['signature_date']}" if words.signed else ""
    )
    rows = [
        ("Patient name", words["member_name"]),
        ("Date of birth", words["dob"]),
        ("Insurance", words["payer"]),
        ("Member ID", words["member_id"]),
        ("Group number", words["group_no"]),
        ("Patient phone", words["contact_phone"]),
        ("Deliver to", words["ship_address"]),
        ("Access", ", ".join(truth.access_barriers)),
        ("Diagnosis (ICD-10)", words["icd10"]),
        *(("Order", item) for item in items),
        ("Frequency", words.frequency),
        *words.equipment,
        ("Start date", words["service_start"]),
        ("End date", words["service_end"]),
        ("Discharge deadline", words["discharge_deadline"]),
        ("Ordering physician", words["clinician_name"]),
        ("NPI", words["clinician_npi"]),
        ("Practice phone", words["practice_phone"]),
        ("Practice fax", words["practice_fax"]),
        ("Signature", signed),
    ]
    return [(label, value) for label, value in rows if value]


TITLES = {"dme": "Physician order: durable medical equipment", "home_health": "Home health referral"}
TITLES["infusion"] = "Home infusion order"


def as_text(truth: OrderTruth) -> str:
    rows = "\n".join(f"{label}: {value}" for label, value in rows_of(truth))
    return f"{TITLES[truth.order_type]}\n\n{rows}\n\n-- \n{truth.practice}\n"


def as_html(truth: OrderTruth) -> str:
    cells = "\n".join(
        f"<tr><td><p>{escape(label)}</p></td><td><p>{escape(value)}</p></td></tr>" for label, value in rows_of(truth)
    )
    style = "<style>td { border: 1px solid #999; font-family: Calibri }</style>"
    body = f"<h2>{escape(TITLES[truth.order_type])}</h2>\n<table>\n{cells}\n</table>\n<p>{escape(truth.practice)}</p>"
    return f"<html><head><title>Order</title>{style}</head>\n<body>{body}</body></html>\n"


def sheet(truth: OrderTruth, layout: str, number: int) -> Image.Image:
    page = RasterSheet()
    ORDERS[layout](page, Words(truth, "us", "dash"), random.Random(f"mail-{number}"))
    return page.image


def pdf(truth: OrderTruth, layout: str, number: int) -> bytes:
    rng = random.Random(f"mail-{number}")
    return text_pdf([partial(ORDERS[layout], words=Words(truth, "us", "dash"), rng=rng)])


def fax_tiff(truth: OrderTruth, layout: str, number: int) -> bytes:
    header = f"11/20/2026 10:{number:02d}   FROM {truth.practice_fax}   TO {INTAKE_FAX}   P. 1/1"
    rng = random.Random(f"mail-{number}-line")
    return tiff([fax_page(sheet(truth, layout, number), header, 196, LEVELS[1], rng)], "g4", dpi=(204, 196))


def picture(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo(page: Image.Image) -> Image.Image:
    """Return the page as a telephone sees it: on a desk, a little turned, in uneven light, a little soft."""
    grey = page.convert("L").resize((2000, round(2000 * page.height / page.width)), Image.Resampling.LANCZOS)
    desk = Image.new("L", (2120, grey.height + 140), 96)
    desk.paste(grey, (60, 70))
    turned = desk.rotate(0.6, Image.Resampling.BICUBIC, fillcolor=96)
    light = Image.linear_gradient("L").rotate(90).resize(turned.size).point(lambda v: 195 + v * 60 // 255)
    lit = Image.composite(turned, Image.new("L", turned.size, 0), light)
    return lit.filter(ImageFilter.GaussianBlur(0.5)).convert("RGB")


def write(name: str, raw: bytes, expected: dict[str, Any]) -> None:
    (FOLDER / f"{name}.eml").write_bytes(raw)
    values = {
        "channel": "email",
        "smtp": "250",
        "missing": [],
        "fields": {},
        "patients": 0,
        "attachments": 0,
        **expected,
    }
    text = json.dumps(values, indent=1, sort_keys=True)
    (FOLDER / f"{name}.expected.json").write_text(text + "\n")


def order(
    name: str, mail: EmailMessage, truth: OrderTruth, *, missing: Sequence[str] = (), attachments: int = 0, **more: Any
) -> None:
    """Write one ordering mail and what it must come to."""
    expected = {
        "outcome": "incomplete" if missing else "scheduled",
        "document_class": CLASSES[truth.order_type],
        "missing": sorted(missing),
        "fields": truth.fields(),
        "patients": 1,
        "attachments": attachments,
        "reply_to": sender_of(truth),
    }
    write(name, mail.as_bytes(), {**expected, **more})


SEE = "Good morning,\n\nplease see the attached document.\n\nThank you\n"


def make_orders() -> None:
    def about(number: int, truth: OrderTruth, text: str) -> EmailMessage:
        return letter(number, sender_of(truth), f"New order {truth.order_number}", text)

    first = order_truth(201)
    order("order-01-text", about(1, first, as_text(first)), first)
    order(
        "order-01-text-again",
        about(2, first, as_text(first)),
        first,
        outcome="duplicate",
        duplicate_of="order-01-text.eml",
    )

    for number, layout, kind in ((3, "two_column", "dme"), (4, "infusion", "infusion")):
        truth = order_truth(200 + number, kind)
        file = ("application/pdf", "order.pdf", pdf(truth, layout, number))
        order(f"order-{number:02d}-pdf", attach(about(number, truth, SEE), file), truth, attachments=1)

    truth = order_truth(205)
    file = ("image/tiff", "fax.tif", fax_tiff(truth, "boxes", 5))
    order("order-05-tiff", attach(about(5, truth, SEE), file), truth, attachments=1)

    truth = order_truth(206, "home_health")
    scan = picture(sheet(truth, "table", 6).convert("L"), "PNG", dpi=(204, 204))
    # Named and labelled wrongly on purpose: the bytes say what it is.
    file = ("application/octet-stream", "../../scan 06.dat", scan)
    order("order-06-png", attach(about(6, truth, SEE), file), truth, attachments=1)

    truth = order_truth(207)
    shot = picture(photo(sheet(truth, "table", 7)), "JPEG", quality=80)
    order("order-07-photo", attach(about(7, truth, SEE), ("image/jpeg", "IMG_0007.jpg", shot)), truth, attachments=1)

    truth = order_truth(208, "home_health", discharge_deadline="2026-11-24T14:00")
    mail = about(8, truth, "This mail needs an HTML viewer.\n")
    mail.add_alternative(as_html(truth), subtype="html", cte="base64")
    mail.set_boundary("=_sample_08_edge")
    order("order-08-html", mail, truth)

    truth = order_truth(209, omitted=("member_id", "contact_phone"))
    order("order-09-incomplete", about(9, truth, as_text(truth)), truth, missing=("member_id", "contact_phone"))
    truth = order_truth(210, "infusion", signature_present=False, signature_date=None)
    order("order-10-unsigned", about(10, truth, as_text(truth)), truth, missing=("signature_present",))


MARKETING = """SAVE 40% THIS MONTH!

Office toner, paper and printers. Special offer for medical offices: free shipping on every
purchase over $99, no contract, cancel at any time. Call now, supplies are limited.

To be removed from our list click unsubscribe.
"""


def make_others() -> None:
    mail = letter(21, "news@toner.example", "40% off", MARKETING, Precedence="bulk", List_Id="<news.toner.example>")
    write("other-marketing", mail.as_bytes(), {"outcome": "ignored", "document_class": "marketing", "reply_to": None})

    head = letter(22, "desk@practice.example", "Order", "x").as_bytes().partition(b"\r\n\r\n")[0]
    rejected = {"outcome": "rejected", "document_class": None, "smtp": "550", "reply_to": "desk@practice.example"}
    write("bad-empty", head + b"\r\n\r\n\r\n", rejected)

    truth = order_truth(223)
    review = {"outcome": "review", "reply_to": sender_of(truth)}
    whole = attach(
        letter(23, sender_of(truth), f"New order {truth.order_number}", SEE),
        ("application/pdf", "order.pdf", pdf(truth, "boxes", 23)),
    ).as_bytes()
    cut = whole.index(b"JVBERi") + 2001
    write("bad-attachment", whole[:cut] + b"\r\n--=_sample-23_edge--\r\n", {**review, "document_class": "other"})

    hostile = letter(24, sender_of(truth), "New order", as_text(truth)).as_bytes()
    write(
        "bad-headers",
        b"Cc: " + b"," * 100_000 + b"\r\n" + hostile,
        {**review, "document_class": "unreadable", "reply_to": None},
    )
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(60))
    deep = (
        b"From: <%s>\r\n" % sender_of(truth).encode() + nested + b"\r\n" + as_text(truth).replace("\n", "\r\n").encode()
    )
    write("bad-nested", deep, {**review, "document_class": "unreadable"})


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in (*FOLDER.glob("*.eml"), *FOLDER.glob("*.expected.json")):
        old.unlink()
    make_orders()
    make_others()
    print(f"{len(list(FOLDER.glob('*.eml')))} mails in {FOLDER}")


if __name__ == "__main__":
    main()
