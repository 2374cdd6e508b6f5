"""Figures of several panels that are drawn alike: which runs stand in which panel, and in which series of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from govsim.analysis.figures.sheet import (
    FAINT,
    About,
    Drawn,
    Look,
    counted,
    drawing,
    handle,
    joined,
    legend_labels,
    looks,
    pages,
)
from govsim.analysis.figures.texts import labels_of
from govsim.analysis.runs import left_out
from govsim.analysis.statistics.sides import IDENTITY, identified, identity_without, shared_by
from govsim.errors import AnalysisError

GROUPINGS = ("condition", "model", "scenario", "society", "agent")
"""What the series of a figure can be."""

FIRST = "default"
"""The level that comes first wherever it occurs."""

_LONGEST_TITLE, _LONGEST_NAME = 120, 22

Row = tuple[object, ...]
"""A row of a figure's frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Runs that are shown in one panel.

    Attributes:
        within: columns and values that all of them share.
        runs: their rows of the frame of runs.
        title: what all of them share; no other panel has the same.
        series: the runs of each series that it has, in the order of the legend; all of them in one without a column.
    """

    within: tuple[tuple[str, str], ...]
    runs: pd.DataFrame
    title: str
    series: Mapping[str, pd.DataFrame]


DrawPanel = Callable[[Axes, pd.DataFrame, Panel, Mapping[str, Look]], None]
"""Draws one panel: its axes, its rows of the figure's frame, its runs, and how each series looks."""

DrawSeries = Callable[[Axes, pd.DataFrame, float, Look], None]
"""Draws one series in a row of its own: its axes, its rows of the figure's frame, its place, and how it looks."""


def remark_on_left_out(runs: pd.DataFrame) -> str:
    """A sentence on the runs that are not counted, as in "Left out: 3 of 15 runs (2 failed, 1 over-budget)."."""
    reasons = left_out(runs)
    if not reasons:
        return "No run was left out."
    return f"Left out: {reasons.total()} of {len(runs)} runs ({counted(reasons)})."


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(About):
    """How all panels of a figure are made.

    Attributes:
        x_label: the label of the x axis, which the lowest panel bears.
        height: inches of a panel with so many series.
        most: panels on one figure.
        has_lines: whether series are lines in the legend; else markers. None for no legend of series.
        extra: further entries of the legend.
        remark_on: the sentence on what is left out, from the runs of a figure.
        x_limits: the ends of the x axis; None where these depend on what is drawn.
        has_grid: whether faint lines stand at its ticks.
    """

    x_label: str
    height: Callable[[int], float]
    most: int
    has_lines: bool | None = True
    extra: tuple[Artist, ...] = ()
    remark_on: Callable[[pd.DataFrame], str] = remark_on_left_out
    x_limits: tuple[float, float] | None = None
    has_grid: bool = False


def check_grouping(by: str) -> None:
    """Refuse a column that series cannot be made of.

    Raises:
        AnalysisError: names those that can be.
    """
    if by not in GROUPINGS:
        raise AnalysisError(f"by = {by}: must be one of {', '.join(GROUPINGS)}")


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
    within, runs = list(IDENTITY if by is None else identity_without(by)), identified(runs, by)
    groups: Iterable[tuple[Any, pd.DataFrame]] = runs.groupby(within, sort=False, dropna=False)
    found = [(tuple(map(str, values)), group) for values, group in groups]
    whole = {values: shared_by(tuple(zip(within, values, strict=True))) for values, _ in found}
    titles, levels = labels_of(whole.values(), _LONGEST_TITLE), levels_of(runs, by)
    return [
        Panel(
            within=tuple(zip(within, values, strict=True)),
            runs=group,
            title=titles[whole[values]],
            series=_series_of(group, by, levels),
        )
        for values, group in found
    ]


def levels_of(runs: pd.DataFrame, by: str | None) -> list[str]:
    """The series of a figure in the order of its legend: `default` first, then as they occur."""
    if by is None:
        return [""]
    found = [str(name) for name in identified(runs, by)[by].unique()]
    return sorted(found, key=lambda name: name != FIRST)


def series_frame(
    runs: pd.DataFrame,
    by: str | None,
    rows_of_series: Callable[[pd.DataFrame], Iterable[Row]],
    columns: Sequence[str],
    numbers: Sequence[str],
) -> pd.DataFrame:
    """The frame of a figure: the rows of all series of all panels, after the columns that name panel and series.

    Args:
        runs: the frame of runs.
        by: the column of the series; None for none.
        rows_of_series: from the runs of one series to its rows.
        columns: of these rows.
        numbers: those of the columns that hold numbers, some of which can be missing.
    """
    rows: list[Row] = []
    panels = panels_of(runs, by)
    for panel in panels:
        for level, of_series in panel.series.items():
            place = (*(value for _, value in panel.within), *([] if by is None else [level]))
            rows += ((*place, *row) for row in rows_of_series(of_series))
    names = [name for name, _ in panels[0].within] if panels else []
    frame = pd.DataFrame(rows, columns=[*names, *([] if by is None else [by]), *columns])
    return frame.astype(dict.fromkeys(numbers, "float64"))


