"""The commons as frozen values: what it is, what its members want from it, and what came of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from govsim.commons.growth import GrowthLaw, growth_law
from govsim.config import World
from govsim.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A commons at the start of a month, before anyone harvests. All amounts are whole units.

    Attributes:
        stock: units there are, ``0..capacity``.
        month: 1 for the first.
        capacity: the most units there can be.
        growth: the law by which what is left after the harvest grows.
        collapse: the commons has collapsed when fewer units than this are left after a harvest.
        members: names of those present, in roster order.
    """

    stock: int
    month: int
    capacity: int
    growth: GrowthLaw
    collapse: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a world that cannot be.

        Raises:
            ConfigError: an amount is out of its range, or a name occurs twice.
        """
        if self.capacity < 1:
            raise ConfigError(f"capacity = {self.capacity}: a commons holds at least 1 unit")
        if not 0 <= self.stock <= self.capacity:
            raise ConfigError(f"stock = {self.stock}: must lie in 0..{self.capacity} (the capacity)")
        if not 0 <= self.collapse < self.capacity:
            raise ConfigError(f"collapse = {self.collapse}: must lie in 0..{self.capacity - 1}, below the capacity")
        if self.month < 1:
            raise ConfigError(f"month = {self.month}: the first month is 1")
        if len(set(self.members)) != len(self.members):
            raise ConfigError(f"members = {', '.join(self.members)}: every name may occur once")

    def grown(self, left: int) -> int:
        """What units left after the harvest become in one growth, without chance."""
        return self.growth.grown(left, self.capacity)

    def with_members(self, members: tuple[str, ...]) -> State:
        """The same commons with another roster."""
        return replace(self, members=members)


def state_at_start(world: World, members: tuple[str, ...] = ()) -> State:
    """A commons at the start of its first month.

    Args:
        world: its settings.
        members: who is present.

    Raises:
        ConfigError: there is no such growth law.
    """
    return State(
        stock=world.stock_at_start,
        month=1,
        capacity=world.capacity,
        growth=growth_law(world),
        collapse=world.collapse,
        members=members,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one member asks for: a whole number of units, 0 or more."""

    member: str
    units: int

    def __post_init__(self) -> None:
        """Refuse a negative demand.

        Raises:
            ConfigError: `units` is negative.
        """
        if self.units < 0:
            raise ConfigError(f"demand of {self.member} = {self.units}: must be 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one month's harvest did to the commons.

    Attributes:
        before: the commons as the members found it.
        asked: units asked for by each member that decided, in roster order; who forfeited is missing.
        granted: units received by every member present, in roster order.
        stock_after_harvest: what was left; the collapse is judged by this.
    """

    before: State
    asked: Mapping[str, int]
    granted: Mapping[str, int]
    stock_after_harvest: int

    def __post_init__(self) -> None:
        """Keep what was asked for and granted as it is, whatever phases and rules do with what they are given."""
        object.__setattr__(self, "asked", MappingProxyType(dict(self.asked)))
        object.__setattr__(self, "granted", MappingProxyType(dict(self.granted)))

    @property
    def is_collapsed(self) -> bool:
        """Whether fewer units than the collapse level were left after the harvest."""
        return self.stock_after_harvest < self.before.collapse
