"""Many runs of one experiment as arrays, for training; depends on numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from govsim.agents import ENTRIES, mask_of
from govsim.commons import ALLOCATIONS, Stream, allocate, generator
from govsim.config import MAX_SEED, Experiment
from govsim.environments.batch_state import BatchState
from govsim.environments.rewards import Reward, reward_of
from govsim.environments.senses import Senses
from govsim.errors import ConfigError
from govsim.game.model import Booleans, Ints
from govsim.society.harvest_run import check_harvests_only


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchStep:
    """What a step of all runs returns, each of shape (runs, members, ...), with members in roster order.

    Attributes:
        observation: what members know before the next harvest, in the next run if the last one is over, shape
            (runs, members, entries); as `govsim.agents.encoded`.
        action_mask: the amounts that they can ask for, shape (runs, members, capacity + 1).
        reward: rewards of the month; 0 for absent members.
        decided: which members decided in the month.
        terminated: which of them take no further decision, because the commons collapsed or they left.
        truncated: which of them were in the last month.
        final_observation: as `observation`, but of the same run where it is over.
    """

    observation: NDArray[np.float32]
    action_mask: NDArray[np.int8]
    reward: NDArray[np.float64]
    decided: Booleans
    terminated: Booleans
    truncated: Booleans
    final_observation: NDArray[np.float32]


class BatchedEnv:
    """Many runs of one experiment with different seeds, one month per step; a run that is over is followed by another.

    The runs at index i have the seeds seed + i, seed + i + worlds, seed + i + 2 · worlds, … Each run is the same
    as in `CommonsEnv`, and in `govsim run` with its seed and the same decisions.

    Attributes:
        experiment: the experiment.
        members: names of the members in roster order.
        entries: names of the entries of an observation; the other members are numbered in roster order from 1.
        state: the true state of the runs, for training and evaluation; agents must not see it.
    """

    def __init__(self, experiment: Experiment, *, worlds: int = 256, reward: str | Reward = "own") -> None:
        """Create the environment; call `reset` to start the runs.

        Args:
            experiment: the world and the members; agents are not used.
            worlds: number of runs at a time.
            reward: the rewards of a month: a name in `REWARDS`, or a function.

        Raises:
            ConfigError: the experiment contains something that is not simulated here.
        """
        check_supported(experiment)
        if worlds < 1:
            raise ConfigError(f"worlds = {worlds}: must be at least 1")
        self.experiment = experiment
        self.members = experiment.society.members
        numbers = range(1, len(self.members))
        self.entries = (*ENTRIES, *(f"{entry} {number}" for entry in ("present", "catch") for number in numbers))
        self.state = BatchState(experiment, worlds)
        self._reward = reward_of(reward)
        self._senses = Senses(experiment, worlds)
        self._rule = ALLOCATIONS.get(experiment.world.allocation, key="world.allocation")
        self._most: Ints | None = None

    def reset(self, seed: int | None = None) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Start all runs.

        Args:
            seed: seed of the first run; that of the experiment if None.

        Returns:
            Observations and action masks, as in `BatchStep`.

        Raises:
            ConfigError: the seed is out of range.
        """
        first = self.experiment.seed if seed is None else seed
        if not 0 <= first <= MAX_SEED - self.state.number:
            raise ConfigError(f"seed = {first}: must be from 0 to {MAX_SEED - self.state.number}")
        self.state.start(first)
        self._senses.forget(np.arange(self.state.number))
        return self._observed()

    def step(self, actions: NDArray[Any]) -> BatchStep:
        """Carry out the harvests of a month.

        Args:
            actions: units asked for, whole numbers of shape (runs, members); an amount above the mask becomes the
                largest allowed one, and those of absent members are ignored.

        Raises:
            ConfigError: the runs were not started, or the actions have another shape or are not whole numbers from 0.
        """
        runs, senses = self.state, self._senses
        asked = self._asked(actions)
        decided = runs.present.copy()
        granted = self._allocated(asked)
        collapsed = runs.harvest(granted)
        senses.harvested(runs, decided, asked, granted)
        ended = collapsed | runs.is_past_end
        truncated = decided & (ended & ~collapsed)[:, np.newaxis]
        terminated = decided & (collapsed[:, np.newaxis] | ~runs.present) & ~truncated
        observation, mask = self._observed()
        final = observation
        if ended.any():
            final = observation.copy()
            indices = np.flatnonzero(ended)
            runs.restart(indices)
            senses.forget(indices)
            observation[indices], mask[indices] = self._observed(indices)
        return BatchStep(
            observation=observation,
            action_mask=mask,
            reward=np.where(decided, self._reward(granted, decided), 0.0),
            decided=decided,
            terminated=terminated,
            truncated=truncated,
            final_observation=final,
        )

    def _observed(self, indices: Ints | None = None) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Return observations and masks of all runs, or of those at some indices."""
        observation, most = self._senses.observed(self.state, indices)
        if indices is None or self._most is None:
            self._most = most
        else:
            self._most[indices] = most
        return observation, mask_of(most, self.experiment.world.capacity)

    def _asked(self, actions: NDArray[Any]) -> Ints:
        if self._most is None:
            raise ConfigError("the environment has no runs; call reset() first")
        given, shape = np.asarray(actions), self._most.shape
        if given.shape != shape or given.dtype.kind not in "iu":
            raise ConfigError(f"actions: have shape {given.shape} and type {given.dtype}; must be integers {shape}")
        if given.min(initial=0) < 0:
            raise ConfigError(f"actions: {given.min()} is one of them; must be 0 or more")
        return np.asarray(np.minimum(given, self._most) * self.state.present)

    def _allocated(self, asked: Ints) -> Ints:
        """Return the units granted: the demands, or what the allocation grants of a stock that does not suffice."""
        runs = self.state
        (rationed,) = np.nonzero(asked.sum(axis=1) > runs.stock)
        if not len(rationed):
            return asked
        granted = asked.copy()
        for index in rationed.tolist():
            seats = np.flatnonzero(runs.present[index]).tolist()
            demands = {self.members[seat]: int(asked[index, seat]) for seat in seats}
            rng = generator(int(runs.seeds[index]), Stream.ALLOCATION, int(runs.month[index]))
            found = allocate(self._rule, demands, int(runs.stock[index]), rng)
            granted[index, seats] = list(found.values())
        return granted


def check_supported(experiment: Experiment) -> None:
    """Reject an experiment with more than harvests and reports of catches; discussions and reflections have no effect.

    Raises:
        ConfigError: there is something else; names the key.
    """
    extent = experiment.society.transparency
    claims = extent if extent == "self-reported" else ""
    check_harvests_only(
        experiment,
        "the training environments",
        "simulate it with govsim run",
        {"society.transparency": (claims, "full, own, total or neighbours")},
    )
