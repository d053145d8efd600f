"""SMART scopes: how they are read, and that nobody is given more than asked for and registered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.access.scopes import allowed, granted, parse

SCOPES = st.builds(
    lambda kind, may: parse(f"system/{kind}.{may}"),
    st.sampled_from(["*", "Task", "Patient", "ServiceRequest"]),
    st.sampled_from(["c", "r", "rs", "crs", "cruds", "ud", "read", "write", "*"]),
)


@pytest.mark.parametrize(
    ("text", "kind", "may"),
    [
        ("system/*.crs", "*", "crs"),
        ("system/ServiceRequest.c", "ServiceRequest", "c"),
        ("system/Patient.read", "Patient", "rs"),
        ("system/Patient.write", "Patient", "cud"),
        ("system/*.*", "*", "cruds"),
    ],
)
def test_both_styles_are_read(text: str, kind: str, may: str) -> None:
    assert (parse(text).resource_type, parse(text).may) == (kind, may)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openid",
        "patient/*.rs",
        "user/Task.r",
        "system/Task.",
        "system/Task.sr",
        "system/Task.rr",
        "system/task.r",
        "system/Task.rs?status=x",
        "system/Task.rs\n",
    ],
)
def test_what_is_no_scope_of_a_system_client_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        parse(text)


def test_a_wish_is_narrowed_to_the_registration() -> None:
    def given_for(wish: str, *registered: str) -> list[str]:
        return [s.text for s in granted([parse(w) for w in wish.split()], [parse(r) for r in registered])]

    assert given_for("system/*.rs", "system/Task.crs", "system/Patient.c") == ["system/Task.rs"]
    assert given_for("system/Task.cruds", "system/*.rs") == ["system/Task.rs"]
    assert given_for("system/Task.read", "system/*.crs") == ["system/Task.read"]
    assert given_for("system/Task.write", "system/*.rs") == []
    assert given_for("system/*.r system/Patient.s", "system/*.rs") == ["system/*.r", "system/Patient.s"]


@given(st.lists(SCOPES, max_size=4), st.lists(SCOPES, max_size=4))
def test_what_is_given_is_asked_for_and_registered_and_no_less(asked: list, registered: list) -> None:
    found = granted(asked, registered)
    for kind in ("Task", "Patient", "ServiceRequest", "Coverage"):
        for letter in "cruds":
            both = allowed(asked, kind, letter) and allowed(registered, kind, letter)
            assert allowed(found, kind, letter) == both
    assert all(parse(scope.text).may == scope.may for scope in found)
