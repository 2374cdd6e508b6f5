"""The optimum of a society that does not know which growth law was drawn for its run, and learns it from growth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from govsim.errors import AnalysisError
from govsim.game.model import Floats, Game, Ints

MAX_STEPS = 500_000
"""Maximum number of combinations of month, units left and growth law."""

DrawnGames = Sequence[tuple[float, Game]]
"""The probability and the game of each growth law that can be drawn for a run; the games differ in nothing else."""


def learned_optimum(drawn: DrawnGames) -> float:
    """Return the maximum expected total catch if the growth law of the run is not known in advance.

    After every month, the society knows which laws agree with all growth so far: dynamic programming over month, stock
    and the set of these laws.

    Args:
        drawn: the growth laws that can be drawn.

    Returns:
        Units.

    Raises:
        AnalysisError: the collapse level or something else than the law is random, or there are too many steps.
    """
    games = [game for _, game in drawn]
    first = games[0]
    if not all(game.has_certain_growth for game in games):
        raise AnalysisError("shocks hide what the growth of a month reveals")
    if first.level is None:
        raise AnalysisError("the collapse level is random too")
    if (steps := first.months * (first.capacity + 1) * len(games)) > MAX_STEPS:
        raise AnalysisError(f"{steps:,} combinations of month, stock and growth law, at most {MAX_STEPS:,} are allowed")
    return float(_Values(drawn).of(frozenset(range(len(games))))[0, first.start])


class _Values:
    """Maximum expected catches by month and stock, for sets of laws that are possible.

    A value is weighted by the probability of its set, so that values of several sets can be added.
    """

    def __init__(self, drawn: DrawnGames) -> None:
        self._drawn = drawn
        self._game = drawn[0][1]
        self._level = self._game.level or 0
        self._found: dict[frozenset[int], Floats] = {}

    def of(self, possible: frozenset[int]) -> Floats:
        """The values from each month on, shape (months + 1, capacity + 1)."""
        if possible not in self._found:
            self._found[possible] = self._solved(possible)
        return self._found[possible]

    def _solved(self, possible: frozenset[int]) -> Floats:
        game = self._game
        weight = sum(self._drawn[law][0] for law in possible)
        units = weight * np.arange(game.capacity + 1)
        values = np.zeros((game.months + 1, game.capacity + 1))
        for month in range(game.months, 0, -1):
            following = np.zeros(game.capacity + 1)
            for left, stock, laws in self._results(possible, month):
                table = values if laws == possible else self.of(laws)
                following[left] += table[month, stock]
            values[month - 1] = units + np.maximum.accumulate(game.continuation * following - units)
        return values

    def _results(self, possible: frozenset[int], month: int) -> Iterator[tuple[int, int, frozenset[int]]]:
        """The next stocks after units left without a collapse, with the laws that lead to each."""
        stocks: Mapping[int, Ints] = {
            law: self._drawn[law][1].cases[month - 1][0].transition.stocks[:, 0] for law in possible
        }
        for left in range(self._level, self._game.capacity + 1):
            laws = defaultdict[int, set[int]](set)
            for law, next_stocks in stocks.items():
                laws[int(next_stocks[left])].add(law)
            for stock, found in laws.items():
                yield left, stock, frozenset(found)
