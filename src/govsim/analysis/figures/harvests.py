"""Figures of catches: the catch of each member, the distribution of gain, and equality against efficiency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.cells import without_copies
from govsim.analysis.figures.figure import register
from govsim.analysis.figures.panels import (
    FrameRow,
    Panel,
    PanelPlan,
    draw_panels,
    remark_on_excluded,
    rows_of,
    series_frame,
    series_in_rows,
)
from govsim.analysis.figures.sheet import (
    COLOURS,
    CUT,
    FAINT,
    GREY,
    Bar,
    Drawn,
    Look,
    handle,
    joined_sentences,
    looks,
    month_axis,
    offsets,
)
from govsim.analysis.intervals import mean_interval
from govsim.analysis.measures.optimal import references_of
from govsim.analysis.results import Results

DISTINCT_MEMBERS = 8
"""Maximum number of members with different looks; of more than these, each is a grey line."""

_BEYOND = 1.25
"""How far beyond the largest gain an interval is drawn: with two runs it can be very long."""

CATCH = PanelPlan(
    name="catch",
    title="Catch of each member",
    description="What each member received in each month, against the sustainable share.",
    caption="Units that each member received in a month, as means over the runs that reached that month. Runs "
    "that collapsed before are not included, so that later months are based on fewer runs. Black strokes: the "
    "sustainable maximum of each member, as a mean over the same runs. Forfeited decisions count as catches "
    "of 0.",
    note="Mean over the runs that reached a month (n: at the start). Black: the threshold of each member.",
    x_label="month",
    height=lambda *_: 0.9,
    most=6,
    has_lines=None,
    highest=lambda rows, _: max(1.0, float(rows[["received", "member_threshold"]].max().max())),
)

GAIN = PanelPlan(
    name="gain",
    title="Distribution of gain",
    description="Total units that members received, and means of runs with intervals.",
    caption="Units received in total. Small points: members. Short strokes: runs, each the mean of its members. The "
    "black point and bar: the mean over runs with its 95 % t interval. Grey lines: an equal share of the total catch "
    "if the group takes its first threshold every month (dotted), of the maximum expected total catch (dashed), and "
    "of that of the equilibrium (dashes and dots), if it is unique and all months count.",
    note="Points: members; strokes: runs; black: mean over runs, 95 % interval; grey: equal shares of totals.",
    x_label="gain, units",
    height=lambda series, _: 0.27 * series,
    most=5,
    has_lines=None,
)


_TOTALS: dict[str, dict[str, Any]] = {
    "sustainable": {"linestyle": ":", "label": "sustainable share"},
    "optimum": {"linestyle": (0, (5, 2)), "label": "optimum"},
    "equilibrium": {"linestyle": (0, (4, 1.5, 1, 1.5)), "label": "equilibrium"},
}
"""The lines of equal shares of total catches, by column of the frame."""


def remark_on_undefined(runs: pd.DataFrame) -> str:
    """A sentence on the runs without a point."""
    undefined = int((runs["is_counted"] & (runs["efficiency"].isna() | runs["equality"].isna())).sum())
    return joined_sentences(
        remark_on_excluded(runs), f"{undefined} more without a value of both measures." if undefined else ""
    )


EQUALITY = PanelPlan(
    name="equality",
    title="Equality against efficiency",
    description="Each run by its share of the sustainable catch and by how equally the catch was shared.",
    caption="Each run by its share of the sustainable catch (efficiency) and by how equally the catch was "
    "shared (equality). Open marks: runs; the larger, the more runs at the same place. Filled marks: means over "
    "runs with 95 % intervals of both (Gaffke 2005); identical runs have none.",
    note="Open: runs (larger where several coincide). Filled: means, 95 % intervals.",
    x_label="efficiency, %",
    height=lambda *_: 1.3,
    most=4,
    has_lines=False,
    remark_on=remark_on_undefined,
    x_limits=(-3, 105),
)


def catch_frame(results: Results) -> pd.DataFrame:
    """Return the catch of each member in each month, as means over the counted runs that reached it.

    Args:
        results: the runs and studies.

    Returns:
        `scenario`, `condition`, `society`, `member`, `month`; `received` in units, with `low` and `high` of its 95 % t
        interval over runs, and `n`, these runs; `member_threshold`, the mean of each member's maximum sustainable
        harvest in these runs.
    """
    counted = results.decisions[results.decisions["is_counted"]]

    def rows(runs: pd.DataFrame) -> Iterator[FrameRow]:
        mine = counted[counted["path"].isin(runs["path"])]
        thresholds = mine.drop_duplicates(["path", "month"]).groupby("month")["member_threshold"].mean().to_dict()
        for (member, month), units in mine.groupby(["member", "month"], sort=False)["received"]:
            mean = mean_interval(map(float, units), 0.0)
            yield (member, month, mean.value, mean.low, mean.high, mean.n, thresholds[month])

    numbers = ("received", "low", "high")
    return series_frame(results.runs, None, rows, ("member", "month", *numbers, "n", "member_threshold"), numbers)


def gain_frame(results: Results, by: str = "condition") -> pd.DataFrame:
    """Return gains of members and of runs, and their means over runs.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        The columns of the panel and `by`; `of` (`member`, `run` or `mean`); `path` of the run; `member`; `gain`,
        in units; `low`, `high` and `n` of a mean; of a run, an equal share of what the group could have taken
        sustainably (`sustainable`), at most (`optimum`) and in the unique equilibrium (`equilibrium`).

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """
    totals, members = _equal_shares(results), results.members[results.members["gain"].notna()]

    def rows(runs: pd.DataFrame) -> Iterator[FrameRow]:
        counted = runs[runs["gain"].notna()]
        for row in rows_of(members[members["path"].isin(counted["path"])]):
            yield ("member", row.path, row.member, row.gain, *[None] * (3 + len(_TOTALS)))
        for row in rows_of(counted):
            yield ("run", row.path, None, row.gain, None, None, None, *(totals[one][row.path] for one in _TOTALS))
        mean = mean_interval(map(float, counted["gain"]), 0.0)
        if mean.n:
            yield ("mean", None, None, mean.value, mean.low, mean.high, mean.n, *[None] * len(_TOTALS))

    columns = ("of", "path", "member", "gain", "low", "high", "n", *_TOTALS)
    return series_frame(results.runs, by, rows, columns, ("gain", "low", "high", *_TOTALS))


def equality_frame(results: Results, by: str = "condition") -> pd.DataFrame:
    """Return efficiency and equality of each run with both, and their means.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        The columns of the panel and `by`; `of` (`run` or `mean`); `path`; `efficiency` and `equality` in per
        cent, with `_low` and `_high` of the 95 % intervals of means, and their `n`.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """

    def rows(runs: pd.DataFrame) -> Iterator[FrameRow]:
        both = runs[runs["efficiency"].notna() & runs["equality"].notna()]
        for run in rows_of(both):
            yield ("run", run.path, 100 * run.efficiency, 100 * run.equality, *[None] * 5)
        shares = ([100 * float(value) for value in both[name]] for name in ("efficiency", "equality"))
        distinct = both["trajectory"].nunique()
        x, y = (without_copies(mean_interval(values, 0.0, 100.0), values, distinct) for values in shares)
        if x.n:
            yield ("mean", None, x.value, y.value, x.low, x.high, y.low, y.high, x.n)

    ends = tuple(f"{measure}_{end}" for measure in ("efficiency", "equality") for end in ("low", "high"))
    return series_frame(results.runs, by, rows, ("of", "path", "efficiency", "equality", *ends, "n"), ends)


def catch(results: Results) -> list[Drawn]:
    """The catch of each member over the months with the threshold, with a panel for each cell of the table.

    Args:
        results: the runs and studies.

    Returns:
        Figures of at most six panels each.
    """
    frame = catch_frame(results)
    styles = looks(list(dict.fromkeys(frame["member"])))
    are_distinct = len(styles) <= DISTINCT_MEMBERS

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, _: Mapping[str, Look]) -> None:
        if are_distinct:
            _members(ax, rows, styles)
        else:
            _grey_members(ax, rows)
        threshold = rows.drop_duplicates("month")
        at = threshold["month"]
        ax.hlines(threshold["member_threshold"], at - 0.5, at + 0.5, color="black", linewidth=1.1)
        ax.set_ylabel("catch, units")
        month_axis(ax, int(panel.runs["months_planned"].max()), 1)

    handles = [handle(look) for look in styles.values()] if are_distinct else _of_many(len(styles))
    limit = Line2D([], [], color="black", linewidth=1.1, label="threshold")
    return draw_panels(replace(CATCH, extra=(*handles, limit)), frame, results, None, draw)


def gain(results: Results, by: str = "condition") -> list[Drawn]:
    """The distribution of gain, with a panel for each scenario and society, and a row for each series.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        Figures of at most five panels each.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """
    frame = gain_frame(results, by)
    seen = max(1.0, float(frame[["gain", *_TOTALS]].max().max()))
    most = min(_BEYOND * seen, max(seen, float(frame["high"].max()))) if len(frame) else seen
    draw_series = series_in_rows(by, lambda ax, rows, place, look: _gains(ax, rows, place, look, most))

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        draw_series(ax, rows, panel, styles)
        ax.set_xlim(0.0, 1.04 * most)

    is_cut = bool((frame["low"] < 0).any() or (frame["high"] > most).any())
    plan = replace(GAIN.also(CUT if is_cut else ""), extra=tuple(_in_legend(frame)))
    return draw_panels(plan, frame, results, by, draw)


def equality(results: Results, by: str = "condition") -> list[Drawn]:
    """Equality against efficiency, with a panel for each scenario and society, and a point for each run.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        Figures of at most four panels each.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        for level, look in styles.items():
            _runs_and_mean(ax, rows[rows[by] == level], look)
        ax.set_ylim(*((-5.0, 105.0) if are_unequal else (45.0, 105.0)))
        ax.set_ylabel("equality, %")

    frame = equality_frame(results, by)
    are_unequal = float(frame[["equality", "equality_low"]].min().min()) < 50
    return draw_panels(EQUALITY, frame, results, by, draw)


