"""How long societies live: the survival rate and the survival time."""

from __future__ import annotations

import numpy as np

from govsim.analysis.measures.measure import MEASURES, SURVIVAL_RATE, SURVIVAL_TIME, CountedRun, Floats, Measure
from govsim.errors import AnalysisError


def survival_time(stock_after_harvest: Floats, collapse: int) -> int:
    """Months that began with a living stock: ``m = min{t : s_t < C}``, and all months where there is no such t.

    A society that collapses in its first month has 1; one that lives through T months has T, and so has one that
    collapses in the last of them.

    Args:
        stock_after_harvest: units left after each harvest, before growth, shape (months,).
        collapse: the collapse level C; a stock of C units is alive.

    Returns:
        Months, 0..len(stock_after_harvest); 0 only where nothing was harvested.
    """
    collapsed = np.flatnonzero(stock_after_harvest < collapse)
    return int(collapsed[0]) + 1 if collapsed.size else len(stock_after_harvest)


def is_survivor(stock_after_harvest: Floats, collapse: int, months: int) -> bool:
    """Whether the stock never fell below the collapse level: ``s_t >= C for t = 1..T``.

    The paper's survival rate counts runs with a survival time of T, so that a collapse in month T passes there. Here
    it does not.

    Args:
        stock_after_harvest: units left after each harvest, before growth, shape (months harvested,).
        collapse: the collapse level C.
        months: T, the months that the society was to be watched.

    Raises:
        AnalysisError: the run stopped before month T without a collapse; it is censored, neither one nor the other.
    """
    if bool(np.any(stock_after_harvest < collapse)):
        return False
    if len(stock_after_harvest) < months:
        raise AnalysisError(
            f"a run of {len(stock_after_harvest)} of {months} months without a collapse is censored: "
            "whether it survived cannot be told; leave it out"
        )
    return True


def _survived(run: CountedRun) -> bool:
    return is_survivor(run.harvests.stock_after_harvest, run.world.collapse, run.world.months)


def _months(run: CountedRun) -> int:
    return survival_time(run.harvests.stock_after_harvest, run.world.collapse)


MEASURES.register(
    Measure(
        name=SURVIVAL_RATE,
        title="survival rate",
        heading=("survival", "rate %"),
        kind="rate",
        formula="share of the runs with s(t) ≥ C in all T months",
        source="Piatti et al. 2024; a collapse in month T counts as one here, and as survived there",
        description="Whether the stock never fell below the collapse level.",
        function=_survived,
    )
)
MEASURES.register(
    Measure(
        name=SURVIVAL_TIME,
        title="survival time",
        label="Months survived",
        heading=("survival", "months"),
        kind="lifetime",
        unit="months",
        formula="the first t with s(t) < C, else T",
        source="Piatti et al. 2024; a stock of exactly C is alive, as in its prose and code",
        description="Months that began with a living stock.",
        function=_months,
    )
)
