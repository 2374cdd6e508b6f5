"""The gap between the paper's world and a reskinned one, in which knowledge of the paper does not apply."""

from __future__ import annotations

import numpy as np

from govsim.analysis.statistics import SEED
from govsim.analysis.statistics.comparison import compare_measures
from govsim.analysis.tables.comparisons import comparisons_table
from govsim.analysis.tables.table import Table
from govsim.lazy import pandas as pd

RESKINNED, PAPERS = "reskinned", "default"
"""The condition with other numbers and names, and the one with those of the paper."""

GAP_MEASURES = ("survival_time", "survival_rate", "efficiency")
"""The compared measures, which do not depend on the capacity and growth."""

_READING = (
    "Other numbers change how forgiving the world is for any model: compare the gap with that of a policy, or with the "
    "gap in a scenario that is not in the paper, such as reeds."
)


def reskinned_table(runs: pd.DataFrame, *, from_month: int = 1) -> Table | None:
    """Return the differences of the reskinned world from that of the paper, with their intervals.

    Args:
        runs: a frame of runs.
        from_month: the first month that the survival time counts.

    Returns:
        None if the runs have not both conditions, or no runs of both are the same in everything else.
    """
    chosen = runs[runs["condition"].isin([RESKINNED, PAPERS])]
    if chosen["condition"].nunique() < 2:
        return None
    found = compare_measures(
        chosen,
        by="condition",
        baseline=PAPERS,
        measures=GAP_MEASURES,
        rng=np.random.default_rng(SEED),
        from_month=from_month,
    )
    if not any(one.baseline.runs for one in found):
        return None
    return comparisons_table(found, name="reskinned", seed=SEED, notes=(_READING,))
