"""A figure of participation: one point per run, one row per series."""

from __future__ import annotations

from govsim.analysis import Results
from govsim.analysis.figures import Drawn, Figure, Series, empty_figure, sheet, style

NAME = "participation"
TITLE = "Participation at polls"
CAPTION = "Proposals as a share of the members present at polls. Each point is a run that completed or collapsed."


def has_polls(results: Results) -> bool:
    """Whether any run held a poll."""
    return bool(results.runs["participation"].notna().any())


def draw(results: Results, series: Series) -> list[Drawn]:
    """Draw one row of points per level of the series."""
    frame = results.runs[[series.by, "path", "participation"]].dropna().reset_index(drop=True)
    if frame.empty:
        return [empty_figure(NAME, TITLE, frame, "no run held a poll.")]
    levels = sorted(frame[series.by].astype(str).unique())
    with style():
        figure, (ax,) = sheet([0.25 * len(levels)], note=CAPTION)
        for place, level in enumerate(levels):
            shares = 100 * frame.loc[frame[series.by].astype(str) == level, "participation"]
            ax.plot(shares, [place] * len(shares), "o", alpha=0.6, clip_on=False)
        ax.set_yticks(range(len(levels)), levels)
        ax.set_ylim(len(levels) - 0.5, -0.5)
        ax.set_xlim(0, 100)
        ax.set_xlabel("participation, %")
    return [Drawn(name=NAME, title=TITLE, caption=CAPTION, figure=figure, frame=frame)]


FIGURE = Figure(
    name=NAME,
    title=TITLE,
    description="Share of members that made a proposal, for each run.",
    draw=draw,
    has_data=has_polls,
)
