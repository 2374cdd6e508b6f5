"""What the members of many runs know, as arrays: the same as `govsim.agents.encoded` of each member's view."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from govsim.agents import ENTRIES
from govsim.commons import group_threshold, initial_state, member_share
from govsim.config import Experiment, NoisyStock
from govsim.environments.batch_state import BatchState
from govsim.game.model import Booleans, Ints
from govsim.society.harvest_run import extent_of
from govsim.society.observation import Reading, hidden, read_stock


class Senses:
    """The observations of the members of many runs.

    Where every member reads the same stock in every month, what it observes is a table over the stocks; otherwise it is
    computed for each run. Both use the functions of a society.
    """

    def __init__(self, experiment: Experiment, number: int) -> None:
        """Prepare the observations.

        Args:
            experiment: the experiment.
            number: number of runs at a time.
        """
        self._experiment = experiment
        self._members = experiment.society.members
        members, capacity = len(self._members), experiment.world.capacity
        others = [[other for other in range(members) if other != own] for own in range(members)]
        self._others = np.array(others, dtype=np.int64).reshape(members, members - 1)
        self._limits = np.array(
            [capacity if (most := experiment.member(name).limit) is None else most for name in self._members]
        )
        self._extent, self._lag = extent_of(experiment), experiment.observation.lag
        self._start = initial_state(experiment)
        self._table = np.full((capacity + 1, 4), -1, dtype=np.int64)
        self._asked = np.zeros((number, members), np.int64)
        self._catches = np.zeros((self._lag + 1, number, members), np.int64)
        self._reported_to = np.zeros((number, members), np.bool_)
        self._shares: dict[tuple[tuple[int, ...], tuple[str, ...]], list[int]] = {}
        self._rings: dict[tuple[str, ...], Booleans] = {}

    def forget(self, indices: Ints) -> None:
        """Forget the past of the runs at some indices, which start again."""
        self._asked[indices] = 0
        self._catches[:, indices] = 0
        self._reported_to[indices] = False

    def harvested(self, runs: BatchState, decided: Booleans, asked: Ints, granted: Ints) -> None:
        """Let members know their own demands and catches, and the report.

        Args:
            runs: the runs, at the start of the next month.
            decided: who was present, shape (runs, members).
            asked: units asked for, shape (runs, members).
            granted: units granted, shape (runs, members).
        """
        self._asked = asked.copy()
        self._catches = np.concatenate((granted[np.newaxis], self._catches[:-1]))
        self._reported_to = decided.copy()

    def observed(self, runs: BatchState, indices: Ints | None = None) -> tuple[NDArray[np.float32], Ints]:
        """Return observations, and the largest amounts that can be asked for.

        Args:
            runs: the runs, before the harvest.
            indices: those of interest; all if None.

        Returns:
            Shapes (runs, members, entries) and (runs, members).
        """
        at = slice(None) if indices is None else indices
        numbers = np.arange(runs.number) if indices is None else indices
        present, month = runs.present[at], runs.month[at]
        read = self._readings(runs, numbers)
        size, count = len(ENTRIES), len(self._members) - 1
        units = np.zeros((*present.shape, size + 2 * count))
        units[..., 0], units[..., 1], units[..., 2] = read[..., 1], read[..., 0], read[..., 2]
        units[..., 5] = read[..., 3]
        units[..., 6] = np.where(present, self._shares_of(present, read[..., 3]), 0)
        units[..., 7], units[..., 8] = self._asked[at], self._catches[0, at]
        known = self._reported_to[at] & ((month - 1 - self._lag)[:, np.newaxis] >= np.maximum(1, runs.joined[at]))
        units[..., size + count :], units[..., 9] = self._learned(at, known)
        units /= self._start.capacity
        units[..., 3] = (1 - 1 / month)[:, np.newaxis]
        if self._experiment.world.horizon == "known":
            units[..., 4] = np.minimum(1, month / self._experiment.world.months)[:, np.newaxis]
        units[..., size : size + count] = present[:, self._others]
        is_exact = read[..., 0] == read[..., 2]
        most = np.where(is_exact, read[..., 2], self._start.capacity)
        return units.astype(np.float32), np.minimum(most, self._limits)

    def _readings(self, runs: BatchState, numbers: Ints) -> Ints:
        """Return lower bound, stock, upper bound and group threshold as observed, shape (runs, members or 1, 4)."""
        observation = self._experiment.observation
        if isinstance(observation.stock, NoisyStock) or runs.law.is_told:
            return np.array([list(self._readings_of(runs, index)) for index in numbers.tolist()], dtype=np.int64)
        stock = runs.stock[numbers]
        found = self._table[stock]
        if found.min() < 0:
            for units in np.unique(stock[found[:, 0] < 0]).tolist():
                state = runs.state_with(units)
                self._table[units] = _numbers(read_stock(state, observation, seed=0))
            found = self._table[stock]
        return found[:, np.newaxis]

    def _readings_of(self, runs: BatchState, index: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield what each member of one run observes; once if all observe the same."""
        state, seed = runs.state_of(index), int(runs.seeds[index])
        observation = self._experiment.observation
        if not observation.has_own_readings:
            yield _numbers(read_stock(state, observation, seed=seed))
            return
        for name in self._members:
            is_present = name in state.members
            yield _numbers(read_stock(state, observation, seed=seed, member=name) if is_present else hidden(state))

    def _shares_of(self, present: Booleans, group: Ints) -> Ints:
        """Return the thresholds of the members, shape (runs, members or 1)."""
        if not self._start.weights:
            return np.asarray(group // present.sum(axis=1, keepdims=True))
        every = np.broadcast_to(group, present.shape)
        return np.array([self._weighted(*row) for row in zip(every.tolist(), present.tolist(), strict=True)])

    def _weighted(self, group: list[int], present: list[bool]) -> list[int]:
        names = tuple(name for name, is_present in zip(self._members, present, strict=True) if is_present)
        key = (tuple(group), names)
        if key not in self._shares:
            state = self._start.with_members(names)
            self._shares[key] = [
                member_share(units, state, name) if name in names else 0
                for name, units in zip(self._members, group, strict=True)
            ]
        return self._shares[key]

    def _learned(self, at: Ints | slice, known: Booleans) -> tuple[Ints | Booleans, Ints | int]:
        """Return the catches of the others, and the total catch, in the last month whose catches were reported."""
        catches = self._catches[self._lag, at]
        if self._extent is False:
            return np.zeros((1, 1, 1), np.int64), 0
        total = catches.sum(axis=1, keepdims=True) * known if self._extent in (True, "total") else 0
        if self._extent == "total":
            return np.zeros((1, 1, 1), np.int64), total
        learned = known[:, :, np.newaxis]
        if self._extent == "neighbours":
            learned = learned & np.stack([self._ring(row) for row in self._reported_to[at].tolist()])
        return catches[:, self._others] * learned, total

    def _ring(self, present: list[bool]) -> Booleans:
        """Return whose catches each member learns, shape (members, others)."""
        names = tuple(name for name, is_present in zip(self._members, present, strict=True) if is_present)
        if names not in self._rings:
            learned = {
                name: self._experiment.observation.neighbours_of(name, names) if name in names else ()
                for name in self._members
            }
            every = np.array([[other in learned[name] for other in self._members] for name in self._members])
            self._rings[names] = np.take_along_axis(every, self._others, axis=1)
        return self._rings[names]


def _numbers(reading: Reading) -> tuple[int, int, int, int]:
    return reading.low, reading.state.stock, reading.high, group_threshold(reading.state)
