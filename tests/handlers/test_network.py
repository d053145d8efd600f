"""Who may be offered an order and in which order, and that every choice and every refusal is explained."""

from __future__ import annotations

from typing import Any

import pytest

from doorstep.rules import load
from handlers.network import blocks, need_of, ranked
from schemas.case import Case, Offer, OfferState
from schemas.network import Directory, Papers, Provider
from schemas.service import ProvidersRanked
from tests.factories import NOW, case, order, referral
from tests.handlers.memory import MemoryHub, MemoryUnit

TODAY = NOW.date()
RAW = load("network/sample")
NETWORK = Directory.model_validate(RAW)
PAPERS = Papers.model_validate(load("network/papers"))
DAYTON = "1 Oak St, Dayton, OH 45402"


def provider(**changes: Any) -> Provider:
    return Provider.model_validate(NETWORK.providers[0].model_dump() | changes)


def unit_of(*providers: Provider) -> MemoryUnit:
    unit = MemoryUnit()
    unit.network = {"version": TODAY, "providers": [one.model_dump(mode="json") for one in providers]}
    return unit


def held(**deviations: Any) -> Case:
    return case(order(**{"payer": "Aetna", "ship_address": DAYTON, **deviations}))


def names(unit: MemoryUnit, of: Case) -> list[str]:
    return [fit.provider.npi for fit in ranked(of, unit)[0]]


def why_not(one: Provider, of: Case | None = None) -> list[str]:
    fitting, others = ranked(of or held(), unit_of(one))
    return [] if fitting else others[0].why_not if others else ["elsewhere"]


def answered(unit: MemoryUnit, npi: str, state: OfferState, number: int, case_id: str = "DS-9") -> None:
    unit.save_offer(
        Offer(
            offer_id=f"{npi}-{number}", case_id=case_id, npi=npi, provider_name="P", wave=1, state=state, sent_at=NOW,
            respond_by=NOW,
        )
    )  # fmt: skip


def test_a_provider_with_its_papers_nearby_and_under_contract_fits() -> None:
    assert why_not(provider()) == []


@pytest.mark.parametrize(
    ("changes", "block"),
    [
        ({"active": False}, "active"),
        ({"npi_deactivated": "2026-11-23"}, "npi"),
        ({"ein": None}, "ein"),
        ({"w9_on_file": None}, "w9"),
        ({"w9_on_file": "2027-01-01"}, "w9"),
        ({"caqh_id": None}, "caqh or roster"),
        ({"taxonomy": None}, "taxonomy"),
        ({"licences": []}, "licence"),
        ({"licences": [{"number": "1", "states": ["OH"], "expires": "2026-11-22"}]}, "licence"),
        ({"licences": [{"number": "1", "states": ["PA"], "expires": "2030-01-01"}]}, "licence"),
        ({"fee_schedules": {}}, "fee schedule"),
        ({"fee_schedules": {"Aetna": {"name": "2027", "effective": "2027-01-01"}}}, "fee schedule"),
        ({"fee_schedules": {"Cigna": {"name": "2026", "effective": "2026-01-01"}}}, "fee schedule"),
    ],
)
def test_a_missing_or_expired_paper_blocks_offers_and_is_named(changes: dict[str, Any], block: str) -> None:
    unit = unit_of(provider(**changes))
    assert blocks(provider(**changes), need_of(held(), unit), PAPERS, TODAY, unit) == (block,)
    assert why_not(provider(**changes)) == [f"paper missing or expired: {block}"]


@pytest.mark.parametrize("paper", ["accreditation", "surety_bond"])
def test_a_medicare_equipment_order_needs_accreditation_and_bond_and_another_payers_does_not(paper: str) -> None:
    ended = {paper: {"issuer": "X", "expires": "2026-11-22"}}
    for changes in ({paper: None}, ended):
        (reason,) = why_not(provider(**changes), held(payer="Medicare Part B"))
        assert reason == f"paper missing or expired: {paper.replace('_', ' ')}"
        assert why_not(provider(**changes), held(payer="Cigna")) == []


def test_a_roster_stands_in_for_caqh_and_papers_hold_through_their_last_day() -> None:
    last = [{"number": "1", "states": ["OH"], "expires": "2026-11-23"}]
    assert why_not(provider(caqh_id=None, roster="Aetna 2026", licences=last)) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"capacity": 0}, "no room: 0 of 0 orders in hand"),
        ({"payers": ["Cigna"]}, "no contract with the payer"),
        ({"area": {"states": ["PA"]}}, "elsewhere"),
        ({"services": [{"order_type": "infusion"}]}, "elsewhere"),
        ({"services": [{"order_type": "dme", "hcpcs": ["K0001-K0009"]}]}, "elsewhere"),
    ],
)
def test_a_provider_that_cannot_serve_the_order_gets_no_offer(changes: dict[str, Any], reason: str) -> None:
    assert why_not(provider(**changes), held(order_lines=[{"code": "E1390", "quantity": 1}])) == [reason]


