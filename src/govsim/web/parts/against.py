"""What becomes of societies against the skills of their models, a point for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import visible
from govsim.web.parts.charts import Dot, named, scatter_chart

if TYPE_CHECKING:
    from govsim.analysis.skills import Correlations, Regression

_MEASURE = "survival_time"


def against(found: Correlations) -> None:
    """The survival time against each skill, with the line through it.

    Args:
        found: three models at least.
    """
    from govsim.analysis.skills import TEST_WORDS

    ui.label(
        f"Months survived by the societies of each model ({visible(found.condition)}), against its accuracy."
    ).classes("soft small")
    with ui.element("div").classes("two"):
        for one in found.regressions:
            if one.measure != _MEASURE:
                continue
            with ui.element("section").classes("stack-tight"):
                ui.label(TEST_WORDS[one.skill]).classes("card-title").props("role=heading aria-level=3")
                options = scatter_chart(_dots(found, one), _line(one), across="accuracy, %", up="months survived")
                chart = ui.echart(options, renderer="svg").classes("chart chart-low")
                chart.props["role"], chart.props["aria-label"] = (
                    "img",
                    f"Months survived against {TEST_WORDS[one.skill]}",
                )
                ui.label(_told(one)).classes("soft small number")


def _dots(found: Correlations, one: Regression) -> list[Dot]:
    return [
        Dot(name=named(point.model), across=point.skills[one.skill], up=point.measures[one.measure])
        for point in found.points
        if one.skill in point.skills and one.measure in point.measures
    ]


def _line(one: Regression) -> tuple[float, float] | None:
    """Where the line is at an accuracy of 0, and what it gains for one point; None where there is none."""
    from govsim.analysis.skills import PER

    return None if one.slope is None or one.intercept is None else (one.intercept, one.slope / PER)


def _told(one: Regression) -> str:
    from govsim.analysis.skills import PER

    if one.slope is None or one.r_squared is None:
        return f"{one.n} models; no line: {one.reason}."
    ends = "" if one.low is None or one.high is None else f" ({one.low:+.2f} to {one.high:+.2f})"
    paper = "" if one.paper is None else f"; the paper prints R² = {one.paper:.2f}"
    p = "" if one.p_adjusted is None else f", p (Holm) = {one.p_adjusted:.3f}"
    return f"{one.n} models; R² = {one.r_squared:.2f}; {one.slope:+.2f}{ends} months for {PER:.0f} points{p}{paper}."
