from typing import Any

import pytest

from doorstep.rules import load
from handlers.offer import blocks, matches
from schemas.case import CaseState
from schemas.document import ReviewRequested
from schemas.rules import Directory, Provider
from tests.factories import NOW, case, order, referral
from tests.handlers.memory import MemoryHub, MemoryUnit

TODAY = NOW.date()
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
