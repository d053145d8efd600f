"""The mail codec: what it finds, what it names as a problem, and that nothing hostile makes it slow or loud."""

from __future__ import annotations

import base64
import contextlib
import email
import pickle
import time
from email.message import EmailMessage
from email.policy import compat32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.mail import address_of, envelope_of, parse
from schemas.mail.html import html_to_text

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def mail(*parts: tuple[bytes, bytes], boundary: bytes = b"edge", kind: bytes = b"mixed", closed: bool = True) -> bytes:
    head = b'Subject: order\r\nFrom: a@b.example\r\nContent-Type: multipart/%s; boundary="%s"\r\n\r\n' % (
        kind,
        boundary,
    )
    body = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary, fields, data) for fields, data in parts)
    return head + body + (b"--%s--\r\n" % boundary if closed else b"")


def encoded(data: bytes, declared: bytes = b"application/octet-stream", more: bytes = b"") -> tuple[bytes, bytes]:
    fields = b"Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment%s"
    return fields % (declared, more), base64.encodebytes(data).replace(b"\n", b"\r\n").rstrip()


TEXT = (b"Content-Type: text/plain; charset=utf-8", "Name: Älma".encode())


def test_text_and_attachment_are_found_and_the_kind_is_told_by_the_bytes() -> None:
    found = parse(mail(TEXT, encoded(PDF, b"image/png", b'; filename="../../etc/order.png"')))

    assert found.body == "Name: Älma"
    assert found.problems == ()
    (part,) = found.parts
    assert (part.content_type, part.declared_type, part.data, part.location) == (
        "application/pdf",
        "image/png",
        PDF,
        "2",
    )
    assert part.name == "../../etc/order.png"  # data only


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"II*\x00rest", "image/tiff"),
        (b"MM\x00*rest", "image/tiff"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"MSH|^~\\&|A|B\rPID|1\r", "x-application/hl7-v2+er7"),
        (b' {"resourceType": "Bundle"}', "application/fhir+json"),
    ],
)
def test_every_readable_kind_is_recognised_whatever_its_label(data: bytes, kind: str) -> None:
    assert [p.content_type for p in parse(mail(TEXT, encoded(data))).parts] == [kind]


