"""Forest plots of the effects of conditions or models."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.transforms import Transform, blended_transform_factory

from govsim.analysis.declared import with_primary_first
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
    counts_text,
    drawing,
    joined_sentences,
    looks,
    pages,
    remark_on_names,
)
from govsim.analysis.figures.texts import points_of, shorten_to_fit
from govsim.analysis.intervals import CONFIDENCE
from govsim.analysis.measures import PER_CENT, SURVIVAL_TIME, Measure, measure_named
from govsim.analysis.results import Results
from govsim.analysis.statistics.baselines import baseline_of, required_baseline
from govsim.analysis.statistics.comparison import compare_measures, comparisons_frame
from govsim.analysis.statistics.comparison_results import Comparison, omitted_in
from govsim.analysis.statistics.effects import GAFFKE, GAFFKE_NEWCOMBE, PAIRED_T, WELCH
from govsim.analysis.statistics.sides import Design, shared_by
from govsim.analysis.tables.formatting import p_value
from govsim.characters import label_text

EFFECTS = About(
    name="effects",
    title="Effects",
    description="Differences from a baseline in each measure that is compared by default, with intervals.",
    caption="",
    note="p, and p adjusted (adj.) for all measures and groups.",
)

_NOTE_ON_RUNS = "n: runs of the row and of the baseline."
_NOTE_ON_PAIRS = "n: pairs of runs with the same seed."

_SOURCES = {
    GAFFKE: "Gaffke 2005",
    GAFFKE_NEWCOMBE: "Gaffke 2005 and Newcombe 1998",
    WELCH: "Welch 1947",
    PAIRED_T: "Student's t of the differences of pairs",
}
"""Methods of intervals in captions."""

_BEYOND = 1.25
"""Intervals of differences of amounts are drawn up to this multiple of the largest mean."""

_ROW = 0.165
_MOST_ROWS = 44
_TALL = 20  # above this number of rows, the scale is also labelled at the top
_HEADING_CHARACTERS = 62

_COLUMN_GAP = 3.5  # points

_ForestRow = str | Comparison
"""A row of the figure: a heading, or a comparison below it."""


def comparisons_with_baseline(
    runs: pd.DataFrame,
    by: str,
    rng: np.random.Generator,
    *,
    baseline: str | None = None,
    from_month: int = 1,
    design: Design = "unpaired",
    primary: str = SURVIVAL_TIME,
) -> tuple[Comparison, ...]:
    """Return comparisons of all levels of a column with a baseline; p values are adjusted for all of them.

    Args:
        runs: a frame of runs.
        by: the column; one of `govsim.analysis.figures.GROUPINGS`.
        rng: the generator of resamples and permutations.
        baseline: the level that the others are compared with; the condition `default` when None.
        from_month: the first month that the survival time counts; that of other measures is set when the frame is
            read.
        design: whether all runs are compared, or pairs of the same seed.
        primary: the primary measure, which comes first.

    Raises:
        AnalysisError: `by` or `baseline` is not allowed.
    """
    check_grouping(by)
    if not len(runs):
        return ()
    name = baseline_of(runs, by) if baseline is None else baseline
    if name is None:
        return ()
    return compare_measures(
        runs,
        by=by,
        baseline=name,
        rng=rng,
        measures=with_primary_first(primary, runs=runs, by=by),
        design=design,
        from_month=from_month,
    )


def effects_frame(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Return comparisons as a frame, with `shown`, `shown_low`, `shown_high` in the shown unit, and `unit`.

    Args:
        comparisons: the comparisons.
    """
    frame = comparisons_frame(comparisons)
    found = {name: measure_named(name) for name in dict.fromkeys(one.measure for one in comparisons)}
    factors = frame["measure"].map({name: measure.scale for name, measure in found.items()})
    for drawn, source in (("shown", "difference"), ("shown_low", "low"), ("shown_high", "high")):
        frame[drawn] = frame[source].astype("float64") * factors
    return frame.assign(unit=frame["measure"].map({name: one.unit_of_difference for name, one in found.items()}))


