"""Reliability of a group of runs: what holds for all of several runs, and what the runs cost."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from govsim.errors import AnalysisError


def all_of(successes: int, runs: int, k: int) -> float | None:
    """Estimate the probability that all of k runs succeed: the share of subsets of k runs in which all do.

    ``C(c, k) / C(n, k)``, unbiased for independent runs; None with fewer than k runs.

    Args:
        successes: runs that succeeded (c).
        runs: all runs (n).
        k: the number of runs that must all succeed, 1 or more.

    Raises:
        AnalysisError: `k` is below 1, or there are more successes than runs.
    """
    _check(k)
    if not 0 <= successes <= runs:
        raise AnalysisError(f"successes = {successes}: must be from 0 to {runs}, the number of runs")
    return None if runs < k else comb(successes, k) / comb(runs, k)


def worst_of(values: Sequence[float], k: int) -> float | None:
    """Estimate the expected smallest of k runs: its mean over all subsets of k runs; None with fewer than k runs.

    The i-th smallest of n values is the smallest of ``C(n - i, k - 1)`` subsets.

    Args:
        values: one number per run, such as months survived.
        k: the number of runs, 1 or more.

    Raises:
        AnalysisError: `k` is below 1.
    """
    _check(k)
    n = len(values)
    if n < k:
        return None
    weights = [comb(n - number, k - 1) for number in range(1, n + 1)]
    return sum(value * weight for value, weight in zip(sorted(values), weights, strict=True)) / comb(n, k)


def per(amount: float, spent: float | None, unit: float = 1.0) -> float | None:
    """Divide an amount by what was spent on it, in multiples of a unit; None if that is unknown or 0.

    Args:
        amount: such as the months or units of several runs together.
        spent: dollars or tokens of the same runs.
        unit: such as 1,000 for tokens.
    """
    return None if not spent else amount / (spent / unit)


def _check(k: int) -> None:
    if k < 1:
        raise AnalysisError(f"k = {k}: must be 1 or more")
