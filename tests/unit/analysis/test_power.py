"""Power by simulation, against exact enumeration, scipy and the tests of comparisons."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact, permutation_test

from govsim.analysis.power import (
    ALPHA,
    HazardModel,
    Outcomes,
    PilotModel,
    PlannedDesign,
    adjusted_p,
    differences_for_significance,
    hazard_of,
    log_rank_scores,
    mean_lifetime,
    paired_p,
    power,
    runs_for_significance,
    runs_needed,
    smallest_p,
    unpaired_p,
)
from govsim.analysis.statistics.multiplicity import holm
from govsim.analysis.statistics.resampling import permutation
from govsim.analysis.statistics.survival import Lifetimes, log_rank_permutation
from govsim.errors import AnalysisError

DESIGNS: tuple[PlannedDesign, ...] = ("unpaired", "paired")

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("runs", "design", "expected"),
    [
        (5, "unpaired", 2 / 252),
        (5, "paired", 0.0625),
        (3, "unpaired", 0.1),
        (6, "paired", 1 / 32),
        (1, "unpaired", 1.0),
        (1, "paired", 1.0),
    ],
)
def test_the_smallest_p_is_that_of_complete_separation(runs: int, design: PlannedDesign, expected: float) -> None:
    found = permutation(range(10, 10 + runs), [0.0] * runs, RNG, is_paired=design == "paired")
    assert smallest_p(runs, design) == pytest.approx(expected)
    assert found.p == pytest.approx(expected)
    assert found.smallest_p == pytest.approx(expected)


@pytest.mark.parametrize("design", ["unpaired", "paired"])
def test_random_permutations_limit_the_smallest_p(design: PlannedDesign) -> None:
    found = permutation(range(10, 50), [0.0] * 40, RNG, is_paired=design == "paired")
    assert smallest_p(40, design) == found.smallest_p == pytest.approx(1e-4)
    assert runs_for_significance(501, design) is None
    assert runs_for_significance(499, design) is not None


@pytest.mark.parametrize("design", ["unpaired", "paired"])
@pytest.mark.parametrize("comparisons", [1, 18, 108])
def test_the_runs_for_significance_are_the_fewest(comparisons: int, design: PlannedDesign) -> None:
    runs = runs_for_significance(comparisons, design)
    assert runs is not None
    others = [1.0] * (comparisons - 1)
    assert (holm([smallest_p(runs, design), *others])[0] or 0) <= ALPHA
    assert (holm([smallest_p(runs - 1, design), *others])[0] or 0) > ALPHA


def test_the_adjusted_p_of_the_campaign_of_the_paper() -> None:
    assert adjusted_p(smallest_p(5, "unpaired"), 108) == pytest.approx(108 * 2 / 252)
    assert runs_for_significance(108, "unpaired") == 8
    assert comb(16, 8) >= 108 * 2 / ALPHA > comb(14, 7)
    assert differences_for_significance(5, "unpaired") == 6
    assert differences_for_significance(5, "paired") == 0
    assert differences_for_significance(6, "paired") == 1


@pytest.mark.parametrize("mean", [1.0, 1.5, 4.0, 6.5, 11.9, 12.0])
def test_a_hazard_gives_its_expected_survival_time(mean: float) -> None:
    hazard = hazard_of(mean, 12)
    by_month = [(month, (1 - hazard) ** (month - 1) * hazard) for month in range(1, 13)]
    expected = sum(month * share for month, share in by_month) + 12 * (1 - hazard) ** 12
    assert expected == pytest.approx(mean)
    assert mean_lifetime(hazard, 12) == pytest.approx(mean)
    model = HazardModel(hazards=(hazard, hazard), months=12)
    drawn, _ = model.draw(50, "unpaired", 2_000, np.random.default_rng(1))
    assert drawn.values.mean() == pytest.approx(mean, abs=0.06)
    assert drawn.values.max() <= 12


@pytest.mark.parametrize("mean", [0.5, 12.5])
def test_an_impossible_survival_time_is_rejected(mean: float) -> None:
    with pytest.raises(AnalysisError, match=f"expected survival time = {mean:g} months: must be between 1 and 12"):
        hazard_of(mean, 12)


def test_simulated_log_rank_tests_are_those_of_comparisons() -> None:
    model = HazardModel(hazards=(0.1, 0.4), months=12)
    level, baseline = model.draw(5, "unpaired", 30, np.random.default_rng(2))
    found = unpaired_p(level, baseline)
    for index, p in enumerate(found):
        sides = [
            Lifetimes(
                months=tuple(map(int, side.values[index])),
                has_collapsed=tuple(map(bool, side.has_collapsed[index])),
                horizon=12,
            )
            for side in (level, baseline)
            if side.has_collapsed is not None
        ]
        assert p == pytest.approx(log_rank_permutation(sides[0], sides[1], RNG).p)
    assert len(set(found)) > 5


def test_log_rank_scores_by_hand() -> None:
    months, ends = np.array([[1.0, 2.0, 2.0, 3.0]]), np.array([[True, True, False, False]])
    assert log_rank_scores(months, ends)[0] == pytest.approx([1 - 1 / 4, 1 - 1 / 4 - 1 / 3, -7 / 12, -7 / 12])


def test_simulated_tests_of_means_are_those_of_scipy() -> None:
    rng = np.random.default_rng(3)
    level, baseline = rng.normal(1, 1, (10, 5)), rng.normal(0, 1, (10, 5))
    unpaired, paired = unpaired_p(Outcomes(values=level), Outcomes(values=baseline)), paired_p(level - baseline)

    def difference(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(one.mean(axis=axis) - other.mean(axis=axis))

    for index in range(10):
        data = (level[index], baseline[index])
        assert unpaired[index] == pytest.approx(permutation_test(data, difference, vectorized=True).pvalue)
        expected = permutation_test(data, difference, permutation_type="samples", vectorized=True).pvalue
        assert paired[index] == pytest.approx(expected)


@pytest.mark.parametrize("runs", [9, 15])
def test_the_normal_approximation_is_close_to_random_permutations(runs: int) -> None:
    rng = np.random.default_rng(4)
    level, baseline = rng.normal(0.8, 1, (8, runs)), rng.normal(0, 1, (8, runs))
    unpaired, paired = unpaired_p(Outcomes(values=level), Outcomes(values=baseline)), paired_p(level - baseline)
    for index in range(8):
        for found, is_paired in ((unpaired[index], False), (paired[index], True)):
            expected = permutation(level[index], baseline[index], rng, is_paired=is_paired).p
            assert found == pytest.approx(expected, abs=0.03)


def test_runs_without_spread_are_never_significant() -> None:
    same = Outcomes(values=np.ones((1, 5)), has_collapsed=np.ones((1, 5), dtype=bool))
    many = Outcomes(values=np.ones((1, 20)))
    assert unpaired_p(same, same) == [1.0]
    assert unpaired_p(many, many) == [1.0]
    assert paired_p(np.zeros((1, 20))) == [1.0]


def test_the_power_of_survival_rates_is_that_of_exact_enumeration() -> None:
    """Every outcome of 5 and 5 runs, with its probability and Fisher's exact test."""
    model = HazardModel(hazards=(0.01, 0.3), months=12, is_rate=True)
    level, baseline = model.means()
    exact = sum(
        float(binom.pmf(one, 5, level) * binom.pmf(other, 5, baseline))
        for one, other in product(range(6), repeat=2)
        if float(fisher_exact(np.array([[one, 5 - one], [other, 5 - other]])).pvalue) <= ALPHA
    )
    assert 0.5 < exact < 0.95
    assert power(model, 5, "unpaired", np.random.default_rng(0), simulations=20_000) == pytest.approx(exact, abs=0.01)


