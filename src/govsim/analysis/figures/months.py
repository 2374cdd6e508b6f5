"""Figures of societies by month: the stock, and survival curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from govsim.analysis.figures.figure import register
from govsim.analysis.figures.panels import (
    FrameRow,
    Panel,
    PanelPlan,
    draw_panels,
    mean_line,
    monthly_means,
    panels_of,
    rows_of,
    series_frame,
)
from govsim.analysis.figures.sheet import GREY, SMALL, Drawn, Look, counts_text, joined_sentences, month_axis
from govsim.analysis.measures import Floats
from govsim.analysis.measures.optimal import optimal_stocks
from govsim.analysis.results import Results
from govsim.analysis.runs import observed
from govsim.analysis.statistics.survival import lifetimes_of, survival_curve
from govsim.characters import counted
from govsim.config import Experiment
from govsim.journal import FINISHED, UNREADABLE

_ROW = 8.5  # points between two rows of numbers below a panel
_TICKS = 17.0  # points from the axis down to the first of them

_OPTIMAL: dict[str, Any] = {"color": GREY, "linewidth": 0.9, "linestyle": (0, (5, 2)), "zorder": 2}
"""The line of optimal harvests."""

STOCK = PanelPlan(
    name="stock",
    title="Stock over the months",
    description="Units at the start of each month: means of runs with intervals, single runs and collapses.",
    caption="Units available at the start of each month. Thick lines: means over runs with pointwise 95 % "
    "intervals (Gaffke 2005, for values between 0 and the capacity; none for identical runs, and of no width in "
    "month 1, whose stock is a setting). Thin lines: single runs. "
    "A cross marks the month of a collapse; "
    "from then on the run counts as 0 units, so that the mean includes them. Dotted lines that "
    "end in a ring: runs that stopped for another reason; means exclude them. Runs that failed because of unreadable "
    "answers are not drawn. Grey dashes: optimal harvests, if all runs of a panel share them; their mean if "
    "growth is random.",
    note="Mean and 95 % interval; × collapse, counted as 0 from then on; ○ stopped, excluded.",
    x_label="month",
    height=lambda *_: 1.05,
    most=5,
)


def remark_on_ends(stocks: pd.DataFrame) -> str:
    """A sentence on the ends of means, if one ends before the longest run of its series.

    Args:
        stocks: a frame of `stock_frame`, or rows of it.
    """
    of_series = list(stocks.columns[: stocks.columns.get_loc("series")])
    counted_rows = stocks[stocks["series"].eq("mean") | stocks["status"].isin(FINISHED)]
    ends = counted_rows.groupby([*of_series, "series"], dropna=False)["month"].max().unstack()
    if ends.empty or not (ends["mean"] < ends["run"]).any():
        return ""
    return "A mean ends with the shortest planned length of its runs."


def remark_on_censored(runs: pd.DataFrame) -> str:
    """A sentence on the outcomes of runs in survival analysis."""
    stopped = runs[runs["is_censored"]]
    watched = stopped[stopped["observed_months"] > 0]
    unreadable = len(runs) - len(observed(runs))
    outcomes = {
        "collapsed": int(runs["has_collapsed"].sum()),
        "survived": int(runs["is_survivor"].fillna(False).sum()),
        "stopped earlier": len(watched),
    }
    omitted = counts_text({UNREADABLE: unreadable, "without a whole month": len(stopped) - len(watched)})
    return joined_sentences(
        f"Of {counted(len(runs), 'run')}, {counts_text(outcomes) or 'none was observed'}.",
        f"Excluded: {omitted}." if omitted else "",
    )


_CENSORED = Line2D([], [], color="black", marker="|", linestyle="none", markersize=6, label="censored")
"""The entry of censored runs in the legend."""

SURVIVAL = PanelPlan(
    name="survival",
    title="Survival curves",
    description="Kaplan-Meier curves of the share of societies that survive each month.",
    caption="Kaplan-Meier estimates (1958) of the share of societies that survive each month, with pointwise 95 % "
    "intervals (Greenwood's variance, 1926, on the log(-log) scale). The event is the collapse. A tick marks months "
    "in which runs were censored: they survived to the end of the experiment, or stopped for another reason. "
    "The numbers below are runs at risk when a month began.",
    note="Kaplan-Meier estimate and pointwise 95 % interval. Below: runs at risk.",
    x_label="month",
    height=lambda *_: 0.95,
    most=4,
    remark_on=remark_on_censored,
)


def stock_frame(results: Results, by: str = "condition") -> pd.DataFrame:
    """The stock at the start of every month, for each run and as means over the runs of a series.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        The columns of the panel and `by`; `series` (`run` or `mean`); `path` and `status` of a run; `month`;
        `stock`, in units, 0 after a collapse; `low` and `high` of a mean's 95 % interval, both the
        mean in month 1 if the initial stock is the same in all runs; `n`, its
        number of runs, the same in all months, as a mean ends with the shortest planned length;
        `is_collapse`, whether the run collapsed in this month.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """
    found = {str(path): units.tolist() for path, units in results.months.groupby("path", sort=False)["stock_before"]}
    columns = ("series", "path", "status", "month", "stock", "low", "high", "n", "is_collapse")
    capacities = {run.name: _capacity(run.experiment) for run in results.measures}
    return series_frame(
        results.runs, by, lambda runs: _stocks(runs, found, capacities), columns, ("stock", "low", "high")
    )


def survival_frame(results: Results, by: str = "condition", *, from_month: int = 1) -> pd.DataFrame:
    """Kaplan-Meier curves of each series, month by month from 0.

    Args:
        results: the runs and studies.
        by: the column of the series.
        from_month: the first month that counts; month 1 of the curve is then this one.

    Returns:
        The columns of the panel and `by`; `month`; `at_risk`, runs observed and alive at its start; `collapsed`
        and `censored`, the runs with that event in it; `survival`, 0..1, with `low` and `high` of its
        pointwise 95 % interval. All three are missing after the last observed month.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`, or `from_month` is below 1.
    """
    numbers = ("survival", "low", "high")
    columns = ("month", "at_risk", "collapsed", "censored", *numbers)
    return series_frame(results.runs, by, lambda runs: _curve(runs, from_month), columns, numbers)


def stock(results: Results, by: str = "condition") -> list[Drawn]:
    """The stock over the months, with a panel for each scenario and society, and a line for each series.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        Figures of at most five panels each.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        for level, look in styles.items():
            _stock_lines(ax, rows[rows[by] == level], look)
        if optimal := optimal_of(panel):
            ax.plot(range(1, len(optimal) + 1), optimal, **_OPTIMAL)
        ax.set_ylabel("stock, units")
        month_axis(ax, int(panel.runs["months_planned"].max()), 1)

    def optimal_of(panel: Panel) -> tuple[float, ...]:
        return _optimal_stocks(experiments, panel)

    def highest(rows: pd.DataFrame, panel: Panel) -> float:
        return max(1.0, float(rows[["stock", "high"]].max().max()), *optimal_of(panel))

    experiments = {run.name: run.experiment for run in results.measures}
    frame = stock_frame(results, by)
    has_optimal = any(map(optimal_of, panels_of(results.runs, by)))
    extra = (Line2D([], [], label="optimal harvests", **_OPTIMAL),) if has_optimal else ()
    plan = replace(STOCK.also(remark_on_ends(frame)), highest=highest, extra=extra)
    return draw_panels(plan, frame, results, by, draw)


def survival(results: Results, by: str = "condition", *, from_month: int = 1) -> list[Drawn]:
    """Survival curves with the numbers at risk, with a panel for each scenario and society.

    Args:
        results: the runs and studies.
        by: the column of the series.
        from_month: the first month that counts.

    Returns:
        Figures of at most four panels each.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`, or `from_month` is below 1.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        ax.set_title(panel.title)  # the numbers below begin with n
        of_levels = {level: rows[rows[by] == level] for level in styles}
        for number, (level, look) in enumerate(styles.items()):
            _survival_line(ax, of_levels[level], look, 2.2 - 1.2 * number / max(1, len(styles) - 1))
        ax.set_ylim(-0.05, 1.08)
        ax.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        ax.set_ylabel("surviving, %")
        month_axis(ax, int(rows["month"].max()), 0)
        shown = [(styles[level], of_level) for level, of_level in of_levels.items() if len(of_level)]
        for number, (look, of_level) in enumerate(shown):
            _numbers_at_risk(ax, of_level.set_index("month")["at_risk"], look, -_TICKS - _ROW * number)
        ax.xaxis.labelpad = _ROW * len(shown) + 3

    frame, plan = survival_frame(results, by, from_month=from_month), SURVIVAL
    if (frame["censored"] > 0).any():
        plan = replace(plan, extra=(_CENSORED,))
    if from_month > 1:
        plan = plan.also(f"Months are counted from month {from_month} on, over the runs that reached it.")
        plan = replace(plan, x_label=f"months from month {from_month} on")
    return draw_panels(plan, frame, results, by, draw)


