"""Allocation: computed by hand for deterministic results, by distribution for random ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random

import numpy as np
import pytest
from scipy import stats

from govsim.commons import ALLOCATIONS, Allocation, allocate
from govsim.errors import PluginError

ALL = sorted(ALLOCATIONS.names)
RULES = [name for name in ALL if not ALLOCATIONS.get(name, key="rule").may_withhold]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_rules_are_those_a_world_can_be_configured_with() -> None:
    assert ALL == ["all-or-nothing", "proportional", "random", "sequential"]


@pytest.mark.parametrize("rule", ALL)
@pytest.mark.parametrize("stock", [60, 61, 100])
def test_demands_within_the_stock_are_granted_without_a_draw(rule: str, stock: int) -> None:
    demands = {"Luke": 10, "John": 20, "Emma": 0, "Kate": 30}
    draws, untouched = rng(), rng()
    granted = allocate(ALLOCATIONS.get(rule, key="rule"), demands, stock, draws)
    assert granted == demands
    assert list(granted) == list(demands)
    assert draws.bit_generator.state == untouched.bit_generator.state


@pytest.mark.parametrize("rule", RULES)
def test_a_demand_of_0_and_an_empty_commons_yield_nothing(rule: str) -> None:
    assert allocate(ALLOCATIONS.get(rule, key="rule"), {"John": 0, "Kate": 9}, 5, rng()) == {"John": 0, "Kate": 5}
    assert allocate(ALLOCATIONS.get(rule, key="rule"), {"John": 3, "Kate": 9}, 0, rng()) == {"John": 0, "Kate": 0}
    assert allocate(ALLOCATIONS.get(rule, key="rule"), {}, 5, rng()) == {}


@pytest.mark.parametrize("rule", RULES)
def test_the_units_are_plain_integers(rule: str) -> None:
    granted = allocate(ALLOCATIONS.get(rule, key="rule"), {"John": 80, "Kate": 70}, 100, rng())
    assert {type(units) for units in granted.values()} == {int}


@pytest.mark.parametrize("rule", RULES)
def test_outcomes_come_in_the_order_of_the_demands(rule: str) -> None:
    assert list(allocate(ALLOCATIONS.get(rule, key="rule"), {"Luke": 80, "Anna": 70, "John": 9}, 100, rng())) == [
        "Luke",
        "Anna",
        "John",
    ]


@pytest.mark.parametrize(
    ("demands", "stock", "granted"),
    [
        ({"John": 100, "Kate": 50, "Jack": 50}, 100, {"John": 50, "Kate": 25, "Jack": 25}),
        ({"John": 90, "Kate": 60}, 100, {"John": 60, "Kate": 40}),
        # exact shares 2.14 and 2.86: the unit left over is Kate's
        ({"John": 3, "Kate": 4}, 5, {"John": 2, "Kate": 3}),
        # 3.28, 2.62, 1.97, 0.66 and 1.47: the three units left over go to the remainders .97, .66 and .62
        (
            {"John": 20, "Kate": 16, "Jack": 12, "Emma": 4, "Luke": 9},
            10,
            {"John": 3, "Kate": 3, "Jack": 2, "Emma": 1, "Luke": 1},
        ),
    ],
)
def test_proportional_shares_are_those_of_the_largest_remainder(
    demands: dict[str, int], stock: int, granted: dict[str, int]
) -> None:
    for seed in range(20):
        assert allocate(ALLOCATIONS.get("proportional", key="rule"), demands, stock, rng(seed)) == granted


def test_equal_remainders_are_broken_at_random_and_fairly() -> None:
    lucky = Counter[str]()
    for seed in range(3000):
        granted = allocate(
            ALLOCATIONS.get("proportional", key="rule"), dict.fromkeys(("John", "Kate", "Jack"), 10), 16, rng(seed)
        )
        assert sorted(granted.values()) == [5, 5, 6]
        lucky.update(name for name, units in granted.items() if units == 6)
    assert stats.chisquare(list(lucky.values())).pvalue > 0.001
    assert len(lucky) == 3


def test_first_come_first_served_leaves_at_most_one_partly_served() -> None:
    demands = {"John": 40, "Kate": 40, "Jack": 40}
    for seed in range(50):
        assert sorted(allocate(ALLOCATIONS.get("sequential", key="rule"), demands, 70, rng(seed)).values()) == [
            0,
            30,
            40,
        ]


def test_every_order_of_service_is_as_likely_as_the_others() -> None:
    demands = {"John": 40, "Kate": 40, "Jack": 40}
    orders = Counter(
        tuple(allocate(ALLOCATIONS.get("sequential", key="rule"), demands, 70, rng(seed)).items())
        for seed in range(3000)
    )
    assert len(orders) == 6
    assert stats.chisquare(list(orders.values())).pvalue > 0.001


def dealt_one_by_one(demands: Mapping[str, int], stock: int, draws: Random) -> dict[str, int]:
    """The paper's procedure: each unit goes to a random member whose demand is not met."""
    granted = dict.fromkeys(demands, 0)
    while stock and (wanting := [name for name in demands if granted[name] < demands[name]]):
        granted[draws.choice(wanting)] += 1
        stock -= 1
    return granted


