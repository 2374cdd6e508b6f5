"""What holds for statistics of any runs, and how often their intervals and tests are right."""

from __future__ import annotations

from itertools import pairwise
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsim.analysis import mean_interval, rate_interval
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.effects import (
    bounded_paired_interval,
    cliffs_delta,
    hedges_g,
    squared_and_added,
    welch_interval,
)
from govsim.analysis.statistics.rates import mcnemar
from govsim.analysis.statistics.resampling import bootstrap_mean, permutation
from govsim.analysis.statistics.survival import (
    Lifetimes,
    log_rank,
    log_rank_permutation,
    restricted_mean,
    survival_curve,
)

values = st.lists(st.integers(0, 24).map(lambda units: units / 8), min_size=1, max_size=5)
claims = st.lists(st.booleans(), min_size=1, max_size=12)


@st.composite
def lives(draw: st.DrawFn, min_size: int = 1) -> Lifetimes:
    runs = draw(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=min_size, max_size=8))
    return Lifetimes(months=tuple(m for m, _ in runs), has_collapsed=tuple(end for _, end in runs), horizon=12)


@given(lives())
def test_a_survival_curve_never_rises_and_its_band_holds_it(lifetimes: Lifetimes) -> None:
    steps = survival_curve(lifetimes).steps
    assert steps[0].survival == 1
    assert all(before.survival >= after.survival >= 0 for before, after in pairwise(steps))
    for step in steps:
        if step.low is not None and step.high is not None:
            assert 0 <= step.low <= step.survival <= step.high <= 1
    assert sum(step.collapsed for step in steps) == lifetimes.collapses
    assert sum(step.collapsed + step.censored for step in steps) == lifetimes.n


@given(lives(), st.integers(1, 12))
def test_a_restricted_mean_lies_within_its_interval_and_its_months(lifetimes: Lifetimes, horizon: int) -> None:
    found = restricted_mean(lifetimes, horizon)
    if found.value is None:
        assert max(lifetimes.months) < horizon
    else:
        assert 1 <= found.value <= horizon
    if found.value is not None and found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.value <= found.high <= horizon


@given(lives(2), lives(2))
def test_the_log_rank_test_does_not_care_which_side_is_which(one: Lifetimes, other: Lifetimes) -> None:
    there, back = log_rank({"one": one, "other": other}), log_rank({"other": other, "one": one})
    assert (there.p is None) == (back.p is None)
    if there.p is not None and back.p is not None:
        assert there.p == pytest.approx(back.p)
        assert 0 <= there.p <= 1


@given(values, values)
def test_swapping_sides_turns_every_sign_and_no_p_value(one: list[float], other: list[float]) -> None:
    rng = np.random.default_rng(0)
    there, back = welch_interval(one, other), welch_interval(other, one)
    if there.low is not None and back.high is not None:
        assert there.low == pytest.approx(-back.high)
    assert permutation(one, other, rng, is_paired=False).p == permutation(other, one, rng, is_paired=False).p
    assert cliffs_delta(one, other).value == pytest.approx(-(cliffs_delta(other, one).value or 0))
    assert (hedges_g(one, other).value or 0) == pytest.approx(-(hedges_g(other, one).value or 0))


@given(values, values)
def test_an_effect_lies_within_its_interval(one: list[float], other: list[float]) -> None:
    for effect in (hedges_g(one, other), cliffs_delta(one, other)):
        if effect.value is not None and effect.low is not None and effect.high is not None:
            assert effect.low - 1e-9 <= effect.value <= effect.high + 1e-9


@given(claims, claims)
def test_a_difference_of_rates_lies_within_its_interval(one: list[bool], other: list[bool]) -> None:
    found = squared_and_added(rate_interval(one), rate_interval(other))
    difference = 100 * (sum(one) / len(one) - sum(other) / len(other))
    assert found.low is not None
    assert found.high is not None
    assert -100 - 1e-9 <= found.low <= difference + 1e-9
    assert difference - 1e-9 <= found.high <= 100 + 1e-9


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=10))
def test_mcnemars_test_is_the_permutation_test_of_paired_claims(pairs: list[tuple[bool, bool]]) -> None:
    one, other = [one for one, _ in pairs], [other for _, other in pairs]
    rearranged = permutation(one, other, np.random.default_rng(0), is_paired=True)
    assert mcnemar(one, other).p == pytest.approx(rearranged.p)


@given(claims)
def test_a_rate_lies_within_its_interval(found: list[bool]) -> None:
    exact = rate_interval(found)
    assert exact.low is not None
    assert exact.high is not None
    assert exact.value is not None
    assert 0 <= exact.low <= exact.value <= exact.high <= 100


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_intervals_of_a_rate_hold_it_as_often_as_they_say(rate: float) -> None:
    """Exactly: the chance of every number of survivors of ten, where its interval holds the true rate."""
    held = 0.0
    for yes in range(11):
        found = rate_interval([True] * yes + [False] * (10 - yes))
        assert found.low is not None
        assert found.high is not None
        if found.low <= 100 * rate <= found.high:
            held += _binomial(10, yes, rate)
    assert held >= 0.95


