"""Policies that sanction other members."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from govsim.agents.policies.observed import known_excess
from govsim.agents.policies.policy import POLICIES, points_for
from govsim.agents.policies.sharing import FairShare
from govsim.agents.protocol import Request
from govsim.models.fields import Value


@POLICIES.register
class Punisher(FairShare):
    """Demands the per-member threshold, and sanctions every member in proportion to its known excess over it.

    A strong reciprocator: cooperates, and punishes at its own cost those who do not (Gintis 2000).
    """

    name = "punisher"

    def sanction(self, request: Request, rng: np.random.Generator) -> Mapping[str, Value]:
        """Impose one point for each unit above the threshold in the last month observed."""
        return points_for(request, known_excess(request.view))
