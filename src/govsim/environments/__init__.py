"""Training environments: the harvests of a society for all its members, one or many runs at a time; and one seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govsim.lazy import lazy_names

if TYPE_CHECKING:
    from govsim.environments.batched import BatchedEnv, BatchStep
    from govsim.environments.factory import aec_env, batched_env, parallel_env
    from govsim.environments.parallel import CommonsEnv
    from govsim.environments.rewards import REWARDS, Reward, mean_units, own_units, value_orientation
    from govsim.environments.seat import SeatEnv, SeatStep
    from govsim.environments.session import SeatObservation
    from govsim.society.harvest_run import HarvestRun
else:
    __getattr__, __dir__ = lazy_names(__name__)

__all__ = [
    "REWARDS",
    "BatchStep",
    "BatchedEnv",
    "CommonsEnv",
    "HarvestRun",
    "Reward",
    "SeatEnv",
    "SeatObservation",
    "SeatStep",
    "aec_env",
    "batched_env",
    "mean_units",
    "own_units",
    "parallel_env",
    "value_orientation",
]
