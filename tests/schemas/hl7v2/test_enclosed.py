"""Documents inside of messages, honest and hostile."""

from __future__ import annotations

import base64
import time

import pytest

from schemas.codec import CodecError
from schemas.hl7v2 import enclosed_of, notices_of

PDF = b"%PDF-1.7 a letter"
B64 = base64.b64encode(PDF).decode()
HEAD = "MSH|^~\\&|APP|FAC|D|H|20261120||MDM^T02|1|P|2.5.1\rPID|1||MR1||Doe^Jane||19500102\rTXA|1|CN\r"


def enclosed(*observations: str, kind: str = "MDM^T02") -> tuple[list[tuple[str, bytes]], list[str]]:
    data = (HEAD.replace("MDM^T02", kind) + "\r".join(observations) + "\r").encode()
    documents, problems = enclosed_of(data)
    return [(one.content_type, one.data) for one in documents], list(problems)


@pytest.mark.parametrize(
    "value",
    [
        f"APP^Application^PDF^Base64^{B64}",
        f"^application^pdf^Base64^{B64}",
        f"^AP^PDF^BASE64^{B64}",
        f"^application/pdf^Base64^{B64}",
        f"^TEXT^application/pdf^base64^{B64}",
        f"PDF^Base64^{B64}",
        f"^^PDF^^{B64}",
        f"^^PDF^Hex^{PDF.hex()}",
        f"^^PDF^Base64^{B64[:9]}\\.br\\{B64[9:]}",
        f"^^PDF^Base64^{B64[:9]}\\X0D\\\\X0A\\{B64[9:]}",
        f"^^PDF^Base64^ {B64[:9]}  {B64[9:]} ",
        f"^^PDF^Base64^{B64[:9]}\n{B64[9:]}",
    ],
)
def test_a_document_is_taken_out_however_it_is_labelled(value: str) -> None:
    assert enclosed(f"OBX|1|ED|LTR^Letter||{value}||||||F") == ([("application/pdf", PDF)], [])


@pytest.mark.parametrize("kind", ["^text^xml^", "^application/hl7-cda+xml^^", "^multipart^x-hl7-cda-level-one^"])
def test_a_clinical_document_is_known_as_one(kind: str) -> None:
    data = base64.b64encode(b"<ClinicalDocument/>").decode()
    assert enclosed(f"OBX|1|ED|LTR||{kind}Base64^{data}||||||F") == ([("text/xml", b"<ClinicalDocument/>")], [])


@pytest.mark.parametrize("kind", ["ED", "TX", "FT", "ST", ""])
def test_the_bare_data_of_a_document_are_one(kind: str) -> None:
    (found,), problems = enclosed(f"OBX|1|{kind}|LTR^Letter||{B64}||||||F")
    assert found[1] == PDF
    assert problems == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("^^PDF^Base64^%%%", "no whole Base64"),
        (f"^^PDF^Base64^{B64[:-3]}", "no whole Base64"),
        ("^^PDF^Base64^", "empty"),
        ("^^PDF^Base64", "empty"),
        ("^^PDF^Hex^2550444", "no whole hexadecimal"),
    ],
)
def test_what_cannot_be_decoded_says_so_and_names_its_place(value: str, words: str) -> None:
    documents, (problem,) = enclosed(f"OBX|1|ED|LTR^Letter||{value}||||||F")
    assert documents == []
    assert problem.startswith("OBX[1]-5~1 ")
    assert words in problem


def test_a_pointer_is_never_followed_and_a_document_message_with_nothing_else_says_so() -> None:
    line = "OBX|1|RP|LTR^Letter||\\\\server\\share\\a.pdf^App^PDF||||||F"
    assert enclosed(line) == ([], [])
    told = notices_of((HEAD + line + "\r").encode(), "doc")
    assert told.documents == ()
    assert "pointers are not followed" in told.problems[0]
    assert notices_of((HEAD.replace("MDM^T02", "ORU^R01") + line + "\r").encode(), "doc").problems == ()


