"""The error that every codec of this room raises on input it cannot read."""

from __future__ import annotations


class CodecError(ValueError):
    """The input breaks its own format.

    `code` is the format's word for it (an HL7 table 0357 code, a FHIR issue type), `message` names no value
    of the input, `location` is where (`PID-5`, `Bundle.entry[1].resource.status`, a MIME part number).
    """

    def __init__(self, code: str, message: str, location: str = "") -> None:
        super().__init__(f"{code}: {message}" + (f" at {location}" if location else ""))
        self.code = code
        self.message = message
        self.location = location

    def __reduce__(self) -> tuple[type[CodecError], tuple[str, str, str]]:
        """Travel between processes by what it is made of."""
        return type(self), (self.code, self.message, self.location)
