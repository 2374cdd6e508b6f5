"""Shocks: losses of stock besides the harvest, scheduled or at random."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from govsim.characters import enumerated
from govsim.commons.threshold import group_threshold
from govsim.config import Configurable, Section, Used, World, in_per_cent, is_subclass_of
from govsim.plugins import Registry

if TYPE_CHECKING:
    from govsim.commons.state import Outcome

ShockTime = Literal["before-growth", "after-growth"]
"""When a shock occurs at the end of a month."""

ShockStatement = Literal["nothing", "risk", "realised"]
"""What is stated about a shock: `nothing`, its `risk` in advance, or also each shock that was `realised`."""


class Shock(Configurable):
    """A possible loss of stock. Subclasses are registered under their `name`.

    A shock occurs after the harvest, at most once a month. It must depend only on its arguments and the settings; the
    random number that decides whether it occurs is drawn by govsim.
    """

    @property
    def when(self) -> ShockTime:
        """Whether it occurs before or after the growth of the stock."""
        return "after-growth"

    @property
    def told(self) -> ShockStatement:
        """What is stated about it."""
        return "risk"

    @property
    def depends_on_harvest(self) -> bool:
        """Whether the probability depends on the outcome of the harvest, and not on the month alone."""
        return True

    def probability(self, month: int, outcome: Outcome) -> float:
        """Return the probability that the shock occurs, 0..1.

        Args:
            month: 1 for the first month.
            outcome: outcome of the month's harvest.
        """
        raise NotImplementedError

    def lost(self, stock: int) -> int:
        """Return the units lost if the shock occurs, in 0..stock.

        Args:
            stock: units before the shock.
        """
        raise NotImplementedError

    def risk(self, units: str) -> str:
        """Return one or more sentences for prompts that describe when the shock occurs and what is lost.

        Args:
            units: the scenario's plural word for units.
        """
        raise NotImplementedError


SHOCKS: Registry[type[Shock]] = Registry(
    "shock", group="shocks", home="govsim.commons.shocks", flaw=is_subclass_of(Shock)
)

_SHOCKS: Used[Shock] = Used(SHOCKS, "world.shocks")


def shocks_of(world: World) -> tuple[Shock, ...]:
    """Return the shocks of a world, in order.

    Raises:
        ConfigError: there is no such shock, or one of its settings is invalid.
    """
    return _SHOCKS.all(world.shocks)


class _LossSettings(Section):
    share: float | None = Field(None, gt=0, le=1)
    """Share of the stock that is lost, rounded down. Either this or `units`; 0.5 if neither is set."""
    units: int | None = Field(None, ge=1)
    """Units lost, or the whole stock if it is smaller."""
    when: ShockTime = "after-growth"
    """Whether the shock occurs before or after the growth of the remaining stock."""
    told: ShockStatement = "risk"
    """What is stated to members: `nothing`, the `risk` in advance, or also each loss after it was `realised`."""

    @model_validator(mode="before")
    @classmethod
    def _has_a_size(cls, values: Any) -> Any:
        return _one_of(values, "share", "units", default=0.5)


def _one_of(values: Any, first: str, second: str, *, default: float) -> Any:
    """Set the first of two settings if neither is set.

    Raises:
        ValueError: both are set.
    """
    if not isinstance(values, dict):
        return values
    is_set = [name for name in (first, second) if values.get(name) not in (None, [], ())]
    if len(is_set) > 1:
        raise ValueError(f"{first} and {second} cannot be combined; set one of them")
    return values if is_set else {**values, first: default}


class _Loss(Shock):
    """A shock that loses a share of the stock, or a number of units."""

    settings: _LossSettings

    @property
    def when(self) -> ShockTime:
        """As set; see `Shock`."""
        return self.settings.when

    @property
    def told(self) -> ShockStatement:
        """As set; see `Shock`."""
        return self.settings.told

    def lost(self, stock: int) -> int:
        """``floor(share · stock)``, or ``min(units, stock)``; see `Shock`."""
        if self.settings.units is not None:
            return min(self.settings.units, stock)
        return floor(Fraction(str(self.settings.share)) * stock)

    def _losing(self, units: str) -> str:
        """Return a clause that describes the loss, as in "50 % of what is there is lost"."""
        if self.settings.units is not None:
            return f"{self.settings.units} {units} are lost, or all if there are fewer"
        share = in_per_cent(self.settings.share or 0)
        return f"{share} of what is there is lost" if self.settings.share != 1 else "everything is lost"

    @property
    def _moment(self) -> str:
        is_after = self.settings.when == "after-growth"
        return "after what is left has grown" if is_after else "before what is left grows"


@SHOCKS.register
class Loss(_Loss):
    """A share of the stock or a number of units is lost in certain months, or in each month with a probability."""

    name = "loss"

    class Settings(_LossSettings):
        """Settings of the shock."""

        months: tuple[Annotated[int, Field(ge=1)], ...] | None = None
        """Months in which the shock occurs. Either these or `probability`."""
        probability: float | None = Field(None, ge=0, le=1)
        """Probability of the shock in each month. Either this or `months`; 0.1 if neither is set."""

        @model_validator(mode="before")
        @classmethod
        def _has_a_time(cls, values: Any) -> Any:
            return _one_of(values, "probability", "months", default=0.1)

    settings: Settings

    @property
    def depends_on_harvest(self) -> bool:
        """It does not; see `Shock`."""
        return False

    def probability(self, month: int, outcome: Outcome) -> float:
        """The probability set, or 1 in the months set; see `Shock`."""
        if self.settings.probability is None:
            return float(month in (self.settings.months or ()))
        return self.settings.probability

    def risk(self, units: str) -> str:
        """The months or the probability, and the loss; see `Shock`."""
        loss = self._losing(units)
        if self.settings.probability is None:
            months = _listed(sorted(set(self.settings.months or ())))
            return f"In {months}, after the harvest and {self._moment}, {loss}."
        chance = in_per_cent(self.settings.probability)
        return (
            f"In every month, after the harvest and {self._moment}, there is a sudden loss with a probability of "
            f"{chance}: {loss}."
        )


@SHOCKS.register
class OverUse(_Loss):
    """A loss whose probability grows with each unit that the group takes beyond the group threshold."""

    name = "over-use"

    class Settings(_LossSettings):
        """Settings of the shock."""

        share: float | None = Field(None, gt=0, le=1)
        """Share of the stock that is lost, rounded down. Either this or `units`; 1 if neither is set."""
        per_unit: float = Field(0.01, gt=0, le=1)
        """Probability added by each unit taken beyond the group threshold."""

        @model_validator(mode="before")
        @classmethod
        def _has_a_size(cls, values: Any) -> Any:
            return _one_of(values, "share", "units", default=1.0)

    settings: Settings

    def probability(self, month: int, outcome: Outcome) -> float:
        """``min(1, per_unit · max(0, taken − group threshold))``; see `Shock`."""
        taken = outcome.before.stock - outcome.stock_after_harvest
        return min(1.0, self.settings.per_unit * max(0, taken - group_threshold(outcome.before)))

    def risk(self, units: str) -> str:
        """The probability per unit, and the loss; see `Shock`."""
        return (
            f"If more {units} are taken in a month than the stock can replace by the next month, there may be a sudden "
            f"loss after the harvest and {self._moment}. Its probability is {in_per_cent(self.settings.per_unit)} for "
            f"each of the {units} taken beyond that. Then {self._losing(units)}."
        )


def _listed(months: list[int]) -> str:
    return f"{'month' if len(months) == 1 else 'months'} {enumerated(map(str, months))}"
