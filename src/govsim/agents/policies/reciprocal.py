"""Policies that respond to the catches of the others, by their demands or by sanctions."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from govsim.agents.policies.observed import (
    catch_of_others,
    is_overused,
    known_excess,
    known_months,
    last_known,
    threshold_of_others,
)
from govsim.agents.policies.policy import POLICIES, Policy, exactly, points_for, within_stock
from govsim.agents.policies.sharing import FairShare
from govsim.agents.protocol import Request
from govsim.agents.view import ObservedMonth, View
from govsim.config import Section
from govsim.models.fields import Value


@POLICIES.register
class Conditional(Policy):
    """Demands the per-member threshold times the others' last known catch relative to their own thresholds.

    A conditional cooperator (Fischbacher, Gächter and Fehr 2001). `b` above 1 describes a self-serving bias.
    Starts with the threshold, which it also demands as long as the catch of no other member is known.
    """

    name = "conditional"
    is_random = False

    class Settings(Section):
        """Settings of the policy."""

        b: float = Field(1.0, ge=0, le=100)
        """Multiple of the others' relative catch."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold scaled by the others' relative catch, rounded to the nearest unit."""
        view = request.view
        last = last_known(view)
        if last is None or (expected := threshold_of_others(last)) == 0:
            return within_stock(view, view.member_threshold)
        b = exactly(self.settings.b)
        above = b.numerator * catch_of_others(last) * view.member_threshold
        below = b.denominator * expected
        return within_stock(view, (2 * above + below) // (2 * below))


class _Tolerant(Section):
    """Settings of policies that tolerate a small excess."""

    tolerance: int = Field(0, ge=0, lt=10**18)
    """Excess over the group threshold, in units per member, that is tolerated."""


class _Retaliating(Policy):
    """Demands the per-member threshold, or an equal share of the whole stock to retaliate."""

    is_random = False

    class Settings(_Tolerant):
        """Settings of the policy."""

    settings: Any

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold, or an equal share of the stock."""
        view = request.view
        if self._retaliates(view, rng):
            return view.stock // len(view.members)
        return within_stock(view, view.member_threshold)

    def _retaliates(self, view: View, rng: np.random.Generator) -> bool:
        raise NotImplementedError

    def _were_overused(self, months: Sequence[ObservedMonth], number: int) -> bool:
        """Whether the group is known to have exceeded its threshold in each of a number of last months."""
        last = months[-number:]
        return len(last) == number and all(is_overused(month, self.settings.tolerance) for month in last)


@POLICIES.register
class TitForTat(_Retaliating):
    """Demands the per-member threshold, or an equal share of the stock if the group is known to have over-used it last.

    Tit for tat (Axelrod and Hamilton 1981) applied to the total catch.
    """

    name = "tit-for-tat"

    def remembered(self, months: Sequence[ObservedMonth]) -> Hashable:
        """Return whether the last month was over-used."""
        return self._were_overused(months, 1)

    def _retaliates(self, view: View, rng: np.random.Generator) -> bool:
        return self._were_overused(known_months(view), 1)


@POLICIES.register
class TitForTwoTats(_Retaliating):
    """Demands like `tit-for-tat`, but retaliates only after two consecutive months of over-use."""

    name = "tit-for-two-tats"

    def remembered(self, months: Sequence[ObservedMonth]) -> Hashable:
        """Return whether the last month, and the last two months, were over-used."""
        return self._were_overused(months, 1), self._were_overused(months, 2)

    def _retaliates(self, view: View, rng: np.random.Generator) -> bool:
        return self._were_overused(known_months(view), 2)


@POLICIES.register
class Generous(_Retaliating):
    """Demands like `tit-for-tat`, but forgives with some probability: generous tit for tat (Nowak and Sigmund 1992)."""

    name = "generous"
    is_random = True

    class Settings(Section):
        """Settings of the policy."""

        epsilon: float = Field(0.1, ge=0, le=1)
        """Probability of forgiving."""
        tolerance: int = Field(0, ge=0, lt=10**18)
        """Excess over the group threshold, in units per member, that is tolerated."""

    settings: Any

    def _retaliates(self, view: View, rng: np.random.Generator) -> bool:
        return self._were_overused(known_months(view), 1) and rng.random() >= self.settings.epsilon


@POLICIES.register
class Grim(Policy):
    """Demands the per-member threshold until the group first exceeds its threshold, and the whole stock from then on.

    The grim trigger strategy of the theory of repeated games.
    """

    name = "grim"
    is_random = False

    class Settings(_Tolerant):
        """Settings of the policy."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold, or the stock if it was ever over-used."""
        view = request.view
        return view.most if self.remembered(known_months(view)) else within_stock(view, view.member_threshold)

    def remembered(self, months: Sequence[ObservedMonth]) -> Hashable:
        """Return whether any month was over-used."""
        return any(is_overused(month, self.settings.tolerance) for month in months)


@POLICIES.register
class Punisher(FairShare):
    """Demands the per-member threshold, and sanctions every member in proportion to its known excess over its own.

    A strong reciprocator: cooperates, and punishes at its own cost those who do not (Gintis 2000).
    """

    name = "punisher"

    def sanction(self, request: Request, rng: np.random.Generator) -> Mapping[str, Value]:
        """Impose one point for each unit above the target's threshold in the last month reported."""
        return points_for(request, known_excess(request.view))
