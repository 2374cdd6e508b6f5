"""Policies that adapt to their own catch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import Field

from govsim.agents.policies.observed import earlier_months
from govsim.agents.policies.policy import POLICIES, Policy, within_stock
from govsim.agents.protocol import Request
from govsim.commons import member_threshold
from govsim.config import Section


@POLICIES.register
class WinStayLoseShift(Policy):
    """Switches between the per-member threshold and an equal share of the stock after a catch below its aspiration.

    The aspiration is the per-member threshold of a full stock. Starts with the threshold. Win-stay, lose-shift, also
    called Pavlov (Nowak and Sigmund 1993).
    """

    name = "win-stay-lose-shift"
    is_random = False

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold, or an equal share of the stock after an odd number of switches."""
        view = request.view
        aspiration = member_threshold(replace(view.state, stock=view.state.capacity), view.member)
        catches = (month.received for month in earlier_months(view))
        switches = sum(received is not None and received < aspiration for received in catches)
        if switches % 2:
            return view.stock // len(view.members)
        return within_stock(view, view.member_threshold)


@POLICIES.register
class Aspiration(Policy):
    """Changes its demand by a fixed step every month, and reverses the direction if its catch is below its aspiration.

    The aspiration is a moving average of its catches. Starts with the per-member threshold as demand and aspiration,
    and with increasing demand.
    """

    name = "aspiration"
    is_random = False

    class Settings(Section):
        """Settings of the policy."""

        persistence: float = Field(0.5, ge=0, le=1)
        """Weight of the previous aspiration when it is updated."""
        step: int = Field(2, ge=1, lt=10**18)
        """Change of the demand, in units."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the demand that follows from the member's own catches."""
        view = request.view
        months = [month for month in earlier_months(view) if month.received is not None]
        if not months:
            return within_stock(view, view.member_threshold)
        demand = months[0].member_threshold
        aspiration, step = float(demand), self.settings.step
        for month in months:
            catch = month.received or 0
            step = step if catch >= aspiration else -step
            aspiration = self.settings.persistence * aspiration + (1 - self.settings.persistence) * catch
            demand = max(0, demand + step)
        return within_stock(view, demand)
