"""Deterrence: the best reply to members who comply with an institution (figures of docs/explanation/yardsticks.md)."""

from __future__ import annotations

import numpy as np
import pytest

from govsim.config import World
from govsim.game import Incentives, StockStrategy, best_reply, fair_share, game_of
from govsim.society.rules.quota import Quota

FOUR = (StockStrategy(fair_share),) * 4


def net(quota: Quota) -> float:
    incentives = quota.incentives(members=5)
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


def test_a_tax_on_the_excess_deters_the_use_of_rounding_between_70_and_75_per_cent() -> None:
    def steady(rate: float) -> float:
        tax = Incentives(charge=lambda position, catches: rate * np.maximum(0.0, catches - fair_share(position)))
        return best_reply(game_of(World()), FOUR, tax)

    last_month_alone = {rate: 120 + (1 - rate) * 50 for rate in (0.7, 0.75, 0.9)}
    assert steady(0.75) == pytest.approx(last_month_alone[0.75])
    assert steady(0.7) > last_month_alone[0.7] + 0.1


def test_what_cannot_be_expected_is_unknown() -> None:
    for settings in (
        {"amount": "decided"},
        {"enforcement": "probabilistic", "fine": {"scale": [0, 1]}},
        {"enforcement": "probabilistic", "inspection": {"by": "peers"}},
        {"enforcement": "probabilistic", "confiscation": "stock"},
    ):
        assert Quota.of(settings).incentives(members=5) is None
