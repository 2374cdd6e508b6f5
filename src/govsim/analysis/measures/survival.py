"""The survival rate and the survival time of societies."""

from __future__ import annotations

import numpy as np

from govsim.analysis.measures.measure import MEASURES, SURVIVAL_RATE, SURVIVAL_TIME, CountedRun, Measure
from govsim.errors import AnalysisError
from govsim.game.model import Floats


def survival_time(stock_after_harvest: Floats, collapse: int) -> int:
    """Return the months until the collapse, ``m = min{t : s_t < C}``, or all months if there is no such t.

    The survival time is 1 for a collapse in the first month, and T both for survival of T months and for a collapse in
    month T.

    Args:
        stock_after_harvest: units left after each harvest, before growth, shape (months,).
        collapse: the collapse level C; a stock of exactly C units has not collapsed.

    Returns:
        Months, 0..len(stock_after_harvest); 0 only without harvests.
    """
    collapsed = np.flatnonzero(stock_after_harvest < collapse)
    return int(collapsed[0]) + 1 if collapsed.size else len(stock_after_harvest)


def is_survivor(stock_after_harvest: Floats, collapse: int, months: int) -> bool:
    """Return whether the stock never fell below the collapse level: ``s_t >= C for t = 1..T``.

    The paper's survival rate counts runs with a survival time of T, including collapses in month T. Here, these do not
    count as survived.

    Args:
        stock_after_harvest: units left after each harvest, before growth, shape (months harvested,).
        collapse: the collapse level C.
        months: T, the planned number of months.

    Raises:
        AnalysisError: the run stopped before month T without a collapse, so that it is censored.
    """
    if bool(np.any(stock_after_harvest < collapse)):
        return False
    if len(stock_after_harvest) < months:
        raise AnalysisError(
            f"a run of {len(stock_after_harvest)} of {months} months without a collapse is censored: "
            "whether it survives is unknown; exclude it"
        )
    return True


def _survived(run: CountedRun) -> bool:
    return any(is_survivor(one.harvests.stock_after_harvest, one.collapse_level, one.last_month) for one in run.commons)


def _months(run: CountedRun) -> int:
    return max(survival_time(one.harvests.stock_after_harvest, one.collapse_level) for one in run.commons)


def site_survival(run: CountedRun) -> float | None:
    """Return the share of the sites whose stock never fell below the collapse level.

    Args:
        run: the run.

    Returns:
        A share, 0..1; None without several sites.
    """
    alive = [is_survivor(one.harvests.stock_after_harvest, one.collapse_level, one.last_month) for one in run.sites]
    return sum(alive) / len(alive) if alive else None


MEASURES.register(
    Measure(
        name=SURVIVAL_RATE,
        title="survival rate",
        heading=("survival", "rate %"),
        kind="rate",
        formula="share of the runs with s(t) ≥ C in all T months",
        source="Piatti et al. 2024, where a collapse in month T counts as survived",
        description="Whether the stock never fell below the collapse level (at one of the sites, if several).",
        function=_survived,
        better="higher",
    )
)
MEASURES.register(
    Measure(
        name=SURVIVAL_TIME,
        title="survival time",
        heading=("survival", "time months"),
        kind="lifetime",
        unit="months",
        formula="the first t with s(t) < C, else T",
        source="Piatti et al. 2024; a stock of exactly C has not collapsed, as in its text and code",
        description="Months until the collapse (of the last site, if there are several), or all planned months.",
        function=_months,
        better="higher",
    )
)
MEASURES.register(
    Measure(
        name="site_survival",
        title="sites that survive",
        heading=("sites that", "survive %"),
        kind="share",
        formula="share of the sites with s(t) ≥ C in all T months",
        source="govsim",
        description="Share of the sites whose stock never fell below the collapse level.",
        undefined="without several sites",
        function=site_survival,
        is_optional=True,
        better="higher",
    )
)
