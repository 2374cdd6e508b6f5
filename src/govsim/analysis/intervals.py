"""Estimates over runs, with their 95 % intervals.

Tables need no other statistics. Quantiles come from `scipy.special`, because `scipy.stats` takes a second to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy.special import betaincinv, expit, logit, ndtri, stdtrit

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

    def to_json(self) -> dict[str, float | int | None]:
        """Return an object with the four attributes as keys."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


NOTHING = Estimate(value=None, low=None, high=None, n=0)
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
    """Return the mean with its interval from Student's t distribution: ``x ± t(0.975, n - 1) · s / sqrt(n)``.

    Where the values have bounds, the interval does not leave them; see `within_bounds`. Without bounds it equals that
    of `scipy.stats.ttest_1samp`, which is slow to import. Equal values give an interval of length 0, which only means
    that these runs agree.

    Args:
        values: one for each run; None and NaN are excluded.
        lowest: the smallest possible value; None without one.
        highest: the largest possible value; None without one.
    """
    known = known_values(values)
    if not known.size:
        return NOTHING
    if known.size == 1:
        return Estimate(value=float(known[0]), low=None, high=None, n=1)
    if is_constant(known):
        return Estimate(value=float(known[0]), low=float(known[0]), high=float(known[0]), n=known.size)
    mean = float(known.mean())
    half = float(student(known.size - 1) * known.std(ddof=1)) / sqrt(known.size)
    low, high = within_bounds(mean, half, lowest, highest)
    return Estimate(value=mean, low=low, high=high, n=known.size)


def within_bounds(
    value: float, half: float, lowest: float | None = None, highest: float | None = None
) -> tuple[float, float]:
    """Return the ends of an interval that does not leave the possible values.

    With two bounds a and b, the interval is symmetric on the logit scale: ``logit(u) ± half / ((b - a) u (1 - u))``
    with ``u = (value - a) / (b - a)``, transformed back. For shares this is the interval of a fractional logit model
    with a constant alone (Papke and Wooldridge 1996). With one bound, the interval ``value ± half`` is cut at it.

    Args:
        value: the estimate.
        half: half the length of its symmetric interval.
        lowest: the smallest possible value; None without one.
        highest: the largest possible value; None without one.
    """
    if lowest is None or highest is None or half == 0 or not lowest < value < highest:
        low, high = value - half, value + half
        return low if lowest is None else max(lowest, low), high if highest is None else min(highest, high)
    span = highest - lowest
    share = (value - lowest) / span
    centre, reach = logit(share), half / (span * share * (1 - share))
    return lowest + span * float(expit(centre - reach)), lowest + span * float(expit(centre + reach))


def student(degrees: float) -> float:
    """Return half the length of an interval of Student's t distribution, in standard errors."""
    return float(stdtrit(degrees, (1 + CONFIDENCE) / 2))


def rate_interval(claims: Iterable[bool | None], method: Literal["wilson", "exact"] = "wilson") -> Estimate:
    """Return the share of true values, in per cent, with its interval.

    Args:
        claims: one boolean for each run; None is excluded.
        method: Wilson's score interval (without continuity correction), which covers 95 % on average; or the exact one
            of Clopper and Pearson, which covers at least 95 % for every true rate and is therefore longer.
    """
    known = [bool(claim) for claim in claims if claim is not None]
    if not known:
        return NOTHING
    low, high = (wilson_limits if method == "wilson" else _clopper_pearson)(sum(known), len(known))
    return Estimate(value=100 * sum(known) / len(known), low=100 * low, high=100 * high, n=len(known))


def wilson_limits(holds: int, n: int) -> tuple[float, float]:
    """Return Wilson's limits of a share (1927), 0..1; they are 0 and 1 where none or all values are true.

    Args:
        holds: the number of true values.
        n: the number of values, at least one.
    """
    share, scale = holds / n, 2 * (n + NORMAL**2)
    centre = (2 * n * share + NORMAL**2) / scale
    half = NORMAL / scale * sqrt(4 * n * share * (1 - share) + NORMAL**2)
    return 0.0 if holds == 0 else centre - half, 1.0 if holds == n else centre + half


def estimated(measure: Measure, values: Iterable[MeasureValue | None], *, months: int | None = None) -> Estimate:
    """Return a measure over runs, in the unit in which it is shown: a rate with Wilson's interval, or a mean.

    Args:
        measure: the measure.
        values: one for each run, as in a frame; None and NaN are excluded.
        months: the maximum number of months of these runs, which bounds survival times; None if unknown.
    """
    if measure.is_rate:
        return rate_interval(None if value is None or np.isnan(value) else bool(value) for value in values)
    lowest, highest = map(measure.shown, measure.bounds(months))
    return mean_interval((measure.shown(value) for value in values), lowest, highest)


def _clopper_pearson(holds: int, n: int) -> tuple[float, float]:
    """The limits of a share from quantiles of the beta distribution (Clopper and Pearson 1934)."""
    low = 0.0 if holds == 0 else float(betaincinv(holds, n - holds + 1, TAIL))
    high = 1.0 if holds == n else float(betaincinv(holds + 1, n - holds, 1 - TAIL))
    return low, high
