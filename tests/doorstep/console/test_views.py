"""What the timeline says of an event."""

from __future__ import annotations

from doorstep.console.views import told
from schemas.document import DocumentClass, DocumentClassified, ExtractedField
from schemas.event import Event
from schemas.order import Evidence
from tests.factories import NOW, content, extraction


def test_the_kind_of_a_document_is_told_in_words_and_its_doubt_only_where_there_is_one() -> None:
    def words(confidence: float) -> str:
        said = DocumentClassified(
            document_id="d", channel="fax", received_at=NOW, reply_to=None, documents=(), reading=content(b"{}"),
            document_class=DocumentClass.DME_ORDER, class_confidence=confidence, patients=1,
        )  # fmt: skip
        return told(Event(id="1", source="test", time=NOW, data=said))

    assert words(1.0) == "read as DME order"
    assert words(0.6) == "read as DME order, which is not certain"


def test_lines_for_the_notes_are_counted_on_the_timeline() -> None:
    line = ExtractedField(value="Oxygen saturation: 86 % at rest", evidence=Evidence())
    data = extraction().model_copy(update={"facts": {"oxygen_saturation": line}})
    assert told(Event(id="1", source="test", time=NOW, data=data)).endswith(
        "read with confidence, 1 line for the notes"
    )
