"""One month of the commons: the harvest at its start, and growth at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from govsim.commons.allocation import Allocation, allocate
from govsim.commons.randomness import generator, stream_of
from govsim.commons.state import Demand, Outcome, State
from govsim.errors import ConfigError, PluginError


def take(
    state: State,
    demands: Sequence[Demand],
    rng: np.random.Generator,
    rule: Allocation,
    admitted: Mapping[str, int] | None = None,
) -> Outcome:
    """Allocate the members' demands, and subtract them from the stock.

    Args:
        state: the commons before the harvest.
        demands: at most one for each member present; members without one receive nothing.
        rng: random generator, used only if the admitted demands exceed the stock.
        rule: allocation rule for that case.
        admitted: maximum units for members whose demand is limited.

    Raises:
        ConfigError: a demand by a member who is not present, or two demands by the same member.
    """
    by_member = {demand.member: demand.units for demand in demands}
    if len(by_member) != len(demands):
        raise ConfigError("demands: only one demand per member and month is allowed")
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
    """Return the commons at the start of the next month, with the same roster.

    Args:
        outcome: this month's harvest.
        rng: random generator of the growth law for the month; None if the law is deterministic.

    Raises:
        PluginError: the growth law returns an invalid stock.
    """
    before, left = outcome.before, outcome.stock_after_harvest
    law, capacity = before.growth, before.capacity
    assert rng is not None or law.is_certain, "a random law needs a generator"
    stock = law.grown(left, capacity) if rng is None else law.drawn(left, capacity, rng)
    if type(stock) is not int or not 0 <= stock <= before.capacity:
        raise PluginError(
            f"growth law {before.growth.name}: grows {left} units to {stock!r}; must be a whole number (int) from 0 "
            f"to {before.capacity}, the capacity"
        )
    return replace(before, stock=stock, month=before.month + 1)


def grow_by_seed(outcome: Outcome, seed: int) -> State:
    """Return the commons at the start of the next month of a run; a random law draws from its own stream.

    Args:
        outcome: this month's harvest.
        seed: the run's seed.

    Raises:
        PluginError: the growth law returns an invalid stock.
    """
    law = outcome.before.growth
    if law.is_certain:
        return grow(outcome)
    return grow(outcome, generator(seed, stream_of("growth law", law.name), outcome.before.month))
