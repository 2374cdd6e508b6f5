"""Whether members do what they promised, and groups what they agreed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.dialogue.settling import settled_promises
from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import Panel, rows_of, series_of
from govsim.analysis.figures.labels import Row, ends, name_rows, remark_on_unjudged, series_frame
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import FAINT, Drawn, Look, offsets
from govsim.analysis.statistics import bootstrap_mean

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.dialogue.reading import Dialogue

PROMISE, LIMIT = "promise", "limit"

_SHIFTS = {PROMISE: -0.17, LIMIT: 0.17}
_MARKERS = {PROMISE: "o", LIMIT: "s"}
_LOOKS = {PROMISE: "#0072B2", LIMIT: "#D55E00"}
_WORDS = {PROMISE: "promises of members", LIMIT: "limits agreed on by all"}


def promises_frame(
    dialogue: Dialogue, runs: pd.DataFrame, rng: np.random.Generator, by: str = "condition"
) -> pd.DataFrame:
    """Kept promises and limits of each run and series.

    Args:
        dialogue: what was read.
        runs: the frame of runs.
        rng: where resamples of runs are drawn from.
        by: the column of the series.

    Returns:
        The columns that a panel shares and `by`; `what` (`promise` or `limit`); `of` (`run` or `all`); `path` of a run;
        `kept`, in per cent, with `low` and `high`, the ends of the 95 % bootstrap interval over runs; `runs` and
        `count`, the promises or agreements that it rests on.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """
    given, limits = settled_promises(dialogue.promises), dialogue.agreements
    done = given[given["is_counted"] & given["outcome"].isin(["kept", "broken"])]
    followed = limits[limits["is_counted"] & limits["is_kept"].notna()]
    kept = {
        PROMISE: done[["path"]].assign(kept=100.0 * (done["outcome"] == "kept")),
        LIMIT: followed[["path"]].assign(kept=100.0 * followed["is_kept"].astype(float)),
    }

    def of(runs_of_series: pd.DataFrame) -> Iterable[Row]:
        for what, all_of_it in kept.items():
            mine = all_of_it[all_of_it["path"].isin(runs_of_series["path"])]
            if not len(mine):
                continue
            for path, of_run in mine.groupby("path", sort=False)["kept"]:
                yield (what, "run", path, float(of_run.mean()), None, None, 1, len(of_run))
            mean = bootstrap_mean(mine["kept"].astype(float).tolist(), rng, runs=mine["path"].tolist())
            yield (what, "all", None, *ends(mean), len(mine))

    numbers = ("kept", "low", "high", "runs", "count")
    return series_frame(runs, by, of, ("what", "of", "path", *numbers), numbers)


def promises(dialogue: Dialogue, runs: pd.DataFrame, rng: np.random.Generator, by: str = "condition") -> list[Drawn]:
    """Shares of kept promises and limits, with a panel for each scenario and society, and a row for each series.

    Args:
        dialogue: what was read.
        runs: the frame of runs.
        rng: where resamples of runs are drawn from.
        by: the column of the series.

    Returns:
        Figures of at most five panels each.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        shown = [level for level, _ in series_of(panel, by, list(styles))]
        for place, level in enumerate(shown):
            for what, shift in _SHIFTS.items():
                _row(ax, rows[(rows[by] == level) & (rows["what"] == what)], what, place + shift)
        name_rows(ax, shown)
        ax.set_xlim(-3, 103)
        ax.grid(axis="x", color=FAINT, linewidth=0.4)

    handles = (
        Line2D([], [], color=_LOOKS[what], marker=_MARKERS[what], linestyle="none", label=words)
        for what, words in _WORDS.items()
    )
    plan = Plan(
        name="promises",
        title="Kept promises and limits",
        caption="Blue: the share of members' promises, of those that could be kept, after which the member asked for "
        "no more than it promised. Orange: the share of agreements on a limit after which nobody asked for more in the "
        "next month. Small marks: runs. Large marks and lines: all of them together, with 95 % bootstrap intervals "
        "over runs.",
        note="Small: runs. Large: all together, 95 % intervals over runs.",
        x_label="kept, %",
        height=lambda series: 0.95 + 0.34 * series,
        most=5,
        has_lines=None,
        extra=tuple(handles),
        remark_on=remark_on_unjudged(dialogue, "promises"),
    )
    return draw_panels(plan, promises_frame(dialogue, runs, rng, by), runs, by, draw)


def _row(ax: Axes, rows: pd.DataFrame, what: str, place: float) -> None:
    of_runs, of_all = (rows[rows["of"] == of] for of in ("run", "all"))
    y = [place + shift for shift in offsets(len(of_runs), 0.2)]
    marker, colour = _MARKERS[what], _LOOKS[what]
    ax.plot(of_runs["kept"], y, marker, color=colour, alpha=0.4, markersize=2, markeredgewidth=0, clip_on=False)
    for row in rows_of(of_all):
        ax.add_line(Line2D([row.low, row.high], [place, place], color=colour, linewidth=1.3, zorder=4))
        ax.plot(
            [row.kept], [place], marker, color=colour, markersize=4, markeredgecolor="black", markeredgewidth=0.5,
            zorder=5, clip_on=False,
        )  # fmt: skip


FIGURES.register(
    Figure(
        name="promises",
        title="Kept promises and limits",
        description="Shares of promises and agreed limits that were kept.",
        draw=lambda evidence, series: promises(evidence.dialogue, evidence.frames.runs, series.rng, series.by),
        is_of_dialogue=True,
        has_data=lambda evidence: bool(len(evidence.dialogue.promises)),
    )
)
