"""How much may be taken without the stock falling."""

from __future__ import annotations

from govsim.commons.state import State


def group_threshold(state: State) -> int:
    """The most units the whole group can take so that the next month starts with at least today's stock.

    ``f = max{x : grown(stock − x) ≥ stock}``, and 0 where no x satisfies it (Piatti et al. 2024, section 2), with the
    growth law of the commons, without chance.
    """
    least_left = state.growth.least_left(state.stock, state.capacity)
    return 0 if least_left is None else state.stock - least_left


def member_threshold(state: State) -> int:
    """The group's threshold shared equally among those present, rounded down; 0 when nobody is present."""
    return group_threshold(state) // len(state.members) if state.members else 0
