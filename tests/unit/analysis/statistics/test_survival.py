"""Survival analysis, against textbooks, figures worked out by hand or by brute force, and statsmodels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from govsim.analysis import Estimate
from govsim.analysis.intervals import bounded_limits
from govsim.analysis.statistics.comparison_results import Omission
from govsim.analysis.statistics.survival import (
    Lifetimes,
    lifetimes_of,
    log_rank,
    log_rank_permutation,
    restricted_mean,
    restricted_mean_difference,
    survival_curve,
)
from govsim.errors import AnalysisError

MakeRuns = Callable[..., pd.DataFrame]
Rng = np.random.Generator


def lives(*months: int, censored: Sequence[int] = (), horizon: int = 12) -> Lifetimes:
    """Runs that collapsed in some months, and runs that were censored at others."""
    ends = (True,) * len(months) + (False,) * len(censored)
    return Lifetimes(months=(*months, *censored), has_collapsed=ends, horizon=horizon)


MIXED = lives(1, 3, 3, 12, censored=[5, 12])
"""At risk 6, 5, 5, 3, 2: the curve is 5/6, 1/2, 1/2, 1/4."""


DRUG = lives(6, 6, 6, 7, 10, 13, 16, 22, 23, censored=[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], horizon=36)
PLACEBO = lives(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23, horizon=36)
"""Weeks of remission with 6-mercaptopurine and with a placebo (Freireich and others 1963, in most textbooks)."""

SAMPLES = range(60)


def sample(seed: int) -> Lifetimes:
    """Runs with many ties; none, some or all of them censored, of a single run upwards."""
    rng = np.random.default_rng(seed)
    months = rng.integers(1, (3, 13, 40)[seed % 3], 1 if seed % 7 == 0 else int(rng.integers(2, 30)))
    ends = rng.random(len(months)) < (0.0, 0.1, 0.6, 1.0)[seed % 4]
    if seed % 5 == 0:
        months[:] = months[0]
    return Lifetimes(months=tuple(months.tolist()), has_collapsed=tuple(ends.tolist()), horizon=12)


def at_risk_and_collapsed(lifetimes: Lifetimes, month: int) -> tuple[int, int]:
    pairs = list(zip(lifetimes.months, lifetimes.has_collapsed, strict=True))
    return sum(m >= month for m, _ in pairs), sum(m == month and end for m, end in pairs)


def survival_by_hand(lifetimes: Lifetimes, month: int) -> Fraction:
    """The product of the shares that survive each month, exactly."""
    share = Fraction(1)
    for each in range(1, month + 1):
        at_risk, collapsed = at_risk_and_collapsed(lifetimes, each)
        share *= 1 - Fraction(collapsed, at_risk or 1)
    return share


def test_the_curve_is_that_of_the_textbooks() -> None:
    curve = survival_curve(DRUG)
    found = {step.month: round(step.survival, 3) for step in curve.steps if step.collapsed}
    assert found == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert (curve.median, survival_curve(PLACEBO).median) == (23, 8)


@pytest.mark.parametrize("seed", SAMPLES)
def test_the_curve_and_its_band_are_those_worked_out_exactly(seed: int) -> None:
    lifetimes = sample(seed)
    for step in survival_curve(lifetimes).steps[1:]:
        survival = float(survival_by_hand(lifetimes, step.month))
        assert step.survival == pytest.approx(survival, rel=1e-12, abs=1e-12)
        assert (step.at_risk, step.collapsed) == at_risk_and_collapsed(lifetimes, step.month)
        if not 0 < survival < 1:
            assert (step.low, step.high) == (None, None)
            continue
        counts = (at_risk_and_collapsed(lifetimes, month) for month in range(1, step.month + 1))
        variance = sum(collapsed / (at_risk * (at_risk - collapsed)) for at_risk, collapsed in counts if collapsed)
        half = stats.norm.ppf(0.975) * sqrt(variance) / abs(log(survival))
        band = [survival ** exp(half), survival ** exp(-half)]
        assert [step.low, step.high] == pytest.approx(band, rel=1e-12, abs=1e-12)


def test_the_log_rank_test_is_that_of_the_textbooks() -> None:
    test = log_rank({"drug": DRUG, "placebo": PLACEBO})
    assert test.value == pytest.approx(16.79, abs=0.005)
    assert test.p == pytest.approx(4.17e-5, abs=5e-8)


@pytest.mark.parametrize("seed", SAMPLES)
def test_the_log_rank_test_is_that_of_the_hypergeometric_distribution(seed: int) -> None:
    groups = [sample(1000 + 10 * seed + number) for number in range(2 + seed % 4)]
    test = log_rank({str(number): group for number, group in enumerate(groups)})
    excess, variance = np.zeros(len(groups)), np.zeros((len(groups), len(groups)))
    for month in range(1, 41):
        at_risk, collapsed = np.array([at_risk_and_collapsed(group, month) for group in groups], dtype=float).T
        n, d = at_risk.sum(), collapsed.sum()
        if d and n > 1:
            shares = at_risk / n
            excess += collapsed - d * shares
            variance += d * (n - d) / (n - 1) * (np.diag(shares) - np.outer(shares, shares))
    if test.value is None or test.p is None:
        assert not variance.any()
    else:
        statistic = excess @ np.linalg.pinv(variance) @ excess
        assert test.degrees is not None
        assert test.value == pytest.approx(statistic, rel=1e-9, abs=1e-12)
        assert test.p == pytest.approx(stats.chi2.sf(statistic, test.degrees), rel=1e-9)
        assert test.degrees == np.linalg.matrix_rank(variance)


def test_a_p_value_of_a_log_rank_test_is_never_zero() -> None:
    found = log_rank({"one": lives(*[1] * 300), "other": lives(*[12] * 300)})
    assert found.p is not None
    assert 0 < found.p < 1e-100


def test_the_curve_falls_by_the_share_of_those_at_risk() -> None:
    curve = survival_curve(MIXED)
    assert [step.month for step in curve.steps] == [0, 1, 3, 5, 12]
    assert [step.survival for step in curve.steps] == pytest.approx([1, 5 / 6, 5 / 6 * 3 / 5, 1 / 2, 1 / 4])
    assert [step.at_risk for step in curve.steps] == [6, 6, 5, 3, 2]
    assert [step.collapsed for step in curve.steps] == [0, 1, 2, 0, 1]
    assert [step.censored for step in curve.steps] == [0, 0, 0, 1, 1]
    assert (curve.n, curve.collapses, curve.median) == (6, 4, 3)


def test_the_band_is_greenwoods_on_the_scale_of_log_minus_log() -> None:
    step = survival_curve(MIXED).steps[2]
    variance = 1 / (6 * 5) + 2 / (5 * 3)
    half = 1.959964 * sqrt(variance) / abs(log(0.5))
    assert step.low == pytest.approx(0.5 ** exp(half), abs=1e-5)
    assert step.high == pytest.approx(0.5 ** exp(-half), abs=1e-5)


def test_the_curve_is_that_of_statsmodels() -> None:
    theirs = SurvfuncRight(MIXED.months, [int(end) for end in MIXED.has_collapsed])
    ours = {step.month: step.survival for step in survival_curve(MIXED).steps}
    assert [ours[int(month)] for month in theirs.surv_times] == pytest.approx(theirs.surv_prob.tolist())


def test_there_is_no_band_before_the_first_collapse_nor_without_runs_at_risk() -> None:
    for lifetimes in (lives(1, 1, 1), lives(censored=[12, 12]), lives(4)):
        assert [(step.low, step.high) for step in survival_curve(lifetimes).steps] == [(None, None)] * 2
    first, second, last = survival_curve(lives(1, 2)).steps
    assert first.low is last.low is None
    assert second.low is not None


def test_all_collapsed_and_all_censored_have_their_curves() -> None:
    gone, alive = survival_curve(lives(1, 1, 1)), survival_curve(lives(censored=[12, 12]))
    assert ([step.survival for step in gone.steps], gone.median, gone.collapses) == ([1, 0], 1, 3)
    assert ([step.survival for step in alive.steps], alive.median, alive.collapses) == ([1, 1], None, 0)


def test_without_runs_there_is_no_curve() -> None:
    curve = survival_curve(lives())
    assert (curve.steps, curve.n, curve.median) == ((), 0, None)
    assert curve.frame().empty


def test_a_curve_is_a_frame_with_its_steps_as_rows() -> None:
    frame = survival_curve(MIXED).frame()
    assert list(frame.columns) == ["month", "at_risk", "collapsed", "censored", "survival", "low", "high"]
    assert frame["survival"].tolist() == pytest.approx([1, 5 / 6, 1 / 2, 1 / 2, 1 / 4])
    assert frame["low"].isna().tolist() == [True, False, False, False, False]


def test_lifetimes_come_from_the_frame_of_runs(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [
            make_runs("default", [20, 100], collapses=[2, 0]),
            make_runs("default", [None], status="failed", months=7, observed_months=7, seeds=[5]),
            make_runs("default", [None], status="running", months=0, observed_months=0, seeds=[6]),
        ]
    )
    found = lifetimes_of(runs)
    assert (found.months, found.has_collapsed) == ((2, 12, 7), (True, False, False))
    assert (found.n, found.collapses, found.horizon) == (3, 1, 12)
    assert found.excluded == (Omission(reason="without a whole month", runs=1),)


def test_a_landmark_leaves_out_who_did_not_come_so_far(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [
            make_runs("newcomer", [1, 2, 3, 4], collapses=[3, 4, 9, 0], months_planned=15),
            make_runs("newcomer", [None], status="failed", months=3, observed_months=3, months_planned=15),
        ]
    )
    found = lifetimes_of(runs, from_month=4)
    assert (found.months, found.has_collapsed, found.horizon) == ((1, 6, 12), (True, True, False), 12)
    assert {(one.reason, one.runs) for one in found.excluded} == {
        ("collapsed before month 4", 1),
        ("without a whole month", 1),
    }


def test_the_horizon_is_the_smallest_planned_number_of_months(make_runs: MakeRuns) -> None:
    runs = pd.concat([make_runs("a", [1], months_planned=15), make_runs("b", [1])])
    assert lifetimes_of(runs).horizon == 12
    assert lifetimes_of(runs.iloc[:0]).horizon == 0


def test_a_frame_without_observed_months_is_rejected(make_runs: MakeRuns) -> None:
    with pytest.raises(AnalysisError, match="no column observed_months; a frame of runs has"):
        lifetimes_of(make_runs("a", [1]).drop(columns="observed_months"))
    with pytest.raises(AnalysisError, match="from_month = 0: must be a whole number, 1"):
        lifetimes_of(make_runs("a", [1]), from_month=0)


def test_lifetimes_are_whole_months_one_for_each_claim() -> None:
    with pytest.raises(AnalysisError, match="months = 0: must be 1 or more"):
        lives(0, 1)
    with pytest.raises(AnalysisError, match="2 months and 1 booleans: must be the same number"):
        Lifetimes(months=(1, 2), has_collapsed=(True,), horizon=12)


def test_the_log_rank_statistic_is_that_worked_out_by_hand() -> None:
    # Months 1 (2 at risk in each), 2 (1 and 2), 3 (0 and 2): expected 1/2 + 1/3, variance 1/4 + 2/9.
    test = log_rank({"one": lives(1, 2), "other": lives(3, censored=[4])})
    statistic = (2 - 5 / 6) ** 2 / (1 / 4 + 2 / 9)
    assert test.value == pytest.approx(statistic)
    assert test.p == pytest.approx(stats.chi2.sf(statistic, 1))
    assert test.degrees == 1


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_the_log_rank_test_is_that_of_statsmodels(rng: Rng, groups: int) -> None:
    by_name = {str(k): lives(*rng.integers(1, 12, 6).tolist(), censored=[12, 5]) for k in range(groups)}
    months = np.concatenate([group.months for group in by_name.values()])
    ends = np.concatenate([group.has_collapsed for group in by_name.values()]).astype(int)
    statistic, p = survdiff(months, ends, np.repeat(list(by_name), 8))
    test = log_rank(by_name)
    assert [test.value, test.p] == pytest.approx([statistic, p])
    assert test.degrees == groups - 1


def test_a_group_that_was_gone_before_the_first_collapse_takes_no_degree() -> None:
    two = {"one": lives(2, 3), "other": lives(4, 5)}
    with_third = {**two, "third": lives(censored=[1, 1]), "empty": lives()}
    assert log_rank(with_third) == log_rank(two)
    assert log_rank(two).degrees == 1


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ((lives(censored=[12, 12]), lives(censored=[12])), "no run collapsed"),
        ((lives(1, 1), lives()), "no run collapsed while runs of two groups"),
        ((lives(1, 1), lives(1, 1, 1)), "every collapse included all runs at risk"),
        ((lives(3, 4), lives(censored=[1])), "no run collapsed while runs of two groups"),
        ((lives(1, 4, 5), lives(1, censored=[1])), None),
        ((), "no run collapsed"),
        ((lives(1, 2),), "no run collapsed while"),
    ],
)
def test_a_log_rank_test_without_events_has_a_reason(groups: tuple[Lifetimes, ...], reason: str | None) -> None:
    test = log_rank({str(number): group for number, group in enumerate(groups)})
    if reason is None:
        assert test.p is not None
    else:
        assert (test.p, test.value) == (None, None)
        assert test.reason is not None
        assert test.reason.startswith(reason)


def test_the_rearranged_log_rank_test_looks_at_all_ways_to_deal_the_runs(rng: Rng) -> None:
    # Two that collapse at once against two that survive: of the six ways to deal them two are as far apart.
    test = log_rank_permutation(lives(1, 1), lives(censored=[12, 12]), rng)
    assert [test.p, test.smallest_p] == pytest.approx([2 / 6, 2 / 6])
    assert test.draws is None


def test_log_rank_scores_add_up_to_observed_less_expected(rng: Rng) -> None:
    one, other = lives(*rng.integers(1, 12, 6).tolist(), censored=[12]), lives(*rng.integers(1, 9, 6).tolist())
    months, ends = np.array([*one.months, *other.months]), np.array([*one.has_collapsed, *other.has_collapsed])
    observed_less_expected = 0.0
    for month in np.unique(months[ends]):
        at_risk, here = (months >= month).sum(), (months[: one.n] >= month).sum()
        collapsed = ((months == month) & ends).sum()
        observed_less_expected += ((months == month) & ends)[: one.n].sum() - collapsed * here / at_risk
    from govsim.analysis.statistics.survival import _hazard

    scores = ends - _hazard(months.astype(float), ends)
    assert scores.sum() == pytest.approx(0)
    assert scores[: one.n].sum() == pytest.approx(observed_less_expected)


def test_without_a_collapse_nothing_is_rearranged(rng: Rng) -> None:
    assert log_rank_permutation(lives(censored=[12]), lives(censored=[12]), rng).p is None
    assert log_rank_permutation(lives(1), lives(), rng).p is None
    assert log_rank_permutation(lives(1, 1), lives(1, 1), rng).p == 1


def test_the_restricted_mean_is_the_mean_where_no_run_was_censored_before() -> None:
    found = restricted_mean(lives(1, 3, 3, 7, 12, censored=[12, 12]))
    months = [1, 3, 3, 7, 12, 12, 12]
    assert found.value == pytest.approx(np.mean(months))
    assert [found.low, found.high] == pytest.approx(bounded_limits(months, 1, 12))


@pytest.mark.parametrize("horizon", [3, 7, 12])
def test_the_restricted_mean_is_the_area_below_the_curve(horizon: int) -> None:
    for lifetimes in (MIXED, *(sample(seed) for seed in SAMPLES)):
        if (found := restricted_mean(lifetimes, horizon).value) is not None:
            area = sum(survival_by_hand(lifetimes, month) for month in range(horizon))
            assert found == pytest.approx(float(area), rel=1e-12)


def test_censored_runs_count_for_their_months_below_and_for_all_months_above() -> None:
    found = restricted_mean(lives(1, 3, censored=[2, 12]))
    assert found.low == pytest.approx(bounded_limits([1, 3, 2, 12], 1, 12)[0])
    assert found.high == pytest.approx(bounded_limits([1, 3, 12, 12], 1, 12)[1])


def test_the_interval_of_a_restricted_mean_stays_within_the_months() -> None:
    late, early = restricted_mean(lives(2, censored=[12, 12])), restricted_mean(lives(1, 12, horizon=12))
    assert late.value is not None
    assert late.high is not None
    assert late.value < late.high < 12
    assert early.low is not None
    assert early.low > 0


def test_all_collapsed_at_once_or_all_survived_agree_on_their_mean() -> None:
    early, late = restricted_mean(lives(1, 1, 1, horizon=12)), restricted_mean(lives(censored=[12, 12]))
    # Three of three and two of two: the limits of Clopper and Pearson.
    assert (early.value, early.low, late.value, late.high) == (1, 1, 12, 12)
    assert early.high == pytest.approx(12 - 11 * 0.025 ** (1 / 3))
    assert late.low == pytest.approx(1 + 11 * 0.025 ** (1 / 2))


def test_a_mean_beyond_the_observed_months_is_undefined() -> None:
    stopped = lives(2, censored=[5, 5])
    assert restricted_mean(stopped) == Estimate(value=None, low=None, high=None, n=3)
    assert restricted_mean(stopped, 5).value == pytest.approx(2 + 3 * 2 / 3)
    assert restricted_mean(lives(2, 5)).value == 3.5  # all have collapsed: what follows is known
    assert restricted_mean(lives()) == Estimate(value=None, low=None, high=None, n=0)


def test_a_single_run_has_a_mean_without_an_interval() -> None:
    assert restricted_mean(lives(4)) == Estimate(value=4, low=None, high=None, n=1)


def test_a_horizon_is_a_month_at_least() -> None:
    with pytest.raises(AnalysisError, match="horizon = 0: must be 1 month or more"):
        restricted_mean(lives(4), 0)


def test_the_limits_of_a_difference_of_restricted_means_are_squared_and_added() -> None:
    one, other = lives(1, 3, 3, censored=[12, 12]), MIXED
    found = restricted_mean_difference(one, other, 12)
    means = [restricted_mean(side, 12) for side in (one, other)]
    assert means[0].value is not None
    assert means[1].value is not None
    assert means[0].low is not None
    assert means[1].low is not None
    assert means[0].high is not None
    assert means[1].high is not None
    difference = means[0].value - means[1].value
    below = sqrt((means[0].value - means[0].low) ** 2 + (means[1].high - means[1].value) ** 2)
    above = sqrt((means[0].high - means[0].value) ** 2 + (means[1].value - means[1].low) ** 2)
    assert [found.low, found.high] == pytest.approx([difference - below, difference + above])


def test_an_undefined_difference_of_restricted_means_has_a_reason() -> None:
    assert restricted_mean_difference(lives(1), MIXED, 12).reason == "a group has fewer than two runs"
    stopped = lives(1, censored=[3])
    assert restricted_mean_difference(stopped, MIXED, 12).reason == "a group has no run that was observed for 12 months"
    assert restricted_mean_difference(stopped, MIXED, 3).reason is None
