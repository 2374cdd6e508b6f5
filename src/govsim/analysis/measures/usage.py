"""Over-usage: how often members ask for, or are granted, more than their sustainable share."""

from __future__ import annotations

import numpy as np

from govsim.analysis.measures.measure import MEASURES, CountedRun, Measure, defined
from govsim.errors import AnalysisError
from govsim.game.model import Floats


def over_usage(asked: Floats, member_thresholds: Floats) -> float:
    """Return the share of valid harvest decisions that ask for more than the member's threshold of that month.

    ``o = #{(i, t) : a_i^t > floor(w_i·f(t) / Σ w_j)} / #{(i, t) : a_i^t is valid}``, with equal weights ``w`` unless
    the experiment sets others. Forfeited decisions are excluded
    from both. The paper counts units received, and its printed values imply another denominator; see
    `over_usage_granted`.

    Args:
        asked: units asked for, shape (months, members), NaN where a member was absent or forfeited.
        member_thresholds: the maximum sustainable harvest of each member by month, in units, of the same shape.

    Returns:
        A share, 0..1; NaN without valid decisions.

    Raises:
        AnalysisError: the arrays have different shapes.
    """
    return _share_above(asked, member_thresholds)


def over_usage_granted(asked: Floats, received: Floats, member_thresholds: Floats) -> float:
    """Return the share of valid harvest decisions that were granted more than the member's threshold of that month.

    ``o = #{(i, t) : r_i^t > floor(w_i·f(t) / Σ w_j)} / #{(i, t) : a_i^t is valid}``: the paper's formula.

    Args:
        asked: units asked for, shape (months, members), NaN where a member was absent or forfeited.
        received: units received, of the same shape, NaN where a member was absent.
        member_thresholds: the maximum sustainable harvest of each member by month, in units, of the same shape.

    Returns:
        A share, 0..1; NaN without valid decisions.

    Raises:
        AnalysisError: the arrays have different shapes.
    """
    if asked.shape != received.shape:
        raise AnalysisError(f"asked has shape {asked.shape} and received {received.shape}: they must be equal")
    return _share_above(np.where(np.isnan(asked), np.nan, received), member_thresholds)


def _share_above(amounts: Floats, member_thresholds: Floats) -> float:
    if member_thresholds.shape != amounts.shape:
        raise AnalysisError(
            f"member_thresholds has shape {member_thresholds.shape}: must be {amounts.shape}, as that of the amounts"
        )
    valid = ~np.isnan(amounts)
    above = amounts > member_thresholds
    return float(above.sum() / valid.sum()) if valid.any() else float("nan")


def _asked(run: CountedRun) -> float | None:
    return defined(over_usage(run.harvests.asked, run.harvests.member_thresholds))


def _granted(run: CountedRun) -> float | None:
    harvests = run.harvests
    return defined(over_usage_granted(harvests.asked, harvests.received, harvests.member_thresholds))


MEASURES.register(
    Measure(
        name="over_usage",
        title="over-usage",
        heading=("over-usage", "asked %"),
        kind="share",
        formula="share of valid decisions with a(i,t) > the member's threshold of that month",
        source="Piatti et al. 2024, applied to units asked for",
        description="Share of valid decisions that ask for more than the member's threshold.",
        undefined="without a valid decision",
        function=_asked,
        better="lower",
    )
)
MEASURES.register(
    Measure(
        name="over_usage_granted",
        title="over-usage granted",
        heading=("over-usage", "granted %"),
        kind="share",
        formula="the same with r(i,t)",
        source="Piatti et al. 2024; its printed values imply another denominator",
        description="Share of valid decisions that were granted more than the member's threshold: the paper's formula.",
        undefined="without a valid decision",
        function=_granted,
        better="lower",
        is_compared=False,
        repeats="over_usage",
    )
)
