"""The true state of many runs of one experiment, as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from govsim.commons import (
    Outcome,
    State,
    as_known,
    collapse_level,
    grow_by_seed,
    growth_law,
    initial_state,
    last_month,
)
from govsim.config import Experiment, FixedNumber, distribution_of
from govsim.game.model import Booleans, Ints
from govsim.society.membership import Membership


class BatchState:
    """Many runs of one experiment with different seeds, each in some month, before its harvest.

    Where nothing is drawn, growth is a table over the units left; otherwise each run grows on its own. Both use the
    functions of `govsim.commons`.

    Attributes:
        number: number of runs at a time.
        seeds: the seed of each run, shape (runs,).
        month: the current month, shape (runs,).
        months: the last month, if the commons does not collapse before, shape (runs,).
        stock: current stock, shape (runs,).
        collapse: collapse level, shape (runs,).
        present: which members are present, shape (runs, members).
        joined: the first month of each member that has joined, shape (runs, members); 0 for others.
    """

    def __init__(self, experiment: Experiment, number: int) -> None:
        """Prepare the runs; `start` starts them.

        Args:
            experiment: the experiment.
            number: number of runs at a time.
        """
        self.experiment = experiment
        self.number = number
        self.law = growth_law(experiment.world)
        self.members = experiment.society.members
        shape = (number, len(self.members))
        self.seeds, self.month, self.months, self.stock, self.collapse = (np.zeros(number, np.int64) for _ in range(5))
        self.present, self.joined = np.zeros(shape, np.bool_), np.zeros(shape, np.int64)
        self._start = initial_state(experiment)
        self._is_certain = self.law.is_certain and not self._start.shocks
        self._has_fixed_collapse = isinstance(distribution_of(experiment.world.collapse), FixedNumber)
        self._grown = np.full(experiment.world.capacity + 1, -1, dtype=np.int64)
        self._memberships: list[Membership | None] = [None] * number
        settings = [experiment.member(name) for name in self.members]
        self._has_constant_roster = all(one.joins == 1 and one.leaves is None for one in settings)

    @property
    def is_past_end(self) -> Booleans:
        """Whether the last month of each run is over."""
        return np.asarray(self.month > self.months)

    def start(self, seed: int) -> None:
        """Start all runs.

        Args:
            seed: seed of the first one.
        """
        self.seeds = np.arange(seed, seed + self.number)
        self._begin_runs(range(self.number))

    def restart(self, indices: Ints) -> None:
        """Start the next run at some indices."""
        self.seeds[indices] += self.number
        self._begin_runs(indices.tolist())

    def state_with(self, stock: int) -> State:
        """Return a commons with a stock, for growth laws and observations that are the same in all runs and months."""
        return replace(self._start, stock=stock)

    def state_of(self, index: int) -> State:
        """Return the true commons of one run, with the growth law of the month if it is stated."""
        return as_known(self._before_law(index), self.law, int(self.seeds[index]))

    def harvest(self, granted: Ints) -> Booleans:
        """Subtract the units granted, let the stocks grow, and start the next month.

        Args:
            granted: units granted, shape (runs, members).

        Returns:
            Whether the commons of each run has collapsed.
        """
        left = self.stock - granted.sum(axis=1)
        collapsed = left < self.collapse
        if self._is_certain:
            self.stock = self._from_table(left)
        else:
            indices = range(self.number)
            self.stock = np.array([self._grown_by_seed(index, int(left[index])) for index in indices], dtype=np.int64)
        self.month = self.month + 1
        if not self._has_constant_roster:
            self.present = self.present.copy()
            self._begin_months(range(self.number))
        return np.asarray(collapsed)

    def _from_table(self, left: Ints) -> Ints:
        grown = self._grown[left]
        if grown.min() < 0:
            for units in np.unique(left[grown < 0]).tolist():
                self._grown[units] = self._start.grown(units)
            grown = self._grown[left]
        return grown

    def _grown_by_seed(self, index: int, left: int) -> int:
        before = self._before_law(index)
        outcome = Outcome(before=before, asked={}, granted={}, stock_after_harvest=left)
        return grow_by_seed(outcome, int(self.seeds[index])).stock

    def _before_law(self, index: int) -> State:
        names = zip(self.members, self.present[index].tolist(), strict=True)
        return replace(
            self._start,
            stock=int(self.stock[index]),
            month=int(self.month[index]),
            collapse=int(self.collapse[index]),
            members=tuple(name for name, is_present in names if is_present),
        )

    def _begin_runs(self, indices: Iterable[int]) -> None:
        indices = list(indices)
        world = self.experiment.world
        self.stock[indices], self.month[indices] = world.stock_at_start, 1
        seeds = self.seeds[indices].tolist()
        self.months[indices] = [last_month(world, seed) for seed in seeds]
        self.collapse[indices] = self._start.collapse
        if not self._has_fixed_collapse:
            self.collapse[indices] = [collapse_level(world, seed) for seed in seeds]
        if self._has_constant_roster:
            self.present[indices], self.joined[indices] = True, 1
            return
        self.present = self.present.copy()
        self.present[indices], self.joined[indices] = False, 0
        for index, seed in zip(indices, seeds, strict=True):
            self._memberships[index] = Membership(self.experiment.model_copy(update={"seed": seed}))
        self._begin_months(indices)

    def _begin_months(self, indices: Iterable[int]) -> None:
        for index in indices:
            membership, month = self._memberships[index], int(self.month[index])
            assert membership is not None, "the run was started"
            names = set(membership.begin_month(month).present)
            present = np.array([name in names for name in self.members])
            self.joined[index, present & (self.joined[index] == 0)] = month
            self.present[index] = present