def effects(comparisons: Sequence[Comparison]) -> list[Drawn]:
    """Return forest plots of differences from the baseline, one figure for each measure.

    Args:
        comparisons: the result of `compare`, of one column and baseline, of any number of measures.

    Returns:
        Figures named `effects-` and the measure, without those of measures of which no difference is defined; one
        that states the reason if nothing was compared.
    """
    if not comparisons:
        return [EFFECTS.empty(comparisons_frame([]), "there is nothing to compare: all runs have the same value.")]
    by_measure: dict[str, list[Comparison]] = {}
    for one in comparisons:
        by_measure.setdefault(one.measure, []).append(one)
    known = {
        name: several for name, several in by_measure.items() if any(one.difference is not None for one in several)
    }
    if not known:
        return [EFFECTS.empty(effects_frame(comparisons), f"no difference is defined. {_unknown(comparisons)}")]
    return [drawn for name, several in known.items() for drawn in _of_measure(measure_named(name), several)]


def _of_measure(measure: Measure, comparisons: Sequence[Comparison]) -> Iterator[Drawn]:
    about = replace(
        EFFECTS, name=f"{EFFECTS.name}-{measure.name.replace('_', '-')}", title=f"Effects on {measure.title}"
    )
    unknown, known = _unknown(comparisons), [one for one in comparisons if one.difference is not None]
    for name, lines in pages(about.name, list(_lines(known)), _MOST_ROWS):
        if any(isinstance(line, Comparison) for line in lines):  # a heading can be the last row of a page
            yield _page(replace(about, name=name).also(unknown), measure, lines)


def _lines(comparisons: Sequence[Comparison]) -> Iterator[_ForestRow]:
    last: tuple[tuple[str, str], ...] | None = None
    for one in comparisons:
        if one.within != last:
            heading = label_text(shared_by(one.within) or "all runs", LONGEST_LABEL)
            yield from textwrap.wrap(heading, _HEADING_CHARACTERS)
        last = one.within
        yield one


def _page(about: About, measure: Measure, lines: Sequence[_ForestRow]) -> Drawn:
    shown = [line for line in lines if isinstance(line, Comparison)]
    baseline = label_text(shown[0].baseline.name, LONGEST_LABEL)
    limit = _limit(measure, shown)
    is_cut = any(_bar(measure, one, limit).is_cut for one in shown)
    how = _NOTE_ON_PAIRS if shown[0].pairs is not None else _NOTE_ON_RUNS
    about = replace(about, note=joined_sentences(how, about.note))
    about = about.also(CUT if is_cut else "")
    names = [name for one in shown for name in (one.level.name, one.baseline.name, shared_by(one.within))]
    about = about.also(remark_on_names(names))
    styles = looks(list(dict.fromkeys(one.level.name for one in shown)))
    handles = [
        Line2D([], [], color=COLOURS[0], marker="o", label="adjusted p < 0.05"),
        Line2D([], [], color=COLOURS[0], marker="o", markerfacecolor="white", label="adjusted p ≥ 0.05, or none"),
        Line2D([], [], color=GREY, linewidth=0.9, label="0: no difference"),
    ]
    with drawing([_ROW * len(lines)], handles, note=about.note) as (sheet, (ax,)):
        heading: list[str] = []
        for place, line in enumerate(lines):
            if isinstance(line, str):
                heading.append(line)
                continue
            if heading:
                _head(ax, heading, place - (len(heading) + 1) / 2)
                heading = []
            _bar(measure, line, limit).draw(ax, place, colour=COLOURS[0], width=1.1)
            _point(ax, line, place, measure.scale)
        _columns(ax, {place: line for place, line in enumerate(lines) if isinstance(line, Comparison)})
        _axes(ax, lines, styles)
        ax.set_xlabel(f"{measure.title}, {measure.unit_of_difference}\n(difference from {baseline})")
        if ax.dataLim.width == 0:  # all differences are equal and without an interval
            ax.set_xlim(ax.dataLim.x0 - 1, ax.dataLim.x0 + 1)
    caption = joined_sentences(_methods(shown, baseline), about.note)
    return replace(about, caption=caption).drawn(sheet, effects_frame(shown))


