"""How gain is distributed over members and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import Panel, joined, levels_of, panels_of, rows_of, series_of
from govsim.analysis.figures.names import labels_of
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import CUT, GREY, Bar, Drawn, Look, offsets
from govsim.analysis.intervals import mean_interval

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.frames import Frames

Row = tuple[object, ...]

_BEYOND = 1.25
"""How far beyond the largest gain an interval is drawn: with two runs it can reach anywhere."""

PLAN = Plan(
    name="gain",
    title="Distribution of gain",
    caption="Units received in all. Small points: members. Short strokes: runs, each the mean of its members. The "
    "black point and bar: the mean over runs with its 95 % t interval. The dotted line: what each member would have if "
    "the group took its first threshold every month and shared it equally.",
    note="Points: members; strokes: runs; black: mean over runs, 95 % interval; dotted: equal sustainable share.",
    x_label="gain, units",
    height=lambda series: 0.62 + 0.27 * series,
    most=5,
    has_lines=None,
)


def gain_frame(frames: Frames, by: str = "condition") -> pd.DataFrame:
    """Gains of members and of runs, and their means over runs.

    Args:
        frames: what was read.
        by: the column of the series.

    Returns:
        The columns that a panel shares and `by`; `of` (`member`, `run` or `mean`); `path` of the run; `member`; `gain`,
        in units; `low`, `high` and `n` of a mean; `sustainable`, each member's equal share of what the group could have
        taken sustainably, of a run.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """
    import pandas as pd

    sustainable = _sustainable(frames)
    members = frames.members[frames.members["gain"].notna()]
    panels, rows = panels_of(frames.runs, by), list[Row]()
    for panel in panels:
        for level, runs in series_of(panel, by, levels_of(frames.runs, by)):
            place = (*(value for _, value in panel.within), level)
            rows += ((*place, *row) for row in _rows(runs, members, sustainable))
    names = [name for name, _ in panels[0].within] if panels else []
    columns = [*names, by, "of", "path", "member", "gain", "low", "high", "n", "sustainable"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("gain", "low", "high", "sustainable"), "float64"))


def gain(frames: Frames, by: str = "condition") -> list[Drawn]:
    """The distribution of gain, with a panel for each scenario and society, and a row for each series.

    Args:
        frames: what was read.
        by: the column of the series.

    Returns:
        Figures of at most five panels each.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        shown = [level for level, _ in series_of(panel, by, list(styles))]
        for place, level in enumerate(shown):
            _row(ax, rows[rows[by] == level], place, styles[level], most)
        shares = rows["sustainable"].dropna().unique()
        if len(shares) == 1:
            ax.axvline(shares[0], color=GREY, linewidth=0.8, linestyle=":")
        ax.set_ylim(len(shown) - 0.5, -0.5)
        ax.set_yticks(range(len(shown)), [names[level] for level in shown])
        ax.set_xlim(*span)

    frame = gain_frame(frames, by)
    seen = max(1.0, float(frame[["gain", "sustainable"]].max().max()))
    most = min(_BEYOND * seen, max(seen, float(frame["high"].max()))) if len(frame) else seen
    span = (0.0, 1.04 * most)
    names = labels_of(levels_of(frames.runs, by), 22)
    is_cut = bool((frame["low"] < 0).any() or (frame["high"] > most).any())
    plan = replace(PLAN, note=joined(PLAN.note, CUT), caption=joined(PLAN.caption, CUT)) if is_cut else PLAN
    return draw_panels(plan, frame, frames.runs, by, draw)


def _sustainable(frames: Frames) -> dict[str, float]:
    """Each member's equal share of what a run's group could have taken sustainably, as its efficiency counts it."""
    present = frames.members[frames.members["months_present"] > 0].groupby("path").size()
    first = frames.months[frames.months["month"] == 1].set_index("path")["threshold"]
    runs = frames.runs[frames.runs["is_counted"]].set_index("path")
    months = runs["months_planned"] - runs["from_month"] + 1
    shares = first.reindex(runs.index) * months / present.reindex(runs.index)
    return {str(path): float(share) for path, share in shares.items()}


def _rows(runs: pd.DataFrame, members: pd.DataFrame, sustainable: Mapping[str, float]) -> Iterator[Row]:
    of_runs = runs[runs["gain"].notna()]
    for row in rows_of(members[members["path"].isin(of_runs["path"])]):
        yield ("member", row.path, row.member, row.gain, None, None, None, None)
    for row in rows_of(of_runs):
        yield ("run", row.path, None, row.gain, None, None, None, sustainable[row.path])
    mean = mean_interval(float(value) for value in of_runs["gain"])
    if mean.n:
        yield ("mean", None, None, mean.value, mean.low, mean.high, mean.n, None)


def _row(ax: Axes, rows: pd.DataFrame, place: int, look: Look, most: float) -> None:
    members, runs, mean = (rows[rows["of"] == what] for what in ("member", "run", "mean"))
    alpha = 0.55 if len(members) <= 100 else 0.2
    y = [place + shift for shift in offsets(len(members), 0.6)]
    ax.plot(members["gain"], y, look.marker, color=look.colour, alpha=alpha, markersize=2.2, markeredgewidth=0)
    ax.plot(runs["gain"], [place] * len(runs), "|", color=look.colour, markersize=11, markeredgewidth=0.9)
    for row in rows_of(mean):
        if not isnan(row.low):
            Bar(low=row.low, high=row.high, least=0.0, most=most).draw(ax, place, colour="black", width=1.3)
        ax.plot([row.gain], [place], "o", color="black", markersize=3.2, zorder=5)


FIGURES.register(
    Figure(
        name=PLAN.name,
        title=PLAN.title,
        description="What members received in all, and means of runs with intervals.",
        draw=lambda evidence, series: gain(evidence.frames, series.by),
    )
)
