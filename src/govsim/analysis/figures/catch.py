"""What each member took in each month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import Panel, panels_of
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import FAINT, GREY, Drawn, Look, handle, looks, month_axis
from govsim.analysis.intervals import mean_interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist

    from govsim.analysis.frames import Frames

TOLD_APART = 8
"""The most members that are told apart; of more than these each is a line in grey."""

Row = tuple[object, ...]


def catch_frame(frames: Frames) -> pd.DataFrame:
    """What each member received in each month, on average over the counted runs that came to it.

    Args:
        frames: what was read.

    Returns:
        `scenario`, `condition`, `society`, `member`, `month`; `received` in units, with `low` and `high` of its 95 % t
        interval over runs, and `n`, these runs; `member_threshold`, the most that each could take sustainably in these
        runs, on average.
    """
    import pandas as pd

    counted = frames.decisions[frames.decisions["is_counted"]]
    rows = list[Row]()
    for panel in panels_of(frames.runs, None):
        mine = counted[counted["path"].isin(panel.runs["path"])]
        place = tuple(value for _, value in panel.within)
        rows += ((*place, *row) for row in _rows(mine))
    columns = [
        "scenario",
        "condition",
        "society",
        "member",
        "month",
        "received",
        "low",
        "high",
        "n",
        "member_threshold",
    ]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("received", "low", "high"), "float64"))


def catch(frames: Frames) -> list[Drawn]:
    """The catch of each member over the months with the threshold, with a panel for each cell of the table.

    Args:
        frames: what was read.

    Returns:
        Figures of at most six panels each.
    """
    frame = catch_frame(frames)
    members = list(dict.fromkeys(frame["member"]))
    styles = looks(members)

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, _: Mapping[str, Look]) -> None:
        _lines(ax, rows, styles if len(members) <= TOLD_APART else None)
        threshold = rows.drop_duplicates("month")
        at = threshold["month"]
        ax.hlines(threshold["member_threshold"], at - 0.5, at + 0.5, color="black", linewidth=1.1)
        ax.set_ylim(0, 1.08 * max(float(rows[["received", "member_threshold"]].max().max()), 1))
        ax.set_ylabel("units")
        month_axis(ax, int(panel.runs["months_planned"].max()), 1)

    return draw_panels(_plan(members, styles), frame, frames.runs, None, draw)


def _plan(members: Sequence[str], styles: Mapping[str, Look]) -> Plan:
    if len(members) <= TOLD_APART:
        entries: list[Artist] = [handle(member, styles[member]) for member in members]
    else:
        entries = [Line2D([], [], color=GREY, linewidth=0.6, label=f"one of {len(members)} members")]
        entries.append(Line2D([], [], color="#0072B2", label="their mean"))
    limit = Line2D([], [], color="black", linewidth=1.1, label="threshold")
    return Plan(
        name="catch",
        title="Catch of each member",
        caption="Units that each member received in a month, as means over the runs that came to that month: those "
        "that had collapsed before are not in it, so that later months rest on fewer runs. The black strokes are the "
        "most that each member could take sustainably, as a mean over the same runs. Forfeited decisions took nothing "
        "and count.",
        note="Mean over the runs that came to a month (n: at the start). Black: the threshold of each member.",
        x_label="month",
        height=lambda _: 1.3,
        most=6,
        has_lines=None,
        extra=(*entries, limit),
    )


def _rows(decisions: pd.DataFrame) -> Iterator[Row]:
    thresholds = decisions.drop_duplicates(["path", "month"]).groupby("month")["member_threshold"].mean().to_dict()
    for (member, month), units in decisions.groupby(["member", "month"], sort=False)["received"]:
        mean = mean_interval(map(float, units))
        yield (member, month, mean.value, mean.low, mean.high, mean.n, thresholds[month])


def _lines(ax: Axes, rows: pd.DataFrame, styles: Mapping[str, Look] | None) -> None:
    for member, mine in rows.groupby("member", sort=False):
        if styles is None:
            is_point = len(mine) == 1  # of which no line can be drawn
            ax.plot(
                mine["month"],
                mine["received"],
                color=GREY if is_point else FAINT,
                linewidth=0.6,
                marker="o" if is_point else None,
                markersize=2.6,
            )
            continue
        look = styles[str(member)]
        ax.plot(
            mine["month"], mine["received"], color=look.colour, linestyle=look.line, marker=look.marker, markersize=2.6
        )
    if styles is None:
        mean = rows.groupby("month")["received"].mean()
        ax.plot(mean.index, mean, color="#0072B2", marker="o" if len(mean) == 1 else None)


FIGURES.register(
    Figure(
        name="catch",
        title="Catch of each member",
        description="What each member received in each month, against the sustainable share.",
        draw=lambda evidence, series: catch(evidence.frames),
        has_series=False,
    )
)
