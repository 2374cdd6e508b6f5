"""Deterrence: the best reply to members who comply with an institution (figures of docs/explanation/yardsticks.md)."""

from __future__ import annotations

import pytest

from govsim.config import World
from govsim.game import UNCHANGED, StockStrategy, best_reply, fair_share, game_of
from govsim.journal import ContractDesign
from govsim.society import Rule
from govsim.society.rules.contract import Contract, incentives_of_contract
from govsim.society.rules.permits import Permits
from govsim.society.rules.quota import Quota
from govsim.society.rules.tax import Tax

FOUR = (StockStrategy(fair_share),) * 4


def net(rule: Rule) -> float:
    incentives = rule.incentives(members=5)
    assert incentives is not None
    return best_reply(game_of(World()), FOUR, incentives)


def fined(probability: float, per_unit: float, confiscation: str = "none") -> Quota:
    return Quota.of(
        {
            "enforcement": "probabilistic",
            "inspection": {"probability": probability},
            "fine": {"per_unit": per_unit},
            "confiscation": confiscation,
        }
    )


@pytest.mark.parametrize(
    ("expected_fine", "value"), [(0, 203), (0.25, 179.5), (0.5, 156), (0.75, 132.5), (0.9, 125), (1.0, 120), (1.5, 120)]
)
def test_the_best_net_catch_by_the_expected_fine_per_unit(expected_fine: float, value: float) -> None:
    assert net(fined(0.5, 2 * expected_fine)) == pytest.approx(value)


@pytest.mark.parametrize(("probability", "fine"), [(1 / 16, 15), (0.1, 9), (0.25, 3), (0.5, 1), (1, 0)])
def test_with_confiscation_deterrence_is_full_from_an_expected_loss_of_one_unit_on(
    probability: float, fine: float
) -> None:
    assert net(fined(probability, fine, "pool")) == pytest.approx(120)
    assert net(fined(probability * 0.98, fine, "pool")) > 120.1


def test_a_quota_that_is_only_stated_deters_nothing_and_a_hard_one_limits_the_best_reply() -> None:
    assert net(Quota.of({"enforcement": "announced"})) == pytest.approx(203)
    assert net(Quota.of({"enforcement": "hard"})) == pytest.approx(120)
    assert net(Quota.of({"enforcement": "hard", "amount": 5})) == pytest.approx(60)


def test_permits_limit_the_best_reply_as_a_quota_does_if_they_are_not_traded() -> None:
    assert net(Permits.of({"trade": False})) == pytest.approx(120)
    assert net(Permits.of({"trade": False, "allotment": 5})) == pytest.approx(60)
    assert net(Permits.of({"trade": False, "enforcement": "announced"})) == pytest.approx(203)
    for depends_on_others in ({}, {"trade": False, "shares": "auction"}, {"trade": False, "shares": "historic"}):
        assert Permits.of(depends_on_others).incentives(members=5) is None


def test_a_tax_on_the_excess_deters_the_use_of_rounding_between_70_and_75_per_cent() -> None:
    def steady(rate: float, use: str = "burn") -> float:
        return net(Tax.of({"rate": rate, "use": use}))

    last_month_alone = {rate: 120 + (1 - rate) * 50 for rate in (0.7, 0.75)}
    assert steady(0.75) == pytest.approx(last_month_alone[0.75])
    assert steady(0.7) > last_month_alone[0.7] + 0.1
    assert steady(1) == pytest.approx(120)
    assert steady(1, "equal-dividend") == pytest.approx(steady(0.8)), "a fifth of the tax comes back"


def test_a_progressive_tax_deters_once_a_bracket_takes_the_whole_gain() -> None:
    def at(brackets: list[dict[str, float]]) -> float:
        return net(Tax.of({"rate": 0, "use": "burn", "brackets": brackets}))

    assert at([]) == pytest.approx(203)
    assert at([{"above": 1, "rate": 0}]) == pytest.approx(203)
    assert at([{"above": 1, "rate": 1}]) == pytest.approx(120 + 6), (
        "11 in every second month, and 10 of 98 in the others"
    )
    assert at([{"above": 1, "rate": 1}, {"above": 2, "rate": 0}]) > 150, "what is free beyond the bracket is taken"


def under_contract(transfer: float, bonus: float = 0) -> float:
    design = ContractDesign(
        by="John", limit=10, transfer=round(100_000 * transfer), bonus=round(100_000 * bonus), escrow=0
    )
    return best_reply(game_of(World()), FOUR, incentives_of_contract(design, 1000))


@pytest.mark.parametrize("transfer", [0, 0.25, 0.5, 0.75, 0.99, 1, 2])
def test_a_contract_is_kept_from_a_transfer_of_the_price_of_a_unit_on(transfer: float) -> None:
    # 83 of the 203 units are above the limit of 10, which does not fall with the stock.
    assert under_contract(transfer) == pytest.approx(max(120, 203 - 83 * transfer))


def test_a_bonus_of_more_than_the_price_of_a_unit_rewards_taking_nothing() -> None:
    assert under_contract(1, bonus=1) == pytest.approx(120)
    assert under_contract(1, bonus=1.5) == pytest.approx(12 * 10 * 1.5)
    assert Contract.of({"enforcement": "announced"}).incentives(members=5) is UNCHANGED
    assert Contract.of({}).incentives(members=5) is None, "it depends on the contracts"


def test_what_cannot_be_expected_is_unknown() -> None:
    for settings in (
        {"amount": "decided"},
        {"enforcement": "probabilistic", "fine": {"scale": [0, 1]}},
        {"enforcement": "probabilistic", "inspection": {"by": "peers"}},
        {"enforcement": "probabilistic", "confiscation": "stock"},
    ):
        assert Quota.of(settings).incentives(members=5) is None
    assert Tax.of({"use": "restock"}).incentives(members=5) is None
