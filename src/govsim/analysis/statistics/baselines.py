"""The baseline of a comparison: the group that the others are compared with."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from govsim.analysis.statistics.sides import DEFAULT_CONDITION, check_columns, levels_in
from govsim.characters import listed
from govsim.errors import AnalysisError


class NoBaseline(AnalysisError):
    """A comparison needs the value that the others are compared with.

    Attributes:
        by: the compared column.
        values: the values to choose from.
    """

    def __init__(self, by: str, values: Sequence[str]) -> None:
        self.by, self.values = by, tuple(values)
        super().__init__(
            f"baseline: required, because {by} has {len(values)} values ({listed(values)}); choose the one that "
            "the others are compared with"
        )


def baseline_of(runs: pd.DataFrame, by: str) -> str | None:
    """Return the baseline that is used where none is named; None where the caller must choose one.

    It is the condition `default`, or the only value of the column, in which case there is nothing to compare.

    Args:
        runs: a frame of runs, not empty.
        by: the compared column.

    Raises:
        AnalysisError: there is no such column.
    """
    check_columns(runs, by, ())
    names = levels_in(runs, by)
    if len(names) == 1:
        return names[0]
    return DEFAULT_CONDITION if by == "condition" and DEFAULT_CONDITION in names else None


def required_baseline(runs: pd.DataFrame, by: str, baseline: str | None = None) -> str:
    """Return the named baseline, or the one that is used where none is named.

    Args:
        runs: a frame of runs, not empty.
        by: the compared column.
        baseline: the named baseline; None if none is named.

    Raises:
        NoBaseline: none is named, and the column has several values without a default.
        AnalysisError: there is no such column.
    """
    if (chosen := baseline or baseline_of(runs, by)) is None:
        raise NoBaseline(by, levels_in(runs, by))
    return chosen
