"""What was taken beside the most that any society could take."""

from __future__ import annotations

import numpy as np

from govsim.analysis.measures.measure import MEASURES, CountedRun, Floats, Measure, defined
from govsim.commons import growth_law, state_at_start
from govsim.config import World
from govsim.errors import ConfigError


def optimum(world: World, *, keeps_alive: bool = False) -> float:
    """The most units that any society can take from a world in all its months.

    Dynamic programming over (month, stock): ``V_t(s) = max_{l <= s} (s - l) + V_{t+1}(min(K, floor(g l)))``, where
    nothing follows a harvest that leaves l < C units. In the paper's world 650 (50 a month, at last everything), or
    645 when the stock is to be alive after the last harvest too.

    Args:
        world: the commons and its number of months.
        keeps_alive: whether a stock below the collapse level may never be left, not even at the end.

    Returns:
        Units, 0..; NaN where `keeps_alive` is asked of a world that cannot be kept alive.
    """
    best = _best_from_any_stock(world, keeps_alive)[world.stock_at_start]
    return float(best) if np.isfinite(best) else float("nan")


def share_of_optimum(received: Floats, most: float) -> float:
    """What was taken as a share of the most that could be: ``sum_t R^t / optimum``.

    Args:
        received: units received, shape (months, members), NaN where a member was absent.
        most: the `optimum` of the world, in units.

    Returns:
        A share, 0..1; NaN where the optimum is 0 or undefined.
    """
    return float(np.nansum(received)) / most if most > 0 else float("nan")


def _best_from_any_stock(world: World, keeps_alive: bool) -> Floats:
    """The most that can be taken in all months, by stock at the start, shape (capacity + 1,)."""
    levels = np.arange(world.capacity + 1, dtype=np.float64)
    start = state_at_start(world)
    grown = np.array([start.grown(left) for left in range(world.capacity + 1)])
    is_alive = levels >= world.collapse
    after_collapse = -np.inf if keeps_alive else 0.0
    best = np.zeros(world.capacity + 1)
    for _ in range(world.months):
        # Whatever the stock is, leaving `left` of it costs as many units now: so one running maximum serves all.
        worth_leaving = np.where(is_alive, best[grown], after_collapse) - levels
        best = levels + np.maximum.accumulate(worth_leaving)
    return best


def _share(run: CountedRun) -> float | None:
    try:
        growth_law(run.world)
    except ConfigError:  # the plug-in that defines it is not installed, or cannot be used
        return None
    return defined(share_of_optimum(run.harvests.received, optimum(run.world)))


MEASURES.register(
    Measure(
        name="share_of_optimum",
        title="share of the optimum",
        heading=("share of", "optimum %"),
        kind="share",
        formula="Σ R / the most that any society can take",
        source="dynamic programming over month and stock",
        description="The catch of all months as a share of the most that any society can take.",
        undefined="where that is nothing or the growth law is not installed",
        function=_share,
        is_tabulated=False,
        is_compared=False,
    )
)
