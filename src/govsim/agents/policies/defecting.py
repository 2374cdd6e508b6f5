"""Policies that take more than a sustainable share, openly or not."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor

import numpy as np
from pydantic import Field

from govsim.agents.policies.observed import last_catch
from govsim.agents.policies.policy import POLICIES, Policy, exactly, number_for, within_stock
from govsim.agents.protocol import Request
from govsim.config import Section
from govsim.models.fields import YES_NO, ChoiceField, TextField, Value


@POLICIES.register
class Creeping(Policy):
    """Demands the per-member threshold plus one unit for every month that has passed: a slow defection."""

    name = "creeping"
    is_random = False
    is_memoryless = True

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold plus the number of months that have passed."""
        return within_stock(request.view, request.view.member_threshold + request.view.month - 1)


@POLICIES.register
class PromiseBreaker(Policy):
    """Announces the per-member threshold in discussions and reports, and demands a multiple of it."""

    name = "promise-breaker"
    is_random = False
    is_memoryless = True

    class Settings(Section):
        """Settings of the policy."""

        x: float = Field(2.0, ge=1, le=1000)
        """Multiple of the threshold that is demanded."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the multiple of the threshold, rounded down."""
        return within_stock(request.view, floor(exactly(self.settings.x) * request.view.member_threshold))

    def report(self, request: Request, rng: np.random.Generator) -> Mapping[str, Value]:
        """State the threshold if the true catch exceeds it."""
        catch = last_catch(request.view)
        return number_for(request, None if catch is None else min(catch, request.view.history[-1].member_threshold))

    def line(self, request: Request, rng: np.random.Generator) -> Mapping[str, Value]:
        """Promise to take the threshold, leave the discussion open, and name the next speaker by name order."""
        text = f"I take no more than {request.view.member_threshold} a month, and I ask everyone to do the same."
        values: dict[str, Value] = {field.tag: text for field in request.fields if isinstance(field, TextField)}
        for field in request.fields:
            if isinstance(field, ChoiceField):
                values[field.tag] = "no" if field.options == YES_NO else min(field.options)
        return values
