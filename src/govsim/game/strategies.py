"""Strategies: what a member demands, as a function of the commons and of what it remembers."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from govsim.game.model import Game


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What a member knows when it decides. Amounts are whole units.

    Attributes:
        month: 1 for the first month.
        months: maximum number of months.
        stock: stock before the harvest.
        capacity: maximum stock.
        members: number of members.
        threshold: maximum sustainable harvest of the group by the growth that members know, as stated by institutions.
    """

    month: int
    months: int
    stock: int
    capacity: int
    members: int
    threshold: int


class Strategy(Protocol):
    """A strategy with a finite memory: a finite automaton that observes the total catch."""

    def initial(self) -> Hashable:
        """Return the memory before month 1."""

    def demand(self, memory: Hashable, position: Position) -> int:
        """Return the units that are demanded; 0 or more.

        Args:
            memory: what `initial` or `following` returned before.
            position: the month, the stock and the constants of the game.
        """

    def following(self, memory: Hashable, position: Position, total: int) -> Hashable:
        """Return the memory after a month.

        Args:
            memory: the memory at its start.
            position: the month and its stock.
            total: units that the group caught.
        """


@dataclass(frozen=True, slots=True)
class StockStrategy:
    """A strategy without memory: the demand depends on month and stock.

    Attributes:
        rule: returns the units that are demanded.
    """

    rule: Callable[[Position], int]

    def initial(self) -> Hashable:
        """Return nothing; see `Strategy`."""
        return None

    def demand(self, memory: Hashable, position: Position) -> int:
        """Return the demand of the rule; see `Strategy`."""
        return self.rule(position)

    def following(self, memory: Hashable, position: Position, total: int) -> Hashable:
        """Return nothing; see `Strategy`."""
        return None


@dataclass(frozen=True, slots=True)
class Trigger:
    """Grim trigger: one strategy until the group takes more than the threshold, and another one from then on.

    Attributes:
        before: the demand as long as no month exceeded the threshold.
        after: the demand from then on.
    """

    before: Callable[[Position], int]
    after: Callable[[Position], int]

    def initial(self) -> Hashable:
        """Return that the threshold has not been exceeded; see `Strategy`."""
        return False

    def demand(self, memory: Hashable, position: Position) -> int:
        """Return the demand of one of the two rules; see `Strategy`."""
        return (self.after if memory else self.before)(position)

    def following(self, memory: Hashable, position: Position, total: int) -> Hashable:
        """Return whether the threshold has been exceeded; see `Strategy`."""
        return bool(memory) or total > position.threshold


def fair_share(position: Position) -> int:
    """Demand an equal share of the threshold, rounded down."""
    return position.threshold // position.members


def whole_stock(position: Position) -> int:
    """Demand the whole stock."""
    return position.stock


def position_of(game: Game, month: int, stock: int) -> Position:
    """Return what every member of a game knows in a month.

    Args:
        game: the game.
        month: the month, from 1.
        stock: units at the start of the month, from 0 to the capacity.
    """
    return Position(
        month=month,
        months=game.months,
        stock=stock,
        capacity=game.capacity,
        members=game.members,
        threshold=int(game.thresholds[stock]),
    )
