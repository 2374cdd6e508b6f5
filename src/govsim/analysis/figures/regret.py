"""Figure of the regret by month: which harvests lost how much of the optimum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest

import pandas as pd
from matplotlib.axes import Axes

from govsim.analysis.figures.figure import register
from govsim.analysis.figures.panels import (
    FrameRow,
    Panel,
    PanelPlan,
    draw_panels,
    mean_line,
    monthly_means,
    series_frame,
)
from govsim.analysis.figures.sheet import Drawn, Look, month_axis
from govsim.analysis.measures.optimal import regret_of
from govsim.analysis.results import Results
from govsim.analysis.runs import RunMeasures

REGRET = PanelPlan(
    name="regret",
    title="Regret by month",
    description="What the harvests of each month lost compared with optimal harvests: means of runs with intervals.",
    caption="Catch that the harvest of each month lost, compared with the optimum from the same stock on. The sum over "
    "all months is the optimum minus the total catch, if growth is certain. Lines: means over runs with pointwise 95 % "
    "t intervals. After a collapse, the regret of a run is 0, as the month of the collapse bears the whole loss.",
    note="Mean and 95 % interval; 0 after a collapse.",
    x_label="month",
    height=lambda *_: 1.05,
    most=5,
)


def regret_frame(results: Results, by: str = "condition") -> pd.DataFrame:
    """The mean regret of every month, by series.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        The columns of the panel and `by`; `month`; `regret` in units, with `low` and `high` of its 95 % t interval;
        `n`, its number of runs. Runs whose optimum is unavailable are left out.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """
    months = {str(path): table for path, table in results.months.groupby("path", sort=False)}
    sites = {(str(path), str(site)): table for (path, site), table in results.sites.groupby(["path", "site"])}
    found = {
        run.name: _regrets(run, months, sites) for run in results.measures if run.name in months and run.is_counted
    }

    def means(runs: pd.DataFrame) -> Iterator[FrameRow]:
        known = runs[runs["path"].isin(found)]
        return monthly_means([found[path] for path in known["path"]], 0.0, None, distinct=known["trajectory"].nunique())

    columns = ("month", "regret", "low", "high", "n")
    return series_frame(results.runs, by, means, columns, ("regret", "low", "high"))


def regret(results: Results, by: str = "condition") -> list[Drawn]:
    """The regret by month, with a panel for each scenario and society, and a line for each series.

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
            mean_line(ax, rows[rows[by] == level], "regret", look)
        ax.set_ylim(0, 1.06 * max(1.0, float(rows["regret"].max())))
        ax.set_ylabel("units lost")
        month_axis(ax, int(panel.runs["months_planned"].max()), 1)

    return draw_panels(REGRET, regret_frame(results, by), results, by, draw)


def _regrets(
    run: RunMeasures, months: Mapping[str, pd.DataFrame], sites: Mapping[tuple[str, str], pd.DataFrame]
) -> list[float]:
    """The regret of each planned month of a run, in total over its sites; empty if it is unavailable."""
    experiment = run.experiment
    parts = [(experiment.at(site), sites[run.name, site]) for site in experiment.sites] or [
        (experiment, months[run.name])
    ]
    total: list[float] = []
    for one, table in parts:
        stocks = table["stock_before"].to_numpy(dtype=float)
        left = (table["stock_after_harvest"] + table["returned"]).to_numpy(dtype=float)
        if (regrets := regret_of(one, stocks, left)) is None:
            return []
        total = [sum(both) for both in zip_longest(total, map(float, regrets.by_harvest), fillvalue=0.0)]
    return [*total, *[0.0] * (run.months_planned - len(total))]


register(REGRET, lambda results, series: regret(results, series.by))
