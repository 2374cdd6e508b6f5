"""The commons as a finite dynamic game: what the next stock can be, by the units left after a harvest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from govsim.errors import ConfigError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Booleans = NDArray[np.bool_]

Method = Literal["exact", "bound", "unavailable"]
"""How a result was obtained: proved or computed exactly, a bound, or not computed."""

MAX_CELLS = 5_000_000
"""Maximum number of values of one table, by stock and units left or by month and stock."""

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transition:
    """The distribution of the next stock for every number of units left.

    Attributes:
        stocks: possible next stocks, shape (capacity + 1, outcomes).
        probabilities: their probabilities, of the same shape; 0 for entries that only fill a row.
    """

    stocks: Ints
    probabilities: Floats

    def __post_init__(self) -> None:
        """Reject invalid distributions.

        Raises:
            ConfigError: the shapes differ, a stock is outside ``0..capacity``, or a row does not sum to 1.
        """
        capacity = len(self.stocks) - 1
        if self.stocks.shape != self.probabilities.shape:
            raise ConfigError(f"probabilities: must have shape {self.stocks.shape}, that of the stocks")
        if self.stocks.min() < 0 or self.stocks.max() > capacity:
            raise ConfigError(f"stocks: must be from 0 to {capacity} (the capacity)")
        if self.probabilities.min() < 0 or abs(self.probabilities.sum(axis=1) - 1).max() > _TOLERANCE:
            raise ConfigError("probabilities: must be at least 0 and sum to 1 for every number of units left")

    @property
    def is_certain(self) -> bool:
        """Whether the next stock depends on the units left alone."""
        return len(self.stocks[0]) == 1

    def expected(self, values: Floats) -> Floats:
        """Return the expectation of a value of the next stock.

        Args:
            values: one value for each next stock, shape (capacity + 1, ...).

        Returns:
            The expectation for every number of units left, shape (capacity + 1, ...).
        """
        if self.is_certain:
            return values[self.stocks[:, 0]]
        return np.asarray(np.einsum("lo,lo...->l...", self.probabilities, values[self.stocks]))

    def reaches_only(self, allowed: Booleans) -> Booleans:
        """Return for every number of units left whether the next stock is certain to be an allowed one."""
        return np.asarray((allowed[self.stocks] | (self.probabilities == 0)).all(axis=1))


def certain(stocks: Sequence[int] | Ints) -> Transition:
    """Return a transition without randomness.

    Args:
        stocks: the next stock for every number of units left, shape (capacity + 1,).
    """
    column = np.asarray(stocks, dtype=np.int64)[:, np.newaxis]
    return Transition(stocks=column, probabilities=np.ones(column.shape))


def uncertain(distributions: Sequence[Mapping[int, float]]) -> Transition:
    """Return a transition from the distribution of the next stock for every number of units left.

    Args:
        distributions: the probability of each possible next stock, by units left from 0 to the capacity.
    """
    width = max(map(len, distributions))
    stocks, probabilities = np.zeros((2, len(distributions), width))
    for left, distribution in enumerate(distributions):
        stocks[left, : len(distribution)] = list(distribution)
        probabilities[left, : len(distribution)] = list(distribution.values())
    return Transition(stocks=stocks.astype(np.int64), probabilities=probabilities)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One way in which a month can turn out, such as a drawn growth factor or a shock.

    Attributes:
        probability: its probability; or by stock and units left, shape (capacity + 1, capacity + 1), if it depends
            on the harvest.
        transition: the next stock in this case.
    """

    probability: float | Floats = 1.0
    transition: Transition


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signal:
    """What a society may know before a harvest of how the month will turn out.

    Attributes:
        probability: its probability.
        cases: the cases that it leaves open: one for each harvest, with probabilities 0 and 1.
    """

    probability: float
    cases: Sequence[Case]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Game:
    """A commons and its members as a finite dynamic game. Amounts are whole units.

    Attributes:
        capacity: maximum stock.
        start: stock in month 1.
        months: maximum number of months.
        members: number of members.
        cases: for each month, the ways in which it can turn out; they must be distinguished only where a society may
            know before its harvest which one occurs.
        levels: probability of each collapse level. One is drawn before month 1 and is not known.
        continuation: probability that another month follows a month that does not end the game.
        allocation: name of the allocation rule.
        signals: returns what can be known of a month before its harvest; None if any case can be known.
        has_upper_signals: whether the stock grows more in `signals` than it would, so that they yield an upper bound.
        grown: growth of the units left without randomness, as far as members know it, which determines sustainability
            thresholds, shape (capacity + 1,).
    """

    capacity: int
    start: int
    months: int
    members: int
    cases: Sequence[Sequence[Case]]
    levels: Mapping[int, float]
    continuation: float = 1.0
    allocation: str = "random"
    signals: Callable[[int], Iterable[Signal]] | None = None
    has_upper_signals: bool = False
    grown: Ints
    thresholds: Ints = field(init=False)

    def __post_init__(self) -> None:
        """Reject invalid values, and compute the threshold of every stock.

        Raises:
            ConfigError: a number of months or a probability is not possible.
        """
        if len(self.cases) != self.months:
            raise ConfigError(f"cases = {len(self.cases)}: must be {self.months}, one for each month")
        if not 0 < self.continuation <= 1:
            raise ConfigError(f"continuation = {self.continuation}: must be above 0 and at most 1")
        if abs(sum(self.levels.values()) - 1) > _TOLERANCE or min(self.levels) < 0:
            raise ConfigError("levels: must be 0 or more, with probabilities that sum to 1")
        stocks = np.arange(self.capacity + 1)
        least_left = np.searchsorted(np.maximum.accumulate(self.grown), stocks)
        object.__setattr__(self, "thresholds", np.where(least_left <= stocks, stocks - least_left, 0))

    @property
    def level(self) -> int | None:
        """The collapse level; None if it is random."""
        return next(iter(self.levels)) if len(self.levels) == 1 else None

    @property
    def has_certain_growth(self) -> bool:
        """Whether the harvests alone determine the next stocks."""
        return all(len(cases) == 1 and cases[0].transition.is_certain for cases in set(map(tuple, self.cases)))

    def following(self, month: int, values: Floats) -> Floats:
        """Return the expectation of a value of the next month, 0 if none follows.

        Args:
            month: the current month.
            values: the value of each stock in the next month, shape (capacity + 1, ...).

        Returns:
            The expectation by units left, shape (capacity + 1, ...); by stock and units left, shape
            (capacity + 1, capacity + 1, ...), if the cases depend on the harvest.
        """
        return self.continuation * sum(
            (self.following_in(case, values) for case in self.cases[month - 1]), start=np.zeros(1)
        )

    def following_in(self, case: Case, values: Floats) -> Floats:
        """Return the expectation of a value of the next stock in one case, times the probability of the case.

        Args:
            case: the case.
            values: the value of each next stock, shape (capacity + 1, ...).

        Returns:
            The product by units left, shape (capacity + 1, ...); by stock and units left, shape
            (capacity + 1, capacity + 1, ...), if the probability depends on the harvest.
        """
        expected = case.transition.expected(values)
        if isinstance(case.probability, float | int):
            return case.probability * expected
        more = (np.newaxis,) * (values.ndim - 1)
        return np.asarray(case.probability[(..., *more)] * expected[np.newaxis])
