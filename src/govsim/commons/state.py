"""The commons as frozen values: its state, the demands of the members, and the outcome of a harvest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from govsim.commons.growth import GrowthLaw
from govsim.commons.horizon import collapse_level
from govsim.commons.laws import growth_law
from govsim.commons.shocks import Shock, shocks_of
from govsim.config import Experiment, World
from govsim.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A commons at the start of a month, before anyone harvests. All amounts are whole units.

    Attributes:
        stock: current stock, ``0..capacity``.
        month: 1 for the first month.
        capacity: maximum stock.
        growth: growth law of the stock left after the harvest.
        collapse: collapse level: the commons collapses when fewer units than this are left after a harvest.
        members: names of those present, in roster order.
        shocks: possible losses of stock after the harvest, in order.
        limits: maximum units that a member can take in a month; missing members have no limit below the stock.
        weights: weights of members in the sustainable harvest; missing members have 1, and all if it is empty.
        site: name of the site, if there are several.
    """

    stock: int
    month: int
    capacity: int
    growth: GrowthLaw
    collapse: int
    members: tuple[str, ...]
    shocks: tuple[Shock, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    site: str | None = None

    def __post_init__(self) -> None:
        """Reject invalid values.

        Raises:
            ConfigError: an amount is out of its range, or a name occurs twice.
        """
        if self.capacity < 1:
            raise ConfigError(f"capacity = {self.capacity}: must be at least 1 unit")
        if not 0 <= self.stock <= self.capacity:
            raise ConfigError(f"stock = {self.stock}: must be from 0 to {self.capacity} (the capacity)")
        if not 0 <= self.collapse < self.capacity:
            raise ConfigError(f"collapse = {self.collapse}: must be from 0 to {self.capacity - 1}, below the capacity")
        if self.month < 1:
            raise ConfigError(f"month = {self.month}: must be at least 1")
        if len(set(self.members)) != len(self.members):
            raise ConfigError(f"members = {', '.join(self.members)}: names must be unique")

    def grown(self, left: int) -> int:
        """Return the stock that grows from the units left after the harvest, without randomness."""
        return self.growth.grown(left, self.capacity)

    def with_members(self, members: tuple[str, ...]) -> State:
        """Return the same commons with another roster."""
        return self if members == self.members else replace(self, members=members)


def state_at_start(
    world: World, members: tuple[str, ...] = (), *, seed: int | None = None, site: str | None = None
) -> State:
    """Return a commons at the start of its first month.

    Args:
        world: its settings.
        members: names of the members present.
        seed: the run's seed, for a collapse level that is drawn; as `collapse_level`.
        site: name of the site, if there are several.

    Raises:
        ConfigError: there is no such growth law or shock.
    """
    return State(
        stock=world.stock_at_start,
        month=1,
        capacity=world.capacity,
        growth=growth_law(world),
        collapse=collapse_level(world, seed, site=site),
        members=members,
        shocks=shocks_of(world),
        site=site,
    )


def initial_state(experiment: Experiment) -> State:
    """Return the commons of an experiment at the start of its first month, with no members present yet.

    Args:
        experiment: the experiment, as it applies at a site if there are several; its seed draws the collapse level
            if it is drawn.

    Raises:
        ConfigError: there is no such growth law or shock.
    """
    members = experiment.members
    return replace(
        state_at_start(experiment.world, seed=experiment.seed, site=experiment.site),
        limits={name: member.limit for name, member in members.items() if member.limit is not None},
        weights={name: member.weight for name, member in members.items() if member.weight != 1},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The demand of one member: a whole number of units, 0 or more."""

    member: str
    units: int

    def __post_init__(self) -> None:
        """Reject a negative demand.

        Raises:
            ConfigError: `units` is negative.
        """
        if self.units < 0:
            raise ConfigError(f"demand of {self.member} = {self.units}: must be 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Outcome of one month's harvest.

    Attributes:
        before: the commons before the harvest.
        asked: units demanded by each member that decided, in roster order; members that forfeited are missing.
        granted: units received by every member present, in roster order.
        stock_after_harvest: stock left, which determines collapse.
        returned: units that institutions return to the stock after the harvest, before it grows.
    """

    before: State
    asked: Mapping[str, int]
    granted: Mapping[str, int]
    stock_after_harvest: int
    returned: int = 0

    def __post_init__(self) -> None:
        """Make the mappings read-only, as phases and rules of plug-ins receive them."""
        object.__setattr__(self, "asked", MappingProxyType(dict(self.asked)))
        object.__setattr__(self, "granted", MappingProxyType(dict(self.granted)))

    @property
    def is_collapsed(self) -> bool:
        """Whether fewer units than the collapse level were left after the harvest."""
        return self.stock_after_harvest < self.before.collapse

    @property
    def stock_left(self) -> int:
        """Stock that shocks and growth apply to: the stock after the harvest, and the units returned."""
        return self.stock_after_harvest + self.returned
