"""What institutions change for a member that compares harvests: how much it can receive, and what it expects to pay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from govsim.game.model import Floats
from govsim.game.strategies import Position


def _no_limit(position: Position) -> int:
    return position.stock


def _no_charge(position: Position, catches: Floats) -> Floats:
    return np.zeros(catches.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incentives:
    """The effect of an institution on one member.

    Attributes:
        limit: maximum units that a member can receive in a month.
        charge: expected charge for each of several catches, in prices of one unit; negative for a payment.
    """

    limit: Callable[[Position], int] = _no_limit
    charge: Callable[[Position, Floats], Floats] = _no_charge


def combined(parts: Sequence[Incentives]) -> Incentives:
    """Return the effect of several institutions together: the lowest limit, and the sum of the charges."""
    return Incentives(
        limit=lambda position: min((one.limit(position) for one in parts), default=position.stock),
        charge=lambda position, catches: sum((one.charge(position, catches) for one in parts), np.zeros(catches.shape)),
    )


UNCHANGED = Incentives()
"""A commons without institutions."""