def _capacity(experiment: Experiment) -> float:
    """The maximum stock, in total over several sites."""
    return float(sum(experiment.at(site).world.capacity for site in experiment.site_names))


def _stocks(runs: pd.DataFrame, found: Mapping[str, list[int]], capacities: Mapping[str, float]) -> Iterator[FrameRow]:
    finished: list[list[float]] = []
    for run in rows_of(observed(runs)):
        seen = [float(units) for units in found.get(run.path, [])]
        lived = len(seen)
        if run.has_collapsed:
            seen += [0.0] * (run.months_planned - lived)
        for month, units in enumerate(seen, start=1):
            yield ("run", run.path, run.status, month, units, None, None, None, run.has_collapsed and month == lived)
        if run.is_counted:
            finished.append(seen)
    distinct = runs.loc[runs["is_counted"], "trajectory"].nunique()
    capacity = max((capacities[path] for path in runs["path"]), default=None)
    initial = {seen[0] for seen in finished}
    for month, value, low, high, n in monthly_means(finished, 0.0, capacity, distinct=distinct):
        # The initial stock is a setting, so other runs cannot have another one.
        is_fixed = month == 1 and len(initial) == 1 and low is not None
        yield ("mean", None, None, month, value, *((value, value) if is_fixed else (low, high)), n, None)


