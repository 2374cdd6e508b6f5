"""Equality against efficiency."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import Panel, joined, levels_of, panels_of, remark_on_left_out, rows_of, series_of
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import CUT, Bar, Drawn, Look
from govsim.analysis.intervals import Estimate, mean_interval

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.frames import Frames

Row = tuple[object, ...]


def equality_frame(frames: Frames, by: str = "condition") -> pd.DataFrame:
    """Efficiency and equality of each run that has both, and their means.

    Args:
        frames: what was read.
        by: the column of the series.

    Returns:
        The columns that a panel shares and `by`; `of` (`run` or `mean`); `path`; `efficiency` and `equality` in per
        cent, with `_low` and `_high` of the 95 % t intervals of means, and their `n`.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """
    import pandas as pd

    panels, rows = panels_of(frames.runs, by), list[Row]()
    for panel in panels:
        for level, runs in series_of(panel, by, levels_of(frames.runs, by)):
            place = (*(value for _, value in panel.within), level)
            rows += ((*place, *row) for row in _rows(runs[runs["efficiency"].notna() & runs["equality"].notna()]))
    names = [name for name, _ in panels[0].within] if panels else []
    ends = [f"{measure}_{end}" for measure in ("efficiency", "equality") for end in ("low", "high")]
    columns = [*names, by, "of", "path", "efficiency", "equality", *ends, "n"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(ends, "float64"))


def equality(frames: Frames, by: str = "condition") -> list[Drawn]:
    """Equality against efficiency, with a panel for each scenario and society, and a point for each run.

    Args:
        frames: what was read.
        by: the column of the series.

    Returns:
        Figures of at most four panels each.

    Raises:
        AnalysisError: `by` is no column that series can be made of.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        for level, look in styles.items():
            _series(ax, rows[rows[by] == level], look, 0.0 if rows["equality"].min() < 50 else 46.0)
        ax.set_xlim(-3, 105)
        ax.set_ylim(-5.0 if rows["equality"].min() < 50 else 45.0, 105)
        ax.set_ylabel("equality, %")

    frame = equality_frame(frames, by)
    cut = CUT if _is_cut(frame) else ""
    plan = Plan(
        name="equality",
        title="Equality against efficiency",
        caption="Each run by the share of the sustainable catch that it had (efficiency) and by how equally it was "
        "shared (equality). Open marks: runs; the larger, the more runs at the same place. Filled marks: means over "
        "runs with 95 % t intervals of both." + (cut and f" {cut}"),
        note=joined("Open: runs (larger where several coincide). Filled: means, 95 % intervals.", cut),
        x_label="efficiency, %",
        height=lambda _: 1.75,
        most=4,
        has_lines=False,
        remark_on=remark_on_undefined,
    )
    return draw_panels(plan, frame, frames.runs, by, draw)


def remark_on_undefined(runs: pd.DataFrame) -> str:
    """A sentence on the runs that have no point."""
    undefined = int((runs["is_counted"] & (runs["efficiency"].isna() | runs["equality"].isna())).sum())
    return joined(remark_on_left_out(runs), f"{undefined} more without a value of both measures." if undefined else "")


def _rows(runs: pd.DataFrame) -> list[Row]:
    rows: list[Row] = [
        ("run", run.path, 100 * run.efficiency, 100 * run.equality, *[None] * 5) for run in rows_of(runs)
    ]
    efficiency, even = (
        mean_interval(100 * float(value) for value in runs[name]) for name in ("efficiency", "equality")
    )
    if efficiency.n:
        rows.append(("mean", None, efficiency.value, even.value, *_ends(efficiency), *_ends(even), efficiency.n))
    return rows


def _ends(estimate: Estimate) -> tuple[float | None, float | None]:
    return (estimate.low, estimate.high)


def _bar(low: float, high: float, least: float) -> Bar | None:
    """The interval of a share in per cent; None where there is none."""
    return None if isnan(low) else Bar(low=low, high=high, least=least, most=100.0)


def _is_cut(frame: pd.DataFrame) -> bool:
    ends = frame[[f"{measure}_{end}" for measure in ("efficiency", "equality") for end in ("low", "high")]]
    return bool(((ends < 0) | (ends > 100)).any(axis=None))


def _series(ax: Axes, rows: pd.DataFrame, look: Look, lowest: float) -> None:
    runs = rows[rows["of"] == "run"].round(6).groupby(["efficiency", "equality"]).size()
    for place in rows_of(runs.reset_index(name="count")):
        size = 3.2 * min(place.count, 9) ** 0.5
        ax.plot(
            [place.efficiency],
            [place.equality],
            look.marker,
            color=look.colour,
            markersize=size,
            fillstyle="none",
            markeredgewidth=0.8,
        )
    for mean in rows_of(rows[rows["of"] == "mean"]):
        x, y = mean.efficiency, mean.equality
        for bar, place, is_upright in (
            (_bar(mean.efficiency_low, mean.efficiency_high, 0.0), y, False),
            (_bar(mean.equality_low, mean.equality_high, lowest), x, True),
        ):
            if bar is not None:
                bar.draw(ax, place, colour=look.colour, width=0.9, is_upright=is_upright)
        ax.plot([x], [y], look.marker, color=look.colour, markersize=4.5, markeredgecolor="black", markeredgewidth=0.5)


FIGURES.register(
    Figure(
        name="equality",
        title="Equality against efficiency",
        description="Each run by how much of the sustainable catch it had and how equally it was shared.",
        draw=lambda evidence, series: equality(evidence.frames, series.by),
    )
)