def _equal_shares(results: Results) -> Mapping[str, Mapping[str, float]]:
    """Each member's equal share of total catches of a run's group, by column of the frame and path."""
    present = results.members[results.members["months_present"] > 0].groupby("path").size()
    first = results.months[results.months["month"] == 1].set_index("path")["threshold"]
    runs = results.runs[results.runs["is_counted"]].set_index("path")
    months = runs["months_planned"] - runs["from_month"] + 1
    totals = {run.name: references_of(run.experiment) for run in results.measures if run.from_month == 1}
    found = {
        "sustainable": first.reindex(runs.index) * months,
        "optimum": pd.Series({path: one.optimum for path, one in totals.items()}, dtype=float),
        "equilibrium": pd.Series({path: one.equilibrium for path, one in totals.items()}, dtype=float),
    }
    each = {name: total.reindex(runs.index) / present.reindex(runs.index) for name, total in found.items()}
    return {name: {str(path): float(share) for path, share in shares.items()} for name, shares in each.items()}


def _in_legend(frame: pd.DataFrame) -> Iterator[Line2D]:
    """The legend of the totals that are known."""
    for name, line in _TOTALS.items():
        if frame[name].notna().any():
            yield Line2D([], [], color=GREY, linewidth=0.9, **line)


def _of_many(members: int) -> Sequence[Artist]:
    """The legend of members that all look the same."""
    return [
        Line2D([], [], color=GREY, linewidth=0.6, label=f"one of {members} members"),
        Line2D([], [], color=COLOURS[0], label="their mean"),
    ]


