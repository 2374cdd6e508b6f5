"""Tests of equivalence and non-inferiority: whether a difference is too small to matter.

Two one-sided tests (Schuirmann 1987) reject that the difference is at least as large as a margin, in either direction.
The groups are equivalent at the 5 % level if both reject, which holds exactly if the 90 % interval of the difference
lies within the margins. A group is not inferior if the test of the lower margin rejects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from govsim.analysis.intervals import rate_interval
from govsim.analysis.measures import Measure
from govsim.analysis.statistics.effects import GAFFKE_NEWCOMBE, squared_and_added
from govsim.analysis.statistics.sides import Design, identity_without, samples_of, shared_by, strata_of
from govsim.errors import AnalysisError

LEVEL = 0.05
"""The level of each of the two tests."""

Verdict = Literal["equivalent", "not inferior", "not shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """The result of two one-sided tests.

    Attributes:
        method: such as `Welch's t`, `paired t` or `Gaffke and Newcombe`.
        margin: the smallest difference that matters, in the unit of the measure.
        difference: the observed difference; None if it is undefined.
        low: lower end of its 90 % interval; None without one.
        high: upper end.
        p_lower: the p value that the difference is -margin or less; None if the method gives only the interval.
        p_upper: the p value that the difference is +margin or more.
        reason: why the result is undefined; None if it is not.
        remarks: remarks on the compared values, one sentence each.
    """

    method: str
    margin: float
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_lower: float | None = None
    p_upper: float | None = None
    reason: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether equivalence, or at least non-inferiority, is shown at the 5 % level."""
        if self.low is None or self.high is None or self.low <= -self.margin:
            return "not shown"
        return "equivalent" if self.high < self.margin else "not inferior"

    @property
    def p(self) -> float | None:
        """The p value of equivalence: the larger of the two."""
        return None if self.p_lower is None or self.p_upper is None else max(self.p_lower, self.p_upper)


def of_means(level: Sequence[float], baseline: Sequence[float], margin: float, *, is_paired: bool) -> Equivalence:
    """Test the equivalence of two means by Welch's t, or of a mean of differences by Student's t.

    Args:
        level: values of the compared group.
        baseline: values of the baseline; of the same seeds in the same order if paired.
        margin: the smallest difference that matters, above 0.
        is_paired: whether values at the same position belong together.

    Raises:
        AnalysisError: `margin` is not above 0.
    """
    if is_paired:
        differences = np.subtract(level, baseline)
        return _of_moments("paired t", margin, _moments(differences), None)
    return _of_moments("Welch's t", margin, _moments(level), _moments(baseline))


def to_published(values: Sequence[float], mean: float, deviation: float, n: int, margin: float) -> Equivalence:
    """Test the equivalence of a mean with a published mean, given its standard deviation, by Welch's t.

    Args:
        values: values of the runs.
        mean: the published mean.
        deviation: the published standard deviation of the runs.
        n: the number of runs it is based on.
        margin: the smallest difference that matters, above 0.

    Raises:
        AnalysisError: `margin` is not above 0.
    """
    return _of_moments("Welch's t", margin, _moments(values), (mean, deviation**2, n))


def of_rates(level: Sequence[bool], baseline: Sequence[bool], margin: float) -> Equivalence:
    """Test the equivalence of two rates by the 90 % interval of their difference, which has no p value.

    It combines those of both rates (`squared_and_added`): with five to twenty runs per group, at most 5 % of groups
    whose rates differ by the margin are shown to be equivalent, and up to 12 % with Newcombe's own interval.

    Args:
        level: outcomes of the compared group.
        baseline: outcomes of the baseline.
        margin: the smallest difference that matters, above 0, in percentage points.

    Raises:
        AnalysisError: `margin` is not above 0.
    """
    _check(margin)
    if not level or not baseline:
        return Equivalence(method=GAFFKE_NEWCOMBE, margin=margin, reason="a group has no runs")
    interval = squared_and_added(*(rate_interval(side, tail=LEVEL) for side in (level, baseline)))
    difference = 100 * (sum(level) / len(level) - sum(baseline) / len(baseline))
    return Equivalence(
        method=interval.method, margin=margin, difference=difference, low=interval.low, high=interval.high
    )


def equivalences(
    runs: pd.DataFrame, measure: Measure, *, by: str, baseline: str, margin: float, design: Design
) -> list[tuple[str, str, str, Equivalence]]:
    """Test the equivalence of every level of a column with a baseline.

    Args:
        runs: a frame of runs.
        measure: the measure.
        by: the column in which the groups differ.
        baseline: its value that all others are compared with.
        margin: the smallest difference that matters, above 0, in the unit in which the measure is shown.
        design: paired by seed or not, as for `govsim.analysis.compare`.

    Returns:
        What the groups share, the level, the baseline and the result in the shown unit, for each comparison.

    Raises:
        AnalysisError: the column, the baseline or the margin is not allowed.
    """
    found = []
    unit = 100.0 if measure.is_rate else measure.scale
    for stratum in strata_of(runs, by, baseline):
        if not len(stratum.baseline):
            continue
        samples = samples_of(stratum, measure, identity_without(by), design)
        level, other = ([unit * value for value in values] for values in samples.values)
        if measure.is_rate:
            one = of_rates([value > 0 for value in level], [value > 0 for value in other], margin)
        else:
            one = of_means(level, other, margin, is_paired=samples.is_paired)
        found.append((shared_by(stratum.within), *stratum.names, one))
    return found


_Moments = tuple[float, float, int]
"""Mean, variance and number of values."""


def _moments(values: Sequence[float] | np.ndarray) -> _Moments:
    array = np.asarray(values, dtype=float)
    return (
        float(array.mean()) if array.size else float("nan"),
        float(array.var(ddof=1)) if array.size > 1 else float("nan"),
        array.size,
    )


def _of_moments(method: str, margin: float, one: _Moments, other: _Moments | None) -> Equivalence:
    _check(margin)
    samples = [one] if other is None else [one, other]
    if any(n < 2 for _, _, n in samples):
        return Equivalence(method=method, margin=margin, reason="a group has fewer than two runs")
    difference = one[0] - (0.0 if other is None else other[0])
    variances = [variance / n for _, variance, n in samples]
    error = sqrt(sum(variances))
    if error == 0:
        reason = "there is no spread within the groups"
        return Equivalence(method=method, margin=margin, difference=difference, reason=reason)
    degrees = sum(variances) ** 2 / sum(part**2 / (n - 1) for part, (_, _, n) in zip(variances, samples, strict=True))
    half = float(stdtrit(degrees, 1 - LEVEL)) * error
    return Equivalence(
        method=method,
        margin=margin,
        difference=difference,
        low=difference - half,
        high=difference + half,
        p_lower=float(stdtr(degrees, -(difference + margin) / error)),
        p_upper=float(stdtr(degrees, (difference - margin) / error)),
    )


def _check(margin: float) -> None:
    if not margin > 0:
        raise AnalysisError(f"margin = {margin:g}: must be above 0, the smallest difference that matters")
