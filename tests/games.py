"""Games of the tests: the paper's world with other numbers, growth, shocks or collapse levels."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from govsim.config import World
from govsim.game import Case, Game, StockStrategy, Transition, certain, fair_share, game_of, uncertain, whole_stock

CAPACITY = 100

FAIR = StockStrategy(fair_share)
GREEDY = StockStrategy(whole_stock)
FIXED = StockStrategy(lambda position: 10)
CAUTIOUS = StockStrategy(lambda position: fair_share(position) // 2)
ESCAPEMENT = StockStrategy(lambda position: max(0, position.stock - 50) // position.members)
SPLIT = StockStrategy(lambda position: position.stock // position.members)
OPTIMAL = StockStrategy(
    lambda position: (
        position.stock // position.members
        if position.month == position.months
        else max(0, position.stock - 50) // position.members
    )
)


def paper(*, members: int = 5, **world: Any) -> Game:
    """The paper's world, with other numbers."""
    return game_of(World(**world), members=members)


def with_cases(*cases: Case, months: int = 12, **changes: Any) -> Game:
    """The paper's world, where every month turns out in one of several ways."""
    base = paper()
    values: dict[str, Any] = {
        "capacity": base.capacity,
        "start": base.start,
        "members": base.members,
        "levels": base.levels,
        "grown": base.grown,
    }
    return Game(cases=(cases,) * months, months=months, **(values | changes))


def multiplied(factor: str) -> Transition:
    """Growth by a factor, rounded down and limited by the capacity."""
    return certain([min(CAPACITY, int(Fraction(factor) * left)) for left in range(CAPACITY + 1)])


def uniform(low: str, high: str) -> Transition:
    """Growth by a factor between two numbers, all equally likely, rounded down and limited by the capacity."""
    ends = Fraction(low), Fraction(high)
    return uncertain([_next_stocks(left, *ends) for left in range(CAPACITY + 1)])


def _next_stocks(left: int, low: Fraction, high: Fraction) -> dict[int, float]:
    """Probability of each next stock: that of the factors from ``stock / left`` up to ``(stock + 1) / left``."""
    if left == 0:
        return {0: 1.0}
    found = {}
    for stock in range(CAPACITY + 1):
        most = high if stock == CAPACITY else min(high, Fraction(stock + 1, left))
        if (length := most - max(low, Fraction(stock, left))) > 0:
            found[stock] = float(length / (high - low))
    return found


def shocked(probability: float, share: str, *, before_growth: bool = False) -> Sequence[Case]:
    """Doubling, and with a probability the loss of a share of the stock before or after it."""

    def lost(stock: int) -> int:
        return stock - int(Fraction(share) * stock)

    doubled = [min(CAPACITY, 2 * left) for left in range(CAPACITY + 1)]
    after = [lost(stock) for stock in doubled]
    before = [min(CAPACITY, 2 * lost(left)) for left in range(CAPACITY + 1)]
    return (
        Case(probability=1 - probability, transition=certain(doubled)),
        Case(probability=probability, transition=certain(before if before_growth else after)),
    )
