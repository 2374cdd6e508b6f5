"""Figures of several panels of the same kind: the runs of each panel, and of each series in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from govsim.analysis.cells import without_copies
from govsim.analysis.figures.sheet import (
    FAINT,
    LONGEST_LABEL,
    About,
    Drawn,
    Look,
    counts_text,
    drawing,
    handle,
    joined_sentences,
    looks,
    pages,
    remark_on_names,
)
from govsim.analysis.frames import GROUPINGS
from govsim.analysis.intervals import mean_interval
from govsim.analysis.results import Results
from govsim.analysis.runs import excluded_by_reason
from govsim.analysis.settings import natural
from govsim.analysis.statistics.sides import (
    DEFAULT_CONDITION,
    identity_without,
    in_natural_order,
    shared_by,
    with_setups,
)
from govsim.analysis.statistics.strata import IDENTITY, SETUP
from govsim.characters import labels_of
from govsim.errors import AnalysisError

MOST_BANDS = 4
"""Maximum number of lines with bands in one panel; those of more would cover each other."""

_ALIKE = 4.0
"""Panels share a scale if the largest value of none of them is this many times as large as that of another one."""

_BEYOND = 2.0
"""How far beyond the largest mean a band is drawn: with two runs it can be very long."""

_OWN_SCALES = "Panels have different scales."
_CUT_BANDS = "Bands that reach the upper edge continue; the data has their ends."

FrameRow = tuple[object, ...]
"""A row of a figure's frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Runs that are shown in one panel.

    Attributes:
        within: columns and values that all of them share.
        runs: their rows of the frame of runs.
        title: what all of them share, unique in the figure.
        setup: the setup that all panels share, which is not in their titles; empty if it is.
        series: the runs of each of its series, in the order of the legend; one series of all runs without a column.
    """

    within: tuple[tuple[str, str], ...]
    runs: pd.DataFrame
    title: str
    setup: str
    series: Mapping[str, pd.DataFrame]


DrawPanel = Callable[[Axes, pd.DataFrame, Panel, Mapping[str, Look]], None]
"""Draws one panel: its axes, its rows of the figure's frame, its runs, and the look of each series."""

DrawSeries = Callable[[Axes, pd.DataFrame, float, Look], None]
"""Draws one series in a row of its own: its axes, its rows of the figure's frame, its y position, and its look."""


def remark_on_excluded(runs: pd.DataFrame) -> str:
    """A sentence on excluded runs, such as "Excluded: 3 of 15 runs (2 failed, 1 over budget)."."""
    reasons = excluded_by_reason(runs)
    if not reasons:
        return "No runs were excluded."
    return f"Excluded: {reasons.total()} of {len(runs)} runs ({counts_text(reasons)})."


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPlan(About):
    """The layout of all panels of a figure.

    Attributes:
        x_label: the label of the x axis of the lowest panel.
        height: inches of the plot area of a panel, from its number of series and its rows of the frame.
        most: maximum number of panels in one figure.
        has_lines: whether series are lines in the legend; else markers. None for no legend of series.
        extra: further entries of the legend.
        remark_on: the sentence on excluded runs, from the runs of a figure.
        x_limits: the ends of the x axis; None if they depend on the data.
        has_grid: whether there are grid lines at its ticks.
        highest: the largest value on the y axis of a panel, which begins at 0, from its rows of the frame and its
            runs; panels with similar values share a scale. None if the panels set their scales.
    """

    x_label: str
    height: Callable[[int, pd.DataFrame], float]
    most: int
    has_lines: bool | None = True
    extra: tuple[Artist, ...] = ()
    remark_on: Callable[[pd.DataFrame], str] = remark_on_excluded
    x_limits: tuple[float, float] | None = None
    has_grid: bool = False
    highest: Callable[[pd.DataFrame, Panel], float] | None = None


def check_grouping(by: str) -> None:
    """Reject a column that cannot be the series of a figure.

    Raises:
        AnalysisError: the message lists the allowed columns.
    """
    if by not in GROUPINGS:
        raise AnalysisError(f"by = {by}: must be one of {', '.join(GROUPINGS)}")


