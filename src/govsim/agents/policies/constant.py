"""Policies that demand the same amount, or everything."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from govsim.agents.policies.policy import POLICIES, ExemplaryPolicy, Fact, Policy, within_stock
from govsim.agents.protocol import Request
from govsim.config import Section


@POLICIES.register
class Fixed(ExemplaryPolicy):
    """Demands the same amount every month, or the whole stock if it is smaller."""

    name = "fixed"
    is_random = False
    is_memoryless = True

    class Settings(Section):
        """Settings of the policy."""

        units: int = Field(ge=0, lt=10**18)
        """Units to demand."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the fixed amount, limited by the stock."""
        return within_stock(request.view, self.settings.units)


@POLICIES.register
class Greedy(Policy):
    """Demands the whole stock.

    If the number of months is known and there are more members than the growth factor, this is the subgame-perfect
    equilibrium of the paper's world.
    """

    name = "greedy"
    is_random = False
    is_memoryless = True

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the stock, or the capacity if the stock is not known exactly."""
        return request.view.most


@POLICIES.register
class Endgame(Policy):
    """Demands the per-member threshold until the last month, and then the whole stock. Informed of the horizon.

    The pattern of backward induction limited to the last month.
    """

    name = "endgame"
    is_random = False
    is_memoryless = True
    knows: ClassVar[frozenset[Fact]] = frozenset({"horizon"})

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold, or the stock in the last month."""
        view = request.view
        return view.most if self.is_last_month(view) else view.member_threshold
