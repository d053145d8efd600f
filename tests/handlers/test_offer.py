from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.rules import load
from handlers.casework import clocks
from handlers.offer import after_business_minutes, blocks, matches
from schemas.case import CaseState
from schemas.document import ReviewRequested
from schemas.rules import Directory, Provider
from tests.factories import NOW, case, order, referral
from tests.handlers.memory import MemoryHub, MemoryUnit

TODAY = NOW.date()
HOURS = clocks(MemoryUnit()).business  # type: ignore[arg-type]
NETWORK = Directory.model_validate(load("network/sample"))


def provider(**changes: Any) -> Provider:
    raw = NETWORK.providers[0].model_dump()
    return Provider.model_validate(raw | changes)


def fits(one: Provider, **deviations: Any) -> bool:
    held = case(order(payer="Aetna", ship_address="1 Oak St, Dayton, OH 45402", **deviations))
    return matches(held, Directory(version=TODAY, providers=(one,)), MemoryUnit(), TODAY) == [one]  # type: ignore[arg-type]


def test_a_provider_with_its_papers_nearby_and_under_contract_fits() -> None:
    assert fits(provider())


@pytest.mark.parametrize(
    ("changes", "block"),
    [
        ({"active": False}, "active"),
        ({"ein": None}, "ein"),
        ({"w9_on_file": None}, "w9"),
        ({"w9_on_file": "2027-01-01"}, "w9"),
        ({"caqh_id": None}, "caqh or roster"),
        ({"taxonomy": None}, "taxonomy"),
        ({"licences": []}, "licence"),
        ({"licences": [{"number": "1", "states": ["OH"], "expires": "2026-11-22"}]}, "licence"),
        ({"licences": [{"number": "1", "states": ["PA"], "expires": "2030-01-01"}]}, "licence"),
    ],
)
def test_a_missing_or_expired_paper_blocks_offers(changes: dict[str, Any], block: str) -> None:
    assert blocks(provider(**changes), "OH", TODAY) == (block,)
    assert not fits(provider(**changes))


def test_a_roster_stands_in_for_caqh_and_a_licence_holds_through_its_last_day() -> None:
    last_day = [{"number": "1", "states": ["OH"], "expires": "2026-11-23"}]
    assert fits(provider(caqh_id=None, roster="Aetna 2026", licences=last_day))


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity": 0},
        {"payers": ["Cigna"]},
        {"area": {"states": ["PA"]}},
        {"services": [{"order_type": "infusion"}]},
        {"services": [{"order_type": "dme", "hcpcs": ["K0001-K0009"]}]},
    ],
)
def test_a_provider_that_cannot_serve_the_order_gets_no_offer(changes: dict[str, Any]) -> None:
    assert not fits(provider(**changes), order_lines=[{"code": "E1390", "quantity": 1}])


def test_every_code_of_the_order_must_be_covered() -> None:
    narrow = provider(services=[{"order_type": "dme", "hcpcs": ["E0424-E1406"]}])
    both = [{"code": "E1390", "quantity": 1}, {"code": "A6212", "quantity": 1}]
    assert fits(narrow, order_lines=both[:1])
    assert not fits(narrow, order_lines=both)


def test_a_payer_is_known_by_any_of_its_spellings() -> None:
    held = case(order(payer="BCBS", ship_address="1 Oak St, Dayton, OH 45402"))
    assert matches(held, NETWORK, MemoryUnit(), TODAY)[0].payers != ("*",)  # type: ignore[arg-type]


def test_an_unknown_payer_and_a_far_state_still_find_a_provider_that_takes_any() -> None:
    for made in (order(payer="Unheard Of Mutual"), order(ship_address="1 Oak St, Boise, ID 83702")):
        assert matches(case(made), NETWORK, MemoryUnit(), TODAY)  # type: ignore[arg-type]


def test_the_order_of_the_offers_is_always_the_same() -> None:
    held = case(order(2))
    first = matches(held, NETWORK, MemoryUnit(), TODAY)  # type: ignore[arg-type]
    backwards = Directory(version=TODAY, providers=NETWORK.providers[::-1])
    assert matches(held, backwards, MemoryUnit(), TODAY) == first  # type: ignore[arg-type]


def test_when_nobody_fits_a_person_looks() -> None:
    hub = MemoryHub()
    hub.send(referral(order(ship_address="1 Beach Rd, Pago Pago, AS 96799")))
    assert hub.only_case().state is CaseState.UNDISPATCHABLE
    assert hub.seen(ReviewRequested)[0].case_id == hub.only_case().case_id


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23T15:00", "2026-11-23T17:00"),  # Monday morning in Ohio
        ("2026-11-23T22:30", "2026-11-24T14:30"),  # 17:30: half an hour today, the rest tomorrow
        ("2026-11-27T23:30", "2026-11-30T15:00"),  # Friday evening: from Monday's opening
        ("2026-10-31T12:00", "2026-11-02T15:00"),  # over the weekend of the clock change
        ("2026-11-23T05:00", "2026-11-23T15:00"),  # before opening
    ],
)
def test_business_minutes_run_on_the_wall_clock_of_the_address(start: str, end: str) -> None:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert after_business_minutes(at, 120, HOURS, order()) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)), st.integers(1, 3000))  # noqa: DTZ001
def test_a_business_deadline_is_later_and_within_opening_hours(at: datetime, minutes: int) -> None:
    made = order(without=("ship_address",))
    end = after_business_minutes(at, minutes, HOURS, made)
    from schemas.fields import zone_of

    local = end.astimezone(zone_of(None))
    assert end > at
    assert local.isoweekday() in HOURS.days
    assert HOURS.opens <= local.time() <= HOURS.closes
