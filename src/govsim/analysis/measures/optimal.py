"""The catch compared with the maximum that any society could take."""

from __future__ import annotations

import numpy as np

from govsim.analysis.measures.measure import MEASURES, CountedRun, Floats, Measure, defined
from govsim.commons import growth_law, state_at_start
from govsim.config import World
from govsim.errors import ConfigError


def optimum(world: World, *, keeps_alive: bool = False) -> float:
    """Return the maximum total units that any society can take from a world in all its months.

    Dynamic programming over (month, stock): ``V_t(s) = max_{l <= s} (s - l) + V_{t+1}(min(K, floor(g l)))``, where
    no harvest follows one that leaves l < C units. In the paper's world it is 650 (50 in each month, everything in the
    last), or 645 if the stock must survive the last harvest too.

    Args:
        world: the commons and its number of months.
        keeps_alive: whether the stock must never fall below the collapse level, including after the last harvest.

    Returns:
        Units, 0 or more; NaN with `keeps_alive` if the stock cannot stay above the collapse level.
    """
    best = _best_from_any_stock(world, keeps_alive)[world.stock_at_start]
    return float(best) if np.isfinite(best) else float("nan")


def share_of_optimum(received: Floats, most: float) -> float:
    """Return the catch as a share of the optimum: ``sum_t R^t / optimum``.

    Args:
        received: units received, shape (months, members), NaN where a member was absent.
        most: the `optimum` of the world, in units.

    Returns:
        A share, 0..1; NaN if the optimum is 0 or undefined.
    """
    return float(np.nansum(received)) / most if most > 0 else float("nan")


def _best_from_any_stock(world: World, keeps_alive: bool) -> Floats:
    """The maximum total catch in all months, by stock at the start, shape (capacity + 1,)."""
    levels = np.arange(world.capacity + 1, dtype=np.float64)
    start = state_at_start(world)
    grown = np.array([start.grown(left) for left in range(world.capacity + 1)])
    is_alive = levels >= start.collapse
    after_collapse = -np.inf if keeps_alive else 0.0
    best = np.zeros(world.capacity + 1)
    for _ in range(world.months):
        # The value of leaving `left` units does not depend on the stock, so one running maximum covers all stocks.
        worth_leaving = np.where(is_alive, best[grown], after_collapse) - levels
        best = levels + np.maximum.accumulate(worth_leaving)
    return best


def _share(run: CountedRun) -> float | None:
    try:
        law = growth_law(run.world)
    except ConfigError:  # the plug-in that defines it is not installed, or cannot be used
        return None
    if not law.is_certain or run.world.shocks:
        return None
    world = run.world.model_copy(update={"collapse": run.collapse_level, "months": run.last_month})
    return defined(share_of_optimum(run.harvests.received, optimum(world)))


MEASURES.register(
    Measure(
        name="share_of_optimum",
        title="share of the optimum",
        heading=("share of", "optimum %"),
        kind="share",
        formula="Σ R / the maximum that any society can take",
        source="dynamic programming over month and stock",
        description="The catch of all months as a share of the maximum that any society can take.",
        undefined="if that maximum is 0, growth or shocks are random, or the growth law is not installed",
        function=_share,
        is_tabulated=False,
        is_compared=False,
    )
)
