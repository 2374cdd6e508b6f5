"""A policy that asks for a share of the sustainable amount, and proposes the same limit in polls."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from govsim.agents import Policy, Request
from govsim.config import Section


class Modest(Policy):
    """Asks for a share of the per-member threshold, and proposes that share as a limit for everyone."""

    name = "modest"
    is_random = False

    class Settings(Section):
        """Settings of the policy."""

        percent: int = Field(100, ge=0, le=100)
        """The share of the threshold, in per cent."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """The share of the threshold, rounded down."""
        return request.view.member_threshold * self.settings.percent // 100

    def poll(self, request: Request, rng: np.random.Generator) -> int:
        """The same amount as a limit for everyone."""
        return self.harvest(request, rng)
