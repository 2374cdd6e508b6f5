from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats, lists
from scipy.interpolate import BSpline
from scipy.stats import beta
from statsmodels.stats.proportion import proportion_confint

from govsim.analysis import Estimate, mean_interval, rate_interval
from govsim.analysis.intervals import bounded_limits, estimated, ratio_limits, row_interval
from govsim.analysis.measures import measure_named


def test_the_mean_comes_with_students_interval() -> None:
    # t(0.975, 4) = 2.7764; s = sqrt(2.5); so half the interval is 2.7764 · sqrt(2.5 / 5).
    estimate = mean_interval([1, 2, 3, 4, 5])
    assert (estimate.value, estimate.n) == (3.0, 5)
    assert estimate.low == pytest.approx(3 - 1.963243, abs=1e-6)
    assert estimate.high == pytest.approx(3 + 1.963243, abs=1e-6)


def test_one_value_has_no_interval() -> None:
    assert mean_interval([7.5]) == Estimate(value=7.5, low=None, high=None, n=1)


def test_equal_values_have_an_interval_of_length_zero() -> None:
    assert mean_interval([0.1, 0.1, 0.1]) == Estimate(value=0.1, low=0.1, high=0.1, n=3)


def test_undefined_values_are_excluded_from_n() -> None:
    assert mean_interval([2.0, None, float("nan"), 2.0]) == Estimate(value=2.0, low=2.0, high=2.0, n=2)


def test_without_a_value_there_is_nothing() -> None:
    nothing = Estimate(value=None, low=None, high=None, n=0)
    assert mean_interval([]) == mean_interval([None]) == rate_interval([]) == rate_interval([None]) == nothing


def test_a_rate_of_nothing_or_all_keeps_an_interval_of_some_length() -> None:
    never, always = rate_interval([False]), rate_interval([True, None])
    assert (never.value, always.value, never.n, always.n) == (0.0, 100.0, 1, 1)
    assert (never.low, always.high) == (0.0, 100.0)
    assert never.high == pytest.approx(97.5)
    assert always.low == pytest.approx(2.5)


def test_an_estimate_is_an_object_of_four_keys() -> None:
    assert mean_interval([1]).to_json() == {"value": 1.0, "low": None, "high": None, "n": 1}


def test_the_interval_of_a_rate_is_exact() -> None:
    # Clopper and Pearson for 3 of 5: beta quantiles; for 5 of 5 the lower end is 0.025 ** (1 / 5).
    some, always = rate_interval([True] * 3 + [False] * 2), rate_interval([True] * 5)
    assert some.low == pytest.approx(100 * beta.ppf(0.025, 3, 3))
    assert some.high == pytest.approx(100 * beta.ppf(0.975, 4, 2))
    assert [always.value, always.low, always.high] == pytest.approx([100, 100 * 0.025 ** (1 / 5), 100])
    assert proportion_confint(3, 5, method="beta") == pytest.approx([(some.low or 0) / 100, (some.high or 0) / 100])


def test_values_that_differ_by_rounding_alone_are_equal() -> None:
    noisy = mean_interval([0.1 + 0.2, 0.3, 0.3])
    assert noisy.low == noisy.value == noisy.high


def test_small_differences_are_no_rounding() -> None:
    found = mean_interval([1.0, 1.000001])
    assert found.low is not None
    assert found.value is not None
    assert found.low < found.value


@given(lists(floats(0, 1), min_size=2, max_size=30))
def test_the_interval_of_a_mean_share_stays_between_0_and_1(values: list[float]) -> None:
    found = mean_interval(values, 0.0, 1.0)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert -1e-12 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1 + 1e-12


@pytest.mark.parametrize("values", [[5e-324, 5e-324], [5e-324, 0.0, 1.0], [1.0, 1 - 1e-16, 1e-300]])
def test_the_interval_of_extreme_shares_is_found(values: list[float]) -> None:
    found = mean_interval(values, 0.0, 1.0)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= np.mean(values) + 1e-12
    assert np.mean(values) - 1e-12 <= found.high <= 1


@pytest.mark.parametrize("holds", range(6))
def test_limits_of_ones_and_zeros_are_those_of_clopper_and_pearson(holds: int) -> None:
    values = [1.0] * holds + [0.0] * (5 - holds)
    assert bounded_limits(values, 0, 1) == pytest.approx(proportion_confint(holds, 5, method="beta"), abs=1e-9)


