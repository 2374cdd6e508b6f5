"""One month of the commons: units are taken at its start, and what is left grows at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from govsim.commons.allocation import Allocation, allocate
from govsim.commons.state import Demand, Outcome, State
from govsim.errors import ConfigError, PluginError


def take(
    state: State,
    demands: Sequence[Demand],
    rng: np.random.Generator,
    rule: Allocation,
    admitted: Mapping[str, int] | None = None,
) -> Outcome:
    """Allocate what the members ask for, and take it from the stock.

    Args:
        state: the commons before the harvest.
        demands: at most one for each member present; a member without one receives nothing.
        rng: drawn from only where more is admitted than there is.
        rule: who receives what in that case.
        admitted: what a member may receive at most, where that is less than it asks for.

    Raises:
        ConfigError: a demand by someone who is not present, or two by the same member.
    """
    by_member = {demand.member: demand.units for demand in demands}
    if len(by_member) != len(demands):
        raise ConfigError("demands: a member may ask once a month")
    if absent := sorted(set(by_member) - set(state.members)):
        raise ConfigError(f"demands: {', '.join(absent)} is not present; present are {', '.join(state.members)}")
    asked = {name: by_member[name] for name in state.members if name in by_member}
    limits = admitted or {}
    received = allocate(
        rule, {name: min(units, limits.get(name, units)) for name, units in asked.items()}, state.stock, rng
    )
    return Outcome(
        before=state,
        asked=asked,
        granted={name: received.get(name, 0) for name in state.members},
        stock_after_harvest=state.stock - sum(received.values()),
    )


def grow(outcome: Outcome, rng: np.random.Generator | None = None) -> State:
    """The commons at the start of the next month, with the same roster.

    Args:
        outcome: this month's harvest.
        rng: the generator of the growth law for the month; None where the law draws nothing.

    Raises:
        PluginError: the growth law gives a stock that cannot be.
    """
    before, left = outcome.before, outcome.stock_after_harvest
    law, capacity = before.growth, before.capacity
    assert rng is not None or law.is_certain, "a law that draws is given a generator"
    stock = law.grown(left, capacity) if rng is None else law.drawn(left, capacity, rng)
    if type(stock) is not int or not 0 <= stock <= before.capacity:
        raise PluginError(
            f"growth law {before.growth.name}: {left} units become {stock!r}; must be a whole number (int) from 0 to "
            f"{before.capacity}, the capacity"
        )
    return replace(before, stock=stock, month=before.month + 1)
