"""Sustainability thresholds: how much can be harvested without the stock shrinking."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govsim.commons.state import State


def group_threshold(state: State) -> int:
    """Return the maximum units the group can take so that the next month starts with at least the current stock.

    ``f = max{x : grown(stock − x) ≥ stock}``, and 0 if no x satisfies it (Piatti et al. 2024, section 2), with the
    growth law of the commons, without randomness.
    """
    least_left = state.growth.least_left(state.stock, state.capacity)
    return 0 if least_left is None else state.stock - least_left


def member_threshold(state: State, member: str | None = None) -> int:
    """Return a member's share of the group threshold in units, rounded down; 0 if no members are present.

    Args:
        state: the commons, with the members present.
        member: a member present, whose weight counts; None divides the group threshold equally.
    """
    return member_share(group_threshold(state), state, member) if state.members else 0


def member_share(units: int, state: State, member: str | None = None) -> int:
    """Return a member's share of units of the group, rounded down.

    Args:
        units: units of the group, as its threshold.
        state: the commons, with the members present.
        member: a member present, whose weight counts; None divides the units equally.
    """
    if member is None or not state.weights:
        return units // len(state.members)
    weights = {name: Fraction(str(state.weights.get(name, 1))) for name in state.members}
    return int(units * weights[member] / sum(weights.values()))
