"""Differences of survival rates, with their intervals and exact tests."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt

import numpy as np
from scipy.stats import binomtest, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep

from govsim.analysis.intervals import TAIL, wilson_limits
from govsim.analysis.statistics.comparison_results import Result

NEWCOMBE = "Newcombe"
FISHER = "Fisher's exact"
MCNEMAR = "McNemar's exact"

_NO_RUN = "a group has no run"


def newcombe_interval(level: Sequence[bool], baseline: Sequence[bool]) -> Result:
    """Newcombe's interval of a difference of two independent rates, in percentage points (1998a, method 10).

    Combined from Wilson's limits of both rates: ``d - sqrt((p1 - l1)² + (u2 - p2)²)`` to
    ``d + sqrt((u1 - p1)² + (p2 - l2)²)``.

    Args:
        level: booleans of the compared group, one for each run.
        baseline: booleans of the baseline.
    """
    if not level or not baseline:
        return Result(method=NEWCOMBE, reason=_NO_RUN)
    counts = (sum(level), len(level), sum(baseline), len(baseline))
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=2 * TAIL)
    return Result(method=NEWCOMBE, low=100 * float(low), high=100 * float(high))


def paired_newcombe_interval(level: Sequence[bool], baseline: Sequence[bool]) -> Result:
    """Newcombe's interval of a difference of rates within pairs, in percentage points (1998b, method 10).

    As `newcombe_interval`, reduced by the correlation of the pairs: ``- 2 phi (p1 - l1)(u2 - p2)`` below the
    root. `phi` is the fourfold correlation with Newcombe's continuity correction if it is positive, and 0 if one
    rate is 0 or 1. No dependency implements it.

    Args:
        level: booleans of the compared group.
        baseline: booleans of the baseline, in the order of their pairs.
    """
    if not level or not baseline:
        return Result(method=NEWCOMBE, reason=_NO_RUN)
    (one_below, one_above), (other_below, other_above) = _arms(level), _arms(baseline)
    difference = 100 * (sum(level) / len(level) - sum(baseline) / len(baseline))
    phi = _fourfold_correlation(level, baseline)
    return Result(
        method=NEWCOMBE,
        low=difference - _joined(one_below, other_above, phi),
        high=difference + _joined(one_above, other_below, phi),
    )


def fisher(level: Sequence[bool], baseline: Sequence[bool]) -> Result:
    """Fisher's exact test that two independent rates do not differ.

    Args:
        level: booleans of the compared group, one for each run.
        baseline: booleans of the baseline.
    """
    if not level or not baseline:
        return Result(method=FISHER, reason=_NO_RUN)
    table = np.array([[sum(side), len(side) - sum(side)] for side in (level, baseline)])
    n, m = len(level), len(baseline)
    p = min(1.0, float(fisher_exact(table).pvalue))
    return Result(method=FISHER, p=p, smallest_p=min(1.0, (2 if n == m else 1) / comb(n + m, n)))


def mcnemar(level: Sequence[bool], baseline: Sequence[bool]) -> Result:
    """McNemar's exact test that rates do not differ within pairs: a sign test of the pairs that differ.

    Without such a pair p is 1: there is no evidence of a difference.

    Args:
        level: booleans of the compared group.
        baseline: booleans of the baseline, in the order of their pairs.
    """
    if not level:
        return Result(method=MCNEMAR, reason="there is no pair")
    gained = sum(one and not other for one, other in zip(level, baseline, strict=True))
    lost = sum(other and not one for one, other in zip(level, baseline, strict=True))
    p = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return Result(method=MCNEMAR, p=p, smallest_p=min(1.0, 2 / 2 ** len(level)))


def _arms(claims: Sequence[bool]) -> tuple[float, float]:
    """The distances of Wilson's limits below and above a rate, in percentage points."""
    rate = sum(claims) / len(claims)
    low, high = wilson_limits(sum(claims), len(claims))
    return 100 * (rate - low), 100 * (high - rate)


def _joined(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))


def _fourfold_correlation(level: Sequence[bool], baseline: Sequence[bool]) -> float:
    pairs = list(zip(level, baseline, strict=True))
    both, only_one = pairs.count((True, True)), pairs.count((True, False))
    only_other, neither = pairs.count((False, True)), pairs.count((False, False))
    margins = (both + only_one) * (only_other + neither) * (both + only_other) * (only_one + neither)
    if not margins:
        return 0.0
    product = float(both * neither - only_one * only_other)
    if product > 0:
        product = max(0.0, product - len(pairs) / 2)
    return product / sqrt(margins)
