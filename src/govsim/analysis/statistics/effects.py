"""Differences of means with their intervals, and sizes of effects."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln, nctdtrinc
from scipy.stats import norm, rankdata, t

from govsim.analysis.intervals import CONFIDENCE, Values, is_constant
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.results import Effect, Interval

WELCH = "Welch's t"
PAIRED_T = "paired t"
HEDGES = "Hedges' g"
CLIFF = "Cliff's delta"
RANK_BISERIAL = "rank-biserial"

_TAIL = (1 - CONFIDENCE) / 2
_EXACT_PAIRS = 50  # beyond, the distribution takes long and is near a normal one


def welch_interval(level: Values, baseline: Values) -> Interval:
    """Welch's interval of a difference of means, for sides whose spreads need not be the same.

    ``x - y ± t(0.975, v) · sqrt(s_x²/n_x + s_y²/n_y)`` with Satterthwaite's `v`. Two sides without any spread have an
    interval of length 0.

    Args:
        level: values of the side compared.
        baseline: values of the side compared with.
    """
    one, other = _array(level), _array(baseline)
    if min(one.size, other.size) < 2:
        return Interval(method=WELCH, reason="a side has fewer than two values")
    difference = float(one.mean() - other.mean())
    if is_constant(one) and is_constant(other):
        return Interval(method=WELCH, low=difference, high=difference)
    shares = np.array([one.var(ddof=1) / one.size, other.var(ddof=1) / other.size])
    degrees = shares.sum() ** 2 / (shares**2 / [one.size - 1, other.size - 1]).sum()
    half = float(t.ppf(1 - _TAIL, degrees) * sqrt(shares.sum()))
    return Interval(method=WELCH, low=difference - half, high=difference + half)


def paired_interval(level: Values, baseline: Values) -> Interval:
    """Student's interval of the mean of differences within pairs: ``d ± t(0.975, n - 1) · s_d / sqrt(n)``.

    Args:
        level: values of the side compared.
        baseline: values of the side compared with, in the order of their pairs.
    """
    differences, is_equal = _differences(level, baseline)
    if differences.size < 2:
        return Interval(method=PAIRED_T, reason="fewer than two pairs")
    mean = float(differences.mean())
    if is_equal:
        return Interval(method=PAIRED_T, low=mean, high=mean)
    half = float(t.ppf(1 - _TAIL, differences.size - 1) * differences.std(ddof=1)) / sqrt(differences.size)
    return Interval(method=PAIRED_T, low=mean - half, high=mean + half)


def hedges_g(level: Values, baseline: Values) -> Effect:
    """The difference of means in pooled standard deviations, corrected for small samples (Hedges 1981).

    ``g = J(v) · (x - y) / s`` with ``v = n_x + n_y - 2`` and ``J(v) = Γ(v/2) / (sqrt(v/2) Γ((v-1)/2))``. Its interval
    comes from the noncentral t distribution, which holds for normal values of equal spread.

    Args:
        level: values of the side compared.
        baseline: values of the side compared with.
    """
    one, other = _array(level), _array(baseline)
    degrees = one.size + other.size - 2
    if not one.size or not other.size:
        return Effect(name=HEDGES, reason="a side has no value")
    if degrees < 2:
        return Effect(name=HEDGES, reason="fewer than four values")
    if is_constant(one) and is_constant(other):
        return Effect(name=HEDGES, reason="there is no spread on either side")
    squares = ((one - one.mean()) ** 2).sum() + ((other - other.mean()) ** 2).sum()
    standardised = float(one.mean() - other.mean()) / sqrt(squares / degrees)
    return _corrected(standardised, degrees, one.size * other.size / (one.size + other.size))


def paired_hedges_g(level: Values, baseline: Values) -> Effect:
    """The mean difference within pairs in standard deviations of the differences, corrected for small samples.

    ``g = J(n - 1) · d / s_d``, with the interval from the noncentral t distribution. It measures how regular a
    difference is, and does not compare with the g of unpaired sides.

    Args:
        level: values of the side compared.
        baseline: values of the side compared with, in the order of their pairs.
    """
    differences, is_equal = _differences(level, baseline)
    if differences.size < 3:
        return Effect(name=HEDGES, reason="fewer than three pairs")
    if is_equal:
        return Effect(name=HEDGES, reason="the differences have no spread")
    standardised = float(differences.mean() / differences.std(ddof=1))
    return _corrected(standardised, differences.size - 1, float(differences.size))


def cliffs_delta(level: Values, baseline: Values) -> Effect:
    """How much likelier a run of one side exceeds one of the other than the reverse: ``P(x > y) - P(x < y)``.

    -1..1; ties count for neither. The interval is Newcombe's (2006, method 5) for ``(delta + 1) / 2``, which stays
    sensible where the sides do not overlap.

    Args:
        level: values of the side compared.
        baseline: values of the side compared with.
    """
    one, other = _array(level), _array(baseline)
    if not one.size or not other.size:
        return Effect(name=CLIFF, reason="a side has no value")
    above = np.sign(one[:, np.newaxis] - other)
    low, high = _newcombe_area(float((above.mean() + 1) / 2), one.size, other.size)
    return Effect(name=CLIFF, value=float(above.mean()), low=2 * low - 1, high=2 * high - 1)


def rank_biserial(level: Values, baseline: Values) -> Effect:
    """How much of the rank sum of differences within pairs is positive, minus how much is negative (Kerby 2014).

    -1..1; pairs without a difference are left out. With `r = 2 q - 1`, `q` is the positive share of the rank sum. Its
    limits are the shares at which the observed rank sum, or one further out, would have a chance of 2.5 %, each rank
    being positive with that share for its chance: Clopper and Pearson's construction on Wilcoxon's signed ranks. So the
    interval leaves 0 out just where the exact signed-rank test has p < 0.05, and says something where all pairs agree.
    With more than 50 pairs that differ it is Wilson's, for `q` and ``(sum R)² / sum R²`` trials.

    Args:
        level: values of the side compared.
        baseline: values of the side compared with, in the order of their pairs.
    """
    differences, is_equal = _differences(level, baseline)
    if not differences.size or (is_equal and _is_nothing(level, baseline)):
        return Effect(name=RANK_BISERIAL, reason="no pair differs")
    # Rounding must neither make a difference of what is none, nor tell apart two that are the same.
    rounded = np.round(differences / np.abs(differences).max(), 9)
    rounded = rounded[rounded != 0]
    ranks = rankdata(np.abs(rounded))
    positive, total = float(ranks[rounded > 0].sum()), float(ranks.sum())
    limits = _exact_share if ranks.size <= _EXACT_PAIRS else _wilson_share
    low, high = limits(positive, ranks)
    return Effect(name=RANK_BISERIAL, value=2 * positive / total - 1, low=2 * low - 1, high=2 * high - 1)


def _corrected(standardised: float, degrees: int, size: float) -> Effect:
    """Hedges' g from a standardised difference, with limits for the noncentrality that gives its t value."""
    correction = exp(float(gammaln(degrees / 2) - gammaln((degrees - 1) / 2))) / sqrt(degrees / 2)
    statistic = standardised * sqrt(size)
    low, high = (float(nctdtrinc(degrees, p, statistic)) / sqrt(size) for p in (1 - _TAIL, _TAIL))
    value = correction * standardised
    if not (np.isfinite(low) and np.isfinite(high)):
        return Effect(name=HEDGES, value=value, reason="its interval is too far out to be computed")
    return Effect(name=HEDGES, value=value, low=correction * low, high=correction * high)


