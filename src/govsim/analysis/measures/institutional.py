"""The declaration of measures of institutions and members' conduct, which only some runs have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import fmean

import numpy as np

from govsim.analysis.measures.measure import MEASURES, PER_CENT, CountedRun, Measure

Function = Callable[[CountedRun], float | None]


def institutional(
    title: str,
    heading: tuple[str, str],
    *,
    unit: str = PER_CENT,
    formula: str,
    source: str = "govsim",
    description: str,
    undefined: str,
    kinds: tuple[str, ...],
    lowest: float | None = None,
) -> Callable[[Function], Function]:
    """Register a function as the measure of the same name: a share, or an amount if it has another unit than per cent.

    It counts months from `from_month` on, and tables of runs without it omit it. See `Measure` for all arguments.
    """

    def registered(function: Function) -> Function:
        MEASURES.register(
            Measure(
                name=function.__name__,
                title=title,
                heading=heading,
                kind="share" if unit == PER_CENT else "amount",
                unit=unit,
                formula=formula,
                source=source,
                description=description,
                undefined=undefined,
                function=function,
                kinds=kinds,
                counts_from_month=True,
                lowest=lowest,
                is_optional=True,
            )
        )
        return function

    return registered


def share(part: float, total: float) -> float | None:
    """Return a part of a total as a share; None if the total is 0."""
    return part / total if total else None


def mean(values: Iterable[float]) -> float | None:
    """Return the mean of numbers or truth values; None without any."""
    known = list(values)
    return fmean(known) if known else None


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
