"""Regret: how much of the optimum each month of a run lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from govsim.errors import AnalysisError
from govsim.game.model import Floats
from govsim.game.solving import Optimum


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regret:
    """What each month of a run lost compared with the optimum, in units.

    Attributes:
        by_harvest: loss by the size of the harvest, 0 or more, shape (months,).
        by_chance: loss by the growth and the shocks that followed, compared with their expectation; negative if the
            stock grew more than expected, and 0 without randomness; shape (months,).
    """

    by_harvest: Floats
    by_chance: Floats

    @property
    def total(self) -> float:
        """The maximum expected total catch minus the catch, in units."""
        return float(self.by_harvest.sum() + self.by_chance.sum())


def regret(solution: Optimum, stocks: ArrayLike, catches: ArrayLike) -> Regret:
    """Return the regret of each month: ``V_t(h_t) - x_t - E V_{t+1}`` by the harvest, and the rest by chance.

    The sum over both and all months is the optimum minus the total catch.

    Args:
        solution: the optimum.
        stocks: stock before each harvest in units, shape (months,).
        catches: total catch of each month in units, shape (months,).

    Raises:
        AnalysisError: the path is not possible, or the collapse threshold is random.
    """
    game = solution.game
    if game.level is None:
        raise AnalysisError("world.collapse: is random; regret is computed only for a fixed collapse threshold")
    before, taken = np.asarray(stocks, dtype=np.int64), np.asarray(catches, dtype=np.int64)
    if before.shape != taken.shape or not 0 < before.size <= game.months:
        raise AnalysisError(
            f"stocks, catches: have shapes {before.shape} and {taken.shape}; must be equal, with at most {game.months} "
            "months"
        )
    if (taken < 0).any() or (taken > before).any() or (before > game.capacity).any():
        raise AnalysisError(f"catches: must be from 0 to the stock, and stocks at most {game.capacity} (the capacity)")
    values = solution.values[:, :, -1]
    now = values[np.arange(len(before)), before]
    expected = np.array(
        [expected_rest(solution, month, *pair) for month, pair in enumerate(zip(before, taken, strict=True), 1)]
    )
    realised = np.append(values[np.arange(1, len(before)), before[1:]], 0.0)
    return Regret(by_harvest=now - taken - expected, by_chance=expected - realised)


def expected_rest(solution: Optimum, month: int, stock: int, taken: int) -> float:
    """Return the maximum expected catch in the months after a harvest, in units.

    Args:
        solution: the optimum, with a fixed collapse threshold.
        month: the month of the harvest.
        stock: stock before the harvest in units.
        taken: total catch of the harvest in units.
    """
    game, left = solution.game, stock - taken
    assert game.level is not None
    if left < game.level:
        return 0.0
    row = game.following(month, solution.values[month, :, -1])
    return float(row[left] if row.ndim == 1 else row[stock, left])
