"""Member-decisions per second of the batched training environment on one core, without any training.

``python -m benchmarks.environments`` measures; ``--write`` updates docs/performance.md. Time is processor time, which a
busy machine disturbs less. Exits with 1 if the target is missed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import separate
from benchmarks.results import Row
from govsim.environments import batched_env

FILE = Path(__file__).with_name("environments.json")

PACKAGES = ("govsim", "numpy", "pydantic")

WORLDS, STEPS, RATIONED = 256, 1500, 0.2
"""Runs at a time, months, and the share of months in which the stock is rationed."""

TARGET = 1_000_000
"""Decisions a second."""

Change = Callable[[np.ndarray, np.random.Generator], None]
"""Changes fair-share actions, of shape (runs, members)."""


def fair(actions: np.ndarray, rng: np.random.Generator) -> None:
    """Every member asks for its fair share, so that nothing is rationed."""


def one_takes_all(actions: np.ndarray, rng: np.random.Generator) -> None:
    """In some months, one member asks for the whole stock."""
    actions[rng.random(WORLDS) < RATIONED, 0] = 100


def all_take_more(actions: np.ndarray, rng: np.random.Generator) -> None:
    """In some months, every member asks for a little more than there is for each, which takes the most draws."""
    actions[rng.random(WORLDS) < RATIONED] = 21


def decisions(change: Change) -> float:
    """Return the decisions per second, with observations, action masks and rewards."""
    env, rng = batched_env(worlds=WORLDS), np.random.default_rng(0)
    share, capacity = env.entries.index("member_threshold"), env.experiment.world.capacity
    observation, _ = env.reset()
    made, seconds = 0, 0.0
    for _ in range(STEPS):
        actions = np.rint(observation[..., share] * capacity).astype(np.int64)
        change(actions, rng)
        began = time.process_time()
        step = env.step(actions)
        seconds += time.process_time() - began
        made += int(step.decided.sum())
        observation = step.observation
    return made / seconds


def measure(folder: Path, repeats: int) -> list[Row]:
    """Measure each kind of months."""
    settings = {
        f"decisions a second, {WORLDS} runs, fair shares": (fair, TARGET),
        f"decisions a second, {RATIONED:.0%} of months rationed, as one member takes all": (one_takes_all, None),
        f"decisions a second, {RATIONED:.0%} of months rationed, as all take a little more": (all_take_more, None),
    }
    return [
        Row(what=what, values=[decisions(change) for _ in range(repeats)], target=target, is_least=True)
        for what, (change, target) in settings.items()
    ]


if __name__ == "__main__":
    sys.exit(separate.main("environments", "the batched environment", measure, PACKAGES, repeats=3))
