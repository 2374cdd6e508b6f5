from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.analysis.measures import Floats
from govsim.analysis.measures.catch import efficiency, equality, gain
from govsim.analysis.measures.usage import over_usage, over_usage_granted
from govsim.commons import ALLOCATIONS, Demand, grow_by_seed, state_at_start, take
from govsim.config import World
from govsim.game import game_of, maximum_catch


@st.composite
def catches(draw: st.DrawFn) -> Floats:
    """Units received, shape (months, members), with at least one unit in all; some members absent at times."""
    months, members = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    amounts = st.one_of(st.integers(0, 100), st.just(None))
    rows = draw(st.lists(st.lists(amounts, min_size=members, max_size=members), min_size=months, max_size=months))
    rows[0][0] = draw(st.integers(1, 100))
    return np.array([[np.nan if units is None else units for units in row] for row in rows], dtype=float)


worlds = st.builds(
    lambda capacity, share, **rest: World(capacity=capacity, initial=int(capacity * share), **rest),
    st.integers(10, 40),
    st.floats(0, 1),
    growth=st.sampled_from([0.8, 1.0, 1.5, 2.0, 3.0]),
    collapse=st.integers(0, 9),
    months=st.integers(1, 6),
)

tiny_worlds = st.builds(
    World,
    capacity=st.just(12),
    initial=st.integers(0, 12),
    growth=st.sampled_from([0.8, 1.0, 1.5, 2.0, 3.0]),
    collapse=st.integers(0, 9),
    months=st.integers(1, 3),
)


@given(catches())
def test_equality_lies_between_one_over_n_and_one(received: Floats) -> None:
    assert 1 / received.shape[1] - 1e-12 <= equality(received) <= 1


@given(catches(), st.randoms(use_true_random=False))
def test_equality_and_gain_do_not_depend_on_the_order_of_members(received: Floats, random: Random) -> None:
    order = list(range(received.shape[1]))
    random.shuffle(order)
    assert equality(received[:, order]) == pytest.approx(equality(received))
    assert gain(received[:, order]) == pytest.approx(gain(received))


@given(catches(), st.integers(2, 50))
def test_equality_does_not_depend_on_the_unit(received: Floats, factor: int) -> None:
    assert equality(received * factor) == pytest.approx(equality(received))


@given(catches(), st.integers(1, 100), st.integers(1, 12), st.integers(1, 12))
def test_efficiency_is_a_share_or_undefined(received: Floats, threshold: int, months: int, from_month: int) -> None:
    share = efficiency(received, threshold, months, from_month)
    assert np.isnan(share) == (from_month > months)
    assert np.isnan(share) or 0 <= share <= 1


@given(catches(), st.data())
def test_less_is_over_used_by_what_was_granted_than_by_what_was_asked(received: Floats, data: st.DataObject) -> None:
    more = data.draw(st.lists(st.integers(0, 50), min_size=received.size, max_size=received.size))
    asked = received + np.array(more).reshape(received.shape)
    thresholds = np.full(received.shape, float(data.draw(st.integers(0, 50))))
    assert 0 <= over_usage_granted(asked, received, thresholds) <= over_usage(asked, thresholds) <= 1


@given(worlds, st.data())
def test_no_policy_takes_more_than_the_optimum(world: World, data: st.DataObject) -> None:
    taken, left, is_over = 0, [], False
    state = state_at_start(world, ("John", "Kate"))
    while state.month <= world.months and not is_over:
        demands = [Demand(member=name, units=data.draw(st.integers(0, world.capacity))) for name in state.members]
        outcome = take(state, demands, partial(np.random.default_rng, 0), ALLOCATIONS.get("sequential", key="rule"))
        taken += sum(outcome.granted.values())
        left.append(outcome.stock_after_harvest)
        is_over, state = outcome.is_collapsed, grow_by_seed(outcome, 0).state
    assert taken <= maximum_catch(game_of(world))
    if not is_over:
        assert taken <= maximum_catch(game_of(world), is_sustained=True)


@given(tiny_worlds)
def test_the_optimum_is_that_of_the_best_of_all_plans(world: World) -> None:
    assert maximum_catch(game_of(world)) == best_plan(world, world.stock_at_start, world.months)


def best_plan(world: World, stock: int, months: int) -> int:
    """The optimum by trying every plan."""
    state = replace(state_at_start(world, ("John",)), stock=stock)
    best = 0
    for units in range(stock + 1):
        demand = Demand(member="John", units=units)
        outcome = take(state, [demand], partial(np.random.default_rng, 0), ALLOCATIONS.get("random", key="rule"))
        ends = outcome.is_collapsed or months == 1
        best = max(
            best, units + (0 if ends else best_plan(world, state.grown(outcome.stock_after_harvest), months - 1))
        )
    return best