def panels_of(runs: pd.DataFrame, by: str | None) -> list[Panel]:
    """The panels of a figure: one for each combination of the columns that name a run, except that of its series.

    Args:
        runs: a frame of runs.
        by: the column of the series, one of `GROUPINGS`; None for one panel for all runs that differ only in their
            seed.

    Raises:
        AnalysisError: `by` is not one of them.
    """
    if by is not None:
        check_grouping(by)
    within, runs = list(IDENTITY if by is None else identity_without(by)), with_setups(runs, by)
    groups: Iterable[tuple[Any, pd.DataFrame]] = runs.groupby(within, sort=False, dropna=False)
    found = in_natural_order(within, [(tuple(map(str, values)), group) for values, group in groups])
    setup, whole = _titles([tuple(zip(within, values, strict=True)) for values, _ in found])
    titles, levels = labels_of(whole, LONGEST_LABEL), _levels_in(runs, by)
    return [
        Panel(
            within=tuple(zip(within, values, strict=True)),
            runs=group,
            title=titles[title],
            setup=setup,
            series=_series_of(group, by, levels),
        )
        for (values, group), title in zip(found, whole, strict=True)
    ]


def _titles(panels: Sequence[tuple[tuple[str, str], ...]]) -> tuple[str, list[str]]:
    """The setup that all of several panels share, and their titles, without it if they differ in something else."""
    whole = [shared_by(within) for within in panels]
    setups = {dict(within).get(SETUP, "") for within in panels}
    if len(setups) > 1 or len(panels) == 1:
        return "", whole
    (setup,) = setups
    rest = [title.removesuffix(setup).removesuffix(" · ") for title in whole]
    return (setup, rest) if setup and all(rest) and len(set(rest)) == len(rest) else ("", whole)


def levels_of(runs: pd.DataFrame, by: str | None) -> list[str]:
    """The series of a figure in the order of its legend: `default` first, then in order of first occurrence.

    Societies are ordered by their names, and by the numbers in them.
    """
    return _levels_in(with_setups(runs, by), by)


def _levels_in(runs: pd.DataFrame, by: str | None) -> list[str]:
    """The series among runs whose setups are already set."""
    if by is None:
        return [""]
    names = [str(name) for name in runs[by].unique()]
    return sorted(names, key=natural) if by == "society" else sorted(names, key=lambda name: name != DEFAULT_CONDITION)


def series_frame(
    runs: pd.DataFrame,
    by: str | None,
    rows_of_series: Callable[[pd.DataFrame], Iterable[FrameRow]],
    columns: Sequence[str],
    numbers: Sequence[str],
) -> pd.DataFrame:
    """The frame of a figure: the rows of all series of all panels, with the columns of panel and series first.

    Args:
        runs: the frame of runs.
        by: the column of the series; None for none.
        rows_of_series: returns the rows of the runs of one series.
        columns: the columns of these rows.
        numbers: the numeric columns, which can have missing values.
    """
    rows: list[FrameRow] = []
    panels = panels_of(runs, by)
    for panel in panels:
        for level, of_series in panel.series.items():
            place = (*(value for _, value in panel.within), *([] if by is None else [level]))
            rows += ((*place, *row) for row in rows_of_series(of_series))
    names = [name for name, _ in panels[0].within] if panels else []
    frame = pd.DataFrame(rows, columns=[*names, *([] if by is None else [by]), *columns])
    return frame.astype(dict.fromkeys(numbers, "float64"))


def monthly_means(
    runs: Iterable[Sequence[float]], low: float | None, high: float | None, *, distinct: int
) -> Iterator[tuple[int, float | None, float | None, float | None, int]]:
    """Yield month, mean, both ends of its 95 % t interval, and the number of runs, for the months of all runs.

    Args:
        runs: the values of each run from month 1 on; a mean over fewer runs would be one over other runs.
        low: the smallest possible value; None without one.
        high: the largest possible value; None without one.
        distinct: the number of runs without copies; equal values of copies have no interval.
    """
    for month, values in enumerate(zip(*runs, strict=False), start=1):
        mean = without_copies(mean_interval(values, low, high), values, distinct)
        yield month, mean.value, mean.low, mean.high, mean.n


