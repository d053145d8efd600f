"""The page of the mapping is that of the tables, and names every table and every message once."""

from __future__ import annotations

from pathlib import Path

from doorstep.cli.mapping_page import mapping_page
from schemas.hl7v2.header import ORDER_SEGMENTS
from schemas.hl7v2.mapping import mappings
from schemas.hl7v2.tables import ICD10_SYSTEMS, PROCEDURE_SYSTEMS

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_in_the_docs_is_that_of_the_tables() -> None:
    for path, text in mapping_page().items():
        assert (ROOT / path).read_text("utf-8") == text, "run: make docs"


def test_every_word_that_a_row_uses_is_known() -> None:
    """A table, type or code map that is misspelt would be found only by the message that needs it."""
    from schemas.hl7v2.datatypes import READINGS

    maps = mappings()
    for table in [*maps.types.values(), *maps.resources.values()]:
        for row in table.rows:
            assert not row.make or row.make in maps.resources, (table.name, row.make)
            assert row.type in READINGS or row.type in maps.types, (table.name, row.type)
            assert not row.map or row.map in maps.codes, (table.name, row.map)
    parts = [p for one in maps.messages.values() for p in (*one.person, *one.item, *one.report)]
    assert {part.table for part in parts} <= set(maps.resources)


def test_every_order_message_that_we_take_has_a_table_of_its_own() -> None:
    assert {"^".join(kind) for kind in ORDER_SEGMENTS} <= set(mappings().messages)


def test_the_order_and_the_bundle_know_the_same_names_of_code_systems() -> None:
    systems = mappings().systems
    assert {systems[name] for name in ICD10_SYSTEMS if not name.startswith("HTTP")} == {
        "http://hl7.org/fhir/sid/icd-10-cm"
    }
    assert {systems[name] for name in PROCEDURE_SYSTEMS} == {
        "http://www.ama-assn.org/go/cpt",
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    }