def _binomial(n: int, k: int, p: float) -> float:
    return comb(n, k) * p**k * (1 - p) ** (n - k)


def test_students_intervals_hold_the_mean_as_often_as_they_say() -> None:
    draws = np.random.default_rng(1).normal(10, 3, size=(2_000, 5))
    held = [_holds(mean_interval(runs), 10) for runs in draws]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_welchs_intervals_hold_the_difference_as_often_as_they_say() -> None:
    draws = np.random.default_rng(2)
    held = [_holds(welch_interval(draws.normal(4, 1, 5), draws.normal(1, 5, 8)), 3) for _ in range(2_000)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def test_intervals_of_hedges_g_hold_the_effect_as_often_as_they_say() -> None:
    # What is estimated without bias is the population's difference in standard deviations: 1 here.
    draws = np.random.default_rng(3)
    held = [_holds(hedges_g(draws.normal(1, 1, 6), draws.normal(0, 1, 6)), 1) for _ in range(2_000)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_squared_and_added_intervals_hold_the_difference_as_often_as_they_say() -> None:
    draws = np.random.default_rng(4).random((1_000, 2, 15)) < np.array([[0.8], [0.3]])
    rates = [[rate_interval(side.tolist()) for side in sides] for sides in draws]
    assert np.mean([_holds(squared_and_added(one, other), 50) for one, other in rates]) >= 0.95


def test_paired_intervals_hold_the_difference_as_often_as_they_say() -> None:
    # A coverage of 90 % would fail with a probability of 99.8 %.
    draws = np.random.default_rng(5).random((300, 20))  # one pair each: both, only one, only the other, or neither
    held = [_holds(bounded_paired_interval(100.0 * (u < 0.6), 100.0 * ((u < 0.3) | (u > 0.9)), 100), 20) for u in draws]
    assert np.mean(held) >= 0.95


def test_bootstrap_intervals_of_many_runs_hold_the_mean_about_as_often_as_they_say() -> None:
    draws = np.random.default_rng(6)
    held = []
    for _ in range(150):
        levels = draws.exponential(10, 30)
        rows = (levels[:, np.newaxis] + draws.normal(0, 1, (30, 5))).ravel()
        found = bootstrap_mean(rows, draws, runs=np.repeat(np.arange(30), 5), resamples=499)
        held.append(_holds(found, 10))
    assert np.mean(held) == pytest.approx(0.93, abs=0.05)


def test_restricted_means_of_many_runs_hold_the_mean_as_often_as_they_say() -> None:
    """Months of collapse are geometric, with runs censored at random: E min(m, 6) = sum of (1 - p)^t for t < 6.

    A coverage of 90 % would fail with a probability of 98 %.
    """
    draws, held = np.random.default_rng(7), []
    truth = sum(0.8**t for t in range(6))
    for _ in range(150):
        months, stopped = draws.geometric(0.2, 60), draws.geometric(0.05, 60)
        ends = months <= np.minimum(stopped, 12)
        observed = np.minimum(np.minimum(months, stopped), 12)
        lifetimes = Lifetimes(months=tuple(observed.tolist()), has_collapsed=tuple(ends.tolist()), horizon=12)
        held.append(_holds(restricted_mean(lifetimes, 6), truth))
    assert np.mean(held) >= 0.95


@pytest.mark.parametrize("is_paired", [True, False])
def test_p_values_of_permutations_are_uniform_where_nothing_differs(is_paired: bool) -> None:
    """An exact test rejects as often as its p values say: at most, and where they can be reached exactly so."""
    draws = np.random.default_rng(8)
    found = [_p_of(draws.normal(size=(2, 5)), draws, is_paired=is_paired) for _ in range(2_000)]
    for level in (0.0625, 0.25, 0.5, 0.75):
        assert np.mean(np.array(found) <= level + 1e-9) == pytest.approx(level, abs=0.03)


def test_drawn_p_values_never_reject_too_often() -> None:
    draws = np.random.default_rng(9)
    found = [_p_of(draws.normal(size=(2, 20)), draws, is_paired=True, draws=99) for _ in range(1_000)]
    for level in (0.05, 0.2, 0.5):
        assert np.mean(np.array(found) <= level + 1e-9) == pytest.approx(level, abs=0.04)


def test_rearranged_log_rank_tests_never_reject_too_often() -> None:
    draws, found = np.random.default_rng(10), []
    for _ in range(400):
        months = np.minimum(draws.geometric(0.2, (2, 5)), 12)
        one, other = (
            Lifetimes(months=tuple(side.tolist()), has_collapsed=tuple((side < 12).tolist()), horizon=12)
            for side in months
        )
        found.append(log_rank_permutation(one, other, draws).p or 1)
    for level in (0.05, 0.2):
        assert np.mean(np.array(found) <= level) <= level + 0.02


def _p_of(sides: Floats, rng: np.random.Generator, **options: Any) -> float:
    p = permutation(sides[0], sides[1], rng, **options).p
    assert p is not None
    return p


def _holds(found: object, truth: float) -> bool:
    low, high = found.low, found.high  # type: ignore[attr-defined]
    return bool(low is not None and low <= truth <= high)
