"""The optimal harvests of a commons, which need no runs."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from govsim.analysis.figures.sheet import COLOURS, GREY, Drawn, drawing, month_axis
from govsim.analysis.tables.formatting import number
from govsim.config import in_per_cent
from govsim.game import Optimum, expected_path

_CERTAINTY = 0.0005
"""Probabilities that are closer to 1 are not shown."""

_CERTAIN = (
    "Optimal harvests: the stock at the start of each month, the total catch, and the maximum catch from this month on."
)
_EXPECTED = (
    "Optimal harvests if growth is random: the mean stock at the start of each month with the range from its 10 % to "
    "its 90 % quantile, the expected total catch, and the mean of the maximum expected catch from this month on. The "
    "catch counts as 0 if a month is not reached; stocks and maxima are those of societies that reach it."
)


def draw_optimum(optimum: Optimum, *, title: str = "Optimal harvests") -> Drawn:
    """Draw the optimal path of the stock with the catches, and the maximum catch from each month on.

    If growth is random, these are means, with quantiles of the stock.

    Args:
        optimum: the optimal harvests.
        title: what they belong to.
    """
    frame, is_random = _frame(optimum), not optimum.game.has_certain_growth
    with drawing([1.05, 0.8], _handles(is_random=is_random), note=_note(optimum, frame)) as (figure, (above, below)):
        _draw_stocks(above, frame)
        above.set_ylim(0, 1.06 * optimum.game.capacity)
        above.set_title(title)
        below.plot(frame["month"], frame["value"], color=GREY, marker="s", markersize=3)
        below.set_ylim(0, None)
        below.set_ylabel("catch from\nthen on, units")
        below.set_xlabel("month")
        for ax in (above, below):
            month_axis(ax, len(frame), 0.5)
    caption = _EXPECTED if is_random else _CERTAIN
    return Drawn(name="optimum", title=title, caption=caption, figure=figure, frame=frame)


def _frame(optimum: Optimum) -> pd.DataFrame:
    """Stock, catch and value of each month; also its probability and quantiles of the stock if growth is random."""
    if not optimum.game.has_certain_growth:
        return pd.DataFrame([asdict(one) for one in expected_path(optimum)])
    steps = [(month, *step, optimum.value(month, step[0])) for month, step in enumerate(optimum.path(), 1)]
    frame = pd.DataFrame(steps, columns=["month", "stock", "catch", "value"])
    return frame.astype({"stock": float, "catch": float, "value": float})


def _draw_stocks(ax: Axes, frame: pd.DataFrame) -> None:
    ax.bar(frame["month"], frame["catch"], color=COLOURS[1], alpha=0.6, width=0.5)
    if "low" in frame:
        ax.fill_between(frame["month"], frame["low"], frame["high"], color=COLOURS[0], alpha=0.14, linewidth=0)
    ax.plot(frame["month"], frame["stock"], color=COLOURS[0], marker="o", markersize=3)
    ax.set_ylabel("stock and\ncatch, units")


def _handles(*, is_random: bool) -> list[Artist]:
    stock = Line2D([], [], color=COLOURS[0], marker="o", markersize=3, label="mean stock" if is_random else "stock")
    catch = Line2D([], [], color=COLOURS[1], linewidth=4, alpha=0.6, label="mean catch" if is_random else "catch")
    band = Patch(color=COLOURS[0], alpha=0.14, linewidth=0, label="10 to 90 %")
    return [stock, band, catch] if is_random else [stock, catch]


def _note(optimum: Optimum, frame: pd.DataFrame) -> str:
    if "reached" not in frame:
        return f"Total: {optimum.total:g} units."
    total = f"Expected total: {number(optimum.total, 1)} units."
    if (reached := float(frame["reached"].iloc[-1])) > 1 - _CERTAINTY:
        return total
    last = f"Month {len(frame)} is reached in {in_per_cent(round(reached, 3))} of cases"
    return f"{total} {last}; otherwise its catch counts as 0."
