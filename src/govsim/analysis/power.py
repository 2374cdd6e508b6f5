"""Power by simulation: how often a comparison of two groups of runs would be significant, before they are run.

Simulated runs come either from a constant hazard of collapse in each month, or are pilot runs that are drawn with
replacement. Their tests are those of `govsim.analysis.statistics`: permutations of log-rank scores for the survival
time, and of means for other measures; within pairs, the signs of differences are flipped. Up to `ENUMERATED`
permutations are all enumerated; beyond that, the normal approximation with the exact variance under permutation is
used, because a simulation repeats the test thousands of times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb
from typing import Literal, Protocol

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from govsim.analysis.intervals import CONFIDENCE, SAME
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.resampling import ENUMERATED, RESAMPLES
from govsim.errors import AnalysisError
from govsim.game.model import Booleans

ALPHA = round(1 - CONFIDENCE, 10)
"""The level of significance."""

TARGET = 0.8
"""The power that a campaign should have."""

SIMULATIONS = 2_000
"""Simulated comparisons for one power: its standard error is at most 0.011."""

MOST_RUNS = 200
"""Maximum number of runs in each group that is considered."""

PlannedDesign = Literal["unpaired", "paired"]

_BATCH_VALUES = 4_000_000  # values in memory at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Simulated runs of one group, shape (simulations, runs).

    Attributes:
        values: the measure of each run.
        has_collapsed: for a survival time, whether the run collapsed in its last month; None for other measures.
    """

    values: Floats
    has_collapsed: Booleans | None = None


class OutcomeModel(Protocol):
    """Simulates runs of two groups."""

    def means(self) -> tuple[float, float]:
        """Return the expected values of the compared group and of the baseline."""

    def draw(
        self, runs: int, design: PlannedDesign, simulations: int, rng: np.random.Generator
    ) -> tuple[Outcomes, Outcomes]:
        """Draw both groups; in a paired design, runs at the same position are pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardModel:
    """Societies that collapse in each month with a constant probability, and otherwise survive all months.

    Runs of one seed are independent, so that pairs have no advantage.

    Attributes:
        hazards: the probability of a collapse in a month, 0..1, of the compared group and of the baseline.
        months: the planned number of months.
        is_rate: whether the outcome is the survival (1 or 0) instead of the survival time.
    """

    hazards: tuple[float, float]
    months: int
    is_rate: bool = False

    def means(self) -> tuple[float, float]:
        """Return the expected survival times in months, or survival rates."""
        level, baseline = self.hazards
        if self.is_rate:
            return (1 - level) ** self.months, (1 - baseline) ** self.months
        return mean_lifetime(level, self.months), mean_lifetime(baseline, self.months)

    def draw(
        self, runs: int, design: PlannedDesign, simulations: int, rng: np.random.Generator
    ) -> tuple[Outcomes, Outcomes]:
        """Draw the runs of both groups."""
        level, baseline = (self._lifetimes(hazard, (simulations, runs), rng) for hazard in self.hazards)
        return level, baseline

    def _lifetimes(self, hazard: float, shape: tuple[int, int], rng: np.random.Generator) -> Outcomes:
        collapse = rng.geometric(hazard, shape) if hazard > 0 else np.full(shape, self.months + 1)
        ends = collapse <= self.months
        if self.is_rate:
            return Outcomes(values=(~ends).astype(float))
        return Outcomes(values=np.minimum(collapse, self.months).astype(float), has_collapsed=ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class PilotModel:
    """Pilot runs, drawn with replacement: in an unpaired design from each group, in a paired one by pairs.

    Attributes:
        level: the measure of each pilot run of the compared group.
        baseline: that of each pilot run of the baseline.
        ends: for a survival time, whether the runs of both groups collapsed; None for other measures.
        pairs: positions of runs of the same seed in `level` and `baseline`.
    """

    level: tuple[float, ...]
    baseline: tuple[float, ...]
    ends: tuple[tuple[bool, ...], tuple[bool, ...]] | None = None
    pairs: tuple[tuple[int, int], ...] = ()

    def means(self) -> tuple[float, float]:
        """Return the means of both groups."""
        return float(np.mean(self.level)), float(np.mean(self.baseline))

    @property
    def correlation(self) -> float | None:
        """Pearson's correlation of the values within pairs; None with fewer than three pairs or without spread."""
        pairs = np.array([(self.level[one], self.baseline[other]) for one, other in self.pairs], dtype=float)
        if len(pairs) < 3 or (np.ptp(pairs, axis=0) == 0).any():
            return None
        return float(np.corrcoef(pairs.T)[0, 1])

    def draw(
        self, runs: int, design: PlannedDesign, simulations: int, rng: np.random.Generator
    ) -> tuple[Outcomes, Outcomes]:
        """Draw the runs of both groups."""
        shape = (simulations, runs)
        if design == "paired":
            chosen = np.array(self.pairs)[rng.integers(len(self.pairs), size=shape)]
            places = (chosen[..., 0], chosen[..., 1])
        else:
            places = (rng.integers(len(self.level), size=shape), rng.integers(len(self.baseline), size=shape))
        level, baseline = (
            Outcomes(
                values=np.array(values, dtype=float)[place],
                has_collapsed=None if self.ends is None else np.array(self.ends[group], dtype=bool)[place],
            )
            for group, (values, place) in enumerate(zip((self.level, self.baseline), places, strict=True))
        )
        return level, baseline