def _newcombe_area(area: float, n: int, m: int) -> tuple[float, float]:
    """Limits of P(x > y) + P(x = y)/2: where the square of its distance to `area` is z² times Hanley's variance."""
    z, others = float(norm.ppf(1 - _TAIL)), (n + m) / 2 - 1

    def excess(true: float) -> float:
        bracket = 1 + others * ((1 - true) / (2 - true) + true / (1 + true))
        return (true - area) ** 2 - z**2 * true * (1 - true) * bracket / (n * m)

    # At 0 and at 1 the excess is 0 as well: a limit there is one only when `area` lies on it.
    low = 0.0 if area == 0 else brentq(excess, 0.0, min(area, 1 - 1e-9))
    high = 1.0 if area == 1 else brentq(excess, max(area, 1e-9), 1.0)
    return float(low), float(high)


def _exact_share(positive: float, ranks: Floats) -> tuple[float, float]:
    """Limits of the chance of a rank to be positive, from the distribution of the positive rank sum."""
    doubled, at = np.rint(2 * ranks).astype(int), round(2 * positive)

    def excess_above(chance: float) -> float:
        return float(_rank_sums(doubled, chance)[at:].sum()) - _TAIL

    def excess_below(chance: float) -> float:
        return float(_rank_sums(doubled, chance)[: at + 1].sum()) - _TAIL

    low = 0.0 if at == 0 else brentq(excess_above, 0.0, 1.0)
    high = 1.0 if at == doubled.sum() else brentq(excess_below, 0.0, 1.0)
    return float(low), float(high)


def _rank_sums(doubled: NDArray[np.int64], chance: float) -> Floats:
    """The distribution of twice the positive rank sum, where each rank is positive with one chance by itself."""
    chances = np.zeros(doubled.sum() + 1)
    chances[0] = 1.0
    for rank in doubled:
        risen = np.concatenate([np.zeros(rank), chances[:-rank]])
        chances = (1 - chance) * chances + chance * risen
    return chances


def _wilson_share(positive: float, ranks: Floats) -> tuple[float, float]:
    """Wilson's limits of the same; a weighted share has the spread of one of so many equal trials."""
    share, trials = positive / float(ranks.sum()), float(ranks.sum() ** 2 / (ranks**2).sum())
    z = float(norm.ppf(1 - _TAIL))
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _differences(level: Values, baseline: Values) -> tuple[Floats, bool]:
    """Differences within pairs, and whether they are all the same but for rounding."""
    one, other = _array(level), _array(baseline)
    differences = one - other
    if not differences.size:
        return differences, True
    return differences, is_constant(differences, float(np.abs([one, other]).max()))


def _is_nothing(level: Values, baseline: Values) -> bool:
    one, other = _array(level), _array(baseline)
    return bool(np.allclose(one, other, rtol=0, atol=1e-12 * float(np.abs([one, other]).max())))


def _array(values: Values) -> Floats:
    return np.asarray(values, dtype=float)
