"""Equilibria: what members achieve if each maximizes its own expected catch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from govsim.errors import AnalysisError
from govsim.game.allocation import EXPECTATIONS, expected_catch, unknown
from govsim.game.model import Floats, Game, Ints, Method
from govsim.game.optimum import maximum_catch

_TOLERANCE = 1e-6
"""Gains below this number of units count as none; above the error of expected catches under random allocation."""

_MAX_CAPACITY = 250
"""Maximum capacity for which all demands are compared."""

_PATIENT = 0.9999
"""The largest probability of another month that is considered."""

_PRECISION = 1e-10
_ROUNDING = 1e-7
_NEGLIGIBLE = 1e-30

_STRICT = ("random", "sequential")
"""Allocation rules under which a larger demand always has a larger expected catch if demand exceeds the stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equilibrium:
    """Subgame-perfect equilibria with a known number of months.

    Attributes:
        total: expected total catch of the group in units; of the best equilibrium found, if there are several; None if
            unavailable.
        lowest: the same of the worst equilibrium found.
        is_unique: whether every equilibrium that was searched for has this total; None if unavailable.
        demands: demand of each member in each month of the equilibrium with `total`, up to a collapse.
        method: how it was obtained.
        reason: the argument or the limits of the search.
    """

    total: float | None = None
    lowest: float | None = None
    is_unique: bool | None = None
    demands: tuple[int, ...] = ()
    method: Method
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalContinuation:
    """The smallest probability of another month at which fair shares can be sustained by grim trigger.

    Attributes:
        probability: the smallest probability; None if there is none below 1, or if it is unavailable.
        method: how it was obtained.
        reason: the argument, or why there is none.
    """

    probability: float | None = None
    method: Method
    reason: str


@lru_cache(maxsize=256)
def equilibrium(game: Game) -> Equilibrium:
    """Return the symmetric subgame-perfect equilibria in pure strategies, if all members know the number of months.

    Members demand whole units at the same time, and demands that exceed the stock are met by the allocation rule.
    Each member maximizes its expected catch.

    Args:
        game: the commons.
    """
    if game.members == 1:
        return _alone(game)
    if game.allocation in EXPECTATIONS and _is_depletion_dominant(game):
        return _depletion(game)
    if (obstacle := _obstacle_to_search(game)) is not None:
        return Equilibrium(method="unavailable", reason=obstacle)
    return _searched(game)


def critical_continuation(game: Game) -> CriticalContinuation:
    """Return the smallest probability of another month at which grim trigger at fair shares is an equilibrium.

    Every member demands an equal share of the threshold until the group takes more than these shares, and from then on
    the whole stock. The number of months is not limited. With ``s`` the share, ``d`` the expected catch of a
    deviation, ``V`` the value of fair shares and ``P`` that of the punishment, no deviation pays if
    ``s + δ V(next) ≥ d + δ P(next)`` in every month of the path.

    Args:
        game: the commons; its number of months and its own probability of another month do not matter.
    """
    if (obstacle := _obstacle_to_trigger(game)) is not None:
        return CriticalContinuation(method="unavailable", reason=obstacle)
    try:
        return _critical_continuation(_GrimTrigger(game))
    except AnalysisError as error:
        return CriticalContinuation(method="unavailable", reason=str(error))


def _critical_continuation(trigger: _GrimTrigger) -> CriticalContinuation:
    if not trigger.deters_excess(_PATIENT):
        return CriticalContinuation(method="exact", reason=f"taking more than the fair share pays even at {_PATIENT}")
    low, high = 0.0, _PATIENT
    while high - low > _PRECISION:
        middle = (low + high) / 2
        low, high = (low, middle) if trigger.deters_excess(middle) else (middle, high)
    if not trigger.deters_restraint(high):
        return CriticalContinuation(
            probability=high, method="bound", reason="below it excess pays; taking less than the fair share pays too"
        )
    return CriticalContinuation(
        probability=high, method="exact", reason="if excess is punished by demands for the whole stock"
    )


