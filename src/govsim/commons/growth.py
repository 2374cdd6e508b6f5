"""Growth laws: what the units that are left after a harvest become by the next month."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from pydantic import Field

from govsim.config import Configurable, Entry, Section, Used, World, is_subclass_of
from govsim.errors import PluginError
from govsim.plugins import Registry


class GrowthLaw(Configurable):
    """How a stock grows. Subclasses are registered under their `name`, and draw from chance in `drawn` alone."""

    def grown(self, left: int, capacity: int) -> int:
        """What the units left after a harvest become, in 0..capacity, without chance.

        Thresholds, worked examples and the optimum are computed from it. It must not depend on anything but its
        arguments and the settings.

        Args:
            left: units left, ``0..capacity``.
            capacity: the most units there can be.
        """
        raise NotImplementedError

    def drawn(self, left: int, capacity: int, rng: np.random.Generator) -> int:
        """What the units left become in one month, in 0..capacity; as `grown` where the law draws nothing.

        Args:
            left: units left, ``0..capacity``.
            capacity: the most units there can be.
            rng: the generator of the law for the month.
        """
        return self.grown(left, capacity)

    @property
    def is_certain(self) -> bool:
        """Whether nothing of it is drawn."""
        return type(self).drawn is GrowthLaw.drawn

    def least_left(self, stock: int, capacity: int) -> int | None:
        """The fewest units that must be left for the stock to be as large as before; None where no number is enough.

        Args:
            stock: units before the harvest, ``0..capacity``.
            capacity: the most units there can be.
        """
        return _least_left(self, stock, capacity)

    def most_grown(self, stock: int, least_left: int, capacity: int) -> int:
        """The most that a stock can become in one month, whatever is taken of it.

        More than `grown` gives for all of it, where the law makes less of more.

        Args:
            stock: units before the harvest, ``least_left..capacity``.
            least_left: the fewest units that may be left.
            capacity: the most units there can be.
        """
        return max(self.grown(left, capacity) for left in range(least_left, stock + 1))

    @property
    def phrase(self) -> str:
        """What the stock does in a growth, as a verb phrase for prompts, as in "doubles"."""
        raise NotImplementedError

    @property
    def written(self) -> float | Entry:
        """The law as the experiment records it: its entry, or a factor where that says the same."""
        return self.entry

    @property
    def factor(self) -> str:
        """The growth factor for prompts, as a decimal number; empty where the law has none."""
        return ""


GROWTH_LAWS: Registry[type[GrowthLaw]] = Registry(
    "growth law", group="growth_laws", home="govsim.commons.growth", flaw=is_subclass_of(GrowthLaw)
)

_LAWS: Used[GrowthLaw] = Used(GROWTH_LAWS, "world.growth")
_MULTIPLES = {2.0: "doubles", 3.0: "triples", 4.0: "quadruples"}


@lru_cache(maxsize=4096)
def _least_left(law: GrowthLaw, stock: int, capacity: int) -> int | None:
    return next((left for left in range(stock + 1) if law.grown(left, capacity) >= stock), None)


@GROWTH_LAWS.register
class Multiply(GrowthLaw):
    """What is left is multiplied by a factor, exactly, and rounded down, up to the capacity."""

    name = "multiply"

    class Settings(Section):
        """Settings of the law."""

        factor: float = Field(2.0, gt=0)
        """The growth factor. Taken as the decimal number it is written as."""

    settings: Settings

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings, name=name)
        self._exact = Fraction(str(self.settings.factor))

    def grown(self, left: int, capacity: int) -> int:
        """``min(capacity, floor(factor · left))``; see `GrowthLaw`."""
        return min(capacity, left * self._exact.numerator // self._exact.denominator)

    def least_left(self, stock: int, capacity: int) -> int | None:
        """``ceil(stock / factor)``, as the stock never exceeds the capacity; see `GrowthLaw`."""
        least = -(-stock * self._exact.denominator // self._exact.numerator)
        return least if least <= stock else None

    def most_grown(self, stock: int, least_left: int, capacity: int) -> int:
        """What becomes of all of it; see `GrowthLaw`."""
        return self.grown(stock, capacity)

    @property
    def phrase(self) -> str:
        """As in "doubles", or "is multiplied by 1.5"; see `GrowthLaw`."""
        return _MULTIPLES.get(self.settings.factor, f"is multiplied by {self.factor}")

    @property
    def written(self) -> float | Entry:
        """The factor, unless the law has a name of its own; see `GrowthLaw`."""
        return self.settings.factor if self.name == self.registered_as() else self.entry

    @property
    def factor(self) -> str:
        """The factor with all its digits; see `GrowthLaw`."""
        number = self.settings.factor
        return str(int(number)) if number == int(number) else str(number)


@lru_cache(maxsize=64)
def multiply(factor: float) -> Multiply:
    """The law that multiplies by a factor."""
    return Multiply(Multiply.Settings(factor=factor))


def growth_law(world: World) -> GrowthLaw:
    """The growth law of a world: a number multiplies.

    Raises:
        ConfigError: there is no such law, or a setting of it cannot be used.
        PluginError: the law cannot be used in this world.
    """
    if not isinstance(world.growth, Entry):
        return multiply(world.growth)
    law = _LAWS.one(world.growth)
    if (flaw := _flaw_in_world(law, world.capacity)) is not None:
        raise PluginError(f"growth law {law.name}: {flaw}")
    return law


@lru_cache(maxsize=64)
def _flaw_in_world(law: GrowthLaw, capacity: int) -> str | None:
    """Why a law cannot be used in a world of a capacity; None where it can."""
    left: int | None = None
    try:
        for name, words in (("phrase", law.phrase), ("factor", law.factor)):
            if not isinstance(words, str):
                return f"its {name} is {words!r}; must be text"
        for left in range(capacity + 1):
            if (flaw := flaw_of_stock(law.grown(left, capacity), capacity)) is not None:
                return f"grows {left} of {capacity} units to {flaw}"
    except Exception as error:  # noqa: BLE001 - the code of others can fail in any way
        what = "its phrase or factor" if left is None else f"the growth of {left} of {capacity} units"
        return f"{what} cannot be computed: {type(error).__name__}: {error}"
    return None


def flaw_of_stock(stock: object, capacity: int) -> str | None:
    """Why a growth law must not give a stock, as what it gives and what is allowed; None where it may.

    Args:
        stock: what a growth law gives.
        capacity: the most units there can be.
    """
    is_stock = type(stock) is int and 0 <= stock <= capacity
    return None if is_stock else f"{stock!r}; must be a whole number in 0..{capacity} (the capacity)"
