from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis.strategies import floats, lists
from scipy import stats
from scipy.stats import beta

from govsim.analysis import Estimate, mean_interval, rate_interval
from govsim.analysis.intervals import estimated
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


def test_undefined_values_are_left_out_and_n_says_so() -> None:
    assert mean_interval([2.0, None, float("nan"), 2.0]) == Estimate(value=2.0, low=2.0, high=2.0, n=2)


def test_without_a_value_there_is_nothing() -> None:
    nothing = Estimate(value=None, low=None, high=None, n=0)
    assert mean_interval([]) == mean_interval([None]) == rate_interval([]) == rate_interval([None]) == nothing


def test_a_rate_comes_with_wilsons_interval() -> None:
    # (p + z²/2n ± z·sqrt(p(1 − p)/n + z²/4n²)) / (1 + z²/n) with p = 0.6, n = 5, z = 1.95996.
    estimate = rate_interval([True, True, True, False, False])
    assert (estimate.value, estimate.n) == (60.0, 5)
    assert estimate.low == pytest.approx(23.0724, abs=1e-3)
    assert estimate.high == pytest.approx(88.2379, abs=1e-3)


def test_a_rate_of_nothing_or_all_keeps_an_interval_of_some_length() -> None:
    never, always = rate_interval([False]), rate_interval([True, None])
    assert (never.value, always.value, never.n, always.n) == (0.0, 100.0, 1, 1)
    assert (never.low, always.high) == (0.0, 100.0)
    assert never.high == pytest.approx(79.3450, abs=1e-3)
    assert always.low == pytest.approx(20.6549, abs=1e-3)


def test_an_estimate_is_an_object_of_four_keys() -> None:
    assert mean_interval([1]).to_json() == {"value": 1.0, "low": None, "high": None, "n": 1}


def test_an_exact_interval_of_a_rate_can_be_had() -> None:
    # Clopper and Pearson for 3 of 5: beta quantiles; for 5 of 5 the lower end is 0.025 ** (1 / 5).
    some, always = rate_interval([True] * 3 + [False] * 2, "exact"), rate_interval([True] * 5, "exact")
    assert some.low == pytest.approx(100 * beta.ppf(0.025, 3, 3))
    assert some.high == pytest.approx(100 * beta.ppf(0.975, 4, 2))
    assert [always.value, always.low, always.high] == pytest.approx([100, 100 * 0.025 ** (1 / 5), 100])
    assert rate_interval([], "exact").value is None


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


def test_a_bounded_interval_is_that_of_a_fractional_logit_model() -> None:
    values = [0.2, 0.5, 0.6, 0.9, 0.4]
    model = sm.GLM(np.array(values), np.ones(5), family=sm.families.Binomial()).fit(cov_type="HC0")
    centre, error = float(model.params[0]), float(model.bse[0]) * math.sqrt(5 / 4)
    ends = [1 / (1 + math.exp(-(centre + sign * stats.t.ppf(0.975, 4) * error))) for sign in (-1, 1)]
    found = mean_interval(values, 0.0, 1.0)
    assert [found.low, found.high] == pytest.approx(ends)


def test_far_from_its_bounds_a_bounded_interval_is_students() -> None:
    values = [0.5, 0.501, 0.499, 0.502]
    plain, bounded = mean_interval(values), mean_interval(values, 0.0, 1.0)
    assert [bounded.low, bounded.high] == pytest.approx([plain.low, plain.high], abs=1e-6)


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