def mean_lifetime(hazard: float, months: int) -> float:
    """Return the expected survival time: the sum over months of the probability that the month begins.

    Args:
        hazard: the probability of a collapse in a month, 0..1.
        months: the planned number of months.
    """
    return float(((1 - hazard) ** np.arange(months)).sum())


def hazard_of(mean: float, months: int) -> float:
    """Return the constant hazard that gives an expected survival time.

    Args:
        mean: months, 1..`months`.
        months: the planned number of months.

    Raises:
        AnalysisError: the mean is outside this range.
    """
    if not 1 <= mean <= months:
        raise AnalysisError(f"expected survival time = {mean:g} months: must be between 1 and {months}")
    if mean in (1, months):
        return 1.0 if mean == 1 < months else 0.0
    return float(brentq(lambda hazard: mean_lifetime(hazard, months) - mean, 0.0, 1.0))


def smallest_p(runs: int, design: PlannedDesign) -> float:
    """Return the smallest two-sided p value of an exact permutation test, or of the random permutations in its place.

    ``2 / C(2n, n)`` for two groups of n runs, ``2 / 2^n`` for n pairs.

    Args:
        runs: runs in each group, or pairs; at least 1.
        design: whether runs are compared in pairs.
    """
    total = 2**runs if design == "paired" else comb(2 * runs, runs)
    return min(1.0, 2 / total if total <= ENUMERATED else max(2 / total, 1 / (RESAMPLES + 1)))


def adjusted_p(p: float, differences: int) -> float:
    """Return the smallest adjusted p value of any of several differences between groups: p times their number.

    All measures of the same two groups are permuted together (max-T), so that their number does not count.
    """
    return min(1.0, p * differences)


def runs_for_significance(differences: int, design: PlannedDesign) -> int | None:
    """Return the smallest number of runs in each group with which a comparison can be significant.

    Args:
        differences: the number of differences between groups that p values are adjusted for.
        design: whether runs are compared in pairs.

    Returns:
        None if no number of runs suffices, because random permutations limit how small p can be.
    """
    possible = (runs for runs in range(1, MOST_RUNS + 1) if adjusted_p(smallest_p(runs, design), differences) <= ALPHA)
    return next(possible, None)


def differences_for_significance(runs: int, design: PlannedDesign) -> int:
    """Return the largest number of differences with which one of them can be significant; 0 if not even one can."""
    return int(ALPHA / smallest_p(runs, design) + SAME)


def power(
    model: OutcomeModel,
    runs: int,
    design: PlannedDesign,
    rng: np.random.Generator,
    *,
    alpha: float = ALPHA,
    simulations: int = SIMULATIONS,
) -> float:
    """Return the share of simulated comparisons with a p value of at most `alpha`.

    Args:
        model: simulates the runs.
        runs: runs in each group, or pairs.
        design: whether runs are compared in pairs.
        rng: the generator of the simulation.
        alpha: the level of significance; divided by the number of tests if there are several.
        simulations: the number of simulated comparisons.
    """
    if smallest_p(runs, design) > alpha:
        return 0.0
    level, baseline = model.draw(runs, design, simulations, rng)
    p = paired_p(level.values - baseline.values) if design == "paired" else unpaired_p(level, baseline)
    return float((p <= alpha + SAME).mean())


