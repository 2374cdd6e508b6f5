"""The declaration of measures of institutions and members' conduct, which only some runs have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import fmean, linear_regression
from typing import NotRequired, TypedDict, Unpack

from govsim.analysis.measures.measure import MEASURES, PER_CENT, CountedRun, Measure

MeasureFunction = Callable[[CountedRun], float | None]


class Declaration(TypedDict):
    """What a measure declares besides its title and heading; see `Measure`."""

    formula: str
    description: str
    undefined: str
    kinds: tuple[str, ...]
    unit: NotRequired[str]
    source: NotRequired[str]
    lowest: NotRequired[float]


def institutional(
    title: str, heading: tuple[str, str], *, is_shown: bool = True, **declared: Unpack[Declaration]
) -> Callable[[MeasureFunction], MeasureFunction]:
    """Register a function as the measure of the same name: a share, or an amount if it has another unit than per cent.

    It counts months from `from_month` on, and tables of runs without it omit it.

    Args:
        title: its name in words.
        heading: its heading of two lines in tables.
        is_shown: whether it is in tables, reports and comparisons by default; otherwise it is in exports, and in
            comparisons that name it.
        declared: what else the measure declares.
    """
    unit = declared.get("unit", PER_CENT)

    def registered(function: MeasureFunction) -> MeasureFunction:
        MEASURES.register(
            Measure(
                name=function.__name__,
                title=title,
                heading=heading,
                kind="share" if unit == PER_CENT else "amount",
                unit=unit,
                formula=declared["formula"],
                source=declared.get("source", "govsim"),
                description=declared["description"],
                undefined=declared["undefined"],
                function=function,
                kinds=declared["kinds"],
                counts_from_month=True,
                lowest=declared.get("lowest"),
                is_tabulated=is_shown,
                is_compared=is_shown,
                is_optional=True,
            )
        )
        return function

    return registered


def share(part: float, total: float) -> float | None:
    """Return a part of a total as a share; None if the total is 0."""
    return part / total if total else None


def slope(pairs: Iterable[tuple[float, float]]) -> float | None:
    """Return the slope of least squares of the second numbers of pairs on the first; None if the first do not vary."""
    known = list(pairs)
    if len({first for first, _ in known}) < 2:
        return None
    return float(linear_regression(*zip(*known, strict=True)).slope)


def mean(values: Iterable[float]) -> float | None:
    """Return the mean of numbers or truth values; None without any."""
    known = list(values)
    return fmean(known) if known else None
