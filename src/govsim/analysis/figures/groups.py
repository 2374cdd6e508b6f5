"""Which runs stand in which panel of a figure, and in which series of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govsim.analysis.counting import left_out
from govsim.analysis.figures.names import labels_of
from govsim.analysis.figures.sheet import counted
from govsim.analysis.statistics.sides import IDENTITY, identity_without
from govsim.errors import AnalysisError

if TYPE_CHECKING:
    import pandas as pd

GROUPINGS = ("condition", "model", "scenario", "society", "agent")
"""What the series of a figure can be."""

_LONGEST_TITLE = 120

FIRST = "default"
"""The level that comes first wherever it occurs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Runs that are shown in one panel.

    Attributes:
        within: columns and values that all of them share.
        runs: their rows of the frame of runs.
        title: what all of them share; no other panel has the same.
    """

    within: tuple[tuple[str, str], ...]
    runs: pd.DataFrame
    title: str


def panels_of(runs: pd.DataFrame, by: str | None) -> list[Panel]:
    """The panels of a figure: one for each combination of the columns that name a run, beside the one of its series.

    Args:
        runs: a frame of runs.
        by: the column of the series, one of `GROUPINGS`; None for a panel for all that differ in their seeds alone.

    Raises:
        AnalysisError: `by` is none of them.
    """
    if by is not None:
        check_grouping(by)
    within = list(IDENTITY if by is None else identity_without(by))
    groups = runs.groupby(within, sort=False, dropna=False)
    found = [(tuple(map(str, _as_tuple(values))), group) for values, group in groups]
    whole = {values: " · ".join(values) for values, _ in found}
    titles = labels_of(whole.values(), _LONGEST_TITLE)
    return [
        Panel(within=tuple(zip(within, values, strict=True)), runs=group, title=titles[whole[values]])
        for values, group in found
    ]


def check_grouping(by: str) -> None:
    """Refuse a column that series cannot be made of.

    Raises:
        AnalysisError: names those that can be.
    """
    if by not in GROUPINGS:
        raise AnalysisError(f"by = {by}: must be one of {', '.join(GROUPINGS)}")


def levels_of(runs: pd.DataFrame, by: str | None) -> list[str]:
    """The series of a figure in the order of its legend: `default` first, then as they occur."""
    if by is None:
        return [""]
    found = [str(name) for name in runs[by].unique()]
    return sorted(found, key=lambda name: name != FIRST)


def series_of(panel: Panel, by: str | None, levels: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """The runs of each series that a panel has, in the order of the legend; all of them in one without a column."""
    if by is None:
        yield "", panel.runs
        return
    names = panel.runs[by].astype(str)
    for level in levels:
        rows = panel.runs[names == level]
        if len(rows):
            yield level, rows


def remark_on_left_out(runs: pd.DataFrame) -> str:
    """A sentence on the runs that are not counted, as in "Left out: 3 of 15 runs (2 failed, 1 over-budget)."."""
    reasons = left_out(runs)
    if not reasons:
        return "No run was left out."
    return f"Left out: {reasons.total()} of {len(runs)} runs ({counted(reasons)})."


def remark_on_settings(panels: Sequence[Panel], by: str | None) -> str:
    """A sentence where runs of one series differ in more than their seeds; empty where they do not."""
    series = (rows for panel in panels for _, rows in series_of(panel, by, levels_of(panel.runs, by)))
    most = max((int(rows["cell"].nunique()) for rows in series), default=1)
    return f"Runs of one series differ in their settings (up to {most} settings)." if most > 1 else ""


def sizes(panel: Panel, by: str | None, levels: Sequence[str]) -> str:
    """How many runs of each series are counted, in the order of the legend: "n = 5", or "n = 5, 4, 5"."""
    counts = [int(rows["is_counted"].sum()) for _, rows in series_of(panel, by, levels)]
    if len(set(counts)) == 1:
        return f"n = {counts[0]}" + (" each" if len(counts) > 1 else "")
    return f"n = {', '.join(map(str, counts))}"


def remark_on_imported(runs: int) -> str:
    """A sentence on runs whose journals do not tell what was asked; empty where there are none."""
    were = "1 imported run tells" if runs == 1 else f"{runs} imported runs tell"
    return f"{were} nothing of this." if runs else ""


def joined(*sentences: str) -> str:
    """Sentences one after the other, without empty ones."""
    return " ".join(sentence for sentence in sentences if sentence)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame, with its columns as attributes."""
    return iter(frame.itertuples(index=False))


def _as_tuple(values: object) -> tuple[object, ...]:
    return values if isinstance(values, tuple) else (values,)