def runs_needed(
    model: OutcomeModel, design: PlannedDesign, seed: int, *, alpha: float = ALPHA, simulations: int = SIMULATIONS
) -> int | None:
    """Return the smallest number of runs in each group that has a power of `TARGET`, by bisection.

    Args:
        model: simulates the runs.
        design: whether runs are compared in pairs.
        seed: seed of the generator, the same for every number of runs.
        alpha: the level of significance.
        simulations: the number of simulated comparisons for each number of runs.

    Returns:
        None if `MOST_RUNS` do not suffice.
    """

    def suffices(runs: int) -> bool:
        rng = np.random.default_rng(seed)
        return power(model, runs, design, rng, alpha=alpha, simulations=simulations) >= TARGET

    low, high = 1, 8  # exclusive, inclusive
    while not suffices(high):
        if high == MOST_RUNS:
            return None
        low, high = high, min(2 * high, MOST_RUNS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def unpaired_p(level: Outcomes, baseline: Outcomes) -> Floats:
    """Return the p value of a permutation test for each simulation, shape (simulations,).

    Args:
        level: the compared group.
        baseline: the baseline.
    """
    values, n = np.concatenate([level.values, baseline.values], axis=1), level.values.shape[1]
    if level.has_collapsed is not None and baseline.has_collapsed is not None:
        values = log_rank_scores(values, np.concatenate([level.has_collapsed, baseline.has_collapsed], axis=1))
    total = values.shape[1]
    if comb(total, n) <= ENUMERATED:
        return _exact(_centred(values), _splits(total, n))
    centred = _centred(values)
    variance = (centred**2).sum(axis=1) * n * (total - n) / (total * (total - 1))
    return _normal(centred[:, :n].sum(axis=1), variance)


def paired_p(differences: Floats) -> Floats:
    """Return the p value of a test by flipped signs for each simulation, shape (simulations,).

    Args:
        differences: within pairs, shape (simulations, pairs).
    """
    pairs = differences.shape[1]
    if 2**pairs <= ENUMERATED:
        return _exact(differences, _signs(pairs))
    return _normal(differences.sum(axis=1), (differences**2).sum(axis=1))


def log_rank_scores(months: Floats, ends: Booleans) -> Floats:
    """Return 1 for a collapse, else 0, minus the Nelson-Aalen hazard of all runs at the run's month.

    Args:
        months: of each run, whole numbers from 1 on, shape (simulations, runs).
        ends: whether the run collapsed in that month, of the same shape.
    """
    hazards = np.zeros_like(months)
    for month in np.unique(months):
        at_risk = (months >= month).sum(axis=1)
        collapsed = ((months == month) & ends).sum(axis=1)
        step = np.divide(collapsed, at_risk, out=np.zeros(len(months)), where=at_risk > 0)
        hazards += np.where(months >= month, step[:, np.newaxis], 0.0)
    return np.asarray(ends - hazards)


def _exact(values: Floats, weights: Floats) -> Floats:
    """The share of weighted sums at least as far from 0 as the first one; `weights` has a column for each of them."""
    found = np.empty(len(values))
    size = max(1, _BATCH_VALUES // weights.shape[1])
    for begin in range(0, len(values), size):
        sums = np.abs(values[begin : begin + size] @ weights)
        scale = np.abs(values[begin : begin + size]).sum(axis=1, keepdims=True)
        found[begin : begin + size] = (sums >= sums[:, :1] - SAME * scale).mean(axis=1)
    return found


@cache
def _splits(total: int, n: int) -> Floats:
    """All choices of `n` of the runs as columns of 0 and 1, the first runs first, shape (total, choices)."""
    chosen = np.array(list(combinations(range(total), n)))
    weights = np.zeros((total, len(chosen)))
    weights[chosen.T, np.arange(len(chosen))] = 1
    return weights


@cache
def _signs(pairs: int) -> Floats:
    """All combinations of signs as columns, all positive first; the other half mirrors them, shape (pairs, half)."""
    return np.array(1 - 2 * ((np.arange(2 ** (pairs - 1)) >> np.arange(pairs)[:, np.newaxis]) & 1), dtype=float)


def _centred(values: Floats) -> Floats:
    """Values minus their mean: a sum of `n` of them is then the difference of means but for a constant factor."""
    return np.asarray(values - values.mean(axis=1, keepdims=True))


def _normal(sums: Floats, variance: Floats) -> Floats:
    """Two-sided p values of sums with mean 0; 1 without spread."""
    scale = np.sqrt(variance)
    z = np.divide(np.abs(sums), scale, out=np.zeros_like(sums), where=scale > SAME)
    return np.asarray(2 * ndtr(-z))
