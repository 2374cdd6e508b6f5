"""Figure of the regret by month: which harvests lost how much of the optimum."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.figures.figure import register
from govsim.analysis.figures.panels import (
    FrameRow,
    Panel,
    PanelPlan,
    draw_panels,
    highest_with_bands,
    mean_line,
    monthly_means,
    series_frame,
)
from govsim.analysis.figures.sheet import GREY, Drawn, Look, month_axis
from govsim.analysis.measures import Floats
from govsim.analysis.measures.optimal import hindsight_regret_of, regret_of
from govsim.analysis.results import Results
from govsim.analysis.runs import RunMeasures
from govsim.commons import growth_law
from govsim.config import Continuation, Experiment, FixedNumber, distribution_of
from govsim.game import Regret

REGRET = PanelPlan(
    name="regret",
    title="Regret by month",
    description="What the harvests of each month lost compared with optimal harvests: means of runs with intervals.",
    caption="Catch that the harvest of each month lost, compared with the optimum from the same stock on. The sum over "
    "all months is the optimum minus the total catch, if growth is certain. Lines: means over runs with pointwise 95 % "
    "t intervals. After a collapse, the regret of a run is 0: the whole loss is that of the month of the collapse.",
    note="Mean and 95 % interval; 0 after a collapse.",
    x_label="month",
    height=lambda *_: 1.05,
    most=5,
    highest=highest_with_bands("regret", "hindsight"),
)


_HINDSIGHT: dict[str, Any] = {"linewidth": 0.6, "zorder": 2}
"""The lines of regret in hindsight."""

_IN_HINDSIGHT = (
    "Thin: the same compared with a society that knows all growth, shocks, the collapse level and the last month "
    "of each run in advance."
)


def regret_frame(results: Results, by: str = "condition") -> pd.DataFrame:
    """The mean regret of every month, by series.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        The columns of the panel and `by`; `month`; `regret` in units, with `low` and `high` of its 95 % t interval;
        `hindsight`, the same compared with a society that knows all that the seed of each run draws, missing if that
        is unavailable for a run; `n`, the number of runs. Runs whose optimum is unavailable are excluded.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """
    months = {str(path): table for path, table in results.months.groupby("path", sort=False)}
    sites = {(str(path), str(site)): table for (path, site), table in results.sites.groupby(["path", "site"])}
    compared = [run for run in results.measures if run.name in months and run.is_counted]
    found = {run.name: _regrets(run, months, sites, regret_of) for run in compared}
    informed = {
        run.name: _regrets(run, months, sites, hindsight_regret_of)
        if _is_uncertain(run.experiment)
        else found[run.name]
        for run in compared
    }

    def means(runs: pd.DataFrame) -> Iterator[FrameRow]:
        known = [path for path in runs["path"] if found.get(path)]
        distinct = runs[runs["path"].isin(known)]["trajectory"].nunique()
        in_hindsight = _means([informed[path] for path in known])
        for row in monthly_means([found[path] for path in known], 0.0, None, distinct=distinct):
            yield (*row[:-1], in_hindsight.get(row[0]), row[-1])

    columns = ("month", "regret", "low", "high", "hindsight", "n")
    return series_frame(results.runs, by, means, columns, ("regret", "low", "high", "hindsight"))


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
            mine = rows[rows[by] == level]
            mean_line(ax, mine, "regret", look)
            if are_different:
                ax.plot(mine["month"], mine["hindsight"], color=look.colour, **_HINDSIGHT)
        ax.set_ylabel("regret, units")
        month_axis(ax, int(panel.runs["months_planned"].max()), 1)

    frame = regret_frame(results, by)
    are_different = bool((frame["hindsight"].notna() & ~np.isclose(frame["hindsight"], frame["regret"])).any())
    plan = replace(REGRET.also(_IN_HINDSIGHT), extra=(_in_legend(),)) if are_different else REGRET
    return draw_panels(plan, frame, results, by, draw)


def _in_legend() -> Line2D:
    return Line2D([], [], color=GREY, label="in hindsight", **_HINDSIGHT)


def _means(runs: Sequence[Sequence[float]]) -> dict[int, float]:
    """The mean of each month; empty if a run has no values."""
    return {} if not all(runs) else dict(enumerate(map(fmean, zip(*runs, strict=False)), start=1))


def _is_uncertain(experiment: Experiment) -> bool:
    """Whether the seed of a run draws anything that a society could know in advance."""
    worlds = [experiment.at(site).world for site in experiment.site_names]
    return any(
        not growth_law(world).is_certain
        or world.shocks
        or isinstance(world.horizon, Continuation)
        or not isinstance(distribution_of(world.collapse), FixedNumber)
        for world in worlds
    )


RegretOfRun = Callable[[Experiment, Floats, Floats], Regret | None]


def _regrets(
    run: RunMeasures,
    months: Mapping[str, pd.DataFrame],
    sites: Mapping[tuple[str, str], pd.DataFrame],
    regret_of_run: RegretOfRun,
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
        if (regrets := regret_of_run(one, stocks, left)) is None:
            return []
        total = [sum(both) for both in zip_longest(total, map(float, regrets.by_harvest), fillvalue=0.0)]
    return [*total, *[0.0] * (run.months_planned - len(total))]


register(REGRET, lambda results, series: regret(results, series.by))
