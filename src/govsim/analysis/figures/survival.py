"""Survival curves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from govsim.analysis.counting import observed
from govsim.analysis.figures.figure import FIGURES, Figure
from govsim.analysis.figures.groups import Panel, joined, levels_of, panels_of, series_of
from govsim.analysis.figures.panels import Plan, draw_panels
from govsim.analysis.figures.sheet import SMALL, Drawn, Look, counted, month_axis
from govsim.analysis.statistics import Lifetimes, lifetimes_of, survival_curve
from govsim.characters import counted as number_of
from govsim.journal import UNREADABLE

if TYPE_CHECKING:
    import pandas as pd

    from govsim.analysis.frames import Frames

Row = tuple[object, ...]

_ROW = 8.5  # points between two rows of numbers below a panel
_TICKS = 17.0  # points from the axis down to the first of them


def survival_frame(frames: Frames, by: str = "condition", *, from_month: int = 1) -> pd.DataFrame:
    """Kaplan-Meier curves of each series, month by month from 0.

    Args:
        frames: what was read.
        by: the column of the series.
        from_month: the first month that counts; month 1 of the curve is then this one.

    Returns:
        The columns that a panel shares and `by`; `month`; `at_risk`, runs watched and alive when it began; `collapsed`
        and `censored`, runs that were so in it; `survival`, 0..1, with `low` and `high` of its pointwise 95 % interval.
        All three are missing after the last month that anyone was watched.

    Raises:
        AnalysisError: `by` is no column that series can be made of, or `from_month` is below 1.
    """
    import pandas as pd

    panels, rows = panels_of(frames.runs, by), list[Row]()
    for panel in panels:
        for level, runs in series_of(panel, by, levels_of(frames.runs, by)):
            last = int(runs["months_planned"].max()) - from_month + 1
            place = (*(value for _, value in panel.within), level)
            rows += ((*place, *row) for row in _curve(lifetimes_of(runs, from_month=from_month), last))
    names = [name for name, _ in panels[0].within] if panels else []
    columns = [*names, by, "month", "at_risk", "collapsed", "censored", "survival", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("survival", "low", "high"), "float64"))


def survival(frames: Frames, by: str = "condition", *, from_month: int = 1) -> list[Drawn]:
    """Survival curves with the numbers at risk, with a panel for each scenario and society.

    Args:
        frames: what was read.
        by: the column of the series.
        from_month: the first month that counts.

    Returns:
        Figures of at most four panels each.

    Raises:
        AnalysisError: `by` is no column that series can be made of, or `from_month` is below 1.
    """

    def draw(ax: Axes, rows: pd.DataFrame, panel: Panel, styles: Mapping[str, Look]) -> None:
        ax.set_title(panel.title)  # the numbers below begin with n
        widths = [2.2 - 1.2 * number / max(1, len(styles) - 1) for number in range(len(styles))]
        for (level, look), width in zip(styles.items(), widths, strict=True):
            _line(ax, rows[rows[by] == level], look, width)
        ax.set_ylim(-0.05, 1.08)
        ax.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        ax.set_ylabel("alive, %")
        month_axis(ax, int(rows["month"].max()), 0)
        _numbers(ax, rows, by, styles)

    return draw_panels(_plan(from_month), survival_frame(frames, by, from_month=from_month), frames.runs, by, draw)


def remark_on_censored(runs: pd.DataFrame) -> str:
    """A sentence on what came of runs, as survival analysis sees them."""
    stopped = runs[runs["is_censored"]]
    watched = stopped[stopped["observed_months"] > 0]
    unreadable = len(runs) - len(observed(runs))
    told = {
        "collapsed": int(runs["has_collapsed"].sum()),
        "survived": int(runs["is_survivor"].fillna(False).sum()),
        "stopped earlier": len(watched),
    }
    omitted = counted({UNREADABLE: unreadable, "without a whole month": len(stopped) - len(watched)})
    return joined(
        f"Of {number_of(len(runs), 'run')} {counted(told) or 'none was watched'}.",
        f"Left out: {omitted}." if omitted else "",
    )


def _plan(from_month: int) -> Plan:
    landmark = (
        f"Months are counted from month {from_month} on, over the runs that came so far." if from_month > 1 else ""
    )
    mark = Line2D([], [], color="black", marker="|", linestyle="none", markersize=6, label="censored")
    return Plan(
        name="survival",
        title="Survival curves",
        caption=joined(
            "Kaplan-Meier estimates of the share of societies that are alive after each month, with pointwise 95 % "
            "intervals (Greenwood's variance on the log(-log) scale). The event is the collapse. A tick marks months "
            "in which runs were censored: they survived to the end of the experiment, or stopped for another reason. "
            "The numbers below are runs at risk when a month began.",
            landmark,
        ),
        note=joined("Kaplan-Meier and pointwise 95 % interval. Below: runs at risk.", landmark),
        x_label="month" if from_month == 1 else f"months from month {from_month} on",
        height=lambda series: 1.4 + _ROW / 72 * series,
        most=4,
        extra=(mark,),
        remark_on=remark_on_censored,
    )


def _curve(lifetimes: Lifetimes, last: int) -> Iterator[Row]:
    """The steps of a curve with the months between them."""
    steps = {step.month: step for step in survival_curve(lifetimes).steps}
    if not steps:
        return
    watched, now = max(steps), steps[0]
    for month in range(max(last, watched) + 1):
        now = steps.get(month, now)
        is_step = now.month == month
        at_risk = sum(months >= month for months in lifetimes.months)
        happened = (now.collapsed, now.censored) if is_step else (0, 0)
        is_known = month <= watched or now.survival == 0
        yield (month, at_risk, *happened, *((now.survival, now.low, now.high) if is_known else (None, None, None)))


def _line(ax: Axes, rows: pd.DataFrame, look: Look, width: float) -> None:
    known = rows[rows["survival"].notna()]
    ax.step(known["month"], known["survival"], where="post", color=look.colour, linestyle=look.line, linewidth=width)
    edges = {name: known[name].to_numpy().repeat(2)[:-2] for name in ("low", "high")}
    months = known["month"].to_numpy().repeat(2)[1:-1]  # each value holds to the next month, as in the curve
    ax.fill_between(months, edges["low"], edges["high"], color=look.colour, alpha=0.12, linewidth=0)
    falls = rows[rows["collapsed"] > 0]
    ax.plot(falls["month"], falls["survival"], look.marker, color=look.colour, markersize=2.8)
    marks = rows[rows["censored"] > 0]
    ax.plot(marks["month"], marks["survival"], "|", color=look.colour, markersize=7, markeredgewidth=1.1)


def _numbers(ax: Axes, rows: pd.DataFrame, by: str, styles: Mapping[str, Look]) -> None:
    """The runs at risk below the axis, in a row for each series."""
    shown = [level for level in styles if (rows[by] == level).any()]
    for number, level in enumerate(shown):
        at_risk, look = rows[rows[by] == level].set_index("month")["at_risk"], styles[level]
        below = -_TICKS - _ROW * number

        def put(text: str, at: float, colour: str = look.colour, below: float = below) -> None:
            where = {"xytext": (0.0, below), "xycoords": ax.get_xaxis_transform(), "textcoords": "offset points"}
            ax.annotate(text, (at, 0), **where, color=colour, ha="center", va="center", fontsize=SMALL)  # type: ignore[arg-type]

        for tick in ax.get_xticks():
            put(str(at_risk.get(max(1, int(tick)), 0)), tick)
        shift = ScaledTranslation(-0.2, below / 72, ax.figure.dpi_scale_trans)
        (mark,) = ax.plot([0], [0], look.marker, color=look.colour, clip_on=False, transform=ax.transAxes + shift)
        mark.set_in_layout(False)
    ax.xaxis.labelpad = _ROW * len(shown) + 3


FIGURES.register(
    Figure(
        name="survival",
        title="Survival curves",
        description="Kaplan-Meier curves of the share of societies that are alive after each month.",
        draw=lambda evidence, series: survival(evidence.frames, series.by, from_month=evidence.from_month),
    )
)
