"""One month of the commons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from govsim.commons import ALLOCATIONS, Allocation, Demand, GrowthLaw, Outcome, State, grow_by_seed, multiply, take
from govsim.errors import ConfigError, PluginError

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")

RANDOM = ALLOCATIONS.get("random", key="world.allocation")


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def grown(outcome: Outcome) -> int:
    return grow_by_seed(outcome, 0).stock


def month_of(*units: int, stock: int = 100, rule: str = "random", members: tuple[str, ...] = FIVE) -> Outcome:
    state = State(stock=stock, month=1, capacity=100, growth=multiply(2.0), collapse=5, members=members)
    demands = [Demand(member=name, units=asked) for name, asked in zip(members, units, strict=True)]
    return take(state, demands, rng, ALLOCATIONS.get(rule, key="rule"))


def test_the_worked_example_of_the_paper_comes_out() -> None:
    outcome = month_of(10, 5, 5, 10, 0, stock=90)
    assert outcome.granted == {"John": 10, "Kate": 5, "Jack": 5, "Emma": 10, "Luke": 0}
    assert (outcome.stock_after_harvest, grown(outcome)) == (60, 100)
    assert not outcome.is_collapsed


@pytest.mark.parametrize("stock", [101, -1, 50.0, True])
def test_a_growth_law_that_returns_an_invalid_stock_is_named(stock: object) -> None:
    class Odd(GrowthLaw):
        name = "odd"

        def grown(self, left: int, capacity: int) -> int:
            return stock  # type: ignore[return-value]

    outcome = month_of(10, 10, 10, 10, 10)
    outcome = replace(outcome, before=replace(outcome.before, growth=Odd()))
    with pytest.raises(PluginError, match=rf"^growth law odd: grows 50 units to {stock}; must be a whole number"):
        grown(outcome)


def test_ten_units_each_keep_the_papers_commons_where_it_is() -> None:
    outcome = month_of(10, 10, 10, 10, 10)
    assert (outcome.stock_after_harvest, grown(outcome)) == (50, 100)


def test_eleven_units_each_do_not() -> None:
    outcome = month_of(11, 11, 11, 11, 11)
    assert (outcome.stock_after_harvest, grown(outcome)) == (45, 90)


@pytest.mark.parametrize(("taken", "is_collapsed"), [(95, False), (96, True), (100, True)])
def test_a_stock_of_five_survives_and_of_four_collapses(taken: int, is_collapsed: bool) -> None:
    outcome = month_of(taken, 0, 0, 0, 0)
    assert outcome.stock_after_harvest == 100 - taken
    assert outcome.is_collapsed is is_collapsed


def test_collapse_is_determined_before_growth() -> None:
    outcome = month_of(96, 0, 0, 0, 0)
    assert grown(outcome) == 8
    assert outcome.is_collapsed


@pytest.mark.parametrize("rule", sorted(set(ALLOCATIONS.names) - {"all-or-nothing"}))
def test_a_greedy_society_empties_the_commons(rule: str) -> None:
    outcome = month_of(100, 100, 100, 100, 100, rule=rule)
    assert sum(outcome.granted.values()) == 100
    assert outcome.asked == dict.fromkeys(FIVE, 100)
    assert (outcome.stock_after_harvest, grown(outcome)) == (0, 0)
    assert outcome.is_collapsed


def test_a_member_that_forfeits_has_no_demand_and_receives_nothing() -> None:
    state = State(stock=100, month=4, capacity=100, growth=multiply(2.0), collapse=5, members=FIVE)
    demands = [Demand(member="Luke", units=20), Demand(member="Kate", units=30)]
    outcome = take(state, demands, rng, RANDOM)
    assert list(outcome.asked.items()) == [("Kate", 30), ("Luke", 20)]
    assert list(outcome.granted.items()) == [("John", 0), ("Kate", 30), ("Jack", 0), ("Emma", 0), ("Luke", 20)]
    assert outcome.before is state
    assert grow_by_seed(outcome, 0).state.month == 5


def test_the_commons_grows_in_a_month_without_harvest() -> None:
    assert grown(month_of(0, 0, 0, 0, 0, stock=20)) == 40


def test_a_demand_by_an_absent_member_is_rejected() -> None:
    state = State(stock=100, month=1, capacity=100, growth=multiply(2.0), collapse=5, members=("John",))
    with pytest.raises(ConfigError, match="Kate is not present; present are John"):
        take(state, [Demand(member="Kate", units=1)], rng, RANDOM)


def test_a_member_may_ask_only_once() -> None:
    state = State(stock=100, month=1, capacity=100, growth=multiply(2.0), collapse=5, members=("John",))
    twice = [Demand(member="John", units=1), Demand(member="John", units=1)]
    with pytest.raises(ConfigError, match="only one demand per member and month is allowed"):
        take(state, twice, rng, RANDOM)


def test_admitted_amounts_limit_catches_and_not_demands() -> None:
    state = State(stock=100, month=1, capacity=100, growth=multiply(2.0), collapse=5, members=FIVE[:3])
    demands = [Demand(member=name, units=60) for name in FIVE[:3]]
    outcome = take(state, demands, rng, RANDOM, {"John": 7, "Kate": 80})
    assert dict(outcome.asked) == dict.fromkeys(FIVE[:3], 60)
    assert outcome.granted["John"] <= 7
    assert outcome.granted["Kate"] <= 60
    assert sum(outcome.granted.values()) == 100
    assert take(state, demands[:1], rng, RANDOM, {"John": 0}).granted["John"] == 0


@pytest.mark.parametrize(
    "wrong", [{"John": 60, "Kate": 41}, {"John": 30, "Kate": 30}, {"John": 100}, {"John": 101, "Kate": -1}]
)
def test_an_allocation_rule_cannot_create_or_lose_units(wrong: dict[str, int]) -> None:
    state = State(stock=100, month=1, capacity=100, growth=multiply(2.0), collapse=5, members=FIVE[:2])
    rule = Allocation(name="odd", summary="Does as it likes.", share=lambda demands, stock, rng: wrong)
    demands = [Demand(member=name, units=99) for name in FIVE[:2]]
    with pytest.raises(PluginError, match=r"^allocation rule odd: granted .* of 100 for .*; it must grant the whole"):
        take(state, demands, rng, rule)
