"""What the first bytes and a sidecar say, whatever is in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.fax.framing import content_type, frame, sidecar, ten_digits

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"II*\0rest", "image/tiff"),
        (b"MM\0*rest", "image/tiff"),
        (b"MM\0+", "image/tiff"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xef\xbb\xbf junk before %PDF-1.4", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"", None),
        (b"II", None),
        (b"GIF89a", None),
        (b" " * 1024 + b"%PDF-1.4", None),
        (b"MSH|^~\\&|", None),
    ],
)
def test_the_type_is_what_the_bytes_show(head: bytes, kind: str | None) -> None:
    assert content_type(head) == kind


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("9375550112", "9375550112"),
        ("+1 937 555 0112", "9375550112"),
        ("1-937-555-0112", "9375550112"),
        ("(937) 555-0112", "9375550112"),
        ("555-0112", ""),
        ("0375550112", ""),
        ("9370550112", ""),
        ("+44 20 7946 0958", ""),
        ("19375550112 ext 4", ""),
        ("anonymous", ""),
        ("٩٣٧٥٥٥٠١١٢", ""),
    ],
)
def test_a_number_is_ten_digits_or_nothing(told: str, number: str) -> None:
    assert ten_digits(told) == number


@settings(deadline=None)
@given(st.binary(max_size=300) | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(
    lambda v: json.dumps({"calling_number": v, "tsid": v, "commid": v, "qfile": v, "received_at": v}).encode()
))  # fmt: skip
def test_no_sidecar_breaks_the_framing_or_smuggles_control_characters(raw: bytes) -> None:
    got = frame("f.tif", b"II*\0", raw, NOW)
    assert got.received_at.tzinfo is not None
    for value in got.details.values():
        value.encode()
        assert len(value) <= 128
        assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in value)


@pytest.mark.parametrize("raw", [None, b"", b"[]", b"{", b"[" * 60_000, b"{}" + b" " * 70_000, b"null", b"\xff\xfe"])
def test_a_broken_sidecar_counts_as_none(raw: bytes | None) -> None:
    assert sidecar(raw) == {}


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("2026-11-23T13:30:00Z", datetime(2026, 11, 23, 13, 30, tzinfo=UTC)),
        ("2026-11-23T08:30:00-05:00", datetime(2026, 11, 23, 13, 30, tzinfo=UTC)),
        ("2026-11-23T13:30:00", NOW),
        ("2031-01-01T00:00:00Z", NOW),
        ("1999-01-01T00:00:00Z", NOW),
        ("yesterday", NOW),
    ],
)
def test_the_gateways_time_is_taken_when_it_is_believable(told: str, taken: datetime) -> None:
    assert frame("f.tif", b"II*\0", json.dumps({"received_at": told}).encode(), NOW).received_at == taken


def test_the_content_is_its_own_key_unless_hylafax_gave_both_ids() -> None:
    plain = frame("a", b"II*\0x", None, NOW)
    assert plain.idempotency_key == frame("b", b"II*\0x", b'{"commid": "1"}', NOW + timedelta(1)).idempotency_key
    assert plain.idempotency_key.startswith("sha256:")
    assert frame("a", b"II*\0x", b'{"commid": "1", "qfile": "f"}', NOW).idempotency_key == "hylafax:1:f"
