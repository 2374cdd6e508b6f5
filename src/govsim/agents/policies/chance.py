"""Policies that draw their demands, or deviate from those of another policy at random."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from govsim.agents.policies.notation import PREFIX, policy_named
from govsim.agents.policies.policy import POLICIES, Policy, within_stock
from govsim.agents.protocol import Request
from govsim.config import Experiment, Section
from govsim.errors import ConfigError


@POLICIES.register
class Random(Policy):
    """Demands an amount drawn uniformly from 0 to the stock, or to two equal shares of it."""

    name = "random"

    class Settings(Section):
        """Settings of the policy."""

        up_to: Literal["stock", "two-shares"] = "stock"
        """Largest amount: the whole `stock`, or `two-shares` of it if it is divided equally."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Draw an amount from 0 to the largest one, inclusive."""
        view = request.view
        most = view.stock if self.settings.up_to == "stock" else 2 * (view.stock // len(view.members))
        return within_stock(view, int(rng.integers(0, most + 1)))


class _Deviating(Policy):
    """A policy that deviates from another one. It is informed of what the other one knows."""

    settings: Any

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings, name=name)
        try:
            self._base = policy_named(PREFIX + self.settings.base)
        except ConfigError as error:
            raise ConfigError(f"base: {error}") from error
        if self._base.decides("harvest") is None:
            raise ConfigError(f"base = {self.settings.base}: makes no harvest decisions; choose another policy")

    def inform(self, experiment: Experiment) -> None:
        """Inform the policy that it deviates from."""
        super().inform(experiment)
        self._base.inform(experiment)

    def _demand_of_base(self, request: Request, rng: np.random.Generator) -> int:
        decide = self._base.decides("harvest")
        assert decide is not None, "checked when the policy was created"
        units = decide(self._base, request, rng)
        return units if isinstance(units, int) else 0


@POLICIES.register
class Noisy(_Deviating):
    """Demands like another policy, or with some probability an amount drawn uniformly from 0 to the stock.

    Errors like those of the trembling-hand equilibrium (Selten 1975).
    """

    name = "noisy"

    class Settings(Section):
        """Settings of the policy."""

        p: float = Field(0.1, ge=0, le=1)
        """Probability of a random demand."""
        base: str = "fair-share"
        """Policy to deviate from, with its settings, as in `fixed:10`. Must be written last."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Draw whether to deviate, and then the demand."""
        if rng.random() < self.settings.p:
            return within_stock(request.view, int(rng.integers(0, request.view.stock + 1)))
        return self._demand_of_base(request, rng)


@POLICIES.register
class Tremble(_Deviating):
    """Demands the amount of another policy times a normally distributed factor around 1: errors of implementation."""

    name = "tremble"

    class Settings(Section):
        """Settings of the policy."""

        sigma: float = Field(0.3, ge=0, le=100)
        """Standard deviation of the factor."""
        base: str = "fair-share"
        """Policy to deviate from, with its settings, as in `fixed:10`. Must be written last."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the other policy's demand times the drawn factor, rounded to the nearest unit."""
        factor = 1 + self.settings.sigma * rng.standard_normal()
        return within_stock(request.view, round(self._demand_of_base(request, rng) * factor))