def test_every_code_of_the_order_must_be_covered() -> None:
    narrow = provider(services=[{"order_type": "dme", "hcpcs": ["E0424-E1406"]}])
    both = [{"code": "E1390", "quantity": 1}, {"code": "A6212", "quantity": 1}]
    assert why_not(narrow, held(order_lines=both[:1])) == []
    assert why_not(narrow, held(order_lines=both)) == ["elsewhere"]


def test_a_payer_is_known_by_any_of_its_spellings() -> None:
    assert ranked(held(payer="BCBS"), unit_of(*NETWORK.providers))[0][0].provider.payers != ("*",)


def test_an_unknown_payer_and_a_far_state_still_find_a_provider_that_takes_any() -> None:
    for of in (held(payer="Unheard Of Mutual"), held(ship_address="1 Oak St, Boise, ID 83702")):
        assert ranked(of, unit_of(*NETWORK.providers))[0]


def test_the_order_of_the_offers_is_always_the_same() -> None:
    of = case(order(2))
    assert names(unit_of(*NETWORK.providers), of) == names(unit_of(*NETWORK.providers[::-1]), of)


def test_who_names_the_zip_code_comes_before_the_prefix_and_the_prefix_before_the_state() -> None:
    npis = [one.npi for one in NETWORK.providers]
    areas = [{"states": ["OH"]}, {"zip3": ["454"]}, {"zips": ["45402"]}]
    unit = unit_of(*(provider(npi=npis[n], area=area) for n, area in enumerate(areas)))
    assert names(unit, held()) == [npis[2], npis[1], npis[0]]


def test_a_provider_that_speaks_the_members_language_comes_first_and_the_others_stay() -> None:
    npis = [one.npi for one in NETWORK.providers]
    unit = unit_of(provider(npi=npis[0], capacity=99), provider(npi=npis[1], capacity=1, languages=["en", "es"]))
    of = held()
    member = of.order.member.model_copy(update={"language": "es"})
    asks = of.model_copy(update={"order": of.order.model_copy(update={"member": member})})
    assert names(unit, of) == [npis[0], npis[1]]
    assert names(unit, asks) == [npis[1], npis[0]]
    assert "speaks the member's language" in ranked(asks, unit)[0][0].why


def test_who_takes_offers_comes_before_who_declines_them() -> None:
    npis = [one.npi for one in NETWORK.providers]
    unit = unit_of(provider(npi=npis[0], capacity=99), provider(npi=npis[1], capacity=20))
    for number in range(8):
        answered(unit, npis[0], OfferState.DECLINED, number)
        answered(unit, npis[1], OfferState.SERVED, number)
    assert names(unit, held()) == [npis[1], npis[0]]
    assert "took 0 of its last 8 offers" in ranked(held(), unit)[0][1].why


def test_orders_in_hand_take_room_and_a_full_provider_is_not_asked() -> None:
    one = provider(capacity=2)
    unit = unit_of(one)
    answered(unit, one.npi, OfferState.ACCEPTED, 1)
    assert "room for 1 orders" in ranked(held(), unit)[0][0].why
    answered(unit, one.npi, OfferState.ACCEPTED, 2)
    assert ranked(held(), unit)[1][0].why_not == ["no room: 2 of 2 orders in hand"]


def test_who_gave_the_order_back_comes_last_and_after_the_second_time_never() -> None:
    npis = [one.npi for one in NETWORK.providers]
    unit = unit_of(provider(npi=npis[0], capacity=99), provider(npi=npis[1], capacity=3))
    of = held().model_copy(update={"dispatch_round": 2})
    answered(unit, npis[0], OfferState.WITHDRAWN, 1, of.case_id)
    assert names(unit, of) == [npis[1], npis[0]]
    answered(unit, npis[0], OfferState.WITHDRAWN, 2, of.case_id)
    assert names(unit, of) == [npis[1]]


def test_the_choice_is_kept_with_the_case_in_words() -> None:
    hub = MemoryHub()
    hub.send(referral(order(ship_address=DAYTON)))
    (said,) = hub.seen(ProvidersRanked)
    chosen = [one for one in said.candidates if one.chosen]
    assert {one.npi for one in chosen} == {offer.npi for offer in hub.unit.offers.values()}
    assert [one.rank for one in said.candidates if one.rank] == list(
        range(1, 1 + sum(one.rank is not None for one in said.candidates))
    )
    lapsed = next(one for one in said.candidates if one.name == "Lapsed Licence Medical")
    assert lapsed.why_not == ("paper missing or expired: licence",)
    assert said.elsewhere + len(said.candidates) == len(NETWORK.providers)


def test_a_directory_that_names_a_provider_twice_or_unreachable_is_refused() -> None:
    first = RAW["providers"][0]
    for wrong in ([first, first], [{**first, "email": ""}], [{**first, "npi": "1285894247"}], [{**first, "typo": 1}]):
        with pytest.raises(ValueError, match=r"twice|address|check digit|typo"):
            Directory.model_validate({"version": TODAY, "providers": wrong})
