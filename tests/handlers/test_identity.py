from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.casework import fold
from handlers.identity import Person, Verdict, compare, completed, order_key
from schemas.fields import fields_of
from tests.factories import order

KNOWN = Person("alma", "abbott", date(1950, 2, 3), "aetna", "A123")
people = st.builds(
    Person,
    given=st.sampled_from([None, "alma", "bruno"]),
    family=st.sampled_from([None, "abbott", "becker"]),
    dob=st.sampled_from([None, date(1950, 2, 3), date(1951, 2, 3)]),
    payer=st.sampled_from([None, "aetna", "humana"]),
    member_id=st.sampled_from([None, "A123", "B456"]),
)


def like(**changes: object) -> Person:
    values = {name: getattr(KNOWN, name) for name in ("given", "family", "dob", "payer", "member_id")}
    return Person(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (like(), Verdict.SAME),
        (like(payer="humana"), Verdict.SAME),
        (like(family="becker"), Verdict.SAME),  # a new family name
        (like(given="alrna"), Verdict.SAME),  # a misread letter
        (like(given="bruno"), Verdict.DOUBT),  # twins may share member ID and birthday
        (like(member_id=None), Verdict.SAME),
        (like(member_id=None, payer="humana"), Verdict.DOUBT),
        (like(member_id="B456"), Verdict.DOUBT),
        (like(dob=date(1951, 2, 3)), Verdict.DOUBT),
        (like(given="bruno", dob=date(1951, 2, 3)), Verdict.OTHER),  # a family's shared member ID
        (like(member_id=None, dob=None), Verdict.OTHER),
        (like(member_id=None, payer=None), Verdict.DOUBT),
    ],
)
def test_who_is_the_same_member(other: Person, verdict: Verdict) -> None:
    assert compare(KNOWN, other) is verdict


def test_a_name_and_a_birth_alone_make_no_two_people_one() -> None:
    bare = like(member_id=None, payer=None)
    assert compare(bare, bare) is Verdict.DOUBT


@given(people, people)
def test_likeness_goes_both_ways_and_never_rests_on_one_thing(one: Person, two: Person) -> None:
    verdict = compare(one, two)
    assert compare(two, one) is verdict
    if verdict is Verdict.SAME:
        assert one.dob is not None
        assert one.dob == two.dob
        assert (one.member_id and one.member_id == two.member_id) or (one.name == two.name and one.payer == two.payer)


@pytest.mark.parametrize(
    ("one", "two"), [("José Núñez", "JOSE NUNEZ"), ("O'Brien", "OBrien"), ("Smith-Jones", "smith  jones")]
)
def test_spelling_does_not_make_another_person(one: str, two: str) -> None:
    assert fold(one) == fold(two)


def test_an_order_without_codes_or_day_is_only_like_itself() -> None:
    for gap in ("order_lines", "service_start"):
        one = order(without=(gap,), order_id="a")
        assert order_key("m", one) == order_key("m", one)
        assert order_key("m", one) != order_key("m", order(without=(gap,), order_id="b"))


def test_the_order_of_the_lines_makes_no_other_order() -> None:
    lines = [{"code": "E1390", "quantity": 1}, {"code": "E0431", "quantity": 1}]
    assert order_key("m", order(order_lines=lines)) == order_key("m", order(order_lines=lines[::-1], order_id="b"))


names = st.sets(st.sampled_from(sorted(fields_of(order()))), max_size=8)


@given(names, names)
def test_filling_gaps_loses_nothing_and_changes_nothing_that_was_said(lost: set[str], others: set[str]) -> None:
    one, two = order(without=tuple(lost)), order(2, without=tuple(others))
    merged = fields_of(completed(one, two))
    assert fields_of(one).items() <= merged.items()
    assert set(merged) == set(fields_of(one)) | set(fields_of(two))


def test_what_is_filled_is_no_longer_unreadable_or_conflicting() -> None:
    one = order(without=("dob", "payer"), more={"unreadable": {"dob": "dim"}, "conflicting": {"payer": "two"}})
    merged = completed(one, order())
    assert (merged.unreadable, merged.conflicting) == ({}, {})