def highest_with_bands(*values: str) -> Callable[[pd.DataFrame, Panel], float]:
    """Return a function for `PanelPlan.highest`: the largest value of some columns, and of the bands up to a limit.

    Args:
        values: the columns.
    """

    def highest(rows: pd.DataFrame, _: Panel) -> float:
        most = max(1.0, float(rows[[*values]].max().max()))
        bands = rows["high"].max()
        return most if pd.isna(bands) else max(most, min(float(bands), _BEYOND * most))

    return highest


def mean_line(ax: Axes, rows: pd.DataFrame, value: str, look: Look) -> None:
    """Draw the means of one series over the months, with the band of their intervals.

    Args:
        ax: where to draw.
        rows: `month`, the means, `low` and `high`.
        value: the column of the means.
        look: the look of the series.
    """
    ax.plot(rows["month"], rows[value], color=look.colour, linestyle=look.line, linewidth=1.6, zorder=3)
    ax.plot(rows["month"], rows[value], look.marker, color=look.colour, markersize=2.6, zorder=3)
    ax.fill_between(rows["month"], rows["low"].clip(0), rows["high"], color=look.colour, alpha=0.14, linewidth=0)


def draw_panels(plan: PanelPlan, frame: pd.DataFrame, results: Results, by: str | None, draw: DrawPanel) -> list[Drawn]:
    """A figure with a panel for each combination of the columns that name a run; several figures for many panels.

    Series without a row of the frame are not in their panel, and are named in the note.

    Args:
        plan: the layout of the panels.
        frame: the values, with the columns that a panel's runs share.
        results: the runs.
        by: the column of the series; None without series.
        draw: draws one panel.
    """
    runs = results.runs
    rows = [(panel, _rows_of(frame, panel)) for panel in panels_of(runs, by)]
    shown = [(_with_values(panel, of_panel, by), of_panel) for panel, of_panel in rows if len(of_panel)]
    if not shown:
        return [plan.empty(frame, f"no values to draw. {plan.remark_on(runs)}")]
    unseen = [panel.runs for panel, of_panel in rows if not len(of_panel)]
    styles, tops = looks(levels_of(runs, by)), _tops(plan, shown)
    figures = pages(plan.name, shown, plan.most)
    return [
        _page(
            replace(plan, name=name), page, styles, by, draw, tops=tops, unseen=unseen if page is figures[-1][1] else []
        )
        for name, page in figures
    ]


def _with_values(panel: Panel, rows: pd.DataFrame, by: str | None) -> Panel:
    """The panel with only the series that have rows."""
    if by is None:
        return panel
    present = set(rows[by].astype(str))
    return replace(panel, series={level: runs for level, runs in panel.series.items() if level in present})


def _page(
    plan: PanelPlan,
    shown: Sequence[tuple[Panel, pd.DataFrame]],
    styles: Mapping[str, Look],
    by: str | None,
    draw: DrawPanel,
    *,
    tops: Mapping[str, float],
    unseen: Sequence[pd.DataFrame],
) -> Drawn:
    """One figure. The runs that it excludes include `unseen`, the runs of panels that have nothing to show."""
    panels = [panel for panel, _ in shown]
    present = {level for panel in panels for level in panel.series}
    runs = pd.concat([*(panel.runs for panel in panels), *unseen])
    without = f"Without intervals where a panel has more than {MOST_BANDS} lines."
    remarks = (
        f"All panels: {panels[0].setup}." if panels[0].setup else "",
        without if any(_is_crowded(plan, panel) for panel in panels) else "",
        _remark_on_scales(plan, shown, tops),
        plan.remark_on(runs),
        _remark_on_settings(panels),
        _remark_on_hidden(panels, styles, by),
        remark_on_names([*present, *(shared_by(panel.within) for panel in panels)]),
    )
    plan = plan.also(joined_sentences(*remarks))
    styles = {level: look for level, look in styles.items() if level in present}
    heights = [plan.height(len(panel.series), rows) for panel, rows in shown]
    with drawing(heights, _handles(plan, styles), note=plan.note) as (figure, axes):
        for ax, (panel, rows) in zip(axes, shown, strict=True):
            ax.set_title(f"{panel.title}\n{_sizes(panel)}")
            if tops:
                ax.set_ylim(0, 1.06 * tops[panel.title])
            draw(ax, rows.assign(low=nan, high=nan) if _is_crowded(plan, panel) else rows, panel, styles)
            if plan.x_limits is not None:
                ax.set_xlim(*plan.x_limits)
            if plan.has_grid:
                ax.grid(axis="x", color=FAINT, linewidth=0.4)
        axes[-1].set_xlabel(plan.x_label)
    return plan.drawn(figure, pd.concat([rows for _, rows in shown]).reset_index(drop=True))


