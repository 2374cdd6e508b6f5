"""Exact tests of differences of rates."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from scipy.stats import binomtest, fisher_exact

from govsim.analysis.statistics.comparison_results import Result

FISHER = "Fisher's exact"
MCNEMAR = "McNemar's exact"

_NO_RUN = "a group has no run"


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
