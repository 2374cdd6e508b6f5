"""Bootstrap intervals and permutation tests; all random draws use the generator that is passed in."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import combinations
from math import atanh, comb, sqrt, tanh
from typing import Any

import numpy as np
from scipy.stats import DegenerateDataWarning, bootstrap

from govsim.analysis.intervals import (
    CONFIDENCE,
    NO_ESTIMATE,
    SAME,
    Estimate,
    Values,
    is_constant,
    known_values,
    student,
)
from govsim.analysis.measures import Floats
from govsim.analysis.statistics.comparison_results import Result
from govsim.analysis.statistics.effects import paired_differences
from govsim.errors import AnalysisError

RESAMPLES = 9_999
"""Default number of resamples or random permutations."""

ENUMERATED = 20_000
"""Up to this number all permutations are enumerated, so that the test is exact: 14 pairs, or 8 runs in each group."""

BOOTSTRAP = "bootstrap"
PERMUTATION = "permutation"

_BATCH_VALUES = 1_000_000  # values in memory at a time, to limit the memory for many runs

Statistic = Callable[..., Any]


def bootstrap_mean(
    values: Iterable[float | None],
    rng: np.random.Generator,
    *,
    runs: Iterable[Hashable] | None = None,
    resamples: int = RESAMPLES,
) -> Estimate:
    """The mean with its bias-corrected and accelerated bootstrap interval (Efron 1987), resampling whole runs.

    Rows below the level of runs (members, months, decisions) of one run are not independent; with `runs`, all rows of
    a run are drawn together, and the mean of a resample is over all of its rows.

    Args:
        values: one for each row; None and NaN are excluded.
        rng: the generator of resamples.
        runs: the run that each row belongs to; each row is a separate run when None.
        resamples: number of resamples.

    Returns:
        The mean over rows; `n` counts runs with a value. There is no interval with fewer than two runs.

    Raises:
        AnalysisError: `runs` has another length than `values`, or `resamples` is below 1.
    """
    sums = _by_run(list(values), None if runs is None else list(runs))
    n = sums.shape[1]
    if not n:
        return NO_ESTIMATE
    low, high = bootstrap_of_sums(sums, _ratio, rng, resamples=resamples)
    return Estimate(value=float(_ratio(sums.sum(axis=1))), low=low, high=high, n=n)


def bootstrap_difference(
    level: Values,
    baseline: Values,
    rng: np.random.Generator,
    *,
    is_paired: bool,
    resamples: int = RESAMPLES,
) -> Result:
    """The bootstrap interval of a difference of means: pairs are resampled together, otherwise each group separately.

    Args:
        level: values of the compared group, one for each run.
        baseline: values of the baseline, in the order of their pairs if they are paired.
        rng: the generator of resamples.
        is_paired: whether values at the same position belong together.
        resamples: number of resamples.

    Raises:
        AnalysisError: `resamples` is below 1.
    """
    one, other = np.asarray(level, dtype=float), np.asarray(baseline, dtype=float)
    if min(one.size, other.size) < 2:
        return Result(method=BOOTSTRAP, reason=_too_few(is_paired))
    if is_paired:
        differences, is_equal = paired_differences(level, baseline)
        if is_equal:
            return Result(method=BOOTSTRAP, low=float(differences[0]), high=float(differences[0]))
        estimate = bootstrap_mean(differences, rng, resamples=resamples)
        return Result(method=BOOTSTRAP, low=estimate.low, high=estimate.high)
    if is_constant(one) and is_constant(other):
        difference = float(one[0] - other[0])
        return Result(method=BOOTSTRAP, low=difference, high=difference)
    low, high = _bca((one, other), _mean_difference, rng, resamples, paired=False)
    return Result(method=BOOTSTRAP, low=low, high=high)


def bootstrap_of_sums(
    sums: Floats, statistic: Callable[[Floats], Floats], rng: np.random.Generator, *, resamples: int = RESAMPLES
) -> tuple[float, float] | tuple[None, None]:
    """The bias-corrected and accelerated bootstrap interval of a statistic of sums over runs, resampling whole runs.

    Args:
        sums: the contribution of each run to each sum, shape (parts, runs).
        statistic: maps the sums over all runs, shape (parts, resamples), to the statistic of each resample.
        rng: the generator of resamples.
        resamples: number of resamples.

    Returns:
        The ends of the interval; None for both with fewer than two runs, and if the statistic is undefined in a
        resample. It has length 0 if the statistic is the same without any one run.

    Raises:
        AnalysisError: `resamples` is below 1.
    """
    if sums.shape[1] < 2:
        return None, None
    totals = sums.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        value, without_one = float(statistic(totals)[0]), statistic(totals - sums)
    if np.isfinite(value) and np.isfinite(without_one).all() and is_constant(without_one):
        return value, value

    def of_parts(*parts: Floats, axis: int = -1) -> Any:
        totals = np.stack([part.sum(axis=axis) for part in parts])
        return statistic(totals.reshape(len(parts), -1)).reshape(totals.shape[1:])

    with np.errstate(divide="ignore", invalid="ignore"):
        return _bca(tuple(sums), of_parts, rng, resamples, paired=True)


def jackknife_of_sums(sums: Floats, statistic: Callable[[Floats], Floats]) -> tuple[float, float] | tuple[None, None]:
    """Student's interval of a coefficient of agreement, from the values without each run (Tukey 1958).

    Computed on Fisher's scale, so that it does not leave -1..1.

    Args:
        sums: the contribution of each run to each sum, shape (parts, runs).
        statistic: maps the sums over some runs, shape (parts, samples), to the coefficient of each sample, -1..1.

    Returns:
        The ends of the interval; None for both with fewer than two runs, and if the coefficient is undefined without
        one of the runs. It has length 0 if the coefficient is the same without any one run.
    """
    n = sums.shape[1]
    if n < 2:
        return None, None
    totals = sums.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        value, without_one = float(statistic(totals)[0]), statistic(totals - sums)
    if not np.isfinite(value) or not np.isfinite(without_one).all():
        return None, None
    if is_constant(without_one) or abs(value) >= 1:
        return value, value
    error = sqrt((n - 1) / n * float(((without_one - without_one.mean()) ** 2).sum()))
    half = student(n - 1) * error / (1 - value**2)
    return tanh(atanh(value) - half), tanh(atanh(value) + half)


def permutation(
    level: Values,
    baseline: Values,
    rng: np.random.Generator,
    *,
    is_paired: bool,
    draws: int = RESAMPLES,
) -> Result:
    """Test that two groups do not differ, by the difference of their means under all permutations.

    Paired values are swapped within their pair (signs flip), unpaired ones are redistributed over both groups. Up to
    `ENUMERATED` permutations are all enumerated, and p is the share of those that are at least as far from 0; otherwise
    `draws` are drawn, and ``p = (b + 1) / (m + 1)`` with `b` of `m` as far out (Phipson and Smyth 2010).

    `scipy.stats.permutation_test` rejects a group of a single run, doubles the smaller tail if the groups differ in
    size, and takes ten times as long to enumerate all; where it performs the same test, its p is the same.

    Args:
        level: values of the compared group.
        baseline: values of the baseline, in the order of their pairs if they are paired.
        rng: the generator of permutations, if not all of them are enumerated.
        is_paired: whether values at the same position belong together.
        draws: number of permutations if there are too many to enumerate.

    Raises:
        AnalysisError: paired groups have different lengths, or `draws` is below 1.
    """
    check_count("draws", draws)
    one, other = np.asarray(level, dtype=float), np.asarray(baseline, dtype=float)
    if is_paired and one.size != other.size:
        raise AnalysisError(f"level has {one.size} values and baseline {other.size}: pairs need equal numbers")
    if not one.size or not other.size:
        return Result(method=PERMUTATION, reason="a group has no value")
    scale = float(np.abs(np.concatenate([one, other])).max()) or 1.0
    observed = float(one.mean() - other.mean())
    total = 2**one.size if is_paired else comb(one.size + other.size, one.size)
    is_exact = total <= ENUMERATED
    if is_paired:
        found = _flipped((one - other) / scale, None if is_exact else draws, rng)
    else:
        found = _redistributed(np.concatenate([one, other]) / scale, one.size, None if is_exact else draws, rng)
    # Ties must remain ties despite rounding.
    as_far = sum(int((np.abs(part) >= abs(observed / scale) - SAME).sum()) for part in found)
    symmetric = 2 if is_paired or one.size == other.size else 1
    return Result(
        method=PERMUTATION,
        p=as_far / total if is_exact else (as_far + 1) / (draws + 1),
        value=observed,
        smallest_p=symmetric / total if is_exact else 1 / (draws + 1),
        draws=None if is_exact else draws,
    )


def _flipped(differences: Floats, draws: int | None, rng: np.random.Generator) -> Iterator[Floats]:
    """Means of differences with flipped signs: all of them, or a number of draws."""
    n = differences.size
    if draws is None:
        signs = (np.arange(2**n)[:, np.newaxis] >> np.arange(n)) & 1
        yield (2 * signs - 1) @ differences / n
        return
    for size in _batches(draws, n):
        yield (2 * rng.integers(0, 2, size=(size, n)) - 1) @ differences / n


def _redistributed(pooled: Floats, n: int, draws: int | None, rng: np.random.Generator) -> Iterator[Floats]:
    """Differences of means of `n` of the pooled values and the others: of all splits, or a number of draws."""
    if draws is None:
        yield _difference(pooled[list(combinations(range(pooled.size), n))], pooled)
        return
    for size in _batches(draws, pooled.size):
        yield _difference(rng.permuted(np.tile(pooled, (size, 1)), axis=1)[:, :n], pooled)


def _difference(dealt: Floats, pooled: Floats) -> Floats:
    sums, n = dealt.sum(axis=1), dealt.shape[1]
    return np.asarray(sums / n - (pooled.sum() - sums) / (pooled.size - n))


def _batches(total: int, width: int) -> Iterator[int]:
    size = max(1, _BATCH_VALUES // width)
    for begin in range(0, total, size):
        yield min(size, total - begin)


def _by_run(values: list[float | None], runs: list[Hashable] | None) -> Floats:
    """Sums and numbers of the values of each run that has one, in order of first occurrence, shape (2, runs)."""
    if runs is None:
        known = known_values(values)
        return np.stack([known, np.ones_like(known)])
    if len(runs) != len(values):
        raise AnalysisError(
            f"runs has {len(runs)} entries and values {len(values)}: must be the same number, one for each row"
        )
    by_run: dict[Hashable, list[float]] = {}
    for run, value in zip(runs, values, strict=True):
        if value is not None and not np.isnan(value):
            by_run.setdefault(run, []).append(float(value))
    each = by_run.values()
    return np.array([[sum(of_run) for of_run in each], [float(len(of_run)) for of_run in each]])


def _bca(
    samples: tuple[Floats, ...], statistic: Statistic, rng: np.random.Generator, resamples: int, *, paired: bool
) -> tuple[float, float] | tuple[None, None]:
    check_count("resamples", resamples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        found = bootstrap(
            samples,
            statistic,
            n_resamples=resamples,
            batch=max(1, _BATCH_VALUES // max(sample.size for sample in samples) * 2 // len(samples)),
            paired=paired,
            vectorized=True,
            confidence_level=CONFIDENCE,
            method="BCa",
            rng=rng,
        )
    low, high = (float(end) for end in found.confidence_interval)
    return (low, high) if np.isfinite(low) and np.isfinite(high) else (None, None)


def _ratio(sums: Floats) -> Floats:
    return np.asarray(sums[0] / sums[1])


def _mean_difference(one: Floats, other: Floats, axis: int = -1) -> Any:
    return one.mean(axis=axis) - other.mean(axis=axis)


def check_count(name: str, count: int) -> None:
    """Reject a number of draws below 1.

    Args:
        name: its name.
        count: the number.

    Raises:
        AnalysisError: it is below 1.
    """
    if count < 1:
        raise AnalysisError(f"{name} = {count}: must be 1 or more")


def _too_few(is_paired: bool) -> str:
    return "fewer than two pairs" if is_paired else "a group has fewer than two values"
