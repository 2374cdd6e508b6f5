"""What can be compared, what is chosen, and what a comparison shows: all that pages know of it without computing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govsim.web.parts.charts import Curve

if TYPE_CHECKING:
    from govsim.analysis.intervals import Estimate


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