def _obstacle_to_search(game: Game) -> str | None:
    """Why demands cannot be compared; None if they can."""
    if game.allocation not in EXPECTATIONS:
        return unknown(game.allocation)
    if game.level is None:
        return "world.collapse: is random"
    if game.level == 0:
        return "world.collapse = 0: the game continues after the whole stock is taken"
    if any(row.ndim > 1 for row in _rows(game)):
        return "the probability of a shock depends on the harvest"
    if game.capacity > _MAX_CAPACITY:
        return f"world.capacity = {game.capacity}: demands are compared only up to {_MAX_CAPACITY} units"
    return None


def _obstacle_to_trigger(game: Game) -> str | None:
    """Why grim trigger cannot be examined; None if it can."""
    if game.members == 1:
        return "there is only one member"
    if game.allocation not in EXPECTATIONS:
        return unknown(game.allocation)
    if game.level is None or not game.has_certain_growth or len(set(map(tuple, game.cases))) > 1:
        return "growth or the collapse level is random, or growth changes over the months"
    if game.level == 0:
        return "world.collapse = 0: the punishment would not end the game"
    if int(game.thresholds[game.start]) < game.members:
        return "the fair share in month 1 is 0 units"
    return None


def _rows(game: Game) -> Iterator[Floats]:
    """The expected next stock of each different month, by units left."""
    units = np.arange(game.capacity + 1, dtype=np.float64)
    for month in {tuple(cases): month for month, cases in enumerate(game.cases, 1)}.values():
        yield game.following(month, units)


def _is_depletion_dominant(game: Game) -> bool:
    """Whether a unit left is always worth less to a member than a unit taken, and nothing grows after depletion.

    If the next month is depleted, a member expects an equal share of the next stock. Leaving r units is therefore worth
    at most ``E[next stock] / n`` to it, and taking them r.
    """
    units = np.arange(game.capacity + 1, dtype=np.float64)
    for row in _rows(game):
        can_regrow = row[..., 0].max() > 0 and 0 in game.levels
        if can_regrow or (row[..., 1:] >= game.members * units[1:]).any():
            return False
    return True


def _alone(game: Game) -> Equilibrium:
    most = maximum_catch(game)
    return Equilibrium(
        total=most, lowest=most, is_unique=True, method="exact", reason="a single member takes the optimum"
    )


def _depletion(game: Game) -> Equilibrium:
    kinds = "equilibrium" if game.allocation in _STRICT else "symmetric equilibrium in pure strategies"
    return Equilibrium(
        total=float(game.start),
        lowest=float(game.start),
        is_unique=True,
        demands=(game.start,),
        method="exact",
        reason="a unit left grows to fewer units than there are members, so that in every "
        f"{kinds} the stock is taken in month 1",
    )


def _searched(game: Game) -> Equilibrium:
    """The best symmetric equilibrium found, by backward induction over all demands."""
    values: Floats = np.zeros(game.capacity + 1)
    policy: list[list[int]] = []
    for month in range(game.months, 0, -1):
        following = np.where(np.arange(game.capacity + 1) >= (game.level or 0), game.following(month, values), 0.0)
        found = [_stage(game, stock, following) for stock in range(game.capacity + 1)]
        values = np.array([value for _, value in found])
        policy.insert(0, [demand for demand, _ in found])
    total, lowest = game.members * float(values[game.start]), float(game.start)
    is_depletion = all(demand == stock for demands in policy for stock, demand in enumerate(demands))
    return Equilibrium(
        total=total,
        lowest=lowest,
        is_unique=True if is_depletion else False if total > lowest + _TOLERANCE else None,
        demands=_followed(game, policy),
        method="exact" if is_depletion else "bound",
        reason=f"symmetric demands in pure strategies; {_ONLY_DEPLETION if is_depletion else _BEST_FOUND}",
    )


