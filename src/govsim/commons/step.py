"""One month of the commons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from govsim.commons.allocation import Allocation, allocate
from govsim.commons.state import Demand, Outcome, State
from govsim.errors import ConfigError


def step(state: State, demands: Sequence[Demand], rng: np.random.Generator, rule: Allocation) -> Outcome:
    """Allocate what the members ask for, take it from the stock, and let the rest grow.

    Args:
        state: the commons before the harvest.
        demands: at most one for each member present; a member without one receives nothing.
        rng: drawn from only where more is asked than there is.
        rule: who receives what in that case.

    Raises:
        ConfigError: a demand by someone who is not present, or two by the same member.
    """
    by_member = {demand.member: demand.units for demand in demands}
    if len(by_member) != len(demands):
        raise ConfigError("demands: a member may ask once a month")
    if absent := sorted(set(by_member) - set(state.members)):
        raise ConfigError(f"demands: {', '.join(absent)} is not present; present are {', '.join(state.members)}")
    asked = {name: by_member[name] for name in state.members if name in by_member}
    received = allocate(rule, asked, state.stock, rng)
    left = state.stock - sum(received.values())
    return Outcome(
        before=state,
        asked=asked,
        granted={name: received.get(name, 0) for name in state.members},
        stock_after_harvest=left,
        stock_after_growth=state.grown(left),
    )