def test_several_documents_and_repetitions_are_all_taken_and_deleted_ones_are_not() -> None:
    one, two = f"^^PDF^Base64^{B64}", f"^^TIFF^Base64^{base64.b64encode(b'II*').decode()}"
    documents, problems = enclosed(
        f"OBX|1|ED|A||{one}~{two}||||||F", f"OBX|2|ED|B||{one}||||||F", f"OBX|3|ED|C||{one}||||||D"
    )
    assert [media for media, _ in documents] == ["application/pdf", "image/tiff", "application/pdf"]
    assert problems == []


def test_too_many_documents_are_refused() -> None:
    with pytest.raises(CodecError):
        enclosed(*[f"OBX|{n}|ED|A||^^PDF^Base64^{B64}||||||F" for n in range(21)])


def test_thirty_megabytes_are_taken_out_in_a_second() -> None:
    large = PDF + bytes(30_000_000)
    began = time.process_time()
    documents, _ = enclosed(f"OBX|1|ED|A||^^PDF^Base64^{base64.b64encode(large).decode()}||||||F")
    assert documents == [("application/pdf", large)]
    assert time.process_time() - began < 5


def test_the_text_of_a_document_message_is_a_document_and_that_of_a_result_is_not() -> None:
    lines = ("OBX|1|TX|LTR^Letter||Please deliver\\.br\\a hospital bed||||||F", "OBX|2|FT|LTR||to Jane Doe||||||F")
    data = (HEAD + "\r".join(lines) + "\r").encode()
    (document,) = notices_of(data, "doc").documents
    assert document.content_type == "text/plain"
    assert document.data == b"Please deliver\na hospital bed\nto Jane Doe"
    assert notices_of(data.replace(b"MDM^T02", b"ORU^R01"), "doc").documents == ()


@pytest.mark.parametrize("at", [8, 9, 11])
def test_a_document_that_was_cut_over_several_observations_is_one(at: int) -> None:
    parts = (B64[:at], B64[at : at + 5], B64[at + 5 :])
    cut = [f"OBX|{n}|ED|LTR^Letter|{n}|^application^pdf^Base64^{part}" for n, part in enumerate(parts, start=1)]
    assert enclosed(*cut) == ([("application/pdf", PDF)], [])
    bare = [cut[0], *(f"OBX|{n}|ED|LTR^Letter|1.{n}|{part}" for n, part in enumerate(parts[1:], start=2))]
    assert enclosed(*bare) == ([("application/pdf", PDF)], [])


def test_parts_that_were_each_encoded_for_themselves_are_one() -> None:
    parts = [base64.b64encode(part).decode() for part in (PDF[:7], PDF[7:11], PDF[11:])]
    assert enclosed(*(f"OBX|1|ED|LTR||^^PDF^Base64^{part}" for part in parts)) == ([("application/pdf", PDF)], [])


def test_two_documents_side_by_side_stay_two() -> None:
    other = base64.b64encode(b"%PDF-1.4 another").decode()
    found, _ = enclosed(f"OBX|1|ED|LTR||^^PDF^Base64^{B64}", f"OBX|2|ED|LTR||^^PDF^Base64^{other}")
    assert len(found) == 2


@pytest.mark.parametrize("second", ["OBX|2|ED|OTHER||^^PDF^Base64^{}", "OBX|2|ED|LTR||^^TIFF^Base64^{}"])
def test_what_is_named_otherwise_is_no_part(second: str) -> None:
    rest = base64.b64encode(b"something else").decode()
    assert len(enclosed(f"OBX|1|ED|LTR||^^PDF^Base64^{B64}", second.format(rest))[0]) == 2


def test_a_document_with_a_part_that_is_broken_is_a_problem_and_no_half_document() -> None:
    found, problems = enclosed(f"OBX|1|ED|LTR||^^PDF^Base64^{B64}", "OBX|2|ED|LTR||^^PDF^Base64^%%%")
    assert found == []
    assert problems == ["OBX[1]-5~1 is no whole Base64"]


def test_rich_text_is_known_as_such() -> None:
    data = base64.b64encode(b"{\\rtf1 x}").decode()
    assert enclosed(f"OBX|1|ED|LTR||^text^rtf^Base64^{data}") == ([("application/rtf", b"{\\rtf1 x}")], [])
