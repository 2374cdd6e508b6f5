"""The optimal harvests of a commons, which need no runs."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D

from govsim.analysis.figures.sheet import COLOURS, GREY, Drawn, drawing, month_axis
from govsim.game import Optimum

_CAPTION = (
    "Optimal harvests: the stock at the start of each month, the total catch, and the maximum catch from this month on."
)


def draw_optimum(optimum: Optimum, *, title: str = "Optimal harvests") -> Drawn:
    """Draw the optimal path of the stock with the catches, and the maximum catch from each month on.

    Args:
        optimum: the optimal harvests.
        title: what they belong to.

    Raises:
        AnalysisError: the next stock is random, so that there is no single path.
    """
    steps = [(stock, catch, optimum.value(month, stock)) for month, (stock, catch) in enumerate(optimum.path(), 1)]
    frame = pd.DataFrame(steps, columns=["stock", "catch", "value"], dtype=float)
    frame.insert(0, "month", range(1, len(frame) + 1))
    handles = [
        Line2D([], [], color=COLOURS[0], marker="o", markersize=3, label="stock"),
        Line2D([], [], color=COLOURS[1], linewidth=4, alpha=0.6, label="catch"),
    ]
    with drawing([1.05, 0.8], handles, note=f"Total: {optimum.total:g} units.") as (figure, (above, below)):
        above.bar(frame["month"], frame["catch"], color=COLOURS[1], alpha=0.6, width=0.5)
        above.plot(frame["month"], frame["stock"], color=COLOURS[0], marker="o", markersize=3)
        above.set_ylim(0, 1.06 * optimum.game.capacity)
        above.set_ylabel("units")
        above.set_title(title)
        below.plot(frame["month"], frame["value"], color=GREY, marker="s", markersize=3)
        below.set_ylim(0, None)
        below.set_ylabel("units from\nthen on")
        below.set_xlabel("month")
        for ax in (above, below):
            month_axis(ax, len(frame), 0.5)
    return Drawn(name="optimum", title=title, caption=_CAPTION, figure=figure, frame=frame)
