"""Intervals of differences and sizes of effects, against scipy, statsmodels, and figures worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import gamma, sqrt

import numpy as np
import pytest
from scipy import stats

from govsim.analysis.statistics.comparison_results import Result
from govsim.analysis.statistics.effects import (
    cliffs_delta,
    common_delta,
    hedges_g,
    paired_hedges_g,
    paired_interval,
    rank_biserial,
    welch_interval,
)

ONE = [60.0, 80.0, 95.0, 100.0, 120.0]
OTHER = [20.0, 21.0, 30.0, 44.0]
PARTNERS = [20.0, 21.0, 30.0, 44.0, 110.0]


def test_welchs_interval_is_that_of_scipy() -> None:
    theirs = stats.ttest_ind(ONE, OTHER, equal_var=False).confidence_interval()
    ours = welch_interval(ONE, OTHER)
    assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high])


def test_welchs_interval_holds_where_one_side_has_no_spread() -> None:
    # All spread is the other side's: 5 ± t(0.975, 2) · 1 / sqrt(3), with t = 4.302653.
    ours = welch_interval([5, 6, 7], [1, 1])
    assert [ours.low, ours.high] == pytest.approx([5 - 2.484138, 5 + 2.484138], abs=1e-5)


def test_the_paired_interval_is_that_of_scipy() -> None:
    theirs = stats.ttest_rel(ONE, PARTNERS).confidence_interval()
    ours = paired_interval(ONE, PARTNERS)
    assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high])


def test_sides_without_spread_have_an_interval_of_length_zero() -> None:
    ours = welch_interval([0.3, 0.3], [0.1, 0.1, 0.1])
    assert ours.low == ours.high == pytest.approx(0.2)
    noisy = paired_interval([0.1 + 0.2, 0.7], [0.2, 0.6])  # 0.1 twice, but for rounding
    assert noisy.low == noisy.high == pytest.approx(0.1)


def test_too_few_values_have_no_interval() -> None:
    assert welch_interval([1], [1, 2]).reason == "a group has fewer than two values"
    assert paired_interval([1], [2]).reason == "fewer than two pairs"
    assert paired_interval([], []).reason == "fewer than two pairs"


def test_hedges_g_is_the_difference_in_pooled_deviations_times_its_correction() -> None:
    # 2, 4, 6 and 1, 2, 3: a difference of 2, a pooled variance of (4 + 1) / 2, J(4) = Γ(2) / (sqrt(2) Γ(1.5)).
    correction = gamma(2) / (sqrt(2) * gamma(1.5))
    assert hedges_g([2, 4, 6], [1, 2, 3]).value == pytest.approx(correction * 2 / sqrt(2.5))
    assert hedges_g([1, 2, 3], [2, 4, 6]).value == pytest.approx(-correction * 2 / sqrt(2.5))


def test_the_interval_of_g_is_where_its_t_value_would_be_at_the_edge() -> None:
    effect = hedges_g(ONE, OTHER)
    assert effect.low is not None
    assert effect.high is not None
    correction = gamma(3.5) / (sqrt(3.5) * gamma(3))
    size = sqrt(5 * 4 / 9)
    statistic = stats.ttest_ind(ONE, OTHER).statistic
    assert stats.nct.sf(statistic, 7, effect.low / correction * size) == pytest.approx(0.025, abs=1e-5)
    assert stats.nct.cdf(statistic, 7, effect.high / correction * size) == pytest.approx(0.025, abs=1e-5)


def test_the_interval_of_a_paired_g_is_where_its_t_value_would_be_at_the_edge() -> None:
    effect = paired_hedges_g(ONE, PARTNERS)
    assert effect.low is not None
    assert effect.high is not None
    correction = gamma(2) / (sqrt(2) * gamma(1.5))
    statistic = stats.ttest_rel(ONE, PARTNERS).statistic
    assert effect.value == pytest.approx(correction * statistic / sqrt(5))
    assert stats.nct.sf(statistic, 4, effect.low / correction * sqrt(5)) == pytest.approx(0.025, abs=1e-5)
    assert stats.nct.cdf(statistic, 4, effect.high / correction * sqrt(5)) == pytest.approx(0.025, abs=1e-5)


def test_the_interval_of_a_large_g_is_still_found() -> None:
    effect = hedges_g([119.99, 120, 120.01], [20, 20.01, 20.02])
    assert effect.low is not None
    assert effect.high is not None
    assert effect.value is not None
    assert 0 < effect.low < effect.value < effect.high


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (hedges_g([1, 2], [3]), "fewer than four values"),
        (hedges_g([1, 2, 3, 4], []), "a group has no value"),
        (hedges_g([1, 1], [3, 3]), "neither group has variance"),
        (paired_hedges_g([1, 2], [3, 5]), "fewer than three pairs"),
        (paired_hedges_g([0.3, 0.4, 0.5], [0.2, 0.3, 0.4]), "the differences have no variance"),
        (cliffs_delta([], [1]), "a group has no value"),
        (rank_biserial([], []), "no pair differs"),
        (rank_biserial([1, 2], [1, 2]), "no pair differs"),
    ],
)
def test_an_undefined_effect_has_a_reason(effect: Result, reason: str) -> None:
    assert (effect.value, effect.low, effect.high, effect.reason) == (None, None, None, reason)


def test_cliffs_delta_counts_who_is_above_whom() -> None:
    # 4 is above 2 and 3, and 3 above 2; 1 is below both; 3 and 3 tie.
    assert cliffs_delta([1, 4, 3], [2, 3]).value == pytest.approx((3 - 2) / 6)
    assert cliffs_delta([5, 5], [5, 5, 5]).value == 0


def test_cliffs_delta_is_the_mann_whitney_statistic_on_another_scale() -> None:
    u = stats.mannwhitneyu(ONE, PARTNERS).statistic
    assert cliffs_delta(ONE, PARTNERS).value == pytest.approx(2 * u / 25 - 1)


def test_the_interval_of_cliffs_delta_is_where_newcombes_equation_holds() -> None:
    effect = cliffs_delta(ONE, PARTNERS)
    assert effect.value is not None
    for end in (effect.low, effect.high):
        assert end is not None
        area, true = (effect.value + 1) / 2, (end + 1) / 2
        bracket = 1 + 4 * ((1 - true) / (2 - true) + true / (1 + true))
        assert (true - area) ** 2 == pytest.approx(2.306004**2 * true * (1 - true) * bracket / 25, rel=1e-5)
    assert effect.low is not None
    assert effect.high is not None
    assert -1 < effect.low < effect.value < effect.high < 1


def test_the_interval_of_a_stratified_delta_is_where_the_equation_of_a_common_delta_holds() -> None:
    effect = common_delta([0.8, -0.1], [(5, 4), (3, 6)], [0.6, 0.4])
    assert effect.value == pytest.approx(0.6 * 0.8 - 0.4 * 0.1)
    assert effect.value is not None
    for end in (effect.low, effect.high):
        assert end is not None
        area, true = (effect.value + 1) / 2, (end + 1) / 2
        spread = (1 - true) / (2 - true) + true / (1 + true)
        variance = true * (1 - true) * (0.6**2 * (1 + 3.5 * spread) / 20 + 0.4**2 * (1 + 3.5 * spread) / 18)
        assert (true - area) ** 2 == pytest.approx(stats.t.ppf(0.975, 14) ** 2 * variance, rel=1e-5)
    alone = common_delta([1.0], [(1, 1)], [1.0])  # no degree of freedom: one run in each group
    assert (alone.value, alone.high) == (1, 1)
    assert alone.low == pytest.approx(-1, abs=0.02)


def test_sides_that_do_not_overlap_still_leave_doubt() -> None:
    above, below = cliffs_delta([3, 4], [1, 2]), cliffs_delta([1, 2], [3, 4])
    assert (above.value, above.high) == (1, 1)
    assert above.low is not None
    assert 0 > above.low > -1
    assert [below.value, below.low, below.high] == pytest.approx([-1, -1, -above.low])


def test_the_rank_biserial_correlation_weighs_differences_by_rank() -> None:
    # Differences 1, -2, 4 and a 0 that does not count: (1 + 3 - 2) / 6.
    assert rank_biserial([2, 0, 5, 7], [1, 2, 1, 7]).value == pytest.approx(2 / 6)
    assert rank_biserial([2, 3], [1, 1]).value == 1


def test_equal_differences_share_their_rank_in_spite_of_rounding() -> None:
    # 0.1 up and 0.1 down, though 0.3 - 0.2 and 0.7 - 0.8 are not the same numbers on a machine; 0.5 up is rank 3.
    assert rank_biserial([0.3, 0.7, 0.9], [0.2, 0.8, 0.4]).value == pytest.approx((3 + 1.5 - 1.5) / 6)


def test_the_rank_biserial_has_no_interval() -> None:
    for level in ([1, 2, 3, 4, 5], [0, 2, 0, 2, 1]):
        effect = rank_biserial(level, [0, 1, 1, 0, 3])
        assert (effect.low, effect.high, effect.reason) == (None, None, None)


def test_the_rank_biserial_is_wilcoxons_statistic_on_another_scale() -> None:
    for seed in range(10):
        values = np.random.default_rng(seed).normal(1.0, 1.2, size=8)
        positive = stats.wilcoxon(values, alternative="greater").statistic
        assert rank_biserial(values, np.zeros(8)).value == pytest.approx(2 * positive / 36 - 1)


@pytest.mark.parametrize("effect", [hedges_g, cliffs_delta, paired_hedges_g, rank_biserial])
def test_effects_do_not_depend_on_the_unit(effect: Callable[..., Result]) -> None:
    plain, scaled = effect(ONE, PARTNERS), effect(1000 * np.array(ONE), 1000 * np.array(PARTNERS))
    assert [plain.value, plain.low] == pytest.approx([scaled.value, scaled.low])
    assert (plain.low is None) == (effect is rank_biserial)
