"""What conditions, or models, change: a forest plot of comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from govsim.analysis.figures.figure import FIGURES, Figure, Series
from govsim.analysis.figures.fitting import fit
from govsim.analysis.figures.groups import check_grouping, joined, levels_of
from govsim.analysis.figures.names import labels_of, one_line
from govsim.analysis.figures.sheet import (
    COLOURS,
    CUT,
    GREY,
    SMALL,
    Bar,
    Drawn,
    empty,
    page_name,
    pages,
    put_legend,
    settle,
    sheet,
    style,
)
from govsim.analysis.intervals import CONFIDENCE
from govsim.analysis.measures import PER_CENT, measure_named
from govsim.analysis.statistics import Comparison, compare_measures, comparisons_frame, sides
from govsim.characters import counted as number_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from govsim.analysis.evidence import Evidence

NAME, TITLE = "effects", "Effects"

_BEYOND = 1.25
"""How far beyond the largest mean the interval of a difference of amounts is drawn."""

_ROW = 0.165
_MOST_ROWS = 44


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A heading, or a comparison below it."""

    heading: str = ""
    comparison: Comparison | None = None


def baseline_of(runs: pd.DataFrame, by: str) -> str:
    """What the other levels are compared with when none is named: the one that suggests itself, or the first."""
    return sides.baseline_of(runs, by) or levels_of(runs, by)[0]


def compared(
    runs: pd.DataFrame, by: str, rng: np.random.Generator, *, baseline: str | None = None, from_month: int = 1
) -> tuple[Comparison, ...]:
    """All levels of a column compared with a baseline in the usual measures; p values are adjusted for all of them.

    Args:
        runs: a frame of runs.
        by: the column; one of `govsim.analysis.figures.groups.GROUPINGS`.
        rng: where resamples and rearrangements are drawn from.
        baseline: what the others are compared with; that of `baseline_of` when None.
        from_month: the first month that the survival time counts; the frame has that of the other measures.

    Raises:
        AnalysisError: `by` or `baseline` is none that can be.
    """
    check_grouping(by)
    if not len(runs):
        return ()
    name = baseline_of(runs, by) if baseline is None else baseline
    return compare_measures(runs, by=by, baseline=name, rng=rng, from_month=from_month)


def effects(comparisons: Sequence[Comparison]) -> list[Drawn]:
    """Differences from the baseline with their intervals, one figure for each measure.

    Args:
        comparisons: as `compare` gives them, of one column and baseline, of any number of measures.

    Returns:
        Figures named `effects-` and the measure; one that says so where nothing was compared.
    """
    if not comparisons:
        return [empty(NAME, TITLE, comparisons_frame([]), "there is nothing to compare: all runs are of one kind.")]
    measures = dict.fromkeys(one.measure for one in comparisons)
    return [
        drawn for measure in measures for drawn in _of_measure([one for one in comparisons if one.measure == measure])
    ]


