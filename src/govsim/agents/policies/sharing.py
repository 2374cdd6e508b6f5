"""Policies that divide an amount equally among the members."""

from __future__ import annotations

from math import floor

import numpy as np
from pydantic import Field

from govsim.agents.policies.policy import POLICIES, ExemplaryPolicy, Policy, exactly, within_stock
from govsim.agents.protocol import Request
from govsim.config import Section


@POLICIES.register
class FairShare(ExemplaryPolicy):
    """Demands the per-member threshold: the largest amount from which the stock recovers if every member takes it.

    The equal division of the maximum sustainable yield.
    """

    name = "fair-share"
    is_random = False
    is_memoryless = True

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold divided equally among the members, rounded down."""
        return within_stock(request.view, request.view.member_threshold)


@POLICIES.register
class SplitAll(Policy):
    """Demands an equal share of the whole stock."""

    name = "split-all"
    is_random = False
    is_memoryless = True

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the stock divided equally among the members, rounded down."""
        return request.view.stock // len(request.view.members)


class _Share(Section):
    """Settings of policies that demand a share of an amount."""

    share: float = Field(0.5, ge=0, le=1)
    """Share that is demanded."""


@POLICIES.register
class Cautious(ExemplaryPolicy):
    """Demands a share of the per-member threshold."""

    name = "cautious"
    is_random = False
    is_memoryless = True

    class Settings(_Share):
        """Settings of the policy."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the share of the threshold, rounded down."""
        return within_stock(request.view, floor(exactly(self.settings.share) * request.view.member_threshold))


@POLICIES.register
class Proportional(ExemplaryPolicy):
    """Demands an equal share of a fixed proportion of the stock: a proportional harvest.

    A proportion of one half is close to `fair-share` if the stock doubles.
    """

    name = "proportional"
    is_random = False
    is_memoryless = True

    class Settings(_Share):
        """Settings of the policy."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the proportion of the stock divided equally among the members, rounded down."""
        view = request.view
        return floor(exactly(self.settings.share) * view.stock / len(view.members))
