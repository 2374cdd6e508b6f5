"""Policies that leave a fixed number of units, the escapement, to grow."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from pydantic import Field

from govsim.agents.policies.observed import expected_of_others
from govsim.agents.policies.policy import POLICIES, ExemplaryPolicy, Fact, Policy, within_stock
from govsim.agents.protocol import Request
from govsim.commons import GrowthLaw
from govsim.config import Section


class _Escapement(Section):
    """Settings of policies with a fixed escapement."""

    stock: int = Field(50, ge=0, lt=10**18)
    """Units to leave."""


@POLICIES.register
class Escapement(ExemplaryPolicy):
    """Demands an equal share of all units above a fixed escapement: the optimal form of harvest in fishery economics.

    Constant escapement is optimal for one owner under independent random growth (Reed 1979).
    """

    name = "escapement"
    is_random = False
    is_memoryless = True

    class Settings(_Escapement):
        """Settings of the policy."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the units above the escapement divided equally among the members, rounded down."""
        view = request.view
        return max(0, view.stock - self.settings.stock) // len(view.members)


@POLICIES.register
class Optimal(Policy):
    """Demands an equal share of the group optimum. Informed of the horizon and the growth law.

    The escapement is the one with the largest growth; in the last month, the whole stock is divided. With growth by a
    constant factor this is the optimal harvest of the group.
    """

    name = "optimal"
    is_random = False
    is_memoryless = True
    knows: ClassVar[frozenset[Fact]] = frozenset({"horizon", "growth"})

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return an equal share of the optimal harvest, rounded down."""
        view = request.view
        kept = self._least_kept() if self.is_last_month(view) else best_escapement(self.law(view), view.state.capacity)
        return max(0, view.stock - kept) // len(view.members)

    def _least_kept(self) -> int:
        """Return the units to leave in the last month."""
        return 0


@POLICIES.register
class OptimalSurvive(Optimal):
    """Demands like `optimal`, but leaves the collapse level in the last month. Informed of this level too."""

    name = "optimal-survive"
    knows: ClassVar[frozenset[Fact]] = frozenset({"horizon", "growth", "collapse"})

    def _least_kept(self) -> int:
        return self.knowledge.collapse or 0


@lru_cache(maxsize=256)
def best_escapement(law: GrowthLaw, capacity: int) -> int:
    """Return the escapement of the maximum sustainable yield: the smallest x that maximizes f(x) - x.

    Args:
        law: the growth law f, with its mean growth if it is drawn.
        capacity: the most units there can be.

    Returns:
        Units to leave after each harvest, in ``0..capacity``.
    """
    return max(range(capacity + 1), key=lambda left: (law.grown(left, capacity) - left, -left))


@POLICIES.register
class Steward(Policy):
    """Demands the units above an escapement that remain if the others repeat their last known catch.

    At first, the others are expected to take their shares of the sustainable harvest.
    """

    name = "steward"
    is_random = False

    class Settings(_Escapement):
        """Settings of the policy."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the stock less the escapement and the others' last catch."""
        view = request.view
        return within_stock(view, view.stock - self.settings.stock - expected_of_others(view))
