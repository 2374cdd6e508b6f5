"""Estimates over runs, with their 95 % intervals.

Tables need no other statistics. Quantiles come from `scipy.special`, because `scipy.stats` takes a second to load.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from math import sqrt

import numpy as np
from scipy.special import betaincinv, ndtri, stdtrit

from govsim.analysis.measures import Floats, Measure, MeasureValue

CONFIDENCE = 0.95

TAIL = (1 - CONFIDENCE) / 2
"""The probability beyond each end of an interval."""

NORMAL = float(ndtri((1 + CONFIDENCE) / 2))
"""Half the length of an interval of the normal distribution, in standard deviations."""

Values = Sequence[float] | Floats
"""Numbers, one for each run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value over runs with its interval; None for values that do not exist.

    Attributes:
        value: the mean or rate; None without runs.
        low: lower end of the 95 % interval; None if there is none.
        high: its upper end.
        n: the number of runs that the value is based on.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int

    def times(self, factor: float) -> Estimate:
        """Return the estimate in another unit.

        Args:
            factor: units of the new kind in one of the old.
        """
        value, low, high = (None if one is None else factor * one for one in (self.value, self.low, self.high))
        return Estimate(value=value, low=low, high=high, n=self.n)

    def to_json(self) -> dict[str, float | int | None]:
        """Return an object with the four attributes as keys."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


NO_ESTIMATE = Estimate(value=None, low=None, high=None, n=0)
"""The estimate without runs."""


SAME = 1e-12
"""Values that differ by less than this share of the largest are equal: they differ only by rounding."""


def known_values(values: Iterable[float | None]) -> Floats:
    """Return the values without None and NaN."""
    return np.array([value for value in values if value is not None and not np.isnan(value)], dtype=float)


def is_constant(values: Floats, scale: float | None = None) -> bool:
    """Return whether values differ only by rounding, so that their standard deviation would be meaningless.

    Args:
        values: at least one.
        scale: the magnitude of the numbers that the values were computed from; that of the largest value when None.
    """
    largest = float(np.abs(values).max()) if scale is None else scale
    return float(np.ptp(values)) <= SAME * largest


def mean_interval(
    values: Iterable[float | None], lowest: float | None = None, highest: float | None = None
) -> Estimate:
    """Return the mean with its interval: Gaffke's between two bounds, else Student's, cut at a single bound.

    Gaffke's is that of `bounded_limits`. Student's is ``x ± t(0.975, n - 1) · s / sqrt(n)``, as in
    `scipy.stats.ttest_1samp`, which is slow to import; with equal values it has length 0, which only means that these
    runs agree.

    Args:
        values: one for each run; None and NaN are excluded.
        lowest: the smallest possible value; None without one.
        highest: the largest possible value; None without one.
    """
    known = known_values(values)
    if not known.size:
        return NO_ESTIMATE
    value = float(known[0]) if is_constant(known) else float(known.mean())
    if known.size == 1:
        return Estimate(value=value, low=None, high=None, n=1)
    if lowest is not None and highest is not None:
        low, high = bounded_limits(known, lowest, highest)
        return Estimate(value=value, low=low, high=high, n=known.size)
    half = 0.0 if is_constant(known) else float(student(known.size - 1) * known.std(ddof=1)) / sqrt(known.size)
    low = value - half if lowest is None else max(lowest, value - half)
    return Estimate(value=value, low=low, high=value + half, n=known.size)


def bounded_limits(values: Values, lowest: float, highest: float) -> tuple[float, float]:
    """Return Gaffke's limits of the mean of values between two bounds (2005), which assume nothing else.

    Each limit is a quantile of the mean of the values and the bound itself, with weights from a flat Dirichlet
    distribution. For values of 0 and 1 they are the limits of Clopper and Pearson (1934). Equal values have an interval
    of positive length, too: a few more runs could have had others.

    Args:
        values: one for each run, at least one.
        lowest: the smallest possible value.
        highest: the largest possible value, above `lowest`.
    """
    if highest <= lowest:
        return lowest, highest
    shares = np.clip((np.asarray(values, dtype=float) - lowest) / (highest - lowest), 0.0, 1.0)
    low, high = ratio_limits(shares, np.ones_like(shares))
    return lowest + (highest - lowest) * low, lowest + (highest - lowest) * high


def ratio_limits(parts: Values, wholes: Values) -> tuple[float, float]:
    """Return the limits of a share of rows, such as utterances, that is estimated from whole runs, 0..1.

    As `bounded_limits`, with a weight for each run, for ``sum of parts / sum of wholes``: the bound is a run of mean
    size. If all runs have the same size, these are the limits of the mean of their shares.

    Args:
        parts: the rows of each run that count, from 0 to its `wholes`.
        wholes: all rows of each run, above 0.
    """
    part, whole = (tuple(map(float, some)) for some in (parts, wholes))
    rest = tuple(max(0.0, all_of - of) for of, all_of in zip(part, whole, strict=True))
    return _lower_limit(part, whole), 1.0 - _lower_limit(rest, whole)


@lru_cache(maxsize=4096)
def _lower_limit(parts: tuple[float, ...], wholes: tuple[float, ...]) -> float:
    """The share that weighted parts, with a run of mean size that has none, exceed with a probability of 97.5 %."""
    of, every = np.array([*parts, 0.0]), np.array([*wholes, sum(wholes) / len(wholes)])
    highest = float((of / every).max())
    if highest <= 0:
        return 0.0
    return _root(lambda share: _chance_positive(of - share * every) - (1 - TAIL), highest)


def _root(function: Callable[[float], float], highest: float) -> float:
    """The root of a decreasing function between 0 and `highest`, by the Illinois method with bisection.

    Every third step halves the bracket, so that it ends where the function is steep or nearly constant.
    `scipy.optimize` has similar methods and takes long to import.
    """
    low, high, above, below, root, last = 0.0, highest, function(0.0), function(highest), 0.0, 0.0
    for step in count(1):
        root = (low * below - high * above) / (below - above) if step % 3 and below < above else low
        if not low < root < high:
            root = low + (high - low) / 2
        if high - low <= SAME * highest or not low < root < high:
            break
        found = function(root)
        if abs(found) < SAME:
            break
        if found > 0:
            low, above, below = root, found, below / 2 if last > 0 else below
        else:
            high, below, above = root, found, above / 2 if last < 0 else above
        last = found
    return root


def _chance_positive(amounts: Floats) -> float:
    """The probability that the sum of some amounts, with weights from a flat Dirichlet distribution, is above 0.

    The weights are exponential times over their sum, so this is the probability that the stages of one process, with
    the positive amounts as mean durations, last longer in sum than those of another one with the negative amounts. Of
    two current stages with means p and q, the first ends first with probability q / (p + q). `ahead[i]` is the
    probability with i stages left of the first process, and a total of `left` of both.
    """
    up, down = amounts[amounts > 0], -amounts[amounts < 0]
    ahead = np.ones(up.size + 1)
    ahead[0] = 0.0
    for left in range(2, up.size + down.size + 1):
        first, last = max(1, left - down.size), min(up.size, left - 1)
        one, other = up[first - 1 : last], down[left - last - 1 : left - first][::-1]
        ends = other / (one + other)
        ahead[first : last + 1] = ends * ahead[first - 1 : last] + (1 - ends) * ahead[first : last + 1]
    return float(ahead[-1])


def row_interval(values: Iterable[float | None], runs: Iterable[Hashable], *, is_share: bool = True) -> Estimate:
    """Return the mean over rows, such as utterances, with an interval from whole runs, as rows of one run are alike.

    Args:
        values: one for each row; None and NaN are excluded.
        runs: the run of each row.
        is_share: whether the values are in 0..1, for `ratio_limits`; otherwise they are amounts, which cannot be
            negative, with Student's interval of a ratio from linearized residuals, cut at 0.

    Returns:
        The mean; `n` counts runs with a value. There is no interval with fewer than two runs.
    """
    sums: dict[Hashable, tuple[float, float]] = {}
    for value, run in zip(values, runs, strict=True):
        if value is not None and not np.isnan(value):
            part, whole = sums.get(run, (0.0, 0.0))
            sums[run] = part + float(value), whole + 1
    if not sums:
        return NO_ESTIMATE
    parts, wholes = np.array(list(sums.values())).T
    mean = float(parts.sum() / wholes.sum())
    if len(sums) < 2:
        return Estimate(value=mean, low=None, high=None, n=1)
    if is_share:
        low, high = ratio_limits(parts, wholes)
    else:
        half = student(len(sums) - 1) * float((parts - mean * wholes).std(ddof=1) / wholes.mean()) / sqrt(len(sums))
        low, high = max(0.0, mean - half), mean + half
    return Estimate(value=mean, low=low, high=high, n=len(sums))


def student(degrees: float) -> float:
    """Return half the length of an interval of Student's t distribution, in standard errors."""
    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def rate_interval(claims: Iterable[bool | None], *, tail: float = TAIL) -> Estimate:
    """Return the share of true values, in per cent, with the interval of Clopper and Pearson (1934).

    It covers at least 95 % for every true rate, and equals that of `bounded_limits`.

    Args:
        claims: one boolean for each run; None is excluded.
        tail: the probability beyond each end, 0.025 for an interval of 95 %.
    """
    known = [bool(claim) for claim in claims if claim is not None]
    if not known:
        return NO_ESTIMATE
    holds, n = sum(known), len(known)
    low = 0.0 if holds == 0 else float(betaincinv(holds, n - holds + 1, tail))
    high = 1.0 if holds == n else float(betaincinv(holds + 1, n - holds, 1 - tail))
    return Estimate(value=100 * holds / n, low=100 * low, high=100 * high, n=n)


def estimated(measure: Measure, values: Iterable[MeasureValue | None], *, months: int | None = None) -> Estimate:
    """Return a measure over runs, in the unit in which it is shown: a rate or a mean.

    Args:
        measure: the measure.
        values: one for each run, as in a frame; None and NaN are excluded.
        months: the maximum number of months of these runs, which bounds survival times; None if unknown.
    """
    if measure.is_rate:
        return rate_interval(None if value is None or np.isnan(value) else bool(value) for value in values)
    lowest, highest = map(measure.shown, measure.bounds(months))
    return mean_interval((measure.shown(value) for value in values), lowest, highest)