def effects_frame(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """The comparisons as a frame, with the differences as they are drawn: `shown`, `shown_low`, `shown_high`, `unit`.

    Args:
        comparisons: as `compare` gives them.
    """
    frame = comparisons_frame(comparisons)
    found = {name: measure_named(name) for name in dict.fromkeys(one.measure for one in comparisons)}
    factors = frame["measure"].map({name: measure.scale for name, measure in found.items()})
    for drawn, source in (("shown", "difference"), ("shown_low", "low"), ("shown_high", "high")):
        frame[drawn] = frame[source].astype("float64") * factors
    return frame.assign(unit=frame["measure"].map({name: one.unit_of_difference for name, one in found.items()}))


def _of_measure(comparisons: Sequence[Comparison]) -> Iterator[Drawn]:
    measure = measure_named(comparisons[0].measure)
    name = f"{NAME}-{measure.name.replace('_', '-')}"
    known = [one for one in comparisons if one.difference is not None]
    title = f"Effects on {measure.title}"
    if not known:
        yield empty(name, title, effects_frame(comparisons), f"no difference is defined. {_unknown(comparisons)}")
        return
    lines = list(_lines(known))
    for number, page in enumerate(pages(len(lines), _MOST_ROWS)):
        yield _page(page_name(name, number), title, measure.unit_of_difference, lines[page], comparisons)


def _lines(comparisons: Sequence[Comparison]) -> Iterator[_Line]:
    last: tuple[tuple[str, str], ...] | None = None
    for one in comparisons:
        if one.within != last:
            yield _Line(heading=" · ".join(value for _, value in one.within) or "all runs")
        last = one.within
        yield _Line(comparison=one)


def _page(name: str, title: str, unit: str, lines: Sequence[_Line], comparisons: Sequence[Comparison]) -> Drawn:
    shown = [line.comparison for line in lines if line.comparison is not None]
    baseline = one_line(shown[0].baseline.name, 40)
    found = [
        Line2D([], [], color=COLOURS[0], marker="o", label="p < 0.05 (Holm)"),
        Line2D([], [], color=COLOURS[0], marker="o", markerfacecolor="white", label="not so"),
    ]
    limit = _limit(shown)
    bars = [bar for one in shown if (bar := _bar(one, limit)) is not None]
    is_cut = any(bar.is_cut for bar in bars)
    note = joined("On the right: pairs of seeds, or runs of either side.", _unknown(comparisons), CUT if is_cut else "")
    names = labels_of((one.level.name for one in shown), 24)
    with style():
        figure, (ax,) = sheet([_ROW * len(lines) + 0.65], legend=1, note=note)
        for place, line in enumerate(lines):
            _draw_line(ax, line, place, names, limit)
        ax.axvline(0, color=GREY, linewidth=0.7, zorder=0)
        ax.set_ylim(len(lines) - 0.4, -0.6)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_xlabel(f"{title.removeprefix('Effects on ')}, {unit}\n(difference from {baseline})")
        if ax.dataLim.width == 0:  # nothing differs, or by the same without an interval
            ax.set_xlim(ax.dataLim.x0 - 1, ax.dataLim.x0 + 1)
        put_legend(figure, found)
        settle(figure)
    return Drawn(
        name=name, title=title, caption=_caption(shown, baseline, note), figure=figure, frame=effects_frame(shown)
    )


def _limit(comparisons: Sequence[Comparison]) -> float:
    """How far from 0 an interval is drawn: shares and rates differ by 100 points at most, amounts by what was seen."""
    measure = measure_named(comparisons[0].measure)
    if measure.unit == PER_CENT:
        return 100.0
    values = [
        abs(measure.shown(side.estimate.value) or 0.0) for one in comparisons for side in (one.level, one.baseline)
    ]
    return max(1.0, _BEYOND * max(values))


def _bar(one: Comparison, limit: float) -> Bar | None:
    """The interval of a difference as it is drawn; None where there is none."""
    factor, interval = measure_named(one.measure).scale, one.intervals[0]
    if interval.low is None or interval.high is None:
        return None
    return Bar(low=factor * interval.low, high=factor * interval.high, least=-limit, most=limit)


def _draw_line(ax: Axes, line: _Line, place: int, names: Mapping[str, str], limit: float) -> None:
    side = ax.get_yaxis_transform()
    one = line.comparison
    if one is None:
        _head(ax, line.heading, place)
        return
    factor = measure_named(one.measure).scale
    difference = (one.difference or 0.0) * factor
    is_clear = one.p_adjusted is not None and one.p_adjusted < 1 - CONFIDENCE
    if (bar := _bar(one, limit)) is not None:
        bar.draw(ax, place, colour=COLOURS[0], width=1.1)
    face = COLOURS[0] if is_clear else "white"
    ax.plot([difference], [place], "o", color=COLOURS[0], markerfacecolor=face, markersize=4, zorder=4)
    ax.text(-0.03, place, names[one.level.name], transform=side, va="center", ha="right", fontsize=SMALL)
    ax.text(1.02, place, _size(one), transform=side, va="center", fontsize=SMALL, color=GREY)


def _head(ax: Axes, heading: str, place: int) -> None:
    """A heading from the left edge of the figure on: it may be as long as a line."""
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    whole = blended_transform_factory(ax.get_figure(root=True).transFigure, ax.transData)  # type: ignore[union-attr]
    text = ax.text(
        0.015, place, one_line(heading, 80), transform=whole, va="center", fontsize=SMALL, style="italic", bbox=ground
    )
    text.set_in_layout(False)
    figure = ax.get_figure(root=True)
    assert figure is not None, "drawn on a sheet"
    fit(text, 0.97 * figure.bbox.width)


def _size(one: Comparison) -> str:
    return number_of(one.pairs, "pair") if one.pairs is not None else f"{one.level.n}, {one.baseline.n} runs"


def _unknown(comparisons: Sequence[Comparison]) -> str:
    """A sentence on comparisons that have no difference, and on the runs that are in none."""
    undefined = sum(one.difference is None for one in comparisons)
    omitted: dict[tuple[object, str, str], int] = {}  # a baseline stands in several comparisons and counts once
    for one in comparisons:
        for side in (one.level, one.baseline):
            for omission in side.left_out:
                key = (one.within, side.name, omission.reason)
                omitted[key] = max(omission.runs, omitted.get(key, 0))
    reasons: dict[str, int] = {}
    for (_, _, reason), runs in omitted.items():
        reasons[reason] = reasons.get(reason, 0) + runs
    told = ", ".join(f"{runs} {reason}" for reason, runs in reasons.items())
    without = "1 comparison has" if undefined == 1 else f"{undefined} comparisons have"
    return joined(
        f"Left out: {told}." if told else "No run was left out.",
        f"{without} no value on a side." if undefined else "",
    )


def _caption(comparisons: Sequence[Comparison], baseline: str, note: str) -> str:
    methods = ", ".join(dict.fromkeys(one.intervals[0].method for one in comparisons))
    tests = ", ".join(dict.fromkeys(one.tests[0].method for one in comparisons))
    return joined(
        f"Differences from {baseline} with 95 % intervals ({methods}); to the right of 0 the level named on the left "
        f"has more. A filled point: p < 0.05 ({tests}) after Holm's correction for {comparisons[0].comparisons} tests.",
        note,
    )


def _draw(evidence: Evidence, series: Series) -> list[Drawn]:
    runs, from_month = evidence.frames.runs, evidence.from_month
    return effects(compared(runs, series.by, series.rng, baseline=series.baseline, from_month=from_month))


FIGURES.register(
    Figure(
        name=NAME,
        title=TITLE,
        description="Differences from a baseline in each measure that is compared by default, with intervals.",
        draw=_draw,
    )
)
