"""Environments from the names and settings of experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from govsim.config import Experiment, ExperimentSource
from govsim.environments.batched import BatchedEnv
from govsim.environments.rewards import Reward
from govsim.jobs import planned_experiment

if TYPE_CHECKING:
    from pettingzoo.utils.env import AECEnv

    from govsim.environments.parallel import CommonsEnv


def parallel_env(
    experiment: Experiment | ExperimentSource = "fishery",
    *,
    condition: str | None = None,
    max_cycles: int | None = None,
    settings: Mapping[str, Any] | None = None,
    reward: str | Reward = "own",
    render_mode: str | None = None,
) -> CommonsEnv:
    """Return the PettingZoo environment of an experiment, in which all members of a month decide at once.

    Args:
        experiment: an experiment, name of a scenario, its folder, an experiment file without a grid, or keys of an
            experiment.
        condition: name of a condition, or a YAML file.
        max_cycles: maximum number of months, `world.months`.
        settings: any other keys of the experiment, nested or dotted, such as ``{"observation.stock": "hidden"}``.
        reward: the rewards of a month: a name in `REWARDS`, or a function.
        render_mode: `ansi`, for text, or None.

    Raises:
        GovSimError: a setting is invalid or is not simulated here, or PettingZoo is not installed.
    """
    from govsim.environments.parallel import CommonsEnv

    chosen = planned_experiment(experiment, condition, max_cycles, settings)
    return CommonsEnv(chosen, reward=reward, render_mode=render_mode)


def aec_env(experiment: Experiment | ExperimentSource = "fishery", **arguments: Any) -> AECEnv[str, Any, int | None]:
    """Return the environment in which members decide one after another, without knowing each other's decisions.

    Arguments and errors are those of `parallel_env`.
    """
    env = parallel_env(experiment, **arguments)
    from pettingzoo.utils import parallel_to_aec

    return parallel_to_aec(env)


def batched_env(
    experiment: Experiment | ExperimentSource = "fishery",
    *,
    condition: str | None = None,
    max_cycles: int | None = None,
    settings: Mapping[str, Any] | None = None,
    worlds: int = 256,
    reward: str | Reward = "own",
) -> BatchedEnv:
    """Return many runs of an experiment at a time, as arrays.

    Args:
        experiment: an experiment, name of a scenario, its folder, an experiment file without a grid, or keys of an
            experiment.
        condition: name of a condition, or a YAML file.
        max_cycles: maximum number of months, `world.months`.
        settings: any other keys of the experiment, nested or dotted.
        worlds: number of runs at a time.
        reward: the rewards of a month: a name in `REWARDS`, or a function.

    Raises:
        GovSimError: a setting is invalid or is not simulated here.
    """
    return BatchedEnv(planned_experiment(experiment, condition, max_cycles, settings), worlds=worlds, reward=reward)