def _is_crowded(plan: PanelPlan, panel: Panel) -> bool:
    """Whether the bands of the lines of a panel would cover each other."""
    return plan.has_lines is True and len(panel.series) > MOST_BANDS


def series_in_rows(by: str, draw: DrawSeries) -> DrawPanel:
    """Return a function that draws a panel with a row for each series, with its name on the left."""

    def draw_panel(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        for place, level in enumerate(panel.series):
            draw(ax, rows[rows[by] == level], place, styles[level])
        name_rows(ax, [styles[level].label for level in panel.series])

    return draw_panel


def name_rows(ax: Axes, names: Iterable[str]) -> None:
    """Name the rows of a panel from top to bottom.

    Args:
        ax: the panel.
        names: the names of its rows, all different.
    """
    labels = list(labels_of(names, LONGEST_LABEL).values())
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame, with its columns as attributes."""
    return iter(frame.itertuples(index=False))


def _handles(plan: PanelPlan, styles: Mapping[str, Look]) -> list[Artist]:
    if plan.has_lines is None:
        return list(plan.extra)
    return [*(handle(look, has_line=plan.has_lines) for look in styles.values()), *plan.extra]


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


def _tops(plan: PanelPlan, shown: Sequence[tuple[Panel, pd.DataFrame]]) -> dict[str, float]:
    """The largest value on the y axis of each panel, by its title; empty if the panels set their scales."""
    if plan.highest is None:
        return {}
    own = {
        panel.title: plan.highest(rows.assign(high=nan) if _is_crowded(plan, panel) else rows, panel)
        for panel, rows in shown
    }
    most = max(own.values())
    return dict.fromkeys(own, most) if most < _ALIKE * min(own.values()) else own


def _remark_on_scales(plan: PanelPlan, shown: Sequence[tuple[Panel, pd.DataFrame]], tops: Mapping[str, float]) -> str:
    """Sentences on panels whose scales differ, and on bands that are longer than their scale."""
    if not tops:
        return ""
    with_bands = [] if plan.has_lines is None else [one for one in shown if not _is_crowded(plan, one[0])]
    are_cut = any(float(rows["high"].max()) > 1.06 * tops[panel.title] for panel, rows in with_bands)
    are_different = len({tops[panel.title] for panel, _ in shown}) > 1
    return joined_sentences(_OWN_SCALES if are_different else "", _CUT_BANDS if are_cut else "")


def _remark_on_settings(panels: Sequence[Panel]) -> str:
    """A sentence if runs of one series differ in more than their seeds, otherwise empty."""
    most = max((int(rows["cell"].nunique()) for panel in panels for rows in panel.series.values()), default=1)
    return f"Runs of one series differ in their settings (up to {most} settings)." if most > 1 else ""


def _remark_on_hidden(panels: Sequence[Panel], styles: Mapping[str, Look], by: str | None) -> str:
    """A sentence on the series that have runs in a panel and no values there; empty where all have some."""
    if by is None:
        return ""
    hidden = {level for panel in panels for level in panel.runs[by].astype(str) if level not in panel.series}
    names = [look.label for level, look in styles.items() if level in hidden]
    return f"Not shown where it has no values: {', '.join(names)}." if names else ""


def _sizes(panel: Panel) -> str:
    """The counted runs of each series, in the order of the legend: "n = 5", or "n = 5, 4, 5"."""
    counts = [int(rows["is_counted"].sum()) for rows in panel.series.values()]
    if len(set(counts)) == 1:
        return f"n = {counts[0]}" + (" each" if len(counts) > 1 else "")
    return f"n = {', '.join(map(str, counts))}"
