"""Figure of the catch by months to go: whether members take more when the end is near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.cells import without_copies
from govsim.analysis.figures.figure import register
from govsim.analysis.figures.panels import (
    FrameRow,
    Panel,
    PanelPlan,
    draw_panels,
    highest_with_bands,
    mean_line,
    series_frame,
)
from govsim.analysis.figures.sheet import GREY, Drawn, Look, joined_sentences, month_axis
from govsim.analysis.intervals import mean_interval
from govsim.analysis.measures.optimal import equilibrium_catches, optimal_catches
from govsim.analysis.results import Results
from govsim.analysis.runs import RunMeasures
from govsim.characters import counted as number_of
from govsim.config import Continuation, Experiment

ENDGAME = PanelPlan(
    name="endgame",
    title="Catch by months to go",
    description="The catch of the group by the number of months that remain: means of runs with intervals.",
    caption="Units that the group kept in a month, by the number of months that remain, including that month: 1 is the "
    "last month. Lines: means over runs with pointwise 95 % t intervals (none for identical runs). After a collapse, a "
    "run counts as 0 units up to its planned end. Grey lines: optimal harvests (dashed) and the equilibrium (dashes "
    "and dots), where they are exact, certain to have this length, and the same in all runs of a panel.",
    note="Mean and 95 % interval; 0 after a collapse. 1: the last month.",
    x_label="months to go",
    height=lambda *_: 1.05,
    most=5,
    highest=highest_with_bands("catch", "optimum", "equilibrium"),
)

_REFERENCES: dict[str, dict[str, Any]] = {
    "optimum": {"label": "optimum", "linestyle": (0, (5, 2)), "color": GREY, "linewidth": 0.9, "zorder": 2},
    "equilibrium": {
        **{"label": "equilibrium", "linestyle": (0, (4, 1.5, 1, 1.5))},
        **{"color": GREY, "linewidth": 0.9, "zorder": 2},
    },
}
"""The lines of reference catches, by column of the frame."""


def endgame_frame(results: Results, by: str = "condition") -> pd.DataFrame:
    """The mean catch of the group by months to go, by series.

    Args:
        results: the runs and studies.
        by: the column of the series.

    Returns:
        The columns of the panel and `by`; `month`, the number of months to go, 1 in the last month; `catch` in units,
        with `low` and `high` of its 95 % t interval; `n`, the number of runs that were planned to last so long;
        `optimum` and `equilibrium`, the catches of optimal harvests and of the unique equilibrium, missing if they are
        not exact, the number of months is random, or the runs do not share them.

    Raises:
        AnalysisError: `by` is not one of `GROUPINGS`.
    """
    kept = results.months.assign(kept=results.months["received"] - results.months["returned"])
    found = {str(path): catches.astype(float).tolist() for path, catches in kept.groupby("path", sort=False)["kept"]}
    counted = {run.name: run for run in results.measures if run.is_counted}
    catches = {path: _by_months_to_go(run, found.get(path, [])) for path, run in counted.items()}

    def means(runs: pd.DataFrame) -> Iterator[FrameRow]:
        paths = [path for path in runs["path"] if path in counted]
        distinct = runs[runs["is_counted"]]["trajectory"].nunique()
        references = [_shared(_references_of(counted[path].experiment, name) for path in paths) for name in _REFERENCES]
        for month, values in enumerate(zip_longest(*(catches[path] for path in paths)), start=1):
            known = [value for value in values if value is not None]
            mean = without_copies(mean_interval(known, 0.0), known, distinct)
            at_month = (line[-month] if month <= len(line) else None for line in references)
            yield (month, mean.value, mean.low, mean.high, mean.n, *at_month)

    columns = ("month", "catch", "low", "high", "n", *_REFERENCES)
    return series_frame(results.runs, by, means, columns, ("catch", "low", "high", *_REFERENCES))


def endgame(results: Results, by: str = "condition") -> list[Drawn]:
    """The catch by months to go, with a panel for each scenario and society, and a line for each series.

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
            mean_line(ax, rows[rows[by] == level], "catch", look)
        for name, line in _REFERENCES.items():
            if len(shared := _shared_rows(rows, by, name)):
                ax.plot(shared["month"], shared[name], **line)
        ax.set_ylabel("group catch, units")
        month_axis(ax, int(rows["month"].max()), 1)
        ax.invert_xaxis()

    frame = endgame_frame(results, by)
    plan = replace(ENDGAME.also(_remark_on_horizons(results)), extra=tuple(_in_legend(frame, by)))
    return draw_panels(plan, frame, results, by, draw)


def _by_months_to_go(run: RunMeasures, catches: Sequence[float]) -> list[float]:
    """The catches of a run, the last planned month first; 0 after a collapse."""
    return [*[0.0] * (run.months_planned - len(catches)), *reversed(catches)]


def _references_of(experiment: Experiment, name: str) -> tuple[float, ...]:
    """Catches of each month; empty if they are not exact or the number of months is random."""
    has_limits = any(member.limit is not None for member in experiment.members.values())
    if has_limits or isinstance(experiment.world.horizon, Continuation):
        return ()
    return optimal_catches(experiment) if name == "optimum" else equilibrium_catches(experiment)


def _shared(lines: Iterator[tuple[float, ...]]) -> tuple[float, ...]:
    """The only one of some lines; empty if they differ."""
    found = set(lines)
    return found.pop() if len(found) == 1 else ()


def _shared_rows(rows: pd.DataFrame, by: str, name: str) -> pd.DataFrame:
    """The rows of one series, if all series of a panel have the same reference; otherwise none."""
    lines = [tuple(of_series[name]) for _, of_series in rows.groupby(by, sort=False)]
    are_shared = len(set(lines)) == 1 and not any(pd.isna(value) for value in lines[0])
    return rows.drop_duplicates("month") if are_shared else rows.iloc[:0]


def _in_legend(frame: pd.DataFrame, by: str) -> Iterator[Line2D]:
    """The legend of the references that any panel has."""
    panels = frame.groupby(list(frame.columns[: frame.columns.get_loc(by)]), sort=False, dropna=False)
    for name, line in _REFERENCES.items():
        if any(len(_shared_rows(rows, by, name)) for _, rows in panels):
            yield Line2D([], [], **line)


def _remark_on_horizons(results: Results) -> str:
    """Sentences on the runs whose members did not know the number of months."""
    horizons = [run.experiment.world.horizon for run in results.measures if run.is_counted]
    unknown, drawn = horizons.count("unknown"), sum(isinstance(one, Continuation) for one in horizons)
    return joined_sentences(
        f"Members did not know the end in {unknown} of {number_of(len(horizons), 'run')}." if unknown else "",
        f"The end was drawn at random in {drawn} of {number_of(len(horizons), 'run')}, and members did not know it: "
        "months to go are counted from the month that was drawn. Means are over the runs that were to last that long."
        if drawn
        else "",
    )


def _has_stated_end(results: Results) -> bool:
    """Whether the members of any run know something about the number of months."""
    return any(run.experiment.world.horizon != "unknown" for run in results.measures)


register(ENDGAME, lambda results, series: endgame(results, series.by), draws_unasked=_has_stated_end)
