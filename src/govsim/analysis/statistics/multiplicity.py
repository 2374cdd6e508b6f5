"""Adjustment of p values for several tests: max-T within a pair of groups, Holm's method over independent tests.

The measures of a run are functions of each other: a society that collapses in month 2 also gains little. Holm's method
treats them as if they were unrelated. Max-T (Westfall and Young 1993) permutes the runs over both groups for all
measures together, and compares each statistic with the largest one of every permutation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from govsim.analysis.intervals import SAME
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.comparison_results import Result
from govsim.analysis.statistics.resampling import ENUMERATED, RESAMPLES, check_count

_BATCH_VALUES = 2_000_000  # values in memory at a time


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrangement:
    """The assignment of runs to two groups, and the blocks of runs within which it is permuted.

    Attributes:
        is_level: whether a run belongs to the compared group, shape (runs,).
        blocks: the block of each run, shape (runs,): one block for independent groups, one for each pair in a paired
            design, one for each scenario in a stratified comparison.
    """

    is_level: NDArray[np.bool_]
    blocks: NDArray[np.integer]

    @cached_property
    def total(self) -> int:
        """The number of permutations."""
        return prod(comb(rows.size, int(self.is_level[rows].sum())) for rows in self._rows)

    @property
    def is_exact(self) -> bool:
        """Whether all permutations are enumerated."""
        return self.total <= ENUMERATED

    @property
    def smallest_p(self) -> float:
        """The smallest two-sided p value of an exact test: both extremes count if every block is balanced."""
        mixed = [rows for rows in self._rows if 0 < self.is_level[rows].sum() < rows.size]
        is_balanced = all(2 * int(self.is_level[rows].sum()) == rows.size for rows in mixed)
        return min(1.0, (2 if is_balanced else 1) / self.total)

    def labels(self, rng: np.random.Generator, draws: int) -> Iterator[Floats]:
        """Yield permuted assignments, 1 for the compared group, shape (permutations, runs).

        Args:
            rng: the generator of permutations, if not all of them are enumerated.
            draws: number of permutations in that case.
        """
        if self.is_exact:
            yield self._all()
            return
        size = max(1, _BATCH_VALUES // self.is_level.size)
        for begin in range(0, draws, size):
            yield self._drawn(rng, min(size, draws - begin))

    @cached_property
    def _rows(self) -> tuple[NDArray[np.intp], ...]:
        """The runs of each block."""
        return tuple(np.flatnonzero(self.blocks == block) for block in np.unique(self.blocks))

    def _all(self) -> Floats:
        parts = [(rows, _choices(self.is_level[rows])) for rows in self._rows]
        mixed = [(rows, part) for rows, part in parts if len(part) > 1]
        labels = np.tile(self.is_level.astype(float), (self.total, 1))
        if mixed:
            places = np.unravel_index(np.arange(self.total), [len(part) for _, part in mixed])
            for (rows, part), place in zip(mixed, places, strict=True):
                labels[:, rows] = part[place]
        return labels

    def _drawn(self, rng: np.random.Generator, draws: int) -> Floats:
        labels = np.tile(self.is_level.astype(float), (draws, 1))
        for rows in self._rows:
            labels[:, rows] = rng.permuted(labels[:, rows], axis=1)
        return labels


def _choices(is_level: NDArray[np.bool_]) -> Floats:
    """All assignments of the runs of a block, shape (choices, runs)."""
    chosen = np.array(list(combinations(range(is_level.size), int(is_level.sum()))), dtype=np.intp)
    labels = np.zeros((len(chosen), is_level.size))
    np.put_along_axis(labels, chosen, 1.0, axis=1)
    return labels


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxT:
    """Adjusted p values of several measures of the same two groups.

    Attributes:
        p: one for each measure, in their order.
        draws: number of random permutations, if not all of them were enumerated.
    """

    p: tuple[float, ...]
    draws: int | None


def max_t(values: Floats, arrangement: Arrangement, rng: np.random.Generator, *, draws: int = RESAMPLES) -> MaxT:
    """Adjust the p values of several measures of the same two groups by step-down max-T (Westfall and Young 1993).

    The statistic of a measure is ``|x - y| / (s · sqrt(1/n_x + 1/n_y))`` with the pooled standard deviation s of both
    groups; with blocks, it is that of the group in a linear model with an effect of each block. It is infinite if the
    groups differ and have no variance. With one measure, p is that of the permutation test of the difference of means.
    The family-wise error is controlled exactly, also if some measures differ, under the null hypothesis that the
    undifferent measures have the same joint distribution in both groups.

    Args:
        values: the measures, shape (runs, measures); NaN where a run does not have a measure.
        arrangement: the groups.
        rng: the generator of permutations, if not all of them are enumerated.
        draws: number of permutations in that case.

    Raises:
        AnalysisError: `draws` is below 1.
    """
    check_count("draws", draws)
    measures = [_Centred.of(column, arrangement.blocks) for column in values.T]
    observed = _statistics(arrangement.is_level[np.newaxis].astype(float), measures)[0]
    order = np.argsort(-observed, kind="stable")
    as_far = np.zeros(len(order))
    for labels in arrangement.labels(rng, draws):
        statistics = _statistics(labels, measures)[:, order]
        largest = np.maximum.accumulate(statistics[:, ::-1], axis=1)[:, ::-1]  # of a measure and those below it
        as_far += (largest >= observed[order] - SAME).sum(axis=0)
    is_exact = arrangement.is_exact
    share = as_far / arrangement.total if is_exact else (as_far + 1) / (draws + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate(share)
    return MaxT(p=tuple(map(float, adjusted)), draws=None if is_exact else draws)


def block_permutation(
    method: str, values: Floats, arrangement: Arrangement, rng: np.random.Generator, *, draws: int = RESAMPLES
) -> Result:
    """Test that two groups do not differ, by permuting runs within blocks.

    Args:
        method: the name of the test.
        values: the measure, shape (runs,).
        arrangement: the groups and blocks.
        rng: the generator of permutations, if not all of them are enumerated.
        draws: number of permutations in that case.
    """
    found = max_t(values[:, np.newaxis], arrangement, rng, draws=draws)
    smallest = arrangement.smallest_p if found.draws is None else 1 / (draws + 1)
    return Result(method=method, p=found.p[0], smallest_p=smallest, draws=found.draws)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Centred:
    """A measure minus its mean in each block; 0 where it is undefined.

    Attributes:
        values: shape (runs,).
        squares: their sum of squares.
        membership: 1 where a run has the measure and belongs to a block, shape (runs, blocks).
        degrees: degrees of freedom within both groups, at least 1.
    """

    values: Floats
    squares: float
    membership: Floats
    degrees: int

    @classmethod
    def of(cls, column: Floats, blocks: NDArray[np.integer]) -> _Centred:
        known = ~np.isnan(column)
        membership = ((blocks[:, np.newaxis] == np.unique(blocks[known])) & known[:, np.newaxis]).astype(float)
        given = np.where(known, column, 0.0)
        scale = float(np.abs(given).max()) or 1.0
        given = given / scale
        centred = given - membership @ (membership.T @ given / membership.sum(axis=0))
        centred[np.abs(centred) <= SAME] = 0.0
        degrees = int(known.sum()) - membership.shape[1] - 1
        return cls(values=centred, squares=float(centred @ centred), membership=membership, degrees=max(1, degrees))

    def statistic(self, labels: Floats) -> Floats:
        """``t² / (1 + t²)``, which is 1 if t is infinite, for each assignment; 0 where a group is empty."""
        sizes = self.membership.sum(axis=0)
        in_level = labels @ self.membership
        spread = self.squares * (in_level * (sizes - in_level) / sizes).sum(axis=1)
        share = np.divide((labels @ self.values) ** 2, spread, out=np.zeros(len(labels)), where=spread > 0)
        share = np.where(share > 1 - SAME, 1.0, share)
        return np.asarray(self.degrees * share / (self.degrees * share + 1 - share))


def _statistics(labels: Floats, measures: Sequence[_Centred]) -> Floats:
    """The statistics of all measures, shape (assignments, measures)."""
    return np.stack([measure.statistic(labels) for measure in measures], axis=1)


def over_families(families: Sequence[Sequence[float]]) -> list[list[float]]:
    """Adjust p values that are already adjusted within their families for the number of families.

    Families are tested at level α/K. Each one of which every test is rejected contains no true null hypothesis unless
    an error was already made, so that the others are tested at α/(K - r) once r families are rejected as a whole. The
    family-wise error is at most α by Bonferroni's inequality over the families with a true null hypothesis, whatever
    their dependence. With one test in each family, this is Holm's method.

    Args:
        families: adjusted p values, one sequence for each family, none of them empty.

    Returns:
        Adjusted p values of the same shape: ``min over r < j of max(M_r, (K - r) p)`` in the family with the j-th
        smallest maximum, where M_r is the r-th smallest maximum adjusted by Holm's method, and M_0 = 0.
    """
    count, largest = len(families), [max(family) for family in families]
    order = sorted(range(count), key=largest.__getitem__)
    done = [0.0]  # M_0, M_1, …
    found: list[list[float]] = [[] for _ in families]
    for index, family in enumerate(order):
        found[family] = [
            min(1.0, *(max(least, (count - r) * p) for r, least in enumerate(done))) for p in families[family]
        ]
        done.append(max(done[-1], min(1.0, (count - index) * largest[family])))
    return found


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p values together by Holm's method (1979); None stays, and does not count."""
    known = np.array([p for p in p_values if p is not None])
    order = np.argsort(known, kind="stable")
    adjusted = np.empty_like(known)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(known[order] * np.arange(len(known), 0, -1)))
    by_holm = iter(adjusted.tolist())
    return [None if p is None else next(by_holm) for p in p_values]
