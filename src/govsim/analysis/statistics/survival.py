"""Survival analysis: how long societies live, where some were not watched to their end.

The event is the collapse, in its month. A run that survived is censored at the last month it was to be watched, one
that was cancelled, lost its provider or was stopped otherwise at the months it completed. A run that is censored in a
month was still alive at the collapses of that month. A run that failed because its answers could not be read is left
out: the decisions it forfeited spared the stock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from govsim.analysis.counting import observed
from govsim.analysis.frames import runs_layout
from govsim.analysis.intervals import CONFIDENCE, SAME, Estimate
from govsim.analysis.measures import Floats, check_first_month
from govsim.analysis.statistics.resampling import RESAMPLES, permutation
from govsim.analysis.statistics.results import Interval, Omission, SignificanceTest
from govsim.errors import AnalysisError
from govsim.journal import UNREADABLE

if TYPE_CHECKING:
    import pandas as pd

LOG_RANK = "log-rank"
LOG_RANK_PERMUTATION = "log-rank permutation"
RMST = "restricted mean"

_NO_COLLAPSE = "no run collapsed while runs of two sides were watched"
_ALL_AT_ONCE = "every collapse hit all runs that were left, or all were of one side"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long runs were watched, and how that ended.

    Attributes:
        months: for each run the month of its collapse, or the months after which it was censored; 1 and more.
        has_collapsed: for each run whether it collapsed then.
        horizon: months that these runs were to be watched, at least: what none of them was to be watched beyond is not
            asked of any.
        left_out: runs that say nothing, by reason.
    """

    months: tuple[int, ...]
    has_collapsed: tuple[bool, ...]
    horizon: int
    left_out: tuple[Omission, ...] = ()

    def __post_init__(self) -> None:
        if len(self.months) != len(self.has_collapsed):
            raise AnalysisError(
                f"{len(self.months)} months and {len(self.has_collapsed)} claims: must be as many, one for each run"
            )
        if any(month < 1 for month in self.months):
            raise AnalysisError(f"months = {min(self.months)}: must be 1 or more; leave out runs without a whole month")

    @property
    def n(self) -> int:
        """Runs."""
        return len(self.months)

    @property
    def collapses(self) -> int:
        """Runs that collapsed; the others are censored."""
        return sum(self.has_collapsed)

    def is_known_up_to(self, horizon: int) -> bool:
        """Whether the survival curve is known for so many months: someone was watched as long, or all collapsed."""
        last = max(self.months, default=0)
        if not self.n or horizon < 1:
            return False
        are_gone = all(end for month, end in zip(self.months, self.has_collapsed, strict=True) if month == last)
        return horizon <= last or are_gone


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalStep:
    """A survival curve in one month, and what it comes from.

    Attributes:
        month: the month; 0 stands for the beginning.
        at_risk: runs that were watched and alive when it began.
        collapsed: runs that collapsed in it.
        censored: runs that were watched no longer than it.
        survival: the estimated share of societies that survive it, 0..1.
        low: lower end of its pointwise 95 % interval; None before the first collapse, and where nobody is left.
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
    """A survival curve (Kaplan and Meier 1958), which falls in steps.

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
        import pandas as pd

        names = list(SurvivalStep.__dataclass_fields__)
        frame = pd.DataFrame([asdict(step) for step in self.steps], columns=names)
        return frame.astype({"low": "float64", "high": "float64"})


def lifetimes_of(runs: pd.DataFrame, *, from_month: int = 1) -> Lifetimes:
    """Lifetimes of the runs of a frame.

    With `from_month` above 1 they are counted from the beginning of that month on, over the runs that came so far (a
    landmark analysis): the paper's newcomer figures start at 4.

    Args:
        runs: a frame of runs (`govsim.analysis.frames.runs_layout`), or some rows of one.
        from_month: the first month that counts.

    Raises:
        AnalysisError: a column is missing, or `from_month` is below 1.
    """
    check_first_month(from_month)
    needed = ("observed_months", "has_collapsed", "months_planned", "is_counted", "is_censored")
    if missing := [name for name in needed if name not in runs.columns]:
        raise AnalysisError(
            f"there is no column {missing[0]}: take a frame of runs, with {', '.join(runs_layout().names)}"
        )
    seen = observed(runs)
    months = seen["observed_months"].to_numpy(dtype=int) - from_month + 1
    ends = seen["has_collapsed"].to_numpy(dtype=bool)
    watched = months >= 1
    early = int((ends & ~watched).sum())
    reasons = (
        Omission(reason=UNREADABLE, runs=len(runs) - len(seen)),
        Omission(reason=f"collapsed before month {from_month}", runs=early),
        Omission(reason="without a whole month", runs=int((~watched).sum()) - early),
    )
    planned = seen["months_planned"].to_numpy(dtype=int) - from_month + 1
    return Lifetimes(
        months=tuple(int(month) for month in months[watched]),
        has_collapsed=tuple(bool(end) for end in ends[watched]),
        horizon=max(0, int(planned.min())) if planned.size else 0,
        left_out=tuple(reason for reason in reasons if reason.runs),
    )


