"""Growth laws: how the stock left after a harvest grows until the next month."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from pydantic import Field

from govsim.config import Configurable, ExtensionEntry, Section, Used, World, is_subclass_of
from govsim.errors import PluginError
from govsim.plugins import Registry


class GrowthLaw(Configurable):
    """A law of growth of the stock. Subclasses are registered under their `name`; only `drawn` may be random."""

    def grown(self, left: int, capacity: int) -> int:
        """Return the stock that grows from the units left after a harvest, in 0..capacity, without randomness.

        Thresholds, worked examples and the optimum are computed from it. It must depend only on its arguments and the
        settings.

        Args:
            left: units left, ``0..capacity``.
            capacity: maximum stock.
        """
        raise NotImplementedError

    def drawn(self, left: int, capacity: int, rng: np.random.Generator) -> int:
        """Return the stock that grows in one month, in 0..capacity; same as `grown` for deterministic laws.

        Args:
            left: units left, ``0..capacity``.
            capacity: maximum stock.
            rng: random generator of the law for the month.
        """
        return self.grown(left, capacity)

    @property
    def is_certain(self) -> bool:
        """Whether the law is deterministic."""
        return type(self).drawn is GrowthLaw.drawn

    def least_left(self, stock: int, capacity: int) -> int | None:
        """Return the minimum units that must be left for the stock to grow back; None if no number suffices.

        Args:
            stock: units before the harvest, ``0..capacity``.
            capacity: maximum stock.
        """
        return _least_left(self, stock, capacity)

    def most_grown(self, stock: int, least_left: int, capacity: int) -> int:
        """Return the maximum stock after one month, over all harvests.

        It exceeds `grown` of the whole stock if the law is not monotonic.

        Args:
            stock: units before the harvest, ``least_left..capacity``.
            least_left: minimum number of units left.
            capacity: maximum stock.
        """
        return max(self.grown(left, capacity) for left in range(least_left, stock + 1))

    @property
    def phrase(self) -> str:
        """Verb phrase for prompts that describes the growth, as in "doubles"."""
        raise NotImplementedError

    @property
    def written(self) -> float | ExtensionEntry:
        """The law as recorded in the experiment: its entry, or a factor if that is equivalent."""
        return self.entry

    @property
    def factor(self) -> str:
        """Growth factor for prompts, as a decimal number; empty if the law has none."""
        return ""


GROWTH_LAWS: Registry[type[GrowthLaw]] = Registry(
    "growth law", group="growth_laws", home="govsim.commons.growth", flaw=is_subclass_of(GrowthLaw)
)

_LAWS: Used[GrowthLaw] = Used(
    GROWTH_LAWS, "world.growth", instead="give a number, the growth factor, as in world.growth=1.5"
)
_MULTIPLES = {2.0: "doubles", 3.0: "triples", 4.0: "quadruples"}


@lru_cache(maxsize=4096)
def _least_left(law: GrowthLaw, stock: int, capacity: int) -> int | None:
    return next((left for left in range(stock + 1) if law.grown(left, capacity) >= stock), None)


@GROWTH_LAWS.register
class Multiply(GrowthLaw):
    """The remaining stock is multiplied by a factor, computed exactly, rounded down, and limited by the capacity."""

    name = "multiply"

    class Settings(Section):
        """Settings of the law."""

        factor: float = Field(2.0, gt=0)
        """Growth factor. Taken exactly as the decimal number written."""

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
        """Growth of the whole stock, as the law is monotonic; see `GrowthLaw`."""
        return self.grown(stock, capacity)

    @property
    def phrase(self) -> str:
        """As in "doubles", or "is multiplied by 1.5"; see `GrowthLaw`."""
        return _MULTIPLES.get(self.settings.factor, f"is multiplied by {self.factor}")

    @property
    def written(self) -> float | ExtensionEntry:
        """The factor, unless the law has its own name in the experiment; see `GrowthLaw`."""
        return self.settings.factor if self.name == self.registered_as() else self.entry

    @property
    def factor(self) -> str:
        """The factor with all its digits; see `GrowthLaw`."""
        number = self.settings.factor
        return str(int(number)) if number == int(number) else str(number)


@lru_cache(maxsize=64)
def multiply(factor: float) -> Multiply:
    """Return the law that multiplies by a factor."""
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
    if (flaw := _flaw_in_world(law, world.capacity)) is not None:
        raise PluginError(f"growth law {law.name}: {flaw}")
    return law


@lru_cache(maxsize=64)
def _flaw_in_world(law: GrowthLaw, capacity: int) -> str | None:
    """Return why a law does not work for a capacity; None if it does."""
    left: int | None = None
    try:
        for name, text in (("phrase", law.phrase), ("factor", law.factor)):
            if not isinstance(text, str):
                return f"its {name} is {text!r}; must be text"
        for left in range(capacity + 1):
            if (flaw := flaw_of_stock(law.grown(left, capacity), capacity)) is not None:
                return f"grows {left} of {capacity} units to {flaw}"
    except Exception as error:  # noqa: BLE001 - code of plug-ins can fail in any way
        what = "its phrase or factor" if left is None else f"the growth of {left} of {capacity} units"
        return f"{what} cannot be computed: {type(error).__name__}: {error}"
    return None


def flaw_of_stock(stock: object, capacity: int) -> str | None:
    """Return why a stock returned by a growth law is invalid, with the allowed values; None if it is valid.

    Args:
        stock: value returned by the growth law.
        capacity: the most units there can be.
    """
    is_stock = type(stock) is int and 0 <= stock <= capacity
    return None if is_stock else f"{stock!r}; must be a whole number in 0..{capacity} (the capacity)"
