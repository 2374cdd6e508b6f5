"""What members use their words for: shares of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from govsim.analysis.dialogue.settling import majority_labels
from govsim.analysis.dialogue.shares import is_papers_world
from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import (
    Panel,
    joined,
    levels_of,
    panels_of,
    remark_on_left_out,
    rows_of,
    series_of,
)
from govsim.analysis.figures.names import labels_of
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import Drawn, Look
from govsim.analysis.intervals import Estimate
from govsim.analysis.paper.models import paper_label
from govsim.analysis.published import published_dialogue
from govsim.analysis.statistics import bootstrap_mean
from govsim.journal import GROUPS, LABELS

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.dialogue.reading import Dialogue

Row = tuple[object, ...]
RowsOf = Callable[["pd.DataFrame"], Iterable[Row]]

COLOURS = dict(
    zip(
        LABELS,
        ("#0072B2", "#56B4E9", "#B5DCF2", "#B34700", "#E69F00", "#F7D08A", "#009E73", "#8FD6C0"),
        strict=True,
    )
)
"""Of each label: blue for information, orange for negotiation, green for relational."""

_SHORT = {"expressing disagreement": "disagreement"}
"""Labels in the legend, where two columns have to fit."""


def labels_frame(
    dialogue: Dialogue, runs: pd.DataFrame, rng: np.random.Generator, by: str = "condition"
) -> pd.DataFrame:
    """Shares of groups and labels of each series, and the paper's shares of groups.

    Args:
        dialogue: what was read.
        runs: the frame of runs.
        rng: where resamples of runs are drawn from.
        by: the column of the series.

    Returns:
        The columns that a panel shares and `by`; `kind` (`group`, `label` or `published`); `name`; `share` in per cent
        with `low` and `high`, the ends of its 95 % bootstrap interval; `utterances` and `runs` that it rests on.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """
    settled = majority_labels(dialogue.utterances)
    known = settled[settled["is_counted"] & (settled["settled"] == "settled")]

    def of(runs_of_series: pd.DataFrame) -> Iterable[Row]:
        said = known[known["path"].isin(runs_of_series["path"])]
        if not len(said):
            return
        for kind, names in (("group", tuple(GROUPS)), ("label", LABELS)):
            for name in names:
                share = bootstrap_mean((100.0 * (said[kind] == name)).tolist(), rng, runs=said["path"].tolist())
                yield (kind, name, share.value, share.low, share.high, len(said), share.n)
        for name, printed in _published(dialogue, runs_of_series).items():
            yield ("published", name, 100 * printed, None, None, None, None)

    numbers = ("share", "low", "high", "utterances", "runs")
    return series_frame(runs, by, of, ("kind", "name", *numbers), numbers)


def labels(dialogue: Dialogue, runs: pd.DataFrame, rng: np.random.Generator, by: str = "condition") -> list[Drawn]:
    """Shares of labels as stacked bars, with a panel for each scenario and society, and a bar for each series.

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
            _bar(ax, rows[rows[by] == level], place)
        name_rows(ax, shown)
        ax.set_xlim(0, 100)

    frame = labels_frame(dialogue, runs, rng, by)
    has_printed = bool((frame["kind"] == "published").any())
    plan = Plan(
        name="labels",
        title="What utterances do",
        caption="Shares of the labels that most raters gave the members' utterances: information (blue), negotiation "
        "(orange), relational (green). Black lines: 95 % bootstrap intervals over runs of where information ends and "
        "where relational begins."
        + (" Diamonds: the same two places in the paper, for its models in the default condition." * has_printed),
        note="Blue: information; orange: negotiation; green: relational. Black: 95 % intervals of where groups meet.",
        x_label="share of utterances, %",
        height=lambda series: 0.65 + 0.3 * series,
        most=5,
        has_lines=None,
        extra=(
            *(Patch(facecolor=colour, label=_SHORT.get(label, label)) for label, colour in COLOURS.items()),
            *(
                [
                    Line2D(
                        [], [], color="black", marker="D", markerfacecolor="white", linestyle="none", label="the paper"
                    )
                ]
                if has_printed
                else []
            ),
        ),
        remark_on=remark_on_unjudged(dialogue, "labels"),
    )
    return draw_panels(plan, frame, runs, by, draw)


