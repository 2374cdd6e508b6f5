"""The optimum: the maximum expected total catch, by dynamic programming over month and stock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from govsim.errors import AnalysisError
from govsim.game.model import MAX_CELLS, Booleans, Floats, Game, Ints, Signal

PriorKnowledge = Literal["uninformed", "informed"]
"""What a society knows before its harvest: only the probabilities, or also how the month will turn out."""

_BY_LEFT = 2
"""Number of axes of tables by units left and collapse levels; tables by stock have one more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Optimum:
    """The optimal harvests of a commons.

    If the collapse level is random, a society learns about it from harvests that the stock survived. The number
    of thresholds that are still possible is the last axis of the tables, and all are possible in month 1.

    Attributes:
        game: the commons.
        is_sustained: whether the stock is certain to stay above the collapse level, including after the last
            harvest.
        values: maximum expected catch from a month on, in units, shape (months + 1, capacity + 1, thresholds + 1);
            NaN if the stock cannot be sustained.
        left: units that the optimal harvest leaves, shape (months, capacity + 1, thresholds + 1).
    """

    game: Game
    is_sustained: bool
    values: Floats
    left: Ints

    @property
    def total(self) -> float:
        """Maximum expected total catch in units; NaN if the stock cannot be sustained."""
        return float(self.values[0, self.game.start, -1])

    def __repr__(self) -> str:
        return f"<Optimum: {self.total:g} units in {self.game.months} months>"

    def value(self, month: int, stock: int, *, thresholds: int | None = None) -> float:
        """Return the maximum expected catch from a month on.

        Args:
            month: the month, from 1.
            stock: units at its start, from 0 to the capacity.
            thresholds: number of collapse levels, in ascending order, that are still possible; None for all.

        Returns:
            Units of the group; NaN if the stock cannot be sustained.
        """
        return float(self.values[month - 1, stock, -1 if thresholds is None else thresholds])

    def escapement(self, month: int, stock: int) -> int:
        """Return the units that the optimal harvest leaves, if every collapse level is still possible.

        Args:
            month: the month, from 1.
            stock: units at its start, from 0 to the capacity.
        """
        return int(self.left[month - 1, stock, -1])

    def path(self) -> tuple[tuple[int, int], ...]:
        """Return the stock and the total catch of each month under optimal harvests, up to the last harvest.

        Raises:
            AnalysisError: the next stock is random, or the stock cannot be sustained.
        """
        if not self.game.has_certain_growth:
            raise AnalysisError("path: there is no single optimal path, as the next stock is random")
        if np.isnan(self.total):
            raise AnalysisError("path: no harvests are certain to keep the stock above the collapse level")
        possible = survived_thresholds(self.game)
        found, stock, still = [], self.game.start, len(self.game.levels)
        for month in range(self.game.months):
            left = int(self.left[month, stock, still])
            found.append((stock, stock - left))
            still = min(still, int(possible[left]))
            if not still:
                break
            stock = int(self.game.cases[month][0].transition.stocks[left, 0])
        return tuple(found)


@lru_cache(maxsize=4)
def solve(game: Game, *, is_sustained: bool = False) -> Optimum:
    """Return the optimal harvests of a commons, whose members know only the probabilities.

    ``V_t(h) = max_x x + δ E V_{t+1}(next stock)``, where no harvest follows one that leaves fewer units than the
    collapse level. Of several optimal harvests, the smallest is chosen.

    Args:
        game: the commons.
        is_sustained: whether the stock must stay above the collapse level, including after the last harvest.

    Raises:
        AnalysisError: the tables would be too large.
    """
    _check_size(game, game.months)
    values: list[Floats] = [np.zeros((game.capacity + 1, len(game.levels) + 1))]
    choices: list[Ints] = []
    for best, left in _backwards(game, is_sustained, "uninformed"):
        values.insert(0, best)
        choices.insert(0, left)
    return Optimum(game=game, is_sustained=is_sustained, values=np.stack(values), left=np.stack(choices))


@lru_cache(maxsize=32)  # games can hold large arrays
def maximum_catch(game: Game, *, is_sustained: bool = False, knowledge: PriorKnowledge = "uninformed") -> float:
    """Return the maximum expected total catch, without the tables of `solve`.

    Args:
        game: the commons.
        is_sustained: whether the stock must stay above the collapse level, including after the last harvest.
        knowledge: what is known before a harvest.

    Returns:
        Units; NaN if the stock cannot be sustained.

    Raises:
        AnalysisError: a table would be too large, or how a month turns out cannot be known before its harvest.
    """
    [(best, _)] = deque(_backwards(game, is_sustained, knowledge), maxlen=1)
    return float(best[game.start, -1])


def _check_size(game: Game, rows: int) -> None:
    cells = rows * (game.capacity + 1) * (len(game.levels) + 1)
    if cells > MAX_CELLS:
        raise AnalysisError(
            f"world.capacity = {game.capacity}: a table of {cells:,} values is needed, at most {MAX_CELLS:,} are "
            "allowed; lower the capacity or the number of months"
        )


def survived_thresholds(game: Game) -> Ints:
    """Return for every number of units left how many collapse levels the stock survives, shape (capacity + 1,)."""
    return np.searchsorted(sorted(game.levels), np.arange(game.capacity + 1), side="right")


