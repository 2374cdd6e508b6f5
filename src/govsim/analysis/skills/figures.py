"""Figures of sub-skills: accuracies by test, and societies against skills. Importing this imports matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from govsim.analysis.figures.names import labels_of, one_line
from govsim.analysis.figures.sheet import (
    GREY,
    SMALL,
    Drawn,
    Look,
    empty,
    handle,
    legend_labels,
    legend_lines,
    looks,
    page_name,
    pages,
    put_legend,
    settle,
    sheet,
    style,
)
from govsim.analysis.skills.accuracies import Accuracy, accuracies_of
from govsim.analysis.skills.correlation import FEWEST, PER, Correlations, Point, Regression
from govsim.analysis.skills.reading import SkillStudy
from govsim.analysis.skills.tables import measure_words
from govsim.analysis.tables.formatting import number
from govsim.characters import counted
from govsim.skills import in_order, title_of

if TYPE_CHECKING:
    import pandas as pd

_ACCURACIES = "skills"
_ACCURACIES_TITLE = "Sub-skills"
_MOST_ROWS = 60
_ROW = 0.115


def draw_accuracies(studies: Sequence[SkillStudy]) -> list[Drawn]:
    """Accuracy with its interval, a panel for each test and a row for each model; scenarios are told apart by colour.

    Args:
        studies: as `read_skills` gives them.

    Returns:
        Figures of as many panels as fit on a page; one that says so where there is nothing to draw.
    """
    accuracies = [one for one in accuracies_of(studies) if one.accuracy.n]
    frame = _accuracies_frame(accuracies)
    if not accuracies:
        return [empty(_ACCURACIES, _ACCURACIES_TITLE, frame, "no answer could be read.")]
    tests = in_order({one.test for one in accuracies})
    names = _rows_of(accuracies)
    scenarios = sorted({one.scenario for one in accuracies})
    most = max(1, _MOST_ROWS // (len(names) * len(scenarios)))
    return [
        _accuracies_page(page_name(_ACCURACIES, number), tests[page], accuracies, names, scenarios)
        for number, page in enumerate(pages(len(tests), most))
    ]


def _rows_of(accuracies: Sequence[Accuracy]) -> list[str]:
    return list(dict.fromkeys(_row_name(one) for one in accuracies))


def _row_name(one: Accuracy) -> str:
    """A row of the figure: a model, with the settings that set it apart from itself."""
    told = [f"{key.rpartition('.')[2]} {value}" for key, value in one.settings.items() if value is not None]
    return " ".join([one.model, *told])


def _accuracies_page(
    name: str, tests: Sequence[str], accuracies: Sequence[Accuracy], names: Sequence[str], scenarios: Sequence[str]
) -> Drawn:
    styles = looks(scenarios)
    shown = [one for one in accuracies if one.test in tests]
    handles = [handle(scenario, look, has_line=False) for scenario, look in styles.items()]
    if any(one.paper is not None for one in shown):
        handles.append(Line2D([], [], color=GREY, marker="|", linestyle="none", label="paper"))
    note = "Bars: exact 95 % intervals. Unreadable replies are in none of them."
    height = 0.3 + _ROW * len(names) * max(2, len(scenarios))
    with style():
        labels = [str(one.get_label()) for one in handles]
        figure, axes = sheet([height] * len(tests), legend=legend_lines(labels), note=note)
        for ax, test in zip(axes, tests, strict=True):
            _accuracies_panel(ax, test, [one for one in shown if one.test == test], names, styles)
        axes[-1].set_xlabel("accuracy, %")
        put_legend(figure, handles)
        settle(figure)
    unreadable = sum(one.unreadable for one in shown)
    caption = (
        "The share of problems that each model solved, with exact 95 % intervals (Clopper and Pearson), by test and "
        "scenario; grey strokes: printed figures of the same model. Replies that could not be read are neither right "
        f"nor wrong ({unreadable} of {unreadable + sum(one.accuracy.n for one in shown)})."
    )
    return Drawn(name=name, title=_ACCURACIES_TITLE, caption=caption, figure=figure, frame=_accuracies_frame(shown))


def _accuracies_panel(
    ax: Axes, test: str, accuracies: Sequence[Accuracy], names: Sequence[str], styles: Mapping[str, Look]
) -> None:
    order = list(styles)
    for one in accuracies:
        shift = (order.index(one.scenario) - (len(order) - 1) / 2) * 0.8 / len(order)
        y, look, estimate = names.index(_row_name(one)) + shift, styles[one.scenario], one.accuracy
        if estimate.value is None or estimate.low is None or estimate.high is None:
            continue
        ax.plot([estimate.low, estimate.high], [y, y], color=look.colour, linewidth=0.9)
        ax.plot([estimate.value], [y], look.marker, color=look.colour, markersize=3, zorder=3)
        if one.paper is not None:
            ax.plot([one.paper], [y], "|", color=GREY, markersize=6, markeredgewidth=1.2, zorder=4)
    ax.set_title(title_of(test).replace("…", "sustainable action"))
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks(range(len(names)), labels_of(names, 22).values())
    ax.set_xlim(-3, 103)


def _accuracies_frame(accuracies: Sequence[Accuracy]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (
            *(one.test, one.model, one.scenario, one.cell, one.accuracy.value, one.accuracy.low, one.accuracy.high),
            *(one.accuracy.n, one.unreadable, one.paper),
        )
        for one in accuracies
    ]
    columns = ["test", "model", "scenario", "cell", "accuracy", "low", "high", "answers", "unreadable", "paper"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("accuracy", "low", "high", "paper"), "float64"))


def draw_correlations(found: Correlations, measure: str = "survival_time") -> Drawn:
    """A measure against each skill, a point for each model, with the line of least squares.

    Args:
        found: as `skills_against` gives it.
        measure: which measure.

    Returns:
        One figure with a panel for each skill of which at least three models have an accuracy.
    """
    name, title = f"skills-{measure.replace('_', '-')}", f"{measure_words(measure)} against sub-skills"
    shown = [one for one in found.regressions if one.measure == measure and one.n >= FEWEST]
    frame = _points_frame(found, shown)
    if not shown:
        return empty(name, title, frame, f"fewer than {FEWEST} models have both.")
    styles = looks([point.model for point in found.points])
    handles = [handle(label, styles[model], has_line=False) for model, label in legend_labels(list(styles)).items()]
    left_out = sum(found.left_out.values())
    values = [point.measures[measure] for point in found.points if measure in point.measures]
    margin = 0.1 * max(max(values) - min(values), 1.0)
    told = f"{one_line(found.condition, 30)}; {counted(left_out, 'run')} left out"
    note = f"A point: a model. Lines: least squares. Condition: {told}."
    rows = -(-len(shown) // 2)
    with style():
        labels = [str(one.get_label()) for one in handles]
        figure, axes = sheet([1.45] * rows, columns=2, legend=legend_lines(labels), note=note)
        for ax, one in zip(axes, shown, strict=False):
            _scatter(ax, one, found.points, styles)
            ax.set_ylim(min(values) - margin, max(values) + margin)
        for ax in axes[len(shown) :]:
            ax.set_axis_off()
        for ax in axes[::2]:
            ax.set_ylabel(measure_words(measure))
        put_legend(figure, handles)
        settle(figure)
    caption = (
        f"Each point is a model: its accuracy in a sub-skill and the mean of its runs ({found.condition}), over the "
        "scenarios in which it was tested and run, each weighing the same. Lines by least squares. "
        f"Left out: {counted(left_out, 'run')}, unfinished studies: {found.unfinished}."
    )
    return Drawn(name=name, title=title, caption=caption, figure=figure, frame=frame)


def _scatter(ax: Axes, one: Regression, points: Sequence[Point], styles: Mapping[str, Look]) -> None:
    for point in points:
        if one.skill in point.skills and one.measure in point.measures:
            look = styles[point.model]
            x, y = point.skills[one.skill], point.measures[one.measure]
            ax.plot([x], [y], look.marker, color=look.colour, markersize=4, zorder=3)
    if one.intercept is not None and one.slope is not None:
        known = [point.skills[one.skill] for point in points if one.skill in point.skills]
        ends = [min(known), max(known)]
        ax.plot(ends, [one.intercept + one.slope / PER * x for x in ends], color=GREY, linewidth=0.9, zorder=2)
    words = {"threshold_assumption": "threshold, assumed", "threshold_belief": "threshold, believed"}
    title = words.get(one.skill, title_of(one.skill).replace("…", "action"))
    ax.set_title(f"{title}\n{_fit_words(one)}", fontsize=SMALL)
    ax.set_xlim(-4, 104)
    ax.set_xlabel("accuracy, %")


def _fit_words(one: Regression) -> str:
    if one.reason is not None:
        return "no line: " + one.reason.replace("all models have ", "").replace(" for all models", "")
    paper = "" if one.paper is None else f", paper {number(one.paper)}"
    return f"R² {number(one.r_squared)}{paper}, n = {one.n}"


def _points_frame(found: Correlations, regressions: Sequence[Regression]) -> pd.DataFrame:
    import pandas as pd

    columns = ["skill", "measure", "model", "scenarios", "runs", "accuracy", "value", "line", "r_squared"]
    return pd.DataFrame([row for one in regressions for row in _points(found, one)], columns=columns)


def _points(found: Correlations, one: Regression) -> Iterator[tuple[object, ...]]:
    for point in found.points:
        if one.skill in point.skills and one.measure in point.measures:
            x = point.skills[one.skill]
            fitted = None if one.intercept is None or one.slope is None else one.intercept + one.slope / PER * x
            where = (one.skill, one.measure, point.model, " ".join(point.scenarios), point.runs)
            yield (*where, x, point.measures[one.measure], fitted, one.r_squared)
