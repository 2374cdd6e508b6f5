"""Tests of equivalence against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from govsim.analysis.statistics.equivalence import of_means, of_rates, to_published
from govsim.errors import AnalysisError

ONE, OTHER = (10.0, 11.0, 12.5, 9.0, 10.5), (10.2, 10.9, 11.7, 9.9)


@pytest.mark.parametrize("margin", [0.5, 1.5, 4.0])
def test_unpaired_means_are_tested_as_statsmodels_does(margin: float) -> None:
    found = of_means(ONE, OTHER, margin, is_paired=False)
    p, (_, lower, _), (_, upper, _) = ttost_ind(np.array(ONE), np.array(OTHER), -margin, margin, usevar="unequal")
    assert (found.p, found.p_lower, found.p_upper) == pytest.approx((p, lower, upper))
    assert (found.verdict == "equivalent") is bool(p < 0.05)


@pytest.mark.parametrize("margin", [0.3, 2.0])
def test_paired_means_are_tested_as_statsmodels_does(margin: float) -> None:
    found = of_means(ONE[:4], OTHER, margin, is_paired=True)
    p, (_, lower, _), (_, upper, _) = ttost_paired(np.array(ONE[:4]), np.array(OTHER), -margin, margin)
    assert (found.p, found.p_lower, found.p_upper) == pytest.approx((p, lower, upper))


def test_a_published_mean_counts_as_the_runs_that_it_summarizes() -> None:
    found = to_published(ONE, float(np.mean(OTHER)), float(np.std(OTHER, ddof=1)), len(OTHER), 1.5)
    assert (found.low, found.high, found.p) == pytest.approx(
        (of := of_means(ONE, OTHER, 1.5, is_paired=False)).low and (of.low, of.high, of.p)
    )


def test_the_verdict_follows_the_interval() -> None:
    near = (10.0, 10.1, 9.9, 10.0, 10.05)
    assert of_means(near, near[::-1], 1, is_paired=False).verdict == "equivalent"
    assert of_means([value + 3 for value in near], near, 1, is_paired=False).verdict == "not inferior"
    assert of_means([value - 3 for value in near], near, 1, is_paired=False).verdict == "not shown"


def test_five_of_five_are_not_shown_to_equal_five_of_five() -> None:
    found = of_rates([True] * 5, [True] * 5, 40)
    assert (found.difference, found.verdict) == (0, "not shown")
    # The one-sided 95 % limit of each rate is 0.05^(1/5), a distance of 45 percentage points from 100 %.
    assert (found.low, found.high) == pytest.approx((-100 * (1 - 0.05**0.2), 100 * (1 - 0.05**0.2)))
    assert of_rates([True] * 200, [True] * 200, 20).verdict == "equivalent"


@pytest.mark.parametrize("margin", [20, 40, 60])
def test_rates_that_differ_by_the_margin_are_rarely_shown_to_be_equivalent(margin: int) -> None:
    runs = range(6)
    shown = [
        (one, other)
        for one in runs
        for other in runs
        if of_rates(_outcomes(one), _outcomes(other), margin).verdict != "not shown"
    ]
    for rate in np.linspace(margin / 100, 1, 9):
        lower = rate - margin / 100
        assert sum(binom.pmf(one, 5, lower) * binom.pmf(other, 5, rate) for one, other in shown) <= 0.05


def _outcomes(survivors: int) -> list[bool]:
    return [index < survivors for index in range(5)]


def test_what_is_undefined_states_a_reason() -> None:
    assert of_means([1.0], ONE, 1, is_paired=False).reason == "a group has fewer than two runs"
    assert of_means([1.0, 1.0], [1.0, 1.0], 1, is_paired=False).reason == "there is no spread within the groups"
    assert of_rates([], [True], 10).reason == "a group has no runs"
    with pytest.raises(AnalysisError, match="margin = 0: must be above 0"):
        of_means(ONE, OTHER, 0, is_paired=False)
