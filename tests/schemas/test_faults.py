import pytest
from pydantic import BaseModel, ValidationError, field_validator

from schemas.faults import faults_of, first_fault


class _Line(BaseModel):
    quantity: int


class _Order(BaseModel):
    code: str
    lines: list[_Line] = []

    @field_validator("code")
    @classmethod
    def _known(cls, code: str) -> str:
        if not code.startswith("E"):
            raise ValueError("a code begins with E")
        return code


def _refused(raw: object) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        _Order.model_validate(raw)
    return refused.value


def test_a_fault_tells_its_place_and_what_is_expected() -> None:
    fault = first_fault(_refused({"code": "E0601", "lines": [{"quantity": 1}, {"quantity": "many"}]}))
    assert fault.place == "lines.1.quantity"
    assert fault.kind == "int_parsing"
    assert str(fault) == f"lines.1.quantity: {fault.expected}"


def test_the_words_of_our_own_checks_stand_alone_and_no_value_is_told() -> None:
    first, second = faults_of(_refused({"code": "Jane Roe", "lines": [{"quantity": "Jane Roe"}]}))
    assert str(first) == "code: a code begins with E"
    assert "Jane" not in repr((first, second))


def test_a_fault_of_the_whole_value_has_no_place() -> None:
    fault = first_fault(_refused("no mapping"))
    assert fault.place == ""
    assert str(fault) == fault.expected