def _axes(ax: Axes, lines: Sequence[_ForestRow], styles: Mapping[str, Look]) -> None:
    """The scale with its grid, on tall figures also labelled at the top, and the names of rows."""
    ax.axvline(0, color=GREY, linewidth=0.9, zorder=0.5)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)
    ax.tick_params(axis="x", top=len(lines) > _TALL, labeltop=len(lines) > _TALL)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    named = {place: styles[line.level.name].label for place, line in enumerate(lines) if isinstance(line, Comparison)}
    ax.set_yticks(list(named), list(named.values()))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _limit(measure: Measure, comparisons: Sequence[Comparison]) -> float:
    """The largest absolute difference that is drawn: 100 percentage points, or depending on the means of amounts."""
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
    is_clear = one.p_adjusted is not None and one.p_adjusted < 1 - CONFIDENCE
    face, difference = COLOURS[0] if is_clear else "white", factor * (one.difference or 0.0)
    ax.plot([difference], [place], "o", color=COLOURS[0], markerfacecolor=face, markersize=4, zorder=4)


def _columns(ax: Axes, comparisons: Mapping[int, Comparison]) -> None:
    """The number of runs, p and adjusted p of each row, in columns on the right."""
    texts = {
        place: (
            f"{one.level.n}/{one.baseline.n}" if one.pairs is None else str(one.pairs),
            p_value(one.tests[0].p),
            p_value(one.p_adjusted),
        )
        for place, one in comparisons.items()
    }
    end = 0.0
    for number, heading in enumerate(("n", "p", "adj.")):
        column = {heading, *(row[number] for row in texts.values())}
        end += _COLUMN_GAP + max(points_of(text, FontProperties(size=SMALL)) for text in column)
        _beside(ax, heading, (1, 1), (end, 3), ax.transAxes)
        for place, row in texts.items():
            _beside(ax, row[number], (1, place), (end, 0), ax.get_yaxis_transform())


def _beside(ax: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], coordinates: Transform) -> None:
    """A small text that ends at an offset in points from a position."""
    ax.annotate(
        text,
        at,
        xytext=offset,
        xycoords=coordinates,
        textcoords="offset points",
        ha="right",
        va="bottom" if offset[1] else "center",
        fontsize=SMALL,
        color=GREY,
    )


def _head(ax: Axes, heading: Sequence[str], place: float) -> None:
    """The lines of a heading around a place, from the left edge of the figure on, each as long as a line at most."""
    sheet = ax.get_figure(root=True)
    assert sheet is not None, "drawn on a sheet"
    whole = blended_transform_factory(sheet.transFigure, ax.transData)
    lines = []
    text = ax.text(0.015, place, "", transform=whole, va="center", fontsize=SMALL, style="italic")
    for line in heading:
        text.set_text(line)
        shorten_to_fit(text, 0.97 * sheet.bbox.width)
        lines.append(text.get_text())
    text.set_text("\n".join(lines))
    text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.8})
    text.set_in_layout(False)


def _unknown(comparisons: Sequence[Comparison]) -> str:
    """A sentence on comparisons without a difference, and on excluded runs."""
    undefined = sum(one.difference is None for one in comparisons)
    reasons = Counter[str]()
    for (_, _, reason), runs in omitted_in(comparisons).items():
        reasons[reason] += runs
    excluded = counts_text(reasons)
    without = "1 comparison has" if undefined == 1 else f"{undefined} comparisons have"
    return joined_sentences(
        f"Excluded: {excluded}." if excluded else "No runs were excluded.",
        f"{without} no value in one group." if undefined else "",
    )


def _methods(comparisons: Sequence[Comparison], baseline: str) -> str:
    methods = ", ".join(
        dict.fromkeys(_SOURCES.get(one.intervals[0].method, one.intervals[0].method) for one in comparisons)
    )
    tests = ", ".join(dict.fromkeys(one.tests[0].method for one in comparisons))
    return (
        f"Differences from {baseline} with 95 % intervals ({methods}); positive values mean that the level named on "
        f"the left is higher. Filled points: p < 0.05 ({tests}) after adjustment for {comparisons[0].comparisons} "
        "tests (by max-T, Westfall and Young 1993, for the measures of two groups, and by the method of Holm 1979 "
        "over groups)."
    )


def _draw(results: Results, series: Series) -> list[Drawn]:
    runs, from_month = results.runs, results.from_month
    baseline = required_baseline(runs, series.by, series.baseline) if len(runs) else None
    return effects(
        comparisons_with_baseline(
            runs, series.by, series.rng, baseline=baseline, from_month=from_month, design=series.design
        )
    )


register(EFFECTS, _draw)
