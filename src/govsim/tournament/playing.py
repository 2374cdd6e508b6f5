"""The societies of a tournament, and their simulation in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations

from govsim.agents import POLICIES, policy_named
from govsim.agents.policies import PREFIX
from govsim.commons import member_threshold, state_at_start
from govsim.config import Experiment
from govsim.errors import ConfigError
from govsim.lazy import pandas as pd
from govsim.tournament.stepwise import StepwiseWorlds, worlds_of
from govsim.tournament.worlds import Worlds

_CHUNK = 4
"""Societies that are sent to a process at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """A society of one or two policies.

    Attributes:
        policy: the policy of the first members of the roster, as in `fixed:10`.
        other: the policy of the other members; the same if all are alike.
        count: number of members with `policy`.
    """

    policy: str
    other: str
    count: int

    def agents(self, members: int) -> tuple[str, ...]:
        """Return the agent of each member in roster order."""
        return (PREFIX + self.policy,) * self.count + (PREFIX + self.other,) * (members - self.count)


def default_policies(experiment: Experiment) -> tuple[str, ...]:
    """Return the registered policies that make harvest decisions, with default settings, as in `conditional`.

    `fixed` gets the per-member threshold of a full stock; other policies that require settings are excluded.
    """
    start = state_at_start(experiment.world, experiment.society.members)
    units = member_threshold(replace(start, stock=start.capacity))
    policies = []
    for one in POLICIES:
        needed = [key for key, field in one.value.Settings.model_fields.items() if field.is_required()]
        if one.value.decides("harvest") is not None and needed in ([], ["units"]):
            policies.append(":".join([one.name, *(str(units) for _ in needed)]))
    return tuple(policies)


def mixtures_of(policies: Sequence[str], members: int) -> tuple[Mixture, ...]:
    """Return all societies of one policy, and all mixtures of two.

    Args:
        policies: the policies.
        members: number of members.
    """
    alike = (Mixture(policy=one, other=one, count=members) for one in policies)
    mixed = (
        Mixture(policy=one, other=other, count=count)
        for one, other in combinations(policies, 2)
        for count in range(1, members)
    )
    return (*alike, *mixed)


def play(
    experiment: Experiment,
    policies: Sequence[str],
    *,
    runs: int,
    processes: int = 1,
    listener: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Simulate all societies of one or two policies.

    Args:
        experiment: the world and the members; run i has its seed plus i, in every society.
        policies: names of the policies, as in `fixed:10`.
        runs: number of runs of each society.
        processes: number of processes; the result does not depend on it.
        listener: called with the number of societies simulated and of all societies.

    Returns:
        One row per run, with the columns `policy` (of `count` members), `other` (of all other members), `count`,
        `seed`, `months`, `is_collapsed`, `total` (units), and the mean units of a member with each policy, `gain` and
        `gain_other` (missing if all members are alike).

    Raises:
        ConfigError: a policy does not exist or is given twice, there are fewer than two members, or the experiment
            contains something that a tournament does not simulate.
        PluginError: a policy demands an amount that is not allowed.
    """
    _check(experiment, policies)
    seeds = range(experiment.seed, experiment.seed + runs)
    mixtures = mixtures_of(policies, len(experiment.society.members))
    frames = []
    for frame in _frames(worlds_of(experiment, seeds), mixtures, processes):
        frames.append(frame)
        if listener is not None:
            listener(len(frames), len(mixtures))
    return pd.concat(frames, ignore_index=True)


def _check(experiment: Experiment, policies: Sequence[str]) -> None:
    if len(experiment.society.members) < 2:
        raise ConfigError("society.members = 1: a tournament needs at least 2 members")
    for index, policy in enumerate(policies):
        policy_named(PREFIX + policy)
        if policy in policies[:index]:
            raise ConfigError(f"policy = {policy}: is given twice; name each policy once")


def _frames(worlds: Worlds | StepwiseWorlds, mixtures: Sequence[Mixture], processes: int) -> Iterator[pd.DataFrame]:
    """Simulate societies in order, in this process or in several."""
    if processes == 1:
        yield from (frame_of(worlds, mixture) for mixture in mixtures)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _prepare, (worlds.experiment, worlds.seeds)) as pool:
        yield from pool.map(_frame_in_process, mixtures, chunksize=_CHUNK)


_worlds: list[Worlds | StepwiseWorlds] = []
"""The worlds of a process of a pool."""


def _prepare(experiment: Experiment, seeds: Sequence[int]) -> None:
    _worlds[:] = [worlds_of(experiment, seeds)]


def _frame_in_process(mixture: Mixture) -> pd.DataFrame:
    return frame_of(_worlds[0], mixture)


def frame_of(worlds: Worlds | StepwiseWorlds, mixture: Mixture) -> pd.DataFrame:
    """Simulate one society and return its rows, as `play` does.

    Args:
        worlds: the worlds.
        mixture: the policies of the members.
    """
    simulated = worlds.simulate(mixture.agents(len(worlds.experiment.society.members)))
    units = simulated.granted.sum(axis=1)
    mine, others = units[:, : mixture.count], units[:, mixture.count :]
    return pd.DataFrame(
        {
            "policy": mixture.policy,
            "other": mixture.other,
            "count": mixture.count,
            "seed": worlds.seeds,
            "months": simulated.months,
            "is_collapsed": simulated.is_collapsed,
            "total": units.sum(axis=1),
            "gain": mine.mean(axis=1),
            "gain_other": others.mean(axis=1) if others.size else float("nan"),
        }
    )
