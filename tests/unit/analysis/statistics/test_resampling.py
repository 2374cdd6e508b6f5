"""Bootstrap intervals and permutation tests."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest
from scipy import stats

from govsim.analysis import Estimate, mean_interval
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.resampling import ENUMERATED, bootstrap_difference, bootstrap_mean, permutation
from govsim.errors import AnalysisError

Rng = np.random.Generator


def difference_of_means(one: Floats, other: Floats, axis: int) -> Any:
    return one.mean(axis) - other.mean(axis)


def mean(one: Floats, axis: int) -> Any:
    return one.mean(axis)


def test_all_signs_of_three_pairs_are_flipped(rng: Rng) -> None:
    # Differences 1, 2, 3: sums of flips are ±6, ±4, ±2, 0, 0; only the two at ±6 are as far out as 6.
    test = permutation([2, 4, 6], [1, 2, 3], rng, is_paired=True)
    assert (test.p, test.value, test.smallest_p, test.draws) == (2 / 8, 2.0, 2 / 8, None)


def test_all_ways_to_deal_two_and_three_values_are_looked_at(rng: Rng) -> None:
    # 4 and 5 against 1, 2, 3: of the ten ways to choose two, only {4, 5} is 2.5 from the others' mean; {1, 2} is -2.5.
    test = permutation([4, 5], [1, 2, 3], rng, is_paired=False)
    assert (test.p, test.value, test.draws) == (2 / 10, 2.5, None)
    assert test.smallest_p == 1 / 10


def test_unpaired_p_values_are_those_of_scipy(rng: Rng) -> None:
    for _ in range(5):
        one, other = rng.normal(1, 1, 6), rng.normal(0, 2, 6)
        theirs = stats.permutation_test((one, other), difference_of_means, vectorized=True, n_resamples=1_000)
        assert permutation(one, other, rng, is_paired=False).p == pytest.approx(theirs.pvalue)


def test_paired_p_values_are_those_of_scipy(rng: Rng) -> None:
    for _ in range(5):
        one, other = rng.normal(1, 1, 8), rng.normal(0, 2, 8)
        theirs = stats.permutation_test(
            (one - other,), mean, permutation_type="samples", vectorized=True, n_resamples=1_000
        )
        assert permutation(one, other, rng, is_paired=True).p == pytest.approx(theirs.pvalue)


def test_equal_values_never_differ(rng: Rng) -> None:
    for is_paired in (True, False):
        assert permutation([0.1] * 3, [0.1] * 3, rng, is_paired=is_paired).p == 1
        assert permutation([0.0] * 3, [0.0] * 3, rng, is_paired=is_paired).p == 1
    assert permutation([0.1] * 3, [0.1] * 5, rng, is_paired=False).p == 1


def test_rearrangements_that_tie_but_for_rounding_count_as_ties(rng: Rng) -> None:
    # In tenths 1, 2, 6 against 3, 4, 5: sums of 9 and 12 of 21. Of the 20 ways to choose three, 14 lie as far out
    # as these or further; on a machine 0.1 + 0.2 + 0.6 is not 0.2 + 0.3 + 0.4.
    sums = [sum(chosen) for chosen in combinations([1, 2, 6, 3, 4, 5], 3)]
    as_far = sum(abs(2 * found - 21) >= 3 for found in sums)
    assert as_far == 14
    assert permutation([0.1, 0.2, 0.6], [0.3, 0.4, 0.5], rng, is_paired=False).p == as_far / 20
    assert permutation([0.3, 0.4, 0.5], [0.1, 0.2, 0.6], rng, is_paired=False).p == as_far / 20


def test_single_runs_give_the_smallest_p_that_permutations_allow(rng: Rng) -> None:
    assert permutation([1], [0], rng, is_paired=True).p == 1
    assert permutation([1], [0], rng, is_paired=False).p == 1
    assert permutation([1], [0, 0, 0], rng, is_paired=False).p == 1 / 4


def test_a_side_without_a_value_has_no_p(rng: Rng) -> None:
    test = permutation([], [1.0], rng, is_paired=False)
    assert (test.p, test.reason) == (None, "a group has no value")


@pytest.mark.parametrize(("is_paired", "n"), [(True, 15), (False, 9)])
def test_too_many_rearrangements_are_drawn_and_never_give_zero(rng: Rng, is_paired: bool, n: int) -> None:
    assert (2**n if is_paired else comb(2 * n, n)) > ENUMERATED
    values = [float(value) for value in range(n)]
    test = permutation([value + 100 for value in values], values, rng, is_paired=is_paired, draws=999)
    assert (test.p, test.smallest_p, test.draws) == (1 / 1000, 1 / 1000, 999)


@pytest.mark.parametrize("is_paired", [True, False])
def test_drawn_p_values_are_near_those_of_scipy(rng: Rng, is_paired: bool) -> None:
    one, other = rng.normal(0.4, 1, 16), rng.normal(0, 1, 16)
    ours = permutation(one, other, rng, is_paired=is_paired, draws=20_000)
    theirs = stats.permutation_test(
        (one, other) if not is_paired else (one - other,),
        difference_of_means if not is_paired else mean,
        permutation_type="independent" if not is_paired else "samples",
        vectorized=True,
        n_resamples=20_000,
        rng=rng,
    )
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)


@pytest.mark.parametrize("is_paired", [True, False])
def test_the_same_generator_gives_the_same_draws(is_paired: bool) -> None:
    values = np.random.default_rng(1).normal(size=(2, 20))
    first, again, other = (
        permutation(values[0], values[1], np.random.default_rng(seed), is_paired=is_paired, draws=500).p
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_pairs_need_as_many_values_on_both_sides(rng: Rng) -> None:
    with pytest.raises(AnalysisError, match="level has 2 values and baseline 3: pairs need equal numbers"):
        permutation([1, 2], [1, 2, 3], rng, is_paired=True)


def test_something_has_to_be_drawn(rng: Rng) -> None:
    with pytest.raises(AnalysisError, match="draws = 0: must be 1 or more"):
        permutation([1, 2], [1, 2], rng, is_paired=True, draws=0)
    with pytest.raises(AnalysisError, match="resamples = 0: must be 1 or more"):
        bootstrap_mean([1, 2], rng, resamples=0)


def test_the_bootstrap_interval_is_that_of_scipy() -> None:
    values = [20.0, 24.0, 31.0, 58.0, 102.0, 120.0]
    ours = bootstrap_mean(values, np.random.default_rng(5), resamples=2_000)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, rng=np.random.default_rng(6)).confidence_interval
    assert ours.value == np.mean(values)
    assert ours.n == 6
    assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=3)


def test_rows_of_a_run_are_drawn_together(rng: Rng) -> None:
    # Fifty equal rows of each of four runs know no more than four runs do.
    by_run = [0.0, 10.0, 20.0, 30.0]
    rows = np.repeat(by_run, 50)
    together = bootstrap_mean(rows, rng, runs=np.repeat(["a", "b", "c", "d"], 50))
    apart = bootstrap_mean(rows, rng)
    assert (together.value, together.n, apart.n) == (15, 4, 200)
    assert together.low is not None
    assert together.high is not None
    assert apart.low is not None
    assert apart.high is not None
    assert together.high - together.low > 4 * (apart.high - apart.low)
    assert [together.low, together.high] == pytest.approx([5, 25], abs=1.5)


def test_a_run_of_many_rows_weighs_more_than_one_of_few(rng: Rng) -> None:
    assert bootstrap_mean([0, 0, 0, 4], rng, runs=["a", "a", "a", "b"]).value == 1


def test_the_interval_over_rows_is_that_of_the_ratio_of_sums_to_rows() -> None:
    by_run = {"a": [1.0, 2, 3, 4, 5, 6], "b": [20.0], "c": [9.0, 11], "d": [14.0, 3, 1], "e": [30.0]}
    rows = [value for of_run in by_run.values() for value in of_run]
    names = [name for name, of_run in by_run.items() for _ in of_run]
    ours = bootstrap_mean(rows, np.random.default_rng(5), runs=names, resamples=2_000)
    theirs = stats.bootstrap(
        ([sum(of_run) for of_run in by_run.values()], [len(of_run) for of_run in by_run.values()]),
        lambda sums, counts, axis: sums.sum(axis) / counts.sum(axis),
        n_resamples=2_000,
        paired=True,
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert [ours.value, ours.low, ours.high] == pytest.approx([np.mean(rows), theirs.low, theirs.high])


def test_runs_without_a_value_do_not_count(rng: Rng) -> None:
    found = bootstrap_mean([1, None, float("nan"), 3], rng, runs=["a", "a", "b", "c"])
    assert (found.value, found.n) == (2, 2)


def test_the_bootstrap_has_no_interval_where_there_is_none_to_have(rng: Rng) -> None:
    assert bootstrap_mean([], rng) == mean_interval([])
    assert bootstrap_mean([7], rng) == Estimate(value=7, low=None, high=None, n=1)
    assert bootstrap_mean([1, 3], rng, runs=["a", "a"]) == Estimate(value=2, low=None, high=None, n=1)
    assert bootstrap_mean([3, 3], rng) == Estimate(value=3, low=3, high=3, n=2)
    noisy = bootstrap_mean([0.1 + 0.2, 0.3], rng)
    assert noisy.low == noisy.value == noisy.high


def test_every_row_needs_its_run(rng: Rng) -> None:
    with pytest.raises(AnalysisError, match="runs has 1 entries and values 2: must be the same number"):
        bootstrap_mean([1, 2], rng, runs=["a"])


def test_pairs_are_drawn_together(rng: Rng) -> None:
    # Ten points higher in each pair: far apart in the runs, and not at all in the differences.
    baseline = [0.0, 100.0, 200.0]
    paired = bootstrap_difference([10, 110, 210], baseline, rng, is_paired=True)
    unpaired = bootstrap_difference([10, 110, 210], baseline, rng, is_paired=False)
    assert (paired.low, paired.high) == (10, 10)
    assert unpaired.low is not None
    assert unpaired.low < -50


def test_the_bootstrap_of_a_difference_is_that_of_scipy() -> None:
    one, other = [60.0, 80, 95, 100, 120], [20.0, 21, 30, 44, 80]
    ours = bootstrap_difference(one, other, np.random.default_rng(5), is_paired=False)
    theirs = stats.bootstrap(
        (one, other), lambda x, y, axis: x.mean(axis) - y.mean(axis), n_resamples=20_000, rng=np.random.default_rng(6)
    ).confidence_interval
    assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=2)


def test_the_bootstrap_of_a_difference_needs_two_values_on_either_side(rng: Rng) -> None:
    assert bootstrap_difference([1], [1, 2], rng, is_paired=False).reason == "a group has fewer than two values"
    assert bootstrap_difference([1], [2], rng, is_paired=True).reason == "fewer than two pairs"
    alike = bootstrap_difference([2, 2], [1, 1], rng, is_paired=False)
    assert (alike.low, alike.high) == (1, 1)
