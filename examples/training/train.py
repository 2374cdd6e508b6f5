"""Train one member among four who take their fair share, by tabular Q-learning on the batched environment.

``python examples/training/train.py`` takes about two minutes on one core, compares the result with the exact best
reply, and saves the table of decisions for `learner.py` beside this file. It needs no package besides govsim and numpy.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from govsim.environments import batched_env
from govsim.game import StockStrategy, best_reply, fair_share, game_of_experiment

FILE = Path(__file__).with_name("learner.npy")

MONTHS, EXPLORATION, LEARNING_RATE = 24_000, 0.3, 0.5
"""Months of 256 runs, the share of random decisions at first, and the weight of a new value."""


def train(months: int = MONTHS, worlds: int = 256, seed: int = 1) -> np.ndarray:
    """Return the units to ask for, by month and stock, shape (months + 2, capacity + 1)."""
    env, rng = batched_env(worlds=worlds), np.random.default_rng(seed)
    world = env.experiment.world
    values = np.zeros((world.months + 2, world.capacity + 1, world.capacity + 1))
    values[:, np.tri(world.capacity + 1, dtype=bool).T & ~np.eye(world.capacity + 1, dtype=bool)] = -np.inf
    observation, _ = env.reset(seed)
    for done in range(0, months, world.months):
        past = []
        for _ in range(world.months):
            month, stock = seen(observation, world.capacity)
            units = values[month, stock].argmax(axis=1)
            tries = np.flatnonzero(rng.random(worlds) < EXPLORATION * (1 - done / months))
            near = np.clip(units[tries] + rng.integers(-3, 4, len(tries)), 0, stock[tries])
            units[tries] = np.where(rng.random(len(tries)) < 0.5, near, rng.integers(0, stock[tries] + 1))
            step = env.step(with_fair_shares(units, observation, world.capacity))
            past.append(((month, stock, units), step))
            observation = step.observation
        for place, step in reversed(past):  # the last months first, so that later values count at once
            is_over = step.terminated[:, 0] | step.truncated[:, 0]
            after = values[seen(step.final_observation, world.capacity)].max(axis=1)
            gain = step.reward[:, 0] + np.where(is_over, 0.0, after)
            values[place] += LEARNING_RATE * (gain - values[place])
    return values.argmax(axis=2)


def seen(observation: np.ndarray, capacity: int) -> tuple[np.ndarray, np.ndarray]:
    """Return month and stock from the observations of the first member."""
    first = observation[:, 0]
    return np.rint(1 / (1 - first[:, 3])).astype(np.int64), np.rint(first[:, 0] * capacity).astype(np.int64)


def with_fair_shares(units: np.ndarray, observation: np.ndarray, capacity: int) -> np.ndarray:
    """Return the demands of all members: those of the first one, and the fair shares of the others."""
    actions = np.rint(observation[..., 6] * capacity).astype(np.int64)
    actions[:, 0] = units
    return actions


def value_of(table: np.ndarray, runs: int = 1000) -> float:
    """Return the mean units that the first member receives in a run with the decisions of a table."""
    env = batched_env(worlds=runs)
    world = env.experiment.world
    (observation, _), total, is_open = env.reset(10_000), 0.0, np.ones(runs, dtype=bool)
    for _ in range(world.months):
        units = table[seen(observation, world.capacity)]
        done = env.step(with_fair_shares(units, observation, world.capacity))
        total += float(done.reward[is_open, 0].sum())
        is_open &= ~(done.terminated[:, 0] | done.truncated[:, 0])
        observation = done.observation
    return total / runs


def exact() -> float:
    """Return the value of the exact best reply to four fair shares, in units."""
    game = game_of_experiment(batched_env().experiment)
    return best_reply(game, [StockStrategy(fair_share)] * (game.members - 1))


def main() -> None:
    """Train, compare and save."""
    began = time.perf_counter()
    table = train()
    seconds, value, best = time.perf_counter() - began, value_of(table), exact()
    np.save(FILE, table.astype(np.uint8))
    sys.stdout.write(f"{value:.1f} of {best:.1f} units ({value / best:.0%}) after {seconds:.0f} s; saved {FILE.name}\n")


if __name__ == "__main__":
    main()
