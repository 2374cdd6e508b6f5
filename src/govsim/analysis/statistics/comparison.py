"""Comparisons of conditions, models, or any other column in which runs differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from govsim.analysis.cells import SOME_IDENTICAL, UNRECORDED
from govsim.analysis.declared import compared_in
from govsim.analysis.intervals import CONFIDENCE, NO_ESTIMATE
from govsim.analysis.measures import Measure, MeasureKind, measure_named
from govsim.analysis.runs import NO_MODEL
from govsim.analysis.statistics import effects, rates
from govsim.analysis.statistics.comparison_results import Comparison, Result, Side, comparison_record
from govsim.analysis.statistics.multiplicity import Arrangement, MaxT, max_t, over_families
from govsim.analysis.statistics.resampling import PERMUTATION, RESAMPLES, bootstrap_difference, permutation
from govsim.analysis.statistics.sides import Design, Samples, identity_without, is_copied, samples_of, strata_of
from govsim.analysis.statistics.strata import Stratum
from govsim.analysis.statistics.stratified import (
    SCENARIO,
    STRATIFIED,
    TestedStratum,
    combined_effects,
    combined_interval,
    combined_sides,
    combined_test,
    scenarios_of,
    sizes_of,
    weights_of,
)
from govsim.analysis.statistics.survival import (
    LOG_RANK_PERMUTATION,
    lifetimes_of,
    log_rank,
    log_rank_permutation,
    log_rank_scores,
    restricted_mean,
    restricted_mean_difference,
)
from govsim.analysis.tables.formatting import p_value
from govsim.errors import AnalysisError


@dataclass(frozen=True, slots=True, kw_only=True)
class _ComparisonSettings:
    """The settings of a comparison, the same for all strata and measures."""

    by: str
    pair_by: tuple[str, ...]
    design: Design
    from_month: int
    draws: int
    rng: np.random.Generator
    is_pooled: bool


def compare(
    runs: pd.DataFrame,
    *,
    by: str,
    baseline: str,
    measure: str,
    rng: np.random.Generator,
    within: Sequence[str] | None = None,
    design: Design = "unpaired",
    from_month: int = 1,
    draws: int = RESAMPLES,
) -> tuple[Comparison, ...]:
    """Compare every level of a column with a baseline.

    Shares by Gaffke's interval of their means, amounts by a paired or Welch's t interval, both with a bootstrap
    interval, a permutation test and effect sizes; rates by Gaffke's interval and an exact test; the survival time by
    the log-rank test and the difference of restricted means, where censored runs count for the months they were
    observed. The p values are adjusted for all comparisons of the call: by step-down max-T for the measures of the
    same two groups, and over groups by Holm's method.

    Args:
        runs: a frame of runs (`govsim.analysis.runs_frame`).
        by: the column in which the groups differ, such as `condition` or `model`.
        baseline: its value that all others are compared with.
        measure: the name of one of `govsim.analysis.measures.MEASURES`.
        rng: the generator of resamples and permutations.
        within: columns whose values both groups share, with a comparison for each combination of their values; if None,
            all columns that identify a run, except `by`. If empty, all runs of a group are pooled, but pairs are still
            formed from runs that share these columns. Runs of several scenarios are stratified by scenario.
        design: `unpaired`, or `paired` by seed, to be chosen before the first run. Survival time is always unpaired.
        from_month: the first month that survival time counts (a landmark); that of other measures is set when the frame
            is read.
        draws: resamples of a bootstrap, and permutations of a test that does not enumerate all.

    Returns:
        One comparison for each level and combination, in order of first occurrence; none for a frame without runs.

    Raises:
        AnalysisError: `measure`, `by`, `baseline`, `within`, `design` or `draws` is not allowed.
    """
    if measure_named(measure).kind != "lifetime" and from_month != 1:
        raise AnalysisError(
            f"from_month = {from_month}: only for survival_time; read the frame with from_month instead"
        )
    return compare_measures(
        runs,
        by=by,
        baseline=baseline,
        rng=rng,
        measures=(measure,),
        within=within,
        design=design,
        from_month=from_month,
        draws=draws,
    )


def compare_measures(
    runs: pd.DataFrame,
    *,
    by: str,
    baseline: str | Sequence[str],
    rng: np.random.Generator,
    measures: Sequence[str] | None = None,
    within: Sequence[str] | None = None,
    design: Design = "unpaired",
    from_month: int = 1,
    draws: int = RESAMPLES,
) -> tuple[Comparison, ...]:
    """Compare every level of a column with a baseline in several measures, with p values adjusted for all of them.

    Args:
        runs: a frame of runs; read with the same `from_month`.
        by: the column in which the groups differ.
        baseline: its value that all others are compared with; or several values, each but the first compared with the
            one before, as in the steps from no institution to an enforced one.
        rng: the generator of resamples and permutations.
        measures: names of measures; those that are compared by default when None.
        within: columns whose values both groups share, as for `compare`.
        design: as for `compare`.
        from_month: the first month that survival time counts.
        draws: as for `compare`.

    Returns:
        The comparisons of the first measure, then those of the next.

    Raises:
        AnalysisError: as of `compare`.
    """
    chosen = [measure_named(name) for name in dict.fromkeys(measures)] if measures else compared_in(runs, by)
    settings = _ComparisonSettings(
        by=by,
        pair_by=identity_without(by),
        design=design,
        from_month=from_month,
        draws=draws,
        rng=rng,
        is_pooled=within is not None,
    )
    strata = list(strata_of(runs, by, baseline, within))
    tested = {
        (measure.name, index): _tested(stratum, measure, settings)
        for measure in chosen
        for index, stratum in enumerate(strata)
    }
    return _adjusted(tested, strata, settings)


def comparisons_frame(comparisons: Iterable[Comparison]) -> pd.DataFrame:
    """Comparisons as a frame, one row each.

    `low`, `high`, `p` and `effect` (with `effect_low`, `effect_high`) are those of the first interval, test and effect,
    which `interval`, `test` and `effect_size` name; all of them follow in columns named by their method, such as
    `welchs_t_low`, `permutation_p` and `cliffs_delta`.
    """
    return pd.DataFrame([comparison_record(comparison) for comparison in comparisons])


def _tested(stratum: Stratum, measure: Measure, settings: _ComparisonSettings) -> TestedStratum:
    """Compare a measure; runs of several scenarios within each of them, unless they are pairs."""
    compare_in = _COMPARERS[measure.kind]
    if settings.is_pooled and (settings.design == "unpaired" or measure.kind == "lifetime"):
        scenarios = scenarios_of(stratum, settings.by)
        if len(scenarios) > 1:
            parts = [compare_in(one, measure, settings) for one in scenarios]
            return _stratified(stratum, measure, settings, parts)
    return compare_in(stratum, measure, settings)


def _stratified(
    stratum: Stratum, measure: Measure, settings: _ComparisonSettings, parts: Sequence[TestedStratum]
) -> TestedStratum:
    used = [part for part in parts if part.is_two_sided]
    each = [part.comparison for part in used]
    weights = weights_of(sizes_of(each))
    method = LOG_RANK_PERMUTATION if measure.kind == "lifetime" else PERMUTATION
    comparison = _comparison(
        stratum,
        measure,
        settings,
        combined_sides(parts),
        is_paired=False,
        intervals=(combined_interval(each, weights),),
        tests=(combined_test(used, stratum.level, f"stratified {method}", settings.rng, draws=settings.draws),),
        effects=combined_effects(each, weights),
        remarks=(STRATIFIED,),
    )
    scores = pd.concat([part.scores for part in used]) if used else pd.Series(dtype=float)
    return TestedStratum(comparison=comparison, scores=scores)


def _adjusted(
    tested: Mapping[tuple[str, int], TestedStratum], strata: Sequence[Stratum], settings: _ComparisonSettings
) -> tuple[Comparison, ...]:
    """Adjust the p values of comparisons together; those without one do not count.

    Measures of the same two groups that are permuted alike form a family. Survival time, which is never paired, is one
    of its own in a paired design.

    Args:
        tested: comparisons by measure and position of their stratum.
        strata: the strata.
        settings: the settings of the comparisons.
    """
    families: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for key, one in tested.items():
        if one.comparison.tests[0].p is not None:
            families.setdefault((key[1], one.comparison.design), []).append(key)
    found = [_family(strata[place], [tested[key] for key in keys], settings) for (place, _), keys in families.items()]
    together = over_families([one.p for one in found])
    results: dict[tuple[str, int], tuple[float | None, int | None]] = {}
    for keys, family, p_values in zip(families.values(), found, together, strict=True):
        results |= {key: (p, family.draws) for key, p in zip(keys, p_values, strict=True)}
    return tuple(
        replace(one.comparison, p_adjusted=p, adjusted_draws=draws, comparisons=len(results), families=len(families))
        for one, (p, draws) in ((one, results.get(key, (None, None))) for key, one in tested.items())
    )


def _family(stratum: Stratum, tested: Sequence[TestedStratum], settings: _ComparisonSettings) -> MaxT:
    """The adjusted p values of the measures of two groups, none of them below that of its own test."""
    tests = [one.comparison.tests[0] for one in tested]
    alone = [1.0 if test.p is None else test.p for test in tests]
    if len(tested) == 1:
        return MaxT(p=tuple(alone), draws=tests[0].draws)
    values = pd.concat([one.scores for one in tested], axis=1)
    runs = pd.concat(stratum.sides).loc[values.index]
    by: list[str] = []
    if tested[0].comparison.design == "paired":
        by = [*settings.pair_by, "seed"]
    elif settings.is_pooled and settings.by != SCENARIO:
        by = [SCENARIO]
    blocks = runs.groupby(by, sort=False, dropna=False).ngroup().to_numpy() if by else np.zeros(len(runs), dtype=int)
    arrangement = Arrangement(is_level=values.index.isin(stratum.level.index), blocks=blocks)
    found = max_t(values.to_numpy(), arrangement, settings.rng, draws=settings.draws)
    return replace(found, p=tuple(map(max, found.p, alone)))


def _of_means(stratum: Stratum, measure: Measure, settings: _ComparisonSettings) -> TestedStratum:
    samples = samples_of(stratum, measure, settings.pair_by, settings.design)
    level, baseline = samples.values
    rng, draws, is_paired = settings.rng, settings.draws, samples.is_paired
    sizes = (effects.rank_biserial, effects.paired_hedges_g) if is_paired else (effects.cliffs_delta, effects.hedges_g)
    resampled = bootstrap_difference(level, baseline, rng, is_paired=is_paired, resamples=draws)
    comparison = _comparison(
        stratum,
        measure,
        settings,
        samples.sides,
        is_paired=is_paired,
        intervals=(_interval(samples, measure), resampled),
        tests=(permutation(level, baseline, rng, is_paired=is_paired, draws=draws),),
        effects=tuple(size(level, baseline) for size in sizes),
    )
    return TestedStratum(comparison=comparison, scores=_scores(samples))


def _of_rates(stratum: Stratum, measure: Measure, settings: _ComparisonSettings) -> TestedStratum:
    samples = samples_of(stratum, measure, settings.pair_by, settings.design)
    level, baseline = (tuple(map(bool, values)) for values in samples.values)
    test = rates.mcnemar if samples.is_paired else rates.fisher
    comparison = _comparison(
        stratum,
        measure,
        settings,
        samples.sides,
        is_paired=samples.is_paired,
        intervals=(_interval(samples, measure),),
        tests=(test(level, baseline),),
    )
    return TestedStratum(comparison=comparison, scores=_scores(samples))


def _scores(samples: Samples) -> pd.Series[float]:
    """The values of both groups, by the index of their runs."""
    (level, baseline), rows = samples.values, samples.rows
    return pd.Series([*level, *baseline], index=[*rows[0], *rows[1]], dtype=float)


def _interval(samples: Samples, measure: Measure) -> Result:
    """The interval of the difference of a rate in percentage points, or of means."""
    lowest, highest = measure.bounds()
    level, baseline = samples.values
    if lowest is None or highest is None:
        return (effects.paired_interval if samples.is_paired else effects.welch_interval)(level, baseline)
    if samples.is_paired and measure.is_rate:
        one, other = ([100 * value for value in side] for side in samples.values)
        return effects.bounded_paired_interval(one, other, 100.0)
    if samples.is_paired:
        return effects.bounded_paired_interval(level, baseline, highest - lowest)
    return effects.squared_and_added(*(side.estimate for side in samples.sides))


def _of_lifetimes(stratum: Stratum, measure: Measure, settings: _ComparisonSettings) -> TestedStratum:
    level, baseline = (lifetimes_of(side, from_month=settings.from_month) for side in stratum.sides)
    horizon = min((side.horizon for side in (level, baseline) if side.n), default=0)
    sides = (
        Side(
            name=name,
            runs=len(runs),
            n=lifetimes.n,
            excluded=lifetimes.excluded,
            estimate=restricted_mean(lifetimes, horizon) if horizon else NO_ESTIMATE,
            collapses=lifetimes.collapses,
        )
        for name, runs, lifetimes in zip(stratum.names, stratum.sides, (level, baseline), strict=True)
    )
    tests = (
        log_rank_permutation(level, baseline, settings.rng, draws=settings.draws),
        log_rank(dict(zip(stratum.names, (level, baseline), strict=True))),
    )
    comparison = _comparison(
        stratum,
        measure,
        settings,
        sides,
        is_paired=False,
        intervals=(restricted_mean_difference(level, baseline, horizon),),
        tests=tests,
        remarks=(f"Means are those of the first {horizon} months.",) if horizon else (),
    )
    scores = log_rank_scores(pd.concat(stratum.sides), from_month=settings.from_month)
    return TestedStratum(comparison=comparison, scores=scores)


def _comparison(
    stratum: Stratum,
    measure: Measure,
    settings: _ComparisonSettings,
    sides: Iterable[Side],
    *,
    is_paired: bool,
    intervals: tuple[Result, ...],
    tests: tuple[Result, ...],
    effects: tuple[Result, ...] = (),
    remarks: tuple[str, ...] = (),
) -> Comparison:
    copied = [is_copied(runs, measure) for runs in stratum.sides]
    level, baseline = (
        replace(side, estimate=replace(side.estimate, low=None, high=None)) if one else side
        for side, one in zip(sides, copied, strict=True)
    )
    if any(copied):
        intervals, effects = (tuple(map(_without_interval, several)) for several in (intervals, effects))
    values = (level.estimate.value, baseline.estimate.value)
    return Comparison(
        measure=measure.name,
        by=settings.by,
        within=stratum.within,
        design="paired" if is_paired else "unpaired",
        baseline=baseline,
        level=level,
        pairs=level.n if is_paired else None,
        difference=None if values[0] is None or values[1] is None else values[0] - values[1],
        intervals=intervals,
        tests=tests,
        effects=effects,
        remarks=(*remarks, *_remarks(stratum, settings.by, tests[0])),
    )


_IDENTICAL = "all runs of a group are identical (p counts each of them)"


def _without_interval(result: Result) -> Result:
    """A result without the interval that would be made from copies of one run."""
    return replace(result, low=None, high=None, reason=result.reason or _IDENTICAL)


_COMPARERS: Mapping[MeasureKind, Callable[[Stratum, Measure, _ComparisonSettings], TestedStratum]] = {
    "rate": _of_rates,
    "share": _of_means,
    "amount": _of_means,
    "lifetime": _of_lifetimes,
}


def _remarks(stratum: Stratum, by: str, test: Result) -> Iterator[str]:
    """Remarks that are necessary to interpret the comparison."""
    if not len(stratum.baseline):
        shared = " and ".join(name for name, _ in stratum.within)
        yield f"No run of the baseline has the same {shared}; name fewer columns with --within to pool other runs."
    if len(stratum.months) > 1:
        yield f"Runs were planned for different numbers of months: {', '.join(map(str, stratum.months))}."
    if stratum.settings > 1:
        yield f"Runs of different settings are pooled in one group ({stratum.settings} settings)."
    if len(stratum.prompts_versions) > 1:
        versions = ", ".join(map(str, stratum.prompts_versions))
        yield f"Runs with different versions of the prompts are compared: {versions}."
    if by.startswith("models."):
        yield from _sent(stratum.sides)
    if stratum.has_copies:
        yield SOME_IDENTICAL
    if stratum.copies:
        yield f"Duplicate runs, identical in settings and seed, are counted twice ({stratum.copies})."
    if test.smallest_p is not None and test.smallest_p > 1 - CONFIDENCE:
        yield f"With this number of runs, p cannot be below {p_value(test.smallest_p)}."


def _sent(sides: Sequence[pd.DataFrame]) -> Iterator[str]:
    """Remarks on the requests of groups that differ in model settings."""
    if any("not_sent" not in side.columns for side in sides):
        return
    if unsent := sorted({note for side in sides for note in side["not_sent"].dropna()}):
        yield f"Not every setting was sent as configured ({'; '.join(unsent)})."
    if any((side["served"].isna() & side["prices"].isna() & (side["model"] != NO_MODEL)).any() for side in sides):
        yield UNRECORDED