_ONLY_DEPLETION = "no demand below the whole stock is an equilibrium in any month and stock"
_BEST_FOUND = (
    "the best demand in every month and stock was chosen, and another choice may lead to more; taking the whole stock "
    "in month 1 is always an equilibrium"
)


def _stage(game: Game, stock: int, following: Floats) -> tuple[int, float]:
    """The best symmetric demand from which no member gains by deviating, and its value to a member.

    The whole stock is always such a demand if there are several members, and no other one is worth less, as a member
    can always demand the whole stock.

    Args:
        game: the commons.
        stock: stock before the harvest.
        following: what the units left are worth to a member.
    """
    best = (stock, stock / game.members)
    for demand in range(stock // game.members + 1):
        value = demand + float(following[stock - game.members * demand])
        free = stock - (game.members - 1) * demand  # what a member can take without exceeding the stock
        alternatives = free - np.arange(free + 1) + following[: free + 1]
        if value <= best[1] + _TOLERANCE or alternatives.max() > value + _TOLERANCE:
            continue
        if expected_catch(game.allocation, stock, (demand,) * (game.members - 1), stock) <= value + _TOLERANCE:
            best = (demand, value)
    return best


def _followed(game: Game, policy: list[list[int]]) -> tuple[int, ...]:
    """The demands along the path of a policy; none if the path is random."""
    if not game.has_certain_growth:
        return ()
    stock, found = game.start, []
    for month, demands in enumerate(policy):
        found.append(demands[stock])
        left = max(0, stock - game.members * demands[stock])
        if left < (game.level or 0):
            break
        stock = int(game.cases[month][0].transition.stocks[left, 0])
    return tuple(found)


class _GrimTrigger:
    """The path of fair shares, and what deviations from it are worth."""

    def __init__(self, game: Game) -> None:
        self._level = game.level or 0
        self._game = game
        self._shares = game.thresholds // game.members
        self._grown = game.cases[0][0].transition.stocks[:, 0]
        left = np.arange(game.capacity + 1) - game.members * self._shares
        self._next = self._after(left)
        path = [game.start]
        while (after := int(self._next[path[-1]])) not in path:
            path.append(after)
        self._path = path
        self._excesses = {stock: tuple(self._excesses_at(stock)) for stock in path}

    def deters_excess(self, probability: float) -> bool:
        """Whether no member gains by taking more than its share once, at a probability of another month."""
        values = self._values(probability)
        return not any(
            now + probability * punished > values[stock] + _ROUNDING
            for stock, excesses in self._excesses.items()
            for now, punished in excesses
        )

    def deters_restraint(self, probability: float) -> bool:
        """Whether no member gains by taking less than its share once, which is not punished."""
        values = self._values(probability)
        for stock in self._path:
            demands = np.arange(self._shares[stock] + 1)
            left = stock - (self._game.members - 1) * self._shares[stock] - demands
            if (demands + probability * values[self._after(left)]).max() > values[stock] + _ROUNDING:
                return False
        return True

    def _after(self, left: Ints) -> Ints:
        return np.where(left >= self._level, self._grown[left], 0)

    def _values(self, probability: float) -> Floats:
        """The value of fair shares forever to a member, by stock; each pass doubles the number of months."""
        values, following, weight = self._shares.astype(np.float64), self._next, probability
        while weight > _NEGLIGIBLE:
            values = values + weight * values[following]
            following, weight = following[following], weight**2
        return values

    def _excesses_at(self, stock: int) -> Iterator[tuple[float, float]]:
        """What one member catches at once, and its part of the next stock, for each larger demand."""
        others = (self._game.members - 1) * int(self._shares[stock])
        demands = np.arange(int(self._shares[stock]) + 1, stock - others + 1)
        punished = self._after(stock - others - demands) / self._game.members
        yield from zip(demands.tolist(), punished.tolist(), strict=True)
        shares = (int(self._shares[stock]),) * (self._game.members - 1)
        yield expected_catch(self._game.allocation, stock, shares, stock), 0.0
