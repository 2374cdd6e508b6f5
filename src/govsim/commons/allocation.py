"""Who receives what when the members ask for more than there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from govsim.errors import PluginError
from govsim.plugins import Registry

Sharing = Callable[[Mapping[str, int], int, np.random.Generator], dict[str, int]]
"""From demands by member in name order, the stock, and a generator to units granted by member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A rule of allocation.

    It grants at most what was asked, and all of the stock when more is asked than there is. Draws are made over the
    members in name order, so that the roster's order cannot change what anyone receives.

    Attributes:
        name: what it is called in `world.allocation`.
        summary: what it does, in one sentence.
        share: shares out a stock for which the demands are too large.
    """

    name: str
    summary: str
    share: Sharing


def _flaw(value: object) -> str | None:
    return None if isinstance(value, Allocation) else "it must be a govsim.commons.Allocation"


ALLOCATIONS: Registry[Allocation] = Registry(
    "rule of allocation", group="allocations", home="govsim.commons.allocation", flaw=_flaw
)


def allocate(rule: Allocation, demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Grant every demand in full where the stock allows it, else share the stock out by `rule`.

    Returns:
        Units granted, in the order of `demands`.
    """
    if sum(demands.values()) <= stock:
        return dict(demands)
    granted = rule.share({name: demands[name] for name in sorted(demands)}, stock, rng)
    _check(rule, granted, demands, stock)
    return {name: granted[name] for name in demands}


def _check(rule: Allocation, granted: Mapping[str, int], demands: Mapping[str, int], stock: int) -> None:
    """Refuse what no rule may do.

    Raises:
        PluginError: units were made, lost, or given to somebody who did not ask for them.
    """
    fits = granted.keys() == demands.keys() and all(
        type(granted[name]) is int and 0 <= granted[name] <= demands[name] for name in demands
    )
    if not fits or sum(granted.values()) != stock:
        raise PluginError(
            f"rule of allocation {rule.name}: granted {dict(granted)} of {stock} for {dict(demands)}; it must grant "
            "the whole stock in whole units (int), and nobody more than it asks for"
        )


def deal_at_random(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Deal units one by one, each to a random member that still wants more.

    Units are dealt in batches no larger than the smallest unmet demand, which nobody can overshoot: the distribution
    is exactly that of dealing one by one.
    """
    granted = dict.fromkeys(demands, 0)
    wanting = [name for name, units in demands.items() if units > 0]
    while stock and wanting:
        batch = min(stock, *(demands[name] - granted[name] for name in wanting))
        dealt = rng.multinomial(batch, np.full(len(wanting), 1 / len(wanting)))
        for name, units in zip(wanting, dealt.tolist(), strict=True):
            granted[name] += units
        stock -= batch
        wanting = [name for name in wanting if granted[name] < demands[name]]
    return granted


def share_in_proportion(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """Give everyone the same share of its demand; left-over units go to the largest remainders, ties at random."""
    total = sum(demands.values())
    granted = {name: units * stock // total for name, units in demands.items()}
    tie_break = dict(zip(demands, rng.random(len(demands)).tolist(), strict=True))
    by_remainder = sorted(demands, key=lambda name: (-(demands[name] * stock % total), tie_break[name]))
    for name in by_remainder[: stock - sum(granted.values())]:
        granted[name] += 1
    return granted


def serve_in_random_order(demands: Mapping[str, int], stock: int, rng: np.random.Generator) -> dict[str, int]:
    """First come, first served, in an order drawn at random."""
    names = list(demands)
    granted = dict.fromkeys(names, 0)
    for index in rng.permutation(len(names)).tolist():
        granted[names[index]] = min(demands[names[index]], stock)
        stock -= granted[names[index]]
    return granted


ALLOCATIONS.register(
    Allocation(
        name="random",
        summary="Units are dealt one by one, each to a random member that still wants more.",
        share=deal_at_random,
    )
)
ALLOCATIONS.register(
    Allocation(
        name="proportional",
        summary="Everyone receives the same share of its demand; ties for left-over units are drawn.",
        share=share_in_proportion,
    )
)
ALLOCATIONS.register(
    Allocation(
        name="sequential",
        summary="First come, first served, in an order drawn at random.",
        share=serve_in_random_order,
    )
)
