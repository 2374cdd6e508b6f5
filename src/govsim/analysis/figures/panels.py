"""Figures of several panels that are drawn alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from govsim.analysis.figures.groups import (
    Panel,
    joined,
    levels_of,
    panels_of,
    remark_on_left_out,
    remark_on_settings,
    series_of,
    sizes,
)
from govsim.analysis.figures.sheet import (
    Drawn,
    Look,
    empty,
    handle,
    legend_labels,
    legend_lines,
    looks,
    page_name,
    pages,
    put_legend,
    settle,
    sheet,
    style,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist

DrawPanel = Callable[["Axes", "pd.DataFrame", Panel, Mapping[str, Look]], None]
"""Draws one panel: its axes, its rows of the figure's frame, its runs, and how each series looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How all panels of a figure are made.

    Attributes:
        name: the figure's name.
        title: what it shows, in a few words.
        caption: how to read it.
        note: the shortest form of that, for the figure itself.
        x_label: the label of the x axis, which the lowest panel bears.
        height: inches of a panel with so many series.
        most: panels on one figure.
        has_lines: whether series are lines in the legend; else markers. None for no legend of series.
        extra: further entries of the legend.
        remark_on: the sentence on what is left out, from the runs of a figure.
    """

    name: str
    title: str
    caption: str
    note: str
    x_label: str
    height: Callable[[int], float]
    most: int
    has_lines: bool | None = True
    extra: tuple[Artist, ...] = ()
    remark_on: Callable[[pd.DataFrame], str] = remark_on_left_out


def draw_panels(plan: Plan, frame: pd.DataFrame, runs: pd.DataFrame, by: str | None, draw: DrawPanel) -> list[Drawn]:
    """A figure with a panel for each combination of the columns that name a run, or several where they are many.

    Args:
        plan: how the panels are made.
        frame: what they are drawn from, with the columns that a panel's runs share.
        runs: the frame of runs.
        by: the column of the series; None where the panels are what is compared.
        draw: draws one panel.
    """
    panels = panels_of(runs, by)
    shown = [panel for panel in panels if len(_rows_of(frame, panel))]
    if not shown:
        return [empty(plan.name, plan.title, frame, f"there is nothing to draw. {plan.remark_on(runs)}")]
    unseen = [panel.runs for panel in panels if not any(panel is one for one in shown)]
    slices = list(pages(len(shown), plan.most))
    return [
        _page(
            plan,
            frame,
            shown[page],
            name=page_name(plan.name, number),
            by=by,
            levels=levels_of(runs, by),
            draw=draw,
            unseen=unseen if page == slices[-1] else [],
        )
        for number, page in enumerate(slices)
    ]


def _page(
    plan: Plan,
    frame: pd.DataFrame,
    panels: Sequence[Panel],
    *,
    name: str,
    by: str | None,
    levels: Sequence[str],
    draw: DrawPanel,
    unseen: Sequence[pd.DataFrame],
) -> Drawn:
    """One figure. What it leaves out includes `unseen`, the runs of panels that have nothing to show."""
    import pandas as pd

    runs = pd.concat([*(panel.runs for panel in panels), *unseen])
    rows = [_rows_of(frame, panel) for panel in panels]
    present = {level for panel in panels for level, _ in series_of(panel, by, levels)}
    styles = {level: look for level, look in looks(levels).items() if level in present}
    handles = _handles(plan, styles)
    remarks = joined(plan.remark_on(runs), remark_on_settings(panels, by))
    heights = [plan.height(len(list(series_of(panel, by, levels)))) for panel in panels]
    with style():
        labels = [str(one.get_label()) for one in handles]
        figure, axes = sheet(heights, legend=legend_lines(labels), note=joined(plan.note, remarks))
        for ax, of_panel, panel in zip(axes, rows, panels, strict=True):
            ax.set_title(f"{panel.title}\n{sizes(panel, by, levels)}")
            draw(ax, of_panel, panel, styles)
        axes[-1].set_xlabel(plan.x_label)
        put_legend(figure, handles)
        settle(figure)
    shown = pd.concat(rows).reset_index(drop=True)
    return Drawn(name=name, title=plan.title, caption=joined(plan.caption, remarks), figure=figure, frame=shown)


def _handles(plan: Plan, styles: Mapping[str, Look]) -> list[Artist]:
    if plan.has_lines is None:
        return list(plan.extra)
    labels = legend_labels(list(styles))
    return [*(handle(labels[level], look, has_line=plan.has_lines) for level, look in styles.items()), *plan.extra]


def _rows_of(frame: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    is_mine = None
    for name, value in panel.within:
        alike = frame[name].astype(str) == value
        is_mine = alike if is_mine is None else is_mine & alike
    return frame if is_mine is None else frame[is_mine]