def survival_curve(lifetimes: Lifetimes) -> SurvivalCurve:
    """The Kaplan-Meier curve with pointwise 95 % intervals (Greenwood's variance on the log(-log) scale).

    Args:
        lifetimes: of any number of runs; of none the curve has no steps.
    """
    if not lifetimes.n:
        return SurvivalCurve(steps=(), n=0, collapses=0, median=None)
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter(alpha=1 - CONFIDENCE).fit(lifetimes.months, lifetimes.has_collapsed)
    table = fitted.event_table.join(fitted.survival_function_).join(fitted.confidence_interval_survival_function_)
    steps = tuple(_step(int(month), *row) for month, *row in table.drop(columns=["removed", "entrance"]).itertuples())
    return SurvivalCurve(
        steps=steps,
        n=lifetimes.n,
        collapses=lifetimes.collapses,
        median=next((step.month for step in steps if step.survival <= 0.5 + SAME), None),
    )


def log_rank(groups: Mapping[str, Lifetimes]) -> SignificanceTest:
    """The log-rank test that two or more groups have the same survival curve (Mantel 1966), by chi-square.

    Groups of which no run was watched any more when the first run collapsed say nothing and take no degree of freedom.

    Args:
        groups: the lifetimes of each.
    """
    collapses = [
        month for group in groups.values() for month, end in zip(group.months, group.has_collapsed, strict=True) if end
    ]
    first = min(collapses, default=0)
    watched = [group for group in groups.values() if max(group.months, default=0) >= first]
    if not collapses or len(watched) < 2:
        return SignificanceTest(method=LOG_RANK, reason=_NO_COLLAPSE)
    if _is_settled(watched):
        return SignificanceTest(method=LOG_RANK, reason=_ALL_AT_ONCE)
    from lifelines.statistics import multivariate_logrank_test

    months = [month for group in watched for month in group.months]
    ends = [end for group in watched for end in group.has_collapsed]
    labels = [number for number, group in enumerate(watched) for _ in group.months]
    found = multivariate_logrank_test(months, labels, ends)
    return SignificanceTest(
        method=LOG_RANK,
        p=float(found.p_value),
        statistic=float(found.test_statistic),
        degrees=len(watched) - 1,
    )


def log_rank_permutation(
    level: Lifetimes, baseline: Lifetimes, rng: np.random.Generator, *, draws: int = RESAMPLES
) -> SignificanceTest:
    """The log-rank test by rearranging runs over two groups, for few runs; valid where both were censored alike.

    The groups' log-rank scores, ``1 if collapsed else 0, minus H(month)`` with the Nelson-Aalen hazard H of all runs
    together, are compared as `permutation` does.

    Args:
        level: lifetimes of the side compared.
        baseline: lifetimes of the side compared with.
        rng: where rearrangements are drawn from, when not all of them are looked at.
        draws: how many are drawn then.
    """
    months = np.array([*level.months, *baseline.months], dtype=float)
    ends = np.array([*level.has_collapsed, *baseline.has_collapsed], dtype=bool)
    if not level.n or not baseline.n or not ends.any():
        return SignificanceTest(method=LOG_RANK_PERMUTATION, reason=_NO_COLLAPSE)
    scores = ends - _hazard(months, ends)
    found = permutation(scores[: level.n], scores[level.n :], rng, is_paired=False, draws=draws)
    return SignificanceTest(method=LOG_RANK_PERMUTATION, p=found.p, smallest_p=found.smallest_p, draws=found.draws)