@pytest.mark.parametrize(
    ("demands", "stock"),
    [
        ({"John": 2, "Kate": 5, "Jack": 9}, 8),
        ({"John": 1, "Kate": 1, "Jack": 8, "Emma": 3}, 6),
        ({"John": 6, "Kate": 6}, 7),
    ],
)
def test_the_random_rule_has_the_distribution_of_drawing_unit_by_unit(demands: dict[str, int], stock: int) -> None:
    runs, ours, naive = 4000, rng(1), Random(2)
    dealt = Counter(
        tuple(allocate(ALLOCATIONS.get("random", key="rule"), demands, stock, ours).values()) for _ in range(runs)
    )
    expected = Counter(tuple(dealt_one_by_one(demands, stock, naive).values()) for _ in range(runs))
    frequent = [result for result in dealt | expected if dealt[result] + expected[result] >= 20]
    rare = set(dealt | expected) - set(frequent)
    table = [[counts[result] for result in frequent] for counts in (dealt, expected)]
    if sum((dealt + expected)[result] for result in rare) >= 20:
        for row, counts in zip(table, (dealt, expected), strict=True):
            row.append(sum(counts[result] for result in rare))
    assert len(frequent) > 2
    assert stats.chi2_contingency(np.array(table)).pvalue > 0.001


def test_a_large_stock_is_divided_about_equally_among_members_with_unmet_demand() -> None:
    granted = allocate(ALLOCATIONS.get("random", key="rule"), {"John": 100, "Kate": 10**9, "Jack": 10**9}, 10**8, rng())
    assert granted["John"] == 100
    assert granted["Kate"] + granted["Jack"] == 10**8 - 100
    assert abs(granted["Kate"] - granted["Jack"]) < 60_000, "six standard deviations of the difference"


@pytest.mark.parametrize(("stock", "granted"), [(59, [0, 0, 0]), (60, [10, 20, 30])])
def test_all_or_nothing_grants_nothing_as_soon_as_one_unit_is_missing(stock: int, granted: list[int]) -> None:
    draws, untouched = rng(), rng()
    rule = ALLOCATIONS.get("all-or-nothing", key="rule")
    found = allocate(rule, {"Luke": 10, "John": 20, "Emma": 30}, stock, draws)
    assert list(found.values()) == granted
    assert draws.bit_generator.state == untouched.bit_generator.state


@pytest.mark.parametrize(("units", "most"), [(4, "the whole stock"), (6, "at most the stock")])
def test_a_rule_grants_less_than_the_stock_only_if_it_declares_it(units: int, most: str) -> None:
    rule = Allocation(
        name="toy", summary="A toy.", share=lambda demands, *_: dict.fromkeys(demands, units), may_withhold=units > 5
    )
    with pytest.raises(PluginError, match=f"allocation rule toy: granted .* of 10 .*; it must grant {most} in whole"):
        allocate(rule, {"John": 9, "Kate": 9}, 10, rng())
