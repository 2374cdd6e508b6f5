"""Many worlds of one experiment with different seeds, simulated together for members that decide by policies.

Runs with the same past are simulated once, until their draws differ: a decision without draws is the same in all of
them. Demands are allocated and the stock grows by the functions of `govsim.commons`, with the draws that each run would
have made on its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from govsim.agents import ObservedMonth, Policy, Request, policy_named
from govsim.commons import (
    ALLOCATIONS,
    Demand,
    GrowthLaw,
    Outcome,
    State,
    Stream,
    as_known,
    generator,
    grow_by_seed,
    growth_law,
    take,
)
from govsim.config import Experiment
from govsim.society.harvest_run import extent_of
from govsim.society.observation import known_to_members
from govsim.tournament.requests import check_simulated, demand_of, harvest_request, observed_month, require_harvests
from govsim.tournament.starts import starts_of

_UNUSED = np.random.default_rng(0)
"""The generator given where nothing is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedRuns:
    """What happened in each run. Amounts are 0 after the end of a run, and for absent members.

    Attributes:
        months: months simulated, including the month of a collapse; shape (runs,).
        is_collapsed: whether the commons collapsed; shape (runs,).
        stock: stock before the harvest; shape (runs, months).
        asked: units demanded; shape (runs, months, members).
        granted: units received; shape (runs, months, members).
    """

    months: np.ndarray
    is_collapsed: np.ndarray
    stock: np.ndarray
    asked: np.ndarray
    granted: np.ndarray

    @classmethod
    def empty(cls, experiment: Experiment, runs: int) -> SimulatedRuns:
        """Return the record of runs before their first month.

        Args:
            experiment: the experiment.
            runs: number of runs.
        """
        months, members = experiment.world.months, len(experiment.society.members)
        return cls(
            months=np.zeros(runs, dtype=np.int64),
            is_collapsed=np.zeros(runs, dtype=bool),
            stock=np.zeros((runs, months), dtype=np.int64),
            asked=np.zeros((runs, months, members), dtype=np.int64),
            granted=np.zeros((runs, months, members), dtype=np.int64),
        )

    def record(self, outcome: Outcome, runs: np.ndarray, seats: Sequence[int]) -> None:
        """Record the harvest of a month, which was the same in several runs.

        Args:
            outcome: the harvest.
            runs: the runs.
            seats: places of the members present in the roster.
        """
        month = outcome.before.month
        self.months[runs] = month
        self.is_collapsed[runs] = outcome.is_collapsed
        self.stock[runs, month - 1] = outcome.before.stock
        for record, units in ((self.asked, outcome.asked), (self.granted, outcome.granted)):
            row = np.zeros(record.shape[2], dtype=np.int64)
            row[list(seats)] = list(units.values())
            record[runs, month - 1] = row


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """What some runs have in common at the start of a month.

    Attributes:
        state: the commons.
        growth: the growth law of the month, if that is stated; or else that of the world.
        seen: the earlier months as observed by each member present.
        runs: the runs.
    """

    state: State
    growth: GrowthLaw
    seen: Mapping[str, tuple[ObservedMonth, ...]]
    runs: np.ndarray

    @property
    def known(self) -> State:
        """The commons as members know it."""
        return known_to_members(replace(self.state, growth=self.growth))


class _Draws:
    """The random generators of runs. The initial state of each is kept, as it is slow to derive from the seed."""

    def __init__(self) -> None:
        self._states: dict[tuple[int, int, int, str | None], Mapping[str, Any]] = {}
        self._generator = np.random.default_rng(0)

    def of(self, seed: int, stream: int, month: int, member: str | None = None) -> np.random.Generator:
        """Return the generator of one stream, in its initial state. It is valid until the next call.

        Args:
            seed: the run's seed.
            stream: as for `govsim.commons.generator`.
            month: 1 for the first month.
            member: name of the member whose generator it is.
        """
        key = (seed, int(stream), month, member)
        if (state := self._states.get(key)) is None:
            state = self._states[key] = generator(seed, stream, month, member=member).bit_generator.state
        self._generator.bit_generator.state = state
        return self._generator


