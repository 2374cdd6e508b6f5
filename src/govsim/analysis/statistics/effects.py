"""Differences of means with their intervals, and effect sizes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import exp, hypot, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, nctdtrinc
from scipy.stats import rankdata, ttest_ind, ttest_rel

from govsim.analysis.intervals import (
    CONFIDENCE,
    SAME,
    TAIL,
    Estimate,
    Values,
    bounded_limits,
    is_constant,
    student,
)
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.comparison_results import Result

GAFFKE = "Gaffke"
GAFFKE_NEWCOMBE = "Gaffke and Newcombe"
WELCH = "Welch's t"
PAIRED_T = "paired t"
HEDGES = "Hedges' g"
CLIFF = "Cliff's delta"
RANK_BISERIAL = "rank-biserial"


def squared_and_added(level: Estimate, baseline: Estimate) -> Result:
    """The interval of the difference of two independent estimates, from their own intervals (Newcombe 1998).

    ``x - y - sqrt((x - l_x)² + (u_y - y)²)`` and ``x - y + sqrt((u_x - x)² + (y - l_y)²)``, with the limits l and u of
    each group (`bounded_limits`). It does not leave the possible differences.

    Args:
        level: the compared group.
        baseline: the baseline.
    """
    if level.value is None or baseline.value is None:
        return Result(method=GAFFKE_NEWCOMBE, reason="a group has no value")
    if level.low is None or level.high is None or baseline.low is None or baseline.high is None:
        return Result(method=GAFFKE_NEWCOMBE, reason="a group has fewer than two values")
    difference = level.value - baseline.value
    below = hypot(level.value - level.low, baseline.high - baseline.value)
    above = hypot(level.high - level.value, baseline.value - baseline.low)
    return Result(method=GAFFKE_NEWCOMBE, low=difference - below, high=difference + above)


def bounded_paired_interval(level: Values, baseline: Values, span: float) -> Result:
    """Gaffke's interval of the mean of differences within pairs, which lie between -span and span.

    Args:
        level: values of the compared group.
        baseline: values of the baseline, in the order of their pairs.
        span: the largest possible difference.
    """
    differences = _array(level) - _array(baseline)
    if differences.size < 2:
        return Result(method=GAFFKE, reason="fewer than two pairs")
    low, high = bounded_limits(differences, -span, span)
    return Result(method=GAFFKE, low=low, high=high)


def welch_interval(level: Values, baseline: Values) -> Result:
    """Welch's interval of a difference of means, for groups whose variances can differ.

    ``x - y ± t(0.975, v) · sqrt(s_x²/n_x + s_y²/n_y)`` with Satterthwaite's `v`. Two groups without variance have an
    interval of length 0.

    Args:
        level: values of the compared group.
        baseline: values of the baseline.
    """
    one, other = _array(level), _array(baseline)
    if min(one.size, other.size) < 2:
        return Result(method=WELCH, reason="a group has fewer than two values")
    if is_constant(one) and is_constant(other):
        difference = float(one.mean() - other.mean())
        return Result(method=WELCH, low=difference, high=difference)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # one of the groups may have no variance
        found = ttest_ind(one, other, equal_var=False).confidence_interval(CONFIDENCE)
    return Result(method=WELCH, low=float(found.low), high=float(found.high))


def paired_interval(level: Values, baseline: Values) -> Result:
    """Student's interval of the mean of differences within pairs: ``d ± t(0.975, n - 1) · s_d / sqrt(n)``.

    Args:
        level: values of the compared group.
        baseline: values of the baseline, in the order of their pairs.
    """
    differences, is_equal = paired_differences(level, baseline)
    if differences.size < 2:
        return Result(method=PAIRED_T, reason="fewer than two pairs")
    if is_equal:
        mean = float(differences.mean())
        return Result(method=PAIRED_T, low=mean, high=mean)
    found = ttest_rel(_array(level), _array(baseline)).confidence_interval(CONFIDENCE)
    return Result(method=PAIRED_T, low=float(found.low), high=float(found.high))


def hedges_g(level: Values, baseline: Values) -> Result:
    """The difference of means in pooled standard deviations, corrected for small samples (Hedges 1981).

    ``g = J(v) · (x - y) / s`` with ``v = n_x + n_y - 2`` and ``J(v) = Γ(v/2) / (sqrt(v/2) Γ((v-1)/2))``. Its interval
    comes from the noncentral t distribution, for normal values of equal variance; no dependency implements it.

    Args:
        level: values of the compared group.
        baseline: values of the baseline.
    """
    one, other = _array(level), _array(baseline)
    degrees = one.size + other.size - 2
    if not one.size or not other.size:
        return Result(method=HEDGES, reason="a group has no value")
    if degrees < 2:
        return Result(method=HEDGES, reason="fewer than four values")
    if is_constant(one) and is_constant(other):
        return Result(method=HEDGES, reason="neither group has variance")
    squares = ((one - one.mean()) ** 2).sum() + ((other - other.mean()) ** 2).sum()
    standardised = float(one.mean() - other.mean()) / sqrt(squares / degrees)
    return _corrected(standardised, degrees, one.size * other.size / (one.size + other.size))


def paired_hedges_g(level: Values, baseline: Values) -> Result:
    """The mean difference within pairs in standard deviations of the differences, corrected for small samples.

    ``g = J(n - 1) · d / s_d``, with the interval from the noncentral t distribution. It measures how consistent a
    difference is, and is not comparable with the g of unpaired groups.

    Args:
        level: values of the compared group.
        baseline: values of the baseline, in the order of their pairs.
    """
    differences, is_equal = paired_differences(level, baseline)
    if differences.size < 3:
        return Result(method=HEDGES, reason="fewer than three pairs")
    if is_equal:
        return Result(method=HEDGES, reason="the differences have no variance")
    standardised = float(differences.mean() / differences.std(ddof=1))
    return _corrected(standardised, differences.size - 1, float(differences.size))


def cliffs_delta(level: Values, baseline: Values) -> Result:
    """The probability that a run of one group exceeds one of the other, minus the reverse: ``P(x > y) - P(x < y)``.

    -1..1; ties count for neither. The interval is that of `common_delta`.

    Args:
        level: values of the compared group.
        baseline: values of the baseline.
    """
    one, other = _array(level), _array(baseline)
    if not one.size or not other.size:
        return Result(method=CLIFF, reason="a group has no value")
    delta = float(np.sign(one[:, np.newaxis] - other).mean())
    return common_delta([delta], [(one.size, other.size)], [1.0])


def common_delta(deltas: Sequence[float], sizes: Sequence[tuple[int, int]], weights: Sequence[float]) -> Result:
    """The weighted mean of Cliff's deltas over strata, with Newcombe's interval (2006, method 5) of a common delta.

    Its limits are those values from which the mean is one quantile away, in standard deviations at that value: of
    ``Σ w² V`` with Hanley and McNeil's variance V in each stratum. It stays sensible if groups do not overlap; no
    dependency implements it. Student's quantile replaces the normal one, with which it covers 92 % in simulations of
    five runs with unequal variances. Combining the limits of each stratum covers too rarely: 89 % for three scenarios.

    Args:
        deltas: one for each stratum.
        sizes: the runs of the compared group and of the baseline in each stratum, at least 1.
        weights: one for each stratum; they add up to 1.
    """
    delta = float(np.dot(weights, deltas))
    area = (delta + 1) / 2
    quantile = student(max(1, sum(n + m - 2 for n, m in sizes)))

    def excess(true: float) -> float:
        spread = (1 - true) / (2 - true) + true / (1 + true)
        variance = sum(
            weight**2 * (1 + ((n + m) / 2 - 1) * spread) / (n * m)
            for weight, (n, m) in zip(weights, sizes, strict=True)
        )
        return (true - area) ** 2 - quantile**2 * true * (1 - true) * variance

    # At 0 and at 1 the excess is 0 as well: a limit there is one only when `area` lies on it.
    low = 0.0 if area <= 0 else brentq(excess, 0.0, min(area, 1 - 1e-9))
    high = 1.0 if area >= 1 else brentq(excess, max(area, 1e-9), 1.0)
    return Result(method=CLIFF, value=delta, low=2 * float(low) - 1, high=2 * float(high) - 1)


def rank_biserial(level: Values, baseline: Values) -> Result:
    """The positive minus the negative share of the rank sum of differences within pairs (Kerby 2014).

    -1..1; pairs without a difference are excluded. It has no interval: the usual one, by Fisher's
    transformation, has length 0 if all pairs agree, which is common with few pairs.

    Args:
        level: values of the compared group.
        baseline: values of the baseline, in the order of their pairs.
    """
    differences, is_equal = paired_differences(level, baseline)
    scale = float(np.abs([_array(level), _array(baseline)]).max(initial=0.0))
    if is_equal and not (np.abs(differences) > SAME * scale).any():
        return Result(method=RANK_BISERIAL, reason="no pair differs")
    # Rounding errors must neither create a difference nor separate two equal ones.
    rounded = np.round(differences / np.abs(differences).max(), 9)
    rounded = rounded[rounded != 0]
    ranks = rankdata(np.abs(rounded))
    positive, total = float(ranks[rounded > 0].sum()), float(ranks.sum())
    return Result(method=RANK_BISERIAL, value=2 * positive / total - 1)


def _corrected(standardised: float, degrees: int, size: float) -> Result:
    """Hedges' g from a standardised difference, with limits for the noncentrality that gives its t value."""
    correction = exp(float(gammaln(degrees / 2) - gammaln((degrees - 1) / 2))) / sqrt(degrees / 2)
    statistic = standardised * sqrt(size)
    low, high = (float(nctdtrinc(degrees, p, statistic)) / sqrt(size) for p in (1 - TAIL, TAIL))
    value = correction * standardised
    if not (np.isfinite(low) and np.isfinite(high)):
        return Result(method=HEDGES, value=value, reason="its interval cannot be computed")
    return Result(method=HEDGES, value=value, low=correction * low, high=correction * high)


def paired_differences(level: Values, baseline: Values) -> tuple[Floats, bool]:
    """Differences within pairs, and whether they are all equal up to rounding."""
    one, other = _array(level), _array(baseline)
    differences = one - other
    if not differences.size:
        return differences, True
    return differences, is_constant(differences, float(np.abs([one, other]).max()))


def _array(values: Values) -> Floats:
    return np.asarray(values, dtype=float)
