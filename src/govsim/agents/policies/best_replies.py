"""Policies that reply optimally, or nearly so, to the others' last catch."""

from __future__ import annotations

from dataclasses import dataclass
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

_MONTHS_AHEAD = 12
"""Months that are planned if the horizon is unknown."""


@POLICIES.register
class MyopicBestReply(Policy):
    """Maximizes its demand plus an equal share of the next stock, if the others repeat their last known catch.

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
        """Draw a demand from 0 to the stock, or to the limit."""
        values = _myopic_values(request.view) * (self.settings.beta / len(request.view.members))
        weights = np.exp(values - values.max()).cumsum()
        drawn = int(np.searchsorted(weights, rng.random() * weights[-1], side="right"))
        return within_stock(request.view, drawn)


def _myopic_values(view: View) -> np.ndarray:
    """Return the value of each demand from 0 to the stock, or to the limit, times the number of members."""
    state = view.state
    grown = _growth_table(state.growth, state.capacity)
    demands = np.arange(min(view.stock, view.most) + 1)
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

    It maximizes its own expected total catch, within its limit, if the others repeat their last known catch in every
    month; computed by dynamic programming. At first, the others are expected to take their shares of the sustainable
    harvest. It demands everything if it is best to leave nothing.
    """

    name = "far-best-reply"
    is_random = False
    knows: ClassVar[frozenset[Fact]] = frozenset({"horizon", "collapse", "growth"})

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the optimal demand; everything if nothing should be left."""
        view, capacity = request.view, request.view.state.capacity
        horizon, others = self.horizon(view), expected_of_others(view)
        plan = _HarvestPlan(
            law=self.law(view),
            capacity=capacity,
            collapse=self.knowledge.collapse or 0,
            others=others,
            limit=view.state.limits.get(view.member or "", capacity),
            months=_MONTHS_AHEAD if horizon is None else max(1, horizon - view.month + 1),
            continuation=self.knowledge.continuation,
        )
        kept = int(_best_left(plan)[view.stock])
        return view.most if kept == 0 else within_stock(view, view.stock - others - kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class _HarvestPlan:
    """What a best reply to constant catches depends on.

    Attributes:
        law: growth law.
        capacity: maximum stock.
        collapse: collapse level.
        others: units that the others take each month.
        limit: maximum units that the member can take in a month.
        months: months until the end, including this one.
        continuation: probability that another month follows each month.
    """

    law: GrowthLaw
    capacity: int
    collapse: int
    others: int
    limit: int
    months: int
    continuation: float


@lru_cache(maxsize=4096)
def _best_left(plan: _HarvestPlan) -> np.ndarray:
    """Return the units that a best reply leaves this month, by the stock; the most if several are optimal.

    The others are served first: their catch is taken from the stock before every harvest.
    """
    stocks = np.arange(plan.capacity + 1)
    free = np.maximum(0, stocks - plan.others)
    following = free[_growth_table(plan.law, plan.capacity)]
    limit = min(plan.limit, plan.capacity)
    left, value = stocks, np.zeros(plan.capacity + 1)
    for month in range(plan.months):
        later = np.where(stocks >= plan.collapse, value[following], 0.0) if month else value
        worth = np.concatenate((np.full(limit, -np.inf), plan.continuation * later - stocks))
        # Row a: leaving a, a − 1, …, a − limit of a units.
        choices = np.lib.stride_tricks.sliding_window_view(worth, limit + 1)[:, ::-1]
        left = stocks - choices.argmax(axis=1)
        value = stocks + choices.max(axis=1)
    return left[free]
