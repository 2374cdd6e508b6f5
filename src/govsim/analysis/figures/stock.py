"""The stock over the months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from govsim.analysis.counting import observed
from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import Panel, levels_of, panels_of, rows_of, series_of
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import Drawn, Look, month_axis
from govsim.analysis.intervals import mean_interval
from govsim.journal import FINISHED

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.frames import Frames

PLAN = Plan(
    name="stock",
    title="Stock over the months",
    caption="Units that the members found at the start of each month. Thick lines: means over runs with pointwise 95 % "
    "t intervals, cut where no stock can be. Thin lines: single runs. A cross marks the month of a collapse; "
    "from then on the run counts as 0 units, so that the mean is not that of the survivors alone. Dotted lines that "
    "end in a ring: runs that stopped for another reason; they are in no mean. Runs that failed because their answers "
    "could not be read are not drawn.",
    note="Mean and 95 % interval; × collapse, counted as 0 from then on; ○ stopped, in no mean.",
    x_label="month",
    height=lambda _: 1.5,
    most=5,
)

Row = tuple[object, ...]


def stock_frame(frames: Frames, by: str = "condition") -> pd.DataFrame:
    """The stock at the start of every month, for each run and as means over the runs of a series.

    Args:
        frames: what was read.
        by: the column of the series.

    Returns:
        The columns that a panel shares and `by`; `series` (`run` or `mean`); `path` and `status` of a run; `month`;
        `stock`, in units, 0 after a collapse; `low` and `high` of a mean's 95 % t interval; `n`, runs that it rests on;
        `is_collapse`, whether the run collapsed in this month.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """
    import pandas as pd

    found = {str(path): units.tolist() for path, units in frames.months.groupby("path", sort=False)["stock_before"]}
    panels, rows = panels_of(frames.runs, by), list[Row]()
    levels = levels_of(frames.runs, by)
    for panel in panels:
        for level, runs in series_of(panel, by, levels):
            place = (*(value for _, value in panel.within), level)
            rows += ((*place, *row) for row in _rows(runs, found))
    names = [name for name, _ in panels[0].within] if panels else []
    columns = [*names, by, "series", "path", "status", "month", "stock", "low", "high", "n", "is_collapse"]
    return pd.DataFrame(rows, columns=columns).astype({"stock": "float64", "low": "float64", "high": "float64"})


def stock(frames: Frames, by: str = "condition") -> list[Drawn]:
    """The stock over the months, with a panel for each scenario and society, and a line for each series.

    Args:
        frames: what was read.
        by: the column of the series.

    Returns:
        Figures of at most five panels each.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        for level, look in styles.items():
            _series(ax, rows[rows[by] == level], look, float(rows["stock"].max()))
        ax.set_ylim(0, 1.06 * max(float(rows["stock"].max()), 1))
        ax.set_ylabel("units at start")
        month_axis(ax, int(panel.runs["months_planned"].max()), 1)

    return draw_panels(PLAN, stock_frame(frames, by), frames.runs, by, draw)


def _rows(runs: pd.DataFrame, found: Mapping[str, list[int]]) -> Iterator[Row]:
    by_month: dict[int, list[float]] = {}
    for run in rows_of(observed(runs)):
        seen = [float(units) for units in found.get(run.path, [])]
        lived, planned = len(seen), run.months_planned
        if run.has_collapsed:
            seen += [0.0] * (planned - lived)
        for month, units in enumerate(seen, start=1):
            yield ("run", run.path, run.status, month, units, None, None, None, run.has_collapsed and month == lived)
            if run.is_counted:
                by_month.setdefault(month, []).append(units)
    for month, values in sorted(by_month.items()):
        mean = mean_interval(values)
        yield ("mean", None, None, month, mean.value, mean.low, mean.high, mean.n, None)


def _series(ax: Axes, rows: pd.DataFrame, look: Look, most: float) -> None:
    for _, run in rows[rows["series"] == "run"].groupby("path", sort=False):
        _run(ax, run, look)
    mean = rows[rows["series"] == "mean"]
    ax.plot(mean["month"], mean["stock"], color=look.colour, linestyle=look.line, linewidth=1.6, zorder=3)
    ax.plot(mean["month"], mean["stock"], look.marker, color=look.colour, markersize=2.6, zorder=3)
    low, high = mean["low"].clip(0, most), mean["high"].clip(0, most)
    ax.fill_between(mean["month"], low, high, color=look.colour, alpha=0.14, linewidth=0)


def _run(ax: Axes, run: pd.DataFrame, look: Look) -> None:
    is_counted = run["status"].iloc[0] in FINISHED
    line = "-" if is_counted else ":"
    ax.plot(run["month"], run["stock"], color=look.colour, linewidth=0.5, alpha=0.45, linestyle=line)
    end = run[run["is_collapse"].astype(bool)]
    ax.plot(end["month"], end["stock"], "x", color=look.colour, markersize=3.5, markeredgewidth=0.8, zorder=4)
    if not is_counted:
        ax.plot(
            run["month"].iloc[-1:], run["stock"].iloc[-1:], "o", color=look.colour, markersize=3.5, fillstyle="none"
        )


FIGURES.register(
    Figure(
        name=PLAN.name,
        title=PLAN.title,
        description="Units at the start of each month: means of runs with intervals, single runs and collapses.",
        draw=lambda evidence, series: stock(evidence.frames, series.by),
    )
)
