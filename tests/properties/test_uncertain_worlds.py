"""Properties of every growth law and shock, for any settings and stock."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from govsim.commons import (
    GrowthLaw,
    Inflow,
    Logistic,
    Loss,
    Multiply,
    Outcome,
    OverUse,
    Shock,
    State,
    Threshold,
    generator,
    group_threshold,
    grow_by_seed,
    multiply,
    stock_probabilities,
    stream_of,
)
from govsim.config import Distribution, Normal, OneOf, Uniform

CAPACITY = 60

factors = st.integers(10, 400).map(lambda hundredths: hundredths / 100)
bounds = st.tuples(factors, factors).filter(lambda pair: pair[0] != pair[1]).map(sorted)
distributions: st.SearchStrategy[float | Distribution] = st.one_of(
    factors,
    bounds.map(lambda pair: Uniform(*pair)),
    st.lists(factors, min_size=1, max_size=4).map(lambda values: OneOf(tuple(values))),
    st.tuples(bounds, factors, factors).map(lambda drawn: Normal(drawn[1], drawn[2], *drawn[0])),
)
told = st.sampled_from(["nothing", "distribution", "realised"])
monotonic: st.SearchStrategy[GrowthLaw] = st.one_of(
    st.builds(lambda factor, told: Multiply(Multiply.Settings(factor=factor, told=told)), distributions, told),
    st.builds(
        lambda rate: Logistic(Logistic.Settings(rate=rate)),
        st.integers(1, 100).map(lambda hundredths: hundredths / 100),
    ),
    st.builds(lambda units: Inflow(Inflow.Settings(units=units)), st.integers(0, 80)),
    st.builds(
        lambda low, more, below, probability: Threshold(
            Threshold.Settings(factor=low + more, factor_below=low, below=below, probability=probability)
        ),
        factors,
        factors,
        st.integers(1, 80),
        st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    ),
)
laws = monotonic | st.builds(
    lambda rate, most: Logistic(Logistic.Settings(rate=rate, carrying_capacity=most)), factors, st.integers(1, 200)
)
losses = st.one_of(
    st.fixed_dictionaries({"share": st.integers(1, 100).map(lambda hundredths: hundredths / 100)}),
    st.fixed_dictionaries({"units": st.integers(1, 80)}),
)
times = st.fixed_dictionaries({"when": st.sampled_from(["before-growth", "after-growth"])})
chances = st.one_of(
    st.fixed_dictionaries({"probability": st.floats(0, 1)}),
    st.fixed_dictionaries({"months": st.lists(st.integers(1, 12), min_size=1)}),
)
shocks: st.SearchStrategy[Shock] = st.one_of(
    st.builds(lambda *parts: Loss.of(merged(*parts)), losses, times, chances),
    st.builds(
        lambda loss, time, per_unit: OverUse.of({**loss, **time, "per_unit": per_unit}),
        losses,
        times,
        st.floats(0.001, 1),
    ),
)
seeds = st.integers(0, 2**32)


def merged(*parts: dict[str, object]) -> dict[str, object]:
    return {key: value for part in parts for key, value in part.items()}


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """A harvest in a commons with any law and up to three shocks."""
    stock = draw(st.integers(0, CAPACITY))
    drawn = draw(st.lists(shocks, max_size=3))
    named = tuple(type(one)(one.settings, name=f"shock-{index}") for index, one in enumerate(drawn))
    state = State(
        stock=stock,
        month=draw(st.integers(1, 12)),
        capacity=CAPACITY,
        growth=draw(laws),
        collapse=5,
        members=("John",),
        shocks=named,
    )
    return Outcome(before=state, asked={}, granted={}, stock_after_harvest=draw(st.integers(0, stock)))


@given(law=laws, left=st.integers(0, CAPACITY), seed=seeds)
def test_the_stock_stays_between_zero_and_the_capacity(law: GrowthLaw, left: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for stock in (law.grown(left, CAPACITY), law.drawn(left, CAPACITY, rng), law.of_month(rng).grown(left, CAPACITY)):
        assert type(stock) is int
        assert 0 <= stock <= CAPACITY


@given(law=monotonic, left=st.integers(0, CAPACITY - 1), seed=seeds)
def test_more_units_left_never_grow_to_a_smaller_stock(law: GrowthLaw, left: int, seed: int) -> None:
    for month in (law, law.of_month(np.random.default_rng(seed))):
        assert month.grown(left, CAPACITY) <= month.grown(left + 1, CAPACITY)


@given(law=laws, left=st.integers(0, CAPACITY), seed=seeds)
def test_probabilities_sum_to_one_and_contain_every_draw(law: GrowthLaw, left: int, seed: int) -> None:
    found = law.probabilities(left, CAPACITY)
    assert found is not None
    assert abs(sum(found.values()) - 1) < 1e-9
    assert all(probability >= 0 and 0 <= stock <= CAPACITY for stock, probability in found.items())
    assert law.drawn(left, CAPACITY, np.random.default_rng(seed)) in found


@given(law=laws, left=st.integers(0, CAPACITY))
def test_the_probabilities_of_listed_realisations_are_those_of_the_law(law: GrowthLaw, left: int) -> None:
    if (listed := law.realisations()) is not None:
        assert abs(sum(one.weight for one in listed) - 1) < 1e-9
        assert all(one.law.is_certain for one in listed)
        total = sum(one.weight for one in listed if one.law.grown(left, CAPACITY) == CAPACITY)
        assert abs(total - (law.probabilities(left, CAPACITY) or {}).get(CAPACITY, 0.0)) < 1e-9


@given(law=laws, stock=st.integers(0, CAPACITY))
def test_the_threshold_is_the_largest_catch_that_grows_back(law: GrowthLaw, stock: int) -> None:
    state = State(stock=stock, month=1, capacity=CAPACITY, growth=law, collapse=5, members=("John",))
    sufficient = [taken for taken in range(stock + 1) if state.grown(stock - taken) >= stock]
    assert group_threshold(state) == max(sufficient, default=0)


@given(
    law=st.builds(lambda factor: Multiply(Multiply.Settings(factor=factor)), distributions),
    left=st.integers(1, CAPACITY),
)
def test_probabilities_are_those_of_simulated_months(law: GrowthLaw, left: int) -> None:
    rng = np.random.default_rng(left)
    drawn = [law.drawn(left, CAPACITY, rng) for _ in range(2000)]
    for stock, probability in (law.probabilities(left, CAPACITY) or {}).items():
        spread = (probability * (1 - probability) / len(drawn)) ** 0.5
        assert abs(drawn.count(stock) / len(drawn) - probability) <= 6 * spread + 1e-9


@given(outcome=outcomes(), seed=seeds)
def test_units_are_conserved_through_growth_and_shocks(outcome: Outcome, seed: int) -> None:
    grown = grow_by_seed(outcome, seed)
    assert 0 <= grown.stock <= CAPACITY
    lost = {when: sum(one.lost for one in grown.shocks if one.shock.when == when) for when in WHEN}
    before = outcome.stock_after_harvest - lost["before-growth"]
    assert before >= 0
    assert grown.stock == grown.law.grown(before, CAPACITY) - lost["after-growth"]
    assert all(one.lost == 0 for one in grown.shocks if not one.is_realised)
    assert len(grown.shocks) == len(outcome.before.shocks)


WHEN = ("before-growth", "after-growth")


@given(outcome=outcomes(), seed=seeds)
def test_the_probabilities_of_the_next_stock_sum_to_one_and_contain_the_drawn_one(outcome: Outcome, seed: int) -> None:
    found = stock_probabilities(outcome)
    assert found is not None
    assert abs(sum(found.values()) - 1) < 1e-9
    assert found[grow_by_seed(outcome, seed).stock] >= 0


@given(outcome=outcomes(), seed=seeds)
def test_a_shock_does_not_change_the_draws_of_growth_and_other_shocks(outcome: Outcome, seed: int) -> None:
    state = outcome.before
    alone = State(**{name: getattr(state, name) for name in state.__slots__} | {"shocks": state.shocks[:1]})
    both = grow_by_seed(outcome, seed)
    one = grow_by_seed(
        Outcome(before=alone, asked={}, granted={}, stock_after_harvest=outcome.stock_after_harvest), seed
    )
    assert one.law == both.law
    for draw in one.shocks:
        (same,) = (other for other in both.shocks if other.shock == draw.shock)
        assert (same.draw, same.probability) == (draw.draw, draw.probability)


@given(hundredths=st.integers(10, 500), left=st.integers(0, CAPACITY), seed=seeds, month=st.integers(1, 12))
def test_a_fixed_factor_draws_nothing(hundredths: int, left: int, seed: int, month: int) -> None:
    law = multiply(hundredths / 100)
    rng = generator(seed, stream_of("growth law", law.name), month)
    law.drawn(left, CAPACITY, rng)
    law.of_month(rng)
    assert rng.random() == generator(seed, stream_of("growth law", law.name), month).random()
