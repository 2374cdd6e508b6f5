"""The months of a society that harvests optimally in a commons whose growth is random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from govsim.errors import AnalysisError
from govsim.game.model import Floats, Ints
from govsim.game.optimum import Optimum, survived_thresholds, threshold_weights

_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedMonth:
    """A month under optimal harvests. Stocks and values are those of societies that reach it.

    Attributes:
        month: the month, from 1.
        reached: probability that the month is reached.
        stock: mean stock before the harvest in units.
        low: 10 % quantile of the stock.
        high: 90 % quantile of the stock.
        catch: expected total catch of the month in units; 0 counts if it is not reached.
        value: mean of the maximum expected catch from this month on, in units.
    """

    month: int
    reached: float
    stock: float
    low: int
    high: int
    catch: float
    value: float


@lru_cache(maxsize=4)
def expected_path(optimum: Optimum) -> tuple[ExpectedMonth, ...]:
    """Return the distribution of stock and catch of each month under optimal harvests, up to the last possible harvest.

    The distribution is exact: it is over growth, shocks, the collapse level and the end of the game. The sum of
    the catches is the optimum.

    Args:
        optimum: the optimal harvests.

    Raises:
        AnalysisError: the stock cannot be sustained.
    """
    if np.isnan(optimum.total):
        raise AnalysisError("path: no harvests are certain to keep the stock above the collapse level")
    game = optimum.game
    chances = np.zeros(optimum.values.shape[1:])  # by stock and number of possible collapse levels
    chances[game.start, -1] = 1.0
    found = []
    for month in range(1, game.months + 1):
        found.append(_described(optimum, month, chances))
        chances = _following(optimum, month, chances)
        if chances.sum() < _TOLERANCE:
            break
    return tuple(found)


def _described(optimum: Optimum, month: int, chances: Floats) -> ExpectedMonth:
    reached, by_stock = float(chances.sum()), chances.sum(axis=1)
    stocks, shares = np.arange(len(by_stock)), np.cumsum(by_stock) / by_stock.sum()
    catches = stocks[:, np.newaxis] - optimum.left[month - 1]
    values = np.where(chances > 0, optimum.values[month - 1], 0.0)  # those of stocks that are not reached can be NaN
    return ExpectedMonth(
        month=month,
        reached=reached,
        stock=float(by_stock @ stocks) / reached,
        low=int(np.searchsorted(shares, 0.1 - _TOLERANCE)),
        high=int(np.searchsorted(shares, 0.9 - _TOLERANCE)),
        catch=float((chances * catches).sum()),
        value=float((chances * values).sum()) / reached,
    )


def _following(optimum: Optimum, month: int, chances: Floats) -> Floats:
    """The probability of each stock and number of possible thresholds in the next month."""
    game, survived, weights = optimum.game, survived_thresholds(optimum.game), threshold_weights(optimum.game)
    found = np.zeros(chances.shape)
    for stock, thresholds in np.argwhere(chances > 0).tolist():
        left = int(optimum.left[month - 1, stock, thresholds])
        after = min(thresholds, int(survived[left]))
        if not after:
            continue
        chance = chances[stock, thresholds] * weights[after] / weights[thresholds] * game.continuation
        for stocks, shares in _next_stocks(optimum, month, stock, left):
            np.add.at(found[:, after], stocks, chance * shares)
    return found


def _next_stocks(optimum: Optimum, month: int, stock: int, left: int) -> Iterator[tuple[Ints, Floats]]:
    """The next stocks of each case, with their probabilities."""
    for case in optimum.game.cases[month - 1]:
        chance = case.probability if isinstance(case.probability, float | int) else case.probability[stock, left]
        yield case.transition.stocks[left], chance * case.transition.probabilities[left]
