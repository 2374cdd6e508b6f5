"""The game of a world or an experiment: its growth law, shocks, collapse threshold and horizon as probabilities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np

from govsim.commons import GrowthLaw, Outcome, Shock, growth_law, shocks_of, state_at_start
from govsim.config import Continuation, Experiment, FixedNumber, World, distribution_of
from govsim.errors import ConfigError
from govsim.game.model import Case, Floats, Game, certain, uncertain

MAX_HARVESTS = 500_000
"""Maximum number of combinations of month, stock and harvest for which the probability of a shock is computed."""


def game_of(world: World, *, members: int = 5) -> Game:
    """Return the game of a world.

    Args:
        world: the commons, its allocation rule and its number of months.
        members: number of members.

    Raises:
        ConfigError: there is no such growth law or shock, the growth law is random and does not state its distribution,
            or the probability of a shock depends on too many harvests.
    """
    if members < 1:
        raise ConfigError(f"members = {members}: must be at least 1")
    return _game(world.model_dump_json(), members)


def game_of_experiment(experiment: Experiment) -> Game:
    """Return the game of an experiment, or of one of its sites, among the members present in month 1.

    Raises:
        ConfigError: there are several sites; or see `game_of`.
    """
    if experiment.sites and experiment.site is None:
        raise ConfigError("sites: a game has one stock; several sites can be solved only one by one")
    names = experiment.members_at_start.get(experiment.site or "", experiment.society.members)
    present = [name for name in names if experiment.member(name).joins == 1]
    return game_of(experiment.world, members=max(1, len(present)))


@lru_cache(maxsize=64)
def _game(written: str, members: int) -> Game:
    """The game of a world written as JSON, as worlds with extensions cannot be keys."""
    world = World.model_validate_json(written)
    months = _Months(world)
    return Game(
        capacity=world.capacity,
        start=world.stock_at_start,
        months=world.months,
        members=members,
        cases=[months.cases(month) for month in range(1, world.months + 1)],
        levels=_levels(world),
        continuation=world.horizon.continuation if isinstance(world.horizon, Continuation) else 1.0,
        allocation=world.allocation,
        grown=np.array([months.law.grown(left, world.capacity) for left in range(world.capacity + 1)]),
    )


def _levels(world: World) -> Mapping[int, float]:
    """The probability of each collapse threshold."""
    level = distribution_of(world.collapse)
    if isinstance(level, FixedNumber):
        return {round(level.value): 1.0}
    return {units: chance for units, chance in level.whole_probabilities().items() if chance > 0}


class _Months:
    """The ways in which the months of a world can turn out; months that do not differ share theirs."""

    def __init__(self, world: World) -> None:
        self.law = growth_law(world)
        self._shocks = shocks_of(world)
        self._start = state_at_start(world)
        self._months = world.months
        self._known: dict[tuple[float, ...], tuple[Case, ...]] = {}
        self._growths: dict[tuple[Shock, ...], tuple[Case, ...]] = {}

    def cases(self, month: int) -> tuple[Case, ...]:
        """One case for each combination of growth and shocks that can occur in a month."""
        if any(shock.depends_on_harvest for shock in self._shocks):
            return tuple(self._combined([self._chances(shock, month) for shock in self._shocks]))
        chances = tuple(self._chance(shock, month, 0, 0) for shock in self._shocks)
        if chances not in self._known:
            self._known[chances] = tuple(self._combined(chances))
        return self._known[chances]

    def _combined(self, chances: Sequence[float | Floats]) -> Iterator[Case]:
        for occurring in product((False, True), repeat=len(chances)):
            weight: float | Floats = 1.0
            for chance, occurs in zip(chances, occurring, strict=True):
                weight = weight * (chance if occurs else 1 - chance)
            if np.any(weight):
                shocks = tuple(shock for shock, occurs in zip(self._shocks, occurring, strict=True) if occurs)
                for case in self._growth(shocks):
                    yield Case(probability=weight * case.probability, transition=case.transition)

    def _growth(self, shocks: tuple[Shock, ...]) -> tuple[Case, ...]:
        """The next stocks under shocks that occur: a case for each law that can be drawn if they are listed."""
        if shocks not in self._growths:
            left = [_after(shocks, "before-growth", units) for units in range(self._start.capacity + 1)]
            laws = self.law.realisations()
            if laws is None:
                self._growths[shocks] = (Case(transition=uncertain([self._grown(shocks, units) for units in left])),)
            else:
                self._growths[shocks] = tuple(
                    Case(
                        probability=one.weight,
                        transition=certain([self._after_law(one.law, shocks, units) for units in left]),
                    )
                    for one in laws
                )
        return self._growths[shocks]

    def _after_law(self, law: GrowthLaw, shocks: Sequence[Shock], left: int) -> int:
        return _after(shocks, "after-growth", law.grown(left, self._start.capacity))

    def _grown(self, shocks: Sequence[Shock], left: int) -> Mapping[int, float]:
        """The distribution of the next stock under a law whose draws are not listed."""
        if (stocks := self.law.probabilities(left, self._start.capacity)) is None:
            raise ConfigError(
                f"growth law {self.law.name}: is random and does not state the distribution of the next stock; the "
                "optimum and other expectations cannot be computed"
            )
        found: defaultdict[int, float] = defaultdict(float)
        for stock, chance in stocks.items():
            found[_after(shocks, "after-growth", stock)] += chance
        return found

    def _chances(self, shock: Shock, month: int) -> float | Floats:
        """The probability of a shock in a month; by stock and units left if it depends on the harvest."""
        if not shock.depends_on_harvest:
            return self._chance(shock, month, 0, 0)
        size = self._start.capacity + 1
        if (harvests := self._months * size**2 // 2) > MAX_HARVESTS:
            raise ConfigError(
                f"shock {shock.name}: its probability depends on {harvests:,} harvests, at most {MAX_HARVESTS:,} are "
                "possible; lower world.capacity or world.months"
            )
        return np.array(
            [[self._chance(shock, month, stock, min(left, stock)) for left in range(size)] for stock in range(size)]
        )

    def _chance(self, shock: Shock, month: int, stock: int, left: int) -> float:
        before = replace(self._start, month=month, stock=stock)
        return shock.probability(month, Outcome(before=before, asked={}, granted={}, stock_after_harvest=left))


def _after(shocks: Sequence[Shock], when: str, stock: int) -> int:
    """The stock after the shocks of one time."""
    for shock in shocks:
        if shock.when == when:
            stock -= shock.lost(stock)
    return stock