class Worlds:
    """The worlds of one experiment with different seeds.

    Attributes:
        experiment: the experiment; its agents and its seed are not used.
        seeds: the seed of each run.
    """

    def __init__(self, experiment: Experiment, seeds: Sequence[int]) -> None:
        """Prepare the worlds.

        Args:
            experiment: the experiment.
            seeds: the seed of each run.

        Raises:
            ConfigError: the experiment contains something that cannot be simulated here.
        """
        check_simulated(experiment)
        self.experiment = experiment
        self.seeds = tuple(seeds)
        self._rule = ALLOCATIONS.get(experiment.world.allocation, key="world.allocation")
        self._public = extent_of(experiment)
        self._law = growth_law(experiment.world)
        self._starts = tuple(starts_of(experiment, self._law, self.seeds))
        self._draws = _Draws()

    def simulate(self, agents: Sequence[str]) -> SimulatedRuns:
        """Simulate all runs of a society.

        Args:
            agents: the policy of each member in roster order, as in `policy:greedy`.

        Raises:
            ConfigError: there is no such policy, or it makes no harvest decisions.
            PluginError: a policy demands an amount that is not allowed.
        """
        simulated = SimulatedRuns.empty(self.experiment, len(self.seeds))
        for start in self._starts:
            policies = policies_of(agents, start.experiment)
            pasts = [_Past(state=start.state, growth=start.growth, seen={}, runs=np.array(start.runs))]
            for present in start.rosters:
                began = (self._with_members(past, present) for past in pasts)
                pasts = [after for past in began for after in self._after(past, policies, simulated)]
        return simulated

    def _with_members(self, past: _Past, present: tuple[str, ...]) -> _Past:
        """Return a past with the members present; those who join have observed nothing."""
        if past.state.members == present:
            return past
        seen = {name: past.seen.get(name, ()) for name in present}
        return replace(past, state=past.state.with_members(present), seen=seen)

    def _after(self, past: _Past, policies: Mapping[str, Policy], simulated: SimulatedRuns) -> Iterator[_Past]:
        """Simulate a month of runs with the same past; yield those that continue, by what happened in them."""
        seats = [index for index, name in enumerate(policies) if name in past.seen]
        for outcome, following, growth, runs in self._outcomes(past, policies):
            simulated.record(outcome, runs, seats)
            if not outcome.is_collapsed:
                yield _Past(state=following, growth=growth, seen=self._seen(past, outcome), runs=runs)

    def _outcomes(
        self, past: _Past, policies: Mapping[str, Policy]
    ) -> Iterator[tuple[Outcome, State, GrowthLaw, np.ndarray]]:
        """Yield each different harvest, the commons that grow from it, its known law, and the runs."""
        runs_of: dict[Any, list[int]] = defaultdict(list)
        found: dict[Any, tuple[Outcome, State, GrowthLaw]] = {}
        for outcome, runs in self._harvests(past, policies):
            for run, following, growth in self._grown(outcome, runs):
                changed = (following.stock, growth)
                key = (tuple(outcome.asked.values()), tuple(outcome.granted.values()), *changed)
                found.setdefault(key, (outcome, following, growth))
                runs_of[key].extend(run)
        for key, (outcome, following, growth) in found.items():
            yield outcome, following, growth, np.array(runs_of[key])

    def _grown(self, outcome: Outcome, runs: Sequence[int]) -> Iterator[tuple[Sequence[int], State, GrowthLaw]]:
        """Yield the commons at the start of the next month and its known law; once for all runs if nothing is drawn."""
        if self._law.is_certain and not outcome.before.shocks:
            yield runs, grow_by_seed(outcome, 0).state, self._law
            return
        for run in runs:
            seed = self.seeds[run]
            following = grow_by_seed(outcome, seed).state
            yield [run], following, as_known(following, self._law, seed).growth

    def _harvests(self, past: _Past, policies: Mapping[str, Policy]) -> Iterator[tuple[Outcome, Sequence[int]]]:
        """Yield harvests with their runs: one for equal demands, or one per run if the stock does not suffice."""
        names, month = past.state.members, past.state.month
        for units, runs in self._demands(past, policies).items():
            demands = [Demand(member=name, units=asked) for name, asked in zip(names, units, strict=True)]
            if sum(units) <= past.state.stock:
                yield take(past.state, demands, lambda: _UNUSED, self._rule), runs
                continue
            for run in runs:
                draws = partial(self._draws.of, self.seeds[run], Stream.ALLOCATION, month)
                yield take(past.state, demands, draws, self._rule), [run]

    def _demands(self, past: _Past, policies: Mapping[str, Policy]) -> Mapping[tuple[int, ...], Sequence[int]]:
        """Return the runs by the demands of the members present."""
        deciding = {name: policies[name] for name in past.state.members}
        requests = self._requests(past, deciding)
        fixed = {
            name: demand_of(policy, requests[name], _UNUSED)
            for name, policy in deciding.items()
            if not policy.is_random
        }
        runs: dict[tuple[int, ...], list[int]] = defaultdict(list)
        if len(fixed) == len(deciding):
            return {tuple(fixed.values()): past.runs.tolist()}
        for run in past.runs.tolist():
            units = tuple(
                fixed[name] if name in fixed else demand_of(policy, requests[name], self._policy_draws(run, past, name))
                for name, policy in deciding.items()
            )
            runs[units].append(run)
        return runs

    def _policy_draws(self, run: int, past: _Past, member: str) -> np.random.Generator:
        return self._draws.of(self.seeds[run], Stream.POLICY, past.state.month, member)

    def _requests(self, past: _Past, deciding: Mapping[str, Policy]) -> dict[str, Request]:
        """Return the request to each member."""
        state = past.known
        return {name: harvest_request(self.experiment, self._public, state, name, past.seen[name]) for name in deciding}

    def _seen(self, past: _Past, outcome: Outcome) -> dict[str, tuple[ObservedMonth, ...]]:
        """Return the months observed by each member after a harvest."""
        state, granted = past.known, dict(outcome.granted)
        return {
            name: (*seen, observed_month(state, name, outcome.asked[name], granted, self._public))
            for name, seen in past.seen.items()
        }


def policies_of(agents: Sequence[str], experiment: Experiment) -> dict[str, Policy]:
    """Return the policy of each member, informed of the experiment.

    Args:
        agents: the policy of each member in roster order, as in `policy:greedy`.
        experiment: the experiment, with the seed of the run.

    Raises:
        ConfigError: there is no such policy, or it makes no harvest decisions.
    """
    policies = {}
    for name, agent in zip(experiment.society.members, agents, strict=True):
        policies[name] = policy_named(agent)
        policies[name].inform(experiment)
        require_harvests(policies[name], agent)
    return policies


def are_simulated_together(experiment: Experiment) -> bool:
    """Whether members know enough for runs to be simulated together: the exact stock, and no late or private report."""
    extent, observation = extent_of(experiment), experiment.observation
    return extent in (True, False, "total") and observation.is_exact and not observation.lag
