"""Regret: how much of the optimum each month of a run lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from govsim.errors import AnalysisError
from govsim.game.model import Floats, Game, Ints
from govsim.game.optimum import Optimum, survived_thresholds, threshold_weights


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

    The sum over both and all months is the optimum minus the total catch. If the collapse level is random, values
    are those of a society that has learned from every harvest which thresholds are still possible.

    Args:
        solution: the optimum.
        stocks: stock before each harvest in units, shape (months,).
        catches: total catch of each month in units, shape (months,).

    Raises:
        AnalysisError: the path is not possible.
    """
    game = solution.game
    before, taken = np.asarray(stocks, dtype=np.int64), np.asarray(catches, dtype=np.int64)
    if before.shape != taken.shape or not 0 < before.size <= game.months:
        raise AnalysisError(
            f"stocks, catches: have shapes {before.shape} and {taken.shape}; must be equal, with at most {game.months} "
            "months"
        )
    if (taken < 0).any() or (taken > before).any() or (before > game.capacity).any():
        raise AnalysisError(f"catches: must be from 0 to the stock, and stocks at most {game.capacity} (the capacity)")
    possible = thresholds_before(game, before - taken)
    now = solution.values[np.arange(len(before)), before, possible]
    harvests = zip(before.tolist(), taken.tolist(), possible.tolist(), strict=True)
    expected = np.array(
        [
            expected_rest(solution, month, stock, units, thresholds=thresholds)
            for month, (stock, units, thresholds) in enumerate(harvests, 1)
        ]
    )
    realised = np.append(now[1:], 0.0)
    return Regret(by_harvest=now - taken - expected, by_chance=expected - realised)


def expected_rest(solution: Optimum, month: int, stock: int, taken: int, *, thresholds: int | None = None) -> float:
    """Return the maximum expected catch in the months after a harvest, in units.

    Args:
        solution: the optimum.
        month: the month of the harvest.
        stock: stock before the harvest in units.
        taken: total catch of the harvest in units.
        thresholds: number of collapse levels, in ascending order, that were possible before the harvest; None for
            all.
    """
    game, left = solution.game, stock - taken
    before = len(game.levels) if thresholds is None else thresholds
    after = min(before, int(survived_thresholds(game)[left]))
    if not after:
        return 0.0
    weights = threshold_weights(game)
    row = game.following(month, solution.values[month, :, after])
    rest = float(row[left] if row.ndim == 1 else row[stock, left])
    return rest * float(weights[after] / weights[before])


def thresholds_before(game: Game, left: ArrayLike) -> Ints:
    """Return how many collapse levels, in ascending order, were possible before each of several harvests.

    Those above the fewest units left so far are not, as the stock survived.

    Args:
        game: the commons.
        left: units left after each harvest, shape (months,).
    """
    survived = np.insert(survived_thresholds(game)[np.asarray(left, dtype=np.int64)[:-1]], 0, len(game.levels))
    return np.maximum(1, np.minimum.accumulate(survived))