def _members(ax: Axes, rows: pd.DataFrame, styles: Mapping[str, Look]) -> None:
    for member, mine in rows.groupby("member", sort=False):
        look, (x, y) = styles[str(member)], (mine["month"], mine["received"])
        ax.plot(x, y, color=look.colour, linestyle=look.line, marker=look.marker, markersize=2.6)


def _grey_members(ax: Axes, rows: pd.DataFrame) -> None:
    for _, mine in rows.groupby("member", sort=False):
        colour, mark = (GREY, "o") if len(mine) == 1 else (FAINT, "")  # a single point has no line
        ax.plot(mine["month"], mine["received"], color=colour, linewidth=0.6, marker=mark, markersize=2.6)
    mean = rows.groupby("month")["received"].mean()
    ax.plot(mean.index, mean, color=COLOURS[0], marker="o" if len(mean) == 1 else "")


def _gains(ax: Axes, rows: pd.DataFrame, place: float, look: Look, most: float) -> None:
    members, runs, mean = (rows[rows["of"] == what] for what in ("member", "run", "mean"))
    for name, line in _TOTALS.items():
        for share in runs[name].dropna().round(6).unique():
            ax.plot([share, share], [place - 0.5, place + 0.5], color=GREY, linewidth=0.9, zorder=1, **line)
    alpha = 0.55 if len(members) <= 100 else 0.2
    y = [place + shift for shift in offsets(len(members), 0.6)]
    ax.plot(members["gain"], y, look.marker, color=look.colour, alpha=alpha, markersize=2.2, markeredgewidth=0)
    ax.plot(runs["gain"], [place] * len(runs), "|", color=look.colour, markersize=11, markeredgewidth=0.9)
    for row in rows_of(mean):
        Bar(low=row.low, high=row.high, least=0.0, most=most).draw(ax, place, colour="black", width=1.3)
        ax.plot([row.gain], [place], "o", color="black", markersize=3.2, zorder=5)


def _runs_and_mean(ax: Axes, rows: pd.DataFrame, look: Look) -> None:
    runs = rows[rows["of"] == "run"].round(6).groupby(["efficiency", "equality"]).size()
    for count, alike in runs.reset_index(name="count").groupby("count"):
        (mark,) = ax.plot(alike["efficiency"], alike["equality"], look.marker, color=look.colour, fillstyle="none")
        mark.set(markersize=3.2 * min(int(str(count)), 9) ** 0.5, markeredgewidth=0.8)
    for mean in rows_of(rows[rows["of"] == "mean"]):
        x, y = mean.efficiency, mean.equality
        across = Bar(low=mean.efficiency_low, high=mean.efficiency_high, least=0.0, most=100.0)
        upright = Bar(low=mean.equality_low, high=mean.equality_high, least=0.0, most=100.0)
        across.draw(ax, y, colour=look.colour, width=0.9)
        upright.draw(ax, x, colour=look.colour, width=0.9, is_upright=True)
        ax.plot([x], [y], look.marker, color=look.colour, markersize=4.5, markeredgecolor="black", markeredgewidth=0.5)


register(CATCH, lambda results, _: catch(results), has_series=False)
register(GAIN, lambda results, series: gain(results, series.by))
register(EQUALITY, lambda results, series: equality(results, series.by))
