"""Growth laws: how the stock left after a harvest grows until the next month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from govsim.config import Configurable, ExtensionEntry, is_subclass_of
from govsim.plugins import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Realisation:
    """A deterministic law that a random law can draw for a month.

    Attributes:
        weight: its probability.
        law: the law.
    """

    weight: float
    law: GrowthLaw


class GrowthLaw(Configurable):
    """A law of growth of the stock. Subclasses are registered under their `name`.

    A random law overrides `drawn`, or `of_month` if it draws a deterministic law for each month.

    Attributes:
        is_drawn_once: whether a random law is drawn once per run, so that all months have the same one.
    """

    is_drawn_once: ClassVar[bool] = False

    def grown(self, left: int, capacity: int) -> int:
        """Return the stock that grows from the units left after a harvest, in 0..capacity, without randomness.

        For a random law, it is the growth on average, as far as members know. Thresholds and worked examples are
        computed from it. It must depend only on its arguments and the settings.

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
        return self.of_month(rng).grown(left, capacity)

    def of_month(self, rng: np.random.Generator) -> GrowthLaw:
        """Return the deterministic law of one month; the law itself if it is deterministic.

        Args:
            rng: random generator of the law for the month.
        """
        return self if self.is_certain else _MonthOfLaw(self, rng)

    def realisations(self) -> Sequence[Realisation] | None:
        """Return all laws that `of_month` can return, with probabilities that sum to 1; None if they are not listed."""
        return (Realisation(weight=1.0, law=self),) if self.is_certain else None

    def upper_realisations(self, count: int) -> Sequence[Realisation] | None:
        """Return laws of which each grows at least as much as all those drawn in its place; None if there are none.

        Args:
            count: number of laws that replace any number of them.

        Returns:
            `realisations` if they are listed; probabilities sum to 1.
        """
        return self.realisations()

    def probabilities(self, left: int, capacity: int) -> Mapping[int, float] | None:
        """Return the probability of each stock that can grow; None if it is unknown.

        Args:
            left: units left, ``0..capacity``.
            capacity: maximum stock.
        """
        if (laws := self.realisations()) is None:
            return None
        found: defaultdict[int, float] = defaultdict(float)
        for one in laws:
            found[one.law.grown(left, capacity)] += one.weight
        return dict(found)

    @property
    def is_certain(self) -> bool:
        """Whether the law is deterministic."""
        return type(self).drawn is GrowthLaw.drawn and type(self).of_month is GrowthLaw.of_month

    @property
    def is_told(self) -> bool:
        """Whether the law of each month is stated before its harvest, and thresholds are computed from it."""
        return False

    @property
    def assumes_average(self) -> bool:
        """Whether prompts state that the worked example and, unless `is_told`, thresholds assume average growth.

        It must not depend on anything that is not stated to members.
        """
        return not self.is_certain

    @property
    def known_to_members(self) -> GrowthLaw:
        """The law that members know, which views contain; it holds nothing that is not stated to them."""
        return self

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
    "growth law", group="growth_laws", home="govsim.commons.laws", flaw=is_subclass_of(GrowthLaw)
)


class _MonthOfLaw(GrowthLaw):
    """One month of a law that overrides only `drawn`: it draws the same for the same units left."""

    def __init__(self, law: GrowthLaw, rng: np.random.Generator) -> None:
        super().__init__(law.settings, name=law.name)
        self._law, self._rng = law, rng

    def grown(self, left: int, capacity: int) -> int:
        """The draw of the law from the month's generator; see `GrowthLaw`."""
        return self._law.drawn(left, capacity, deepcopy(self._rng))

    @property
    def entry(self) -> ExtensionEntry:
        """That of the law; see `GrowthLaw`."""
        return self._law.entry

    @property
    def phrase(self) -> str:
        """That of the law; see `GrowthLaw`."""
        return self._law.phrase


@lru_cache(maxsize=4096)
def _least_left(law: GrowthLaw, stock: int, capacity: int) -> int | None:
    return next((left for left in range(stock + 1) if law.grown(left, capacity) >= stock), None)


@lru_cache(maxsize=64)
def flaw_in_world(law: GrowthLaw, capacity: int) -> str | None:
    """Return why a law does not work for a capacity; None if it does.

    It must have a phrase and a factor, and grow every stock in ``0..capacity`` to a whole number in this range. Errors
    of a law of a plug-in are returned as text, and not raised.
    """
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
