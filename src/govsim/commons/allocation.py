"""Allocation of the stock when total demand exceeds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import sub

import numpy as np

from govsim.errors import PluginError
from govsim.plugins import Registry

Sharing = Callable[[Mapping[str, int], int, np.random.Generator], dict[str, int]]
"""Takes demands by member in name order, the stock, and a random generator; returns the units granted by member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """An allocation rule.

    It grants no member more than its demand, and the whole stock if total demand exceeds it, unless it may withhold
    units. Draws are made over the members in name order, so that roster order does not affect the outcome.

    Attributes:
        name: name in `world.allocation`.
        summary: description in one sentence.
        share: divides a stock that total demand exceeds.
        may_withhold: whether it may grant less than the whole stock. The rest stays in the commons.
        phrase: what happens if total demand exceeds the stock, as the end of a sentence in prompts; empty if the rule
            is not stated to members.
    """

    name: str
    summary: str
    share: Sharing
    may_withhold: bool = False
    phrase: str = ""


def _flaw(value: object) -> str | None:
    return None if isinstance(value, Allocation) else "it must be a govsim.commons.Allocation"


ALLOCATIONS: Registry[Allocation] = Registry(
    "allocation rule", group="allocations", home="govsim.commons.allocation", flaw=_flaw
)


def allocate(rule: Allocation, demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Grant every demand in full if the stock suffices, or else divide the stock by `rule`.

    Returns:
        Units granted, in the order of `demands`.
    """
    if sum(demands.values()) <= stock:
        return dict(demands)
    granted = rule.share({name: demands[name] for name in sorted(demands)}, stock, rng)
    _check(rule, granted, demands, stock)
    return {name: granted[name] for name in demands}


def _check(rule: Allocation, granted: Mapping[str, int], demands: Mapping[str, int], stock: int) -> None:
    """Reject the invalid result of a rule.

    Raises:
        PluginError: units were created, or withheld by a rule that may not do so, or a member received more than its
            demand.
    """
    fits = granted.keys() == demands.keys() and all(
        type(granted[name]) is int and 0 <= granted[name] <= demands[name] for name in demands
    )
    total = sum(granted.values())
    if not fits or total > stock or (total < stock and not rule.may_withhold):
        most = "at most the stock" if rule.may_withhold else "the whole stock"
        raise PluginError(
            f"allocation rule {rule.name}: granted {dict(granted)} of {stock} for {dict(demands)}; it must grant "
            f"{most} in whole units (int), and no member more than its demand"
        )


def deal_at_random(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Distribute units one by one, each to a random member whose demand is not met.

    Units are drawn in batches no larger than the smallest unmet demand, so that no member can exceed its demand: the
    distribution is exactly that of drawing one by one.
    """
    unmet, left = {name: units for name, units in demands.items() if units > 0}, dict(demands)
    while stock and unmet:
        wanting, units, chances = list(unmet), list(unmet.values()), _equal_chances(len(unmet))
        while stock and (least := min(units)):
            batch = min(stock, least)
            units = list(map(sub, units, rng.multinomial(batch, chances).tolist()))
            stock -= batch
        left.update(zip(wanting, units, strict=True))
        unmet = {name: most for name, most in zip(wanting, units, strict=True) if most}
    return {name: units - left[name] for name, units in demands.items()}


@lru_cache(maxsize=256)
def _equal_chances(number: int) -> np.ndarray:
    return np.full(number, 1 / number)


def share_in_proportion(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Grant each member the same share of its demand, by the method of largest remainders (Hamilton's method).

    Each member receives floor(demand * stock / sum of demands); each unit that is left goes to the member with the next
    largest remainder, and ties are broken at random.

    Args:
        demands: units by member; at least one unit in total.
        stock: units to grant, at most the sum of demands.
        rng: generator of the tie-breaks.

    Returns:
        Units by member, at most its demand, with `stock` as their sum.
    """
    total = sum(demands.values())
    granted = {name: units * stock // total for name, units in demands.items()}
    tie_break = dict(zip(demands, rng.random(len(demands)).tolist(), strict=True))
    by_remainder = sorted(demands, key=lambda name: (-(demands[name] * stock % total), tie_break[name]))
    for name in by_remainder[: stock - sum(granted.values())]:
        granted[name] += 1
    return granted


def serve_in_random_order(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Serve members one after another in a random order; each receives its demand, or what is left.

    Args:
        demands: units by member.
        stock: units to grant, at most the sum of demands.
        rng: generator of the order, in which all permutations are equally likely.

    Returns:
        Units by member, at most its demand, with `stock` as their sum.
    """
    names = list(demands)
    granted = dict.fromkeys(names, 0)
    for index in rng.permutation(len(names)).tolist():
        granted[names[index]] = min(demands[names[index]], stock)
        stock -= granted[names[index]]
    return granted


def grant_nothing(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Grant nothing to anyone, as in the request game of Suleiman and Rapoport (1988)."""
    return dict.fromkeys(demands, 0)


ALLOCATIONS.register(
    Allocation(
        name="random",
        summary="Units are distributed one by one, each to a random member whose demand is not met.",
        share=deal_at_random,
    )
)
ALLOCATIONS.register(
    Allocation(
        name="proportional",
        summary="Each member receives the same share of its demand; left-over units go to the largest remainders.",
        share=share_in_proportion,
    )
)
ALLOCATIONS.register(
    Allocation(
        name="sequential",
        summary="Members are served one after another in a random order.",
        share=serve_in_random_order,
    )
)
ALLOCATIONS.register(
    Allocation(
        name="all-or-nothing",
        summary="No member receives anything, and the whole stock remains.",
        share=grant_nothing,
        may_withhold=True,
        phrase="nobody receives any",
    )
)
