"""FHIR XML: the same resource in both forms, and nothing hostile taken in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError
from schemas.fhir import loads, validate, xml_dumps, xml_loads
from tests.connectors.fhir.server import SAMPLES

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
HEAD = b'<Patient xmlns="http://hl7.org/fhir">'


def patient(inner: str, head: str = "") -> dict[str, Any]:
    return xml_loads(f'{head}<Patient xmlns="http://hl7.org/fhir">{inner}</Patient>'.encode(), max_bytes=10**6)


def refused(data: bytes) -> str:
    with pytest.raises(CodecError) as wrong:
        xml_loads(data, max_bytes=10**6)
    return wrong.value.code


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda p: p.stem)
def test_every_sample_that_is_valid_says_the_same_in_xml(path: Any) -> None:
    try:
        resource = loads(path.read_bytes(), max_bytes=10**7)
    except CodecError:
        return
    if not validate(resource):
        assert xml_loads(xml_dumps(resource), max_bytes=10**7) == resource


def test_numbers_keep_their_digits_and_elements_their_order() -> None:
    resource = {
        "resourceType": "Observation",
        "valueQuantity": {"unit": "L/min", "value": Decimal("2.00")},
        "code": {"text": "flow"},
        "status": "final",
    }
    data = xml_dumps(resource)
    assert [child.tag.rpartition("}")[2] for child in fromstring(data)] == ["status", "code", "valueQuantity"]
    back = xml_loads(data, max_bytes=10**6)
    assert back == resource
    assert str(back["valueQuantity"]["value"]) == "2.00"


def test_a_primitive_keeps_its_extensions_and_ids_also_in_a_list_with_gaps() -> None:
    said = {"extension": [{"url": "urn:reason", "valueCode": "masked"}], "id": "n1"}
    resource = {
        "resourceType": "Patient",
        "birthDate": "1950-03-04",
        "_birthDate": {"id": "b"},
        "name": [{"id": "x", "given": ["Ada", None], "_given": [None, said]}],
        "_gender": {"extension": [{"url": "urn:reason", "valueBoolean": False}]},
    }
    assert xml_loads(xml_dumps(resource), max_bytes=10**6) == resource


def test_contained_resources_and_comments() -> None:
    inner = '<contained><Organization><id value="o"/><name value="Clinic"/></Organization></contained>'
    found = patient(
        f"<!-- a --><id value='p'/>{inner}<!-- b --><active value='true'/>", '<?xml version="1.0"?><?pi x?>'
    )
    assert found["contained"] == [{"resourceType": "Organization", "id": "o", "name": "Clinic"}]
    assert found["active"] is True


def test_a_narrative_is_kept_character_by_character() -> None:
    div = f'{DIV}<p class="a">Röhre &amp; <b>2&#160;L</b><br/>\n  <!-- kept --></p></div>'
    resource = {"resourceType": "Patient", "text": {"status": "generated", "div": div}}
    assert xml_loads(xml_dumps(resource), max_bytes=10**6) == resource


def test_a_narrative_with_a_prefix_of_the_document_is_spelled_so_that_it_stands_alone() -> None:
    div = '<h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p h:x="1" title="&quot;a&quot;">a &lt; b</h:p></h:div>'
    found = patient(f'<text><status value="generated"/>{div}</text>')["text"]["div"]
    assert found == f'{DIV}<p title="&quot;a&quot;">a &lt; b</p></div>'


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<div>a&nbsp;b</div>", f"{DIV}a\u00a0b</div>"),
        ("<div>a < b</div>", f"{DIV}&lt;div&gt;a &lt; b&lt;/div&gt;</div>"),
        ("</text><evil/>", f"{DIV}&lt;/text&gt;&lt;evil/&gt;</div>"),
        (f"{DIV}a</div><evil/>", f"{DIV}&lt;div xmlns=\"http://www.w3.org/1999/xhtml\"&gt;a&lt;/div&gt;&lt;evil/&gt;</div>"),
    ],
)  # fmt: skip
def test_a_broken_narrative_cannot_leave_its_place(given: str, kept: str) -> None:
    resource = {"resourceType": "Patient", "text": {"status": "generated", "div": given}}
    assert xml_loads(xml_dumps(resource), max_bytes=10**6)["text"]["div"] == kept


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        HEAD,
        HEAD + b"<id value='a'></Patient>",
        b"<Patient/>",
        b'<Nothing xmlns="http://hl7.org/fhir"/>',
        HEAD + b"some text</Patient>",
        HEAD + b'<id value="a" x="b"/></Patient>',
        HEAD + b'<contained/></Patient>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + HEAD + b"</Patient>",
        HEAD + b"<id value='\xff'/></Patient>",
        HEAD + b"<name>" * 80 + b"</name>" * 80 + b"</Patient>",
        b'<div xmlns="http://www.w3.org/1999/xhtml"/>',
        HEAD + b'<text><div xmlns="http://www.w3.org/1999/xhtml">' + b"<b>" * 300 + b"</b>" * 300 + b"</div></text>",
    ],
)  # fmt: skip
def test_what_is_no_fhir_xml_is_refused(data: bytes) -> None:
    assert refused(data) == "structure"


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE Patient>",
        b'<!DOCTYPE Patient SYSTEM "http://127.0.0.1:9/x.dtd">',
        b'<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        b'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE p [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
    ],
)
def test_a_document_type_is_refused_before_it_is_read(doctype: bytes) -> None:
    assert refused(doctype + HEAD + b"<id value='a'/></Patient>") == "security"


def test_what_no_form_of_json_could_say_is_refused_with_its_path() -> None:
    with pytest.raises(CodecError) as wrong:
        patient('<name><given value="a"/><given value="b" colour="c"/></name>')
    assert wrong.value.location == "Patient.name[0].given[1]"


def test_what_r4_does_not_know_is_named_by_validation() -> None:
    found = patient('<colour value="red"/><birthDate value="1950-02-31"/><active value="yes"/>')
    assert {issue.expression for issue in validate(found)} == {"Patient.colour", "Patient.birthDate", "Patient.active"}


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\r<>&\"' "), min_size=1
)


@given(TEXT, TEXT, st.decimals(-(10**9), 10**9, places=6))
def test_any_text_and_any_number_come_back(family: str, note: str, number: Decimal) -> None:
    resource = {
        "resourceType": "Patient",
        "extension": [{"url": "urn:n", "valueDecimal": Decimal(f"{number:f}")}],
        "name": [{"family": family, "extension": [{"url": "urn:t", "valueString": note}]}],
    }
    assert xml_loads(xml_dumps(resource), max_bytes=10**6) == resource
