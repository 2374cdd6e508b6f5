"""Comparing conditions: who is paired with whom, exclusions, and what every measure is compared by."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from govsim.analysis.cells import SOME_IDENTICAL
from govsim.analysis.columns import typed_frame
from govsim.analysis.figures.panels import panels_of
from govsim.analysis.frames import runs_layout
from govsim.analysis.intervals import bounded_limits
from govsim.analysis.measures import all_measures
from govsim.analysis.statistics.baselines import NoBaseline, baseline_of, required_baseline
from govsim.analysis.statistics.comparison import compare, compare_measures, comparisons_frame
from govsim.analysis.statistics.comparison_results import Comparison, Omission
from govsim.analysis.statistics.effects import hedges_g, paired_hedges_g, paired_interval, welch_interval
from govsim.analysis.statistics.rates import fisher, mcnemar
from govsim.analysis.statistics.resampling import permutation
from govsim.analysis.statistics.sides import shared_by, with_setups
from govsim.analysis.statistics.survival import lifetimes_of, log_rank
from govsim.errors import AnalysisError

MakeRuns = Callable[..., pd.DataFrame]
Rng = np.random.Generator

KINDS = sorted({measure.kind for measure in all_measures()})
MEASURES = [
    pytest.param(one.name, marks=[pytest.mark.slow] if place >= 2 else [])
    for kind in KINDS
    for place, one in enumerate(one for one in all_measures() if one.kind == kind)
]
"""All measures; usually two of each kind are compared, as comparisons treat those of one kind alike."""
MEANS = [measure.name for measure in all_measures() if measure.kind in ("amount", "share")]

LOW = [20.0, 21.0, 30.0, 44.0, 52.0]
HIGH = [60.0, 101.0, 95.0, 100.0, 120.0]


def one_of(runs: pd.DataFrame, measure: str = "gain", **options: Any) -> Comparison:
    options = {"by": "condition", "baseline": "default", "rng": np.random.default_rng(0), **options}
    (comparison,) = compare(runs, measure=measure, **options)
    return comparison


def compare_all(runs: pd.DataFrame, **options: Any) -> tuple[Comparison, ...]:
    asked = {"by": "condition", "baseline": "default", "measure": "gain", "rng": np.random.default_rng(0), **options}
    return compare(runs, **asked)


@pytest.fixture
def two(make_runs: MakeRuns) -> pd.DataFrame:
    """Five runs of either condition, with the same seeds."""
    collapses = [1, 2, 2, 4, 0]
    return pd.concat([make_runs("default", LOW, collapses=collapses), make_runs("hint", HIGH, collapses=[0] * 5)])


def test_runs_of_the_same_seed_are_pairs(two: pd.DataFrame, rng: Rng) -> None:
    found = one_of(two.sample(frac=1, random_state=3), design="paired")
    assert (found.design, found.pairs, found.level.n, found.baseline.n) == ("paired", 5, 5, 5)
    assert found.difference == pytest.approx(np.mean(HIGH) - np.mean(LOW))
    student, resampled = found.intervals
    expected = paired_interval(HIGH, LOW)
    assert [student.low, student.high] == pytest.approx([expected.low, expected.high])
    assert resampled.method == "bootstrap"
    assert found.tests[0].p == permutation(HIGH, LOW, rng, is_paired=True).p == 2 / 32
    assert found.effects[0].method == "rank-biserial"
    assert found.effects[1].value == pytest.approx(paired_hedges_g(HIGH, LOW).value)


def test_sides_with_other_seeds_are_not_paired(make_runs: MakeRuns, rng: Rng) -> None:
    found = one_of(pd.concat([make_runs("default", LOW), make_runs("hint", HIGH, seeds=range(100, 105))]))
    assert (found.design, found.pairs) == ("unpaired", None)
    assert found.intervals[0] == welch_interval(HIGH, LOW)
    assert found.tests[0].p == permutation(HIGH, LOW, rng, is_paired=False).p == 2 / 252
    assert (found.effects[0].method, found.effects[0].value) == ("Cliff's delta", 1)
    assert found.effects[1] == hedges_g(HIGH, LOW)
    assert found.level.excluded == ()


def test_runs_without_a_partner_are_excluded_from_pairs_only(make_runs: MakeRuns) -> None:
    half = make_runs("hint", HIGH[:4], seeds=[2, 3, 4, 5])
    runs = pd.concat([make_runs("default", LOW[:4]), half])
    paired, unpaired = one_of(runs, design="paired"), one_of(runs)
    assert (paired.design, paired.pairs) == ("paired", 2)
    assert paired.level.excluded == paired.baseline.excluded
    assert paired.level.excluded == (Omission(reason="without a partner of the same seed", runs=2),)
    assert paired.difference == pytest.approx(np.mean(HIGH[:2]) - np.mean(LOW[2:4]))
    assert (unpaired.design, unpaired.level.n) == ("unpaired", 4)


def test_the_design_can_be_chosen(two: pd.DataFrame, make_runs: MakeRuns) -> None:
    assert one_of(two).intervals[0].method == one_of(two, design="unpaired").intervals[0].method == "Welch's t"
    apart = pd.concat([make_runs("default", LOW), make_runs("hint", HIGH, seeds=range(100, 105))])
    forced = one_of(apart, design="paired")
    assert (forced.design, forced.pairs, forced.difference) == ("paired", 0, None)
    assert forced.level.excluded == (Omission(reason="without a partner of the same seed", runs=5),)


def test_a_seed_that_occurs_twice_on_a_side_has_no_partner(make_runs: MakeRuns) -> None:
    twice = make_runs("hint", HIGH, seeds=[0, 1, 2, 3, 3])
    found = one_of(pd.concat([make_runs("default", LOW), twice]), design="paired")
    assert (found.design, found.pairs) == ("paired", 3)
    assert found.level.excluded == (Omission(reason="without a partner of the same seed", runs=2),)


def test_excluded_runs_are_counted_with_their_reason(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [
            make_runs("default", LOW),
            make_runs("hint", [60, 70, None]),
            make_runs("hint", [None], status="failed", months=3, seeds=[3]),
            make_runs("hint", [None], status="over-budget", months=3, seeds=[4]),
        ]
    )
    found = one_of(runs)
    assert (found.level.runs, found.level.n, found.pairs) == (5, 2, None)
    assert found.level.excluded == (
        Omission(reason="failed", runs=1),
        Omission(reason="over-budget", runs=1),
        Omission(reason="with an undefined measure", runs=1),
    )
    paired = one_of(runs, design="paired")
    assert paired.baseline.excluded == (Omission(reason="without a partner of the same seed", runs=3),)
    assert paired.pairs == 2


@pytest.mark.parametrize("measure", [*MEANS, "survival_rate"])
def test_every_run_is_used_or_excluded(make_runs: MakeRuns, measure: str) -> None:
    runs = pd.concat(
        [
            make_runs("default", LOW, collapses=[1, 2, 3, 0, 0], efficiency=0.5),
            make_runs("hint", [*HIGH, None], seeds=[1, 2, 3, 9, 9, 10]),
            make_runs("hint", [None], status="cancelled", months=3, seeds=[4]),
        ]
    )
    found = one_of(runs, measure)
    for side in (found.level, found.baseline):
        assert side.runs == side.n + sum(omission.runs for omission in side.excluded)


def test_survival_rates_are_compared_by_gaffke_and_an_exact_test(two: pd.DataFrame) -> None:
    paired, unpaired = one_of(two, "survival_rate", design="paired"), one_of(two, "survival_rate")
    level, baseline = [True] * 5, [False] * 4 + [True]
    assert (paired.difference, paired.level.estimate.value) == (80, 100)
    assert paired.tests == (mcnemar(level, baseline),)
    assert unpaired.tests == (fisher(level, baseline),)
    assert (paired.intervals[0].method, unpaired.intervals[0].method) == ("Gaffke", "Gaffke and Newcombe")
    # Four of five pairs gained: (1 + delta) / 2 is a mean of 1, 1, 1, 1 and 1/2.
    expected = [200 * end - 100 for end in bounded_limits([1, 1, 1, 1, 0.5], 0, 1)]
    assert [paired.intervals[0].low, paired.intervals[0].high] == pytest.approx(expected)
    assert paired.effects == ()


def test_survival_times_are_compared_by_log_rank_and_restricted_means(two: pd.DataFrame) -> None:
    found = one_of(two, "survival_time")
    assert (found.design, found.level.collapses, found.baseline.collapses) == ("unpaired", 0, 4)
    assert found.difference == pytest.approx(12 - (1 + 2 + 2 + 4 + 12) / 5)
    groups = {name: lifetimes_of(two[two["condition"] == name]) for name in ("hint", "default")}
    assert found.tests[0].method == "log-rank permutation"
    assert found.tests[1] == log_rank(groups)
    assert found.remarks == ("Means are those of the first 12 months.",)


def test_censored_runs_count_in_survival_time_for_the_months_observed(make_runs: MakeRuns) -> None:
    failed = make_runs("hint", [None] * 2, status="failed", months=6, observed_months=6, seeds=[5, 6])
    begun = make_runs("hint", [None], status="running", months=0, observed_months=0, seeds=[7])
    runs = pd.concat([make_runs("default", LOW, collapses=[1, 2, 3, 4, 5]), make_runs("hint", HIGH), failed, begun])
    found = one_of(runs, "survival_time")
    assert (found.level.runs, found.level.n, found.level.collapses) == (8, 7, 0)
    assert found.level.excluded == (Omission(reason="without a whole month", runs=1),)
    assert one_of(runs, "survival_rate").level.n == 5


def test_means_are_restricted_to_the_shorter_horizon_of_both_groups(make_runs: MakeRuns) -> None:
    longer = make_runs("newcomer", HIGH, collapses=[0, 0, 14, 13, 6], months_planned=15)
    found = one_of(pd.concat([make_runs("default", LOW, collapses=[1] * 5), longer]), "survival_time")
    assert found.level.estimate.value == pytest.approx((4 * 12 + 6) / 5)
    assert found.remarks[0] == "Means are those of the first 12 months."


def test_survival_time_can_begin_at_a_landmark(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [
            make_runs("default", LOW, collapses=[2, 5, 6, 0, 0], months_planned=15),
            make_runs("newcomer", HIGH, collapses=[0, 4, 4, 4, 5], months_planned=15),
        ]
    )
    found = one_of(runs, "survival_time", from_month=4)
    assert found.baseline.excluded == (Omission(reason="collapsed before month 4", runs=1),)
    assert found.level.estimate.value == pytest.approx((12 + 1 + 1 + 1 + 2) / 5)
    with pytest.raises(AnalysisError, match="from_month = 4: only for survival_time"):
        one_of(runs, "gain", from_month=4)


def test_several_levels_are_adjusted_for_each_other(make_runs: MakeRuns, rng: Rng) -> None:
    runs = pd.concat(
        [
            make_runs("default", LOW),
            make_runs("hint", HIGH, seeds=range(10, 15)),
            make_runs("other", [22.0, 28, 31, 45, 56], seeds=range(20, 25)),
            make_runs("third", [40.0, 60, 35, 45, 70], seeds=range(30, 35)),
        ]
    )
    found = compare(runs, by="condition", baseline="default", measure="gain", rng=rng)
    assert [one.level.name for one in found] == ["hint", "other", "third"]
    plain = [one.tests[0].p for one in found]
    assert [one.p_adjusted for one in found] == pytest.approx(multipletests(plain, method="holm")[1].tolist())
    assert {one.comparisons for one in found} == {3}
    assert found[0].p_adjusted == pytest.approx(3 * 2 / 252)


def test_what_has_no_p_value_is_not_adjusted_for(make_runs: MakeRuns, rng: Rng) -> None:
    runs = pd.concat(
        [make_runs("default", LOW), make_runs("hint", HIGH), make_runs("empty", [None] * 5, status="failed")]
    )
    hint, empty = compare(runs, by="condition", baseline="default", measure="gain", rng=rng)
    assert (hint.comparisons, hint.p_adjusted) == (1, hint.tests[0].p)
    assert (empty.p_adjusted, empty.difference) == (None, None)
    assert empty.tests[0].reason == "a group has no value"


def test_measures_that_are_functions_of_each_other_cost_no_significance(make_runs: MakeRuns, rng: Rng) -> None:
    low = make_runs("default", LOW).assign(efficiency=[gain / 120 for gain in LOW])
    high = make_runs("hint", HIGH, seeds=range(5, 10)).assign(efficiency=[gain / 120 for gain in HIGH])
    found = compare_measures(
        pd.concat([low, high]), by="condition", baseline="default", measures=["gain", "efficiency"], rng=rng
    )
    assert [(one.p_adjusted, one.comparisons, one.families) for one in found] == [(2 / 252, 2, 1)] * 2


def test_survival_time_is_a_separate_family_in_a_paired_design(two: pd.DataFrame, rng: Rng) -> None:
    found = compare_measures(
        two,
        by="condition",
        baseline="default",
        measures=["survival_time", "gain", "survival_rate"],
        rng=rng,
        design="paired",
    )
    time, gain, rate = found
    assert {one.families for one in found} == {2}
    assert time.tests[0].p is not None
    assert time.p_adjusted == pytest.approx(2 * time.tests[0].p)
    assert gain.tests[0].p == 2 / 32
    assert gain.p_adjusted == time.p_adjusted, "Holm: the larger p of two families is not below the adjusted smaller"
    assert rate.p_adjusted is not None
    assert rate.p_adjusted >= (rate.tests[0].p or 0)


def test_runs_without_a_measure_are_excluded_from_that_measure_only(make_runs: MakeRuns, rng: Rng) -> None:
    low = make_runs("default", LOW).assign(equality=[0.5, np.nan, 0.7, 0.6, 0.9])
    high = make_runs("hint", HIGH, seeds=range(5, 10)).assign(equality=[0.9, 0.8, np.nan, 0.7, 0.6])
    gain, equality = compare_measures(
        pd.concat([low, high]), by="condition", baseline="default", measures=["gain", "equality"], rng=rng
    )
    assert (gain.level.n, equality.level.n, equality.baseline.n) == (5, 4, 4)
    assert gain.p_adjusted == 2 / 252
    assert equality.p_adjusted is not None
    assert (equality.tests[0].p or 1) <= equality.p_adjusted <= 1


def two_scenarios(make_runs: MakeRuns) -> pd.DataFrame:
    """A difference of 1 within each scenario, with other numbers of runs, which pooling would reverse."""
    return pd.concat(
        [
            make_runs("default", [10.0, 11, 12], scenario="fishery"),
            make_runs("hint", [11.0, 12, 13, 12, 12, 12], scenario="fishery", seeds=range(10, 16)),
            make_runs("default", [50.0, 51, 52, 51], scenario="pasture", seeds=range(20, 24)),
            make_runs("hint", [52.0, 52], scenario="pasture", seeds=range(30, 32)),
        ]
    )


def test_pooled_scenarios_are_compared_within_each_of_them(make_runs: MakeRuns) -> None:
    found = one_of(two_scenarios(make_runs), within=())
    weights = np.array([3 * 6 / 9, 4 * 2 / 6])
    assert found.difference == pytest.approx(1.0)
    assert found.level.estimate.value == pytest.approx((weights @ [12, 52]) / weights.sum())
    assert (found.level.n, found.baseline.n, found.design) == (8, 7, "unpaired")
    assert found.remarks[0].startswith("Stratified by scenario")
    assert found.tests[0].method == "stratified permutation"
    each = [one_of(part, within=()) for _, part in two_scenarios(make_runs).groupby("scenario")]
    share = weights / weights.sum()
    low = 1 - np.sqrt(sum((w * (1 - (one.intervals[0].low or 0))) ** 2 for w, one in zip(share, each, strict=True)))
    assert found.intervals[0].method == "stratified Welch's t"
    assert found.intervals[0].low == pytest.approx(low)


def test_the_stratified_test_is_that_of_all_permutations_within_scenarios(make_runs: MakeRuns) -> None:
    found = one_of(two_scenarios(make_runs), within=())
    fishery, pasture = [10.0, 11, 12, 11, 12, 13, 12, 12, 12], [50.0, 51, 52, 51, 52, 52]

    def differences(values: list[float], n: int) -> list[float]:
        """Of all choices of the compared group, times the weight of the scenario."""
        others = len(values) - n
        weight = n * others / len(values)
        sums = [sum(values[place] for place in places) for places in combinations(range(len(values)), n)]
        return [weight * (of / n - (sum(values) - of) / others) for of in sums]

    statistics = [one + other for one in differences(fishery, 6) for other in differences(pasture, 2)]
    observed = 3 * 6 / 9 + 4 * 2 / 6
    expected = np.mean([abs(statistic) >= observed - 1e-9 for statistic in statistics])
    assert len(statistics) == 84 * 15
    assert found.tests[0].p == found.p_adjusted == pytest.approx(expected)


def test_a_scenario_of_one_group_is_excluded_from_pooled_runs_and_counted(make_runs: MakeRuns) -> None:
    alone = make_runs("hint", [500.0, 600.0], scenario="pollution")
    found = one_of(pd.concat([two_scenarios(make_runs), alone]), within=())
    assert found.difference == pytest.approx(1.0)
    assert found.level.excluded == (Omission(reason="without runs of the other group in their scenario", runs=2),)
    apart = [make_runs("default", LOW, scenario="fishery"), make_runs("hint", HIGH, scenario="pasture")]
    none = one_of(pd.concat(apart), within=())
    assert (none.difference, none.tests[0].reason) == (None, "no scenario has runs of both groups")


def test_pooled_survival_is_stratified_too_in_both_designs(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [
            make_runs(name, [1.0] * 5, scenario=scenario, collapses=collapses)
            for name, scenario, collapses in (
                ("default", "fishery", [1, 2, 2, 4, 0]),
                ("hint", "fishery", [0] * 5),
                ("default", "pasture", [1, 1, 1, 1, 2]),
                ("hint", "pasture", [2, 2, 3, 3, 1]),
            )
        ]
    )
    for design in ("paired", "unpaired"):
        time = one_of(runs, "survival_time", within=(), design=design)
        assert time.difference == pytest.approx(((12 - 4.2) + (2.2 - 1.2)) / 2)
        assert time.tests[0].method == "stratified log-rank permutation"
        assert time.tests[0].draws == 9_999  # 252² permutations
    rate = one_of(runs, "survival_rate", within=())
    assert rate.difference == pytest.approx((80 + 0) / 2)
    assert rate.p_adjusted == rate.tests[0].p


def test_each_scenario_and_society_is_compared_on_its_own(two: pd.DataFrame, make_runs: MakeRuns, rng: Rng) -> None:
    pasture = [make_runs(name, LOW, scenario="pasture") for name in ("default", "hint")]
    found = compare(pd.concat([two, *pasture]), by="condition", baseline="default", measure="gain", rng=rng)
    assert [dict(one.within) for one in found] == [
        {"scenario": "fishery", "society": "one"},
        {"scenario": "pasture", "society": "one"},
    ]
    assert found[1].difference == 0


def test_put_together_runs_are_still_paired_within_their_scenario(two: pd.DataFrame, make_runs: MakeRuns) -> None:
    pasture = [make_runs("default", [1.0] * 5, scenario="pasture"), make_runs("hint", [2.0] * 5, scenario="pasture")]
    found = one_of(pd.concat([two, *pasture]), within=(), design="paired")
    assert (found.within, found.pairs) == ((), 10)
    assert found.difference == pytest.approx((np.sum(HIGH) - np.sum(LOW) + 5) / 10)


def test_models_are_compared_across_societies(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [
            make_runs("default", LOW, society="one", model="mock/one"),
            make_runs("default", HIGH, society="two", model="mock/two"),
        ]
    )
    found = one_of(runs, by="model", baseline="mock/one", design="paired")
    assert found.within == (("scenario", "fishery"), ("condition", "default"))
    assert (found.design, found.pairs, found.level.name) == ("paired", 5, "mock/two")


def test_a_level_without_its_baseline_is_shown_and_not_compared(two: pd.DataFrame, make_runs: MakeRuns) -> None:
    alone = make_runs("hint", HIGH, scenario="pasture")
    found = compare(
        pd.concat([two, alone]), by="condition", baseline="default", measure="gain", rng=np.random.default_rng(0)
    )
    assert (found[1].baseline.runs, found[1].level.n, found[1].difference) == (0, 5, None)
    assert found[1].baseline.estimate.value is None


def test_a_level_without_its_baseline_has_a_remark_on_how_to_get_one(two: pd.DataFrame, make_runs: MakeRuns) -> None:
    # As where a campaign sets months that a newcomer's condition sets too: the label of the society is another one.
    alone = make_runs("newcomer", HIGH).assign(society="relabelled")
    (found,) = [one for one in compare_all(pd.concat([two, alone])) if one.level.name == "newcomer"]
    assert (found.difference, found.baseline.runs) == (None, 0)
    assert found.remarks[0].startswith(
        "No run of the baseline has the same scenario and society; name fewer columns with --within"
    )
    (found,) = [
        one for one in compare_all(pd.concat([two, alone]), within=["scenario"]) if one.level.name == "newcomer"
    ]
    assert (found.level.n, found.baseline.n) == (5, 5)
    assert not any("No run of the baseline" in remark for remark in found.remarks)


@pytest.mark.parametrize("measure", MEASURES)
def test_one_condition_alone_gives_no_comparison(make_runs: MakeRuns, rng: Rng, measure: str) -> None:
    assert compare(make_runs("default", LOW), by="condition", baseline="default", measure=measure, rng=rng) == ()
    assert compare(typed_frame(runs_layout(), []), by="condition", baseline="default", measure=measure, rng=rng) == ()


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("seeds", [[0], [1]])
def test_one_run_on_either_side_has_a_difference_and_no_interval(
    make_runs: MakeRuns, measure: str, seeds: list[int]
) -> None:
    shares = dict.fromkeys((name for name in MEANS if name != "gain"), 0.5)
    level = make_runs("hint", [100.0], seeds=seeds, **shares)
    found = one_of(pd.concat([make_runs("default", [20.0], collapses=[1], **shares), level]), measure)
    assert found.difference is not None
    if measure == "survival_rate":
        assert found.difference == 100
    else:
        assert all(interval.low is None and interval.reason for interval in found.intervals)
        wide = {effect.method: effect.high - effect.low for effect in found.effects if effect.low is not None}  # type: ignore[operator]
        assert set(wide) <= {"Cliff's delta", "rank-biserial"}
        assert all(width > 1.5 for width in wide.values())  # of -1..1: next to nothing is known
    if measure != "survival_time":
        assert found.tests[0].p == 1


@pytest.mark.parametrize("design", ["paired", "unpaired"])
def test_equal_values_differ_by_nothing(make_runs: MakeRuns, design: str) -> None:
    found = one_of(pd.concat([make_runs("default", [20.0] * 4), make_runs("hint", [20.0] * 4)]), design=design)
    assert found.difference == 0
    assert [(interval.low, interval.high) for interval in found.intervals] == [(0, 0), (0, 0)]
    assert found.tests[0].p == 1
    assert {one.method: one.value for one in found.effects}["Hedges' g"] is None


def test_groups_that_all_collapse_in_the_same_month_do_not_differ(make_runs: MakeRuns) -> None:
    runs = pd.concat([make_runs(name, [20.0] * 5, collapses=[1] * 5) for name in ("default", "hint")])
    time, rate = one_of(runs, "survival_time"), one_of(runs, "survival_rate")
    assert (time.difference, time.tests[0].p, time.tests[1].p) == (0, 1, None)
    assert time.tests[1].reason is not None
    assert (rate.difference, rate.tests[0].p) == (0, 1)
    assert rate.intervals[0].low is not None
    assert rate.intervals[0].low < 0


def test_all_censored_have_neither_rates_nor_means(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [make_runs(name, [None] * 3, status="failed", months=4, observed_months=4) for name in ("default", "hint")]
    )
    for measure in ("gain", "survival_rate"):
        found = one_of(runs, measure)
        assert (found.difference, found.tests[0].p, found.level.excluded[0].reason) == (None, None, "failed")
    time = one_of(runs, "survival_time")
    assert (time.level.n, time.level.collapses, time.difference) == (3, 0, None)
    assert time.intervals[0].reason == "a group has no run that was observed for 12 months"
    assert time.tests[0].reason == "no run collapsed while runs of two groups were observed"


def test_undefined_measures_are_omitted(make_runs: MakeRuns) -> None:
    found = one_of(pd.concat([make_runs("default", LOW), make_runs("hint", [None] * 5)]), "gain")
    assert found.level.excluded == (Omission(reason="with an undefined measure", runs=5),)
    assert found.difference is None


def test_remarks_name_what_could_mislead(make_runs: MakeRuns) -> None:
    runs = pd.concat(
        [
            make_runs("default", LOW[:4]),
            make_runs("hint", HIGH[:3], months_planned=15),
            make_runs("hint", HIGH[3:4], seeds=[3], months_planned=15, cell="d"),
        ]
    )
    assert one_of(runs, within=["scenario"], design="paired").remarks == (
        "Runs were planned for different numbers of months: 12, 15.",
        "Runs of different settings are pooled in one group (2 settings).",
        "With this number of runs, p cannot be below 0.125.",
    )


@pytest.mark.parametrize("measure", ["gain", "survival_time", "survival_rate"])
def test_runs_that_were_copied_are_remarked_on(two: pd.DataFrame, make_runs: MakeRuns, measure: str) -> None:
    told = "Duplicate runs, identical in settings and seed, are counted twice (2)."
    assert told not in one_of(two, measure).remarks
    assert told in one_of(pd.concat([two, make_runs("hint", HIGH[:2])]), measure).remarks
    others = make_runs("hint", HIGH[:2], cell="d")
    stopped = make_runs("hint", [None, None], status="failed", months=3)
    assert told not in one_of(pd.concat([two, others, stopped]), measure, within=["scenario"]).remarks


def test_the_same_generator_gives_the_same_result(two: pd.DataFrame) -> None:
    first, again, other = (one_of(two, rng=np.random.default_rng(seed), draws=99) for seed in (1, 1, 2))
    assert first == again
    assert first.intervals[1] != other.intervals[1]


def test_rows_with_the_same_index_are_not_mixed_up(two: pd.DataFrame) -> None:
    assert two.index.has_duplicates
    assert one_of(two) == one_of(two.reset_index(drop=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"measure": "weather"},
            "measure = weather: there is no such measure; choose from survival_rate, survival_time, ",
        ),
        ({"by": "weather"}, "by = weather: there is no such column of runs; choose from scenario"),
        ({"baseline": "none"}, "baseline = none: no runs with this condition; choose one of default, hint"),
        ({"within": ["condition"]}, "by = condition, within = condition: each column can be named only once"),
        ({"within": ["weather"]}, "within = weather: there is no such column of runs"),
        ({"design": "half"}, "design = half: must be one of unpaired, paired"),
        ({"draws": 0}, "resamples = 0: must be 1 or more"),
    ],
)
def test_an_impossible_comparison_is_rejected(two: pd.DataFrame, options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnalysisError, match=message):
        one_of(two, **options)


def test_comparisons_can_be_written_as_json(two: pd.DataFrame) -> None:
    content = json.loads(json.dumps(one_of(two, design="paired").to_json(), allow_nan=False))
    assert content["within"] == {"scenario": "fishery", "society": "one"}
    assert content["tests"][0]["p"] == 2 / 32


def test_comparisons_are_rows_of_a_frame(two: pd.DataFrame) -> None:
    frame = comparisons_frame([one_of(two, design="paired"), one_of(two), one_of(two, "survival_time")])
    assert frame["measure"].tolist() == ["gain", "gain", "survival_time"]
    assert frame["test"].tolist() == ["permutation", "permutation", "log-rank permutation"]
    assert frame["p"].tolist()[:2] == frame["permutation_p"].tolist()[:2]
    first, second, _ = frame.to_dict("records")
    assert second["low"] == second["welchs_t_low"]
    assert first["effect"] == first["rank_biserial"]
    assert frame.loc[2, "baseline_collapses"] == 4
    assert frame["baseline_n"].tolist() == [5, 5, 5]


def test_the_p_value_of_paired_means_is_near_that_of_the_t_test(make_runs: MakeRuns) -> None:
    draws = np.random.default_rng(3)
    low = draws.normal(50, 10, 30)
    high = low + draws.normal(3, 8, 30)
    found = one_of(pd.concat([make_runs("default", low.tolist()), make_runs("hint", high.tolist())]), design="paired")
    assert found.tests[0].p == pytest.approx(stats.ttest_rel(high, low).pvalue, abs=0.01)


@pytest.mark.parametrize(
    ("by", "values", "baseline"),
    [
        ("condition", ["hint", "default", "other"], "default"),
        ("condition", ["hint", "other"], None),
        ("agent", ["policy:greedy", "generative", "direct"], None),
        ("scenario", ["pasture", "fishery", "pollution"], None),
        ("agent", ["policy:greedy", "direct"], None),
        ("model", ["mock/one"], "mock/one"),
        ("model", ["mock/one", "mock/two", "mock/three"], None),
        ("world.growth", ["1.5", "2.0", "3.0"], None),
        ("prompts_folder", ["polite", None, "rude"], None),
    ],
)
def test_only_the_default_condition_is_a_baseline_by_itself(
    make_runs: MakeRuns, by: str, values: list[str | None], baseline: str | None
) -> None:
    runs = pd.concat([make_runs("default", LOW).assign(**{by: value}) for value in values], ignore_index=True)
    assert baseline_of(runs, by) == baseline


def test_groups_of_members_set_by_a_condition_are_not_named_as_common(make_runs: MakeRuns) -> None:
    changes = json.dumps({"members.Luke.agent": "policy:random", "world.growth": 1.5})
    luke = {"agent": "mixed", "society": "mixed-1", "changes": changes}
    fair = make_runs("fair", LOW, composition="4 × policy:fair-share, Luke: policy:random", **luke)
    cautious = make_runs("cautious", HIGH, composition="4 × policy:fixed:4, Luke: policy:random", **luke)
    runs = pd.concat([fair, cautious], ignore_index=True)
    (found,) = compare_all(runs, by="condition", baseline="fair")
    assert shared_by(found.within) == "fishery · Luke: policy:random, growth 1.5"
    assert [panel.title for panel in panels_of(runs, "condition")] == [shared_by(found.within)]
    assert {panel.title.removeprefix("fishery · ") for panel in panels_of(runs, None)} == {
        "fair · 4 × policy:fair-share, Luke: policy:random, growth 1.5",
        "cautious · 4 × policy:fixed:4, Luke: policy:random, growth 1.5",
    }


def test_wordings_are_compared_even_if_labels_of_societies_differ(make_runs: MakeRuns) -> None:
    shipped, polite = (
        make_runs("default", LOW),
        make_runs("default", HIGH, society="one-abcdef", prompts_folder="polite"),
    )
    runs = pd.concat([shipped, polite], ignore_index=True)
    (found,) = compare(runs, by="prompts_folder", baseline="none", measure="gain", rng=np.random.default_rng(0))
    assert (found.level.name, found.level.n, found.baseline.n) == ("polite", 5, 5)


def _with_setups(make_runs: MakeRuns, *setups: dict[str, Any]) -> pd.DataFrame:
    """Runs of several setups, each of a cell and a society of its own."""
    parts = [
        make_runs("default", LOW if index % 2 else HIGH, society=f"s{index}", cell=f"c{index}", **setup)
        for index, setup in enumerate(setups)
    ]
    return pd.concat(parts, ignore_index=True)


def test_models_are_compared_only_where_all_other_settings_are_the_same(make_runs: MakeRuns) -> None:
    setups = [
        {"model": model, "agent": "generative", "composition": model, "changes": json.dumps({"world.growth": growth})}
        for growth in (1.8, 2.0)
        for model in ("mock/one", "mock/two")
    ]
    found = compare_all(_with_setups(make_runs, *setups), by="model", baseline="mock/one")
    assert [dict(one.within)["setup"] for one in found] == ["generative, growth 1.8", "generative, growth 2"]
    assert [one.level.n for one in found] == [5, 5]
    (pooled,) = compare_all(_with_setups(make_runs, *setups), by="model", baseline="mock/one", within=["scenario"])
    assert pooled.level.runs == 10
    assert "Runs of different settings are pooled in one group (2 settings)." in pooled.remarks


def test_policies_are_not_pooled_as_runs_without_a_model(make_runs: MakeRuns) -> None:
    policies = ["policy:random", "policy:fair-share"]
    setups = [{"model": "none", "agent": name, "composition": name, "changes": "{}"} for name in policies]
    model = {"model": "mock/one", "agent": "generative", "composition": "mock/one", "changes": "{}"}
    runs = _with_setups(make_runs, *setups, model)
    assert baseline_of(runs, "model") is None
    found = compare_all(runs, by="model", baseline="mock/one")
    assert [(dict(one.within)["setup"], one.baseline.runs) for one in found] == [(name, 0) for name in policies]


def test_a_setting_is_compared_within_each_policy(make_runs: MakeRuns) -> None:
    setups = [
        {"model": "none", "agent": name, "composition": name, "changes": json.dumps({"world.growth": growth})}
        for name in ("policy:random", "policy:fair-share")
        for growth in (1.8, 2.0)
    ]
    runs = _with_setups(make_runs, *setups)
    runs["world.growth"] = [growth for _ in range(2) for growth in ("1.8", "2.0") for _ in LOW]
    found = compare_all(runs, by="world.growth", baseline="2.0")
    assert [(dict(one.within)["setup"], one.level.n, one.baseline.n) for one in found] == [
        ("policy:random", 5, 5),
        ("policy:fair-share", 5, 5),
    ]


def test_societies_of_several_models_are_levels_of_their_own(make_runs: MakeRuns) -> None:
    mixes = ["4 × mock/one, Luke: mock/two", "4 × mock/one, Luke: mock/three"]
    setups = [{"model": "mixed", "agent": "generative", "composition": mix, "changes": "{}"} for mix in mixes]
    single = {"model": "mock/one", "agent": "generative", "composition": "mock/one", "changes": "{}"}
    found = compare_all(_with_setups(make_runs, *setups, single), by="model", baseline="mock/one")
    assert [one.level.name for one in found] == mixes


def test_runs_of_an_edited_condition_are_compared_apart(two: pd.DataFrame, make_runs: MakeRuns) -> None:
    edited = make_runs("hint", HIGH, cell="edited")
    found = compare_all(pd.concat([two, edited]))
    assert [one.level.name for one in found] == ["hint (1)", "hint (2)"]
    assert [one.level.n for one in found] == [5, 5]


def test_differences_of_shares_stay_within_100_points(make_runs: MakeRuns) -> None:
    low = make_runs("default", [1.0] * 3).assign(over_usage=[0.0, 0.0, 0.1])
    high = make_runs("hint", [1.0] * 3, seeds=range(5, 8)).assign(over_usage=[1.0, 1.0, 0.3])
    found = one_of(pd.concat([low, high]), "over_usage")
    for interval in found.intervals:
        assert interval.low is not None
        assert interval.high is not None
        assert -1 <= interval.low < interval.high <= 1
    assert found.level.estimate.high is not None
    assert found.level.estimate.high < 1


def given(make_runs: MakeRuns, condition: str, gains: list[float], society: str, **changes: Any) -> pd.DataFrame:
    """Runs of a condition whose settings were given by an experiment file, under the label of their society."""
    given = {
        "composition": "policy:random",
        "agent": "policy:random",
        "changes": json.dumps(changes),
        "cell": condition,
    }
    return make_runs(condition, gains, society=society, **given)


def test_conditions_with_the_same_settings_are_compared_even_if_labels_of_societies_differ(
    make_runs: MakeRuns,
) -> None:
    months = {"world.months": 12}
    default = given(make_runs, "default", LOW, "policy-random", **months)
    newcomer = given(make_runs, "newcomer", HIGH, "policy-random-91f4fd", **months)
    (found,) = compare_all(pd.concat([default, newcomer], ignore_index=True))
    assert (found.level.n, found.baseline.n) == (5, 5)
    assert shared_by(found.within) == "fishery · policy:random, months 12"
    longer = given(make_runs, "newcomer", HIGH, "policy-random-91f4fd", **{"world.months": 15})
    (alone,) = compare_all(pd.concat([default, longer], ignore_index=True))
    assert alone.baseline.runs == 0


def test_two_societies_of_one_condition_are_never_joined_by_their_recorded_settings(make_runs: MakeRuns) -> None:
    months = {"world.months": 12}
    runs = [
        given(make_runs, condition, LOW, society, **months)
        for condition in ("default", "hint")
        for society in ("one", "two")
    ]
    found = compare_all(pd.concat(runs, ignore_index=True))
    assert [dict(one.within)["society"] for one in found] == ["one", "two"]
    assert [(one.level.n, one.baseline.n) for one in found] == [(5, 5), (5, 5)]


@pytest.mark.parametrize("measure", ["gain", "survival_time", "survival_rate"])
def test_no_interval_is_made_from_copies_of_one_run(make_runs: MakeRuns, measure: str) -> None:
    same = make_runs("default", [20.0] * 5, collapses=[1] * 5, trajectory="a")
    varied = pd.concat([make_runs("hint", [gain], seeds=[seed]) for seed, gain in enumerate(HIGH)], ignore_index=True)
    varied["trajectory"] = [f"b{number}" for number in range(5)]
    found = one_of(pd.concat([same, varied], ignore_index=True), measure)
    assert (found.baseline.estimate.low, found.baseline.estimate.high, found.baseline.n) == (None, None, 5)
    assert found.level.estimate.low is not None
    for result in (*found.intervals, *found.effects):
        assert (result.low, result.high) == (None, None)
        assert result.reason == "all runs of a group are identical (p counts each of them)"


def test_equal_values_of_different_runs_keep_their_interval(make_runs: MakeRuns) -> None:
    runs = pd.concat([make_runs(name, [20.0] * 3, collapses=[1] * 3) for name in ("default", "hint")])
    runs["trajectory"] = [f"t{number}" for number in range(6)]
    assert one_of(runs, "survival_time").level.estimate.low is not None


def test_an_interval_that_counts_some_copies_is_remarked_on(two: pd.DataFrame) -> None:
    distinct = two.assign(trajectory=[f"t{number}" for number in range(10)])
    copied = two.assign(trajectory=["t0", "t0", *(f"t{number}" for number in range(2, 10))])
    assert SOME_IDENTICAL not in one_of(distinct).remarks
    assert SOME_IDENTICAL in one_of(copied).remarks
    assert one_of(copied).baseline.estimate.low is not None


def test_names_that_contain_commas_are_joined_by_semicolons(make_runs: MakeRuns) -> None:
    runs = _with_setups(make_runs, *({"setup": f"policy:random, growth 2, months {months}"} for months in (6, 12)))
    names = "policy:random, growth 2, months 12; policy:random, growth 2, months 6"
    with pytest.raises(AnalysisError, match=f"no runs with this society; choose one of {names}"):
        compare_all(runs, by="society", baseline="nobody")
    with pytest.raises(NoBaseline, match=r"has 2 values \(policy:random, growth 2, months 6; policy:random, growth 2"):
        required_baseline(runs, "society")


def test_prompts_show_their_hash_only_where_two_folders_have_the_same_name(make_runs: MakeRuns) -> None:
    polite, rude, other = (
        {"composition": "mock/one", "changes": "{}", "prompts": prompts, "prompts_folder": folder}
        for prompts, folder in (("00000001", "polite"), ("00000002", "rude"), ("00000003", "rude"))
    )
    runs = _with_setups(make_runs, polite, rude)
    assert with_setups(runs, None)["setup"].unique().tolist() == ["mock/one, prompts polite", "mock/one, prompts rude"]
    assert with_setups(_with_setups(make_runs, rude, other), None)["setup"].unique().tolist() == [
        "mock/one, prompts rude (00000002)",
        "mock/one, prompts rude (00000003)",
    ]