@pytest.mark.parametrize("values", [[0.2, 0.5, 0.6, 0.9, 0.4], [0.3, 0.31], [0.05, 0.1, 0.2, 0.95]])
def test_the_limits_are_quantiles_of_a_b_spline(values: list[float]) -> None:
    """The density of a mean with weights from a flat Dirichlet distribution is a B-spline with the values as knots."""
    for end, bound, beyond in zip(bounded_limits(values, 0, 1), (0.0, 1.0), (0.025, 0.975), strict=True):
        knots = np.sort([*values, bound])
        spline = BSpline.basis_element(knots, extrapolate=False)
        below, whole = (float(spline.integrate(knots[0], to)) for to in (end, knots[-1]))
        assert below / whole == pytest.approx(beyond, abs=1e-6)


def test_limits_keep_their_unit() -> None:
    months = np.array([2, 5, 12, 12])
    shares = bounded_limits((months - 1) / 11, 0, 1)
    assert bounded_limits(months, 1, 12) == pytest.approx([1 + 11 * one for one in shares])
    assert bounded_limits([1, 1], 1, 1) == (1, 1)


def test_equal_values_between_bounds_have_an_interval_of_some_length() -> None:
    # The bound has a weight of beta(1, n), whose quantile of 97.5 % is 1 - 0.025 ** (1 / n).
    weight = 1 - 0.025 ** (1 / 3)
    assert bounded_limits([0.4] * 3, 0, 1) == pytest.approx([0.4 * (1 - weight), 0.4 + 0.6 * weight])


def test_the_limits_of_a_share_of_rows_are_quantiles_over_random_weights() -> None:
    parts, wholes = np.array([3.0, 0.0, 10.0, 7.0]), np.array([10.0, 20.0, 40.0, 8.0])
    weights = np.random.default_rng(0).dirichlet(np.ones(5), 400_000)
    whole = weights @ [*wholes, wholes.mean()]
    low = np.quantile(weights @ [*parts, 0] / whole, 0.025)
    high = np.quantile(weights @ [*parts, wholes.mean()] / whole, 0.975)
    assert ratio_limits(parts, wholes) == pytest.approx([low, high], abs=2e-3)


def test_rows_of_runs_of_one_size_have_the_interval_of_the_shares_of_runs() -> None:
    found = row_interval([1, 0, 1, 1, 0, 0, None], ["a", "a", "b", "b", "c", "c", "d"])
    assert (found.value, found.n) == (0.5, 3)
    assert [found.low, found.high] == pytest.approx(bounded_limits([0.5, 1, 0], 0, 1))


def test_a_mean_of_amounts_over_rows_has_students_interval_of_runs() -> None:
    found = row_interval([1, 3, 5, 7, 2, 2], ["a", "a", "b", "b", "c", "c"], is_share=False)
    plain = mean_interval([2, 6, 2], 0.0)
    assert [found.value, found.low, found.high] == pytest.approx([plain.value, plain.low, plain.high])


def test_rows_of_one_run_have_no_interval() -> None:
    assert row_interval([1, 0], ["a", "a"]) == Estimate(value=0.5, low=None, high=None, n=1)
    assert row_interval([None], ["a"]) == mean_interval([])


def test_with_one_bound_an_interval_is_cut_at_it() -> None:
    plain, cut = mean_interval([2.0, 10.0]), mean_interval([2.0, 10.0], 0.0)
    assert plain.low is not None
    assert plain.low < 0
    assert (cut.low, cut.high) == (0.0, plain.high)


@pytest.mark.parametrize("name", ["over_usage", "equality", "survival_time", "gain"])
def test_a_measure_shown_has_an_interval_of_possible_values(name: str) -> None:
    measure = measure_named(name)
    lowest, highest = measure.bounds(12)
    values = {"survival_time": [12.0, 12.0, 11.0], "gain": [1.0, 40.0]}.get(name, [1.0, 1.0, 0.7])
    found = estimated(measure, values, months=12)
    assert found.low is not None
    assert found.high is not None
    assert found.low >= (measure.shown(lowest) or 0)
    assert highest is None or found.high <= (measure.shown(highest) or 0)
