"""A run as a PettingZoo parallel environment: one step is the harvest of one month."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from govsim.agents import Encoded, labels
from govsim.config import MAX_SEED, Experiment
from govsim.environments.batched import check_supported
from govsim.environments.rewards import Reward, reward_of
from govsim.errors import ConfigError
from govsim.society.harvest_run import HarvestRun

try:
    from gymnasium.spaces import Box, Dict, Discrete
    from pettingzoo.utils.env import ParallelEnv
except ImportError as error:
    raise ConfigError('pettingzoo is not installed; install it with: pip install "govsim[pettingzoo]"') from error


class CommonsEnv(ParallelEnv):  # type: ignore[misc]
    """The members of a society as agents; each asks for a number of units in each month.

    An observation is what the member knows and nothing else, as numbers (`govsim.agents.encoded`), also if the stock is
    hidden or noisy. Members who join and leave do so at the end of a step; a collapse terminates all agents, and the
    last month truncates them. Runs are the same as those of `govsim run` with the same seed and decisions.

    `infos` contains the member's own demand and catch. The true stock is only in `state()` and `run`, which are for
    training and evaluation, not for agents.

    Attributes:
        possible_agents: names of all members, including those who join later or never.
        agents: names of the members present; empty after the end of the run.
        run: the current run, with the true state of the commons; None before the first `reset`.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "govsim_commons_v0",
        "render_modes": ["ansi"],
        "is_parallelizable": True,
    }

    def __init__(self, experiment: Experiment, *, reward: str | Reward = "own", render_mode: str | None = None) -> None:
        """Create the environment; call `reset` to start a run.

        Args:
            experiment: the world and the members; agents are not used.
            reward: the rewards of a month: a name in `REWARDS`, or a function.
            render_mode: `ansi`, for text, or None.

        Raises:
            ConfigError: the experiment contains something that is not simulated here.
        """
        check_supported(experiment)
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"render_mode = {render_mode}: must be ansi or None")
        self.experiment = experiment
        self.render_mode = render_mode
        self.possible_agents = list(experiment.society.members)
        self.agents: list[str] = []
        self.run: HarvestRun | None = None
        self._reward = reward_of(reward)
        self._next_seed = experiment.seed
        size, members = experiment.world.capacity + 1, len(self.possible_agents)
        entries = len(labels(self.possible_agents, self.possible_agents[0]))
        self.state_space = Box(0, 1, (3 + 3 * members,), np.float32)
        self._actions = {name: Discrete(size) for name in self.possible_agents}
        self._observations = {
            name: Dict({"observation": Box(0, 1, (entries,), np.float32), "action_mask": Box(0, 1, (size,), np.int8)})
            for name in self.possible_agents
        }

    def observation_space(self, agent: str) -> Dict:
        """Return the space of an agent's observations, always the same object."""
        return self._observations[agent]

    def action_space(self, agent: str) -> Discrete:
        """Return the space of an agent's actions, whole units from 0 to the capacity; always the same object."""
        return self._actions[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Encoded], dict[str, dict[str, Any]]]:
        """Start a run.

        Args:
            seed: seed of the run; if None, the seed after that of the last run, at first that of the experiment.
            options: not used.

        Returns:
            Observations and infos of the members present in month 1.

        Raises:
            ConfigError: the seed is out of range.
        """
        chosen = self._next_seed if seed is None else seed
        if not 0 <= chosen <= MAX_SEED:
            raise ConfigError(f"seed = {chosen}: must be from 0 to {MAX_SEED}")
        self._next_seed = chosen + 1 if chosen < MAX_SEED else 0
        self.run = HarvestRun(self.experiment, chosen)
        self.agents = list(self.run.state.members)
        return {name: self.run.observed(name) for name in self.agents}, {name: {} for name in self.agents}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Encoded], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Carry out the harvest of a month.

        Args:
            actions: units asked for by each agent; an amount above the agent's mask becomes the largest allowed one.

        Returns:
            Observations, rewards, terminations, truncations and infos of the members who decided, and of those who join
            in the next month. The last observations are those before the harvest that does not take place.

        Raises:
            ConfigError: the run is over, or an action is missing, belongs to no agent, or is not a number of units.
        """
        run = self._running()
        decided = list(self.agents)
        outcome = run.harvest(self._asked(run, actions))
        is_last = run.is_over and not run.is_collapsed
        over = set(decided) if run.is_over else set(run.roster.left)
        newcomers = [] if run.is_over else list(run.roster.joined)
        concerned = [*decided, *newcomers]
        rewards = dict(zip(self.possible_agents, self._rewards(run).tolist(), strict=True))
        infos = {name: {"asked": outcome.asked[name], "received": outcome.granted[name]} for name in decided}
        self.agents = [name for name in self.possible_agents if name in concerned and name not in over]
        return (
            {name: run.observed(name) for name in concerned},
            {name: float(rewards[name]) if name in infos else 0.0 for name in concerned},
            {name: name in over and not is_last for name in concerned},
            dict.fromkeys(concerned, is_last),
            {name: infos.get(name, {}) for name in concerned},
        )

    def state(self) -> np.ndarray:
        """Return the true state of the commons, for centralised critics; agents must not see it.

        Stock and collapse level as shares of the capacity, the months left as a share of `world.months`, and for
        each member in roster order whether it is present, and its last demand and catch as shares of the capacity.
        """
        run = self._started()
        state, outcome = run.state, run.outcome
        asked, granted = ({}, {}) if outcome is None else (outcome.asked, outcome.granted)
        left = max(0, run.months - state.month + 1) / self.experiment.world.months
        units = [
            *(state.stock, state.collapse, left * state.capacity),
            *(state.capacity * (name in state.members) for name in self.possible_agents),
            *(asked.get(name, 0) for name in self.possible_agents),
            *(granted.get(name, 0) for name in self.possible_agents),
        ]
        return np.array(units, dtype=np.float32) / np.float32(state.capacity)

    def render(self) -> str | None:
        """Return the true state in one line; None without a render mode."""
        if self.render_mode is None:
            return None
        run = self._started()
        caught = {} if run.outcome is None else run.outcome.granted
        text = ", ".join(f"{name} {units}" for name, units in caught.items())
        return f"month {run.state.month}: stock {run.state.stock}" + (f"; caught last month: {text}" if text else "")

    def _started(self) -> HarvestRun:
        if self.run is None:
            raise ConfigError("the environment has no run; call reset() first")
        return self.run

    def _running(self) -> HarvestRun:
        run = self._started()
        if not self.agents:
            raise ConfigError("the run is over; call reset() to start another one")
        return run

    def _asked(self, run: HarvestRun, actions: Mapping[str, Any]) -> dict[str, int]:
        if unknown := [name for name in actions if name not in self.agents]:
            raise ConfigError(f"actions: {unknown[0]} is not present; present are {', '.join(self.agents)}")
        return {name: min(_units(name, actions), run.view(name).most) for name in self.agents}

    def _rewards(self, run: HarvestRun) -> np.ndarray:
        outcome = run.outcome
        assert outcome is not None, "the harvest is over"
        granted = np.array([outcome.granted.get(name, 0) for name in self.possible_agents], dtype=np.int64)
        return np.asarray(self._reward(granted, np.array([name in outcome.granted for name in self.possible_agents])))


def _units(agent: str, actions: Mapping[str, Any]) -> int:
    try:
        units = operator.index(actions[agent])
    except KeyError:
        raise ConfigError(f"actions: that of {agent} is missing; give one for each agent") from None
    except TypeError:
        units = -1
    if units < 0:
        raise ConfigError(f"actions: {agent} asks for {actions[agent]!r}; must be a whole number, 0 or more")
    return units
