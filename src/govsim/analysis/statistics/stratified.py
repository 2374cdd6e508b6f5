"""Comparisons of runs of several scenarios: estimates within each scenario, weighted by its runs.

The weight of a scenario is ``n_x n_y / (n_x + n_y)`` for n_x runs of one group and n_y of the other, as of Cochran
(1954) and Mantel and Haenszel (1959): proportional to the precision of its difference if all scenarios have the same
variance. Weights by estimated variances are unstable with five runs, and infinite if all of them are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import pandas as pd

from govsim.analysis.intervals import NO_ESTIMATE, Estimate
from govsim.analysis.statistics.comparison_results import Comparison, Result, Side, omissions
from govsim.analysis.statistics.effects import common_delta
from govsim.analysis.statistics.multiplicity import Arrangement, block_permutation
from govsim.analysis.statistics.strata import Stratum

SCENARIO = "scenario"

STRATIFIED = (
    "Stratified by scenario: values and differences are means over scenarios, weighted by n1 * n0 / (n1 + n0) for n1 "
    "and n0 runs in both groups, and runs are permuted within scenarios."
)
"""The remark on a stratified comparison."""

_NO_SCENARIO = "no scenario has runs of both groups"
_ALONE = "without runs of the other group in their scenario"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TestedStratum:
    """A comparison with the values that its test permutes.

    Attributes:
        comparison: the comparison.
        scores: the value of each run, by its index in the frame: the measure, 0 or 1, or the log-rank score.
    """

    comparison: Comparison
    scores: pd.Series[float]

    @property
    def is_two_sided(self) -> bool:
        """Whether both groups have a run."""
        return bool(self.comparison.level.n and self.comparison.baseline.n)


def scenarios_of(stratum: Stratum, by: str) -> tuple[Stratum, ...]:
    """Split a stratum by scenario; it stays whole if scenarios are compared, or all of its runs have the same.

    Args:
        stratum: the runs.
        by: the compared column.
    """
    return (stratum,) if by == SCENARIO or len(stratum.scenarios) < 2 else stratum.by_scenario


def sizes_of(parts: Sequence[Comparison]) -> list[tuple[int, int]]:
    """Return the runs of the compared group and of the baseline in each scenario.

    Args:
        parts: a comparison for each scenario with runs of both groups.
    """
    return [(part.level.n, part.baseline.n) for part in parts]


def weights_of(sizes: Sequence[tuple[int, int]]) -> list[float]:
    """Return the weights of scenarios, which add up to 1.

    Args:
        sizes: the runs of both groups in each scenario, at least 1.
    """
    weights = [n * m / (n + m) for n, m in sizes]
    return [weight / sum(weights) for weight in weights]


def combined_sides(parts: Sequence[TestedStratum]) -> tuple[Side, Side]:
    """Return both groups over all scenarios; a scenario with runs of one group only is excluded and counted.

    Args:
        parts: the comparisons in each scenario.
    """
    used = [part.comparison for part in parts if part.is_two_sided]
    weights = weights_of(sizes_of(used))
    levels, baselines = ([getattr(part.comparison, name) for part in parts] for name in ("level", "baseline"))
    return (
        _combined_side(levels, [one.level for one in used], weights),
        _combined_side(baselines, [one.baseline for one in used], weights),
    )


def combined_interval(parts: Sequence[Comparison], weights: Sequence[float]) -> Result:
    """Return the interval of the weighted mean of differences from those of each scenario.

    ``d ± sqrt(Σ w² (d_s - l_s)²)``, Newcombe's combination for a weighted sum (Yan and Su 2010).

    Args:
        parts: the comparisons in each scenario with runs of both groups.
        weights: as of `weights_of`.
    """
    if not parts:
        return Result(method="stratified", reason=_NO_SCENARIO)
    intervals = [part.intervals[0] for part in parts]
    method = f"stratified {intervals[0].method}"
    if (undefined := _undefined(intervals)) is not None:
        return Result(method=method, reason=undefined)
    estimates = [
        Estimate(value=part.difference, low=one.low, high=one.high, n=0)
        for part, one in zip(parts, intervals, strict=True)
    ]
    found = weighted_estimate(estimates, weights)
    return Result(method=method, low=found.low, high=found.high)


def combined_effects(parts: Sequence[Comparison], weights: Sequence[float]) -> tuple[Result, ...]:
    """Return Cliff's delta over all scenarios; nothing for rates and survival times, which have no effect size.

    Args:
        parts: the comparisons in each scenario with runs of both groups.
        weights: as of `weights_of`.
    """
    effects = [part.effects[0] for part in parts if part.effects]
    deltas = [one.value for one in effects if one.value is not None]
    if not deltas:
        return ()
    found = common_delta(deltas, sizes_of(parts), weights)
    found = replace(found, method=f"stratified {found.method}")
    undefined = _undefined(effects)
    return (found if undefined is None else replace(found, low=None, high=None, reason=undefined),)


def combined_test(
    parts: Sequence[TestedStratum], level: pd.DataFrame, method: str, rng: np.random.Generator, *, draws: int
) -> Result:
    """Test the weighted mean of differences by permuting runs within scenarios.

    Args:
        parts: the comparisons in each scenario with runs of both groups.
        level: the runs of the compared group.
        method: the name of the test.
        rng: the generator of permutations, if not all of them are enumerated.
        draws: number of permutations in that case.
    """
    if not parts:
        return Result(method=method, reason=_NO_SCENARIO)
    if all(part.comparison.tests[0].p is None for part in parts):
        return Result(method=method, reason=parts[0].comparison.tests[0].reason)
    scores = pd.concat([part.scores for part in parts])
    blocks = np.repeat(range(len(parts)), [len(part.scores) for part in parts])
    arrangement = Arrangement(is_level=scores.index.isin(level.index), blocks=blocks)
    return block_permutation(method, np.asarray(scores, dtype=np.float64), arrangement, rng, draws=draws)


def _combined_side(sides: Sequence[Side], used: Sequence[Side], weights: Sequence[float]) -> Side:
    reasons = Counter[str]()
    for side in sides:
        reasons.update({omission.reason: omission.runs for omission in side.excluded})
    n = sum(side.n for side in used)
    reasons[_ALONE] = sum(side.n for side in sides) - n
    estimate = weighted_estimate([side.estimate for side in used], weights) if used else NO_ESTIMATE
    collapses = None if sides[0].collapses is None else sum(side.collapses or 0 for side in used)
    return Side(
        name=sides[0].name,
        runs=sum(side.runs for side in sides),
        n=n,
        excluded=omissions(reasons),
        estimate=estimate,
        collapses=collapses,
    )


def weighted_estimate(estimates: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """Return the weighted mean of estimates, with the interval of `combined_interval`.

    Args:
        estimates: one for each scenario.
        weights: as of `weights_of`.
    """
    n = sum(one.n for one in estimates)
    values = [one.value for one in estimates if one.value is not None]
    if len(values) < len(estimates):
        return Estimate(value=None, low=None, high=None, n=n)
    value = sum(weight * one for weight, one in zip(weights, values, strict=True))
    lows, highs = (
        [end for end in ends if end is not None]
        for ends in zip(*((one.low, one.high) for one in estimates), strict=True)
    )
    if min(len(lows), len(highs)) < len(estimates):
        return Estimate(value=value, low=None, high=None, n=n)
    below, above = (
        sqrt(sum((weight * (end - one)) ** 2 for weight, one, end in zip(weights, values, ends, strict=True)))
        for ends in (lows, highs)
    )
    return Estimate(value=value, low=value - below, high=value + above, n=n)


def _undefined(results: Sequence[Result]) -> str | None:
    """Why at least one of some intervals does not exist; None if all do."""
    return next((one.reason or "" for one in results if one.low is None or one.high is None), None)