def series_frame(
    runs: pd.DataFrame, by: str, rows_of_series: RowsOf, columns: Sequence[str], numbers: Sequence[str]
) -> pd.DataFrame:
    """The rows of all series of all panels, after the columns that name panel and series.

    Args:
        runs: the frame of runs.
        by: the column of the series.
        rows_of_series: from the runs of one series to its rows.
        columns: of these rows.
        numbers: those of the columns that hold numbers.
    """
    import pandas as pd

    panels, rows = panels_of(runs, by), list[Row]()
    for panel in panels:
        for level, of_series in series_of(panel, by, levels_of(runs, by)):
            place = (*(value for _, value in panel.within), level)
            rows += ((*place, *row) for row in rows_of_series(of_series))
    names = [name for name, _ in panels[0].within] if panels else []
    return pd.DataFrame(rows, columns=[*names, by, *columns]).astype(dict.fromkeys(numbers, "float64"))


def name_rows(ax: Axes, names: Sequence[str]) -> None:
    """Name the rows of a panel from top to bottom."""
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks(range(len(names)), [labels_of(names, 22)[name] for name in names])
    ax.tick_params(axis="y", length=0)


def remark_on_unjudged(dialogue: Dialogue, study: str) -> Callable[[pd.DataFrame], str]:
    """What makes the sentence on runs that are not counted, or that no judge has read.

    Args:
        dialogue: what was read.
        study: `labels`, `promises` or `knowledge`.
    """
    judged = set(dialogue.runs.loc[dialogue.runs[study] > 0, "path"])

    def remark(runs: pd.DataFrame) -> str:
        unjudged = int((runs["is_counted"] & ~runs["path"].isin(judged)).sum())
        stale = len(dialogue.stale)
        return joined(
            remark_on_left_out(runs),
            f"No judge has read {unjudged} more." if unjudged else "",
            f"Judged before the run changed, or without it: {stale}." if stale else "",
        )

    return remark


def ends(estimate: Estimate) -> tuple[float | None, float | None, float | None, int]:
    """Value, interval and runs of an estimate, as columns."""
    return (estimate.value, estimate.low, estimate.high, estimate.n)


def _bar(ax: Axes, rows: pd.DataFrame, place: int) -> None:
    left = 0.0
    of_label = rows[rows["kind"] == "label"].set_index("name")["share"]
    for label in LABELS:
        width = float(of_label.get(label, 0.0))
        ax.barh(place, width, left=left, height=0.62, color=COLOURS[label], edgecolor="white", linewidth=0.4)
        left += width
    for row in rows_of(rows[rows["kind"] == "group"]):
        ends_at = {"information": (row.low, row.high), "relational": (100 - row.high, 100 - row.low)}
        if row.name in ends_at and row.low == row.low:
            ax.add_line(Line2D(ends_at[row.name], [place, place], color="black", linewidth=1.3, zorder=4))
    printed = rows[rows["kind"] == "published"].set_index("name")["share"]
    if len(printed):
        places = [printed["information"], 100 - printed["relational"]]
        ax.plot(
            places,
            [place - 0.31] * 2,
            "D",
            color="black",
            markerfacecolor="white",
            markersize=4,
            zorder=5,
            clip_on=False,
        )


def _published(dialogue: Dialogue, runs: pd.DataFrame) -> dict[str, float]:
    """The paper's shares for a series of one of its models in its world, in one scenario and the default condition."""
    names = runs[["scenario", "condition", "model"]].drop_duplicates()
    if len(names) != 1 or names["condition"].iloc[0] != "default":
        return {}
    if not all(is_papers_world(dialogue.settings[cell]) for cell in runs["cell"].unique() if cell in dialogue.settings):
        return {}
    label = paper_label(str(names["model"].iloc[0]))
    printed = published_dialogue()
    is_it = (printed["model"] == label) & (printed["scenario"] == names["scenario"].iloc[0])
    return {} if label is None else dict(zip(printed.loc[is_it, "category"], printed.loc[is_it, "share"], strict=True))


FIGURES.register(
    Figure(
        name="labels",
        title="What utterances do",
        description="Shares of groups and labels of utterances, as judges read them.",
        draw=lambda evidence, series: labels(evidence.dialogue, evidence.frames.runs, series.rng, series.by),
        is_of_dialogue=True,
        has_data=lambda evidence: bool(len(evidence.dialogue.utterances)),
    )
)
