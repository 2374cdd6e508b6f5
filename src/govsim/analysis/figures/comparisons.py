"""Forest plots of the effects of conditions or models."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import blended_transform_factory

from govsim.analysis.figures.figure import Series, register
from govsim.analysis.figures.panels import check_grouping
from govsim.analysis.figures.sheet import (
    COLOURS,
    CUT,
    FAINT,
    GREY,
    LONGEST_LABEL,
    SMALL,
    About,
    Bar,
    Drawn,
    Look,
    drawing,
    joined,
    looks,
    pages,
)
from govsim.analysis.figures.texts import fit, one_line
from govsim.analysis.intervals import CONFIDENCE
from govsim.analysis.measures import PER_CENT, Measure, measure_named
from govsim.analysis.results import Results
from govsim.analysis.statistics.comparison import compare_measures, comparisons_frame
from govsim.analysis.statistics.results import Comparison, omitted_in
from govsim.analysis.statistics.sides import baseline_of, shared_by
from govsim.analysis.tables.formatting import p_value
from govsim.characters import counted as number_of

EFFECTS = About(
    name="effects",
    title="Effects",
    description="Differences from a baseline in each measure that is compared by default, with intervals.",
    caption="",
    note="On the right: runs of both groups, or pairs of seeds; p, and in brackets p after Holm's correction.",
)

_BEYOND = 1.25
"""How far beyond the largest mean the interval of a difference of amounts is drawn."""

_ROW = 0.27
_MOST_ROWS = 28
_TALL = 14  # rows from which on the scale is labelled above them too
_HEADING_CHARACTERS = 62
_HEADING_LINES = 2  # of a heading, which has the height of one row

_ForestRow = str | Comparison
"""A row of the figure: a heading, or a comparison below it."""


def compared(
    runs: pd.DataFrame, by: str, rng: np.random.Generator, *, baseline: str | None = None, from_month: int = 1
) -> tuple[Comparison, ...]:
    """All levels of a column compared with a baseline in the usual measures; p values are adjusted for all of them.

    Args:
        runs: a frame of runs.
        by: the column; one of `govsim.analysis.figures.GROUPINGS`.
        rng: where resamples and rearrangements are drawn from.
        baseline: what the others are compared with; the condition `default` when None.
        from_month: the first month that the survival time counts; the frame has that of the other measures.

    Raises:
        AnalysisError: `by` or `baseline` is none that can be.
    """
    check_grouping(by)
    if not len(runs):
        return ()
    name = baseline_of(runs, by) if baseline is None else baseline
    if name is None:
        return ()
    return compare_measures(runs, by=by, baseline=name, rng=rng, from_month=from_month)


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


def effects(comparisons: Sequence[Comparison]) -> list[Drawn]:
    """Differences from the baseline with their intervals, one figure for each measure.

    Args:
        comparisons: the result of `compare`, of one column and baseline, of any number of measures.

    Returns:
        Figures named `effects-` and the measure; one that says so where nothing was compared.
    """
    if not comparisons:
        return [EFFECTS.empty(comparisons_frame([]), "there is nothing to compare: all runs have the same value.")]
    by_measure: dict[str, list[Comparison]] = {}
    for one in comparisons:
        by_measure.setdefault(one.measure, []).append(one)
    return [drawn for name, several in by_measure.items() for drawn in _of_measure(measure_named(name), several)]


def _of_measure(measure: Measure, comparisons: Sequence[Comparison]) -> Iterator[Drawn]:
    about = replace(
        EFFECTS, name=f"{EFFECTS.name}-{measure.name.replace('_', '-')}", title=f"Effects on {measure.title}"
    )
    unknown, known = _unknown(comparisons), [one for one in comparisons if one.difference is not None]
    if not known:
        yield about.empty(effects_frame(comparisons), f"no difference is defined. {unknown}")
    for name, lines in pages(about.name, list(_lines(known)), _MOST_ROWS):
        if any(isinstance(line, Comparison) for line in lines):  # a heading can be the last row of a page
            yield _page(replace(about, name=name).also(unknown), measure, lines)


def _lines(comparisons: Sequence[Comparison]) -> Iterator[_ForestRow]:
    last: tuple[tuple[str, str], ...] | None = None
    for one in comparisons:
        if one.within != last:
            lines = textwrap.wrap(one_line(shared_by(one.within) or "all runs", 300), _HEADING_CHARACTERS)
            for start in range(0, len(lines), _HEADING_LINES):
                yield "\n".join(lines[start : start + _HEADING_LINES])
        last = one.within
        yield one


def _page(about: About, measure: Measure, lines: Sequence[_ForestRow]) -> Drawn:
    shown = [line for line in lines if isinstance(line, Comparison)]
    baseline = one_line(shown[0].baseline.name, LONGEST_LABEL)
    limit = _limit(measure, shown)
    is_cut = any(_bar(measure, one, limit).is_cut for one in shown)
    about = about.also(CUT if is_cut else "")
    styles = looks(list(dict.fromkeys(one.level.name for one in shown)))
    handles = [
        Line2D([], [], color=COLOURS[0], marker="o", label="p < 0.05 after Holm's correction"),
        Line2D(
            [],
            [],
            color=COLOURS[0],
            marker="o",
            markerfacecolor="white",
            label="p ≥ 0.05 after Holm's correction, or no p value",
        ),
    ]
    with drawing([_ROW * len(lines)], handles, note=about.note) as (sheet, (ax,)):
        for place, line in enumerate(lines):
            if isinstance(line, str):
                _head(ax, line, place)
            else:
                _bar(measure, line, limit).draw(ax, place, colour=COLOURS[0], width=1.1)
                _point(ax, line, place, measure.scale)
        _axes(ax, lines, styles)
        ax.set_xlabel(f"{measure.title}, {measure.unit_of_difference}\n(difference from {baseline})")
        if ax.dataLim.width == 0:  # nothing differs, or by the same without an interval
            ax.set_xlim(ax.dataLim.x0 - 1, ax.dataLim.x0 + 1)
    caption = joined(_methods(shown, baseline), about.note)
    return replace(about, caption=caption).drawn(sheet, effects_frame(shown))


def _axes(ax: Axes, lines: Sequence[_ForestRow], styles: Mapping[str, Look]) -> None:
    """The scale, with a grid and, on tall figures, tick labels above as well; and the names of rows."""
    ax.axvline(0, color=GREY, linewidth=0.9, zorder=0.5)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)
    ax.tick_params(axis="x", top=len(lines) > _TALL, labeltop=len(lines) > _TALL)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    named = {place: styles[line.level.name].label for place, line in enumerate(lines) if isinstance(line, Comparison)}
    ax.set_yticks(list(named), list(named.values()))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _limit(measure: Measure, comparisons: Sequence[Comparison]) -> float:
    """How far from 0 an interval is drawn: shares and rates differ by 100 points at most, amounts by what was seen."""
    if measure.unit == PER_CENT:
        return 100.0
    seen = (measure.shown(side.estimate.value) for one in comparisons for side in (one.level, one.baseline))
    return max(1.0, _BEYOND * max(abs(value or 0.0) for value in seen))


def _bar(measure: Measure, one: Comparison, limit: float) -> Bar:
    """The interval of a difference as it is drawn."""
    ends = (one.intervals[0].low, one.intervals[0].high)
    low, high = (float("nan") if end is None else measure.scale * end for end in ends)
    return Bar(low=low, high=high, least=-limit, most=limit)


def _point(ax: Axes, one: Comparison, place: int, factor: float) -> None:
    side = ax.get_yaxis_transform()
    is_clear = one.p_adjusted is not None and one.p_adjusted < 1 - CONFIDENCE
    face, difference = COLOURS[0] if is_clear else "white", factor * (one.difference or 0.0)
    based_on = f"{one.level.n}, {one.baseline.n} runs" if one.pairs is None else number_of(one.pairs, "pair")
    ax.plot([difference], [place], "o", color=COLOURS[0], markerfacecolor=face, markersize=4, zorder=4)
    tests = [p_value(p) for p in (one.tests[0].p, one.p_adjusted) if p is not None]
    p_values = "no p value" if not tests else " ".join([f"p {tests[0]}", *(f"({adjusted})" for adjusted in tests[1:])])
    words = f"{based_on}\n{p_values}"
    ax.text(1.02, place, words, transform=side, va="center", fontsize=SMALL, color=GREY, linespacing=1.15)


def _head(ax: Axes, heading: str, place: int) -> None:
    """A heading from the left edge of the figure on: it may be as long as a line."""
    sheet = ax.get_figure(root=True)
    assert sheet is not None, "drawn on a sheet"
    whole = blended_transform_factory(sheet.transFigure, ax.transData)
    text = ax.text(
        0.015, place, heading, transform=whole, va="center", fontsize=SMALL, style="italic", linespacing=1.15
    )
    text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.8})
    text.set_in_layout(False)
    fit(text, 0.97 * sheet.bbox.width)


def _unknown(comparisons: Sequence[Comparison]) -> str:
    """A sentence on comparisons without a difference, and on excluded runs."""
    undefined = sum(one.difference is None for one in comparisons)
    reasons = Counter[str]()
    for (_, _, reason), runs in omitted_in(comparisons).items():
        reasons[reason] += runs
    excluded = ", ".join(f"{runs} {reason}" for reason, runs in reasons.items())
    without = "1 comparison has" if undefined == 1 else f"{undefined} comparisons have"
    return joined(
        f"Excluded: {excluded}." if excluded else "No runs were excluded.",
        f"{without} no value in one group." if undefined else "",
    )


def _methods(comparisons: Sequence[Comparison], baseline: str) -> str:
    methods = ", ".join(dict.fromkeys(one.intervals[0].method for one in comparisons))
    tests = ", ".join(dict.fromkeys(one.tests[0].method for one in comparisons))
    return (
        f"Differences from {baseline} with 95 % intervals ({methods}); right of 0, the level named on the left "
        f"has more. Filled points: p < 0.05 ({tests}) after Holm's correction for {comparisons[0].comparisons} tests."
    )


def _draw(results: Results, series: Series) -> list[Drawn]:
    runs, from_month = results.runs, results.from_month
    if len(runs) and series.baseline is None and baseline_of(runs, series.by) is None:
        return [EFFECTS.empty(comparisons_frame([]), "no baseline is chosen; choose one with --baseline.")]
    return effects(compared(runs, series.by, series.rng, baseline=series.baseline, from_month=from_month))


register(EFFECTS, _draw)
