"""The game of a world or an experiment: its growth law, shocks, collapse level and horizon as probabilities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, product
from math import prod

import numpy as np

from govsim.commons import (
    GrowthLaw,
    Outcome,
    Shock,
    State,
    collapse_level,
    growth_law,
    last_month,
    law_of_month,
    shock_draw,
    shocks_of,
    state_at_start,
)
from govsim.config import Continuation, Experiment, FixedNumber, World, distribution_of
from govsim.errors import AnalysisError, ConfigError
from govsim.game.model import MAX_CELLS, Case, Floats, Game, Signal, certain, uncertain

MAX_STOCKS = 200_000
"""Maximum number of growths computed for a growth factor between two bounds, which limits the number of ranges."""

MAX_HARVESTS = 500_000
"""Maximum number of combinations of month, stock and harvest for which the probability of a shock is computed."""


def game_of(world: World, *, members: int = 5) -> Game:
    """Return the game of a world.

    Args:
        world: the commons, its allocation rule and its number of months.
        members: number of members.

    Raises:
        ConfigError: there is no such growth law or shock, or the growth law is random and does not state its
            distribution.
        AnalysisError: the probability of a shock depends on too many harvests, or the growth law is drawn once per run.
    """
    if members < 1:
        raise ConfigError(f"members = {members}: must be at least 1")
    if is_law_of_run(world):
        raise AnalysisError(
            "world.growth: is drawn once per run, so that what follows depends on what earlier growth has revealed"
        )
    return _game(world.model_dump_json(), members)


def is_law_of_run(world: World) -> bool:
    """Whether the growth law of a world is drawn once per run."""
    law = growth_law(world)
    return law.is_drawn_once and not law.is_certain


def games_of_runs(experiment: Experiment) -> tuple[tuple[float, Game], ...]:
    """Return the probability and the game of each growth law that can be drawn for a run of an experiment or a site.

    Raises:
        ConfigError: there are several sites; or see `game_of`.
        AnalysisError: the laws are not listed; or see `game_of`.
    """
    _check_one_stock(experiment)
    world = experiment.world
    if (laws := growth_law(world).realisations()) is None:
        raise AnalysisError("the growth law does not list what can be drawn for a run")
    worlds = ((one.weight, world.model_copy(update={"growth": one.law.entry})) for one in laws)
    return tuple((weight, game_of(drawn, members=_players(experiment))) for weight, drawn in worlds)


def game_of_experiment(experiment: Experiment) -> Game:
    """Return the game of an experiment, or of one of its sites, among the members present in month 1.

    Raises:
        ConfigError: there are several sites; or see `game_of`.
    """
    _check_one_stock(experiment)
    return game_of(experiment.world, members=_players(experiment))


def _check_one_stock(experiment: Experiment) -> None:
    if experiment.sites and experiment.site is None:
        raise ConfigError("sites: a game has one stock; several sites can be solved only one by one")


def realised_game(experiment: Experiment) -> Game:
    """Return the game of one run, in which everything that its seed draws is known: only the harvests are free.

    Its optimum is the maximum that any society could have taken in this run.

    Raises:
        ConfigError: there is no such growth law or shock.
        AnalysisError: the probability of a shock depends on too many harvests.
    """
    _check_one_stock(experiment)
    world, seed, site = experiment.world, experiment.seed, experiment.site
    drawn = {"collapse": collapse_level(world, seed, site=site), "months": last_month(world, seed), "horizon": "known"}
    realised, members = world.model_copy(update=drawn), _players(experiment)
    if growth_law(world).is_certain and not world.shocks:
        return game_of(realised, members=members)
    return _built(realised, _Months(realised, seed, site), members)


def _players(experiment: Experiment) -> int:
    """The number of members present in month 1, at the site if there are several; 1 if there is none."""
    names = experiment.members_at_start.get(experiment.site or "", experiment.society.members)
    return max(1, sum(experiment.member(name).joins == 1 for name in names))


@lru_cache(maxsize=64)
def _game(written: str, members: int) -> Game:
    """The game of a world written as JSON, as worlds with extensions cannot be keys."""
    return _built(World.model_validate_json(written), _months(written), members)


def _built(world: World, months: _Months, members: int) -> Game:
    known = months.law.known_to_members
    return Game(
        capacity=world.capacity,
        start=world.stock_at_start,
        months=world.months,
        members=members,
        cases=[months.cases(month) for month in range(1, world.months + 1)],
        levels=_levels(world),
        continuation=world.horizon.continuation if isinstance(world.horizon, Continuation) else 1.0,
        allocation=world.allocation,
        signals=months.signals,
        has_upper_signals=months.law.realisations() is None,
        grown=np.array([known.grown(left, world.capacity) for left in range(world.capacity + 1)]),
    )


def _levels(world: World) -> Mapping[int, float]:
    """The probability of each collapse level."""
    level = distribution_of(world.collapse)
    if isinstance(level, FixedNumber):
        return {round(level.value): 1.0}
    return {units: chance for units, chance in level.whole_probabilities().items() if chance > 0}


@lru_cache(maxsize=8)
def _months(written: str) -> _Months:
    """The months of a world written as JSON, which many runs share."""
    return _Months(World.model_validate_json(written))


class _Months:
    """The ways in which the months of a world can turn out; months that do not differ share theirs.

    With the seed of a run, its growth laws and the random numbers of its shocks are known.
    """

    def __init__(self, world: World, seed: int | None = None, site: str | None = None) -> None:
        self.law = growth_law(world)
        self._world, self._seed = world, seed
        self._shocks = shocks_of(world)
        self._start = state_at_start(world, site=site)
        self._chances_by_month: dict[int, tuple[float | Floats, ...]] = {}
        self._known: dict[tuple[GrowthLaw, tuple[float | Floats, ...]], tuple[Case, ...]] = {}
        self._growths: dict[tuple[GrowthLaw, tuple[Shock, ...]], tuple[Case, ...]] = {}

    def cases(self, month: int) -> tuple[Case, ...]:
        """One case for each combination of growth and shocks that can occur in a month."""
        law, chances = self._law_of(month), self._chances_of(month)
        if any(shock.depends_on_harvest for shock in self._shocks):
            return tuple(self._combined(law, chances))
        if (law, chances) not in self._known:
            self._known[law, chances] = tuple(self._combined(law, chances))
        return self._known[law, chances]

    def signals(self, month: int) -> Iterator[Signal]:
        """What can be known of a month before its harvest: its growth and the random number of each shock.

        A factor between two bounds is replaced by the largest of a range, which yields an upper bound if a larger stock
        is never worse.

        Raises:
            AnalysisError: it would not be a bound, or there are too many possibilities.
        """
        law, chances = self._law_of(month), self._chances_of(month)
        size = self._start.capacity + 1
        laws = law.upper_realisations(max(20, min(500, MAX_STOCKS // size)))
        if laws is None:
            raise AnalysisError("informed optimum: the growth law does not list the ways in which a month can turn out")
        if law.realisations() is None and not self._is_monotonic():
            raise AnalysisError("informed optimum: a larger stock can be worse, which prevents a bound")
        draws = [list(_ranges(chance)) for chance in chances]
        rows = size if any(shock.depends_on_harvest for shock in self._shocks) else 1
        if (values := len(laws) * prod(map(len, draws)) * rows * size) > MAX_CELLS:
            raise AnalysisError(f"informed optimum: {values:,} values are needed for a month, at most {MAX_CELLS:,}")
        for one, known in product(laws, product(*draws)):
            weight = one.weight * prod(chance for chance, _ in known)
            yield Signal(probability=weight, cases=tuple(self._combined(one.law, [occurs for _, occurs in known])))

    def _is_monotonic(self) -> bool:
        """Whether a larger stock allows at least as much: probabilities and the order of stocks do not depend on it."""
        stocks = range(self._start.capacity + 1)
        left = ([stock - shock.lost(stock) for stock in stocks] for shock in self._shocks)
        return all(after == sorted(after) for after in left) and not any(one.depends_on_harvest for one in self._shocks)

    def _law_of(self, month: int) -> GrowthLaw:
        """The growth law of a month: that of the world, or the one that was drawn."""
        return self.law if self._seed is None else law_of_month(self._before(month), self.law, self._seed)

    def _combined(self, law: GrowthLaw, chances: Sequence[float | Floats]) -> Iterator[Case]:
        for occurring in product((False, True), repeat=len(chances)):
            weight: float | Floats = 1.0
            for chance, occurs in zip(chances, occurring, strict=True):
                weight = weight * (chance if occurs else 1 - chance)
            if np.any(weight):
                shocks = tuple(shock for shock, occurs in zip(self._shocks, occurring, strict=True) if occurs)
                for case in self._growth(law, shocks):
                    yield Case(probability=weight * case.probability, transition=case.transition)

    def _growth(self, law: GrowthLaw, shocks: tuple[Shock, ...]) -> tuple[Case, ...]:
        """The next stocks under shocks that occur: a case for each law that can be drawn if they are listed."""
        if (law, shocks) not in self._growths:
            left = [_after(shocks, "before-growth", units) for units in range(self._start.capacity + 1)]
            if (laws := law.realisations()) is None:
                case = Case(transition=uncertain([self._grown(shocks, units) for units in left]))
                self._growths[law, shocks] = (case,)
            else:
                self._growths[law, shocks] = tuple(
                    Case(
                        probability=one.weight,
                        transition=certain([self._after_law(one.law, shocks, units) for units in left]),
                    )
                    for one in laws
                )
        return self._growths[law, shocks]

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

    def _chances_of(self, month: int) -> tuple[float | Floats, ...]:
        """The probability of each shock in a month."""
        if month not in self._chances_by_month:
            self._chances_by_month[month] = tuple(self._chances(month))
        return self._chances_by_month[month]

    def _chances(self, month: int) -> Iterator[float | Floats]:
        if self._seed is None:
            yield from (self._probability(shock, month) for shock in self._shocks)
            return
        probabilities = _months(self._world.model_dump_json())._chances_of(month)
        for shock, chance in zip(self._shocks, probabilities, strict=True):
            yield _where_above(chance, shock_draw(shock, month, self._seed, site=self._start.site))

    def _probability(self, shock: Shock, month: int) -> float | Floats:
        """The probability of a shock in a month; by stock and units left if it depends on the harvest."""
        if not shock.depends_on_harvest:
            return self._chance(shock, month, 0, 0)
        size = self._start.capacity + 1
        if (harvests := self._world.months * size**2 // 2) > MAX_HARVESTS:
            raise AnalysisError(
                f"shock {shock.name}: its probability depends on {harvests:,} harvests, at most {MAX_HARVESTS:,} are "
                "possible; lower world.capacity or world.months"
            )
        return np.array(
            [[self._chance(shock, month, stock, min(left, stock)) for left in range(size)] for stock in range(size)]
        )

    def _chance(self, shock: Shock, month: int, stock: int, left: int) -> float:
        before = replace(self._before(month), stock=stock)
        return shock.probability(month, Outcome(before=before, asked={}, granted={}, stock_after_harvest=left))

    def _before(self, month: int) -> State:
        return replace(self._start, month=month)


def _ranges(chance: float | Floats) -> Iterator[tuple[float, float | Floats]]:
    """The ranges of a shock's random number: the probability of each, and where the shock then occurs, as 0 or 1."""
    for low, high in pairwise(np.unique(np.append(chance, [0.0, 1.0])).tolist()):
        yield high - low, _where_above(chance, low)


def _where_above(chance: float | Floats, number: float) -> float | Floats:
    """Where a probability is above the random number of a shock, so that it occurs, as 0 or 1."""
    return (chance > number).astype(np.float64) if isinstance(chance, np.ndarray) else float(chance > number)


def _after(shocks: Sequence[Shock], when: str, stock: int) -> int:
    """The stock after the shocks of one time."""
    for shock in shocks:
        if shock.when == when:
            stock -= shock.lost(stock)
    return stock
