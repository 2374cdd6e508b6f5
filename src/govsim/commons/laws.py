"""The built-in growth laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from govsim.commons.growth import GROWTH_LAWS, GrowthLaw, Realisation, flaw_in_world
from govsim.config import (
    FACTOR_DECIMALS,
    Distribution,
    ExtensionEntry,
    Factor,
    FixedNumber,
    Section,
    Used,
    World,
    decimal,
    distribution_of,
    in_per_cent,
)
from govsim.errors import PluginError

_LAWS: Used[GrowthLaw] = Used(
    GROWTH_LAWS, "world.growth", instead="give a number, the growth factor, as in world.growth=1.5"
)

_MULTIPLES = {2.0: "doubles", 3.0: "triples", 4.0: "quadruples"}

_Share = Annotated[float, Field(ge=0, le=1)]

_STEPS = 10**FACTOR_DECIMALS
"""Drawn factors are multiples of one step, so that the exact factor can be stated."""


@GROWTH_LAWS.register
class Multiply(GrowthLaw):
    """The remaining stock is multiplied by a factor, computed exactly, rounded down, and limited by the capacity."""

    name = "multiply"

    class Settings(Section):
        """Settings of the law."""

        factor: Factor = 2.0
        """Growth factor, greater than 0. A number is taken exactly as the decimal number written; from a distribution,
        a factor is drawn every month and rounded to four decimals."""
        told: Literal["nothing", "distribution", "realised"] = "distribution"
        """What is stated about a factor that is drawn: `nothing` except that it varies, its `distribution`, or
        also the `realised` factor of each month, before its harvest."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings, name=name)
        self._factor = distribution_of(self.settings.factor)
        self._exact = self._factor.exact_mean

    def grown(self, left: int, capacity: int) -> int:
        """``min(capacity, floor(factor · left))``, with the mean of a factor that is drawn; see `GrowthLaw`."""
        return min(capacity, left * self._exact.numerator // self._exact.denominator)

    def of_month(self, rng: np.random.Generator) -> GrowthLaw:
        """The same law with the factor of the month; see `GrowthLaw`."""
        return self if self.is_certain else self._with(round(self._factor.draw(rng), FACTOR_DECIMALS))

    def realisations(self) -> Sequence[Realisation] | None:
        """One law for each factor; None if any value between two is possible; see `GrowthLaw`."""
        if (values := self._factor.values) is None:
            return None
        weights = ((count / len(values), value) for value, count in Counter(values).items())
        return [Realisation(weight=weight, law=self._with(value)) for weight, value in weights]

    def upper_realisations(self, count: int) -> Sequence[Realisation]:
        """The law with the largest factor of each of several ranges, if factors are not listed; see `GrowthLaw`."""
        if (listed := self.realisations()) is not None:
            return listed
        first, last = (round(end * _STEPS) for end in (self._factor.low, self._factor.high))
        ends = sorted({first + -(-(last - first) * index // count) for index in range(count + 1)})
        below = [0.0, *(self._factor.below((end + 0.5) / _STEPS) for end in ends[:-1]), 1.0]
        return [
            Realisation(weight=after - before, law=self._with(end / _STEPS))
            for end, before, after in zip(ends, below[:-1], below[1:], strict=True)
        ]

    def probabilities(self, left: int, capacity: int) -> Mapping[int, float]:
        """The probabilities of the factors that grow to each stock; see `GrowthLaw`."""
        if (listed := super().probabilities(left, capacity)) is not None:
            return listed
        least, most = (min(capacity, floor(Fraction(str(end)) * left)) for end in (self._factor.low, self._factor.high))
        if least == most:
            return {least: 1.0}
        below = [0.0, *(self._below(stock, left) for stock in range(least + 1, most + 1)), 1.0]
        return {least + index: below[index + 1] - below[index] for index in range(most - least + 1)}

    def _below(self, stock: int, left: int) -> float:
        """Return the probability that the units left grow to less than a stock, with a rounded factor."""
        steps = -(-stock * _STEPS // left)
        return self._factor.below((steps - 0.5) / _STEPS)

    @property
    def is_certain(self) -> bool:
        """Whether the factor is a number; see `GrowthLaw`."""
        return isinstance(self._factor, FixedNumber)

    @property
    def is_told(self) -> bool:
        """Whether the factor of each month is stated; see `GrowthLaw`."""
        return self.settings.told == "realised" and not self.is_certain

    @property
    def known_to_members(self) -> GrowthLaw:
        """The law itself, or its mean factor if nothing of the distribution is stated; see `GrowthLaw`."""
        if self.is_certain or self.settings.told != "nothing":
            return self
        known = self._with(self._factor.mean)
        known._exact = self._exact  # the mean may not be a decimal number
        return known

    def least_left(self, stock: int, capacity: int) -> int | None:
        """``ceil(stock / factor)``, as the stock never exceeds the capacity; see `GrowthLaw`."""
        least = -(-stock * self._exact.denominator // self._exact.numerator)
        return least if least <= stock else None

    def most_grown(self, stock: int, least_left: int, capacity: int) -> int:
        """Growth of the whole stock, as the law is monotonic; see `GrowthLaw`."""
        return self.grown(stock, capacity)

    @property
    def phrase(self) -> str:
        """As in "doubles", or "is multiplied by 1.5"; see `GrowthLaw`."""
        if not isinstance(self._factor, FixedNumber):
            return self._phrase_if_drawn(self._factor)
        return _multiplied(self._factor.value)

    def _phrase_if_drawn(self, factor: Distribution) -> str:
        if self.settings.told == "nothing":
            return "is multiplied by a number that differs from month to month"
        return f"is multiplied by a number drawn each month, {factor.phrase}"

    @property
    def written(self) -> float | ExtensionEntry:
        """The factor if it is a number, unless the law has its own name in the experiment; see `GrowthLaw`."""
        is_number = isinstance(self._factor, FixedNumber) and self.name == self.registered_as()
        return self._factor.mean if is_number else self.entry

    @property
    def factor(self) -> str:
        """The factor with all its digits; empty if it is drawn; see `GrowthLaw`."""
        return decimal(self._factor.value) if isinstance(self._factor, FixedNumber) else ""

    def _with(self, factor: float) -> Multiply:
        return Multiply(self.settings.model_copy(update={"factor": factor}), name=self.name)


@GROWTH_LAWS.register
class Logistic(GrowthLaw):
    """The remaining stock grows by a share of itself that falls linearly from a rate to 0 at the carrying capacity K.

    It is computed exactly and rounded down. Growth is fastest at K / 2; a stock above K shrinks.
    """

    name = "logistic"

    class Settings(Section):
        """Settings of the law."""

        rate: float = Field(1.0, gt=0)
        """Growth of a small stock as a share of it, per month. Taken exactly as the decimal number written. With a
        rate above 1, a stock near the carrying capacity can grow beyond it."""
        carrying_capacity: int | None = Field(None, ge=1)
        """Stock at which growth is 0, in units. Defaults to the capacity of the world."""

    settings: Settings

    def grown(self, left: int, capacity: int) -> int:
        """``floor(left + rate · left · (1 − left / K))``, limited to ``0..capacity``; see `GrowthLaw`."""
        most = self.settings.carrying_capacity or capacity
        rate = Fraction(str(self.settings.rate))
        change = Fraction(rate.numerator * left * (most - left), rate.denominator * most)
        return max(0, min(capacity, floor(left + change)))

    @property
    def phrase(self) -> str:
        """The rate of growth from an empty stock to the carrying capacity; see `GrowthLaw`."""
        most = self.settings.carrying_capacity
        share = in_per_cent(self.settings.rate)
        return (
            f"grows by a share of itself that falls steadily from {share} if hardly anything is left to 0 % if "
            f"{'it is at its maximum' if most is None else f'{most} are left'}"
        )


@GROWTH_LAWS.register
class Threshold(GrowthLaw):
    """A regime shift: the remaining stock is multiplied by one factor, or by another if too little is left.

    Whether there is a shift can be drawn once per run.
    """

    name = "threshold"
    is_drawn_once = True

    class Settings(Section):
        """Settings of the law."""

        factor: float = Field(2.0, gt=0)
        """Growth factor, if at least `below` units are left. Taken exactly as the decimal number written."""
        below: int = Field(30, ge=1)
        """Number of units. If fewer are left after the harvest, the growth factor is `factor_below`."""
        factor_below: float = Field(1.2, gt=0)
        """Growth factor, if fewer than `below` units are left."""
        probability: float = Field(1.0, ge=0, le=1, exclude_if=lambda probability: probability == 1)
        """Probability that there is a shift, drawn once per run; without one, the growth factor is always `factor`."""
        told: Literal["nothing", "threshold"] = "threshold"
        """What is stated about the shift: `nothing`, so that members know only `factor`; or the `threshold`, both
        factors and the probability."""
        told_probability: tuple[_Share, _Share] | None = Field(None, exclude_if=lambda told: told is None)
        """Range that is stated instead of the probability, as in [0.1, 0.9]; it must contain the probability."""

        @model_validator(mode="after")
        def _is_true(self) -> Self:
            if self.told_probability is None:
                return self
            low, high = self.told_probability
            if not low <= self.probability <= high:
                raise ValueError(
                    f"told_probability = [{low:g}, {high:g}]: must contain probability = {self.probability:g}"
                )
            if self.told == "nothing":
                raise ValueError("told_probability: must be omitted if told = nothing")
            return self

    settings: Settings

    def grown(self, left: int, capacity: int) -> int:
        """``min(capacity, floor(factor · left))``, on average if it is uncertain whether there is a shift.

        See `GrowthLaw`.
        """
        usual = Fraction(str(self.settings.factor))
        if left >= self.settings.below:
            return min(capacity, floor(usual * left))
        probability = Fraction(str(self.settings.probability))
        mean = probability * Fraction(str(self.settings.factor_below)) + (1 - probability) * usual
        return min(capacity, floor(mean * left))

    def of_month(self, rng: np.random.Generator) -> GrowthLaw:
        """The law with or without a shift, the same in all months of a run; see `GrowthLaw`."""
        return self if self.is_certain else self._with(probability=float(rng.random() < self.settings.probability))

    def realisations(self) -> Sequence[Realisation]:
        """The law with a shift and the law without one, as far as they are possible; see `GrowthLaw`."""
        probability = self.settings.probability
        weights = ((1.0, probability), (0.0, 1 - probability))
        return [Realisation(weight=weight, law=self._with(probability=drawn)) for drawn, weight in weights if weight]

    @property
    def is_certain(self) -> bool:
        """Whether nothing is drawn; see `GrowthLaw`."""
        return self.settings.probability in (0, 1)

    @property
    def assumes_average(self) -> bool:
        """Whether a range, or a probability between 0 and 1, is stated to members; see `GrowthLaw`."""
        return self.settings.told == "threshold" and (self.settings.told_probability is not None or not self.is_certain)

    @property
    def known_to_members(self) -> GrowthLaw:
        """The law with what is stated: the usual factor, or the middle of a range; see `GrowthLaw`."""
        if self.settings.told == "nothing":
            return multiply(self.settings.factor)
        if self.settings.told_probability is None:
            return self
        low, high = map(Fraction, map(str, self.settings.told_probability))
        return self._with(probability=float((low + high) / 2), told_probability=self.settings.told_probability)

    @property
    def phrase(self) -> str:
        """Both factors, the number of units and the probability, unless the shift is not stated; see `GrowthLaw`."""
        usual, below, least = _multiplied(self.settings.factor), self.settings.factor_below, self.settings.below
        if self.settings.told == "nothing" or not (self.assumes_average or self.settings.probability):
            return usual
        if not self.assumes_average:
            return f"{usual} if at least {least} are left, and {_multiplied(below)} if fewer are left"
        return (
            f"{usual} if at least {least} are left, and if fewer are left, {_multiplied(below)} with a probability "
            f"{self._chance}, which is decided once for all months, and {usual} otherwise"
        )

    @property
    def _chance(self) -> str:
        """The probability as it is stated."""
        if self.settings.told_probability is None:
            return f"of {in_per_cent(self.settings.probability)}"
        low, high = map(in_per_cent, self.settings.told_probability)
        return f"of {low}" if low == high else f"between {low} and {high}"

    def _with(self, *, probability: float, told_probability: tuple[float, float] | None = None) -> Threshold:
        changed = {"probability": probability, "told_probability": told_probability}
        return Threshold(self.settings.model_copy(update=changed), name=self.name)


@GROWTH_LAWS.register
class Inflow(GrowthLaw):
    """A constant number of units is added to the remaining stock every month, up to the capacity."""

    name = "inflow"

    class Settings(Section):
        """Settings of the law."""

        units: int = Field(20, ge=0)
        """Units added per month."""

    settings: Settings

    def grown(self, left: int, capacity: int) -> int:
        """``min(capacity, left + units)``; see `GrowthLaw`."""
        return min(capacity, left + self.settings.units)

    def least_left(self, stock: int, capacity: int) -> int:
        """``max(0, stock − units)``, as the stock never exceeds the capacity; see `GrowthLaw`."""
        return max(0, stock - self.settings.units)

    def most_grown(self, stock: int, least_left: int, capacity: int) -> int:
        """Growth of the whole stock, as the law is monotonic; see `GrowthLaw`."""
        return self.grown(stock, capacity)

    @property
    def phrase(self) -> str:
        """As in "increases by 20"; see `GrowthLaw`."""
        return f"increases by {self.settings.units}"


def _multiplied(factor: float) -> str:
    """Return a verb phrase for a factor."""
    return _MULTIPLES.get(factor, f"is multiplied by {decimal(factor)}")


@lru_cache(maxsize=64)
def multiply(factor: float) -> Multiply:
    """Return the law that multiplies by a factor; equal factors share one law.

    Args:
        factor: stock of the next month per unit left, limited by the capacity.
    """
    return Multiply(Multiply.Settings(factor=factor))


def growth_law(world: World) -> GrowthLaw:
    """Return the growth law of a world. A number is the factor of `Multiply`.

    Raises:
        ConfigError: there is no such law, or one of its settings is invalid.
        PluginError: the law does not work for this world.
    """
    if not isinstance(world.growth, ExtensionEntry):
        return multiply(world.growth)
    law = _LAWS.one(world.growth)
    if (flaw := flaw_in_world(law, world.capacity)) is not None:
        raise PluginError(f"growth law {law.name}: {flaw}")
    return law
