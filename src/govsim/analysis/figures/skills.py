"""Figures of sub-skills: accuracies by test, and outcomes of societies against skills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.figures.figure import Series, register
from govsim.analysis.figures.panels import name_rows, rows_of
from govsim.analysis.figures.sheet import (
    GREY,
    SMALL,
    About,
    Drawn,
    Look,
    drawing,
    empty_figure,
    handle,
    looks,
    pages,
    shifts,
)
from govsim.analysis.results import Results
from govsim.analysis.settings import natural
from govsim.analysis.skills.accuracies import Accuracy, accuracies_of
from govsim.analysis.skills.correlation import (
    FEWEST,
    Correlations,
    Point,
    Regression,
    correlations_where_possible,
)
from govsim.analysis.skills.reading import SkillStudy
from govsim.analysis.skills.tables import measure_words
from govsim.analysis.tables.formatting import number
from govsim.characters import counted
from govsim.skills import in_order, title_of

SKILLS = About(
    name="skills",
    title="Sub-skills",
    description="Accuracies in tests of sub-skills, and the survival time of societies against them.",
    caption="The share of problems that each model solved, with exact 95 % intervals (Clopper and Pearson 1934), by "
    "test and scenario; grey strokes: printed values of the same model. Unreadable replies are neither right "
    "nor wrong",
    note="Bars: exact 95 % intervals. Unreadable replies are excluded.",
)

_MOST_ROWS = 60
_ROW = 0.115
_SHORT = {"threshold_assumption": "threshold, assumed", "threshold_belief": "threshold, believed"}
"""Titles that fit two panels side by side."""


def draw_accuracies(studies: Sequence[SkillStudy]) -> list[Drawn]:
    """Accuracy with its interval, a panel for each test and a row for each model; the colour is the scenario.

    Args:
        studies: the tests.

    Returns:
        Figures with a limited number of panels; one that states the reason if there is nothing to draw.
    """
    accuracies = [one for one in accuracies_of(studies) if one.accuracy.n]
    if not accuracies:
        return [SKILLS.empty(_accuracies_frame([]), "no answers were readable.")]
    names = sorted(dict.fromkeys(map(_row_name, accuracies)), key=natural)
    styles = looks(sorted({one.scenario for one in accuracies}))
    most = max(1, _MOST_ROWS // (len(names) * len(styles)))
    return [
        _page(name, tests, [one for one in accuracies if one.test in tests], names, styles)
        for name, tests in pages(SKILLS.name, in_order({one.test for one in accuracies}), most)
    ]


def draw_correlations(found: Correlations, measure: str = "survival_time") -> Drawn:
    """A measure against each skill, a point for each model, with the line of least squares.

    Args:
        found: the result of `skills_against`.
        measure: the name of the measure.

    Returns:
        One figure with a panel for each skill of which at least three models have an accuracy.
    """
    name, title = f"{SKILLS.name}-{measure.replace('_', '-')}", f"{measure_words(measure)} against sub-skills"
    shown = [one for one in found.regressions if one.measure == measure and one.n >= FEWEST]
    frame = _points_frame(found, shown)
    if not shown:
        return empty_figure(name, title, frame, f"fewer than {FEWEST} models have both.")
    styles = looks(sorted([point.model for point in found.points], key=natural))
    handles = [handle(look, has_line=False) for look in styles.values()]
    excluded = counted(sum(found.excluded.values()), "run")
    note = f"A point: a model. Lines: least squares. Condition: {found.condition}; {excluded} excluded."
    values = [point.measures[measure] for point in found.points if measure in point.measures]
    margin = 0.1 * max(max(values) - min(values), 1.0)
    with drawing([1.05] * -(-len(shown) // 2), handles, note=note, columns=2) as (sheet, axes):
        for ax, one in zip(axes, shown, strict=False):
            _scatter(ax, one, found.points, styles)
            ax.set_ylim(min(values) - margin, max(values) + margin)
        for ax in axes[len(shown) :]:
            ax.set_axis_off()
        for ax in axes[::2]:
            ax.set_ylabel(measure_words(measure))
    caption = (
        f"Each point is a model: its accuracy in a sub-skill and the mean of its runs ({found.condition}), over the "
        "scenarios in which it was tested and run, with equal weights. Lines by least squares. "
        f"Excluded: {excluded}, unfinished studies: {found.unfinished}."
    )
    return Drawn(name=name, title=title, caption=caption, figure=sheet, frame=frame)


def _row_name(one: Accuracy) -> str:
    """The name of a row: a model, with the settings that differ between its tests."""
    settings = [f"{key.rpartition('.')[2]} {value}" for key, value in one.settings.items() if value is not None]
    return " ".join([one.model, *settings])


def _page(
    name: str, tests: Sequence[str], shown: Sequence[Accuracy], names: Sequence[str], styles: Mapping[str, Look]
) -> Drawn:
    handles: list[Artist] = [handle(look, has_line=False) for look in styles.values()]
    if any(one.paper is not None for one in shown):
        handles.append(Line2D([], [], color=GREY, marker="|", linestyle="none", label="paper"))
    height = _ROW * len(names) * max(2, len(styles))
    with drawing([height] * len(tests), handles, note=SKILLS.note) as (sheet, axes):
        for ax, test in zip(axes, tests, strict=True):
            _accuracies(ax, [one for one in shown if one.test == test], names, styles)
            ax.set_title(title_of(test).replace("…", "sustainable action"))
        axes[-1].set_xlabel("accuracy, %")
    unreadable = sum(one.unreadable for one in shown)
    caption = f"{SKILLS.caption} ({unreadable} of {unreadable + sum(one.accuracy.n for one in shown)})."
    return replace(SKILLS, name=name, caption=caption).drawn(sheet, _accuracies_frame(shown))


def _accuracies_frame(accuracies: Sequence[Accuracy]) -> pd.DataFrame:
    rows = [
        (
            *(one.test, one.model, one.scenario, one.cell, one.accuracy.value, one.accuracy.low, one.accuracy.high),
            *(one.accuracy.n, one.unreadable, one.paper),
        )
        for one in accuracies
    ]
    columns = ["test", "model", "scenario", "cell", "accuracy", "low", "high", "answers", "unreadable", "paper"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("accuracy", "low", "high", "paper"), "float64"))


def _accuracies(ax: Axes, shown: Sequence[Accuracy], names: Sequence[str], styles: Mapping[str, Look]) -> None:
    places = shifts(list(styles))
    for row in rows_of(_accuracies_frame(shown).assign(name=[_row_name(one) for one in shown])):
        y = names.index(row.name) + places[row.scenario]
        look = styles[row.scenario]
        ax.plot([row.low, row.high], [y, y], color=look.colour, linewidth=0.9)
        ax.plot([row.accuracy], [y], look.marker, color=look.colour, markersize=3, zorder=3)
        ax.plot([row.paper], [y], "|", color=GREY, markersize=6, markeredgewidth=1.2, zorder=4)
    name_rows(ax, names)
    ax.set_xlim(-3, 103)


def _scatter(ax: Axes, one: Regression, points: Sequence[Point], styles: Mapping[str, Look]) -> None:
    for point in points:
        if one.skill in point.skills and one.measure in point.measures:
            look = styles[point.model]
            x, y = point.skills[one.skill], point.measures[one.measure]
            ax.plot([x], [y], look.marker, color=look.colour, markersize=4, zorder=3)
    known = [point.skills[one.skill] for point in points if one.skill in point.skills]
    if one.slope is not None:
        ends = (min(known), max(known))
        ax.plot(ends, [one.at(accuracy) for accuracy in ends], color=GREY, linewidth=0.9, zorder=2)
    title = _SHORT.get(one.skill, title_of(one.skill).replace("…", "action"))
    ax.set_title(f"{title}\n{_fit_words(one)}", fontsize=SMALL)
    ax.set_xlim(-4, 104)
    ax.set_xlabel("accuracy, %")


def _fit_words(one: Regression) -> str:
    if one.reason is not None:
        return "no line: " + one.reason.replace("all models have ", "").replace(" for all models", "")
    paper = "" if one.paper is None else f", paper {number(one.paper)}"
    return f"R² {number(one.r_squared)}{paper}, n = {one.n}"


def _points_frame(found: Correlations, regressions: Sequence[Regression]) -> pd.DataFrame:
    columns = ["skill", "measure", "model", "scenarios", "runs", "accuracy", "value", "line", "r_squared"]
    return pd.DataFrame([row for one in regressions for row in _points(found, one)], columns=columns)


def _points(found: Correlations, one: Regression) -> Iterator[tuple[object, ...]]:
    for point in found.points:
        if one.skill in point.skills and one.measure in point.measures:
            x = point.skills[one.skill]
            where = (one.skill, one.measure, point.model, " ".join(point.scenarios), point.runs)
            yield (*where, x, point.measures[one.measure], one.at(x), one.r_squared)


def _draw(results: Results, _: Series) -> list[Drawn]:
    against = correlations_where_possible(results.skills, results.measures)
    return [*draw_accuracies(results.skills), *([] if against is None else [draw_correlations(against)])]


register(
    SKILLS,
    _draw,
    has_series=False,
    is_of_skills=True,
    has_data=lambda results: bool(results.skills),
    needs="sub-skill tests (govsim skills test)",
)
