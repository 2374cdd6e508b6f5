"""What institutions change for a member that compares harvests: how much it can receive, and what it expects to pay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from govsim.game.model import Floats
from govsim.game.strategies import Position


def _no_limit(position: Position) -> int:
    return position.stock


def _no_charge(position: Position, catches: Floats) -> Floats:
    return np.zeros(catches.shape)


Risk = tuple[float, Floats]
"""A probability, and the charge for each of several catches in that case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incentives:
    """The effect of an institution on one member.

    Attributes:
        limit: maximum units that a member can receive in a month.
        charge: expected charge for each of several catches, in prices of one unit; negative for a payment.
        risks: possible charges with their probabilities, if chance decides the charge; None if it is certain.
    """

    limit: Callable[[Position], int] = _no_limit
    charge: Callable[[Position, Floats], Floats] = _no_charge
    risks: Callable[[Position, Floats], Sequence[Risk]] | None = None

    def cases(self, position: Position, catches: Floats) -> Sequence[Risk]:
        """Return the possible charges for each of several catches, with their probabilities, which add up to 1."""
        return ((1.0, self.charge(position, catches)),) if self.risks is None else self.risks(position, catches)


def combined(parts: Sequence[Incentives]) -> Incentives:
    """Return the effect of several institutions together: the lowest limit, and the sum of the charges."""
    return Incentives(
        limit=lambda position: min((one.limit(position) for one in parts), default=position.stock),
        charge=lambda position, catches: sum((one.charge(position, catches) for one in parts), np.zeros(catches.shape)),
        risks=lambda position, catches: tuple(_together([one.cases(position, catches) for one in parts], catches)),
    )


def _together(parts: Sequence[Sequence[Risk]], catches: Floats) -> Iterator[Risk]:
    """Yield all combinations of independent cases: the product of probabilities, and the sum of charges."""
    for cases in product(*parts):
        chance = float(np.prod([one for one, _ in cases]))
        if chance > 0:
            yield chance, sum((charges for _, charges in cases), np.zeros(catches.shape))


UNCHANGED = Incentives()
"""A commons without institutions."""