@pytest.mark.parametrize(
    ("part", "word"),
    [
        (encoded(b"PK\x03\x04zip", b"application/zip"), "zip"),
        (encoded(b"\x78\x9f\x3e\x22", b"application/ms-tnef"), "winmail.dat"),
        (encoded(b"%PDX", b"application/pdf"), "not read"),
        (encoded(b"", b"application/pdf"), "empty"),
        ((b"Content-Type: message/rfc822", b"Subject: inner\r\n\r\nhello"), "inside the mail"),
        ((b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64", b"JVBERi0xLj!!"), "base64"),
        ((b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64", b"JVBERi0xLjQ="[:-1]), "base64"),
        ((b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: x-uuencode", b"begin"), "transfer encoding"),
        ((b"Content-Type: text/plain; charset=punycode", b"hello"), "character set"),
        ((b"Content-Type: multipart/mixed", b"hello"), "boundary"),
    ],
)
def test_what_is_not_read_is_named_with_its_place(part: tuple[bytes, bytes], word: str) -> None:
    found = parse(mail(TEXT, part))

    assert any(p.startswith("part 2") and word in p for p in found.problems), found.problems
    assert found.body.startswith("Name: Älma")


def test_a_cut_mail_says_that_its_end_is_missing() -> None:
    assert any("closing boundary" in p for p in parse(mail(TEXT, encoded(PDF), closed=False)).problems)


def test_plain_text_is_preferred_but_a_stub_beside_a_long_html_is_not() -> None:
    rich = b"<html><head><title>x</title></head><body><p>Name: Alma</p><p>%s</p></body></html>"
    both = (TEXT, (b"Content-Type: text/html", rich % b""))
    stub = ((b"Content-Type: text/plain", b"see html"), (b"Content-Type: text/html", rich % (b"long " * 20)))

    assert parse(mail(*both, kind=b"alternative")).body == "Name: Älma"
    assert parse(mail(*stub, kind=b"alternative")).body.startswith("Name: Alma\n")


def test_an_inline_logo_of_an_unread_kind_is_no_problem_but_an_attached_one_is() -> None:
    logo = b"Content-Type: image/gif\r\nContent-ID: <logo>\r\nContent-Disposition: %s"

    photo = (logo % b"inline").replace(b"gif", b"jpeg")

    assert parse(mail(TEXT, (logo % b"inline", b"GIF89a"))).problems == ()
    assert [p.inline for p in parse(mail(TEXT, (photo, b"\xff\xd8\xff" + b"x" * 100_000))).parts] == [False]
    assert parse(mail(TEXT, (logo % b"attachment", b"GIF89a"))).problems != ()


def test_html_tables_become_label_and_value_and_scripts_are_not_text() -> None:
    source = (
        "<head><style>p{}</style></head><script>evil()</script><table><tr><th><p>Member&nbsp;ID</p></th>"
        "<td><p>W1 &lt;2</p></td></tr><tr><td>DOB:</td><td>1950-01-02</td></tr></table>1 < 2<br>end<!-- no -->"
    )
    assert html_to_text(source).split("\n") == ["Member ID: W1 <2", "", "DOB: 1950-01-02", "", "1 < 2", "end"]


def test_a_layout_table_keeps_its_lines() -> None:
    assert html_to_text("<table><tr><td>Name: A<br>DOB: B<br>NPI: C<br>End</td></tr></table>").split("\n") == [
        "Name: A", "DOB: B", "NPI: C", "End",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("a@b.example", "a@b.example"),
        ('"Doe, J <x@y.example>" <a@b.example>', "a@b.example"),
        ("J. Doe (private) <a@b.example>", "a@b.example"),
        ("orders@localhost", "orders@localhost"),
        ("a@b.example, c@d.example", None),
        ("<a@b.example> <c@d.example>", None),
        ("<a b@c.example>", None),
        ("<a@b.example\x00>", None),
        ("<a@[127.0.0.1]>", None),
        ('<"a b"@c.example>', None),
        ("<-@-.example>", None),
        ("a" * 65 + "@b.example", None),
        ("", None),
        (None, None),
    ],
)
def test_one_plain_address_or_none(value: str | None, address: str | None) -> None:
    assert address_of(value) == address


def test_the_envelope_names_identity_answer_and_machines() -> None:
    raw = b"From: A <a@b.example>\r\nReply-To: <r@b.example>\r\nMessage-ID:\r\n <1@b>\r\n"
    raw += b"Subject: Re: [DS-000123-7]\r\n%s\r\nx"
    plain = envelope_of(raw % b"")

    assert (plain.message_id, plain.reply_to, plain.from_address) == ("<1@b>", "r@b.example", "a@b.example")
    assert plain.case_number == "DS-000123-7"
    assert plain.answerable
    for field in (b"Auto-Submitted: auto-replied", b"Precedence: bulk", b"List-Id: <l>", b"Return-Path: <>"):
        assert not envelope_of(raw % (field + b"\r\n")).answerable, field
    assert not envelope_of(HOSTILE["commas"]).answerable  # what follows is not seen


@pytest.mark.parametrize(
    ("raw", "empty"),
    [
        (b"", True),
        (b"Subject: x\r\n", True),
        (b"Subject: x\r\n\r\n \r\n\r\n", True),
        (b"Subject: x\r\n\r\n.", False),
        (b"no header at all", False),
        (b"X: " + b"a" * 70_000, False),
    ],
)
def test_an_empty_mail_is_told_without_parsing(raw: bytes, empty: bool) -> None:
    assert envelope_of(raw).empty is empty


def test_headers_in_words_and_parameters_in_pieces_are_read() -> None:
    raw = mail(
        (
            b"Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''%C3%84rzte;\r\n"
            b" filename*1=%20.pdf",
            PDF,
        )
    ).replace(b"Subject: order", b"Subject: =?utf-8?q?Bestellung_?=\r\n =?iso-8859-1?b?/A==?=")
    found = parse(raw)

    assert found.subject == "Bestellung ü"
    assert found.parts[0].name == "Ärzte%20.pdf"


def test_flowed_text_is_joined() -> None:
    raw = b"Content-Type: text/plain; format=flowed\r\n\r\nShip to: 1 Oak St, \r\nDayton\r\nDOB: x\r\n"
    assert parse(raw).body == "Ship to: 1 Oak St, Dayton\nDOB: x\n"


HOSTILE = {
    "commas": b"Cc: " + b"," * 100_000 + b"\r\n\r\nhello",
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(1000)),
    "many parts": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * 200_000,
    "near boundaries": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n" + b"--ab\r\n" * 300_000,
    "open quotes": b'Content-Type: text/plain; a="' + b'\\";a="' * 1200 + b"\r\n\r\nhello",
    "open tags": b"Content-Type: text/html\r\n\r\n" + b"<a " * 400_000,
    "open comments": b"Content-Type: text/html\r\n\r\n" + b"<!-- <head><script" * 60_000,
    "entities": b"Content-Type: text/html\r\n\r\n" + b"&#" + b"9" * 900_000 + b";",
    "brackets": b'Content-Disposition: attachment\r\nContent-Type: a/b\r\n\r\n{"resourceType":' + b"[" * 900_000,
    "soft lines": b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * 400_000,
    "address": b'From: "' + b'\\"' * 490 + b"\r\n\r\nhello",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_cost_little(name: str) -> None:
    began = time.process_time()
    envelope_of(HOSTILE[name])
    scanned = time.process_time() - began
    with contextlib.suppress(CodecError):
        parse(HOSTILE[name])

    assert scanned < 0.05
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("name", ["near boundaries", "open tags", "open comments", "entities", "soft lines"])
def test_twice_the_input_costs_about_twice_the_time(name: str) -> None:
    def cost(raw: bytes) -> float:
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            with contextlib.suppress(CodecError):
                parse(raw)
            best = min(best, time.process_time() - began)
        return best

    raw = HOSTILE[name][:400_000]
    assert cost(raw) < 5 * cost(raw[:200_000]) + 0.02


def test_limits_are_refusals_by_name() -> None:
    with pytest.raises(CodecError, match="header block"):
        parse(HOSTILE["commas"])
    with pytest.raises(CodecError, match="20 deep"):
        parse(HOSTILE["nested"])
    with pytest.raises(CodecError, match="200 parts"):
        parse(HOSTILE["many parts"])
    with pytest.raises(CodecError, match="empty"):
        parse(b"\r\n")
    long = b"," * 9000 + b"\r\nMessage-ID: <1@x>\r\n\r\nhello"
    told = "1 header fields over 8 KB that matter were left out"
    assert [parse(name + long).problems for name in (b"X-Spam: ", b"Cc: ", b"Reply-To: ")] == [(), (), (told,)]
    assert parse(b"Cc: " + long).message_id == "<1@x>"


PIECES = (
    rb"""--a|--a--|Content-Type: |multipart/mixed; boundary=a|text/html|message/rfc822|quoted-printable|<td>|<!--|"""
    rb"""=?utf-8?b?|*0*=|"|%|charset=utf-16|; |filename|=|&#x|From: |<a@b>|%PDF-|{|"resourceType"|MSH^~|base64|"""
    rb"""Content-Transfer-Encoding: """
).split(b"|")
pieces = st.sampled_from([b"\r\n", b"\n", b"\x00", b"\xff", *PIECES])
assembled = st.lists(st.one_of(pieces, st.binary(max_size=8)), max_size=60).map(b"".join)


@given(st.one_of(st.binary(max_size=400), assembled))
@example(b"Content-Type: text/plain; charset=utf-16\r\n\r\n\xff")
@example(b'Content-Type: multipart/mixed; boundary="\xff"\r\n\r\n--\xff\r\n\r\n')
def test_parse_raises_codec_errors_only(raw: bytes) -> None:
    envelope_of(raw)
    try:
        found = parse(raw)
    except CodecError:
        return
    assert pickle.loads(pickle.dumps(found)) == found  # it comes back from a worker process


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\x00\ufeff\ufffd"), min_size=1).filter(str.strip),
    st.lists(st.binary(min_size=1, max_size=300), max_size=4),
)
def test_what_the_standard_library_writes_is_read_back(text: str, files: list[bytes]) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@b.example", "order"
    message.set_content(text)
    for data in files:
        message.add_attachment(b"%PDF-" + data, maintype="application", subtype="pdf", filename="order.pdf")
    raw = message.as_bytes()
    found = parse(raw)

    assert [p.data for p in found.parts] == [b"%PDF-" + data for data in files]
    reference = email.message_from_bytes(raw, policy=compat32)
    first = reference.get_payload(0) if files else reference
    payload = first.get_payload(decode=True).decode("utf-8")  # type: ignore[union-attr]
    assert found.body.split() == payload.split()
    assert found.problems == ()
