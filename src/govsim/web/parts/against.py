"""What becomes of societies against the skills of their models, a point for each model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nicegui import ui

from govsim.characters import counted, visible
from govsim.web.parts.charts import Dot, Options, named, scatter_chart
from govsim.web.parts.live import Chart, key, meanings
from govsim.web.theme import subheading

if TYPE_CHECKING:
    from govsim.analysis.skills import Correlations, Regression

_MEASURE = "survival_time"


def against(found: Correlations) -> None:
    """The survival time against each skill, with the line through it.

    Args:
        found: three models at least.
    """
    from govsim.skills import title_of

    ui.label(
        f"Months survived by the societies of each model ({visible(found.condition)}), against its accuracy."
    ).classes("soft small")
    regressions = [one for one in found.regressions if one.measure == _MEASURE]
    place, charts = ui.element("div").classes("meanings"), []
    with ui.element("div").classes("many"):
        for one in regressions:
            with ui.element("section").classes("stack-tight"):
                subheading(title_of(one.skill), 3)
                charts.append(_chart(title_of(one.skill), _drawn(found, one)))
                ui.label(_told(one)).classes("soft small number")
    models = dict.fromkeys(meaning for one in regressions for meaning in meanings(_drawn(found, one)))
    with place:
        key(tuple(models), lambda name: _toggle(charts, name))


def _chart(test: str, options: Options) -> Chart:
    chart = Chart(f"Accuracy in per cent by months survived, {test}", has_key=False)
    chart.show(test, lambda: options)
    return chart


def _drawn(found: Correlations, one: Regression) -> Options:
    return scatter_chart(_dots(found, one), _line(one), across="accuracy, %", up="months survived")


def _toggle(charts: Sequence[Chart], name: str) -> None:
    for chart in charts:
        chart.toggle(name)


def _dots(found: Correlations, one: Regression) -> list[Dot]:
    return [
        Dot(
            name=named(point.model),
            number=number,
            across=point.skills[one.skill],
            up=point.measures[one.measure],
        )
        for number, point in enumerate(found.points)
        if one.skill in point.skills and one.measure in point.measures
    ]


def _line(one: Regression) -> tuple[float, float] | None:
    """Where the line is at an accuracy of 0, and what it gains for one point; None where there is none."""
    from govsim.analysis.skills import PER

    return None if one.slope is None or one.intercept is None else (one.intercept, one.slope / PER)


def _told(one: Regression) -> str:
    from govsim.analysis.skills import PER

    if one.slope is None or one.r_squared is None:
        return f"{counted(one.n, 'model')}; no line: {one.reason}."
    ends = "" if one.low is None or one.high is None else f" ({_signed(one.low)} to {_signed(one.high)})"
    paper = "" if one.paper is None else f"; the paper prints R² = {one.paper:.2f}"
    p = "" if one.p_adjusted is None else f", p (Holm) = {one.p_adjusted:.3f}"
    gained = f"{_signed(one.slope)}{ends} months for {PER:.0f} points"
    return f"{counted(one.n, 'model')}; R² = {one.r_squared:.2f}; {gained}{p}{paper}."


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
