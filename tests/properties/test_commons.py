"""Properties of every commons, for any demands."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from govsim.commons import (
    ALLOCATIONS,
    Demand,
    Outcome,
    State,
    group_threshold,
    grow_by_seed,
    member_threshold,
    multiply,
    take,
)

NAMES = ("John", "Kate", "Jack", "Emma", "Luke", "Anna", "Wei")

rules = st.sampled_from(ALLOCATIONS.names)
seeds = st.integers(0, 2**32)


@st.composite
def commons(draw: st.DrawFn) -> State:
    """A world with its members, of any size and growth."""
    capacity = draw(st.integers(1, 400))
    return State(
        stock=draw(st.integers(0, capacity)),
        month=draw(st.integers(1, 24)),
        capacity=capacity,
        growth=multiply(draw(st.integers(10, 500)) / 100),
        collapse=draw(st.integers(0, capacity - 1)),
        members=tuple(draw(st.permutations(NAMES))[: draw(st.integers(1, len(NAMES)))]),
    )


@st.composite
def months(draw: st.DrawFn) -> tuple[State, list[Demand]]:
    """A world, and the demands of some of its members, which exceed the stock about half of the time."""
    state = draw(commons())
    asking = [name for name in state.members if draw(st.integers(0, 7))]
    units = st.integers(0, state.capacity) | st.integers(0, max(1, state.stock // len(state.members)))
    return state, [Demand(member=name, units=draw(units)) for name in asking]


def outcome_of(month: tuple[State, list[Demand]], rule: str, seed: int) -> Outcome:
    return take(*month, partial(np.random.default_rng, seed), ALLOCATIONS.get(rule, key="rule"))


@given(month=months(), rule=rules, seed=seeds)
def test_no_member_receives_more_than_its_demand_and_the_total_is_at_most_the_stock(
    month: tuple[State, list[Demand]], rule: str, seed: int
) -> None:
    outcome = outcome_of(month, rule, seed)
    assert set(outcome.granted) == set(month[0].members)
    assert all(0 <= units <= outcome.asked.get(name, 0) for name, units in outcome.granted.items())
    most = min(month[0].stock, sum(outcome.asked.values()))
    if ALLOCATIONS.get(rule, key="rule").may_withhold:
        assert sum(outcome.granted.values()) <= most
    else:
        assert sum(outcome.granted.values()) == most


@given(month=months(), rule=rules, seed=seeds)
def test_units_are_conserved_and_the_stock_is_at_most_the_capacity(
    month: tuple[State, list[Demand]], rule: str, seed: int
) -> None:
    state, outcome = month[0], outcome_of(month, rule, seed)
    left = state.stock - sum(outcome.granted.values())
    assert 0 <= outcome.stock_after_harvest == left
    grown = Fraction(left) * Fraction(state.growth.factor)
    after = grow_by_seed(outcome, seed)
    assert after.stock == min(state.capacity, grown.numerator // grown.denominator)
    assert 0 <= after.stock <= state.capacity
    assert outcome.is_collapsed == (left < state.collapse)


@given(month=months(), rule=rules, seed=seeds, order=st.randoms(use_true_random=False))
def test_reordering_the_members_reorders_the_outcome_and_changes_nothing_else(
    month: tuple[State, list[Demand]], rule: str, seed: int, order: Random
) -> None:
    state, demands = month
    members, shuffled = list(state.members), list(demands)
    order.shuffle(members)
    order.shuffle(shuffled)
    other = outcome_of((state.with_members(tuple(members)), shuffled), rule, seed)
    assert list(other.granted) == members
    assert other.granted == outcome_of(month, rule, seed).granted


@given(month=months(), rule=rules, seed=seeds)
def test_the_same_seed_gives_the_same_outcome(month: tuple[State, list[Demand]], rule: str, seed: int) -> None:
    assert outcome_of(month, rule, seed) == outcome_of(month, rule, seed)


@given(month=months(), seed=seeds)
def test_proportional_shares_are_within_one_unit_of_the_exact_ones(
    month: tuple[State, list[Demand]], seed: int
) -> None:
    outcome = outcome_of(month, "proportional", seed)
    total = sum(outcome.asked.values())
    for name, asked in outcome.asked.items():
        exact = Fraction(asked * min(month[0].stock, total), total) if total else Fraction(0)
        assert abs(outcome.granted[name] - exact) < 1


@given(month=months(), seed=seeds)
def test_first_come_first_served_meets_all_demands_but_one_in_full_or_gives_nothing(
    month: tuple[State, list[Demand]], seed: int
) -> None:
    outcome = outcome_of(month, "sequential", seed)
    partly = [name for name, asked in outcome.asked.items() if outcome.granted[name] not in (0, asked)]
    assert len(partly) <= 1


@given(state=commons())
def test_taking_the_threshold_keeps_the_stock_and_one_more_unit_does_not(state: State) -> None:
    threshold = group_threshold(state)
    assert 0 <= threshold <= state.stock
    if threshold:
        assert state.grown(state.stock - threshold) >= state.stock
    if threshold < state.stock:
        assert state.grown(state.stock - threshold - 1) < state.stock


@given(state=commons())
def test_members_who_all_take_their_threshold_keep_the_stock_where_that_can_be(state: State) -> None:
    taken = member_threshold(state) * len(state.members)
    assert taken <= group_threshold(state) < taken + len(state.members)