def threshold_weights(game: Game) -> Floats:
    """Return the probability that the collapse level is one of the lowest, by their number, shape (levels + 1,)."""
    return np.cumsum([0.0, *(game.levels[level] for level in sorted(game.levels))])


def _backwards(game: Game, is_sustained: bool, knowledge: PriorKnowledge) -> Iterator[tuple[Floats, Ints]]:
    """Yield values and units left by stock and number of possible thresholds, from the last month to the first.

    Values are weighted by the probability of the thresholds that are possible, so that they can be added over
    thresholds. A weighted value is divided by it when it is yielded.
    """
    by_stock = any(isinstance(case.probability, np.ndarray) for cases in game.cases for case in cases)
    _check_size(game, game.capacity + 1 if by_stock else 1)
    survived = survived_thresholds(game)
    weights = threshold_weights(game)
    still = np.minimum(survived[:, np.newaxis], np.arange(len(weights)))
    is_safe, values = np.ones(game.capacity + 1, dtype=bool), np.zeros((game.capacity + 1, len(weights)))
    for month in range(game.months, 0, -1):
        is_allowed = np.ones(game.capacity + 1, dtype=bool)
        if is_sustained:
            is_allowed = _allowed(game, month, survived == len(game.levels), is_safe)
        parts = _parts(game, month, values, knowledge)
        found = [_harvested(part, still, chance * weights, is_allowed) for chance, part in parts]
        values = np.sum([best for best, _ in found], axis=0)
        is_safe = _safe(is_allowed)
        shown = values / np.where(weights > 0, weights, 1)
        yield np.where(is_safe[:, np.newaxis], shown, np.nan), found[0][1]


def _allowed(game: Game, month: int, is_allowed: Booleans, is_safe: Booleans) -> Booleans:
    """Whether units left are certain to lead to stocks that can be sustained; by stock too if that matters."""
    for case in game.cases[month - 1]:
        leads_there = case.transition.reaches_only(is_safe)
        if isinstance(case.probability, np.ndarray):
            leads_there = leads_there | (case.probability == 0)
        is_allowed = is_allowed & leads_there
    return is_allowed


def _safe(is_allowed: Booleans) -> Booleans:
    """Whether some units that are allowed can be left, by stock."""
    if is_allowed.ndim == 1:
        return np.logical_or.accumulate(is_allowed)
    return np.asarray((is_allowed & np.tri(len(is_allowed), dtype=bool)).any(axis=1))


def _parts(game: Game, month: int, values: Floats, knowledge: PriorKnowledge) -> Iterator[tuple[float, Floats]]:
    """What is known before a harvest: its probability, and the value of what follows times this probability."""
    if knowledge == "uninformed":
        yield 1.0, game.following(month, values)
        return
    for signal in _signals(game, month) if game.signals is None else game.signals(month):
        following = sum((game.following_in(case, values) for case in signal.cases), start=np.zeros(1))
        yield signal.probability, game.continuation * signal.probability * following


def _signals(game: Game, month: int) -> Iterator[Signal]:
    """The cases of a month, if each can be known before the harvest."""
    for case in game.cases[month - 1]:
        if not isinstance(case.probability, float | int):
            raise AnalysisError("informed optimum: how a month turns out depends on its harvest")
        if not case.transition.is_certain:
            raise AnalysisError("informed optimum: the growth law does not list the ways in which a month can turn out")
        yield Signal(probability=case.probability, cases=(replace(case, probability=1.0),))


def _harvested(following: Floats, still: Ints, weights: Floats, is_allowed: Booleans) -> tuple[Floats, Ints]:
    """The best value and the units left, by stock and number of possible thresholds, before a harvest.

    Args:
        following: the value of what follows, by units left and number of thresholds that are still possible.
        still: number of thresholds that are possible after some units are left, by units left and number before.
        weights: the value of a unit taken, by number of thresholds.
        is_allowed: whether each number of units may be left; by stock too if that matters.
    """
    units = np.arange(len(is_allowed), dtype=np.float64)[:, np.newaxis]
    known = np.broadcast_to(still, following.shape)
    worth = np.take_along_axis(following, known, axis=-1) - weights * units
    worth = np.where(is_allowed[..., np.newaxis], worth, -np.inf)
    best, left = _running_maximum(worth) if worth.ndim == _BY_LEFT else _maximum_by_stock(worth)
    return np.where(np.isfinite(best), best + weights * units, 0.0), left


def _running_maximum(worth: Floats) -> tuple[Floats, Ints]:
    """The maximum over the units left up to each stock, and the largest number of units that attains it.

    What leaving some units is worth does not depend on the stock, so one pass is enough.
    """
    best = np.maximum.accumulate(worth, axis=0)
    places = np.arange(len(worth))[:, np.newaxis]
    return best, np.maximum.accumulate(np.where(worth == best, places, 0), axis=0)


def _maximum_by_stock(worth: Floats) -> tuple[Floats, Ints]:
    """The same where what units left are worth depends on the stock; `worth` has shape (stock, left, thresholds)."""
    is_possible = np.tri(len(worth), dtype=bool)[:, :, np.newaxis]
    possible = np.where(is_possible, worth, -np.inf)
    left = len(worth) - 1 - np.argmax(possible[:, ::-1], axis=1)
    return possible.max(axis=1), left
