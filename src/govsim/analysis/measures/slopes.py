"""The slope of one amount on another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def slope(pairs: Iterable[tuple[float, float]]) -> float | None:
    """Return the least-squares slope of the second number of each pair on the first; None if the first does not vary.

    Args:
        pairs: the pairs; None is returned without any.
    """
    known = list(pairs)
    first, second = np.array(known, dtype=float).reshape(-1, 2).T
    if not known or np.ptp(first) == 0:
        return None
    deviations = first - first.mean()
    return float(deviations @ second / (deviations @ deviations))
