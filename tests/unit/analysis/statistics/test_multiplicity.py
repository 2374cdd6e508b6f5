"""Adjusted p values: against enumeration by brute force, one measure alone, and the error over a family of tests."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from govsim.analysis.measures import Floats
from govsim.analysis.statistics.multiplicity import Arrangement, max_t, over_families
from govsim.analysis.statistics.resampling import permutation
from govsim.errors import AnalysisError

Rng = np.random.Generator


def two_groups(level: int, baseline: int) -> Arrangement:
    return Arrangement(
        is_level=np.repeat([True, False], [level, baseline]), blocks=np.zeros(level + baseline, dtype=int)
    )


def t_statistic(column: Floats, chosen: set[int]) -> float:
    """The t statistic of the runs in `chosen` against the others, without runs that lack the measure."""
    one = [value for run, value in enumerate(column) if run in chosen and not np.isnan(value)]
    other = [value for run, value in enumerate(column) if run not in chosen and not np.isnan(value)]
    if not one or not other:
        return 0.0
    difference = abs(np.mean(one) - np.mean(other))
    squares = sum((value - np.mean(group)) ** 2 for group in (one, other) for value in group)
    if squares < 1e-12:
        return float("inf") if difference > 1e-9 else 0.0
    variance = squares / (len(one) + len(other) - 2)
    return float(difference / np.sqrt(variance * (1 / len(one) + 1 / len(other))))


def difference_of_means(one: Floats, other: Floats) -> float:
    return float(np.mean(one) - np.mean(other))


def by_brute_force(values: Floats, n: int) -> list[float]:
    """Step-down max-T as in Westfall and Young (1993, algorithm 4.1), one permutation after the other."""
    runs, measures = values.shape
    permuted = [
        [t_statistic(values[:, measure], set(chosen)) for measure in range(measures)]
        for chosen in combinations(range(runs), n)
    ]
    observed = permuted[0]
    order = sorted(range(measures), key=lambda measure: -observed[measure])
    found, least = [0.0] * measures, 0.0
    for index, measure in enumerate(order):
        as_far = [max(one[other] for other in order[index:]) >= observed[measure] - 1e-9 for one in permuted]
        least = max(least, float(np.mean(as_far)))
        found[measure] = least
    return found


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_step_down_procedure_over_all_permutations(seed: int, rng: Rng) -> None:
    data = np.random.default_rng(seed)
    base = data.normal(size=9)
    values = np.stack([base, base + data.normal(size=9), data.integers(0, 2, 9), data.normal(size=9)], axis=1)
    values[:4, 0] += 1.5
    values[[1, 6], 3] = np.nan
    found = max_t(values, two_groups(4, 5), rng)
    assert found.draws is None
    assert found.p == pytest.approx(by_brute_force(values, 4))


def test_groups_without_variance_that_differ_are_as_far_apart_as_possible(rng: Rng) -> None:
    values = np.array([[1.0, 5], [1, 4], [1, 6], [0, 5], [0, 4], [0, 5.5]])
    found = max_t(values, two_groups(3, 3), rng)
    assert found.p == pytest.approx(by_brute_force(values, 3))
    assert found.p[0] == 2 / 20
    assert max_t(np.ones((6, 1)), two_groups(3, 3), rng).p == (1.0,)


def test_one_run_in_each_group_can_show_nothing(rng: Rng) -> None:
    assert max_t(np.array([[1.0, 2], [3, 2]]), two_groups(1, 1), rng).p == (1.0, 1.0)


@pytest.mark.parametrize(("level", "baseline"), [(5, 5), (3, 6)])
def test_one_measure_alone_has_the_p_value_of_its_permutation_test(level: int, baseline: int, rng: Rng) -> None:
    one, other = rng.normal(0.8, 1, level), rng.normal(0, 1, baseline)
    found = max_t(np.concatenate([one, other])[:, np.newaxis], two_groups(level, baseline), rng)
    assert found.p == pytest.approx((permutation(one, other, rng, is_paired=False).p,))


def test_equal_groups_agree_with_scipy(rng: Rng) -> None:
    one, other = rng.normal(0.8, 1, 5), rng.normal(0, 1, 5)
    scipy = stats.permutation_test((one, other), difference_of_means, n_resamples=10_000)
    assert max_t(np.concatenate([one, other])[:, np.newaxis], two_groups(5, 5), rng).p[0] == pytest.approx(scipy.pvalue)


def test_pairs_are_blocks_of_two_runs(rng: Rng) -> None:
    level, baseline = rng.normal(1, 1, (2, 6))
    arrangement = Arrangement(is_level=np.repeat([True, False], 6), blocks=np.tile(np.arange(6), 2))
    found = max_t(np.concatenate([level, baseline])[:, np.newaxis], arrangement, rng)
    assert arrangement.total == 2**6
    assert found.p == pytest.approx((permutation(level, baseline, rng, is_paired=True).p,))


def test_measures_of_pairs_are_flipped_together(rng: Rng) -> None:
    differences = rng.normal(0.7, 1, (6, 3))
    values = np.concatenate([differences, np.zeros((6, 3))])
    arrangement = Arrangement(is_level=np.repeat([True, False], 6), blocks=np.tile(np.arange(6), 2))
    flipped = np.array(
        [
            np.abs(stats.ttest_1samp(np.array(signs)[:, np.newaxis] * differences, 0).statistic)
            for signs in product([1, -1], repeat=6)
        ]
    )
    order = np.argsort(-flipped[0])
    largest = [flipped[:, order[index:]].max(axis=1) for index in range(3)]
    steps = [(one >= flipped[0, measure] - 1e-9).mean() for one, measure in zip(largest, order, strict=True)]
    expected = np.empty(3)
    expected[order] = np.maximum.accumulate(steps)
    assert max_t(values, arrangement, rng).p == pytest.approx(expected.tolist())


def test_many_runs_are_permuted_at_random_and_say_so(rng: Rng) -> None:
    values = rng.normal(size=(30, 2))
    values[:15, 0] += 3
    found = max_t(values, two_groups(15, 15), rng, draws=999)
    assert found.draws == 999
    assert found.p[0] == 1 / 1000
    with pytest.raises(AnalysisError, match="draws = 0: must be 1 or more"):
        max_t(values, two_groups(15, 15), rng, draws=0)


def test_families_of_one_test_are_adjusted_by_holm() -> None:
    plain = [0.01, 0.04, 0.03, 0.5]
    found = [p for (p,) in over_families([[p] for p in plain])]
    assert found == pytest.approx(multipletests(plain, method="holm")[1].tolist())


def test_tests_are_adjusted_for_families_not_for_all_tests() -> None:
    # Both tests of the first family are rejected at 0.05 / 2, so that the second family is tested at 0.05.
    assert over_families([[0.01, 0.02], [0.03, 0.2]]) == [pytest.approx([0.02, 0.04]), pytest.approx([0.04, 0.2])]
    # The first family is not rejected as a whole: 0.03 stays above 0.05 / 2.
    assert over_families([[0.01, 0.4], [0.03, 0.5]]) == [pytest.approx([0.02, 0.8]), pytest.approx([0.06, 0.8])]
    assert over_families([[0.01, 0.3]]) == [[0.01, 0.3]]
    assert over_families([]) == []


def test_a_family_is_rejected_at_any_level_as_by_the_sequential_procedure(rng: Rng) -> None:
    for _ in range(50):
        families = [list(rng.random(3) ** 4) for _ in range(4)]
        adjusted = over_families(families)
        for level in (0.01, 0.05, 0.2, 0.7):
            assert [[p <= level for p in family] for family in adjusted] == rejected(families, level)


def rejected(families: list[list[float]], level: float) -> list[list[bool]]:
    """Test all families at the level by the number of families of which not every test is rejected, until it stays."""
    complete = 0
    while True:
        tests = [[p <= level / max(1, len(families) - complete) for p in family] for family in families]
        if (count := sum(map(all, tests))) == complete:
            return tests
        complete = count


def test_the_family_wise_error_is_at_most_5_per_cent_for_correlated_measures_of_five_runs() -> None:
    """Three conditions with the same baseline; in the last of them only the last measure does not differ."""
    data, errors, simulations = np.random.default_rng(11), 0, 600

    def group() -> Floats:
        months = np.minimum(data.geometric(0.2, 5), 12).astype(float)
        gain = 10 * months + data.normal(0, 3, 5)
        equality = np.where(data.random(5) < 0.1, np.nan, data.normal(0.8, 0.1, 5))
        return np.stack([months, months == 12, gain, gain / 120, equality], axis=1)

    arrangement = two_groups(5, 5)
    for _ in range(simulations):
        baseline, families = group(), []
        for index in range(3):
            level = group() + (np.array([50.0, 50, 5000, 50, 0]) if index == 2 else 0.0)
            families.append(max_t(np.concatenate([level, baseline]), arrangement, data).p)
        first, second, third = over_families(families)
        errors += min(*first, *second, third[4]) <= 0.05
        assert max(third[:4]) <= 0.05, "differences that separate the groups are found"
    assert errors / simulations <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / simulations)
