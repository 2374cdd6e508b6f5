"""What can be compared, what is chosen, and what a comparison shows: all that pages know of it without computing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govsim.web.parts.charts import Curve

if TYPE_CHECKING:
    from govsim.analysis.intervals import Estimate
    from govsim.web.summary import Summary

BY = {"condition": "conditions", "model": "models", "scenario": "scenarios", "society": "societies", "agent": "agents"}
"""Columns that sides can differ in, and what their values are called."""

FILTERS = ("scenario", "condition", "model")
"""Columns by which runs are chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is compared with what; it stands in the address.

    Attributes:
        by: the column that sides differ in.
        levels: its values that are shown; all when empty.
        baseline: the one that others are compared with; `default` or the first when empty.
        scenario: the scenario; all when empty.
        condition: the condition; all when empty.
        model: the model; all when empty.
        is_together: whether runs of one level are put together, whatever else they differ in.
    """

    by: str = "condition"
    levels: tuple[str, ...] = ()
    baseline: str = ""
    scenario: str = ""
    condition: str = ""
    model: str = ""
    is_together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure of a side: its name, what it is called above a list, and its value."""

    name: str
    label: str
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The measures of one level in one panel."""

    level: str
    colour: str
    runs: int
    counted: int
    measures: tuple[Measured, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What is compared: runs that are alike in all but the column of the levels, and the seed."""

    title: str
    months: int
    stock: tuple[Curve, ...]
    survival: tuple[Curve, ...]
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a level changes in a measure, in the unit that is shown."""

    panel: str
    measure: str
    unit: str
    level: str
    baseline: str
    difference: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None
    rests_on: str
    remarks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """All that the page shows for a choice."""

    panels: tuple[Panel, ...]
    differences: tuple[Difference, ...]
    baseline: str
    comparisons: int


def offered(summaries: Sequence[Summary]) -> dict[str, list[str]]:
    """What can be chosen: the values that occur of each column, `default` first.

    Args:
        summaries: all runs that could be read.
    """
    runs = [one.measures for one in summaries if one.measures is not None]
    return {
        column: sorted({str(getattr(run, column)) for run in runs}, key=lambda name: (name != "default", name))
        for column in BY
    }
