"""Policies that reply optimally, or nearly so, to the others' last catch."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from pydantic import Field

from govsim.agents.policies.observed import expected_of_others
from govsim.agents.policies.policy import POLICIES, Fact, Policy, within_stock
from govsim.agents.protocol import Request
from govsim.agents.view import View
from govsim.commons import GrowthLaw
from govsim.config import Section
from govsim.game import Case, Game, certain, solve

_MONTHS_AHEAD = 12
"""Months that are planned if the horizon is unknown."""


@POLICIES.register
class MyopicBestReply(Policy):
    """Maximizes its demand plus an equal share of the next stock, if the others take as much as last known.

    At first, the others are expected to take their shares of the sustainable harvest. With more members than the growth
    factor, it demands everything.
    """

    name = "myopic-best-reply"
    is_random = False

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the smallest demand of the highest value."""
        return within_stock(request.view, int(np.argmax(_myopic_values(request.view))))


@POLICIES.register
class Quantal(Policy):
    """Draws its demand with probabilities that increase exponentially with the value for `myopic-best-reply`.

    The logit form of quantal response (McKelvey and Palfrey 1995).
    """

    name = "quantal"

    class Settings(Section):
        """Settings of the policy."""

        beta: float = Field(0.1, ge=0, le=100)
        """Precision per unit: 0 is uniformly random, large values approach the best reply."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Draw a demand from 0 to the stock."""
        values = _myopic_values(request.view) * (self.settings.beta / len(request.view.members))
        weights = np.exp(values - values.max()).cumsum()
        drawn = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
        return within_stock(request.view, drawn)


def _myopic_values(view: View) -> np.ndarray:
    """Return the value of each demand from 0 to the stock, times the number of members."""
    state = view.state
    grown = _growth_table(state.growth, state.capacity)
    demands = np.arange(view.stock + 1)
    left = np.maximum(0, view.stock - expected_of_others(view) - demands)
    values: np.ndarray = demands * len(view.members) + grown[left]
    return values


@lru_cache(maxsize=256)
def _growth_table(law: GrowthLaw, capacity: int) -> np.ndarray:
    """Return the next stock by the units left."""
    return np.array([law.grown(left, capacity) for left in range(capacity + 1)])


@POLICIES.register
class FarBestReply(Policy):
    """Plays the best reply to the others' last catch until the end. Informed of horizon, collapse and growth.

    It maximizes its own total catch if the others take as much as last known in every month; computed by dynamic
    programming. At first, the others are expected to take their shares of the sustainable harvest. It demands
    everything if it is best to leave nothing.
    """

    name = "far-best-reply"
    is_random = False
    knows: ClassVar[frozenset[Fact]] = frozenset({"horizon", "collapse", "growth"})

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the optimal demand; everything if nothing should be left."""
        view = request.view
        horizon = self.horizon(view)
        months = _MONTHS_AHEAD if horizon is None else horizon - view.month + 1
        others = expected_of_others(view)
        left = _best_left(self.law(view), view.state.capacity, self.knowledge.collapse or 0, others, max(1, months))
        kept = int(left[view.stock])
        return view.most if kept == 0 else within_stock(view, view.stock - others - kept)


@lru_cache(maxsize=4096)
def _best_left(law: GrowthLaw, capacity: int, collapse: int, others: int, months: int) -> np.ndarray:
    """Return the units that a best reply leaves this month, by the stock; the most if several are optimal.

    It is the optimum of a commons without the others, from whose stock their catch is taken before every harvest.

    Args:
        law: growth law.
        capacity: maximum stock.
        collapse: collapse threshold.
        others: units that the others take each month.
        months: months until the end, including this one.
    """
    grown, available = _growth_table(law, capacity), np.maximum(0, np.arange(capacity + 1) - others)
    month = (Case(transition=certain(available[grown])),)
    game = Game(
        capacity=capacity,
        start=capacity,
        months=months,
        members=1,
        cases=(month,) * months,
        levels={collapse: 1.0},
        grown=grown,
    )
    left: np.ndarray = solve(game).left[0, available, -1]
    return left
