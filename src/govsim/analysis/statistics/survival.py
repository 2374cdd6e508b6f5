"""Survival analysis: how long societies survive, with right-censored runs.

The event is the collapse, in its month. A run that survived is censored at its last planned month, one that was
cancelled, lost its provider or stopped otherwise at the months it completed. A run censored in a month is at risk of
the collapses of that month. A run that failed because of unreadable answers is excluded: forfeited decisions take
nothing from the stock.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc
from scipy.stats import CensoredData, ecdf
from statsmodels.duration.survfunc import survdiff

from govsim.analysis.frames import runs_layout
from govsim.analysis.intervals import CONFIDENCE, SAME, Estimate, bounded_limits
from govsim.analysis.measures import Floats, check_first_month
from govsim.analysis.runs import observed
from govsim.analysis.statistics.comparison_results import Omission, Result, omissions
from govsim.analysis.statistics.effects import squared_and_added
from govsim.analysis.statistics.resampling import RESAMPLES, permutation
from govsim.errors import AnalysisError
from govsim.journal import UNREADABLE

LOG_RANK = "log-rank"
LOG_RANK_PERMUTATION = "log-rank permutation"
RMST = "restricted mean"

_NO_COLLAPSE = "no run collapsed while runs of two groups were observed"
_ALL_AT_ONCE = "every collapse included all runs at risk, or all were in one group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long runs were observed, and whether they collapsed.

    Attributes:
        months: for each run the month of its collapse, or the months after which it was censored; 1 and more.
        has_collapsed: for each run whether it collapsed then.
        horizon: the smallest number of planned months of these runs.
        excluded: excluded runs, by reason.
    """

    months: tuple[int, ...]
    has_collapsed: tuple[bool, ...]
    horizon: int
    excluded: tuple[Omission, ...] = ()

    def __post_init__(self) -> None:
        if len(self.months) != len(self.has_collapsed):
            raise AnalysisError(
                f"{len(self.months)} months and {len(self.has_collapsed)} booleans: must be the same number, one for "
                "each run"
            )
        if any(month < 1 for month in self.months):
            raise AnalysisError(
                f"months = {min(self.months)}: must be 1 or more; exclude runs without a complete month"
            )

    @property
    def n(self) -> int:
        """Runs."""
        return len(self.months)

    @property
    def collapses(self) -> int:
        """Runs that collapsed; the others are censored."""
        return sum(self.has_collapsed)

    @property
    def arrays(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Months and booleans as arrays, shape (runs,)."""
        return np.array(self.months, dtype=float), np.array(self.has_collapsed, dtype=bool)

    def is_known_up_to(self, horizon: int) -> bool:
        """Whether the survival curve is known up to a month: a run was observed as long, or all collapsed."""
        if not self.n or horizon < 1:
            return False
        months, ends = self.arrays
        return bool(horizon <= months.max() or ends[months == months.max()].all())


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalStep:
    """A survival curve in one month, and the counts it is based on.

    Attributes:
        month: the month; 0 stands for the beginning.
        at_risk: runs that were observed and alive at its start.
        collapsed: runs that collapsed in it.
        censored: runs whose observation ended with it.
        survival: the estimated share of societies that survive it, 0..1.
        low: lower end of its pointwise 95 % interval; None before the first collapse, and if no run is left.
        high: its upper end.
    """

    month: int
    at_risk: int
    collapsed: int
    censored: int
    survival: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalCurve:
    """A survival curve (Kaplan and Meier 1958), a step function.

    Attributes:
        steps: the beginning, and every month in which a run collapsed or was censored.
        n: runs.
        collapses: how many of them collapsed.
        median: the first month that at most half survive; None where more than half do to the end.
    """

    steps: tuple[SurvivalStep, ...]
    n: int
    collapses: int
    median: int | None

    def frame(self) -> pd.DataFrame:
        """The steps as a frame, with the attributes of `SurvivalStep` as columns; None becomes NaN."""
        names = [field.name for field in fields(SurvivalStep)]
        frame = pd.DataFrame([asdict(step) for step in self.steps], columns=names)
        return frame.astype({"low": "float64", "high": "float64"})


def lifetimes_of(runs: pd.DataFrame, *, from_month: int = 1) -> Lifetimes:
    """Lifetimes of the runs of a frame.

    With `from_month` above 1 they are counted from the beginning of that month on, over the runs that reached it (a
    landmark analysis): the paper's newcomer figures start at 4.

    Args:
        runs: a frame of runs (`govsim.analysis.frames.runs_layout`), or some rows of one.
        from_month: the first month that counts.

    Raises:
        AnalysisError: a column is missing, or `from_month` is below 1.
    """
    seen = _checked(runs, from_month)
    months = seen["observed_months"].to_numpy(dtype=int) - from_month + 1
    ends = seen["has_collapsed"].to_numpy(dtype=bool)
    watched = months >= 1
    early = int((ends & ~watched).sum())
    reasons = {
        UNREADABLE: len(runs) - len(seen),
        f"collapsed before month {from_month}": early,
        "without a whole month": int((~watched).sum()) - early,
    }
    planned = seen["months_planned"].to_numpy(dtype=int) - from_month + 1
    return Lifetimes(
        months=tuple(int(month) for month in months[watched]),
        has_collapsed=tuple(bool(end) for end in ends[watched]),
        horizon=max(0, int(planned.min())) if planned.size else 0,
        excluded=omissions(reasons),
    )


def _checked(runs: pd.DataFrame, from_month: int) -> pd.DataFrame:
    """The observed runs of a frame that has all columns that are needed."""
    check_first_month(from_month)
    needed = ("observed_months", "has_collapsed", "months_planned", "is_counted", "is_censored")
    if missing := [name for name in needed if name not in runs.columns]:
        raise AnalysisError(f"no column {missing[0]}; a frame of runs has {', '.join(runs_layout().names)}")
    return observed(runs)


def survival_curve(lifetimes: Lifetimes) -> SurvivalCurve:
    """The Kaplan-Meier curve with pointwise 95 % intervals (Greenwood's variance on the log(-log) scale).

    Args:
        lifetimes: of any number of runs; of none the curve has no steps.
    """
    if not lifetimes.n:
        return SurvivalCurve(steps=(), n=0, collapses=0, median=None)
    months, ends = lifetimes.arrays
    curve = ecdf(CensoredData(uncensored=months[ends], right=months[~ends])).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # there is no band where the curve is 1 or 0
        band = curve.confidence_interval(CONFIDENCE, method="log-log")
    at_risk, collapsed = _counts(months, ends, curve.quantiles)
    censored = (months[:, np.newaxis] == curve.quantiles).sum(axis=0) - collapsed
    low, high = (end.probabilities for end in band)  # type: ignore[attr-defined] # the stubs have numbers here
    steps = [SurvivalStep(month=0, at_risk=lifetimes.n, collapsed=0, censored=0, survival=1.0, low=None, high=None)]
    for index, survival in enumerate(map(float, curve.probabilities)):
        is_open = 0 < survival < 1
        steps.append(
            SurvivalStep(
                month=int(curve.quantiles[index]),
                at_risk=int(at_risk[index]),
                collapsed=int(collapsed[index]),
                censored=int(censored[index]),
                survival=survival,
                low=float(low[index]) if is_open else None,
                high=float(high[index]) if is_open else None,
            )
        )
    median = next((step.month for step in steps if step.survival <= 0.5 + SAME), None)
    return SurvivalCurve(steps=tuple(steps), n=lifetimes.n, collapses=lifetimes.collapses, median=median)


def log_rank(groups: Mapping[str, Lifetimes]) -> Result:
    """The log-rank test that two or more groups have the same survival curve (Mantel 1966), by chi-square.

    Groups without an observed run at the first collapse carry no information and take no degree of freedom.

    Args:
        groups: the lifetimes of each.
    """
    first = min(
        (months[ends].min() for months, ends in (group.arrays for group in groups.values()) if ends.any()), default=0
    )
    watched = [group for group in groups.values() if max(group.months, default=0) >= first]
    if not first or len(watched) < 2:
        return Result(method=LOG_RANK, reason=_NO_COLLAPSE)
    months, ends = (np.concatenate(parts) for parts in zip(*(group.arrays for group in watched), strict=True))
    if (months <= first).all() and ends[months == first].all():
        return Result(method=LOG_RANK, reason=_ALL_AT_ONCE)
    labels = np.repeat(range(len(watched)), [group.n for group in watched])
    statistic, _ = survdiff(months, ends.astype(int), labels)  # its own p is 0 where it is below 1e-16
    degrees = len(watched) - 1
    return Result(method=LOG_RANK, p=float(chdtrc(degrees, statistic)), value=float(statistic), degrees=degrees)


def log_rank_permutation(
    level: Lifetimes, baseline: Lifetimes, rng: np.random.Generator, *, draws: int = RESAMPLES
) -> Result:
    """The log-rank test by permuting runs over two groups, for few runs; valid if both have the same censoring.

    The groups' log-rank scores, ``1 if collapsed else 0, minus H(month)`` with the Nelson-Aalen hazard H of all runs
    together, are compared as `permutation` does.

    Args:
        level: lifetimes of the compared group.
        baseline: lifetimes of the baseline.
        rng: the generator of permutations, if not all of them are enumerated.
        draws: number of permutations in that case.
    """
    months, ends = (np.concatenate(parts) for parts in zip(level.arrays, baseline.arrays, strict=True))
    if not level.n or not baseline.n or not ends.any():
        return Result(method=LOG_RANK_PERMUTATION, reason=_NO_COLLAPSE)
    scores = _scores(months, ends)
    found = permutation(scores[: level.n], scores[level.n :], rng, is_paired=False, draws=draws)
    return Result(method=LOG_RANK_PERMUTATION, p=found.p, smallest_p=found.smallest_p, draws=found.draws)


def log_rank_scores(runs: pd.DataFrame, *, from_month: int = 1) -> pd.Series[float]:
    """Return the log-rank score of each run that survival analysis uses, with the index of the frame.

    Args:
        runs: the runs of both groups.
        from_month: the first month that counts.

    Raises:
        AnalysisError: a column is missing, or `from_month` is below 1.
    """
    seen = _checked(runs, from_month)
    used = seen[seen["observed_months"] >= from_month]
    months = used["observed_months"].to_numpy(dtype=float)
    return pd.Series(_scores(months, used["has_collapsed"].to_numpy(dtype=bool)), index=used.index, dtype=float)


def restricted_mean(lifetimes: Lifetimes, horizon: int | None = None) -> Estimate:
    """The mean number of the first `horizon` months that a society survives: the area below the survival curve.

    If no run was censored before T, this is the mean survival time with Gaffke's interval between 1 and T
    (`bounded_limits`). Of a run that was censored before T, the lower limit counts the months that it was observed, the
    upper limit all T months, so that the interval holds whatever the reason for censoring.

    Args:
        lifetimes: of any number of runs.
        horizon: T, in months; the lifetimes' own when None.

    Returns:
        Months. Value and interval are None if no run was observed up to T; the interval also with a single run.

    Raises:
        AnalysisError: `horizon` is below 1.
    """
    limit = lifetimes.horizon if horizon is None else horizon
    if horizon is not None and horizon < 1:
        raise AnalysisError(f"horizon = {horizon}: must be 1 month or more")
    if not lifetimes.is_known_up_to(limit):
        return Estimate(value=None, low=None, high=None, n=lifetimes.n)
    area = _area(lifetimes, limit)
    if lifetimes.n == 1:
        return Estimate(value=area, low=None, high=None, n=1)
    months, ends = lifetimes.arrays
    at_least = np.minimum(months, limit)
    low, _ = bounded_limits(at_least, 1.0, float(limit))
    _, high = bounded_limits(np.where(ends, at_least, limit), 1.0, float(limit))
    return Estimate(value=area, low=low, high=high, n=lifetimes.n)


def restricted_mean_difference(level: Lifetimes, baseline: Lifetimes, horizon: int) -> Result:
    """The interval of the difference of two restricted means, from their own intervals (`squared_and_added`).

    Args:
        level: lifetimes of the compared group.
        baseline: lifetimes of the baseline.
        horizon: the months that both are restricted to.
    """
    if min(level.n, baseline.n) < 2:
        return Result(method=RMST, reason="a group has fewer than two runs")
    if not (level.is_known_up_to(horizon) and baseline.is_known_up_to(horizon)):
        return Result(method=RMST, reason=f"a group has no run that was observed for {horizon} months")
    return replace(squared_and_added(*(restricted_mean(side, horizon) for side in (level, baseline))), method=RMST)


def _counts(months: Floats, ends: NDArray[np.bool_], times: Floats) -> tuple[Floats, Floats]:
    """Runs at risk when some months began, and runs that collapsed in them, shape (times,)."""
    at_risk = (months[:, np.newaxis] >= times).sum(axis=0)
    collapsed = ((months[:, np.newaxis] == times) & ends[:, np.newaxis]).sum(axis=0)
    return at_risk.astype(float), collapsed.astype(float)


def _scores(months: Floats, ends: NDArray[np.bool_]) -> Floats:
    """Log-rank scores: 1 for a collapse, else 0, minus the hazard of all runs at the run's month."""
    return np.asarray(ends - _hazard(months, ends))


def _hazard(months: Floats, ends: NDArray[np.bool_]) -> Floats:
    """The Nelson-Aalen cumulative hazard at each run's month."""
    times = np.unique(months[ends])
    at_risk, collapsed = _counts(months, ends, times)
    return np.asarray(np.where(months[:, np.newaxis] >= times, collapsed / at_risk, 0.0).sum(axis=1))


def _area(lifetimes: Lifetimes, horizon: int) -> float:
    """The area below the survival curve up to the horizon."""
    at_risk, collapsed = _counts(*lifetimes.arrays, np.arange(1.0, horizon + 1))
    survival = np.cumprod(np.divide(at_risk - collapsed, at_risk, out=np.zeros(horizon), where=at_risk > 0))
    # The curve is 1 in the first month, and in month t what it was after the collapses of month t - 1.
    return float(1.0 + survival[:-1].sum())