def draw_panels(plan: Plan, frame: pd.DataFrame, runs: pd.DataFrame, by: str | None, draw: DrawPanel) -> list[Drawn]:
    """A figure with a panel for each combination of the columns that name a run, or several where they are many.

    Args:
        plan: how the panels are made.
        frame: what they are drawn from, with the columns that a panel's runs share.
        runs: the frame of runs.
        by: the column of the series; None where the panels are what is compared.
        draw: draws one panel.
    """
    rows = [(panel, _rows_of(frame, panel)) for panel in panels_of(runs, by)]
    shown = [(panel, of_panel) for panel, of_panel in rows if len(of_panel)]
    if not shown:
        return [plan.empty(frame, f"there is nothing to draw. {plan.remark_on(runs)}")]
    unseen = [panel.runs for panel, of_panel in rows if not len(of_panel)]
    styles, figures = looks(levels_of(runs, by)), pages(plan.name, shown, plan.most)
    return [
        _page(replace(plan, name=name), page, styles, draw, unseen=unseen if page is figures[-1][1] else [])
        for name, page in figures
    ]


def _page(
    plan: Plan,
    shown: Sequence[tuple[Panel, pd.DataFrame]],
    styles: Mapping[str, Look],
    draw: DrawPanel,
    *,
    unseen: Sequence[pd.DataFrame],
) -> Drawn:
    """One figure. What it leaves out includes `unseen`, the runs of panels that have nothing to show."""
    panels = [panel for panel, _ in shown]
    present = {level for panel in panels for level in panel.series}
    styles = {level: look for level, look in styles.items() if level in present}
    runs = pd.concat([*(panel.runs for panel in panels), *unseen])
    plan = plan.also(joined(plan.remark_on(runs), _remark_on_settings(panels)))
    heights = [plan.height(len(panel.series)) for panel in panels]
    with drawing(heights, _handles(plan, styles), note=plan.note) as (figure, axes):
        for ax, (panel, rows) in zip(axes, shown, strict=True):
            ax.set_title(f"{panel.title}\n{_sizes(panel)}")
            draw(ax, rows, panel, styles)
            if plan.x_limits is not None:
                ax.set_xlim(*plan.x_limits)
            if plan.has_grid:
                ax.grid(axis="x", color=FAINT, linewidth=0.4)
        axes[-1].set_xlabel(plan.x_label)
    return plan.drawn(figure, pd.concat([rows for _, rows in shown]).reset_index(drop=True))


def series_in_rows(by: str, draw: DrawSeries) -> DrawPanel:
    """Draws a panel in which each series has a row of its own, with its name on the left."""

    def draw_panel(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        names = labels_of(styles, _LONGEST_NAME)
        for place, level in enumerate(panel.series):
            draw(ax, rows[rows[by] == level], place, styles[level])
        name_rows(ax, [names[level] for level in panel.series])

    return draw_panel


def name_rows(ax: Axes, names: Iterable[str]) -> None:
    """Name the rows of a panel from top to bottom.

    Args:
        ax: the panel.
        names: of its rows, all different.
    """
    labels = list(labels_of(names, _LONGEST_NAME).values())
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame, with its columns as attributes."""
    return iter(frame.itertuples(index=False))


def _handles(plan: Plan, styles: Mapping[str, Look]) -> list[Artist]:
    if plan.has_lines is None:
        return list(plan.extra)
    labels = legend_labels(list(styles))
    return [*(handle(labels[level], look, has_line=plan.has_lines) for level, look in styles.items()), *plan.extra]


def _rows_of(frame: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    for name, value in panel.within:
        frame = frame[frame[name].astype(str) == value]
    return frame


def _series_of(runs: pd.DataFrame, by: str | None, levels: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The runs of each of some levels that has any."""
    if by is None:
        return {"": runs}
    names = runs[by].astype(str)
    return {level: runs[names == level] for level in levels if (names == level).any()}


def _remark_on_settings(panels: Sequence[Panel]) -> str:
    """A sentence where runs of one series differ in more than their seeds; empty where they do not."""
    most = max((int(rows["cell"].nunique()) for panel in panels for rows in panel.series.values()), default=1)
    return f"Runs of one series differ in their settings (up to {most} settings)." if most > 1 else ""


def _sizes(panel: Panel) -> str:
    """How many runs of each series are counted, in the order of the legend: "n = 5", or "n = 5, 4, 5"."""
    counts = [int(rows["is_counted"].sum()) for rows in panel.series.values()]
    if len(set(counts)) == 1:
        return f"n = {counts[0]}" + (" each" if len(counts) > 1 else "")
    return f"n = {', '.join(map(str, counts))}"
