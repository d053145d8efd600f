"""What was handed over and has not been heard of: one record a confirmation, and its page for a further try."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.fax.handover import write
from connectors.fax.records import Records, stamp
from schemas.outbound import ConfirmationRequested

BEGUN, HANDED, WAITING = "begun", "handed", "waiting"
_SOON = 15.0


class Sends:
    """Records by tag. `begun`: a try may have reached the far end; `handed`: it has; `waiting`: for the next try."""

    def __init__(self, folder: Path) -> None:
        self.records = Records(folder)
        self._pages = folder / "pages"

    def look(self, tag: str) -> dict[str, Any] | None:
        """Return what is known of a send, settled ones too."""
        return self.records.get(tag) or self.records.settled(tag)

    def begin(
        self, tag: str, confirmation: ConfirmationRequested, way: str, number: str, pdf: bytes, pages: int
    ) -> None:
        """Keep the page and the record, durably, before anything leaves."""
        write(self._pages, f"{tag}.pdf", pdf)
        at = stamp()
        record = {
            "confirmation_id": confirmation.confirmation_id,
            "case_id": confirmation.case_id,
            "kind": confirmation.kind.value,
            "way": way,
            "number": number,
            "pages": pages,
            "tries": 1,
            "state": BEGUN,
            "provider_id": "",
            "first": at,
            "changed": at,
            "due": at,
            "polls": 0,
        }
        self.records.put(tag, record)

    def change(self, record: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        changed = {**record, **changes}
        self.records.put(str(record["key"]), changed)
        return changed

    def handed(self, record: Mapping[str, Any], provider_id: str) -> dict[str, Any]:
        """Note that this try is with the gateway under its id."""
        at = stamp()
        return self.change(record, state=HANDED, provider_id=provider_id, changed=at, due=at + _SOON, polls=0)

    def page(self, tag: str) -> bytes:
        return (self._pages / f"{tag}.pdf").read_bytes()

    def settle(self, record: Mapping[str, Any], result: str) -> None:
        tag = str(record["key"])
        self.records.settle(tag, {**record, "result": result, "changed": stamp()})
        (self._pages / f"{tag}.pdf").unlink(missing_ok=True)

    def forget(self, tag: str) -> None:
        self.records.forget(tag)
        (self._pages / f"{tag}.pdf").unlink(missing_ok=True)


def tag_of_try(tag: str, tries: int) -> str:
    """Return the tag of one try; `+` stands in no confirmation's tag."""
    return tag if tries == 1 else f"{tag}+{tries}"
