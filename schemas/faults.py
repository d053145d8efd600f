"""What is wrong with a value that pydantic refuses, in words that hold nothing of the value."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the names and numbers that lead to it, pydantic's name of its kind, and what is expected there."""

    path: tuple[str | int, ...]
    kind: str
    expected: str

    @property
    def place(self) -> str:
        """The path with dots between its parts; empty where the whole value is meant."""
        return ".".join(map(str, self.path))

    def __str__(self) -> str:
        return f"{self.place}: {self.expected}" if self.path else self.expected


def first_fault(wrong: ValidationError) -> Fault:
    """Return the first fault that pydantic names."""
    return faults_of(wrong)[0]


def faults_of(wrong: ValidationError) -> tuple[Fault, ...]:
    """Return every fault in pydantic's order; `input`, which may hold a person, is left out."""
    return tuple(
        Fault(detail["loc"], detail["type"], detail["msg"].removeprefix("Value error, "))
        for detail in wrong.errors(include_input=False, include_url=False, include_context=False)
    )
