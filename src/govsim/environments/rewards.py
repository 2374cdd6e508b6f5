"""Rewards of all environments: what members are paid for the catches of a month."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from govsim.errors import ConfigError

Reward = Callable[[NDArray[np.int64], NDArray[np.bool_]], NDArray[Any]]
"""Takes the units granted and who was present in the month, each of shape (..., members) in roster order; returns the
rewards, of the same shape. Rewards of absent members are not used."""


def own_units(granted: NDArray[np.int64], present: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the units that each member received.

    Args:
        granted: units, shape (..., members).
        present: who was present, of the same shape.
    """
    return granted


def mean_units(granted: NDArray[np.int64], present: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the mean catch of the members present, in units, the same for all of them.

    Args:
        granted: units, shape (..., members).
        present: who was present, of the same shape; at least one member in each month.
    """
    mean = granted.sum(axis=-1, keepdims=True) / present.sum(axis=-1, keepdims=True)
    return np.broadcast_to(mean, granted.shape)


def value_orientation(angle: float) -> Reward:
    """Return the reward of a social value orientation: cos(angle) · own + sin(angle) · mean of the others present.

    Args:
        angle: the angle in degrees: 0 is individualistic, 45 prosocial, 90 altruistic, and −45 competitive.
    """
    own, others = cos(radians(angle)), sin(radians(angle))

    def reward(granted: NDArray[np.int64], present: NDArray[np.bool_]) -> NDArray[Any]:
        number = np.maximum(1, present.sum(axis=-1, keepdims=True) - 1)
        mean = (granted.sum(axis=-1, keepdims=True) - granted) / number
        return np.asarray(own * granted + others * mean)

    return reward


REWARDS: Mapping[str, Reward] = {"own": own_units, "team": mean_units}
"""Rewards by name."""


def reward_of(reward: str | Reward) -> Reward:
    """Return a reward.

    Args:
        reward: its name in `REWARDS`, or a function.

    Raises:
        ConfigError: no reward has this name.
    """
    if not isinstance(reward, str):
        return reward
    if reward not in REWARDS:
        raise ConfigError(f"reward = {reward}: must be one of {', '.join(REWARDS)}, or a function")
    return REWARDS[reward]
