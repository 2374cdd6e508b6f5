"""The agent that `train.py` trains: ``--member John.agent=pettingzoo:examples/training/learner.py:learner``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

FILES = ["learner.npy"]
"""Files beside this one whose hashes are recorded too."""


class Learner:
    """A table of decisions by month and stock."""

    def __init__(self, table: np.ndarray) -> None:
        self._table = table

    def act(self, observation: Mapping[str, np.ndarray]) -> int:
        """Return the units to ask for."""
        entries, capacity = observation["observation"], len(observation["action_mask"]) - 1
        month, stock = round(1 / (1 - float(entries[3]))), round(float(entries[0]) * capacity)
        return int(self._table[month, stock])


def learner() -> Learner:
    """Return the trained agent."""
    return Learner(np.load(Path(__file__).with_name(FILES[0])))
