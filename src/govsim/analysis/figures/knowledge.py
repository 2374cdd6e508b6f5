"""What decisions were based on, and whether knowing the threshold goes with keeping to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.dialogue.settling import settled_knowledge
from govsim.analysis.dialogue.shares import known_parts
from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import Panel, rows_of
from govsim.analysis.figures.labels import Row, ends, name_rows, remark_on_unjudged, series_frame
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import FAINT, Drawn, Look
from govsim.analysis.statistics import bootstrap_mean

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.dialogue.reading import Dialogue

_SHOWN = {
    "names_threshold": "names the threshold",
    "names_others": "names the others",
    "names_future": "names the future",
    "over_usage_named": "above it, named",
    "over_usage_not_named": "above it, not named",
}
"""What rows are called, from top to bottom; the first three are claims about reasoning, the others over-usage."""


def knowledge_frame(
    dialogue: Dialogue, runs: pd.DataFrame, rng: np.random.Generator, by: str = "condition"
) -> pd.DataFrame:
    """What decisions were based on, and over-usage by whether the threshold was named, of each series.

    Args:
        dialogue: what was read.
        runs: the frame of runs.
        rng: where resamples of runs are drawn from.
        by: the column of the series.

    Returns:
        The columns that a panel shares and `by`; `of`, as in `knowledge_shares`; `share` in per cent with `low` and
        `high`, the ends of its 95 % bootstrap interval over runs; `runs` and `decisions` that it rests on.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """
    settled = settled_knowledge(dialogue.knowledge)
    ended = settled[settled["is_counted"]]

    def of(runs_of_series: pd.DataFrame) -> Iterable[Row]:
        mine = ended[ended["path"].isin(runs_of_series["path"])]
        for part in known_parts(mine):
            if part.of in _SHOWN and len(part.claims):
                share = bootstrap_mean((100.0 * part.claims).tolist(), rng, runs=part.paths.tolist())
                yield (part.of, *ends(share), len(part.claims))

    numbers = ("share", "low", "high", "runs", "decisions")
    return series_frame(runs, by, of, ("of", *numbers), numbers)


def knowledge(dialogue: Dialogue, runs: pd.DataFrame, rng: np.random.Generator, by: str = "condition") -> list[Drawn]:
    """What decisions were based on, with a panel for each scenario and society, and a mark for each series.

    Args:
        dialogue: what was read.
        runs: the frame of runs.
        rng: where resamples of runs are drawn from.
        by: the column of the series.

    Returns:
        Figures of at most three panels each.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        step = 0.8 / max(1, len(styles))
        for number, (level, look) in enumerate(styles.items()):
            shift = (number - (len(styles) - 1) / 2) * step
            for place, of in enumerate(_SHOWN):
                _mark(ax, rows[(rows[by] == level) & (rows["of"] == of)], look, place + shift)
        for place in range(1, len(_SHOWN)):
            ax.axhline(place - 0.5, color="black" if place == 3 else FAINT, linewidth=0.5)
        name_rows(ax, list(_SHOWN.values()))
        ax.set_xlim(-3, 103)
        ax.grid(axis="x", color=FAINT, linewidth=0.4)

    plan = Plan(
        name="knowledge",
        title="What decisions were based on",
        caption="Above the black line: the share of harvest decisions whose reasoning names the sustainable threshold, "
        "and takes the others and the future into account, as judges read it. Below it: the share of valid decisions "
        "above the threshold, of those whose reasoning names it and of those whose does not. Lines: 95 % bootstrap "
        "intervals over runs.",
        note="Above the line: what is named; below: decisions above the threshold. 95 % intervals over runs.",
        x_label="share of decisions, %",
        height=lambda series: 0.55 + 5 * (0.1 + 0.08 * series),
        most=3,
        has_lines=False,
        remark_on=remark_on_unjudged(dialogue, "knowledge"),
    )
    return draw_panels(plan, knowledge_frame(dialogue, runs, rng, by), runs, by, draw)


def _mark(ax: Axes, rows: pd.DataFrame, look: Look, place: float) -> None:
    for row in rows_of(rows):
        ax.add_line(Line2D([row.low, row.high], [place, place], color=look.colour, linewidth=1.1))
        ax.plot([row.share], [place], look.marker, color=look.colour, clip_on=False, zorder=4)


FIGURES.register(
    Figure(
        name="knowledge",
        title="What decisions were based on",
        description="Shares of decisions whose reasoning names the threshold, the others or the future.",
        draw=lambda evidence, series: knowledge(evidence.dialogue, evidence.frames.runs, series.rng, series.by),
        is_of_dialogue=True,
        has_data=lambda evidence: bool(len(evidence.dialogue.knowledge)),
    )
)
