"""Expected catches of given strategies, and the best reply of one member to the strategies of all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from govsim.errors import AnalysisError
from govsim.game.allocation import expected_catch
from govsim.game.incentives import UNCHANGED, Incentives
from govsim.game.model import Floats, Game
from govsim.game.strategies import Position, StockStrategy, Strategy, position_of

Memories = tuple[Hashable, ...]

MAX_STATES = 2_000
"""Maximum number of combinations of a month and the memories of all members."""

MAX_MONTHS = 120
"""Maximum number of months."""


def expected_catches(game: Game, strategies: Sequence[Strategy]) -> tuple[float, ...]:
    """Return the expected total catch of each member, if every member follows a given strategy.

    Demands are limited by the stock. Expectations are over the next stock, the allocation rule and the end of the game.

    Args:
        game: the commons.
        strategies: one strategy for each member.

    Raises:
        AnalysisError: the number of strategies differs from that of members, the collapse level is random, or
            there are too many months.
    """
    require_replies(game, strategies, game.members)
    totals = np.zeros(game.members)
    states: Counter[tuple[int, Memories]] = Counter()
    states[game.start, tuple(one.initial() for one in strategies)] = 1.0  # type: ignore[assignment]
    for month in range(1, game.months + 1):
        following: Counter[tuple[int, Memories]] = Counter()
        for (stock, memories), chance in states.items():
            position = position_of(game, month, stock)
            demands = demands_of(position, strategies, memories)
            totals += chance * np.array(_shares(game, demands, stock))
            left = max(0, stock - sum(demands))
            remembered = _remembered(position, strategies, memories, stock - left)
            for after, probability in _next_stocks(game, month, stock, left):
                following[after, remembered] += chance * probability  # type: ignore[assignment]
        states = following
    return tuple(totals.tolist())


def best_reply(game: Game, others: Sequence[Strategy], incentives: Incentives = UNCHANGED) -> float:
    """Return the maximum expected total catch of one member, minus its charges, against the strategies of all others.

    Dynamic programming over month, stock and the memories of the others. The member knows them and the commons. Where
    demand must exceed the stock, it demands as much as it can, and the charge is that for its expected catch. Charges
    are paid in full, as with `society.may_go_negative`.

    Args:
        game: the commons.
        others: one strategy for each other member; limits apply to them too.
        incentives: what institutions change.

    Returns:
        Units, or prices of one unit if there are charges.

    Raises:
        AnalysisError: the number of strategies differs from that of other members, the collapse level is random,
            or there are too many months or memories.
    """
    require_replies(game, others, game.members - 1)
    replies = _Replies(game, tuple(others), incentives)
    return float(replies.values(1, tuple(one.initial() for one in others))[game.start])


def exploitability(game: Game, strategy: Strategy) -> float:
    """Return what one member gains with a best reply if all others follow a strategy that it would follow too.

    Args:
        game: the commons.
        strategy: the strategy of all members.

    Raises:
        AnalysisError: see `best_reply`.
    """
    own = expected_catches(game, (strategy,) * game.members)[0]
    return best_reply(game, (strategy,) * (game.members - 1)) - own


def require_replies(game: Game, strategies: Sequence[Strategy], members: int) -> None:
    """Reject games for which replies are not computed.

    Args:
        game: the commons.
        strategies: the strategies of some members.
        members: the number of strategies that are required.

    Raises:
        AnalysisError: as `expected_catches`.
    """
    if len(strategies) != members:
        raise AnalysisError(f"strategies = {len(strategies)}: must be {members}, one for each member")
    if game.months > MAX_MONTHS:
        raise AnalysisError(f"world.months = {game.months}: replies are computed for at most {MAX_MONTHS} months")
    if game.level is None:
        raise AnalysisError("world.collapse: is random; replies are computed only for a fixed collapse level")


def demands_of(position: Position, strategies: Sequence[Strategy], memories: Memories) -> tuple[int, ...]:
    """Return the demand of each strategy, at most the stock."""
    pairs = zip(strategies, memories, strict=True)
    return tuple(min(position.stock, strategy.demand(memory, position)) for strategy, memory in pairs)


def _remembered(position: Position, strategies: Sequence[Strategy], memories: Memories, total: int) -> Memories:
    pairs = zip(strategies, memories, strict=True)
    return tuple(strategy.following(memory, position, total) for strategy, memory in pairs)


def _shares(game: Game, demands: Sequence[int], stock: int) -> list[float]:
    """The expected catch of each member."""
    return [
        expected_catch(game.allocation, own, (*demands[:index], *demands[index + 1 :]), stock)
        for index, own in enumerate(demands)
    ]


def _next_stocks(game: Game, month: int, stock: int, left: int) -> Iterator[tuple[int, float]]:
    """The stocks of the next month with their probabilities, which do not include the end of the game."""
    assert game.level is not None
    if left < game.level:
        return
    for case in game.cases[month - 1]:
        chance = case.probability if isinstance(case.probability, float | int) else case.probability[stock, left]
        outcomes = zip(case.transition.stocks[left].tolist(), case.transition.probabilities[left].tolist(), strict=True)
        yield from ((after, game.continuation * chance * share) for after, share in outcomes if chance * share > 0)


@dataclass(frozen=True)
class _Replies:
    """The values of best replies, by month and by what the others remember."""

    game: Game
    others: tuple[Strategy, ...]
    incentives: Incentives = UNCHANGED
    known: dict[tuple[int, Memories], Floats] = field(default_factory=dict)

    @cached_property
    def is_memoryless(self) -> bool:
        return all(isinstance(other, StockStrategy) for other in self.others)

    def values(self, month: int, memories: Memories) -> Floats:
        """The maximum expected catch from a month on, by stock."""
        if month > self.game.months:
            return np.zeros(self.game.capacity + 1)
        if (month, memories) not in self.known:
            if len(self.known) >= MAX_STATES:
                raise AnalysisError(
                    f"best reply: the others have more than {MAX_STATES:,} combinations of month and memories"
                )
            self.known[month, memories] = np.zeros(0)
            stocks = range(self.game.capacity + 1)
            following: dict[Memories, Floats] = {}
            found = [self._best(month, stock, memories, following) for stock in stocks]
            self.known[month, memories] = np.array(found)
        return self.known[month, memories]

    def _best(self, month: int, stock: int, memories: Memories, following: dict[Memories, Floats]) -> float:
        """The best of all demands; `following` holds the values of the next month by memories."""
        position = position_of(self.game, month, stock)
        limit = min(stock, self.incentives.limit(position))
        demands = tuple(min(demand, limit) for demand in demands_of(position, self.others, memories))
        free = stock - sum(demands)
        later = self._following(position, memories, max(0, free), following)
        values = []
        if limit > free:
            catch = expected_catch(self.game.allocation, limit, demands, stock)
            values.append(catch - self.incentives.charge(position, np.array([catch]))[0] + later[0])
        if free >= 0:
            values.append(self._net(position, min(limit, free), later[: free + 1][::-1]))
        return float(max(values))

    def _net(self, position: Position, most: int, later: Floats) -> float:
        """The best of the demands up to `most`, none of which exceeds the stock; `later` is by the units taken."""
        catches = np.arange(most + 1, dtype=np.float64)
        return float((catches - self.incentives.charge(position, catches) + later[: most + 1]).max())

    def _following(
        self, position: Position, memories: Memories, most: int, following: dict[Memories, Floats]
    ) -> Floats:
        """What follows each number of units left up to the most, 0 after a collapse."""
        level = self.game.level
        assert level is not None
        if self.is_memoryless:
            found = self._row(position, memories, following)[: most + 1].copy()
            found[:level] = 0.0
            return found
        found = np.zeros(most + 1)
        for left in range(level, most + 1):
            after = _remembered(position, self.others, memories, position.stock - left)
            found[left] = self._row(position, after, following)[left]
        return found

    def _row(self, position: Position, after: Memories, following: dict[Memories, Floats]) -> Floats:
        """What follows each number of units left if the others remember something then."""
        if after not in following:
            following[after] = self.game.following(position.month, self.values(position.month + 1, after))
        row = following[after]
        return row if row.ndim == 1 else row[position.stock]
