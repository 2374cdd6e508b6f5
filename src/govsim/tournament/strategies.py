"""Policies as strategies of the game, so that replies to them can be computed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

import numpy as np

from govsim.agents import ObservedMonth, Policy, policy_named
from govsim.commons import State, growth_law, initial_state
from govsim.config import Experiment, Extent
from govsim.errors import AnalysisError
from govsim.game import Position, StockStrategy, Strategy
from govsim.society.harvest_run import extent_of
from govsim.society.observation import known_to_members
from govsim.tournament.requests import check_simulated, demand_of, harvest_request, observed_month, require_harvests
from govsim.tournament.worlds import are_simulated_together

_UNUSED = np.random.default_rng(0)
"""The generator given to policies that draw nothing."""


def strategy_of(agent: str, experiment: Experiment) -> Strategy:
    """Return a policy as a strategy of the game of an experiment.

    The strategy asks the policy itself. Its memory is what the policy declares in `Policy.remembered`.

    Args:
        agent: the policy, as in `policy:tit-for-tat`.
        experiment: the world and the members, who must be alike; its agents and its seed are not used.

    Raises:
        ConfigError: there is no such policy, it makes no harvest decisions, or tournaments do not simulate the
            experiment.
        AnalysisError: the policy draws its demands or does not declare what it remembers, or the members or the growth
            law do not allow it.
    """
    policy = informed_policy(agent, experiment)
    if policy.remembered(()) is None:
        raise AnalysisError(f"{agent}: does not declare a finite memory")
    asked = _PolicyStrategy(experiment, policy)
    if policy.is_memoryless:
        return StockStrategy(lambda position: asked.demand(asked.initial(), position))
    if asked.collapse < 1:
        raise AnalysisError("world.collapse = 0: catches after which nothing is left, and memories of them, are random")
    return asked


def informed_policy(agent: str, experiment: Experiment) -> Policy:
    """Return a policy whose demands follow from what its member has observed.

    Args:
        agent: the policy.
        experiment: the world and the members.

    Raises:
        ConfigError: see `strategy_of`.
        AnalysisError: the policy draws its demands, or members differ, join or leave, or learn a growth law that is
            drawn.
    """
    check_alike(experiment)
    policy = policy_named(agent)
    require_harvests(policy, agent)
    if policy.is_random:
        raise AnalysisError("the policy draws its demands")
    law = growth_law(experiment.world)
    if law.is_told and not law.is_certain:
        raise AnalysisError(
            "world.growth: is random and members learn its value, so that demands depend on more than month and stock"
        )
    policy.inform(experiment)
    return policy


def check_alike(experiment: Experiment) -> None:
    """Reject experiments whose members cannot reply to each other as in a game among equals.

    Args:
        experiment: the world and the members.

    Raises:
        ConfigError: tournaments do not simulate the experiment.
        AnalysisError: members do not know the exact stock or all catches, or they differ, join or leave.
    """
    if not are_simulated_together(experiment):
        raise AnalysisError("members do not know the exact stock, or learn of catches late or in part")
    check_simulated(experiment)
    members = experiment.members.values()
    if any(one.weight != 1 or one.limit is not None or one.joins != 1 or one.leaves is not None for one in members):
        raise AnalysisError("members: have different shares or limits, join or leave")


@dataclass(frozen=True, slots=True)
class _Memory:
    """What a policy remembers, and one of the pasts after which it remembers that."""

    key: Hashable
    months: tuple[ObservedMonth, ...] = field(compare=False)


class _PolicyStrategy:
    """A strategy that asks a policy without random demands; every demand and every memory is computed once.

    The policy gets a past from which its memory follows, and thus decides as after every other such past.
    """

    def __init__(self, experiment: Experiment, policy: Policy) -> None:
        names = experiment.society.members
        self._experiment, self._policy, self._member = experiment, policy, names[-1]
        self._public: bool | Extent = "total" if extent_of(experiment) else False
        start = initial_state(experiment).with_members(tuple(names))
        self._start, self.collapse = known_to_members(start), start.collapse
        self._states: dict[tuple[int, int], State] = {}
        self._demands: dict[tuple[Hashable, int, int], int] = {}
        self._memories: dict[tuple[Hashable, int, int, int], _Memory] = {}

    def initial(self) -> _Memory:
        return _Memory(self._policy.remembered(()), ())

    def demand(self, memory: Hashable, position: Position) -> int:
        assert isinstance(memory, _Memory)
        asked = (memory.key, position.month, position.stock)
        if asked not in self._demands:
            state = self._state(position)
            request = harvest_request(self._experiment, self._public, state, self._member, memory.months)
            self._demands[asked] = demand_of(self._policy, request, _UNUSED)
        return self._demands[asked]

    def following(self, memory: Hashable, position: Position, total: int) -> _Memory:
        assert isinstance(memory, _Memory)
        happened = (memory.key, position.month, position.stock, total)
        if happened not in self._memories:
            own = min(self.demand(memory, position), total)
            state = self._state(position)
            granted = {self._member: own, "": total - own}
            months = (*memory.months, observed_month(state, self._member, own, granted, self._public))
            self._memories[happened] = _Memory(self._policy.remembered(months), months)
        return self._memories[happened]

    def _state(self, position: Position) -> State:
        when = (position.month, position.stock)
        if when not in self._states:
            self._states[when] = replace(self._start, month=position.month, stock=position.stock)
        return self._states[when]