def test_the_power_of_pairs_is_that_of_exact_enumeration() -> None:
    """Six pairs of survival times of 1 or 12 months: significant if all six differ in the same direction."""
    model = PilotModel(
        level=(12.0, 12.0, 12.0, 1.0), baseline=(1.0, 1.0, 1.0, 1.0), pairs=((0, 0), (1, 1), (2, 2), (3, 3))
    )
    exact = 0.75**6
    assert power(model, 6, "paired", np.random.default_rng(0), simulations=20_000) == pytest.approx(exact, abs=0.01)


def test_the_level_of_the_test_is_kept() -> None:
    same = HazardModel(hazards=(0.2, 0.2), months=12)
    for design, runs in product(DESIGNS, (5, 8, 12)):
        assert power(same, runs, design, np.random.default_rng(5), simulations=4_000) <= ALPHA + 0.012


def test_the_runs_needed_have_the_power_and_one_less_does_not() -> None:
    model = HazardModel(hazards=(hazard_of(9, 12), hazard_of(4, 12)), months=12)
    runs = runs_needed(model, "unpaired", 0, simulations=4_000)
    assert runs is not None
    assert power(model, runs, "unpaired", np.random.default_rng(9), simulations=8_000) > 0.77
    assert power(model, runs - 1, "unpaired", np.random.default_rng(9), simulations=8_000) < 0.83
    assert runs_needed(model, "unpaired", 0, alpha=ALPHA / 108) > runs  # type: ignore[operator]


def test_without_an_effect_no_number_of_runs_suffices() -> None:
    same = HazardModel(hazards=(0.2, 0.2), months=12)
    assert runs_needed(same, "unpaired", 0, simulations=200) is None


def test_pairs_of_correlated_runs_need_fewer_runs() -> None:
    baseline = tuple(map(float, (1, 3, 5, 7, 9, 11)))
    level = tuple(value + 1 for value in baseline)
    model = PilotModel(level=level, baseline=baseline, pairs=tuple((index, index) for index in range(6)))
    assert model.correlation == pytest.approx(1)
    paired, unpaired = (runs_needed(model, design, 0, simulations=500) for design in ("paired", "unpaired"))
    assert paired == 6
    assert unpaired is None or unpaired > 20


def test_a_correlation_needs_three_pairs_with_spread() -> None:
    pairs = ((0, 0), (1, 1), (2, 2))
    assert PilotModel(level=(1, 2, 3), baseline=(1, 1, 1), pairs=pairs).correlation is None
    assert PilotModel(level=(1, 2), baseline=(2, 4), pairs=pairs[:2]).correlation is None