def _optimal_stocks(experiments: Mapping[str, Experiment], panel: Panel) -> tuple[float, ...]:
    """The stocks of optimal harvests; empty if the runs of a panel do not share them."""
    found = {optimal_stocks(experiments[path]) for path in panel.runs["path"]}
    return found.pop() if len(found) == 1 else ()


def _curve(runs: pd.DataFrame, from_month: int) -> Iterator[FrameRow]:
    """The steps of a curve with the months between them."""
    lifetimes = lifetimes_of(runs, from_month=from_month)
    steps = {step.month: step for step in survival_curve(lifetimes).steps}
    if not steps:
        return
    watched, now = max(steps), steps[0]
    for month in range(max(int(runs["months_planned"].max()) - from_month + 1, watched) + 1):
        now = steps.get(month, now)
        at_risk = sum(months >= month for months in lifetimes.months)
        happened = (now.collapsed, now.censored) if now.month == month else (0, 0)
        is_known = month <= watched or now.survival == 0
        yield (month, at_risk, *happened, *((now.survival, now.low, now.high) if is_known else (None, None, None)))


def _stock_lines(ax: Axes, rows: pd.DataFrame, look: Look) -> None:
    _stocks_of_runs(ax, rows[rows["series"] == "run"], look)
    mean_line(ax, rows[rows["series"] == "mean"], "stock", look)


def _stocks_of_runs(ax: Axes, runs: pd.DataFrame, look: Look) -> None:
    """Single runs, those of a kind as one line with gaps: many lines take long to draw and make large files."""
    is_counted = runs["status"].isin(FINISHED)
    for these, line in ((runs[is_counted], "-"), (runs[~is_counted], ":")):
        months, stocks = _with_gaps(these)
        ax.plot(months, stocks, color=look.colour, linewidth=0.5, alpha=0.45, linestyle=line)
    ends = runs[runs["is_collapse"].astype(bool)]
    ax.plot(ends["month"], ends["stock"], "x", color=look.colour, markersize=3.5, markeredgewidth=0.8, zorder=4)
    last = runs[~is_counted].drop_duplicates("path", keep="last")
    ax.plot(last["month"], last["stock"], "o", color=look.colour, markersize=3.5, fillstyle="none")


def _with_gaps(runs: pd.DataFrame) -> tuple[Floats, Floats]:
    """Months and stocks of runs one after the other, with NaN between two runs."""
    starts = np.flatnonzero(runs["path"].to_numpy()[1:] != runs["path"].to_numpy()[:-1]) + 1
    months, stocks = (np.insert(runs[name].to_numpy(dtype=float), starts, np.nan) for name in ("month", "stock"))
    return months, stocks


def _survival_line(ax: Axes, rows: pd.DataFrame, look: Look, width: float) -> None:
    known = rows[rows["survival"].notna()]
    ax.step(known["month"], known["survival"], where="post", color=look.colour, linestyle=look.line, linewidth=width)
    low, high = (known[name].to_numpy().repeat(2)[:-2] for name in ("low", "high"))
    months = known["month"].to_numpy().repeat(2)[1:-1]  # each value holds to the next month, as in the curve
    ax.fill_between(months, low, high, color=look.colour, alpha=0.12, linewidth=0)
    falls = rows[rows["collapsed"] > 0]
    ax.plot(falls["month"], falls["survival"], look.marker, color=look.colour, markersize=2.8)
    marks = rows[rows["censored"] > 0]
    ax.plot(marks["month"], marks["survival"], "|", color=look.colour, markersize=7, markeredgewidth=1.1)


def _numbers_at_risk(ax: Axes, at_risk: pd.Series[int], look: Look, below: float) -> None:
    """The runs at risk at each tick, so many points below the axis."""
    for tick in ax.get_xticks():
        ax.annotate(
            str(at_risk.get(max(1, int(tick)), 0)),
            xy=(tick, 0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0.0, below),
            textcoords="offset points",
            color=look.colour,
            ha="center",
            va="center",
            fontsize=SMALL,
        )
    shift = ScaledTranslation(-0.2, below / 72, ax.figure.dpi_scale_trans)
    (mark,) = ax.plot([0], [0], look.marker, color=look.colour, clip_on=False, transform=ax.transAxes + shift)
    mark.set_in_layout(False)


register(STOCK, lambda results, series: stock(results, series.by))
register(SURVIVAL, lambda results, series: survival(results, series.by, from_month=results.from_month))
