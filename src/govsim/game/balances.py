"""The best reply of a member that cannot pay more than it has, as without `society.may_go_negative`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from govsim.errors import AnalysisError
from govsim.game.allocation import expected_catch
from govsim.game.best_replies import best_reply, demands_of, require_replies
from govsim.game.incentives import Incentives
from govsim.game.model import Floats, Game
from govsim.game.strategies import Position, StockStrategy, position_of

MAX_STEPS = 400_000_000
"""Maximum number of combinations of month, stock, units taken and balance."""

_PARTS = (1, 2, 4, 5, 10, 20)
"""Parts of the price of a unit in which balances can be counted."""

_TOLERANCE = 1e-9


def best_reply_within_balance(
    game: Game, others: Sequence[StockStrategy], incentives: Incentives, *, balance: int = 0
) -> float:
    """Return the maximum expected net catch of one member that cannot pay more than it has.

    Dynamic programming over month, stock and the member's balance. The charges of a month are limited together, by the
    balance with the catch of the month. Charges that chance decides, such as fines after inspections, are limited in
    each case. Where demand must exceed the stock, the charges are those for the expected catch; see `best_reply`.

    Args:
        game: the commons.
        others: one strategy without memory for each other member; limits apply to them too.
        incentives: what institutions change.
        balance: what the member has at first, in prices of one unit.

    Returns:
        Prices of one unit, without the initial balance.

    Raises:
        AnalysisError: as `best_reply`; the charges are not multiples of a 20th of the price of a unit; or there are too
            many combinations of month, stock, units taken and balance.
    """
    require_replies(game, others, game.members - 1)
    positions = [position_of(game, month, stock) for month in range(1, game.months + 1) for stock in _stocks(game)]
    grid = _grid(game, positions, incentives, balance)
    if grid is None:
        return best_reply(game, others, incentives)
    replies = _Replies(game=game, others=tuple(others), incentives=incentives, grid=grid)
    values = np.zeros((game.capacity + 1, grid.size))
    for month in range(game.months, 0, -1):
        values = replies.month(month, values)
    return float(values[game.start, balance * grid.parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """The balances that are distinguished: multiples of a part of the price of a unit, from 0.

    Attributes:
        parts: how many parts the price has.
        size: number of balances.
    """

    parts: int
    size: int

    @property
    def balances(self) -> Floats:
        """The balances in prices of one unit, shape (size,)."""
        return np.arange(self.size) / self.parts

    def places(self, balances: Floats) -> np.ndarray:
        """Return the index of each balance, rounded down; a balance beyond the grid has the last one."""
        return np.clip(np.floor(balances * self.parts + _TOLERANCE).astype(np.int64), 0, self.size - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replies:
    """The values of best replies, by stock and balance."""

    game: Game
    others: tuple[StockStrategy, ...]
    incentives: Incentives
    grid: _Grid

    def month(self, month: int, values: Floats) -> Floats:
        """Return the values in a month, shape (capacity + 1, balances), given those in the next."""
        level = self.game.level
        assert level is not None
        following = np.broadcast_to(self.game.following(month, values), (*self._shape(month), self.grid.size)).copy()
        following[..., :level, :] = 0.0
        found = [
            self._best(position_of(self.game, month, stock), following[stock] if following.ndim == 3 else following)
            for stock in _stocks(self.game)
        ]
        return np.array(found)

    def _shape(self, month: int) -> tuple[int, ...]:
        is_by_stock = any(isinstance(case.probability, np.ndarray) for case in self.game.cases[month - 1])
        return (self.game.capacity + 1,) * (2 if is_by_stock else 1)

    def _best(self, position: Position, following: Floats) -> Floats:
        """Return the value of the best demand for every balance; `following` is by units left and balance."""
        stock = position.stock
        limit = min(stock, self.incentives.limit(position))
        demands = tuple(min(one, limit) for one in demands_of(position, self.others, (None,) * len(self.others)))
        free, best = stock - sum(demands), np.full(self.grid.size, -np.inf)
        if free >= 0:
            catches = np.arange(min(limit, free) + 1, dtype=np.float64)
            left = free - catches.astype(np.int64)
            best = self._net(position, catches, following[left]).max(axis=0)
        if limit > free:
            catch = np.array([expected_catch(self.game.allocation, limit, demands, stock)])
            best = np.maximum(best, self._net(position, catch, following[:1])[0])
        return best

    def _net(self, position: Position, catches: Floats, later: Floats) -> Floats:
        """Return the expected net catch from this month on, by catch and balance.

        Args:
            position: the month and the stock.
            catches: possible catches, shape (catches,).
            later: what follows each catch, by balance at the start of the next month, shape (catches, balances).
        """
        total = np.zeros(later.shape)
        available = self.grid.balances + catches[:, np.newaxis]
        for chance, charges in self.incentives.cases(position, catches):
            paid = np.minimum(charges[:, np.newaxis], available)
            after = np.take_along_axis(later, self.grid.places(available - paid), axis=1)
            total += chance * (catches[:, np.newaxis] - paid + after)
        return total


def _stocks(game: Game) -> range:
    return range(game.capacity + 1)


def _grid(game: Game, positions: Sequence[Position], incentives: Incentives, balance: int) -> _Grid | None:
    """Return the balances that a member can have; None if nothing is charged.

    Raises:
        AnalysisError: as `best_reply_within_balance`.
    """
    charges = np.concatenate(list(_charges(positions, incentives)))
    if charges.max() <= 0:
        return None
    parts = next((one for one in _PARTS if np.abs(charges * one - np.rint(charges * one)).max() < _TOLERANCE), None)
    if parts is None:
        raise AnalysisError(f"best reply: charges are not multiples of 1/{_PARTS[-1]} of the price of a unit")
    received = max(0.0, -float(charges.min()))
    size = int((balance + _largest_catch(game) + game.months * received) * parts) + 1
    if (steps := len(positions) * (game.capacity + 1) * size) > MAX_STEPS:
        raise AnalysisError(f"best reply: {steps:,} combinations of month, stock, units taken and balance are too many")
    return _Grid(parts=parts, size=size)


def _charges(positions: Sequence[Position], incentives: Incentives) -> Iterator[Floats]:
    for position in positions:
        for _, charges in incentives.cases(position, np.arange(position.stock + 1, dtype=np.float64)):
            yield charges


def _largest_catch(game: Game) -> int:
    """Return an upper bound of what a member can take in all months: the first stock and all that can grow."""
    left = np.arange(game.capacity + 1)[:, np.newaxis]
    growth = [max(0, int((case.transition.stocks - left).max())) for cases in game.cases for case in cases]
    return game.start + (game.months - 1) * max(growth, default=0)
