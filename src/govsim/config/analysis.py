"""How results will be compared, declared before the first run. It never affects results."""

from __future__ import annotations

from typing import Literal

from govsim.config.section import Section


class DeclaredAnalysis(Section):
    """How results will be compared. Recorded in the header of each run; commands use it where no option is given."""

    primary: str = "survival_time"
    """Name of the primary measure; all others are secondary."""
    design: Literal["unpaired", "paired"] = "unpaired"
    """Whether all runs are compared, or pairs of runs with the same seed."""
    by: str = "condition"
    """Setting that defines the compared groups."""
    baseline: str | None = None
    """Group that the others are compared with; null for the condition `default`, or if there is nothing to compare."""