def restricted_mean(lifetimes: Lifetimes, horizon: int | None = None) -> Estimate:
    """The months that a society lives of the first `horizon`, on average: the area below the survival curve.

    ``A(0)`` with ``A(t) = integral of S from t to T``, and the variance ``sum_i A(t_i)² d_i / (n_i (n_i - d_i))`` over
    the months t_i in which d_i of n_i collapse (Klein and Moeschberger 2003, section 4.5). The interval is the normal
    one, cut to 0..T; with few runs it is too short. Where no run was censored before T, this is the mean survival time.

    Args:
        lifetimes: of any number of runs.
        horizon: T, in months; the lifetimes' own when None.

    Returns:
        Months. Value and interval are None where nobody was watched up to T; the interval also with a single run.

    Raises:
        AnalysisError: `horizon` is below 1.
    """
    limit = lifetimes.horizon if horizon is None else horizon
    if horizon is not None and horizon < 1:
        raise AnalysisError(f"horizon = {horizon}: must be 1 month or more")
    if not lifetimes.is_known_up_to(limit):
        return Estimate(value=None, low=None, high=None, n=lifetimes.n)
    area, variance = _area_and_variance(lifetimes, limit)
    if lifetimes.n == 1:
        return Estimate(value=area, low=None, high=None, n=1)
    half = float(norm.ppf((1 + CONFIDENCE) / 2)) * sqrt(variance)
    return Estimate(value=area, low=max(0.0, area - half), high=min(float(limit), area + half), n=lifetimes.n)


def restricted_mean_difference(level: Lifetimes, baseline: Lifetimes, horizon: int) -> Interval:
    """The normal interval of the difference of two restricted means, from the sum of their variances.

    Args:
        level: lifetimes of the side compared.
        baseline: lifetimes of the side compared with.
        horizon: the months that both are restricted to.
    """
    if min(level.n, baseline.n) < 2:
        return Interval(method=RMST, reason="a side has fewer than two runs")
    if not (level.is_known_up_to(horizon) and baseline.is_known_up_to(horizon)):
        return Interval(method=RMST, reason=f"a side has no run that was watched for {horizon} months")
    (one, one_variance), (other, other_variance) = (_area_and_variance(side, horizon) for side in (level, baseline))
    half = float(norm.ppf((1 + CONFIDENCE) / 2)) * sqrt(one_variance + other_variance)
    return Interval(method=RMST, low=one - other - half, high=one - other + half)


def _step(month: int, collapsed: int, censored: int, at_risk: int, *curve: float) -> SurvivalStep:
    survival, low, high = curve
    is_open = 0 < survival < 1
    return SurvivalStep(
        month=month,
        at_risk=int(at_risk),
        collapsed=int(collapsed),
        censored=int(censored),
        survival=float(survival),
        low=float(low) if is_open else None,
        high=float(high) if is_open else None,
    )


def _is_settled(groups: list[Lifetimes]) -> bool:
    """Whether each month's collapses took all runs at risk, or all at risk were of one group: no chance is left."""
    months = sorted({m for group in groups for m, end in zip(group.months, group.has_collapsed, strict=True) if end})
    for month in months:
        at_risk = [sum(m >= month for m in group.months) for group in groups]
        collapsed = sum(
            m == month and end for group in groups for m, end in zip(group.months, group.has_collapsed, strict=True)
        )
        if collapsed < sum(at_risk) and sum(count > 0 for count in at_risk) > 1:
            return False
    return True


def _hazard(months: Floats, ends: Floats) -> Floats:
    """The Nelson-Aalen cumulative hazard at each run's month."""
    times = np.unique(months[ends])
    at_risk = (months[:, np.newaxis] >= times).sum(axis=0)
    collapsed = ((months[:, np.newaxis] == times) & ends[:, np.newaxis]).sum(axis=0)
    return np.asarray(np.where(months[:, np.newaxis] >= times, collapsed / at_risk, 0.0).sum(axis=1))


def _area_and_variance(lifetimes: Lifetimes, horizon: int) -> tuple[float, float]:
    """The area below the curve up to the horizon, and its variance."""
    months, ends = np.array(lifetimes.months), np.array(lifetimes.has_collapsed)
    times = np.arange(1, horizon + 1)
    at_risk = (months[:, np.newaxis] >= times).sum(axis=0)
    collapsed = ((months[:, np.newaxis] == times) & ends[:, np.newaxis]).sum(axis=0)
    left = at_risk - collapsed
    survival = np.cumprod(np.divide(left, at_risk, out=np.zeros(horizon), where=at_risk > 0))
    # The curve is 1 in the first month, and in month t what it was after the collapses of month t - 1.
    heights = np.concatenate([[1.0], survival[:-1]])
    beyond = heights.sum() - np.cumsum(heights)
    spread = np.divide(collapsed, at_risk * left, out=np.zeros(horizon), where=(left > 0) & (at_risk > 0))
    return float(heights.sum()), float((beyond**2 * spread).sum())
